// Capture: a JavaScript value becomes nodes, and only what is new costs anything.
//
// A value is compared place by place with the value that was seen last at the same slot: equal strings are equal
// pointers, and a container in which nothing changed is the node that it was. What moved is found by content. What is
// stored is what was passed at the time of the call; nothing here calls user code. Which objects are one and the same
// is asked of the value alone, once more at each capture, so that no earlier capture can answer for this one.

import { types } from 'node:util';
import { digestRef, digestText, LIST_BLOCK, settleKnot, settleNode, sha256, sizeOfRef } from './digest.js';
import {
  type BuiltIn,
  countIndexes,
  describeExotic,
  type Dress,
  dressOfArray,
  dressOfBuiltIn,
  type Exotic,
  hasHiddenState,
  isPlainPrototype,
} from './exotic.js';
import { type DigestFact, HOLE, isShadow, NAN, NEGATIVE_ZERO, NodeKind, type Ref, Shadow, type Shape, shapeOf } from './shadow.js';
import type { NodeSink, OtherNode, TruncationReason } from './sink.js';

/** Bounds of one capture. What exceeds them is marked, with its size, and with its digest where it has one. */
export interface CaptureLimits {
  /** Containers, fields and items of one value. Default: 5,000,000. */
  readonly maxNodes: number;
  /** UTF-16 units of one text, bytes of one buffer. Default: 64 Mi. */
  readonly maxTextBytes: number;
  /** Bytes of all texts, keys and buffers of one value, about. Default: 96 MiB. */
  readonly maxBytes: number;
  /** Levels of nesting. Default: 500. */
  readonly maxDepth: number;
  /** Milliseconds that one capture may take before it cuts what is left. Default: 2,000. */
  readonly maxMillis: number;
}

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = { maxNodes: 5_000_000, maxTextBytes: 64 << 20, maxBytes: 96 << 20, maxDepth: 500, maxMillis: 2_000 };

/**
 * Changes a text before it is stored, put on a span or hashed. `key` is the name of the nearest property that holds
 * it. It must be pure and idempotent: a fingerprint is taken of what it returns, in recording and in replay alike.
 */
export type Protect = (text: string, key: string | undefined) => string;

/** What a capture gives back. */
export interface Captured {
  readonly ref: Ref;
  /** SHA-256 of the canonical value as hex; `formatDigest` names the algorithm too. */
  readonly digestHex: string;
  /** Bytes of its texts and buffers and some for each other part, shared parts counted where they stand. */
  readonly size: number;
  /** What was cut; empty when the whole value was kept. */
  readonly incomplete: readonly string[];
  /** What cannot be kept at all, such as functions and sockets; a marker stands in its place. */
  readonly opaque: readonly string[];
}

/** Texts longer than this are nodes of their own, so that one that comes back inside another value is stored once. */
const INLINE_TEXT_CHARS = 40;

/** Lists share a beginning with the list before only if that saves something. */
const MIN_SHARED_ITEMS = 4;

/** Texts that are looked up by content, in characters; above it the table starts anew and texts may be stored twice. */
const MAX_TABLE_CHARS = 32 << 20;

/** Containers of at most so many children are looked up by content, so that one that moved is stored once. */
const MAX_CONTENT_KIDS = 32;

/** Size of the table of containers by content, in characters of its keys; above it the table starts anew. */
const MAX_CONTENT_CHARS = 8 << 20;

/** Objects of more keys keep their shape to themselves: as a rule they are tables whose keys are data. */
const MAX_SHAPE_KEYS = 64;

/** Steps of the tree of shapes; above it the tree starts anew. */
const MAX_SHAPE_STEPS = 50_000;

/** Whole numbers of more bits are cut: to write them out would take longer than any call. */
const MAX_BIGINT = 2n ** 65_536n;

/** Parts after which a capture looks at the clock. */
const PARTS_PER_LOOK = 2_048;

/** An array with more places than this may be stored by its items' positions. */
const MIN_SPARSE_LENGTH = 4_096;

const NONE: readonly string[] = [];
const lookupGetter: (this: object, key: PropertyKey) => unknown = (Object.prototype as unknown as { __lookupGetter__: never }).__lookupGetter__;

interface ShapeStep {
  readonly next: Map<string, ShapeStep>;
  shape: Shape | undefined;
}

/** Captures the values of one trace into one sink, and remembers them until it is dropped. */
export class Capture {
  readonly #sink: NodeSink;
  readonly #protect: Protect | undefined;
  readonly #limits: CaptureLimits;
  readonly #slots = new Map<string, Ref>();
  #texts = new Map<string, Shadow>();
  #tableChars = 0;
  #contents = new Map<string, Shadow>();
  #contentChars = 0;
  #shapes: ShapeStep = { next: new Map(), shape: undefined };
  #shapeSteps = 0;
  /** The objects that the running capture has finished, with what stands for them. */
  readonly #seen = new Map<object, Shadow>();
  /** The containers that are being captured, outermost first. */
  readonly #open: object[] = [];
  /** When each of them was entered, counted in containers of the running capture. */
  readonly #entered: number[] = [];
  #entries = 0;
  /** Containers that lead back to one that is still open. */
  #tied: Shadow[] = [];
  /** Whether the running capture met a cycle, so that containers must be asked for theirs. */
  #cyclic = false;
  #epoch = 0;
  #nodes = 0;
  #parts = 0;
  #bytes = 0;
  #unlooked = 0;
  #deadline = 0;
  #late = false;
  /** What protection threw. */
  #fault: { readonly error: unknown } | undefined;

