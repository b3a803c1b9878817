// The errors that replay throws where a call was made. Programs branch on `code`; every fact in the words is a field.

import { ChronicleError } from '../errors.js';
import type { MissReason } from './matcher.js';
import type { FieldDifference } from './types.js';

/** The call that could not be answered. */
export interface ReplayCallFacts {
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
  /** Path of the call in the replayed run. */
  readonly path: string;
  /** Position among the calls of the same name under the same parent, from 0. */
  readonly ordinal: number;
  /** Name of the boundary inside which the call was made; undefined at the root of the run. */
  readonly parent: string | undefined;
  /** The recorded trace. */
  readonly traceId: string;
}

/** Why no recorded outcome was given. */
export interface ReplayMissFacts {
  readonly reason: MissReason;
  /** Likely cause, in one word, as in the report. */
  readonly cause: string;
  /** Span ID of the recorded call that comes nearest. */
  readonly nearest: string | undefined;
  /** How many calls of that kind and name the recording holds at this place. */
  readonly recordedThere: number;
  /** Where the nearest recorded input differs from this one. */
  readonly diff: readonly FieldDifference[];
}

/** Thrown where a call was made that the recording has no answer for. The program may catch it; the verdict stays. */
export class ReplayMissError extends ChronicleError {
  readonly call: ReplayCallFacts;
  readonly miss: ReplayMissFacts;

  constructor(message: string, call: ReplayCallFacts, miss: ReplayMissFacts) {
    super('CHRONICLE_REPLAY_MISS', message, { facts: { ...call, ...miss } });
    this.name = 'ReplayMissError';
    this.call = call;
    this.miss = miss;
  }
}

/**
 * Thrown where a call was made that the recording holds but cannot vouch for: its outcome is unknown, or a part of it
 * was not stored. Also thrown where a policy asks for something that needs a further permission.
 */
export class ReplayRefusedError extends ChronicleError {
  readonly call: ReplayCallFacts | undefined;
  readonly miss: ReplayMissFacts | undefined;

  constructor(message: string, call?: ReplayCallFacts, miss?: ReplayMissFacts, cause?: unknown) {
    super('CHRONICLE_REPLAY_REFUSED', message, { facts: { ...call, ...miss }, ...(cause === undefined ? {} : { cause }) });
    this.name = 'ReplayRefusedError';
    this.call = call;
    this.miss = miss;
  }
}

/** Thrown where a call was made that the user's policy blocks. */
export class ReplayBlockedError extends ChronicleError {
  readonly call: ReplayCallFacts;

  constructor(message: string, call: ReplayCallFacts) {
    super('CHRONICLE_REPLAY_BLOCKED', message, { facts: { ...call } });
    this.name = 'ReplayBlockedError';
    this.call = call;
  }
}
