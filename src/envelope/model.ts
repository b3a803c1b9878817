// What a reader sees of the stored form: one envelope per crossing, and all envelopes of a trace as a recording.

import type { StoredValue } from './stored-value.js';

/** What the consumer of a stream received. */
export interface StoredChunk {
  /** Since the crossing began. */
  readonly offsetNanos: bigint;
  readonly value: StoredValue;
}

/** How a stored crossing ended. `unknown` means that no End was stored: killed, still running, or never consumed. */
export type StoredOutcome =
  | { readonly kind: 'returned'; readonly async: boolean; readonly value: StoredValue }
  | { readonly kind: 'threw'; readonly async: boolean; readonly value: StoredValue }
  | {
      readonly kind: 'streamed';
      readonly async: boolean;
      readonly form: 'generator' | 'async-generator' | 'async-iterable' | 'readable-stream' | 'node-readable';
      readonly end: 'done' | 'error' | 'cancelled' | 'abandoned';
      /** Return value of a generator that is done, or the error. */
      readonly value: StoredValue;
      readonly chunks: readonly StoredChunk[];
      /** What the stream said of itself; undefined for forms that say nothing. */
      readonly head?: StoredValue | undefined;
    }
  | { readonly kind: 'unknown' };

/** One crossing as stored: input, outcome, metadata. */
export interface Envelope {
  readonly traceId: string;
  readonly spanId: string;
  /** Span ID of the enclosing crossing; undefined for a root. */
  readonly parentSpanId: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
  /** Chain of boundary names with ordinals. */
  readonly path: string;
  readonly ordinal: number;
  /** Position in the order in which the crossings of its segment began. */
  readonly sequence: number;
  readonly startUnixNanos: bigint;
  /** Undefined when the outcome is unknown. */
  readonly endUnixNanos: bigint | undefined;
  /** The argument list. */
  readonly input: StoredValue;
  readonly outcome: StoredOutcome;
  /** Attributes that the span had from us. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Why the stored values are not whole; empty when they are. */
  readonly incomplete: readonly string[];
  /** What cannot be stored at all, such as functions; a marker stands in its place. */
  readonly opaque: readonly string[];
  /** Key of the segment, or path of the file, that holds it; where it is in several, of the one in which it begins. */
  readonly segment: string;
}

/** Facts about the process that wrote a segment. */
export type ResourceFacts = Readonly<Record<string, string | number | boolean>>;

/** All that is stored of one trace. */
export interface Recording {
  readonly traceId: string;
  /** In the order in which they began. */
  readonly envelopes: readonly Envelope[];
  readonly resources: readonly ResourceFacts[];
  readonly complete: boolean;
  /** Why the recording is not whole; empty when it is. */
  readonly reasons: readonly string[];
  /** Keys of the segments it was read from. */
  readonly segments: readonly string[];
}

/** The stored values of a crossing, in the order in which they came: its input, the head and the chunks of a stream, its outcome. */
export function storedValuesOf({ input, outcome }: Pick<Envelope, 'input' | 'outcome'>): { readonly which: string; readonly stored: StoredValue }[] {
  const values = [{ which: 'input', stored: input }];
  if (outcome.kind === 'streamed') {
    if (outcome.head !== undefined) values.push({ which: 'head', stored: outcome.head });
    values.push(...outcome.chunks.map(({ value }, index) => ({ which: `chunk ${index}`, stored: value })));
  }
  if (outcome.kind !== 'unknown') values.push({ which: 'outcome', stored: outcome.value });
  return values;
}
