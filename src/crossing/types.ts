// One call through a boundary, in memory, and the two roles that meet there: the Recorder that keeps it and the
// Answerer that serves it. Neither has heard of the other; `boundary()` asks both.

import type { Span } from '@opentelemetry/api';
import type { BoundaryKind, Effect } from './kinds.js';

/** A function that the user marked. */
export interface BoundaryDefinition {
  readonly kind: BoundaryKind;
  readonly name: string;
  readonly effect: Effect;
  /** The wrapped function, as users call it. */
  call: (this: unknown, ...args: never[]) => unknown;
  /** Names of the places where values of this boundary are compared with the last ones. */
  readonly slots: { readonly input: string; readonly output: string; readonly error: string; readonly chunk: string };
  /** The user's own function. */
  readonly target: (this: unknown, ...args: never[]) => unknown;
}

/** One run of the program, or this process's part of it: the crossings of one trace. */
export interface Run {
  readonly traceId: string;
  /** Ordinals of root crossings, by name. */
  readonly ordinals: Map<string, number>;
  /** Crossings that have begun and not ended. */
  active: number;
}

/** One call through a boundary. */
export interface Crossing {
  readonly boundary: BoundaryDefinition;
  /** The crossing inside which this call was made. */
  readonly parent: Crossing | undefined;
  run: Run;
  /** Chain of boundary names with ordinals, from the root of the run. */
  path: string;
  ordinal: number;
  /** Path that the recording has for this call; differs from `path` when siblings started in another order. */
  recordedPath: string | undefined;
  traceId: string;
  spanId: string;
  span: Span | undefined;
  /** Who took the crossing in a pipeline: set by a processor when the span starts. */
  claimedBy: Recorder | undefined;
  /** Child ordinals by name, made when the first child calls. */
  ordinals: Map<string, number> | undefined;
  /** What was kept of the arguments. */
  input: CapturedValue | undefined;
  /** Whoever records it may keep its state here. */
  recorderState: unknown;
  startUnixNanos: bigint;
}

/** What a scope of our own AsyncLocalStorage holds. */
export interface Scope {
  /** The crossing whose function is running, or undefined at the root of a replay session. */
  readonly crossing: Crossing | undefined;
  /** The replay session that answers here. It wins over the process-wide one. */
  readonly answerer: Answerer | undefined;
  /** The run of a replay session; a recorded run is found through the crossing. */
  readonly run: Run | undefined;
}

/** What a stream was, so that replay gives back one of the same kind. */
export type StreamForm = 'generator' | 'async-generator' | 'async-iterable' | 'readable-stream' | 'node-readable';

/** How a stream ended: by itself, by an error, by its consumer, or never (collected or timed out). */
export type StreamEnd = 'done' | 'error' | 'cancelled' | 'abandoned';

/** How a crossing ended. */
export type Outcome =
  | { readonly kind: 'returned'; readonly async: boolean; readonly value: unknown }
  | { readonly kind: 'threw'; readonly async: boolean; readonly error: unknown }
  | {
      readonly kind: 'streamed';
      readonly async: boolean;
      readonly form: StreamForm;
      readonly end: StreamEnd;
      /** The return value of a generator that is done, or the error. */
      readonly value: unknown;
      readonly chunks: number;
    };

/** What was kept of a value, for the span. */
export interface CapturedValue {
  /** `sha256:` and the hex digest of the canonical value; undefined where to take it now would keep the caller waiting. */
  readonly digest: string | undefined;
  /** Bytes of the canonical value's text and numbers, children included. */
  readonly size: number;
  /** What was cut; empty when the whole value was kept. */
  readonly incomplete: readonly string[];
  /** What cannot be kept at all, such as functions and sockets. */
  readonly opaque: readonly string[];
}

/** Keeps crossings. Methods are called inside a guard, but must not throw in the ordinary course of things. */
export interface Recorder {
  /** Before the function runs. Returns what was kept of the arguments, and the URI of the envelope. */
  begin(crossing: Crossing, args: readonly unknown[]): CapturedValue | undefined;
  /** One chunk of a stream that the consumer received. */
  chunk(crossing: Crossing, value: unknown): void;
  /** What a stream that the function gave says of itself, before its first chunk. */
  head?(crossing: Crossing, value: unknown): void;
  /** After the function ended and before its result is handed on. */
  end(crossing: Crossing, outcome: Outcome): CapturedValue | undefined;
  /** The URI of the crossing's envelope. */
  uriOf(crossing: Crossing): string;
  /** Set when its processor was shut down: it takes no new runs, and records those that have begun to their end. */
  closed?: boolean;
  /** Writes at once what may wait in memory. Called when the process exits. */
  sync(): void;
  /** Whether something that ended is not in the store yet. */
  readonly pending: boolean;
  /** Sends what is left when the program has nothing more to do. Default: as `flush`. */
  drain?(millis: number): Promise<unknown>;
  /** Whether `drain` has more to do than what is pending. */
  readonly draining?: boolean;
  /** The process exits: gives back what it held beside its recordings. */
  release?(): void;
  /** Sends everything that ended to the store. Resolves, and never fails, within so many milliseconds, or 30 seconds. */
  flush(millis?: number): Promise<FlushReport>;
}

