// What the writer of a segment is told beside the captured values.

import type { Ending, StreamEnds, StreamForms } from './layout.js';

/** A named fact with a primitive value. */
export type ScalarFact = readonly [key: string, value: string | number | boolean];

export interface HeaderFacts {
  /** As hex. */
  readonly traceId: string;
  readonly writer: string;
  readonly index: number;
  readonly startUnixNanos: bigint;
  readonly schemaUrl: string;
  readonly writerVersion: string;
}

export interface BeginFacts {
  /** As hex. */
  readonly spanId: string;
  /** As hex. */
  readonly traceId: string;
  /** Number of the enclosing crossing in this segment, or 0. */
  readonly parent: number;
  /** As hex. */
  readonly parentSpanId: string | undefined;
  readonly parentPath: string;
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
  readonly ordinal: number;
  readonly startUnixNanos: bigint;
}

/** Which crossing a record is about: its number in this segment, or the span ID (hex) of one that began in an earlier one. */
export type CrossingPlace = number | { readonly spanId: string };

export interface EndFacts {
  readonly crossing: CrossingPlace;
  /** Since the crossing began. */
  readonly durationNanos: number;
  readonly ending: keyof typeof Ending;
  readonly async: boolean;
  readonly stream: { readonly form: keyof typeof StreamForms; readonly end: keyof typeof StreamEnds; readonly chunks: number } | undefined;
  readonly attributes: readonly ScalarFact[];
}
