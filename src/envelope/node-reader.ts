// The nodes of one segment, read into the form in which a capture remembers them: what a digest is taken of, and what
// values are built from (value-builder.ts). A writer that is no friend may write anything here, so everything is checked:
// children stand before their parents, and sizes are counted. A node is read once, however many values share it.

import { isUtf8 } from 'node:buffer';
import { ChronicleError } from '../errors.js';
import {
  type DigestFact,
  digestText,
  HOLE,
  isShadow,
  LIST_BLOCK,
  type Mark,
  NAN,
  NEGATIVE_ZERO,
  NodeKind,
  type Ref,
  settle,
  sha256,
  Shadow,
  type Shape,
  shapeOf,
  sizeOfRef,
} from '../value/index.js';
import { Cursor, MalformedMessage, Wire } from './cursor.js';
import { beyondLimit, damagedValue } from './faults.js';
import { Constant, MAX_NODES } from './layout.js';
import type { SegmentBlocks } from './segment-blocks.js';

/** A reader gives up below this depth: the writer cuts long before it. */
const MAX_DEPTH = 1_000;

/** Containers, fields and items that one value may have; sharing can make a small segment describe a huge value. */
const MAX_PARTS = 20_000_000;

/** Longest whole number that is built, in digits. The writer's have fewer than 20,000. */
const MAX_DIGITS = 25_000;

/** Bytes of nodes that are remembered, about; beyond it they are read again. */
const MAX_KNOWN_BYTES = 64 << 20;

/** What a node takes in memory beside its texts and its list of children. */
const NODE_BYTES = 250;

/** Texts that are kept when they were read, in characters: they come back in the values that follow. */
const MAX_TEXT_CHARS = 16 << 20;

/** Texts of more bytes are not remembered with their nodes: their digest is, and they are read when they are wanted. */
const SHORT_TEXT_BYTES = 40;

/** Fields of the message Node. */
const Field = {
  text: 1,
  text16: 2,
  shape: 3,
  object: 4,
  list: 5,
  map: 6,
  set: 7,
  bytes: 8,
  date: 9,
  regexp: 10,
  bigint: 11,
  error: 12,
  opaque: 13,
  truncated: 14,
  boxed: 15,
  coded: 16,
  sparse: 17,
  extended: 18,
} as const;

/** A node that was read. */
export class StoredShadow extends Shadow {
  /** Levels of nodes, from this one down. */
  height = 1;
  /** What is built for it: itself and its children, counted wherever they stand. */
  parts = 1;
  /** Whether it leads back to a container around it, or holds one that does: its digest is then not made of its children's alone. */
  cyclic = false;
}

/** The root of a value, as a record has it. */
export type Root =
  | { readonly kind: 'node'; readonly node: number; readonly next: number }
  | { readonly kind: 'scalar'; readonly ref: Ref }
  | { readonly kind: 'unreadable'; readonly what: string };

const EMPTY_VALUE = 'a value is empty or of a kind that this version does not know';

/**
 * Reads the root that a field of a record holds; `next` is the node that would come after the record. What is wrong with
 * it is said when the value is asked for.
 */
export function readRoot(cursor: Cursor | undefined, next: number): Root {
  while (cursor?.next() === true) {
    if (cursor.is(1, Wire.varint)) return { kind: 'node', node: next - cursor.varint(), next };
    const scalar = readScalar(cursor);
    if (scalar === undefined) cursor.skip();
    else if ('what' in scalar) return { kind: 'unreadable', what: scalar.what };
    else return { kind: 'scalar', ref: scalar.ref === HOLE ? undefined : scalar.ref };
  }
  return { kind: 'unreadable', what: EMPTY_VALUE };
}

