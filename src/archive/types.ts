// How stored traces are asked for.

import type { Envelope, Recording } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';

/** A store as users name it: a URL such as `file:./runs`, a folder, or an object store of their own. */
export type StoreLike = string | ObjectStore;

/** What a reference names. */
export type Ref =
  | { readonly kind: 'trace'; readonly traceId: string }
  | { readonly kind: 'span'; readonly traceId: string | undefined; readonly spanId: string }
  | { readonly kind: 'file'; readonly path: string; readonly spanId: string | undefined };

/** One recorded run, in a line. */
export interface RunSummary {
  readonly traceId: string;
  readonly startUnixNanos: bigint;
  readonly endUnixNanos: bigint | undefined;
  readonly roots: readonly { readonly spanId: string; readonly kind: string; readonly name: string; readonly outcome: string }[];
  readonly boundaries: number;
  /** Crossings that threw. */
  readonly errors: number;
  readonly complete: boolean;
  readonly reasons: readonly string[];
}

/** The traces kept in one store. */
export interface Archive {
  /** Canonical URL of the store. */
  readonly url: string;
  /**
   * Finds what a reference names: the recording, and the envelope where the reference names one span.
   * Fails with `CHRONICLE_REF_INVALID`, `CHRONICLE_REF_NOT_FOUND` or `CHRONICLE_REF_AMBIGUOUS`.
   */
  find(ref: string | Ref): Promise<{ readonly recording: Recording; readonly envelope: Envelope | undefined }>;
  /** Reads all that is stored of a trace, journals of running or killed processes included; undefined if nothing is. */
  readTrace(traceId: string): Promise<Recording | undefined>;
  /** The recorded runs, newest first. */
  runs(options?: { readonly limit?: number }): AsyncIterable<RunSummary>;
}
