// What verify says of segments, for people and for programs. Pure; whatever was recorded is escaped.

import type { Paint } from '../replay/index.js';
import type { Json } from '../value/index.js';
import { countText } from './run-words.js';
import type { SegmentProblem, SegmentState, SegmentVerdict } from './verify-segment.js';

/** Problems of one segment that are told; --json has all of them. */
const MAX_PROBLEMS = 10;
const STATES: readonly SegmentState[] = ['sound', 'incomplete', 'damaged', 'unverifiable'];
const STATE_WIDTH = 'unverifiable'.length;

/** Sums over all segments. */
export interface VerifyTotals {
  readonly states: Record<SegmentState, number>;
  calls: number;
  values: number;
  cut: number;
  opaque: number;
}

/** Sums of nothing. */
export function noTotals(): VerifyTotals {
  return { states: { sound: 0, incomplete: 0, damaged: 0, unverifiable: 0 }, calls: 0, values: 0, cut: 0, opaque: 0 };
}

/** Counts one segment. */
export function addTo(totals: VerifyTotals, { state, calls, values, cut, opaque }: SegmentVerdict): void {
  totals.states[state]++;
  totals.calls += calls;
  totals.values += values;
  totals.cut += cut;
  totals.opaque += opaque;
}

/** Whether everything that was looked at is sound. */
export function isSound({ states }: VerifyTotals): boolean {
  return states.incomplete + states.damaged + states.unverifiable === 0;
}

/** One segment in one line, and its problems below it. */
export function verdictText(verdict: SegmentVerdict, paint: Paint, safe: (text: string) => string): string {
  const { segment, state, problems, notes } = verdict;
  const facts = state === 'unverifiable' || (state === 'damaged' && verdict.values === 0) ? [] : [countsText(verdict)];
  const whole = problems.filter(({ at }) => at === undefined).map(problemText);
  const line = `${painter(state, paint)(state.padEnd(STATE_WIDTH))}  ${safe(segment)}  ${safe([...facts, ...whole, ...notes].join('; '))}`;
  const placed = problems.filter(({ at }) => at !== undefined);
  const below = placed.slice(0, MAX_PROBLEMS).map((problem) => `    ${safe(problemText(problem))}`);
  if (placed.length > MAX_PROBLEMS) below.push(`    and ${placed.length - MAX_PROBLEMS} more`);
  return [line, ...below].join('\n');
}

function painter(state: SegmentState, paint: Paint): (text: string) => string {
  switch (state) {
    case 'sound':
      return paint.good;
    case 'incomplete':
    case 'unverifiable':
      return paint.warn;
    case 'damaged':
      return paint.bad;
  }
}

function countsText({
  calls,
  values,
  cut,
  opaque,
}: {
  readonly calls: number;
  readonly values: number;
  readonly cut: number;
  readonly opaque: number;
}): string {
  const parts = [countText(calls, 'call', 'calls'), countText(values, 'value', 'values')];
  if (cut > 0) parts.push(`${cut} of them cut when recorded`);
  if (opaque > 0) parts.push(`${opaque} with parts that cannot be stored`);
  return parts.join(', ');
}

function problemText({ what, at, digests }: SegmentProblem): string {
  const place = at === undefined ? '' : `${at.value} of ${at.path ?? 'a call of an earlier segment'}, span ${at.spanId}: `;
  return `${place}${what}${digests === undefined ? '' : ` (recorded ${digests.recorded}, read ${digests.taken})`}`;
}

/** The sum, and what to do where something is wrong. */
export function totalsText(totals: VerifyTotals): string {
  const count = STATES.reduce((sum, state) => sum + totals.states[state], 0);
  const states = STATES.filter((state) => totals.states[state] > 0).map((state) => `${totals.states[state]} ${state}`);
  const lines = [`${countText(count, 'segment', 'segments')}: ${states.join(', ')}. ${countsText(totals)}.`];
  if (totals.states.damaged > 0) lines.push('Restore what is damaged from a copy; a replay refuses what it cannot read.');
  return lines.join('\n');
}

/** One segment for programs. */
export function verdictJson({ segment, state, calls, values, cut, opaque, problems, notes }: SegmentVerdict): Json {
  const problemsJson = problems.map(({ what, at, digests }) => ({ what, ...placeJson(at), ...digests }));
  return { segment, state, calls, values, cut, opaque, problems: problemsJson, notes: [...notes] };
}

function placeJson(at: SegmentProblem['at']): Record<string, Json> {
  if (at === undefined) return {};
  const { path, ...place } = at;
  return path === undefined ? place : { path, ...place };
}

/** The sums for programs. */
export function totalsJson({ states, calls, values, cut, opaque }: VerifyTotals): Json {
  return { segments: { ...states }, calls, values, cut, opaque };
}
