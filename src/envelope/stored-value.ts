// One value as stored: built, and its digest taken, only when somebody asks for it.

import { hash } from 'node:crypto';
import { digestRef, Fingerprinter, formatDigest, isShadow, NodeKind, type Ref, sizeOfRef, withoutCodecs } from '../value/index.js';
import { isChronicleError } from '../errors.js';
import { damaged } from './faults.js';
import { type NodeReader, type Root, StoredShadow } from './node-reader.js';
import { buildValue } from './value-builder.js';

/** A value of an envelope. Reading it runs no code of the recording. */
export class StoredValue {
  readonly #nodes: NodeReader;
  readonly #root: Root;
  readonly #among: SegmentValues;
  #known: { readonly digest: string; readonly node: string; readonly size: number } | undefined;
  /** What was cut; empty when the whole value was kept. */
  readonly incomplete: readonly string[];
  /** What cannot be kept at all, such as functions; a marker stands in its place. */
  readonly opaque: readonly string[];

  /** @internal */
  constructor(nodes: NodeReader, root: Root, among: SegmentValues, incomplete: readonly string[], opaque: readonly string[]) {
    this.#nodes = nodes;
    this.#root = root;
    this.#among = among;
    this.incomplete = incomplete;
    this.opaque = opaque;
  }

  #measure(): { readonly digest: string; readonly node: string; readonly size: number } {
    return (this.#known ??= this.#nodes.withValue(this.#root, (ref) => {
      const node = formatDigest(digestOf(this.#nodes, ref));
      return { digest: keptDigest(ref) ?? node, node, size: sizeOfRef(ref) };
    }));
  }

  /** `sha256:` and the hex digest of the canonical value. Where only that was kept, it is the one that was kept. */
  get digest(): string {
    this.#among.check();
    return this.#measure().digest;
  }

  /** Canonical size in bytes. */
  get size(): number {
    this.#among.check();
    return this.#measure().size;
  }

  /** Digest of what is stored, be it the value or a mark in its place. @internal */
  get storedDigest(): string {
    return this.#measure().node;
  }

  /** Builds the value: new objects at each call. Fails with `CHRONICLE_SEGMENT_DAMAGED` where it cannot be built. */
  decode(): unknown {
    this.#among.check();
    return this.#nodes.withValue(this.#root, (ref) => buildValue(this.#nodes, ref));
  }
}

/** What fits into memory was captured within the usual limits; to take its digest again must not meet them. */
const NO_LIMITS = {
  maxNodes: Number.POSITIVE_INFINITY,
  maxTextBytes: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
  maxDepth: Number.POSITIVE_INFINITY,
  maxMillis: Number.POSITIVE_INFINITY,
};

function digestOf(nodes: NodeReader, ref: Ref): string {
  if (!(ref instanceof StoredShadow && ref.cyclic)) return digestRef(ref);
  // Which containers lead back to each other is found out by a capture.
  return withoutCodecs(() => new Fingerprinter({ limits: NO_LIMITS }).fingerprint(buildValue(nodes, ref), '').digest.slice('sha256:'.length));
}

/** The digest of a value of which nothing else was kept. */
function keptDigest(ref: Ref): string | undefined {
  if (!isShadow(ref) || ref.kind !== NodeKind.truncated || ref.facts[0] !== 'policy') return undefined;
  const digest = ref.facts[3] as Uint8Array;
  return digest.length === 32 ? formatDigest(Buffer.from(digest).toString('hex')) : undefined;
}

/** The values of one segment, in the order of their records, and whether they are those that were recorded. */
export class SegmentValues {
  readonly #name: string;
  readonly all: StoredValue[] = [];
  #state: { readonly kind: 'right' } | { readonly kind: 'unchecked'; readonly expected: string } | { readonly kind: 'wrong'; readonly error: unknown } = {
    kind: 'right',
  };

  /** `name` is the key or path of the segment, for errors. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Says what the digest of all values must be; it is taken when the first of them is asked for. */
  expect(sha256: string): void {
    this.#state = { kind: 'unchecked', expected: sha256 };
  }

  /** Fails with `CHRONICLE_SEGMENT_DAMAGED` where the values are not those that were recorded. */
  check(): void {
    const state = this.#state;
    if (state.kind === 'right') return;
    if (state.kind === 'wrong') throw state.error;
    this.#state = { kind: 'right' };
    let taken: string;
    try {
      taken = digestOfValues(this.all);
    } catch (error) {
      // A value that cannot be read, of a newer version say, says so itself when it is asked for; the others are what
      // their bytes say.
      if (isChronicleError(error, 'CHRONICLE_SEGMENT_DAMAGED')) return;
      throw error;
    }
    if (taken === state.expected) return;
    const error = damaged(this.#name, `the digest of its values is ${taken}, and ${state.expected} was recorded`);
    this.#state = { kind: 'wrong', error };
    throw error;
  }
}

/** SHA-256 over the digests of values, as hex: what the last record of a segment says of all that is in it. */
export function digestOfValues(values: readonly StoredValue[]): string {
  return hash('sha256', Buffer.from(values.map(({ storedDigest }) => storedDigest.slice('sha256:'.length)).join(''), 'hex'), 'hex');
}