/** The scalar that a field of the message Value holds, or what is wrong with it; undefined where the field holds none. */
function readScalar(cursor: Cursor): { readonly ref: Ref } | { readonly what: string } | undefined {
  switch (cursor.field * 8 + cursor.wire) {
    case 2 * 8 + Wire.bytes:
      return { ref: cursor.text() };
    case 3 * 8 + Wire.varint:
      return { ref: cursor.zigzag() };
    case 4 * 8 + Wire.fixed64:
      return { ref: numberRef(cursor.double()) };
    case 5 * 8 + Wire.varint: {
      const constant = cursor.varint();
      return CONSTANTS.get(constant) ?? { what: `constant ${constant} is unknown` };
    }
    case 8 * 8 + Wire.bytes:
      if ((cursor.to - cursor.from) % 2 !== 0) return { what: 'a text of two bytes a unit has an odd number of bytes' };
      return { ref: cursor.text16() };
    default:
      return undefined;
  }
}

const CONSTANTS: ReadonlyMap<number, { readonly ref: Ref }> = new Map([
  [Constant.undefined, { ref: undefined }],
  [Constant.null, { ref: null }],
  [Constant.false, { ref: false }],
  [Constant.true, { ref: true }],
  [Constant.nan, { ref: NAN }],
  [Constant.hole, { ref: HOLE }],
] as const);

function numberRef(value: number): Ref {
  if (value === 0) return Object.is(value, -0) ? NEGATIVE_ZERO : 0;
  return value === value ? value : NAN;
}

/** The last time of ECMAScript. */
const MAX_DATE_MILLIS = 8.64e15;

/** Kinds of built-in values that may be of a class of their own, or have properties of their own. */
const EXTENDABLE: ReadonlySet<number> = new Set([
  NodeKind.list,
  NodeKind.sparse,
  NodeKind.map,
  NodeKind.set,
  NodeKind.bytes,
  NodeKind.date,
  NodeKind.regexp,
  NodeKind.boxed,
  NodeKind.coded,
]);

/** A list that waits for the one that it continues. */
interface WaitingList {
  readonly id: number;
  readonly cursor: Cursor;
  readonly take: number;
}

/** The nodes of one segment. */
export class NodeReader {
  readonly #blocks: SegmentBlocks;
  /** Key or path of the segment, for errors. */
  readonly name: string;
  /** Where each node begins and ends in its block, in turn. */
  #places = new Uint32Array(256);
  #size = 0;
  /** Number of the first node of each block, as far as they were gone through. */
  readonly #firstNodes: number[] = [];
  #known = new Map<number, StoredShadow>();
  #shapes = new Map<number, Shape>();
  #knownBytes = 0;
  /** Parts that were read for the value at hand. */
  #parts = 0;
  #texts = new Map<number, string>();
  #textChars = 0;

  constructor(blocks: SegmentBlocks, name: string) {
    this.#blocks = blocks;
    this.name = name;
  }

  /** Nodes that were added. */
  get size(): number {
    return this.#size;
  }

  /** Says that the nodes that follow stand in the next block. */
  startBlock(): void {
    this.#firstNodes.push(this.#size + 1);
  }