  constructor(sink: NodeSink, options: { readonly protect?: Protect | undefined; readonly limits?: Partial<CaptureLimits> } = {}) {
    this.#sink = sink;
    this.#protect = options.protect;
    this.#limits = { ...DEFAULT_CAPTURE_LIMITS, ...options.limits };
  }

  /** Nodes handed to the sink so far. */
  get nodeCount(): number {
    return this.#nodes;
  }

  /**
   * Captures a value as it is now. `slot` names the place that it is compared with: the same boundary's last input,
   * say. Never throws on account of the value; what `protect` throws is thrown on, and nothing of the value is stored.
   */
  capture(value: unknown, slot: string): Captured {
    this.#epoch++;
    this.#parts = 0;
    this.#bytes = 0;
    this.#unlooked = 0;
    this.#deadline = 0;
    this.#late = false;
    this.#cyclic = false;
    this.#entries = 0;
    const position = this.#sink.position();
    const nodes = this.#nodes;
    let ref: Ref;
    let failure: string | undefined;
    try {
      ref = this.#ref(value, this.#slots.get(slot), undefined);
    } catch (error) {
      // The walk itself throws nothing; what can end it is the stack, where the caller was deep in it already, or
      // memory. A half-written node must not stay, or every number after it would be wrong.
      this.#forget(nodes, position);
      const fault = this.#fault;
      this.#fault = undefined;
      if (fault !== undefined) throw fault.error;
      failure = `the value could not be captured (${error instanceof Error ? error.message : 'unknown'})`;
      ref = undefined;
    }
    this.#seen.clear();
    this.#slots.set(slot, ref);
    if (failure !== undefined) return { ref, digestHex: digestRef(ref), size: 0, incomplete: [failure], opaque: NONE };
    const shadow = ref instanceof Shadow ? ref : undefined;
    return { ref, digestHex: digestRef(ref), size: sizeOfRef(ref), incomplete: shadow?.cut ?? NONE, opaque: shadow?.opaque ?? NONE };
  }

