// The runs of a store, newest first. Keys are sorted by trace ID, which is random, so the order has to be made here;
// a window of the newest runs is kept, and what is older takes another pass over the keys.

import { ChronicleError } from '../errors.js';
import type { Envelope, Recording } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';
import { isUnreadable, readTrace } from './read-trace.js';
import { JOURNALS, parseName, SEGMENTS } from './segment-names.js';
import type { RunSummary } from './types.js';

/** Options of a listing of runs. */
export interface ListRunsOptions {
  /** The newest so many. Default: all. */
  readonly limit?: number | undefined;
  /** Runs whose order is kept in memory at once, about 100 bytes each. Default: 10,000. */
  readonly window?: number | undefined;
}

const DEFAULT_WINDOW = 10_000;

/** A trace and when it began, as its keys say. */
interface TraceStart {
  readonly traceId: string;
  readonly startMillis: number;
}

/** Lists the recorded runs, newest first. A run that cannot be read is listed with the reason. */
export async function* listRuns(store: ObjectStore, options: ListRunsOptions = {}): AsyncGenerator<RunSummary> {
  const { limit = Number.POSITIVE_INFINITY, window = DEFAULT_WINDOW } = options;
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new ChronicleError('CHRONICLE_OPTION_INVALID', `Option limit must be a whole number from 0, got ${String(limit)}.`, { facts: { limit } });
  }
  let left = limit;
  let last: TraceStart | undefined;
  while (left > 0) {
    const wanted = Math.min(left, window);
    const newest = await newestTraces(store, wanted, last);
    for (const start of newest) {
      last = start;
      const summary = await summaryOf(store, start);
      if (summary === undefined) continue;
      yield summary;
      left--;
    }
    if (newest.length < wanted) return;
  }
}

/** Newest first; of two that began together, the one with the greater trace ID first. */
function compareStarts(a: TraceStart, b: TraceStart): number {
  return b.startMillis - a.startMillis || (a.traceId < b.traceId ? 1 : a.traceId > b.traceId ? -1 : 0);
}

/** The newest traces, or the newest of those that come after `last`. */
async function newestTraces(store: ObjectStore, wanted: number, last: TraceStart | undefined): Promise<TraceStart[]> {
  let newest: TraceStart[] = [];
  for await (const start of traceStarts(store)) {
    if (last !== undefined && compareStarts(start, last) <= 0) continue;
    newest.push(start);
    if (newest.length >= wanted * 2) newest = newest.sort(compareStarts).slice(0, wanted);
  }
  return newest.sort(compareStarts).slice(0, wanted);
}

/** All traces of a store, each once. */
async function* traceStarts(store: ObjectStore): AsyncGenerator<TraceStart> {
  // Few: the runs that are open, or were killed and not recovered.
  const open = new Map<string, number>();
  for await (const { key } of store.list(JOURNALS)) {
    const parsed = parseName(key);
    if (parsed !== undefined) open.set(parsed.traceId, Math.min(parsed.startMillis, open.get(parsed.traceId) ?? Number.POSITIVE_INFINITY));
  }
  let current: { traceId: string; startMillis: number } | undefined;
  for await (const { key } of store.list(SEGMENTS)) {
    const parsed = parseName(key);
    if (parsed === undefined) continue;
    if (current?.traceId !== parsed.traceId) {
      if (current !== undefined) yield current;
      current = { traceId: parsed.traceId, startMillis: open.get(parsed.traceId) ?? Number.POSITIVE_INFINITY };
      open.delete(parsed.traceId);
    }
    current.startMillis = Math.min(current.startMillis, parsed.startMillis);
  }
  if (current !== undefined) yield current;
  for (const [traceId, startMillis] of open) yield { traceId, startMillis };
}

/** How many traces a store has, counted up to `most`. */
export async function countTraces(store: ObjectStore, most: number): Promise<number> {
  let count = 0;
  for await (const _start of traceStarts(store)) {
    count++;
    if (count >= most) break;
  }
  return count;
}

async function summaryOf(store: ObjectStore, { traceId, startMillis }: TraceStart): Promise<RunSummary | undefined> {
  const startUnixNanos = BigInt(startMillis) * 1_000_000n;
  try {
    const recording = await readTrace(store, traceId);
    return recording === undefined ? undefined : summarizeRun(recording, startUnixNanos);
  } catch (error) {
    // One run that cannot be read must not hide the others.
    if (!isUnreadable(error)) throw error;
    return { traceId, startUnixNanos, endUnixNanos: undefined, roots: [], boundaries: 0, errors: 0, complete: false, reasons: [error.message] };
  }
}

/** One line about a recording. `startUnixNanos` stands in for a recording without envelopes. */
export function summarizeRun({ traceId, envelopes, complete, reasons }: Recording, startUnixNanos: bigint): RunSummary {
  const roots = envelopes.filter(({ parentSpanId }) => parentSpanId === undefined);
  const ended = roots.length > 0 && roots.every(({ outcome }) => outcome.kind !== 'unknown');
  const ends = envelopes.map(({ endUnixNanos }) => endUnixNanos).filter((end) => end !== undefined);
  return {
    traceId,
    startUnixNanos: envelopes[0]?.startUnixNanos ?? startUnixNanos,
    endUnixNanos: ended ? ends.reduce((latest, end) => (end > latest ? end : latest)) : undefined,
    roots: roots.map(({ spanId, kind, name, outcome }) => ({ spanId, kind, name, outcome: outcome.kind })),
    boundaries: envelopes.length,
    errors: envelopes.filter(failed).length,
    complete,
    reasons,
  };
}

function failed({ outcome }: Envelope): boolean {
  return outcome.kind === 'threw' || (outcome.kind === 'streamed' && outcome.end === 'error');
}
