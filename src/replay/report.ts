// The report of a replay: what was asked, how it was answered, and the one word for it. Pure.

import type { Envelope, Recording } from '../envelope/index.js';
import { divergenceOf, type Finding } from './divergence.js';
import type { AskedCall, SessionState } from './session.js';
import type { Divergence, ReplayedCall, ReplayReport } from './types.js';

/** What the entry did this time, as its caller saw it. A whole program has neither. */
export type EntryEnd = { readonly result: unknown } | { readonly error: unknown };

/**
 * Makes the report of a replay that ran.
 *
 * The verdict is `same` only if every call was answered by its own recorded outcome or ran again as recorded, the run
 * ended as recorded, and nothing recorded was left over. The first finding decides between `diverged` and `refused`,
 * since later ones may be its consequences. A run in which no call was asked at all proves nothing, and is `diverged`.
 */
export function makeReport(state: SessionState, replayedTraceId: string, end?: EntryEnd): ReplayReport {
  const { plan, asked, unconsumed, ends } = state;
  const findings = asked.length === 0 && plan.envelopes.length > 0 ? [...state.findings, nothingAsked(state)] : state.findings;
  const outcomeDiff = ends.find(({ call, comparison }) => isOutermost(state, call) && comparison.kind === 'different')?.comparison;
  return {
    verdict: verdictOf({ ...state, findings }),
    ...(end ?? {}),
    recorded: recordedFacts(plan.recording, plan.entry, plan.roots),
    replayed: { traceId: replayedTraceId },
    calls: asked.map(replayedCall),
    divergences: findings.map(({ divergence }) => divergence),
    unconsumed: unconsumed.map(({ spanId, path, kind, name }) => ({ spanId, path, kind, name })),
    live: asked.filter(({ served }) => served === 'live').length,
    blocked: asked.filter(({ served }) => served === 'blocked').length,
    completeness: completenessOf(plan.recording, unverifiableEnds(state)),
    outcomeDiff: outcomeDiff?.kind === 'different' ? [...outcomeDiff.diff] : [],
  };
}

/** Makes the report of a replay that was refused before anything ran. */
export function makeRefusal(
  recording: Recording,
  entry: Envelope | undefined,
  reason: string,
  cause: string,
  replayedTraceId: string,
  error?: unknown,
): ReplayReport {
  const at = entry ?? { path: '', kind: '', name: '', ordinal: 0 };
  const divergence: Divergence = divergenceOf(at, reason, cause, entry);
  return {
    verdict: 'refused',
    ...(error === undefined ? {} : { error }),
    recorded: recordedFacts(recording, entry, entry === undefined ? [] : [entry]),
    replayed: { traceId: replayedTraceId },
    calls: [],
    divergences: [divergence],
    unconsumed: [],
    live: 0,
    blocked: 0,
    completeness: completenessOf(recording, []),
    outcomeDiff: [],
  };
}

/** The one word for a replay. Exported for its table of tests. */
export function verdictOf(state: SessionState): ReplayReport['verdict'] {
  const [first] = state.findings;
  if (first !== undefined) return first.claim;
  const { asked, unconsumed, ends } = state;
  if (unconsumed.length > 0) return 'changed';
  if (asked.some((call) => !isAnsweredAsRecorded(call))) return 'changed';
  if (ends.some(({ comparison }) => comparison.kind === 'different')) return 'changed';
  // Only now does it matter that an end cannot be compared: it stands between this run and `same`.
  if (ends.some(({ call, comparison }) => comparison.kind === 'unverifiable' && isOutermost(state, call))) return 'refused';
  return 'same';
}

function isAnsweredAsRecorded({ served, rung }: AskedCall): boolean {
  const fits = isFitting(rung);
  switch (served) {
    case 'recorded':
    case 'rerun':
      return fits;
    case 'live':
    case 'blocked':
    case 'answered':
      return false;
  }
}

function isFitting(rung: AskedCall['rung']): boolean {
  switch (rung) {
    case 'exact':
    case 'normalized':
      return true;
    case 'moved':
    case 'changed-input':
    case 'none':
      return false;
  }
}

/** Whether a call is the entry, or a root of the program: its end is the end of the run. */
function isOutermost({ plan }: SessionState, call: AskedCall): boolean {
  if (call.isEntry) return true;
  return plan.entry === undefined && call.source !== undefined && plan.roots.includes(call.source);
}

function nothingAsked({ plan }: SessionState): Finding {
  const at = plan.entry ?? plan.roots[0] ?? (plan.envelopes[0] as Envelope);
  const what = plan.entry === undefined ? 'The program' : 'The entry';
  return { claim: 'diverged', divergence: divergenceOf(at, `${what} called no boundary, so nothing was compared with the recording.`, 'code', at) };
}

/** Notes on ends that could not be compared. An unknown outcome is among the recording's own reasons. */
function unverifiableEnds({ ends }: SessionState): string[] {
  return ends.flatMap(({ call, comparison }) =>
    comparison.kind === 'unverifiable' && call.source?.outcome.kind !== 'unknown' ? [`${call.source?.path ?? call.path}: ${comparison.reason}`] : [],
  );
}

function replayedCall({ path, kind, name, ordinal, rung, served, source }: AskedCall): ReplayedCall {
  return { path, kind, name, ordinal, rung, ...(source === undefined ? {} : { source: source.spanId }), served };
}

function recordedFacts(recording: Recording, entry: Envelope | undefined, roots: readonly Envelope[]): ReplayReport['recorded'] {
  const whole = entry === undefined ? roots : [entry];
  const outcomes = whole.map(outcomeWord);
  const outcome = outcomes.length === 0 || outcomes.includes('unknown') ? 'unknown' : outcomes.includes('threw') ? 'threw' : 'returned';
  return { traceId: recording.traceId, spanId: whole[0]?.spanId ?? '', outcome };
}

function outcomeWord({ outcome }: Envelope): ReplayReport['recorded']['outcome'] {
  switch (outcome.kind) {
    case 'returned':
      return 'returned';
    case 'threw':
      return 'threw';
    case 'streamed':
      return outcome.end === 'error' ? 'threw' : 'returned';
    case 'unknown':
      return 'unknown';
  }
}

/** Reasons in a report; the rest are counted. */
const MAX_REASONS = 20;

/** What the recording lacks by its own account, and what else stood in the way of this replay. */
function completenessOf(recording: Recording, further: readonly string[]): ReplayReport['completeness'] {
  const all = [...new Set([...recording.reasons, ...further])];
  const reasons = all.length <= MAX_REASONS ? all : [...all.slice(0, MAX_REASONS), `and ${all.length - MAX_REASONS} more`];
  return { complete: recording.complete && all.length === 0, reasons };
}