/** What a flush came to. */
export interface FlushReport {
  /** Whether every call that ended is in its store. */
  readonly complete: boolean;
  /** Segments that are not: they wait in their journals and are tried again. */
  readonly waiting: number;
  /** Why, as a store said last; undefined where it said nothing. */
  readonly reason: string | undefined;
}

/** The report where everything is in its store. */
export const NOTHING_WAITS: FlushReport = { complete: true, waiting: 0, reason: undefined };

/** How replay answered a call. */
export type Served = 'recorded' | 'live' | 'blocked' | 'answered' | 'rerun';

/** The step of the ladder on which a recorded call was found. */
export type Rung = 'exact' | 'normalized' | 'moved' | 'changed-input' | 'none';

/** A call that asks to be answered. */
export interface Call {
  readonly boundary: BoundaryDefinition;
  readonly crossing: Crossing;
  readonly args: readonly unknown[];
}

/** What the recording gives back: an outcome whose values were decoded for this call alone. */
export type RecordedOutcome =
  | { readonly kind: 'returned'; readonly async: boolean; readonly value: unknown }
  | { readonly kind: 'threw'; readonly async: boolean; readonly error: unknown }
  | {
      readonly kind: 'streamed';
      readonly async: boolean;
      readonly form: StreamForm;
      readonly end: StreamEnd;
      readonly value: unknown;
      /** Chunks with the milliseconds that passed since the call began. */
      readonly chunks: readonly { readonly offsetMillis: number; readonly value: unknown }[];
      readonly pace: 'fast' | 'recorded';
      /** What the stream said of itself. */
      readonly head?: unknown;
      /** When it ended, in milliseconds since the call began. */
      readonly endOffsetMillis?: number;
      /**
       * Called when the consumer asks for more after the last chunk of a stream that its recorded consumer left early
       * (`end` is `cancelled` or `abandoned`). What would have come is unknown: the stream throws what this returns.
       */
      readonly onOverrun?: () => Error;
    };

/** The decision of a replay session about one call. */
export type Answer =
  | {
      readonly kind: 'outcome';
      readonly outcome: RecordedOutcome;
      readonly served: 'recorded' | 'answered';
      readonly rung: Rung;
      readonly source: { readonly traceId: string; readonly spanId: string } | undefined;
      readonly input: CapturedValue | undefined;
    }
  | {
      readonly kind: 'run';
      readonly served: 'rerun' | 'live';
      readonly rung: Rung;
      readonly source: { readonly traceId: string; readonly spanId: string } | undefined;
      readonly recordedPath: string | undefined;
      readonly input: CapturedValue | undefined;
    }
  | {
      readonly kind: 'refuse';
      readonly served: 'blocked';
      readonly rung: Rung;
      readonly error: Error;
      readonly source: { readonly traceId: string; readonly spanId: string } | undefined;
      readonly input: CapturedValue | undefined;
    };

/** Answers calls during replay. It fails closed: whatever it cannot answer, it refuses. */
export interface Answerer {
  /** The run that root calls of the session belong to. */
  readonly run: Run;
  decide(call: Call): Answer;
  /** One chunk that the consumer of a crossing that ran again, or live, received. */
  chunk?(crossing: Crossing, value: unknown): void;
  /** A crossing that ran again, or live, has ended. */
  finished(crossing: Crossing, outcome: Outcome): CapturedValue | undefined;
}

/** What may stand on spans beside names and digests. Resolved from options and environment by the composition root. */
export interface SpanContent {
  /** Bytes of one preview; 0 for none. */
  readonly maxPreviewBytes: number;
  /** Whether the standard `gen_ai.*` content attributes are set too. */
  readonly messages: boolean;
  readonly protect: ((text: string, key: string | undefined) => string) | undefined;
}
