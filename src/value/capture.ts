// Capture: a JavaScript value becomes nodes, and only what is new costs anything.
//
// A value is compared place by place with the value that was seen last at the same slot: equal strings are equal
// pointers, and a container in which nothing changed is the node that it was. What moved is found by content. What is
// stored is what was passed at the time of the call; nothing here calls user code but a registered codec. Which objects
// are one and the same is asked of the value alone, once more at each capture, so that no earlier capture can answer for
// this one.

import { types } from 'node:util';
import { codecOf, encodeByCodec, type RegisteredCodec, reportCodecFault } from './codecs.js';
import { ContentTable, describeLeaf } from './content-table.js';
import { digestRef, formatDigest, LIST_BLOCK, sha256, sizeOfRef } from './digest.js';
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
import { isGetter } from './getter.js';
import { joinKnot, type Knot, settleKnot, type Tie } from './knot.js';
import { type DigestFact, HOLE, type Mark, NAN, NEGATIVE_ZERO, NodeKind, type Ref, Shadow, type Shape, shapeOf } from './shadow.js';
import type { NodeSink, OtherNode, TruncationReason } from './sink.js';
import { TextTable } from './text-table.js';

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
export class Captured {
  readonly ref: Ref;
  /** Bytes of its texts and buffers and some for each other part, shared parts counted where they stand. */
  readonly size: number;
  /** What was cut; empty when the whole value was kept. */
  readonly incomplete: readonly string[];
  /** What cannot be kept at all, such as functions and sockets; a marker stands in its place. */
  readonly opaque: readonly string[];
  /** Bytes that it brought along, about: what it costs to take its digest. */
  readonly newBytes: number;
  /** The value itself, where this is the mark that is stored in its place. */
  readonly #original: Captured | undefined;
  #digestHex: string | undefined = undefined;

  constructor(ref: Ref, newBytes: number, more: { readonly failure?: string | undefined; readonly original?: Captured } = {}) {
    const { failure, original } = more;
    const shadow = ref instanceof Shadow ? ref : undefined;
    this.ref = ref;
    this.#original = original;
    this.size = original?.size ?? (failure === undefined ? sizeOfRef(ref) : 0);
    this.incomplete = failure === undefined ? (shadow?.cut ?? NONE) : [failure];
    this.opaque = (original ?? shadow)?.opaque ?? NONE;
    this.newBytes = newBytes;
  }