  /** Adds the node that stands from one place of the block to another. */
  add(from: number, to: number): void {
    if (this.#size >= MAX_NODES) throw beyondLimit(this.name, `it has more than ${MAX_NODES} nodes`);
    if (this.#size * 2 === this.#places.length) {
      const grown = new Uint32Array(this.#places.length * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[this.#size * 2] = from;
    this.#places[this.#size * 2 + 1] = to;
    this.#size++;
  }

  /**
   * Does something with a value of this segment. Fails with `CHRONICLE_SEGMENT_DAMAGED` where the nodes do not fit
   * together. What `use` is given is valid until the next call.
   */
  withValue<T>(root: Root, use: (ref: Ref) => T): T {
    try {
      return use(this.#root(root));
    } catch (error) {
      if (error instanceof ChronicleError) throw error;
      if (error instanceof MalformedMessage) throw this.damaged(error.message, error);
      if (error instanceof RangeError) throw this.damaged(`a value cannot be built (${error.message})`, error);
      throw error;
    }
  }

  /** An error about a value of this segment. */
  damaged(what: string, cause?: unknown): ChronicleError {
    return damagedValue(this.name, what, cause);
  }

  #root(root: Root): Ref {
    if (this.#knownBytes > MAX_KNOWN_BYTES) {
      this.#known = new Map();
      this.#shapes = new Map();
      this.#knownBytes = 0;
    }
    this.#parts = 0;
    switch (root.kind) {
      case 'node':
        return this.#node(root.node, root.next, 0);
      case 'scalar':
        return root.ref;
      case 'unreadable':
        throw this.damaged(root.what);
    }
  }

  /** The text of a node, or of a reference that is one; undefined for any other. */
  textOf(ref: Ref): string | undefined {
    if (typeof ref === 'string') return ref;
    if (!isShadow(ref) || ref.kind !== NodeKind.text) return undefined;
    if (ref.size <= SHORT_TEXT_BYTES) return ref.text;
    const known = this.#texts.get(ref.node);
    if (known !== undefined) return known;
    const cursor = this.#open(ref.node);
    const text = cursor.field === Field.text ? cursor.text() : cursor.text16();
    this.#textChars += text.length;
    if (this.#textChars > MAX_TEXT_CHARS) {
      this.#texts = new Map();
      this.#textChars = text.length;
    }
    this.#texts.set(ref.node, text);
    return text;
  }

  /** What a node of bytes holds; valid as long as its block is. */
  bytesOf(shadow: Shadow): Uint8Array {
    return this.#bytes(this.#open(shadow.node).inner()).data;
  }

  /** The cursor at a node, moved to the field that says what it is. */
  #open(id: number): Cursor {
    const cursor = new Cursor(this.#blocks.plain(this.#blockOf(id)), this.#places[id * 2 - 2] as number, this.#places[id * 2 - 1] as number);
    while (cursor.next()) {
      if (cursor.field <= Field.extended && cursor.wire === (cursor.field === Field.date ? Wire.fixed64 : Wire.bytes)) return cursor;
      cursor.skip();
    }
    throw this.damaged(`node ${id} is empty or of a kind that this version does not know`);
  }

  #blockOf(id: number): number {
    let low = 0;
    let high = this.#firstNodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#firstNodes[middle] as number) <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** `before` is the node that refers to it. */
  #checkOrder(id: number, before: number): void {
    if (id < 1 || id > this.#size) throw this.damaged(`node ${id} is referred to and absent`);
    if (id >= before) throw this.damaged(`node ${before} refers to node ${id}, which does not come before it`);
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > MAX_PARTS) throw this.damaged(`a value has more than ${MAX_PARTS} parts`);
  }

  #node(id: number, before: number, depth: number): StoredShadow {
    this.#checkOrder(id, before);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw this.damaged(`a value is nested deeper than ${MAX_DEPTH}`);
    const cursor = this.#open(id);
    return cursor.field === Field.list ? this.#list(id, cursor, depth) : this.#keep(id, this.#read(id, cursor, depth), 0);
  }

  /** Remembers a node of which the children from a place on are its own, and not those of a list that it continues. */
  #keep(id: number, shadow: StoredShadow, from: number): StoredShadow {
    shadow.node = id;
    if (shadow.height > MAX_DEPTH + 1) throw this.damaged(`a value is nested deeper than ${MAX_DEPTH}`);
    if (shadow.parts > MAX_PARTS) throw this.damaged(`a value has more than ${MAX_PARTS} parts`);
    this.#known.set(id, shadow);
    this.#knownBytes += NODE_BYTES + (shadow.count - from) * 8;
    return shadow;
  }

