// What the package asks of a place that keeps bytes: few enough operations that a folder, S3, GCS and Azure Blob all
// have them. A store knows nothing of envelopes or traces.
//
// A failure is a ChronicleError whose facts say why (`reason`) and whether trying the same again can help (`retryable`).

/** Bytes by key. Whoever writes a store of their own implements this; `test/contracts/object-store.test.ts` says what must hold. */
export interface ObjectStore {
  /** Canonical URL without a trailing slash: `file:///abs/folder`, `s3://bucket/prefix`. It is part of the envelope URIs on spans. */
  readonly url: string;
  /**
   * Stores an object unless its key is taken. It appears whole or not at all, and of several writers of one key exactly
   * one is told `created`. With `exists` the same bytes are there already, so whoever asks again after an answer was lost
   * is told that it is done. Other bytes under a taken key are left as they are: `CHRONICLE_STORE_CONFLICT`.
   */
  put(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  /**
   * Reads an object, or undefined if there is none. A range counts from `start` up to but not including `end`; what
   * lies beyond the end of the object is left out, so a range past the end gives no bytes.
   */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;
  /**
   * Lists the objects whose keys begin with `prefix` (the empty prefix lists all), sorted by key in ASCII order. With
   * `after`, only keys greater than it. An object that is written or deleted meanwhile may or may not be listed.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListedObject>;
  /** Removes an object. Removing one that is not there succeeds. */
  delete(key: string): Promise<void>;
  /** Fails with `CHRONICLE_STORE_UNAVAILABLE` when the store is not there or cannot be read. */
  check(): Promise<void>;
}

/** Part of an object: from byte `start` up to but not including byte `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Options of a listing. */
export interface ListOptions {
  /** List only keys greater than this. Default: list from the first one. */
  readonly after?: string;
}

/** One line of a listing. */
export interface ListedObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
}
