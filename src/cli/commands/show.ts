// `chronicle show REF`: one recorded run as a tree, or one call of it in full.

import type { Archive, Ref } from '../../archive/index.js';
import type { Envelope, Recording } from '../../envelope/index.js';
import type { CliCommand, CommandCall } from '../cli-command.js';
import { EXIT } from '../exit-codes.js';
import { jsonText, printJson, printJsonList } from '../json-text.js';
import { withProgress } from '../progress.js';
import { commandLine } from '../shell-quote.js';
import { openStoreFor } from '../store-of.js';
import { usageFault } from '../usage.js';

/** Shows a recorded run. */
export const show: CliCommand = {
  name: 'show',
  summary: 'show a recorded run, or one call of it in full',
  description:
    'Shows a recorded run as a tree of its boundary calls. With the ref of a span, or --span, shows that call in full: input, outcome, digests, sizes, times, effect, attributes.',
  examples: [
    { line: 'chronicle show 4bf92f3577b34da6a3ce929d0e0e4736 --store file:./runs', does: 'the run as a tree' },
    { line: 'chronicle show 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7', does: 'one call in full' },
  ],
  define(command) {
    command.argument('<ref>', 'what to show: see chronicle --help').option('--span <id>', 'the call with this span ID, in full');
  },
  async run(call) {
    const [given = ''] = call.operands;
    const { archive, storeWords, ref } = await openStoreFor(given, call);
    const { recording, envelope } = await withProgress(call.io.stderr, `Looking through ${archive.url} ...`, () => find(archive, ref, call.options['span']));
    if (call.global.json) {
      if (envelope === undefined) await printRecordingJson(call, recording, archive.url);
      else printJson(call.io.stdout, (await import('../recording-json.js')).envelopeJson(envelope));
      return exitOf(envelope);
    }
    const paint = call.paintFor(call.io.stdout);
    const text =
      envelope === undefined
        ? (await import('../recording-text.js')).recordingText(recording, paint)
        : (await import('../envelope-text.js')).envelopeText(envelope, paint);
    const next = await nextText(nameOf(ref, recording, envelope), recording, envelope, storeWords, ref);
    call.io.stdout.write(`${text}\n\n${paint.strong('Next')}\n${next}\n`);
    return exitOf(envelope);
  },
};

/** The exit code says whether all of a call could be shown. */
async function exitOf(envelope: Envelope | undefined): Promise<number> {
  return envelope === undefined || (await import('../recording-json.js')).isReadable(envelope) ? EXIT.ok : EXIT.refused;
}

async function find(archive: Archive, ref: Ref, span: unknown): ReturnType<Archive['find']> {
  if (typeof span !== 'string') return archive.find(ref);
  if (ref.kind === 'span' && ref.spanId !== span.toLowerCase()) {
    throw usageFault(`The ref names span ${ref.spanId}, and --span names ${JSON.stringify(span)}.\nLeave out one of them.`);
  }
  if (ref.kind === 'span') return archive.find(ref);
  // Checks the form of the span ID as well.
  return archive.find(ref.kind === 'file' ? { ...ref, spanId: span } : { kind: 'span', traceId: ref.traceId, spanId: span });
}

/** How the next command names what was shown. */
function nameOf(ref: Ref, recording: Recording, envelope: Envelope | undefined): string {
  if (ref.kind === 'file') return envelope === undefined ? ref.path : `${ref.path}#${envelope.spanId}`;
  return envelope === undefined ? recording.traceId : `${envelope.traceId}:${envelope.spanId}`;
}

async function nextText(name: string, recording: Recording, envelope: Envelope | undefined, storeWords: readonly string[], ref: Ref): Promise<string> {
  const { safeText } = await import('../../replay/safe-text.js');
  const line = (...words: readonly string[]): string => `  ${safeText(commandLine(['chronicle', ...words, ...storeWords]))}`;
  const lines: string[] = [];
  const roots = recording.envelopes.filter(({ parentSpanId }) => parentSpanId === undefined);
  const [entry] = envelope === undefined ? roots : [envelope];
  const wantsSpan = envelope === undefined && roots.length > 1;
  if (entry !== undefined) {
    const spanName = ref.kind === 'file' ? `${ref.path}#${entry.spanId}` : `${entry.traceId}:${entry.spanId}`;
    if (envelope === undefined) lines.push(line('show', spanName));
    lines.push(
      `${line('replay', wantsSpan ? spanName : name, '--import', './your-agent.js')}    # the module that defines ${safeText(`${entry.kind} ${JSON.stringify(entry.name)}`)}`,
    );
  }
  lines.push(`${line('replay', nameOf(ref, recording, undefined))} -- node your-app.js`);
  return lines.join('\n');
}

async function printRecordingJson(call: CommandCall, recording: Recording, url: string): Promise<void> {
  const { envelopeJson, recordingJson } = await import('../recording-json.js');
  const { stdout } = call.io;
  const head = jsonText({ store: url, ...recordingJson(recording) }, 0);
  await printJsonList(stdout, `${head.slice(0, -1)},"envelopes":[`, envelopesJson(recording, envelopeJson), ']}');
}

function* envelopesJson<T>({ envelopes }: Recording, toJson: (envelope: Envelope) => T): Generator<T> {
  for (const envelope of envelopes) yield toJson(envelope);
}