  #read(id: number, cursor: Cursor, depth: number): StoredShadow {
    switch (cursor.field) {
      case Field.text:
        return this.#utf8(cursor);
      case Field.text16:
        return this.#utf16(cursor);
      case Field.object:
        return this.#object(id, cursor.inner(), depth);
      case Field.map:
        return this.#items(NodeKind.map, id, cursor.inner(), depth);
      case Field.set:
        return this.#items(NodeKind.set, id, cursor.inner(), depth);
      case Field.bytes:
        return this.#buffer(cursor.inner());
      case Field.date:
        return leaf(NodeKind.date, [this.#millis(id, cursor.double())], 8);
      case Field.regexp:
        return this.#regexp(id, cursor.inner(), depth);
      case Field.bigint:
        return this.#bigint(id, cursor);
      case Field.error:
        return this.#error(id, cursor.inner(), depth);
      case Field.opaque:
        return this.#opaque(cursor.inner());
      case Field.truncated:
        return this.#truncated(cursor.inner());
      case Field.boxed:
        return composite(NodeKind.boxed, NO_FACTS, [this.#part(cursor, id, depth)]);
      case Field.coded:
        return this.#coded(id, cursor.inner(), depth);
      case Field.sparse:
        return this.#sparse(id, cursor.inner(), depth);
      case Field.extended:
        return this.#extended(id, cursor.inner(), depth);
      default:
        throw this.damaged(`node ${id} is a list of keys and used as a value`);
    }
  }

  /** Reads the message Value that a field of node `id` holds. */
  #value(cursor: Cursor, id: number, depth: number): Ref {
    const inner = cursor.inner();
    while (inner.next()) {
      switch (inner.field * 8 + inner.wire) {
        case 1 * 8 + Wire.varint:
          return this.#node(id - inner.varint(), id, depth + 1);
        case 6 * 8 + Wire.varint: {
          const target = id - inner.varint();
          if (target < 1 || target >= id) throw this.damaged(`alias of node ${target}, which was not built before`);
          return { mark: 'alias', of: this.#node(target, id, depth + 1), settled: undefined };
        }
        case 7 * 8 + Wire.varint: {
          const up = inner.varint();
          if (up < 1) throw this.damaged(`a cycle goes ${up} levels up, beyond the value`);
          return { mark: 'cycle', up };
        }
        default: {
          const scalar = readScalar(inner);
          if (scalar === undefined) {
            inner.skip();
            break;
          }
          if ('what' in scalar) throw this.damaged(scalar.what);
          return typeof scalar.ref === 'string' ? this.#inline(scalar.ref) : scalar.ref;
        }
      }
    }
    throw this.damaged(EMPTY_VALUE);
  }

  #inline(text: string): string {
    this.#knownBytes += text.length;
    return text;
  }

  /** The same where a hole has no meaning. */
  #part(cursor: Cursor, id: number, depth: number): Ref {
    const ref = this.#value(cursor, id, depth);
    if (ref === HOLE) throw this.damaged(`node ${id} has a hole where there is a value`);
    return ref;
  }

  #utf8(cursor: Cursor): StoredShadow {
    const { bytes, from, to } = cursor;
    // What is no UTF-8 has other bytes when it is read as text, and those are what a digest is taken of.
    if (to - from <= SHORT_TEXT_BYTES || !isUtf8(bytes.subarray(from, to))) return textShadow(cursor.text());
    const shadow = new StoredShadow(NodeKind.text);
    shadow.size = to - from;
    shadow.canonical = sha256(bytes.subarray(from, to));
    return shadow;
  }