  /** Starts anew as if the capture that failed had not been, at the price of storing again what was known. */
  #forget(nodes: number, position: number): void {
    this.#sink.rewind(position);
    this.#nodes = nodes;
    this.#open.length = 0;
    this.#tied.length = 0;
    this.#seen.clear();
    this.#slots.clear();
    this.#texts = new Map();
    this.#tableChars = 0;
    this.#contents = new Map();
    this.#contentChars = 0;
    this.#shapes = { next: new Map(), shape: undefined };
    this.#shapeSteps = 0;
  }

  #ref(value: unknown, prev: Ref, key: string | undefined): Ref {
    switch (typeof value) {
      case 'string':
        // An inline text is one that protection left as it was, under the key that this place still has.
        if (prev === value) {
          this.#bytes += value.length;
          return value;
        }
        return this.#text(value, prev instanceof Shadow ? prev : undefined, key);
      case 'number':
        if (value === 0) return Object.is(value, -0) ? NEGATIVE_ZERO : 0;
        return value === value ? value : NAN;
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, prev, key);
      case 'bigint':
        return this.#bigint(value);
      case 'function':
        return this.#opaque('function', functionName(value));
      case 'symbol':
        return this.#opaque('symbol', value.description ?? '');
    }
  }

  #text(raw: string, prev: Shadow | undefined, key: string | undefined): Ref {
    if (prev !== undefined && prev.raw === raw && (this.#protect === undefined || prev.key === key)) {
      if (prev.kind === NodeKind.text) {
        if (this.#bytes + prev.text.length <= this.#limits.maxBytes) {
          this.#bytes += prev.size;
          return prev;
        }
      } else if (prev.kind === NodeKind.truncated && raw.length > this.#limits.maxTextBytes) return prev;
    }
    const text = this.#protected(raw, key);
    if (text.length <= INLINE_TEXT_CHARS && text === raw) {
      this.#bytes += text.length;
      return text;
    }
    if (text.length > this.#limits.maxTextBytes || this.#bytes + text.length > this.#limits.maxBytes) return this.#cutText(raw, text, key);
    const known = this.#texts.get(text);
    if (known !== undefined && (this.#protect === undefined || (known.raw === raw && known.key === key))) {
      this.#bytes += known.size;
      return known;
    }
    // With protection one stored text may come of several raw ones; each has a memory of its own, of one node.
    const shadow = new Shadow(NodeKind.text, known === undefined ? ++this.#nodes : known.node);
    shadow.raw = raw;
    shadow.key = key;
    shadow.text = text;
    if (known === undefined) {
      shadow.illFormed = !text.isWellFormed();
      shadow.size = this.#sink.text(text, shadow.illFormed);
      shadow.canonical = digestText(text);
      this.#tableChars += text.length;
      if (this.#tableChars > MAX_TABLE_CHARS) {
        this.#texts = new Map();
        this.#tableChars = text.length;
      }
      this.#texts.set(text, shadow);
    } else {
      shadow.illFormed = known.illFormed;
      shadow.size = known.size;
      shadow.canonical = known.canonical;
    }
    this.#bytes += shadow.size;
    return shadow;
  }

  #protected(raw: string, key: string | undefined): string {
    if (this.#protect === undefined) return raw;
    try {
      return this.#protect(raw, key);
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
  }

  #cutText(raw: string, text: string, key: string | undefined): Ref {
    const bytes = Buffer.from(text, text.isWellFormed() ? 'utf8' : 'utf16le');
    const shadow = this.#truncated(
      {
        kind: NodeKind.truncated,
        reason: 'bytes',
        type: 'string',
        size: bytes.length,
        digest: Buffer.from(sha256(bytes), 'latin1'),
        head: text.slice(0, 1024).toWellFormed(),
      },
      `a text of ${bytes.length} bytes was cut`,
    );
    shadow.raw = raw;
    shadow.key = key;
    return shadow;
  }

  #bigint(value: bigint): Ref {
    if (value < MAX_BIGINT && value > -MAX_BIGINT) {
      const text = String(value);
      return this.#leaf({ kind: NodeKind.bigint, text }, [text], text.length, undefined);
    }
    // Hexadecimal digits take linear time, decimal ones do not.
    const hex = BigInt.prototype.toString.call(value, 16);
    return this.#truncated(
      { kind: NodeKind.truncated, reason: 'bytes', type: 'bigint', size: hex.length, digest: Buffer.from(sha256(Buffer.from(hex)), 'latin1'), head: '' },
      `a bigint of ${hex.length} hexadecimal digits was cut`,
    );
  }

  #object(value: object, prev: Ref, key: string | undefined): Ref {
    if (types.isProxy(value)) return this.#opaque('Proxy', '');
    const seen = this.#seen.get(value);
    if (seen !== undefined) {
      // What stands inside a knot may be as it was while the knot is not: then its digest is another.
      const { tie } = seen;
      const settled = tie !== undefined && tie.epoch === this.#epoch && tie.low < 0 ? seen.canonical : undefined;
      if (typeof prev === 'object' && prev !== null && !(prev instanceof Shadow) && prev.mark === 'alias' && prev.of === seen && prev.settled === settled)
        return prev;
      return { mark: 'alias', of: seen, settled };
    }
    const open = this.#open;
    const level = open.lastIndexOf(value);
    if (level >= 0) {
      this.#cyclic = true;
      const up = open.length - level;
      if (typeof prev === 'object' && prev !== null && !(prev instanceof Shadow) && prev.mark === 'cycle' && prev.up === up) return prev;
      return { mark: 'cycle', up };
    }
    // A node that already stands for another object of this value cannot stand for this one as well.
    const candidate = prev instanceof Shadow && prev.epoch !== this.#epoch ? prev : undefined;
    const shadow = Array.isArray(value) ? this.#array(value, candidate, key) : this.#record(value, candidate, key);
    if (shadow.kind !== NodeKind.opaque && shadow.kind !== NodeKind.truncated) {
      shadow.epoch = this.#epoch;
      this.#seen.set(value, shadow);
    }
    return shadow;
  }

  /** Counts the parts of a container, and the units of its keys, against the limits; says which one they exceed. */
  #exceeded(parts: number, units: number): TruncationReason | undefined {
    if (this.#open.length >= this.#limits.maxDepth) return 'depth';
    if (this.#late) return 'time';
    if (this.#parts + parts > this.#limits.maxNodes) return 'nodes';
    if (this.#bytes + units > this.#limits.maxBytes) return 'bytes';
    this.#parts += parts;
    this.#bytes += units;
    this.#unlooked += parts;
    if (this.#unlooked >= PARTS_PER_LOOK) {
      this.#unlooked = 0;
      const now = performance.now();
      if (this.#deadline === 0) this.#deadline = now + this.#limits.maxMillis;
      else if (now > this.#deadline) {
        this.#late = true;
        return 'time';
      }
    }
    return undefined;
  }

  /** A plain object or a class instance; anything with hidden state goes to `#exotic`. */
  #record(value: object, prev: Shadow | undefined, key: string | undefined): Shadow {
    const prototype: object | null = Object.getPrototypeOf(value);
    const plain = isPlainPrototype(prototype);
    let className = '';
    if (!plain) {
      const exotic = describeExotic(value, prototype);
      if (exotic.kind !== 'instance') return this.#exotic(value, prototype, exotic, prev, key);
      className = exotic.className;
    }
    const kind = plain ? NodeKind.object : NodeKind.instance;
    const known = prev !== undefined && prev.kind === kind && prev.className === className && prev.nullPrototype === (prototype === null) ? prev : undefined;
    const knownKeys = known?.shape?.keys;
    const names = Object.keys(value);
    if (plain && names.length === 0 && hasHiddenState(value)) {
      const exotic = describeExotic(value, prototype);
      if (exotic.kind !== 'instance') return this.#exotic(value, prototype, exotic, prev, key);
    }
    const sameKeys = knownKeys !== undefined && equalTexts(names, knownKeys);
    const reason = this.#exceeded(1 + names.length, sameKeys ? ((known as Shadow).shape as Shape).units : unitsOf(names));
    if (reason !== undefined) return this.#cutContainer(reason, className === '' ? 'object' : className, names.length);
    const tied = this.#tied.length;
    this.#enter(value);
    const fields = value as Record<string, unknown>;
    let kids: Ref[] | undefined;
    if (sameKeys) {
      const before = (known as Shadow).kids;
      for (let at = 0; at < names.length; at++) {
        const ref = this.#field(fields, names[at] as string, before[at]);
        if (kids !== undefined) kids.push(ref);
        else if (ref !== before[at]) {
          kids = before.slice(0, at);
          kids.push(ref);
        }
      }
    } else {
      kids = [];
      for (const name of names) kids.push(this.#field(fields, name, placeOf(known, name, 0)));
    }
    this.#open.pop();
    const shape = sameKeys ? ((known as Shadow).shape as Shape) : this.#shape(names);
    if (kids === undefined) return this.#again(known as Shadow, tied);
    const content = this.#contentOf(kind, [shape.node, className, prototype === null ? 1 : 0], kids);
    const found = content === undefined ? undefined : this.#contents.get(content);
    if (found !== undefined && found.epoch !== this.#epoch) return this.#again(found, tied);
    const shadow = new Shadow(kind, ++this.#nodes);
    shadow.className = className;
    shadow.nullPrototype = prototype === null;
    shadow.shape = shape;
    shadow.kids = kids;
    shadow.count = kids.length;
    this.#sink.object(shape, kids, plain ? undefined : className, shadow.nullPrototype);
    return this.#finish(shadow, tied, content);
  }

  #field(fields: Record<string, unknown>, name: string, prev: Ref): Ref {
    // A getter is user code, so it is not called.
    if (lookupGetter.call(fields, name) !== undefined) return this.#opaque('getter', name);
    return this.#ref(fields[name], prev, name);
  }

  #array(value: readonly unknown[], prev: Shadow | undefined, key: string | undefined): Shadow {
    // The names of so many items would take more memory than the items.
    if (value.length > this.#limits.maxNodes && isMostlyThere(value)) return this.#cutContainer('nodes', 'Array', value.length);
    const names = Object.keys(value);
    const indexes = countIndexes(names, value.length);
    const dress = dressOfArray(value, names, indexes);
    if (dress === undefined) return this.#list(value, indexes, names, prev, key, false);
    return this.#extended(value, dress, prev, (inner) => this.#list(value, indexes, names, inner, key, true));
  }

  #list(value: readonly unknown[], indexes: number, names: readonly string[], prev: Shadow | undefined, key: string | undefined, inside: boolean): Shadow {
    const { length } = value;
    const sparse = length > MIN_SPARSE_LENGTH && indexes < length / 2;
    const reason = this.#exceeded(1 + (sparse ? indexes : length), 0);
    if (reason !== undefined) return this.#cutContainer(reason, 'Array', length);
    if (sparse) return this.#sparse(value, names.slice(0, indexes), prev, key, inside);
    const tied = this.#tied.length;
    this.#enter(value);
    const known = prev !== undefined && prev.kind === NodeKind.list ? prev : undefined;
    const before = known === undefined ? NONE_KNOWN : known.kids;
    const knownCount = known === undefined ? 0 : known.count;
    const dense = indexes === length;
    let shared = 0;
    // What follows the shared items is gathered apart: `before` may be extended by a list inside of this one.
    const rest: Ref[] = [];
    for (; shared < length && shared < knownCount; shared++) {
      const ref = this.#item(value, shared, dense, before[shared], key);
      if (ref !== before[shared]) {
        rest.push(ref);
        break;
      }
    }
    for (let at = shared + rest.length; at < length; at++) rest.push(this.#item(value, at, dense, at < knownCount ? before[at] : undefined, key));
    this.#open.pop();
    if (known !== undefined && rest.length === 0 && length === knownCount) return this.#again(known, tied, inside);
    const base = known !== undefined && shared >= MIN_SHARED_ITEMS ? known : undefined;
    const content =
      base !== undefined || length > MAX_CONTENT_KIDS
        ? undefined
        : this.#contentOf(NodeKind.list, NO_FACTS, shared === 0 ? rest : [...before.slice(0, shared), ...rest]);
    const found = content === undefined ? undefined : this.#contents.get(content);
    if (found !== undefined && found.epoch !== this.#epoch) return this.#again(found, tied, inside);
    const shadow = new Shadow(NodeKind.list, ++this.#nodes);
    // A list that goes on where the last one ended continues its array: the shorter one looks no further than `count`.
    const kids = known !== undefined && shared === knownCount && before.length === knownCount ? before : before.slice(0, shared);
    for (const ref of rest) kids.push(ref);
    shadow.kids = kids;
    shadow.count = length;
    this.#sink.list(base === undefined ? 0 : base.node, base === undefined ? 0 : shared, kids, length);
    const blocks = Math.floor(shared / LIST_BLOCK);
    const folds = known?.folds;
    shadow.folds = folds === undefined ? [] : folds.length <= blocks ? folds : folds.slice(0, blocks);
    return this.#finish(shadow, tied, content, inside);
  }

  #item(list: readonly unknown[], index: number, dense: boolean, prev: Ref, key: string | undefined): Ref {
    // A hole reads through to the prototype, which may hold anything.
    if (!dense && !Object.hasOwn(list, index)) return HOLE;
    if (lookupGetter.call(list, index) !== undefined) return this.#opaque('getter', String(index));
    return this.#ref(list[index], prev, key);
  }

  #sparse(value: readonly unknown[], names: readonly string[], prev: Shadow | undefined, key: string | undefined, inside: boolean): Shadow {
    const tied = this.#tied.length;
    const before = prev?.kind === NodeKind.sparse ? prev.kids : NONE_KNOWN;
    this.#enter(value);
    const entries: Ref[] = [];
    for (const name of names) {
      const index = Number(name);
      const known = before[entries.length] === index ? before[entries.length + 1] : undefined;
      entries.push(index, this.#item(value, index, true, known, key));
    }
    this.#open.pop();
    return this.#composite({ kind: NodeKind.sparse, length: value.length, entries }, [value.length], entries, prev, tied, inside);
  }

  /** A built-in value of a class of its own or with fields of its own: the built-in, and what it has beyond that. */
  #extended(value: object, dress: Dress, prev: Shadow | undefined, capture: (inner: Shadow | undefined) => Shadow): Shadow {
    const known = prev !== undefined && prev.kind === NodeKind.extended ? prev : undefined;
    const before = known?.kids[0];
    const inner = before instanceof Shadow ? before : known === undefined ? prev : undefined;
    const reason = this.#exceeded(1 + dress.names.length, unitsOf(dress.names));
    if (reason !== undefined) return this.#cutContainer(reason, dress.className ?? 'object', dress.names.length);
    const tied = this.#tied.length;
    const entry = ++this.#entries;
    const base = capture(inner !== undefined && inner.epoch !== this.#epoch ? inner : undefined);
    if (base.kind === NodeKind.opaque || base.kind === NodeKind.truncated) return base;
    base.epoch = this.#epoch;
    const shape = shapeOf(dress.names, 0);
    this.#enter(value);
    // The inside is of one level with it, so whatever leads back to either was entered after this.
    this.#entered[this.#open.length - 1] = entry;
    const values: Ref[] = [];
    for (const name of dress.names) values.push(this.#field(value as Record<string, unknown>, name, placeOf(known, name, 1)));
    this.#open.pop();
    const node: OtherNode = { kind: NodeKind.extended, base: base.node, className: dress.className, names: dress.names, values };
    return this.#composite(node, dress.className === undefined ? [0] : [1, dress.className], [base, ...values], known, tied, false, shape);
  }

  #exotic(value: object, prototype: object | null, exotic: Exclude<Exotic, { kind: 'instance' }>, prev: Shadow | undefined, key: string | undefined): Shadow {
    switch (exotic.kind) {
      case 'error':
        return this.#error(value, exotic, prev);
      case 'opaque':
        return this.#opaque(exotic.type, exotic.detail);
      case 'truncated': {
        const { mark } = exotic;
        return this.#truncated(
          {
            kind: NodeKind.truncated,
            reason: mark.reason,
            type: mark.type,
            size: mark.size,
            digest: mark.digest === undefined ? undefined : Buffer.from(mark.digest, 'hex'),
            head: mark.head,
          },
          `${mark.type} was cut (${mark.reason})`,
        );
      }
      default: {
        const dress = dressOfBuiltIn(value, prototype, exotic);
        if (dress === undefined) return this.#builtIn(value, exotic, prev, key, false);
        return this.#extended(value, dress, prev, (inner) => this.#builtIn(value, exotic, inner, key, true));
      }
    }
  }

  #builtIn(value: object, exotic: BuiltIn, prev: Shadow | undefined, key: string | undefined, inside: boolean): Shadow {
    const tied = this.#tied.length;
    switch (exotic.kind) {
      case 'date':
        return this.#leaf({ kind: NodeKind.date, millis: exotic.millis }, [exotic.millis], 8, prev);
      case 'regexp':
        return this.#leaf(
          { kind: NodeKind.regexp, source: exotic.source, flags: exotic.flags, lastIndex: exotic.lastIndex },
          [exotic.source, exotic.flags, exotic.lastIndex],
          exotic.source.length,
          prev,
        );
      case 'bytes':
        return this.#buffer(exotic, prev);
      case 'boxed': {
        const ref = this.#ref(exotic.value, prev?.kind === NodeKind.boxed ? prev.kids[0] : undefined, key);
        return this.#composite({ kind: NodeKind.boxed, value: ref }, NO_FACTS, [ref], prev, tied, inside);
      }
      case 'coded': {
        const ref = this.#ref(exotic.value, prev?.kind === NodeKind.coded ? prev.kids[0] : undefined, key);
        // Protection may leave a text that is no URL any more, or one that is written in another way.
        const text = ref instanceof Shadow ? ref.text : ref;
        if (typeof text !== 'string' || !isUrl(text)) return this.#opaque(exotic.codec, typeof text === 'string' ? text : '');
        return this.#composite({ kind: NodeKind.coded, codec: exotic.codec, value: ref }, [exotic.codec], [ref], prev, tied, inside);
      }
      case 'map':
      case 'set': {
        const kind = exotic.kind === 'map' ? NodeKind.map : NodeKind.set;
        const reason = this.#exceeded(1 + exotic.items.length, 0);
        if (reason !== undefined) return this.#cutContainer(reason, exotic.kind, exotic.items.length);
        const before = prev?.kind === kind ? prev.kids : NONE_KNOWN;
        this.#enter(value);
        const items = exotic.items.map((item, index) => this.#ref(item, before[index], key));
        this.#open.pop();
        return this.#composite({ kind, items }, NO_FACTS, items, prev, tied, inside);
      }
    }
  }

  #buffer({ type, data }: Extract<BuiltIn, { kind: 'bytes' }>, prev: Shadow | undefined): Shadow {
    const { maxTextBytes, maxBytes } = this.#limits;
    if (data.length > maxTextBytes || this.#bytes + data.length > maxBytes)
      return this.#truncated(
        { kind: NodeKind.truncated, reason: 'bytes', type, size: data.length, digest: Buffer.from(sha256(data), 'latin1'), head: '' },
        `${type} of ${data.length} bytes was cut`,
      );
    this.#bytes += data.length;
    if (prev?.kind === NodeKind.bytes && prev.className === type && Buffer.compare(prev.raw as Uint8Array, data) === 0) return prev;
    // The copy is what is stored and hashed: memory that other threads write to may change in between.
    const copy = Uint8Array.prototype.slice.call(data);
    const content = `bytes ${type} ${sha256(copy)}`;
    const found = this.#contents.get(content);
    if (found !== undefined && found.epoch !== this.#epoch) return found;
    const shadow = this.#leaf({ kind: NodeKind.bytes, type, data: copy }, [type, copy], copy.length, undefined);
    shadow.className = type;
    shadow.raw = copy;
    this.#remember(content, shadow);
    return shadow;
  }

  #error(value: object, exotic: Extract<Exotic, { kind: 'error' }>, prev: Shadow | undefined): Shadow {
    const names = exotic.properties.map(([name]) => name);
    const reason = this.#exceeded(5 + names.length, unitsOf(names));
    if (reason !== undefined) return this.#cutContainer(reason, exotic.className, 4 + names.length);
    const known = prev?.kind === NodeKind.error && prev.className === exotic.className ? prev : undefined;
    const tied = this.#tied.length;
    this.#enter(value);
    const message = this.#ref(exotic.message, known?.kids[0], 'message');
    const stack = this.#ref(exotic.stack, known?.raw as Ref, 'stack');
    const cause = exotic.cause === undefined ? HOLE : this.#ref(exotic.cause.value, known?.kids[1], 'cause');
    const errors = exotic.errors === undefined ? HOLE : this.#ref(exotic.errors.value, known?.kids[2], 'errors');
    const values = exotic.properties.map(([name, field]) => this.#ref(field, placeOf(known, name, 3), name));
    this.#open.pop();
    // The stack is data about where it was thrown, not part of what was thrown: it is stored, and not in the digest.
    const node: OtherNode = { kind: NodeKind.error, className: exotic.className, message, stack, cause, errors, names, values };
    const shadow = this.#composite(node, [exotic.className], [message, cause, errors, ...values], known, tied, false, shapeOf(names, 0), stack);
    shadow.className = exotic.className;
    return shadow;
  }

  #opaque(type: string, detail: string): Shadow {
    const shadow = this.#leaf(
      { kind: NodeKind.opaque, type: type.toWellFormed(), detail: detail.toWellFormed() },
      [type.toWellFormed(), detail.toWellFormed()],
      type.length + detail.length,
      undefined,
    );
    shadow.opaque ??= [`a ${type}${detail === '' ? '' : ` (${detail})`} was not stored`];
    return shadow;
  }

  #cutContainer(reason: TruncationReason, type: string, size: number): Shadow {
    return this.#truncated({ kind: NodeKind.truncated, reason, type, size, digest: undefined, head: '' }, `${type} of ${size} entries was cut (${reason})`);
  }

  #truncated(node: Extract<OtherNode, { kind: typeof NodeKind.truncated }>, why: string): Shadow {
    const shadow = this.#leaf(node, [node.reason, node.type, node.size, node.digest ?? NO_BYTES], node.size, undefined, node.head);
    shadow.cut ??= [why];
    return shadow;
  }

  /**
   * A node without children. One that has an identity (a date, say) stands for one object of a value, any other for
   * as many as there are.
   */
  #leaf(node: OtherNode, facts: readonly DigestFact[], size: number, prev: Shadow | undefined, head = ''): Shadow {
    if (prev !== undefined && prev.kind === node.kind && equalFacts(prev.facts, facts)) return prev;
    const content = node.kind === NodeKind.bytes ? undefined : this.#contentOf(node.kind, [...facts, head], NONE_KNOWN);
    const found = content === undefined ? undefined : this.#contents.get(content);
    if (found !== undefined && found.epoch !== this.#epoch) return found;
    const shadow = new Shadow(node.kind, ++this.#nodes);
    shadow.facts = facts;
    shadow.size = size;
    this.#sink.other(node);
    settleNode(shadow);
    if (content !== undefined) this.#remember(content, shadow);
    return shadow;
  }

  /** A node with children that is neither object nor list. `beside` is stored and not part of the digest. */
  #composite(
    node: OtherNode,
    facts: readonly DigestFact[],
    kids: Ref[],
    prev: Shadow | undefined,
    tied: number,
    inside: boolean,
    shape?: Shape,
    beside?: Ref,
  ): Shadow {
    if (
      prev !== undefined &&
      prev.kind === node.kind &&
      prev.epoch !== this.#epoch &&
      prev.raw === beside &&
      equalFacts(prev.facts, facts) &&
      equalTexts(prev.shape?.keys ?? NONE, shape?.keys ?? NONE) &&
      equalRefs(prev.kids, kids)
    )
      return this.#again(prev, tied, inside);
    const content = this.#contentOf(node.kind, shape === undefined ? facts : [...facts, ...shape.keys], beside === undefined ? kids : [...kids, beside]);
    const found = content === undefined ? undefined : this.#contents.get(content);
    if (found !== undefined && found.epoch !== this.#epoch) return this.#again(found, tied, inside);
    const shadow = new Shadow(node.kind, ++this.#nodes);
    shadow.facts = facts;
    shadow.shape = shape;
    shadow.kids = kids;
    shadow.count = kids.length;
    shadow.raw = beside;
    this.#sink.other(node);
    return this.#finish(shadow, tied, content, inside);
  }

  #enter(value: object): void {
    this.#entered[this.#open.length] = ++this.#entries;
    this.#open.push(value);
  }

  /** Uses a node again for a container that is as it was. */
  #again(shadow: Shadow, tied: number, inside = false): Shadow {
    if (this.#cyclic) this.#tie(shadow, tied, inside);
    return shadow;
  }

  /** Completes a new node whose children are there. */
  #finish(shadow: Shadow, tied: number, content: string | undefined, inside = false): Shadow {
    this.#measure(shadow);
    if (!this.#cyclic || !this.#tie(shadow, tied, inside)) settleNode(shadow);
    if (content !== undefined) this.#remember(content, shadow);
    return shadow;
  }

  /**
   * Looks whether a container leads back to one that is still open; then it waits for that one. When nothing more is
   * waited for, those that waited are a knot and get their digests together. Says whether the digest is seen to.
   */
  #tie(shadow: Shadow, tied: number, inside: boolean): boolean {
    const entry = this.#entered[this.#open.length] ?? 0;
    let low = Number.POSITIVE_INFINITY;
    const { kids, count } = shadow;
    for (let index = 0; index < count; index++) {
      const kid = kids[index];
      if (typeof kid !== 'object' || kid === null) continue;
      if (kid instanceof Shadow) {
        if (!this.#waits(kid)) continue;
        kid.tie.parent = shadow;
        low = Math.min(low, kid.tie.low);
      } else if (kid.mark === 'cycle') low = Math.min(low, this.#entered[this.#open.length - kid.up + 1] ?? 0);
      else if (kid.mark === 'alias' && this.#waits(kid.of)) low = Math.min(low, kid.of.tie.low);
    }
    if (low === Number.POSITIVE_INFINITY) {
      shadow.tie = undefined;
      return false;
    }
    const root = shadow.tie?.root;
    shadow.tie = { epoch: this.#epoch, low, parent: undefined, inside, root };
    this.#tied.push(shadow);
    if (low < entry || inside) return true;
    const members = this.#tied.splice(tied);
    for (const member of members) if (member.tie !== undefined) member.tie.low = -1;
    // A knot that is as it was has its digests, unless one of its parts has since been part of another.
    if (members.every((member) => member.tie?.root === shadow)) return true;
    for (const member of members) if (member.tie !== undefined) member.tie.root = shadow;
    if (!settleKnot(members, containerAbove)) shadow.cut = merge(shadow.cut, [`a knot of ${members.length} containers was too intricate to compare`]);
    return true;
  }

  #waits(shadow: Shadow): shadow is Shadow & { tie: NonNullable<Shadow['tie']> } {
    return shadow.tie !== undefined && shadow.tie.epoch === this.#epoch && shadow.tie.low >= 0;
  }

  #measure(shadow: Shadow): void {
    const { kids, count } = shadow;
    let size = 1;
    for (let index = 0; index < count; index++) {
      const kid = kids[index] as Ref;
      size += sizeOfRef(kid);
      if (kid instanceof Shadow) {
        if (kid.cut !== undefined) shadow.cut = merge(shadow.cut, kid.cut);
        if (kid.opaque !== undefined) shadow.opaque = merge(shadow.opaque, kid.opaque);
      }
    }
    if (shadow.raw instanceof Shadow) {
      if (shadow.raw.cut !== undefined) shadow.cut = merge(shadow.cut, shadow.raw.cut);
      if (shadow.raw.opaque !== undefined) shadow.opaque = merge(shadow.opaque, shadow.raw.opaque);
    }
    // Shared parts are counted wherever they stand, so that a small value may have any size.
    shadow.size = Math.min(size, Number.MAX_SAFE_INTEGER);
  }

  /** A text that is equal for two containers exactly when they are stored alike; undefined for one of many children. */
  #contentOf(kind: NodeKind, facts: readonly DigestFact[], kids: readonly Ref[]): string | undefined {
    // What holds nothing but short values is stored anew sooner than it is found.
    if (kids.length > MAX_CONTENT_KIDS || (kids.length > 0 && !kids.some(isShadow))) return undefined;
    let content = `${kind}`;
    for (const fact of facts)
      content +=
        typeof fact === 'string' ? `s${fact.length}:${fact}` : typeof fact === 'number' ? `n${numberText(fact)},` : `b${Buffer.from(fact).toString('hex')},`;
    content += ';';
    for (let index = 0; index < kids.length; index++) {
      const kid = kids[index];
      switch (typeof kid) {
        case 'string':
          content += `s${kid.length}:${kid}`;
          break;
        case 'number':
          content += `n${kid},`;
          break;
        case 'object':
          if (kid === null) content += '0';
          else if (kid instanceof Shadow) content += `#${kid.node},`;
          else
            content +=
              kid.mark === 'cycle' ? `c${kid.up},` : kid.mark === 'alias' ? `a${kid.of.node}${kid.settled === undefined ? '' : `:${kid.settled}`},` : kid.mark;
          break;
        case 'boolean':
          content += kid ? 't' : 'f';
          break;
        case 'undefined':
          content += 'u';
      }
    }
    return content;
  }

  #remember(content: string, shadow: Shadow): void {
    this.#contentChars += content.length;
    if (this.#contentChars > MAX_CONTENT_CHARS) {
      this.#contents = new Map();
      this.#contentChars = content.length;
    }
    this.#contents.set(content, shadow);
  }

  #shape(keys: readonly string[]): Shape {
    if (keys.length > MAX_SHAPE_KEYS) {
      this.#sink.shape(keys);
      return shapeOf(keys, ++this.#nodes);
    }
    if (this.#shapeSteps > MAX_SHAPE_STEPS) {
      this.#shapes = { next: new Map(), shape: undefined };
      this.#shapeSteps = 0;
    }
    let step = this.#shapes;
    for (const key of keys) {
      let next = step.next.get(key);
      if (next === undefined) {
        next = { next: new Map(), shape: undefined };
        step.next.set(key, next);
        this.#shapeSteps++;
      }
      step = next;
    }
    if (step.shape === undefined) {
      this.#sink.shape(keys);
      step.shape = shapeOf(keys, ++this.#nodes);
    }
    return step.shape;
  }
}

