// What is remembered of a captured value, so that the next capture costs only what is new.
//
// A reference to a child is either the JavaScript primitive itself, a Shadow (a node that was stored), or a Mark.
// Equal children are equal references, so "nothing changed" is a comparison by identity. A Shadow never points at the
// live object it was made from: nothing here keeps the host's objects alive.

import type { Tie } from './knot.js';

/** Kinds of node. The numbers are part of the digest, see docs/format.md; they are never reused. */
export const NodeKind = {
  text: 0x20,
  object: 0x30,
  instance: 0x31,
  list: 0x32,
  listBlock: 0x33,
  map: 0x34,
  set: 0x35,
  bytes: 0x36,
  date: 0x37,
  regexp: 0x38,
  bigint: 0x39,
  error: 0x3a,
  opaque: 0x3b,
  truncated: 0x3c,
  boxed: 0x3d,
  coded: 0x3e,
  sparse: 0x3f,
  extended: 0x40,
  knot: 0x41,
  knotted: 0x42,
} as const;
export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind];

/** References that no JavaScript primitive can stand for. */
export type Mark =
  | { readonly mark: 'hole' }
  | { readonly mark: 'nan' }
  | { readonly mark: 'negative-zero' }
  /** The enclosing container so many levels up: 1 is the container that holds the reference. */
  | { readonly mark: 'cycle'; readonly up: number }
  /** The very object that the other reference stands for, earlier in the same value. */
  | {
      readonly mark: 'alias';
      readonly of: Shadow;
      /** Digest of what stands inside a finished knot: that depends on the rest of the knot as well. */
      readonly settled: Digest | undefined;
    };

export const HOLE: Mark = { mark: 'hole' };
export const NAN: Mark = { mark: 'nan' };
export const NEGATIVE_ZERO: Mark = { mark: 'negative-zero' };

/** A reference to a child value. */
export type Ref = null | undefined | boolean | number | string | Shadow | Mark;

/** A fixed part of a node's digest: its class, say, or its time. */
export type DigestFact = string | number | Uint8Array;
/**
 * A SHA-256 as 32 characters, one a byte. Node makes such a string in half the time of a buffer, and it is garbage that
 * costs nothing to collect.
 */
export type Digest = string;

/** One stored node, with what is needed to recognise the value when it comes again. */
export class Shadow {
  // What a look at an unchanged value reads stands first, so that it takes few lines of the processor's cache.
  readonly kind: NodeKind;
  /** Number of the capture that used it last: a node stands for one object per capture. */
  epoch = 0;
  /** Keys of an object; names of the properties of an error or of an extended value. */
  shape: Shape | undefined = undefined;
  /** Children. A list that was extended shares this array with its shorter self; `count` says how far it goes. */
  kids: Ref[] = NO_KIDS;
  count = 0;
  className = '';
  /** Text as it was before protection, or the bytes: what a leaf is compared by. The stack of an error. */
  raw: unknown = undefined;
  /** Name of the property that a text was protected under. */
  key: string | undefined = undefined;
  /** Bytes of its texts and buffers and some for each other part, shared parts counted where they stand. */
  size = 0;
  nullPrototype = false;
  /** Number of the node in its segment, from 1; 0 as long as it is not stored. */
  node = 0;
  /** Text as it is stored. */
  text = '';
  /** Whether the text holds a lone surrogate, so that it is stored as UTF-16. */
  illFormed = false;
  /** Chain values of a list's full blocks; shared like `kids`. */
  folds: Digest[] | undefined = undefined;
  facts: readonly DigestFact[] = NO_FACTS;
  /** What a parent's digest sees of it: the canonical encoding where that is short, else its SHA-256. */
  canonical: Digest = '';
  /** Whether `canonical` is the encoding itself, one character a byte. */
  inline = false;
  /** What was cut from the value; undefined when nothing was. */
  cut: readonly string[] | undefined = undefined;
  /** What cannot be stored at all; undefined when there is no such part. */
  opaque: readonly string[] | undefined = undefined;
  /** Set while the node waits for the containers that it refers back to; see knot.ts. */
  tie: Tie | undefined = undefined;

  constructor(kind: NodeKind) {
    this.kind = kind;
  }
}

const NO_KIDS: Ref[] = [];
const NO_FACTS: readonly DigestFact[] = [];

/** The keys of an object, in their order, with the order that the digest uses. Shared by all objects that have them. */
export interface Shape {
  /** Number of its node in the segment; 0 for names that are written in the node that has them. */
  readonly node: number;
  readonly keys: readonly string[];
  /** Positions of the keys, sorted by UTF-16 units. */
  readonly sorted: readonly number[];
  /** UTF-16 units of all keys together. */
  readonly units: number;
}

/** Makes a shape of distinct keys. */
export function shapeOf(keys: readonly string[], node: number): Shape {
  const sorted = keys.map((_, position) => position);
  sorted.sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
  let units = 0;
  for (const key of keys) units += key.length;
  return { node, keys, sorted, units };
}

export function isShadow(ref: Ref): ref is Shadow {
  return ref instanceof Shadow;
}
