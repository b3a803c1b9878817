// What is remembered of a captured value, so that the next capture costs only what is new.
//
// A reference to a child is either the JavaScript primitive itself, a Shadow (a node that was stored), or a Mark.
// Equal children are equal references, so "nothing changed" is a comparison by identity.

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
  | { readonly mark: 'alias'; readonly of: Shadow };

export const HOLE: Mark = { mark: 'hole' };
export const NAN: Mark = { mark: 'nan' };
export const NEGATIVE_ZERO: Mark = { mark: 'negative-zero' };

/** A reference to a child value. */
export type Ref = null | undefined | boolean | number | string | Shadow | Mark;

/**
 * A SHA-256 as 32 characters, one a byte. Node makes such a string in half the time of a buffer, and it is garbage that
 * costs nothing to collect.
 */
export type Digest = string;

/** One stored node, with what is needed to recognise the value when it comes again. */
export class Shadow {
  readonly kind: NodeKind;
  /** Number of the node in its segment, from 1. */
  readonly node: number;
  /** The live object that it stands for at the moment. */
  source: object | undefined = undefined;
  /** Number of the capture that used it last: a node stands for one object per capture. */
  epoch = 0;
  shape: Shape | undefined = undefined;
  /** Children. A list that was extended shares this array with its shorter self; `count` says how far it goes. */
  kids: Ref[] = [];
  count = 0;
  /** Chain values of a list's full blocks; shared like `kids`. */
  folds: Digest[] | undefined = undefined;
  /** Text as it was before protection, or bytes, a time: what a scalar node is compared by. */
  raw: unknown = undefined;
  /** Text as it is stored. */
  text = '';
  /** Whether the text holds a lone surrogate, so that it is stored as UTF-16. */
  illFormed = false;
  className = '';
  nullPrototype = false;
  /** What a parent's digest sees of it: the canonical encoding where that is short, else its SHA-256. */
  canonical: Digest = '';
  /** Whether `canonical` is the encoding itself, one character a byte. */
  inline = false;
  /** Canonical size in bytes, children included. */
  size = 0;
  /** What was cut from the value; undefined when nothing was. */
  cut: readonly string[] | undefined = undefined;
  /** What cannot be stored at all; undefined when there is no such part. */
  opaque: readonly string[] | undefined = undefined;

  constructor(kind: NodeKind, node: number) {
    this.kind = kind;
    this.node = node;
  }
}

/** The keys of an object, in their order, with the order that the digest uses. Shared by all objects that have them. */
export interface Shape {
  /** Number of its node in the segment. */
  readonly node: number;
  readonly keys: readonly string[];
  /** Positions of the keys, sorted by UTF-16 units. */
  readonly sorted: readonly number[];
}

export function isShadow(ref: Ref): ref is Shadow {
  return ref instanceof Shadow;
}