const NONE_KNOWN: Ref[] = [];
const NO_FACTS: readonly DigestFact[] = [];
const NO_BYTES = new Uint8Array(0);

/** Whether a text is a URL in the form in which a URL gives itself. */
function isUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).href === text;
}

/** The container that is so many levels above the inside of another. */
function containerAbove(holder: Shadow, levels: number): Shadow {
  let at = holder;
  for (let left = levels; ; left--) {
    // The inside of an extended value is of one level with it.
    while (at.tie?.inside === true && at.tie.parent !== undefined) at = at.tie.parent;
    if (left === 1 || at.tie?.parent === undefined) return at;
    at = at.tie.parent;
  }
}

function equalTexts(one: readonly string[], two: readonly string[]): boolean {
  if (one.length !== two.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== two[index]) return false;
  return true;
}

function equalFacts(one: readonly DigestFact[], two: readonly DigestFact[]): boolean {
  if (one.length !== two.length) return false;
  for (let index = 0; index < one.length; index++) {
    const a = one[index];
    const b = two[index];
    if (!Object.is(a, b) && !(a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0)) return false;
  }
  return true;
}

function equalRefs(one: readonly Ref[], two: readonly Ref[]): boolean {
  if (one.length !== two.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== two[index]) return false;
  return true;
}

