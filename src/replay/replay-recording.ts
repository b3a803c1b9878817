// One replay from beginning to end: load the modules, find the entry, call it with its recorded input inside a session,
// and report. The recording is only read.

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { engine, type Run } from '../crossing/index.js';
import type { Envelope, Recording } from '../envelope/index.js';
import { ChronicleError } from '../errors.js';
import type { Protect } from '../value/index.js';
import { quoted } from './divergence.js';
import type { ObservedEnd } from './end.js';
import { type Entry, findEntry } from './entry.js';
import { ReplayRefusedError } from './errors.js';
import { LoadingAnswerer } from './loading.js';
import { loadModules } from './modules.js';
import { type ResolvedReplayOptions, resolveReplayOptions } from './options.js';
import { makePlan, rootsOf } from './plan.js';
import { type EntryEnd, makeRefusal, makeReport } from './report.js';
import { safeText } from './safe-text.js';
import { newReplayRun, ReplaySession } from './session.js';
import { iterationOf, readAsRecorded } from './stream-reader.js';
import type { ReplayOptions, ReplayReport } from './types.js';

/** What is replayed. */
export interface ReplayRequest {
  readonly recording: Recording;
  /** The crossing to call again. Default: the only root of the recording. */
  readonly envelope?: Envelope | undefined;
  readonly options?: ReplayOptions | undefined;
  /** Where relative module paths begin. Default: the working directory. */
  readonly cwd?: string | undefined;
  /** The privacy door that the recording went through. */
  readonly protect?: Protect | undefined;
}

/**
 * Replays one recorded crossing and all below it.
 *
 * Throws only for faults of usage: an option, a reference, a module or a boundary that is not there. A recording that
 * cannot support a claim gives a report with the verdict `refused`, and whatever the entry throws is in the report.
 * Many replays may run at once in one process: each answers in its own scope.
 */
export async function replayRecording(request: ReplayRequest): Promise<ReplayReport> {
  const { recording } = request;
  const options = resolveReplayOptions(request.options);
  const run = newReplayRun();
  if (recording.envelopes.length === 0) {
    return makeRefusal(recording, undefined, `Nothing is recorded of trace ${recording.traceId}.`, 'incomplete', run.traceId);
  }
  const envelope = request.envelope ?? onlyRoot(recording);
  const refusal = (reason: string, cause: string, error?: unknown): ReplayReport => makeRefusal(recording, envelope, reason, cause, run.traceId, error);

  const loading = { crossing: undefined, answerer: new LoadingAnswerer(run, recording.traceId), run: undefined };
  await engine().scopes.run(loading, () => loadModules(options.import, request.cwd ?? process.cwd()));
  const entry = findEntry(engine().boundaries, envelope, options.entry);
  const session = new ReplaySession({
    plan: makePlan(recording, envelope),
    run,
    policies: options.policies,
    allowIrreversible: options.allowIrreversible,
    onChangedInput: options.onChangedInput,
    pace: options.pace,
    entryForm: entry.boundary === undefined ? 'function' : 'boundary',
    entryInput: options.input === undefined ? 'recorded' : 'given',
    protect: request.protect,
  });

  if (options.strict) {
    const { complete, reasons } = makeReport(session.state(), run.traceId).completeness;
    if (!complete)
      return refusal(
        `The recording is not complete, and strict asks for one that is: ${reasons.slice(0, 3).join('; ') || 'no reason was recorded'}.`,
        'incomplete',
      );
  }
  const forbidden = irreversibleEntry(entry, envelope, options);
  if (forbidden !== undefined) return refusal(forbidden.message, 'policy', forbidden);
  if (options.input === undefined && envelope.input.incomplete.length > 0) {
    const lacking = envelope.input.incomplete.slice(0, 3).map(safeText).join('; ');
    return refusal(`The recorded input of ${envelope.kind} ${quoted(envelope.name)} is not whole: ${lacking}. Give it with the option input.`, 'incomplete');
  }
  let args: readonly unknown[];
  try {
    args = options.input ?? recordedArguments(envelope);
  } catch (error) {
    return refusal(`The recorded input cannot be read: ${safeText(error instanceof Error ? error.message : String(error))}`, 'damaged', error);
  }

  const end = await callInSession(session, run, entry, args, envelope);
  session.endEntry(end);
  await settle(session, run);
  return makeReport(session.state(), session.traceId, entryEnd(end));
}

