// What a person is told about a call that left the recording: one sentence, the error where it was made, a likely
// cause. Pure: it says what the matcher found and decides nothing.

import type { Envelope } from '../envelope/index.js';
import type { ReplayCallFacts, ReplayMissFacts } from './errors.js';
import type { Match, Nearest } from './matcher.js';
import { safeText, shownValue } from './safe-text.js';
import type { Divergence, FieldDifference } from './types.js';

/** A match that found no answer. */
export type Missed = Extract<Match, { kind: 'missed' }>;

/** What a divergence does to the verdict: the run left the recording, or the recording cannot support a claim. */
export type Claim = 'diverged' | 'refused';

/** A divergence as the session keeps it. */
export interface Finding {
  readonly claim: Claim;
  readonly divergence: Divergence;
}

/** What is said about one miss: the finding, and the words and facts of the error. */
export interface MissDescription {
  readonly finding: Finding;
  readonly message: string;
  readonly miss: ReplayMissFacts;
}

/** Differences that a report carries. */
const MAX_REPORTED = 20;

/** The call in the words of all messages: `tool "book_flight" (call 2 under "planner", trace 4bf9...)`. */
export function describeCall(call: ReplayCallFacts): string {
  const under = call.parent === undefined ? 'at the root of the run' : `under ${quoted(call.parent)}`;
  return `${call.kind} ${quoted(call.name)} (call ${call.ordinal + 1} ${under}, trace ${call.traceId})`;
}

/** A name in quotes, safe for a terminal. */
export function quoted(name: string): string {
  return `"${safeText(name)}"`;
}

/**
 * Says what was missed. `openEnded` means that the recording breaks off where the call was made, so that a call
 * beyond it proves nothing about the program: such a miss supports no claim.
 */
export function describeMiss(call: ReplayCallFacts, match: Missed, openEnded: boolean): MissDescription {
  const { nearest } = match;
  const diff = (nearest?.differences ?? []).slice(0, MAX_REPORTED);
  const cause = causeOf(call, match, openEnded);
  const reason = reasonOf(call, match, openEnded);
  return {
    finding: { claim: claimOf(match, openEnded), divergence: divergenceOf(call, reason, cause, nearest?.envelope, diff) },
    message: `${headline(call, match)}\n${reason}\n${nextStep(call, match)}`,
    miss: { reason: match.reason, cause, nearest: nearest?.envelope.spanId, recordedThere: match.recordedThere, diff },
  };
}

/** Says that an agent or step was called with another input. It runs again all the same: it is what is examined. */
export function describeChangedRerun(call: ReplayCallFacts, match: Missed): Finding {
  const diff = (match.nearest?.differences ?? []).slice(0, MAX_REPORTED);
  const claim = claimOf(match, false);
  const what = claim === 'refused' ? reasonOf(call, match, false) : differs('Its', diff);
  const reason = `${what} It runs again, and the calls inside it are compared one by one.`;
  return { claim, divergence: divergenceOf(call, reason, causeOf(call, match, false), match.nearest?.envelope, diff) };
}

/** Puts together one entry of the report. */
export function divergenceOf(
  call: { readonly path: string; readonly kind: string; readonly name: string; readonly ordinal: number },
  reason: string,
  cause: string,
  nearest: Envelope | undefined,
  diff: readonly FieldDifference[] = [],
): Divergence {
  const { path, kind, name, ordinal } = call;
  return { path, kind, name, ordinal, reason, cause, ...(nearest === undefined ? {} : { nearest: nearest.spanId }), diff: [...diff] };
}

function claimOf(match: Missed, openEnded: boolean): Claim {
  switch (match.reason) {
    case 'changed-input':
      return 'diverged';
    case 'not-recorded':
    case 'used-up':
      return openEnded ? 'refused' : 'diverged';
    case 'outcome-unknown':
    case 'incomplete-input':
    case 'incomplete-outcome':
      return 'refused';
  }
}

function headline(call: ReplayCallFacts, match: Missed): string {
  switch (match.reason) {
    case 'changed-input':
    case 'not-recorded':
    case 'used-up':
      return `No recorded answer for ${describeCall(call)}.`;
    case 'outcome-unknown':
      return `Outcome unknown of ${describeCall(call)}, effect ${call.effect}.`;
    case 'incomplete-input':
    case 'incomplete-outcome':
      return `The recording cannot vouch for the answer of ${describeCall(call)}.`;
  }
}