function unitsOf(names: readonly string[]): number {
  let units = 0;
  for (const name of names) units += name.length;
  return units;
}

/** What a property was when it was seen last, where that is quick to find. */
function placeOf(known: Shadow | undefined, name: string, from: number): Ref {
  const keys = known?.shape?.keys;
  if (known === undefined || keys === undefined || keys.length > MAX_SHAPE_KEYS) return undefined;
  const place = keys.indexOf(name);
  return place < 0 ? undefined : known.kids[from + place];
}

/** Whether an array of great length has most of its items, told by a sample. */
function isMostlyThere(list: readonly unknown[]): boolean {
  const step = Math.floor(list.length / 256);
  let there = 0;
  for (let index = 0; index < 256; index++) if (Object.hasOwn(list, index * step)) there++;
  return there > 128;
}

/** A number so that -0 and 0 are two. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Reasons that are listed of one value; more of them say nothing more. */
const MAX_REASONS = 16;

function merge(reasons: readonly string[] | undefined, more: readonly string[]): readonly string[] {
  if (reasons === undefined) return more;
  if (reasons === more || reasons.length >= MAX_REASONS) return reasons;
  const added = more.filter((reason) => !reasons.includes(reason));
  return added.length === 0 ? reasons : [...reasons, ...added].slice(0, MAX_REASONS);
}

function functionName(value: unknown): string {
  // To ask a proxied function for its name would call its trap.
  if (types.isProxy(value)) return '';
  const name: unknown = Object.getOwnPropertyDescriptor(value as object, 'name')?.value;
  return typeof name === 'string' ? name : '';
}