  /**
   * SHA-256 of the canonical value as hex; `formatDigest` names the algorithm too. It is taken when it is asked for the
   * first time, of the value as it was captured.
   */
  get digestHex(): string {
    return (this.#digestHex ??= digestRef(this.ref));
  }

  /** This mark in the place of a value of which only the digest is kept. */
  inPlaceOf(original: Captured): Captured {
    return new Captured(this.ref, this.newBytes, { original });
  }

  /** The digest of the value for a span: undefined where it was not taken yet and would keep the caller waiting. */
  get digest(): string | undefined {
    if (this.#original !== undefined) return formatDigest(this.#original.digestHex);
    return this.#digestHex !== undefined || this.newBytes <= MAX_PROMPT_BYTES ? formatDigest(this.digestHex) : undefined;
  }
}

/** New bytes of which a digest is taken at once. */
const MAX_PROMPT_BYTES = 512;

/** Texts longer than this are nodes of their own, so that one that comes back inside another value is stored once. */
const INLINE_TEXT_CHARS = 40;

/** Lists share a beginning with the list before only if that saves something. */
const MIN_SHARED_ITEMS = 2;

/** Objects of more keys keep their shape to themselves: as a rule they are tables whose keys are data. */
const MAX_SHAPE_KEYS = 64;

/** Steps of the tree of shapes; above it the tree starts anew. */
const MAX_SHAPE_STEPS = 50_000;

/** Whole numbers of more bits are cut: to write them out would take longer than any call. */
const MAX_BIGINT = 2n ** 65_536n;

/** Instances of users' classes that may stand inside each other's encodings. */
const MAX_CODED_LEVELS = 100;

/** The digest of a text or buffer that is cut takes a second for each gigabyte; beyond this the call waits no longer for it. */
const MAX_DIGESTED_CUT_BYTES = 128 << 20;

/** Instances of one value whose encoding leads back to them; with more, no codec is asked for that value. */
const MAX_TANGLES = 8;

/** Parts after which a capture looks at the clock. */
const PARTS_PER_LOOK = 2_048;

/** Objects of one capture for which room is kept. */
const MAX_KEPT_STANDS = 10_000;

/** What a container adds to the cost of a digest, about. */
const NODE_BYTES = 64;

/** Stands for the count of items where nobody counted them. */
const UNCOUNTED = -1;

/** An array with more places than this may be stored by its items' positions. */
const MIN_SPARSE_LENGTH = 4_096;

const NONE: readonly string[] = [];
const NO_OBJECTS: Set<object> = new Set();

/** Ends a capture that has to be done again without the codec of an instance: its encoding leads back to it, or never ends. */
class Tangle {
  readonly instance: object | undefined;
  readonly codec: RegisteredCodec;
  constructor(instance: object | undefined, codec: RegisteredCodec) {
    this.instance = instance;
    this.codec = codec;
  }
}

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
  readonly #texts = new TextTable();
  readonly #contents = new ContentTable();
  #shapes: ShapeStep = { next: new Map(), shape: undefined };
  #shapeSteps = 0;
  /** The objects that the running capture has met. */
  readonly #met = new Set<object>();
  /** What stands for each of them, in the same order; undefined as long as it is open, or where it is only marked. */
  readonly #stands: (Shadow | undefined)[] = [];
  /** Places of objects in that order, and how far they are noted; only when one is met again. */
  readonly #places = new Map<object, number>();
  #noting: IterableIterator<object> | undefined;
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
  /** The last node of earlier captures. */
  #newest = 0;
  #parts = 0;
  #bytes = 0;
  /** Bytes of what the running capture stored anew, about. */
  #newBytes = 0;
  #unlooked = 0;
  #deadline = 0;
  #late = false;
  /** Whether Object.prototype or Array.prototype has enumerable properties, which every object and array inherits. */
  #polluted = false;
  /** Where the running capture began in the sink, and whether it came to its end. */
  #position = 0;
  #running = false;
  /** Instances whose encodings are being captured, outermost first. */
  readonly #coding: object[] = [];
  /** Instances that are captured without their codec; undefined for all. */
  #uncoded: Set<object> | undefined = NO_OBJECTS;
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
    // The last one may have ended without the stack to put things right; what it left would be taken for this one's.
    if (this.#running) this.#forget();
    let captured = this.#attempt(value, slot);
    if (captured instanceof Tangle) {
      const uncoded = new Set<object>();
      while (captured instanceof Tangle) {
        const { instance, codec }: Tangle = captured;
        reportCodecFault(
          codec,
          new TypeError(instance === undefined ? 'encode() gives instances without end' : 'encode() gave what leads back to the instance'),
        );
        if (instance === undefined || uncoded.size === MAX_TANGLES) this.#uncoded = undefined;
        else this.#uncoded = uncoded.add(instance);
        captured = this.#attempt(value, slot);
      }
      this.#uncoded = NO_OBJECTS;
    }
    return captured;
  }

  #attempt(value: unknown, slot: string): Captured | Tangle {
    this.#epoch++;
    this.#parts = 0;
    this.#bytes = 0;
    this.#newBytes = 0;
    this.#unlooked = 0;
    this.#deadline = 0;
    this.#late = false;
    this.#cyclic = false;
    this.#entries = 0;
    this.#polluted = isPolluted();
    this.#position = this.#sink.position();
    this.#newest = this.#nodes;
    this.#running = true;
    let ref: Ref;
    let failure: string | undefined;
    try {
      ref = this.#ref(value, this.#slots.get(slot), undefined);
      this.#leave();
    } catch (error) {
      // The walk itself throws nothing; what can end it is the stack, where the caller was deep in it already, or
      // memory. A half-written node must not stay, or every number after it would be wrong.
      this.#forget();
      const fault = this.#fault;
      this.#fault = undefined;
      if (fault !== undefined) {
        this.#uncoded = NO_OBJECTS;
        throw fault.error;
      }
      if (error instanceof Tangle) return error;
      failure = `the value could not be captured (${error instanceof Error ? error.message : 'unknown'})`;
      ref = undefined;
    }
    this.#slots.set(slot, ref);
    this.#running = false;
    const captured = new Captured(ref, this.#newBytes, { failure });
    // What stands in a cycle may be part of another one in the next capture: its digest must be taken now.
    if (this.#cyclic && failure === undefined) void captured.digestHex;
    return captured;
  }

  /** Lets go of the objects of the host. */
  #leave(): void {
    const { size } = this.#met;
    this.#met.clear();
    // The array keeps its room for the next capture, unless that is much.
    if (size > MAX_KEPT_STANDS) this.#stands.length = 0;
    else this.#stands.fill(undefined, 0, size);
    if (this.#places.size > 0) this.#places.clear();
    this.#noting = undefined;
  }

  /** Starts anew as if the capture that failed had not been, at the price of storing again what was known. */
  #forget(): void {
    this.#sink.rewind(this.#position);
    this.#nodes = this.#newest;
    this.#open.length = 0;
    this.#tied.length = 0;
    this.#coding.length = 0;
    this.#leave();
    this.#stands.length = 0;
    this.#slots.clear();
    this.#texts.clear();
    this.#contents.clear();
    this.#shapes = { next: new Map(), shape: undefined };
    this.#shapeSteps = 0;
    this.#running = false;
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
        if (this.#bytes + prev.size <= this.#limits.maxBytes) {
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
    if (text.length > this.#limits.maxTextBytes || !this.#hasRoom(text)) return this.#cutText(raw, text, key);
    const known = this.#texts.find(text);
    if (known !== undefined && (this.#protect === undefined || (known.raw === raw && known.key === key))) {
      this.#bytes += known.size;
      return known;
    }
    // With protection one stored text may come of several raw ones; each has a memory of its own, of one node.
    const shadow = new Shadow(NodeKind.text);
    shadow.node = known === undefined ? ++this.#nodes : known.node;
    shadow.raw = raw;
    shadow.key = key;
    shadow.text = text;
    if (known === undefined) {
      shadow.illFormed = !text.isWellFormed();
      shadow.size = this.#sink.text(text, shadow.illFormed);
      this.#newBytes += shadow.size;
      this.#texts.add(shadow);
    } else {
      shadow.illFormed = known.illFormed;
      shadow.size = known.size;
    }
    this.#bytes += shadow.size;
    return shadow;
  }

  /** Whether a text of so many bytes may still be kept. They are counted only where it is not clear without. */
  #hasRoom(text: string): boolean {
    const room = this.#limits.maxBytes - this.#bytes;
    return text.length * 3 <= room || (text.isWellFormed() ? Buffer.byteLength(text) : text.length * 2) <= room;
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
    const encoding = text.isWellFormed() ? 'utf8' : 'utf16le';
    const size = Buffer.byteLength(text, encoding);
    const digest = size <= MAX_DIGESTED_CUT_BYTES ? Buffer.from(sha256(Buffer.from(text, encoding)), 'latin1') : undefined;
    const shadow = this.#truncated(
      { kind: NodeKind.truncated, reason: 'bytes', type: 'string', size, digest, head: text.slice(0, 1024).toWellFormed() },
      `a text of ${size} bytes was cut`,
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
    let place = this.#met.size;
    this.#met.add(value);
    // One look into a set is all that most objects cost: those that are met for the first time.
    if (this.#met.size === place) {
      const again = this.#metAgain(value, prev);
      if (typeof again === 'object') return again;
      place = again;
    }
    // A node that already stands for another object of this value cannot stand for this one as well.
    const candidate = prev instanceof Shadow && prev.epoch !== this.#epoch ? prev : undefined;
    const shadow = Array.isArray(value) ? this.#array(value, candidate, key) : this.#record(value, candidate, key);
    if (shadow.kind !== NodeKind.opaque && shadow.kind !== NodeKind.truncated) {
      shadow.epoch = this.#epoch;
      this.#stands[place] = shadow;
    }
    return shadow;
  }

  /** A reference to an object that is open or done; the place of one that was only marked so far. */
  #metAgain(value: object, prev: Ref): Mark | number {
    const known = typeof prev === 'object' && prev !== null && !(prev instanceof Shadow) ? prev : undefined;
    const open = this.#open;
    const level = open.lastIndexOf(value);
    if (level >= 0) {
      this.#cyclic = true;
      const up = open.length - level;
      return known?.mark === 'cycle' && known.up === up ? known : { mark: 'cycle', up };
    }
    this.#noting ??= this.#met.values();
    while (this.#places.size < this.#met.size) this.#places.set(this.#noting.next().value as object, this.#places.size);
    const place = this.#places.get(value) as number;
    const of = this.#stands[place];
    if (of === undefined) {
      if (this.#coding.length > 0) this.#refuseTangle(value);
      return place;
    }
    // What stands inside a knot may be as it was while the knot is not: then its digest is another.
    const settled = of.tie !== undefined && of.tie.epoch === this.#epoch && of.tie.low < 0 ? of.canonical : undefined;
    return known?.mark === 'alias' && known.of === of && known.settled === settled ? known : { mark: 'alias', of, settled };
  }

  #refuseTangle(value: object): void {
    if (!this.#coding.includes(value)) return;
    const codec = codecOf(Object.getPrototypeOf(value) as object);
    if (codec !== undefined) throw new Tangle(value, codec);
  }

  /** An instance of a class that has a codec, by what the codec makes of it; undefined for any other. */
  #coded(value: object, prototype: object | null, prev: Shadow | undefined, key: string | undefined): Shadow | undefined {
    if (this.#uncoded === undefined || this.#uncoded.has(value)) return undefined;
    const encoded = encodeByCodec(value, prototype);
    if (encoded === undefined) return undefined;
    const { codec } = encoded;
    if (this.#coding.length >= MAX_CODED_LEVELS) throw new Tangle(undefined, codec);
    const reason = this.#exceeded(2, 0);
    if (reason !== undefined) return this.#cutContainer(reason, codec.name, 1);
    const tied = this.#tied.length;
    const known = prev?.kind === NodeKind.coded && prev.facts[0] === codec.name ? prev : undefined;
    this.#coding.push(value);
    const ref = this.#ref(encoded.value, known?.kids[0], key);
    this.#coding.pop();
    return this.#composite({ kind: NodeKind.coded, codec: codec.name, value: ref }, [codec.name], [ref], known, tied, false);
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
      const coded = this.#coded(value, prototype, prev, key);
      if (coded !== undefined) return coded;
      const exotic = describeExotic(value, prototype);
      if (exotic.kind !== 'instance') return this.#exotic(value, prototype, exotic, prev, key);
      className = exotic.className;
    }
    const kind = plain ? NodeKind.object : NodeKind.instance;
    const known = prev !== undefined && prev.kind === kind && prev.className === className && prev.nullPrototype === (prototype === null) ? prev : undefined;
    const knownKeys = known?.shape?.keys;
    // `for in` names the known keys without making a list of them, where nothing is inherited that it would name too.
    const quick = knownKeys !== undefined && !this.#polluted && (prototype === Object.prototype || prototype === null) && hasKeys(value, knownKeys);
    const names = quick ? knownKeys : Object.keys(value);
    if (plain && names.length === 0 && hasHiddenState(value)) {
      const exotic = describeExotic(value, prototype);
      if (exotic.kind !== 'instance') return this.#exotic(value, prototype, exotic, prev, key);
    }
    const sameKeys = quick || (knownKeys !== undefined && equalTexts(names, knownKeys));
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
    const shadow = new Shadow(kind);
    shadow.className = className;
    shadow.nullPrototype = prototype === null;
    shadow.shape = shape;
    shadow.kids = kids;
    shadow.count = kids.length;
    const found = this.#contents.find(shadow, this.#newest, this.#epoch);
    if (found !== undefined) return this.#again(found, tied);
    shadow.node = ++this.#nodes;
    this.#sink.object(shape, kids, plain ? undefined : className, shadow.nullPrototype);
    return this.#finish(shadow, tied);
  }

  #field(fields: Record<string, unknown>, name: string, prev: Ref): Ref {
    // A getter is user code, so it is not called.
    if (isGetter(fields, name)) return this.#opaque('getter', name);
    return this.#ref(fields[name], prev, name);
  }

  #array(value: readonly unknown[], prev: Shadow | undefined, key: string | undefined): Shadow {
    // The names of so many items would take more memory than the items.
    if (value.length > this.#limits.maxNodes && isMostlyThere(value)) return this.#cutContainer('nodes', 'Array', value.length);
    // Nearly every array is this short and of no class: it is its items, and a hole is what reads as undefined.
    if (value.length <= MIN_SPARSE_LENGTH && !this.#polluted && Object.getPrototypeOf(value) === Array.prototype && !('index' in value))
      return this.#list(value, UNCOUNTED, NONE, prev, key, false);
    const coded = this.#coded(value, Object.getPrototypeOf(value) as object | null, prev, key);
    if (coded !== undefined) return coded;
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
    const quick = indexes === UNCOUNTED;
    let shared = 0;
    // What follows the shared items is gathered apart: `before` may be extended by a list inside of this one.
    let rest: Ref[] = NONE_KNOWN;
    for (; shared < length && shared < knownCount; shared++) {
      const ref = this.#item(value, shared, quick, before[shared], key);
      if (ref !== before[shared]) {
        rest = [ref];
        break;
      }
    }
    if (rest === NONE_KNOWN && shared < length) rest = [];
    for (let at = shared + rest.length; at < length; at++) rest.push(this.#item(value, at, quick, at < knownCount ? before[at] : undefined, key));
    this.#open.pop();
    if (known !== undefined && rest.length === 0 && length === knownCount) return this.#again(known, tied, inside);
    const base = known !== undefined && shared >= MIN_SHARED_ITEMS ? known : undefined;
    const shadow = new Shadow(NodeKind.list);
    // A list that goes on where the last one ended continues its array: the shorter one looks no further than `count`.
    const kids = known !== undefined && shared === knownCount && before.length === knownCount ? before : before.slice(0, shared);
    for (const ref of rest) kids.push(ref);
    shadow.kids = kids;
    shadow.count = length;
    const found = base === undefined ? this.#contents.find(shadow, this.#newest, this.#epoch) : undefined;
    if (found !== undefined) return this.#again(found, tied, inside);
    shadow.node = ++this.#nodes;
    this.#sink.list(base === undefined ? 0 : base.node, base === undefined ? 0 : shared, kids, length);
    // Who shares the items to their end shares their chain, however far it is known; a branch continues from a copy.
    shadow.folds = kids === before && known?.folds !== undefined ? known.folds : (known?.folds?.slice(0, Math.floor(shared / LIST_BLOCK)) ?? []);
    return this.#finish(shadow, tied, inside);
  }

  #item(list: readonly unknown[], index: number, quick: boolean, prev: Ref, key: string | undefined): Ref {
    // A hole reads through to the prototype; where that is not known to hold nothing, it is told before.
    if (!quick && !Object.hasOwn(list, index)) return HOLE;
    if (isGetter(list, index)) return this.#opaque('getter', String(index));
    const value = list[index];
    if (value === undefined && !Object.hasOwn(list, index)) return HOLE;
    return this.#ref(value, prev, key);
  }

  #sparse(value: readonly unknown[], names: readonly string[], prev: Shadow | undefined, key: string | undefined, inside: boolean): Shadow {
    const tied = this.#tied.length;
    const before = prev?.kind === NodeKind.sparse ? prev.kids : NONE_KNOWN;
    this.#enter(value);
    const entries: Ref[] = [];
    for (const name of names) {
      const index = Number(name);
      const known = before[entries.length] === index ? before[entries.length + 1] : undefined;
      entries.push(index, this.#item(value, index, false, known, key));
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
        if (exotic.codec === 'URL') {
          const text = ref instanceof Shadow ? ref.text : ref;
          if (typeof text !== 'string' || !isUrl(text)) return this.#opaque(exotic.codec, typeof text === 'string' ? text : '');
        }
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
        if (this.#protect !== undefined) this.#keepApart(items, exotic.kind === 'map' ? 2 : 1);
        return this.#composite({ kind, items }, NO_FACTS, items, prev, tied, inside);
      }
    }
  }

  /** Protection may make two keys of a map, or two items of a set, one text: then all but the first are marked. */
  #keepApart(items: Ref[], step: number): void {
    const texts = new Set<string>();
    for (let index = 0; index < items.length; index += step) {
      const ref = items[index];
      const text = ref instanceof Shadow && ref.kind === NodeKind.text ? ref.text : ref;
      if (typeof text !== 'string') continue;
      if (texts.has(text)) items[index] = this.#opaque('text', 'another that protection made equal to one before');
      else texts.add(text);
    }
  }

  #buffer({ type, data }: Extract<BuiltIn, { kind: 'bytes' }>, prev: Shadow | undefined): Shadow {
    const { maxTextBytes, maxBytes } = this.#limits;
    if (data.length > maxTextBytes || this.#bytes + data.length > maxBytes)
      return this.#truncated(
        {
          kind: NodeKind.truncated,
          reason: 'bytes',
          type,
          size: data.length,
          digest: data.length <= MAX_DIGESTED_CUT_BYTES ? Buffer.from(sha256(data), 'latin1') : undefined,
          head: '',
        },
        `${type} of ${data.length} bytes was cut`,
      );
    this.#bytes += data.length;
    if (prev?.kind === NodeKind.bytes && prev.className === type && Buffer.compare(prev.raw as Uint8Array, data) === 0) return prev;
    // The copy is what is stored and hashed: memory that other threads write to may change in between.
    const copy = Uint8Array.prototype.slice.call(data);
    const content = `bytes ${type} ${sha256(copy)}`;
    const found = this.#contents.findLeaf(content, this.#epoch);
    if (found !== undefined) return found;
    const shadow = this.#leaf({ kind: NodeKind.bytes, type, data: copy }, [type, copy], copy.length, undefined);
    shadow.className = type;
    shadow.raw = copy;
    this.#contents.addLeaf(content, shadow);
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
    const content = node.kind === NodeKind.bytes ? undefined : describeLeaf(node.kind, facts, head);
    const found = content === undefined ? undefined : this.#contents.findLeaf(content, this.#epoch);
    if (found !== undefined) return found;
    const shadow = new Shadow(node.kind);
    shadow.node = ++this.#nodes;
    shadow.facts = facts;
    shadow.size = size;
    this.#sink.other(node);
    this.#newBytes += NODE_BYTES + size;
    if (content !== undefined) this.#contents.addLeaf(content, shadow);
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
    const shadow = new Shadow(node.kind);
    shadow.facts = facts;
    shadow.shape = shape;
    shadow.kids = kids;
    shadow.count = kids.length;
    shadow.raw = beside;
    const found = this.#contents.find(shadow, this.#newest, this.#epoch);
    if (found !== undefined) return this.#again(found, tied, inside);
    shadow.node = ++this.#nodes;
    this.#sink.other(node);
    return this.#finish(shadow, tied, inside);
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
  #finish(shadow: Shadow, tied: number, inside = false): Shadow {
    this.#measure(shadow);
    this.#newBytes += NODE_BYTES;
    if (this.#cyclic) this.#tie(shadow, tied, inside);
    this.#contents.add(shadow);
    return shadow;
  }

  /**
   * Looks whether a container leads back to one that is still open; then it waits for that one. When nothing more is
   * waited for, those that waited are settled together. Says whether the container is settled, or will be.
   */
  #tie(shadow: Shadow, tied: number, inside: boolean): boolean {
    let low = Number.POSITIVE_INFINITY;
    let near: Knot[] = NO_KNOTS;
    const { kids, count } = shadow;
    for (let index = 0; index < count; index++) {
      const kid = kids[index];
      if (typeof kid !== 'object' || kid === null) continue;
      const target = kid instanceof Shadow ? kid : kid.mark === 'alias' ? kid.of : undefined;
      if (target === undefined) {
        if ('up' in (kid as Mark)) low = Math.min(low, this.#entered[this.#open.length - (kid as { up: number }).up + 1] ?? 0);
        continue;
      }
      const { tie } = target;
      if (tie === undefined || tie.epoch !== this.#epoch) continue;
      if (tie.low >= 0) {
        low = Math.min(low, tie.low);
        if (kid === target) tie.parent = shadow;
      } else if (tie.knot !== undefined && !near.includes(tie.knot)) near = [...near, tie.knot];
    }
    if (low === Number.POSITIVE_INFINITY) {
      if (near.length > 0) {
        shadow.tie = { epoch: this.#epoch, low: -1, parent: undefined, inside, root: undefined, knot: undefined, like: undefined, near };
        if (joinKnot([shadow], near)) return true;
      }
      shadow.tie = undefined;
      return false;
    }
    const before = shadow.tie;
    shadow.tie = { epoch: this.#epoch, low, parent: undefined, inside, root: before?.root, knot: before?.knot, like: before?.like, near };
    this.#tied.push(shadow);
    if (low < (this.#entered[this.#open.length] ?? 0) || inside) return true;
    const members = this.#tied.splice(tied);
    const ties = members.map((member) => member.tie as Tie);
    const around = [...new Set(ties.flatMap((tie) => tie.near))];
    // A knot that is as it was is settled, unless one of its parts has since been part of another.
    const settled = around.length === 0 && ties.every((tie) => tie.root === shadow);
    for (const tie of ties) {
      tie.low = -1;
      tie.root = shadow;
    }
    if (settled || joinKnot(members, around)) return true;
    if (!settleKnot(members)) shadow.cut = merge(shadow.cut, [`a knot of ${members.length} containers was too intricate to compare`]);
    return true;
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
const NO_KNOTS: Knot[] = [];
const NO_BYTES = new Uint8Array(0);

/** Whether a text is a URL in the form in which a URL gives itself. */
function isUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).href === text;
}

function isPolluted(): boolean {
  for (const _ in EMPTY_LIST) return true;
  return false;
}

const EMPTY_LIST: object = [];

/** Whether the enumerable keys of an object are these, in this order. */
function hasKeys(value: object, keys: readonly string[]): boolean {
  let at = 0;
  for (const name in value) if (keys[at++] !== name) return false;
  return at === keys.length;
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
