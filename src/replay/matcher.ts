// Finds the recorded crossing that answers a call, or says why none does. Pure: marking it as used is the session's.

import type { Envelope, StoredValue } from '../envelope/index.js';
import type { ValueDifference } from '../value/index.js';
import { differencesOf } from './differences.js';
import { hasCutPart, hasUnprovenPart } from './stored-gaps.js';
import type { Place, ReplayPlan } from './plan.js';
import type { Usage } from './usage.js';

/** A call as the matcher sees it. Provider call ids are no part of it: real runs repeat them. */
export interface LiveCall {
  /** Where it is made: directly inside the recorded counterpart of the crossing that makes it. */
  readonly place: Place;
  readonly kind: string;
  readonly name: string;
  /** Position among the calls of this name under the live parent. It breaks ties between nearest candidates only. */
  readonly ordinal: number;
  /** The arguments as a recording would hold them. Asked for on a miss only. */
  readonly args: () => unknown;
  readonly inputDigest: string;
  /** Whether the recorded outcome is wanted. A call that runs again only wants its recorded counterpart. */
  readonly wantsOutcome: boolean;
}

/**
 * Why a call has no answer.
 *
 * - `not-recorded`: the recording holds no call of that kind and name here that is still unused, and none equal.
 * - `used-up`: equal calls are recorded here, and every call of that name here has answered already.
 * - `changed-input`: unused calls of that name are recorded here, all with another input.
 * - `outcome-unknown`: the equal recorded call began and never ended.
 * - `incomplete-input`: a part of the recorded input was cut without a digest, so nobody can say whether it is this one.
 * - `incomplete-outcome`: a part of the recorded outcome was cut, so it cannot be given back.
 */
export type MissReason = 'not-recorded' | 'used-up' | 'changed-input' | 'outcome-unknown' | 'incomplete-input' | 'incomplete-outcome';

/** The recorded call that comes nearest to one that was missed. */
export interface Nearest {
  readonly envelope: Envelope;
  /** Whether it was recorded at the very place of the call. */
  readonly samePlace: boolean;
  /** Whether it has answered a call already. */
  readonly used: boolean;
  /** Where its input differs; empty when the inputs are equal. */
  readonly differences: readonly ValueDifference[];
}

/** What the matcher found. */
export type Match =
  | { readonly kind: 'answered'; readonly rung: 'exact'; readonly envelope: Envelope }
  | {
      readonly kind: 'missed';
      readonly reason: MissReason;
      readonly nearest: Nearest | undefined;
      /** Calls of that kind and name that the recording holds at this place. */
      readonly recordedThere: number;
    };

/** Candidates whose inputs are compared field by field, on a miss. */
const MAX_COMPARED = 32;
/** Differences counted per candidate. More than that is "another input altogether". */
const MAX_DIFFERENCES = 50;

/**
 * Finds the recorded crossing that answers this call, or says why none does.
 *
 * Candidates share place, kind and name; the input digest chooses among them, and of equal ones the first unused
 * answers. So equal calls get their answers in the order in which they were recorded, attempts count (a retried call
 * meets the failure that it met), and a third call after two recordings is a miss, not the last answer again.
 */
export function matchCall(plan: ReplayPlan, usage: Usage, call: LiveCall): Match {
  const equal = plan.exact(call.place, call.kind, call.name, call.inputDigest);
  const envelope = usage.firstUnused(equal);
  const gap = envelope === undefined || !call.wantsOutcome ? undefined : gapOf(envelope);
  if (envelope !== undefined && gap === undefined) return { kind: 'answered', rung: 'exact', envelope };
  const siblings = plan.siblings(call.place, call.kind, call.name);
  const recordedThere = siblings.length;
  if (envelope !== undefined && gap !== undefined) {
    return { kind: 'missed', reason: gap, nearest: { envelope, samePlace: true, used: false, differences: [] }, recordedThere };
  }
  const unused = siblings.filter((sibling) => !usage.isUsed(sibling));
  if (unused.length > 0) {
    const nearest = nearestOf(plan, usage, call, unused);
    // Of an input that was cut without a digest nobody can say whether it changed.
    const reason = nearest !== undefined && hasUnprovenPart(nearest.envelope.input) ? 'incomplete-input' : 'changed-input';
    return { kind: 'missed', reason, nearest, recordedThere };
  }
  const lastEqual = equal.at(-1);
  if (lastEqual !== undefined) {
    return { kind: 'missed', reason: 'used-up', nearest: { envelope: lastEqual, samePlace: true, used: true, differences: [] }, recordedThere };
  }
  return { kind: 'missed', reason: 'not-recorded', nearest: nearestElsewhere(plan, usage, call, siblings), recordedThere };
}

/** Why an otherwise fitting crossing cannot vouch for its answer. */
function gapOf(envelope: Envelope): MissReason | undefined {
  if (envelope.outcome.kind === 'unknown') return 'outcome-unknown';
  if (hasUnprovenPart(envelope.input)) return 'incomplete-input';
  if (outcomeValues(envelope).some(hasCutPart)) return 'incomplete-outcome';
  return undefined;
}

function outcomeValues(envelope: Envelope): StoredValue[] {
  const { outcome } = envelope;
  switch (outcome.kind) {
    case 'returned':
    case 'threw':
      return [outcome.value];
    case 'streamed':
      return [outcome.value, ...outcome.chunks.map((chunk) => chunk.value)];
    case 'unknown':
      return [];
  }
}

/** An equal call elsewhere in the run says most; else a used one here; else one of that name anywhere. */
function nearestElsewhere(plan: ReplayPlan, usage: Usage, call: LiveCall, siblings: readonly Envelope[]): Nearest | undefined {
  const named = plan.named(call.kind, call.name);
  const equal = named.filter((envelope) => envelope.input.digest === call.inputDigest);
  const moved = equal.find((envelope) => !usage.isUsed(envelope)) ?? equal[0];
  if (moved !== undefined) return { envelope: moved, samePlace: false, used: usage.isUsed(moved), differences: [] };
  return nearestOf(plan, usage, call, siblings.length > 0 ? siblings : named);
}

/**
 * The candidate whose input has the fewest differences; of equals the one whose ordinal is closest, then the first
 * recorded. Content comes before position, so that a changed call among reordered ones is compared with its own.
 */
function nearestOf(plan: ReplayPlan, usage: Usage, call: LiveCall, candidates: readonly Envelope[]): Nearest | undefined {
  const distance = (envelope: Envelope): number => Math.abs(envelope.ordinal - call.ordinal);
  const close = candidates.length <= MAX_COMPARED ? candidates : [...candidates].sort((a, b) => distance(a) - distance(b)).slice(0, MAX_COMPARED);
  const args = call.args();
  let best: Nearest | undefined;
  for (const envelope of close) {
    const differences = envelope.input.digest === call.inputDigest ? [] : differencesOf(envelope.input.decode(), args, MAX_DIFFERENCES);
    if (best !== undefined) {
      const closer = differences.length - best.differences.length || distance(envelope) - distance(best.envelope);
      if (closer >= 0) continue;
    }
    best = { envelope, samePlace: plan.placeOf(envelope) === call.place, used: usage.isUsed(envelope), differences };
  }
  return best;
}
