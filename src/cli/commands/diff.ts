// `chronicle diff A B`: two recorded runs side by side, and where they part.

import type { Recording } from '../../envelope/index.js';
import type { Json } from '../../value/index.js';
import type { CliCommand, CommandCall } from '../cli-command.js';
import type { CallPair, Parting } from '../diff-pairs.js';
import { EXIT } from '../exit-codes.js';
import { jsonText, printJsonList } from '../json-text.js';
import { withProgress } from '../progress.js';
import { openStoreFor } from '../store-of.js';

/** Two runs and how their calls stand to each other. */
interface Compared {
  readonly a: Recording;
  readonly b: Recording;
  readonly pairs: readonly CallPair[];
  readonly parting: Parting | undefined;
}

/** Compares two recorded runs. */
export const diff: CliCommand = {
  name: 'diff',
  summary: 'compare two recorded runs, call by call',
  description:
    'Compares two recorded runs: pairs their calls by path and input, then by input, then by path, says where the runs first part, and lists what differs field by field.',
  examples: [
    { line: 'chronicle diff 4bf92f3577b34da6a3ce929d0e0e4736 0af7651916cd43dd8448eb211c80319c', does: 'what differs between two runs' },
    { line: 'chronicle diff before.chronicle after.chronicle --json', does: 'two files, for a program' },
  ],
  define(command) {
    command
      .argument('<a>', 'a run: see chronicle --help')
      .argument('<b>', 'the run to compare with it')
      .option('--all', 'list the calls that are the same as well');
  },
  async run(call) {
    const [ofA = '', ofB = ''] = call.operands;
    const [a, b] = [await recordingOf(ofA, call), await recordingOf(ofB, call)];
    const { findParting, pairCalls } = await import('../diff-pairs.js');
    const pairs = pairCalls(a, b);
    const compared = { a, b, pairs, parting: findParting(pairs) };
    const unreadable = call.global.json ? await printJson(compared, call) : await printText(compared, call);
    if (unreadable) return EXIT.refused;
    return compared.parting === undefined ? EXIT.ok : EXIT.differs;
  },
};

async function recordingOf(given: string, call: CommandCall): Promise<Recording> {
  const { archive, ref } = await openStoreFor(given, call);
  return (await withProgress(call.io.stderr, `Looking through ${archive.url} ...`, () => archive.find(ref))).recording;
}

/** Prints for people; says whether a value could not be read. */
async function printText({ a, b, pairs, parting }: Compared, call: CommandCall): Promise<boolean> {
  const { stdout } = call.io;
  const [{ headText, pairText }, { inputDiff, outcomeDiff }, { safeText }] = await Promise.all([
    import('../diff-report.js'),
    import('../diff-values.js'),
    import('../../replay/safe-text.js'),
  ]);
  const paint = call.paintFor(stdout);
  stdout.write(`${headText(a, b, pairs, parting, paint, safeText)}\n`);
  const shown = pairs.filter(({ status }) => status !== 'same' || call.options['all'] === true);
  let unreadable = false;
  if (shown[0]?.status === 'same') stdout.write('\n');
  for (const pair of shown) {
    const [input, outcome] = [inputDiff(pair), outcomeDiff(pair)];
    unreadable ||= input?.unreadable !== undefined || outcome?.unreadable !== undefined;
    stdout.write(`${pair.status === 'same' ? '' : '\n'}${pairText(pair, input, outcome, { paint, safe: safeText, width: stdout.columns })}\n`);
  }
  return unreadable;
}

/** Prints for programs; says whether a value could not be read. */
async function printJson({ a, b, pairs, parting }: Compared, call: CommandCall): Promise<boolean> {
  const [{ headJson, pairJson }, { inputDiff, outcomeDiff }] = await Promise.all([import('../diff-report.js'), import('../diff-values.js')]);
  let unreadable = false;
  function* calls(): Generator<Json> {
    for (const pair of pairs) {
      const [input, outcome] = [inputDiff(pair), outcomeDiff(pair)];
      unreadable ||= input?.unreadable !== undefined || outcome?.unreadable !== undefined;
      yield pairJson(pair, input, outcome);
    }
  }
  await printJsonList(call.io.stdout, `${jsonText(headJson(a, b, pairs, parting), 0).slice(0, -1)},"calls":[`, calls(), ']}');
  return unreadable;
}
