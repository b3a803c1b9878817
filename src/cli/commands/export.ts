// `chronicle export REF`: the whole run as JSON, for programs that know nothing of segments.

import type { CliCommand, CommandCall } from '../cli-command.js';
import { EXIT } from '../exit-codes.js';
import type { ExportFormat } from '../export-json.js';
import { printJson } from '../json-text.js';
import { withProgress } from '../progress.js';
import { countText } from '../run-words.js';
import { openStoreFor } from '../store-of.js';
import { usageFault } from '../usage.js';

const FORMATS: readonly ExportFormat[] = ['json', 'jsonl'];

/** Writes a recorded run as JSON. */
export const exportRun: CliCommand = {
  name: 'export',
  summary: 'write a recorded run as JSON or as JSON lines',
  description:
    'Writes the whole run that REF names: as one JSON document, or as one line per boundary call. Inputs, outcomes, times, digests, attributes and the facts about its process are all in it.',
  examples: [
    { line: 'chronicle export 4bf92f3577b34da6a3ce929d0e0e4736 --store file:./runs', does: 'one JSON document on stdout' },
    { line: 'chronicle export 4bf92f3577b34da6a3ce929d0e0e4736 --format jsonl --out run.jsonl', does: 'one line per call, into a file' },
  ],
  define(command) {
    command
      .argument('<ref>', 'the run to write: see chronicle --help')
      .option('--format <format>', 'json: one document; jsonl: one line per boundary call', 'json')
      .option('--out <file>', 'write to this file instead of stdout');
  },
  async run(call) {
    const format = formatOf(call.options['format']);
    const out = typeof call.options['out'] === 'string' ? call.options['out'] : undefined;
    const [given = ''] = call.operands;
    const { archive, ref } = await openStoreFor(given, call);
    const { recording } = await withProgress(call.io.stderr, `Looking through ${archive.url} ...`, () => archive.find(ref));
    const { exportLines } = await import('../export-json.js');
    const written = { unreadable: 0 };
    const store = ref.kind === 'file' ? null : archive.url;
    const pieces = exportLines(recording, store, format, written);
    if (out === undefined) {
      for await (const piece of pieces) {
        if (call.io.stdout.closed) return EXIT.ok;
        call.io.stdout.write(piece);
      }
    } else {
      const { writeWhole } = await import('../output-file.js');
      const bytes = await writeWhole(out, call.io.cwd, pieces);
      await sayWritten(call, { file: out, format, traceId: recording.traceId, envelopes: recording.envelopes.length, bytes, complete: recording.complete });
    }
    await noteFaults(call, recording.reasons, recording.complete);
    if (written.unreadable === 0) return EXIT.ok;
    call.io.stderr.write(
      `${countText(written.unreadable, 'value', 'values')} could not be read and ${written.unreadable === 1 ? 'is' : 'are'} marked "unreadable".\nchronicle verify says what is damaged.\n`,
    );
    return EXIT.refused;
  },
};

function formatOf(given: unknown): ExportFormat {
  const format = FORMATS.find((each) => each === given);
  if (format !== undefined) return format;
  throw usageFault(`Option --format must be ${FORMATS.join(' or ')}, got ${JSON.stringify(given)}.`, { option: '--format', value: given });
}

async function sayWritten(
  call: CommandCall,
  facts: {
    readonly file: string;
    readonly format: ExportFormat;
    readonly traceId: string;
    readonly envelopes: number;
    readonly bytes: number;
    readonly complete: boolean;
  },
): Promise<void> {
  if (call.global.json) {
    printJson(call.io.stdout, { ...facts });
    return;
  }
  const { safeText } = await import('../../replay/safe-text.js');
  const { traceId, envelopes, file, bytes } = facts;
  call.io.stdout.write(`Wrote ${countText(envelopes, 'boundary call', 'boundary calls')} of trace ${traceId} to ${safeText(file)}, ${bytes} bytes.\n`);
}

/** The lines of jsonl say only that the run is not complete; a person is told why. */
async function noteFaults({ io }: CommandCall, reasons: readonly string[], complete: boolean): Promise<void> {
  if (complete) return;
  const { safeText } = await import('../../replay/safe-text.js');
  const [first = 'no reason was recorded', ...more] = reasons;
  io.stderr.write(`Note: the recording is not complete: ${safeText(first)}${more.length === 0 ? '' : ` (and ${more.length} more)`}.\n`);
}
