// A recording as an exported document, piece by piece, so that a large run is never one string. The shapes are
// documented in docs/cli.md.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Envelope, Recording } from '../envelope/index.js';
import type { Json } from '../value/index.js';
import { jsonText } from './json-text.js';
import { envelopeJson, recordingJson } from './recording-json.js';
import { timeText } from './time-text.js';

/** One document, or one line per envelope. */
export type ExportFormat = 'json' | 'jsonl';

/** Version of the exported shapes; a change that could break a reader raises it. */
const EXPORT_VERSION = 1;

/** Gives the pieces of an export in order, and counts the values that could not be read. `store` is null for a file. */
export async function* exportLines(recording: Recording, store: string | null, format: ExportFormat, written: { unreadable: number }): AsyncGenerator<string> {
  const run = recordingJson(recording);
  if (format === 'json') yield `${jsonText({ exportVersion: EXPORT_VERSION, store, ...run }, 0).slice(0, -1)},"envelopes":[`;
  // Every line says what run it is of, since lines are sorted, joined and taken out.
  const { traceId = null, complete = null, resources = null } = run;
  const head = { exportVersion: EXPORT_VERSION, run: { store, traceId, complete, resources } };
  let first = true;
  for (const envelope of recording.envelopes) {
    const json = exportedEnvelope(envelope);
    written.unreadable += unreadableIn(json);
    if (format === 'json') yield `${first ? '' : ','}\n${jsonText(json, 0)}`;
    else yield `${jsonText({ ...head, ...json }, 0)}\n`;
    first = false;
    // Lets the output say that its reader went away.
    await nextTurn();
  }
  if (format === 'json') yield first ? ']}\n' : '\n]}\n';
}

/** As `show --json` has it, with the time of the end in words. */
function exportedEnvelope(envelope: Envelope): { [key: string]: Json } {
  const { endUnixNanos } = envelope;
  const endTime = endUnixNanos === undefined ? null : timeText(endUnixNanos);
  const entries = Object.entries(envelopeJson(envelope) as { [key: string]: Json });
  return Object.fromEntries(entries.flatMap((entry): [string, Json][] => (entry[0] === 'endUnixNanos' ? [['endTime', endTime], entry] : [entry])));
}

function unreadableIn({ input, outcome }: { readonly [key: string]: Json }): number {
  const { value, head, chunks } = outcome as { value?: Json; head?: Json; chunks?: { value: Json }[] };
  const values = [input, value, head, ...(chunks ?? []).map((chunk) => chunk.value)];
  return values.filter((each) => typeof each === 'object' && each !== null && 'unreadable' in each).length;
}