/** The root of a recording, or an error that lists them where there are several. */
function onlyRoot(recording: Recording): Envelope {
  const roots = rootsOf(recording);
  const [root] = roots;
  if (root !== undefined && roots.length === 1) return root;
  const candidates = (roots.length === 0 ? recording.envelopes : roots).slice(0, MAX_LISTED_ROOTS);
  const listed = candidates.map(({ traceId, spanId, name }) => `  ${traceId}:${spanId}  ${safeText(name)}`);
  const rest = roots.length > candidates.length ? [`  and ${roots.length - candidates.length} more`] : [];
  const message = `Trace ${recording.traceId} holds ${roots.length} crossings that no other encloses, and replay calls one.\nName one of them:`;
  throw new ChronicleError('CHRONICLE_REF_AMBIGUOUS', [message, ...listed, ...rest].join('\n'), {
    facts: { traceId: recording.traceId, refs: candidates.map(({ traceId, spanId }) => `${traceId}:${spanId}`) },
  });
}

const MAX_LISTED_ROOTS = 20;

function irreversibleEntry(entry: Entry, envelope: Envelope, options: ResolvedReplayOptions): ReplayRefusedError | undefined {
  const { boundary } = entry;
  if (boundary === undefined || boundary.effect !== 'irreversible' || options.allowIrreversible.has(boundary.name)) return undefined;
  const { kind, name, effect } = boundary;
  const { path, ordinal, traceId } = envelope;
  const facts = { kind, name, effect, path, ordinal, parent: undefined, traceId };
  return new ReplayRefusedError(
    `Not run: ${kind} ${quoted(name)} (trace ${traceId}) is irreversible, and replaying it would run it.\nName ${quoted(name)} in allowIrreversible (--allow-irreversible) to run it, or replay the crossing around it, which gets its recorded outcome.`,
    facts,
  );
}

function recordedArguments(envelope: Envelope): readonly unknown[] {
  const args = envelope.input.decode();
  if (!Array.isArray(args)) throw new TypeError(`the input of span ${envelope.spanId} is no list of arguments`);
  return args;
}

/** Calls the entry at the root of a trace of its own, with the session as the only one that answers. */
async function callInSession(session: ReplaySession, run: Run, entry: Entry, args: readonly unknown[], envelope: Envelope): Promise<ObservedEnd> {
  const scope = { crossing: undefined, answerer: session, run };
  const call = async (): Promise<ObservedEnd> => {
    try {
      const value: unknown = await (entry.call as (...args: readonly unknown[]) => unknown)(...args);
      const iteration = iterationOf(value, envelope.outcome);
      if (iteration === undefined) return { kind: 'returned', value };
      const { chunks, end, value: last } = await readAsRecorded(iteration, envelope.outcome);
      return { kind: 'streamed', end, value: last, chunks: { seen: 'values', values: chunks } };
    } catch (error) {
      return { kind: 'threw', error };
    }
  };
  return context.with(ROOT_CONTEXT, () => engine().scopes.run(scope, call));
}

function entryEnd(end: ObservedEnd): EntryEnd | undefined {
  switch (end.kind) {
    case 'returned':
      return { result: end.value };
    case 'threw':
      return { error: end.error };
    case 'streamed': {
      if (end.end === 'error') return { error: end.value };
      return { result: end.chunks.seen === 'values' ? end.chunks.values : [] };
    }
    case 'pending':
      return undefined;
  }
}

/** Turns of the event loop that calls which nobody awaited get, after the entry ended. */
const SETTLE_TURNS = 10;
/** And milliseconds, while crossings that ran again have not ended. */
const SETTLE_MILLIS = 1_000;

/** Waits for calls that the entry left running: they were recorded, so they are still to be asked for. */
async function settle(session: ReplaySession, run: Run): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS && session.hasUnconsumed; turn++) await nextTurn();
  for (let waited = 0; waited < SETTLE_MILLIS && run.active > 0 && session.hasUnconsumed; waited += 10) await sleep(10);
}
