// `chronicle verify`: whether what is stored is what was recorded.

import type { CliCommand, CommandCall } from '../cli-command.js';
import { EXIT } from '../exit-codes.js';
import { indentFor, jsonText } from '../json-text.js';
import { countText } from '../run-words.js';
import type { SegmentVerdict } from '../verify-segment.js';
import type { VerifySource } from '../verify-source.js';
import { addTo, isSound, noTotals, totalsJson, totalsText, verdictJson, verdictText, type VerifyTotals } from '../verify-text.js';

/** Checks recorded runs against their checksums and digests. */
export const verify: CliCommand = {
  name: 'verify',
  summary: 'check that what is stored is what was recorded',
  description:
    'Reads every segment of a run, of a file, or of the whole store: framing, checksums, SHA-256, every value built and its digest taken again. Prints one line per segment and a sum.',
  examples: [
    { line: 'chronicle verify --store file:./runs', does: 'everything in a store' },
    { line: 'chronicle verify 4bf92f3577b34da6a3ce929d0e0e4736', does: 'one run' },
    { line: 'chronicle verify ./run.chronicle', does: 'one file; no store is needed' },
  ],
  define(command) {
    command.argument('[ref]', 'a run (see chronicle --help), a file, or the folder of a store; default: the whole store');
  },
  async run(call) {
    const { verifySource } = await import('../verify-source.js');
    const source = await verifySource(call.operands[0], call);
    const totals = noTotals();
    const verdicts = counted(source.verdicts, totals, call);
    if (call.global.json) await printVerdictsJson(call, source, verdicts, totals);
    else await printVerdicts(call, source, verdicts, totals);
    return isSound(totals) ? EXIT.ok : EXIT.refused;
  },
};

const PROGRESS_MILLIS = 250;

/** Sums up what passes, and says how far it is where a person waits and sees no lines. */
async function* counted(verdicts: AsyncIterable<SegmentVerdict>, totals: VerifyTotals, { io, global }: CommandCall): AsyncGenerator<SegmentVerdict> {
  const { stderr, stdout } = io;
  const tells = stderr.isTerminal && (!stdout.isTerminal || global.json);
  let count = 0;
  let toldAt = performance.now();
  let told = false;
  try {
    for await (const verdict of verdicts) {
      addTo(totals, verdict);
      count++;
      if (tells && performance.now() - toldAt > PROGRESS_MILLIS) {
        toldAt = performance.now();
        told = true;
        stderr.write(`\r\u001b[2K${countText(count, 'segment', 'segments')} verified ...`);
      }
      yield verdict;
    }
  } finally {
    if (told) stderr.write('\r\u001b[2K');
  }
}

async function printVerdicts(call: CommandCall, source: VerifySource, verdicts: AsyncIterable<SegmentVerdict>, totals: VerifyTotals): Promise<void> {
  const { stdout, stderr } = call.io;
  const { safeText } = await import('../../replay/safe-text.js');
  const paint = call.paintFor(stdout);
  let any = false;
  for await (const verdict of verdicts) {
    any = true;
    // The exit code is about all of it, so the rest is read even when nobody reads the lines.
    stdout.write(`${verdictText(verdict, paint, safeText)}\n`);
  }
  if (any) stdout.write(`${totalsText(totals)}\n`);
  else stderr.write(`No segments in ${safeText(source.store ?? '')}.\n`);
}

async function printVerdictsJson({ io }: CommandCall, { store }: VerifySource, verdicts: AsyncIterable<SegmentVerdict>, totals: VerifyTotals): Promise<void> {
  const { stdout } = io;
  const lineBreak = stdout.isTerminal ? '\n' : '';
  let before = `${jsonText({ store: store ?? null }, 0).slice(0, -1)},"segments":[`;
  let first = true;
  for await (const verdict of verdicts) {
    stdout.write(`${before}${first ? '' : ','}${lineBreak}${jsonText(verdictJson(verdict), indentFor(stdout))}`);
    before = '';
    first = false;
  }
  stdout.write(`${before}${first ? '' : lineBreak}],"sound":${String(isSound(totals))},"totals":${jsonText(totalsJson(totals), 0)}}\n`);
}