function reasonOf(call: ReplayCallFacts, match: Missed, openEnded: boolean): string {
  const { nearest, recordedThere } = match;
  const brokenOff = openEnded ? ' The recording breaks off here: the crossing around it never ended.' : '';
  switch (match.reason) {
    case 'changed-input': {
      const input = recordedThere === 1 ? 'its' : "the nearest unused one's";
      return differs(`The recording holds ${count(recordedThere, 'call')} there; ${input}`, nearest?.differences ?? []);
    }
    case 'used-up':
      return `The recording holds ${count(recordedThere, 'call')} there, and each with this input has answered already.${brokenOff}`;
    case 'not-recorded':
      return `${recordedThere === 0 ? 'The recording holds no call of that name there' : `The recording holds ${count(recordedThere, 'call')} there, and each has answered already`}${elsewhere(nearest)}${brokenOff}`;
    case 'outcome-unknown':
      return `The recorded call (span ${nearest?.envelope.spanId ?? ''}) began and has no end: the process was killed, was still running, or the result was never read. It may have had its effect (recorded as ${safeText(nearest?.envelope.effect ?? call.effect)}).`;
    case 'incomplete-input':
      return `The recorded input (span ${nearest?.envelope.spanId ?? ''}) is not whole, so nobody can say whether it is this one: ${listed(nearest?.envelope.input.incomplete ?? [])}.`;
    case 'incomplete-outcome':
      return `The recorded outcome (span ${nearest?.envelope.spanId ?? ''}) is not whole: ${listed(nearest?.envelope.incomplete ?? [])}.`;
  }
}

function elsewhere(nearest: Nearest | undefined): string {
  if (nearest === undefined) return '.';
  const where = `${safeText(nearest.envelope.path)} (span ${nearest.envelope.spanId})`;
  if (nearest.differences.length === 0) return `; an equal call is recorded at ${where}${nearest.used ? ', used already' : ''}.`;
  return differs(`; the nearest is ${where}, and its`, nearest.differences);
}

/** `... input differs at $.date: recorded "2026-03-01", now "2026-03-02", and at 2 more places.` */
function differs(subject: string, differences: readonly FieldDifference[]): string {
  const [first] = differences;
  if (first === undefined) return `${subject} input differs.`;
  const sides: string[] = [];
  if ('recorded' in first) sides.push(`recorded ${shownValue(first.recorded)}`);
  if ('now' in first) sides.push('recorded' in first ? `now ${shownValue(first.now)}` : `new ${shownValue(first.now)}`);
  if (!('now' in first)) sides.push('now absent');
  const rest = differences.length - 1;
  return `${subject} input differs at ${safeText(first.path)}: ${sides.join(', ')}${rest === 0 ? '' : `, and at ${count(rest, 'more place')}`}.`;
}

function nextStep(call: ReplayCallFacts, match: Missed): string {
  const run =
    call.effect === 'irreversible'
      ? `Set the policy of ${quoted(call.name)} to live and name it in allowIrreversible to run it`
      : `Set the policy of ${quoted(call.name)} to live to run it`;
  switch (match.reason) {
    case 'changed-input':
    case 'not-recorded':
    case 'used-up':
      return `${run}, or record the trace again.`;
    case 'outcome-unknown':
      return `Find out whether it took effect, and set the policy of ${quoted(call.name)} to { answer: ... } to go on.`;
    case 'incomplete-input':
    case 'incomplete-outcome':
      return `${run}, or give it an answer, or record the trace again with all of its values (CHRONICLE_CAPTURE=full).`;
  }
}

function causeOf(call: ReplayCallFacts, match: Missed, openEnded: boolean): string {
  switch (match.reason) {
    case 'changed-input':
      return causeOfChange(call.kind, match.nearest?.differences ?? []);
    case 'used-up':
    case 'not-recorded':
      return openEnded ? 'incomplete' : 'code';
    case 'outcome-unknown':
      return 'outcome-unknown';
    case 'incomplete-input':
    case 'incomplete-outcome':
      return 'incomplete';
  }
}

/** Fields of model requests, by what they mean. The first difference decides: what follows is often its echo. */
const MODEL_FIELDS: readonly (readonly [RegExp, string])[] = [
  [/[.[]"?(?:tools|toolChoice|tool_choice|functions)\b/, 'tool-definition'],
  [/[.[]"?(?:model|modelId|model_id)\b/, 'model'],
  [/[.[]"?(?:temperature|top_p|topP|top_k|topK|seed|max_tokens|maxTokens|max_completion_tokens|frequency_penalty|presence_penalty|stop)\b/, 'sampling'],
  [/[.[]"?(?:messages|prompt|system|instructions|contents|input)\b/, 'prompt'],
];

/** The likely cause of a changed input, in one word. */
export function causeOfChange(kind: string, differences: readonly FieldDifference[]): string {
  if (kind !== 'model') return 'input';
  const [first] = differences;
  if (first === undefined) return 'input';
  // Only the beginning of the path says which part of the request it is: a message may hold a key called `model`.
  const head = /^\$(?:\[\d+\])?(?:\.[A-Za-z_$][\w$]*|\["[^"]*"\])?/.exec(first.path)?.[0] ?? first.path;
  return MODEL_FIELDS.find(([pattern]) => pattern.test(head))?.[1] ?? 'prompt';
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function listed(reasons: readonly string[]): string {
  return reasons.length === 0 ? 'a part was cut' : safeText(reasons.slice(0, 3).join('; '));
}
