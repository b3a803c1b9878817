// What the writer of a segment is told beside the captured values.

import type { Ending, StreamEnds, StreamForms } from './layout.js';

/** A named fact with a primitive value. */
export type ScalarFact = readonly [key: string, value: string | number | boolean];

export interface HeaderFacts {
  /** 16 bytes. */
  readonly traceId: Uint8Array;
  readonly writer: string;
  readonly index: number;
  readonly startUnixNanos: bigint;
  readonly schemaUrl: string;
  readonly writerVersion: string;
}

export interface BeginFacts {
  readonly crossing: number;
  /** Eight bytes. */
  readonly spanId: Uint8Array;
  /** Only where it differs from the segment's. */
  readonly traceId: Uint8Array | undefined;
  /** Number of the enclosing crossing in this segment, or 0. */
  readonly parent: number;
  readonly parentSpanId: Uint8Array | undefined;
  readonly parentPath: string;
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
  readonly ordinal: number;
  readonly startUnixNanos: bigint;
}

export interface EndFacts {
  readonly crossing: number;
  readonly endUnixNanos: bigint;
  readonly ending: keyof typeof Ending;
  readonly async: boolean;
  readonly stream: { readonly form: keyof typeof StreamForms; readonly end: keyof typeof StreamEnds; readonly chunks: number } | undefined;
  readonly attributes: readonly ScalarFact[];
  /** Only where the crossing began in another segment. */
  readonly spanId: Uint8Array | undefined;
}