  #utf16(cursor: Cursor): StoredShadow {
    return textShadow(cursor.text16());
  }

  #object(id: number, cursor: Cursor, depth: number): StoredShadow {
    let shape = 0;
    let className: string | undefined;
    let nullPrototype = false;
    const kids: Ref[] = [];
    while (cursor.next()) {
      if (cursor.is(1, Wire.varint)) shape = id - cursor.varint();
      else if (cursor.is(2, Wire.bytes)) kids.push(this.#part(cursor, id, depth));
      else if (cursor.is(3, Wire.bytes)) className = cursor.text();
      else if (cursor.is(4, Wire.varint)) nullPrototype = cursor.varint() !== 0;
      else cursor.skip();
    }
    const shadow = new StoredShadow(className === undefined ? NodeKind.object : NodeKind.instance);
    shadow.className = className ?? '';
    shadow.nullPrototype = className === undefined && nullPrototype;
    shadow.shape = this.#shape(shape, id);
    if (shadow.shape.keys.length !== kids.length) throw this.damaged(`node ${id} has ${kids.length} values for ${shadow.shape.keys.length} keys`);
    return measured(shadow, kids);
  }

  #shape(id: number, before: number): Shape {
    this.#checkOrder(id, before);
    const known = this.#shapes.get(id);
    if (known !== undefined) return known;
    const cursor = this.#open(id);
    if (cursor.field !== Field.shape) throw this.damaged(`node ${id} is used as a list of keys and is none`);
    const keys: string[] = [];
    const inner = cursor.inner();
    while (inner.next()) {
      if (inner.is(1, Wire.bytes)) keys.push(this.#key(inner, id));
      else inner.skip();
    }
    const shape = this.#shapeOf(keys, id);
    this.#shapes.set(id, shape);
    this.#knownBytes += NODE_BYTES + shape.units + keys.length * 32;
    return shape;
  }

  /** A shape of keys that must be distinct, or a value and its digest would not say the same. */
  #shapeOf(keys: readonly string[], id: number, node = id): Shape {
    const shape = shapeOf(keys, node);
    for (let index = 1; index < keys.length; index++) {
      const key = keys[shape.sorted[index] as number];
      if (key === keys[shape.sorted[index - 1] as number]) throw this.damaged(`node ${id} has the key ${JSON.stringify(key)} twice`);
    }
    return shape;
  }

  /** Reads a Value that must be a text by itself: a key. */
  #key(cursor: Cursor, id: number): string {
    const inner = cursor.inner();
    while (inner.next()) {
      if (inner.is(2, Wire.bytes)) return inner.text();
      if (inner.is(8, Wire.bytes)) return inner.text16();
      inner.skip();
    }
    throw this.damaged(`node ${id} has a key that is no text`);
  }

  /** Reads a list, and before it those that it continues, which may be many: one for each turn of a conversation. */
  #list(id: number, at: Cursor, depth: number): StoredShadow {
    const waiting: WaitingList[] = [];
    let link = id;
    let base: StoredShadow | undefined;
    for (let cursor = at; ; cursor = this.#open(link)) {
      if (cursor.field !== Field.list) throw this.damaged(`node ${link} is continued as a list and is none`);
      let before: number | undefined;
      let take = 0;
      const ahead = cursor.inner();
      while (ahead.next()) {
        if (ahead.is(1, Wire.varint)) {
          const back = ahead.varint();
          before = back === 0 ? undefined : link - back;
        } else if (ahead.is(2, Wire.varint)) take = ahead.varint();
        else ahead.skip();
      }
      if (before === undefined && take > 0) throw this.damaged(`list ${link} takes ${take} items of no list`);
      waiting.push({ id: link, cursor: cursor.inner(), take });
      if (before === undefined) break;
      this.#checkOrder(before, link);
      link = before;
      base = this.#known.get(link);
      if (base === undefined) continue;
      if (base.kind !== NodeKind.list) throw this.damaged(`node ${link} is continued as a list and is none`);
      break;
    }
    for (let next = waiting.pop(); ; next = waiting.pop()) {
      if (next === undefined) return base as StoredShadow;
      base = this.#continued(next, base, depth);
    }
  }

  #continued({ id, cursor, take }: WaitingList, base: StoredShadow | undefined, depth: number): StoredShadow {
    if (base !== undefined && take > base.count) throw this.damaged(`list ${id} takes ${take} items of ${base.count}`);
    // Gathered apart: what is read here may continue the same list.
    const own: Ref[] = [];
    while (cursor.next()) {
      if (cursor.is(3, Wire.bytes)) own.push(this.#value(cursor, id, depth));
      else cursor.skip();
    }
    this.#count(1 + own.length);
    const shadow = new StoredShadow(NodeKind.list);
    if (base === undefined) {
      shadow.folds = [];
      return this.#keep(id, measured(shadow, own), 0);
    }
    // A list that goes on where another ends continues its array and its chain, as a capture does it.
    const shares = own.length === 0 || base.kids.length === take;
    if (!shares) this.#count(take);
    const kids = shares ? base.kids : base.kids.slice(0, take);
    for (const ref of own) kids.push(ref);
    shadow.folds = shares ? base.folds : (base.folds ?? []).slice(0, Math.floor(take / LIST_BLOCK));
    shadow.kids = kids;
    shadow.count = take + own.length;
    if (take === base.count) {
      shadow.size = base.size;
      shadow.height = base.height;
      shadow.parts = base.parts;
      shadow.cyclic = base.cyclic;
      measure(shadow, take);
    } else {
      this.#count(take);
      shadow.size = 1;
      measure(shadow, 0);
    }
    return this.#keep(id, shadow, shares ? take : 0);
  }

  #items(kind: typeof NodeKind.map | typeof NodeKind.set, id: number, cursor: Cursor, depth: number): StoredShadow {
    const items: Ref[] = [];
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) items.push(this.#part(cursor, id, depth));
      else cursor.skip();
    }
    if (kind === NodeKind.map && items.length % 2 !== 0) throw this.damaged(`node ${id} has a key without a value`);
    return composite(kind, NO_FACTS, items);
  }

  /** A date would round what is no whole number, and so be another value than the one that was stored. */
  #millis(id: number, millis: number): number {
    if (Number.isNaN(millis) || (Number.isInteger(millis) && Math.abs(millis) <= MAX_DATE_MILLIS)) return millis;
    throw this.damaged(`node ${id} is a date of ${millis} milliseconds, which is none`);
  }

  #sparse(id: number, cursor: Cursor, depth: number): StoredShadow {
    let length = 0;
    const entries: Ref[] = [];
    while (cursor.next()) {
      if (cursor.is(1, Wire.varint)) length = cursor.varint();
      else if (cursor.is(2, Wire.bytes)) entries.push(this.#part(cursor, id, depth));
      else cursor.skip();
    }
    if (length > 0xffff_ffff) throw this.damaged(`node ${id} is a list of ${length} places`);
    let last = -1;
    for (let index = 0; index < entries.length; index += 2) {
      const position = entries[index];
      if (typeof position !== 'number' || !Number.isInteger(position) || position < 0 || position >= length)
        throw this.damaged(`node ${id} has an item outside of its list`);
      if (position <= last) throw this.damaged(`node ${id} has its items out of order`);
      last = position;
    }
    if (entries.length % 2 !== 0) throw this.damaged(`node ${id} has a position without an item`);
    return composite(NodeKind.sparse, [length], entries);
  }

  #bytes(cursor: Cursor): { readonly type: string; readonly data: Uint8Array } {
    let type = '';
    let data = cursor.bytes.subarray(0, 0);
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) type = cursor.text();
      else if (cursor.is(2, Wire.bytes)) data = cursor.bytes.subarray(cursor.from, cursor.to);
      else cursor.skip();
    }
    return { type, data };
  }

  #buffer(cursor: Cursor): StoredShadow {
    const { type, data } = this.#bytes(cursor);
    const shadow = leaf(NodeKind.bytes, [type, data], data.length);
    shadow.className = type;
    settle(shadow);
    // The digest is all that is needed of them until the value is built; a view of the bytes would keep their block.
    shadow.facts = NO_FACTS;
    return shadow;
  }

  #regexp(id: number, cursor: Cursor, depth: number): StoredShadow {
    let source: string | undefined = '';
    let flags = '';
    let lastIndex = 0;
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) source = this.textOf(this.#part(cursor, id, depth));
      else if (cursor.is(2, Wire.bytes)) flags = cursor.text();
      else if (cursor.is(3, Wire.fixed64)) lastIndex = cursor.double();
      else cursor.skip();
    }
    if (source === undefined) throw this.damaged(`node ${id} is a regular expression whose source is no text`);
    this.#inline(source);
    return leaf(NodeKind.regexp, [source, flags, lastIndex], source.length);
  }

  #bigint(id: number, cursor: Cursor): StoredShadow {
    const digits = cursor.to - cursor.from > MAX_DIGITS ? '' : cursor.text();
    if (!/^(?:0|-?[1-9]\d*)$/.test(digits)) throw this.damaged(`node ${id} is no whole number`);
    this.#inline(digits);
    return leaf(NodeKind.bigint, [digits], digits.length);
  }

  #opaque(cursor: Cursor): StoredShadow {
    let type = '';
    let detail = '';
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) type = this.#inline(cursor.text());
      else if (cursor.is(2, Wire.bytes)) detail = this.#inline(cursor.text());
      else cursor.skip();
    }
    return leaf(NodeKind.opaque, [type, detail], type.length + detail.length);
  }

  #truncated(cursor: Cursor): StoredShadow {
    let reason = 'nodes';
    let type = '';
    let size = 0;
    let digest: Uint8Array = NO_BYTES;
    let head = '';
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) reason = cursor.text();
      else if (cursor.is(2, Wire.bytes)) type = cursor.text();
      else if (cursor.is(3, Wire.varint)) size = cursor.varint();
      // A copy: a view would keep the block.
      else if (cursor.is(4, Wire.bytes)) digest = Uint8Array.from(cursor.bytes.subarray(cursor.from, cursor.to));
      else if (cursor.is(5, Wire.bytes)) head = this.#inline(cursor.text());
      else cursor.skip();
    }
    const shadow = leaf(NodeKind.truncated, [reason, type, size, digest], size);
    shadow.raw = head;
    return shadow;
  }

  #coded(id: number, cursor: Cursor, depth: number): StoredShadow {
    let codec = '';
    let value: Ref = HOLE;
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) codec = cursor.text();
      else if (cursor.is(2, Wire.bytes)) value = this.#part(cursor, id, depth);
      else cursor.skip();
    }
    if (value === HOLE) throw this.damaged(`node ${id} is no ${codec}`);
    return composite(NodeKind.coded, [codec], [value]);
  }

  #error(id: number, cursor: Cursor, depth: number): StoredShadow {
    let className = 'Error';
    let message: Ref = HOLE;
    let stack: Ref = HOLE;
    let cause: Ref = HOLE;
    let errors: Ref = HOLE;
    const properties = new Properties();
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) className = cursor.text();
      else if (cursor.is(2, Wire.bytes)) message = this.#part(cursor, id, depth);
      else if (cursor.is(3, Wire.bytes)) stack = this.#part(cursor, id, depth);
      else if (cursor.is(4, Wire.bytes)) cause = this.#part(cursor, id, depth);
      else if (cursor.is(5, Wire.bytes)) errors = this.#part(cursor, id, depth);
      else if (cursor.is(6, Wire.bytes)) this.#property(properties, cursor, id, depth);
      else cursor.skip();
    }
    const shape = this.#propertyShape(properties, id);
    if (message === HOLE || stack === HOLE) throw this.damaged(`node ${id} is an error without ${message === HOLE ? 'message' : 'stack'}`);
    const shadow = composite(NodeKind.error, [className], [message, cause, errors, ...properties.values], shape);
    shadow.className = className;
    // Not a child, since it is no part of the digest; but it is built, and may lead anywhere.
    shadow.raw = stack;
    include(shadow, stack);
    return shadow;
  }

  #extended(id: number, cursor: Cursor, depth: number): StoredShadow {
    let base = 0;
    let className: string | undefined;
    const properties = new Properties();
    while (cursor.next()) {
      if (cursor.is(1, Wire.varint)) base = id - cursor.varint();
      else if (cursor.is(2, Wire.bytes)) className = cursor.text();
      else if (cursor.is(3, Wire.bytes)) this.#property(properties, cursor, id, depth);
      else cursor.skip();
    }
    const inside = this.#node(base, id, depth + 1);
    if (!EXTENDABLE.has(inside.kind)) throw this.damaged(`node ${id} extends node ${base}, which is no built-in value`);
    const shape = this.#propertyShape(properties, id);
    return composite(NodeKind.extended, className === undefined ? [0] : [1, className], [inside, ...properties.values], shape);
  }

  /** Keys and values stand in turn. */
  #property(properties: Properties, cursor: Cursor, id: number, depth: number): void {
    if (properties.names.length === properties.values.length) properties.names.push(this.#key(cursor, id));
    else properties.values.push(this.#part(cursor, id, depth));
  }

  #propertyShape({ names, values }: Properties, id: number): Shape {
    if (names.length !== values.length) throw this.damaged(`node ${id} has a property without a value`);
    return this.#shapeOf(names, id, 0);
  }
}

