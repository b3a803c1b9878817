// What replay is asked and what it reports. The report is the same object that `chronicle replay --json` prints.

import type { Effect, Rung, Served } from '../crossing/index.js';
import type { StoreLike } from '../archive/index.js';

/**
 * How a boundary is answered when the user named it. `recorded` gives an agent or step its recorded outcome, where it
 * would run again otherwise. An `answer` that is a function is called with the call and gives the value, or throws.
 */
export type Policy = 'recorded' | 'live' | 'block' | { readonly answer: unknown };

/** Options of `replay()`. */
export interface ReplayOptions {
  /** Where the recording is kept: a store URL, or an object store. Default: `CHRONICLE_STORE`. */
  store?: StoreLike;
  /** The boundary function to call. Default: the one registered under the recorded name after `import`. */
  entry?: (...args: never[]) => unknown;
  /** Modules to load first, so that their boundaries are registered. Relative to the working directory. */
  import?: readonly string[];
  /** The arguments to call the entry with, instead of the recorded ones. */
  input?: readonly unknown[];
  /**
   * How boundaries are answered, by name (`place_order`), kind (`kind:tool`) or effect (`effect:read`); a name wins
   * over a kind and a kind over an effect. Default: every call gets its recorded outcome, and a miss stops the replay.
   */
  policy?: Readonly<Record<string, Policy>>;
  /** Names of `irreversible` boundaries that may run when a policy says `live`, or when one is the entry. */
  allowIrreversible?: readonly string[];
  /** What to do with a call whose place was recorded with another input. Default: `stop`. */
  onChangedInput?: 'stop' | 'serve' | 'live';
  /** How recorded streams are given back: at once, or with the recorded pauses. Default: `fast`. */
  pace?: 'fast' | 'recorded';
  /** Refuse a recording that is not complete. Default: false. */
  strict?: boolean;
}

/** One call of the replayed run, and how it was answered. */
export interface ReplayedCall {
  path: string;
  kind: string;
  name: string;
  ordinal: number;
  rung: Rung;
  /** Span ID of the recorded crossing that answered. */
  source?: string;
  /** `rerun`: an agent or step whose own code ran again while the calls inside it were answered. */
  served: Served;
}

/** One field that differs. */
export interface FieldDifference {
  /** Place in the value, as in `$.messages[3].content`. */
  path: string;
  /** Previews: bounded, and absent where that side has nothing. */
  recorded?: unknown;
  now?: unknown;
}

/** A place where the replayed run left the recorded one. */
export interface Divergence {
  path: string;
  kind: string;
  name: string;
  ordinal: number;
  /** What happened, in one sentence. */
  reason: string;
  /** Likely cause, in one word: `input`, `prompt`, `tool-definition`, `model`, `order`, `code`, `policy`, ... */
  cause: string;
  /** Span ID of the recorded crossing that comes nearest. */
  nearest?: string;
  diff: FieldDifference[];
}

/** The result of a replay. */
export interface ReplayReport {
  verdict: 'same' | 'changed' | 'diverged' | 'refused';
  /** What the entry returned this time. */
  result?: unknown;
  /** What the entry threw this time. */
  error?: unknown;
  recorded: { traceId: string; spanId: string; outcome: 'returned' | 'threw' | 'unknown' };
  replayed: { traceId: string };
  calls: ReplayedCall[];
  divergences: Divergence[];
  /** Recorded, never asked for. */
  unconsumed: { spanId: string; path: string; kind: string; name: string }[];
  /** Calls that ran although replay was on: 0 unless the user named something. */
  live: number;
  blocked: number;
  completeness: { complete: boolean; reasons: string[] };
  /** What differs between the recorded end of the entry and this one; empty when they are equal. */
  outcomeDiff: FieldDifference[];
}

export type { Effect, Rung, Served };