class Properties {
  readonly names: string[] = [];
  readonly values: Ref[] = [];
}

const NO_FACTS: readonly DigestFact[] = [];
const NO_BYTES = new Uint8Array(0);

function textShadow(text: string): StoredShadow {
  const shadow = new StoredShadow(NodeKind.text);
  shadow.illFormed = !text.isWellFormed();
  shadow.size = shadow.illFormed ? text.length * 2 : Buffer.byteLength(text);
  if (shadow.size <= SHORT_TEXT_BYTES) shadow.text = text;
  else shadow.canonical = digestText(text);
  return shadow;
}

function leaf(kind: NodeKind, facts: readonly DigestFact[], size: number): StoredShadow {
  const shadow = new StoredShadow(kind);
  shadow.facts = facts;
  shadow.size = size;
  return shadow;
}

function composite(kind: NodeKind, facts: readonly DigestFact[], kids: Ref[], shape?: Shape): StoredShadow {
  const shadow = new StoredShadow(kind);
  shadow.facts = facts;
  shadow.shape = shape;
  return measured(shadow, kids);
}

function measured(shadow: StoredShadow, kids: Ref[]): StoredShadow {
  shadow.kids = kids;
  shadow.count = kids.length;
  shadow.size = 1;
  measure(shadow, 0);
  return shadow;
}

/** Adds what the children from a place on amount to. */
function measure(shadow: StoredShadow, from: number): void {
  const { kids, count } = shadow;
  let { size } = shadow;
  for (let index = from; index < count; index++) {
    const kid = kids[index] as Ref;
    size += sizeOfRef(kid);
    include(shadow, kid);
  }
  // Shared parts are counted wherever they stand, so that a small value may have any size.
  shadow.size = Math.min(size, Number.MAX_SAFE_INTEGER);
}

function include(shadow: StoredShadow, kid: Ref): void {
  shadow.parts++;
  if (typeof kid !== 'object' || kid === null) return;
  if (kid instanceof StoredShadow) {
    shadow.parts += kid.parts - 1;
    if (kid.height >= shadow.height) shadow.height = kid.height + 1;
    if (kid.cyclic) shadow.cyclic = true;
    return;
  }
  const { mark } = kid as Mark;
  if (mark === 'cycle' || (mark === 'alias' && ((kid as { of: Shadow }).of as StoredShadow).cyclic)) shadow.cyclic = true;
}
