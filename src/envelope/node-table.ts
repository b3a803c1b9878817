// The nodes of one segment, and how JavaScript values are built from them. Every value is built anew each time: what
// one caller does to it, another never sees. A writer that is no friend may write anything here, so everything is
// checked: children stand before their parents, a container stands for one object of a value, and sizes are counted.

import { ChronicleError } from '../errors.js';
import {
  defineField,
  reviveBoxed,
  reviveBytes,
  reviveClass,
  reviveCoded,
  reviveError,
  reviveOpaque,
  standInPrototype,
  Truncated,
  type TruncationReason,
} from '../value/index.js';
import { Cursor, MalformedMessage, Wire } from './cursor.js';
import type { chronicle } from './generated/chronicle.js';
import { Constant, MAX_NODES } from './layout.js';

type Value = chronicle.v1.Value.$Properties;

/** A reader gives up below this depth: the writer cuts long before it. */
const MAX_DEPTH = 1_000;

/** Containers, fields and items that one value may have; sharing can make a small segment describe a huge value. */
const MAX_PARTS = 20_000_000;

/** Texts that are kept when they were read, in characters: they come back in the values that follow. */
const MAX_TEXT_CHARS = 16 << 20;

/** Longest whole number that is built, in digits. The writer's have fewer than 20,000. */
const MAX_DIGITS = 25_000;

/** Fields of the message Node. */
const Kind = {
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

/** Stands for a place of a list that holds nothing, and for an error that has no cause. */
const HOLE = Symbol('hole');

interface Building {
  /** The containers around the value that is being built, outermost first. */
  readonly open: unknown[];
  /** What was built for a node, for aliases. */
  readonly built: Map<number, unknown>;
  /** Messages that are being read, one inside the other. */
  depth: number;
  parts: number;
}

/** The nodes of one segment. */
export class NodeTable {
  readonly #bytes: Buffer;
  readonly #name: string;
  /** Where each node begins and ends in `#bytes`, in turn. */
  #places = new Uint32Array(256);
  #size = 0;
  readonly #keys = new Map<number, readonly string[]>();
  #texts = new Map<number, string>();
  #textChars = 0;

  constructor(bytes: Buffer, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the node that stands from one place of the segment to another. */
  add(from: number, to: number): void {
    if (this.#size >= MAX_NODES) {
      throw new ChronicleError(
        'CHRONICLE_SEGMENT_LIMIT',
        `Will not read ${this.#name}: it has more than ${MAX_NODES} nodes.\nNo segment that this package writes is that large; check where the file comes from.`,
        {
          facts: { segment: this.#name, what: `it has more than ${MAX_NODES} nodes` },
        },
      );
    }
    if (this.#size * 2 === this.#places.length) {
      const grown = new Uint32Array(this.#places.length * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[this.#size * 2] = from;
    this.#places[this.#size * 2 + 1] = to;
    this.#size++;
  }

  /** Builds a value. Fails with `CHRONICLE_SEGMENT_DAMAGED` where the nodes do not fit together. */
  build(value: Value): unknown {
    const building: Building = { open: [], built: new Map(), depth: 0, parts: 0 };
    try {
      const built = this.#root(value, building);
      return built === HOLE ? undefined : built;
    } catch (error) {
      if (error instanceof MalformedMessage) throw this.#damaged(error.message, error);
      if (error instanceof RangeError) throw this.#damaged(`a value cannot be built (${error.message})`, error);
      throw error;
    }
  }

  #damaged(what: string, cause?: unknown): ChronicleError {
    return new ChronicleError(
      'CHRONICLE_SEGMENT_DAMAGED',
      `Cannot read a value of ${this.#name}: ${what}.\nThe segment is damaged; restore it from a copy, or replay another run.`,
      {
        cause,
        facts: { segment: this.#name, what },
      },
    );
  }

  /** The cursor at a node, moved to the field that says what it is. `before` is the node that refers to it. */
  #open(id: number, before: number): Cursor {
    if (id < 1 || id > this.#size) throw this.#damaged(`node ${id} is referred to and absent`);
    if (id >= before) throw this.#damaged(`node ${before} refers to node ${id}, which does not come before it`);
    const cursor = new Cursor(this.#bytes, this.#places[id * 2 - 2] as number, this.#places[id * 2 - 1] as number);
    while (cursor.next()) {
      if (cursor.field <= Kind.extended && cursor.wire === (cursor.field === Kind.date ? Wire.fixed64 : Wire.bytes)) return cursor;
      cursor.skip();
    }
    throw this.#damaged(`node ${id} is empty or of a kind that this version does not know`);
  }

  #count(parts: number, building: Building): void {
    building.parts += parts;
    if (building.parts > MAX_PARTS) throw this.#damaged(`a value has more than ${MAX_PARTS} parts`);
  }

  /** A value that a record refers to, which generated code has read. */
  #root(value: Value, building: Building): unknown {
    if (isSet(value.node)) return this.#node(value.node, this.#size + 1, building);
    if (isSet(value.text)) return value.text;
    if (isSet(value.integer)) return toNumber(value.integer);
    if (isSet(value.number)) return value.number;
    if (isSet(value.constant)) return this.#constant(value.constant);
    if (isSet(value.text16)) return Buffer.from(value.text16).toString('utf16le');
    throw this.#damaged('a value is empty or of a kind that this version does not know');
  }

  #constant(constant: number): unknown {
    switch (constant) {
      case Constant.undefined:
        return undefined;
      case Constant.null:
        return null;
      case Constant.false:
        return false;
      case Constant.true:
        return true;
      case Constant.nan:
        return Number.NaN;
      case Constant.hole:
        return HOLE;
      default:
        throw this.#damaged(`constant ${constant} is unknown`);
    }
  }

  /** Reads the message Value that a field of node `id` holds. */
  #value(cursor: Cursor, id: number, building: Building): unknown {
    const inner = cursor.inner();
    while (inner.next()) {
      switch (inner.field * 8 + inner.wire) {
        case 1 * 8 + Wire.varint:
          return this.#node(inner.varint(), id, building);
        case 2 * 8 + Wire.bytes:
          return inner.text();
        case 3 * 8 + Wire.varint:
          return inner.zigzag();
        case 4 * 8 + Wire.fixed64:
          return inner.double();
        case 5 * 8 + Wire.varint:
          return this.#constant(inner.varint());
        case 6 * 8 + Wire.varint: {
          const target = inner.varint();
          if (!building.built.has(target)) throw this.#damaged(`alias of node ${target}, which was not built before`);
          return building.built.get(target);
        }
        case 7 * 8 + Wire.varint: {
          const up = inner.varint();
          const target = building.open[building.open.length - up];
          if (up < 1 || target === undefined) throw this.#damaged(`a cycle goes ${up} levels up, beyond the value`);
          return target;
        }
        case 8 * 8 + Wire.bytes:
          return inner.text16();
        default:
          inner.skip();
      }
    }
    throw this.#damaged('a value is empty or of a kind that this version does not know');
  }

  /** The same where a hole has no meaning. */
  #part(cursor: Cursor, id: number, building: Building): unknown {
    const value = this.#value(cursor, id, building);
    if (value === HOLE) throw this.#damaged(`node ${id} has a hole where there is a value`);
    return value;
  }

  #node(id: number, before: number, building: Building): unknown {
    const cursor = this.#open(id, before);
    switch (cursor.field) {
      case Kind.text:
      case Kind.text16:
        return this.#text(id, cursor);
      case Kind.bigint:
        return this.#bigint(id, cursor);
      case Kind.opaque:
        return this.#opaque(cursor.inner());
      case Kind.truncated:
        return this.#truncated(cursor.inner());
      case Kind.shape:
        throw this.#damaged(`node ${id} is a list of keys and used as a value`);
    }
    // The writer makes a node of its own for each object, so that an alias has one meaning. To build one more than
    // once would also let a few bytes describe more than any memory holds.
    if (building.built.has(id)) throw this.#damaged(`node ${id} stands for two objects of one value`);
    if (building.open.length > MAX_DEPTH || building.depth > MAX_DEPTH) throw this.#damaged(`a value is nested deeper than ${MAX_DEPTH}`);
    this.#count(1, building);
    building.depth++;
    const target = this.#container(id, cursor, building);
    building.depth--;
    return target;
  }

  #container(id: number, cursor: Cursor, building: Building): unknown {
    switch (cursor.field) {
      case Kind.object:
        return this.#object(id, cursor.inner(), building);
      case Kind.list:
        return this.#list(id, building);
      case Kind.map:
        return this.#map(id, cursor.inner(), building);
      case Kind.set:
        return this.#set(id, cursor.inner(), building);
      case Kind.error:
        return this.#error(id, cursor.inner(), building);
      case Kind.extended:
        return this.#extended(id, cursor.inner(), building);
      case Kind.sparse:
        return this.#sparse(id, cursor.inner(), building);
      case Kind.coded:
        return keep(id, this.#coded(id, cursor.inner(), building), building);
      case Kind.boxed:
        return keep(id, reviveBoxed(this.#part(cursor, id, building)), building);
      case Kind.bytes:
        return keep(id, this.#buffer(id, cursor.inner()), building);
      case Kind.regexp:
        return keep(id, this.#regexp(id, cursor.inner(), building), building);
      default:
        return keep(id, new Date(cursor.double()), building);
    }
  }

  #text(id: number, cursor: Cursor): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const text = cursor.field === Kind.text ? cursor.text() : cursor.text16();
    this.#textChars += text.length;
    if (this.#textChars > MAX_TEXT_CHARS) {
      this.#texts = new Map();
      this.#textChars = text.length;
    }
    this.#texts.set(id, text);
    return text;
  }

  #bigint(id: number, cursor: Cursor): bigint {
    const digits = cursor.to - cursor.from > MAX_DIGITS ? '' : cursor.text();
    if (!/^(?:0|-?[1-9]\d*)$/.test(digits)) throw this.#damaged(`node ${id} is no whole number`);
    return BigInt(digits);
  }

  #opaque(cursor: Cursor): unknown {
    let type = '';
    let detail = '';
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) type = cursor.text();
      else if (cursor.is(2, Wire.bytes)) detail = cursor.text();
      else cursor.skip();
    }
    return reviveOpaque(type, detail);
  }

  #truncated(cursor: Cursor): Truncated {
    let reason = 'nodes';
    let type = '';
    let size = 0;
    let digest: string | undefined;
    let head = '';
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) reason = cursor.text();
      else if (cursor.is(2, Wire.bytes)) type = cursor.text();
      else if (cursor.is(3, Wire.varint)) size = cursor.varint();
      else if (cursor.is(4, Wire.bytes)) digest = cursor.bytes.toString('hex', cursor.from, cursor.to);
      else if (cursor.is(5, Wire.bytes)) head = cursor.text();
      else cursor.skip();
    }
    return new Truncated({ reason: reason as TruncationReason, type, size, digest: digest === '' ? undefined : digest, head });
  }

  #object(id: number, cursor: Cursor, building: Building): object {
    let shape = 0;
    let className: string | undefined;
    let nullPrototype = false;
    let count = 0;
    const ahead = new Cursor(cursor.bytes, cursor.at, cursor.end);
    while (ahead.next()) {
      if (ahead.is(1, Wire.varint)) shape = ahead.varint();
      else if (ahead.is(2, Wire.bytes)) count++;
      else if (ahead.is(3, Wire.bytes)) className = ahead.text();
      else if (ahead.is(4, Wire.varint)) nullPrototype = ahead.varint() !== 0;
      else ahead.skip();
    }
    const target: object =
      className !== undefined ? (Object.create(standInPrototype(className)) as object) : nullPrototype ? (Object.create(null) as object) : {};
    const keys = this.#shape(shape, id);
    if (keys.length !== count) throw this.#damaged(`node ${id} has ${count} values for ${keys.length} keys`);
    this.#count(count, building);
    building.built.set(id, target);
    building.open.push(target);
    let index = 0;
    while (cursor.next()) {
      if (cursor.is(2, Wire.bytes)) defineField(target, keys[index++] as string, this.#part(cursor, id, building));
      else cursor.skip();
    }
    building.open.pop();
    return target;
  }

  #shape(id: number, before: number): readonly string[] {
    const known = this.#keys.get(id);
    if (known !== undefined && id < before) return known;
    const cursor = this.#open(id, before);
    if (cursor.field !== Kind.shape) throw this.#damaged(`node ${id} is used as a list of keys and is none`);
    const keys: string[] = [];
    const inner = cursor.inner();
    while (inner.next()) {
      if (!inner.is(1, Wire.bytes)) {
        inner.skip();
        continue;
      }
      keys.push(this.#keyText(inner, id));
    }
    this.#keys.set(id, keys);
    return keys;
  }

  /** Reads a Value that must be a text: a key. */
  #keyText(cursor: Cursor, id: number): string {
    const inner = cursor.inner();
    while (inner.next()) {
      if (inner.is(2, Wire.bytes)) return inner.text();
      if (inner.is(8, Wire.bytes)) return inner.text16();
      inner.skip();
    }
    throw this.#damaged(`node ${id} has a key that is no text`);
  }

  #list(id: number, building: Building): unknown[] {
    const parts = this.#listParts(id, building);
    let length = 0;
    for (const part of parts) length += part.count;
    this.#count(length, building);
    const target: unknown[] = new Array(length);
    building.built.set(id, target);
    building.open.push(target);
    let index = 0;
    for (const part of parts) {
      // Items of a list that this one continues stand before that list, not only before this one.
      const { cursor } = part;
      for (let left = part.count; left > 0 && cursor.next(); ) {
        if (!cursor.is(3, Wire.bytes)) {
          cursor.skip();
          continue;
        }
        const item = this.#value(cursor, part.id, building);
        if (item !== HOLE) target[index] = item;
        index++;
        left--;
      }
    }
    building.open.pop();
    return target;
  }

  /** The lists that a list is made of, first things first: how many of the own items of each. */
  #listParts(id: number, building: Building): { readonly id: number; readonly cursor: Cursor; readonly count: number }[] {
    const parts: { readonly id: number; readonly cursor: Cursor; readonly count: number }[] = [];
    let at = id;
    let before = id + 1;
    // How many items of the list `at` are wanted; of the outermost, all.
    let wanted = Number.POSITIVE_INFINITY;
    for (;;) {
      const cursor = this.#open(at, before);
      if (cursor.field !== Kind.list) throw this.#damaged(`node ${at} is continued as a list and is none`);
      this.#count(1, building);
      let base = 0;
      let take = 0;
      let own = 0;
      const ahead = cursor.inner();
      while (ahead.next()) {
        if (ahead.is(1, Wire.varint)) base = ahead.varint();
        else if (ahead.is(2, Wire.varint)) take = ahead.varint();
        else {
          if (ahead.is(3, Wire.bytes)) own++;
          ahead.skip();
        }
      }
      this.#count(own, building);
      if (base === 0 && take > 0) throw this.#damaged(`list ${at} takes ${take} items of no list`);
      const used = Math.max(0, Math.min(own, wanted - take));
      if (Number.isFinite(wanted) && used < wanted - take) throw this.#damaged(`list ${before} takes ${wanted} items of ${take + own}`);
      parts.push({ id: at, cursor: cursor.inner(), count: used });
      wanted = Math.min(wanted, take);
      if (base === 0 || wanted === 0) return parts.reverse();
      before = at;
      at = base;
    }
  }

  #map(id: number, cursor: Cursor, building: Building): Map<unknown, unknown> {
    const target = new Map<unknown, unknown>();
    building.built.set(id, target);
    building.open.push(target);
    let key: unknown = HOLE;
    while (cursor.next()) {
      if (!cursor.is(1, Wire.bytes)) {
        cursor.skip();
        continue;
      }
      this.#count(1, building);
      const item = this.#part(cursor, id, building);
      if (key === HOLE) key = item;
      else {
        target.set(key, item);
        key = HOLE;
      }
    }
    if (key !== HOLE) throw this.#damaged(`node ${id} has a key without a value`);
    building.open.pop();
    return target;
  }

  #set(id: number, cursor: Cursor, building: Building): Set<unknown> {
    const target = new Set<unknown>();
    building.built.set(id, target);
    building.open.push(target);
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) {
        this.#count(1, building);
        target.add(this.#part(cursor, id, building));
      } else cursor.skip();
    }
    building.open.pop();
    return target;
  }

  #sparse(id: number, cursor: Cursor, building: Building): unknown[] {
    let length = 0;
    const ahead = new Cursor(cursor.bytes, cursor.at, cursor.end);
    while (ahead.next()) {
      if (ahead.is(1, Wire.varint)) length = ahead.varint();
      else ahead.skip();
    }
    if (length > 0xffff_ffff) throw this.#damaged(`node ${id} is a list of ${length} places`);
    const target: unknown[] = [];
    target.length = length;
    building.built.set(id, target);
    building.open.push(target);
    let position: unknown = HOLE;
    while (cursor.next()) {
      if (!cursor.is(2, Wire.bytes)) {
        cursor.skip();
        continue;
      }
      this.#count(1, building);
      const item = this.#part(cursor, id, building);
      if (position === HOLE) {
        if (typeof item !== 'number' || !Number.isInteger(item) || item < 0 || item >= length)
          throw this.#damaged(`node ${id} has an item outside of its list`);
        position = item;
      } else {
        target[position as number] = item;
        position = HOLE;
      }
    }
    if (position !== HOLE) throw this.#damaged(`node ${id} has a position without an item`);
    building.open.pop();
    return target;
  }

  #buffer(id: number, cursor: Cursor): object {
    let type = '';
    let data = cursor.bytes.subarray(0, 0);
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) type = cursor.text();
      else if (cursor.is(2, Wire.bytes)) data = cursor.bytes.subarray(cursor.from, cursor.to);
      else cursor.skip();
    }
    const target = reviveBytes(type, data);
    if (target === undefined) throw this.#damaged(`node ${id} has ${data.length} bytes, which no ${type} has`);
    return target;
  }

  #regexp(id: number, cursor: Cursor, building: Building): RegExp {
    let source: unknown = '';
    let flags = '';
    let lastIndex = 0;
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) source = this.#part(cursor, id, building);
      else if (cursor.is(2, Wire.bytes)) flags = cursor.text();
      else if (cursor.is(3, Wire.fixed64)) lastIndex = cursor.double();
      else cursor.skip();
    }
    try {
      // Making a regular expression runs nothing; only matching with it does.
      const target = new RegExp(source as string, flags);
      target.lastIndex = lastIndex;
      return target;
    } catch (error) {
      throw this.#damaged(`a regular expression is malformed (${String(error)})`, error);
    }
  }

  #coded(id: number, cursor: Cursor, building: Building): unknown {
    let codec = '';
    let value: unknown = HOLE;
    while (cursor.next()) {
      if (cursor.is(1, Wire.bytes)) codec = cursor.text();
      else if (cursor.is(2, Wire.bytes)) value = this.#part(cursor, id, building);
      else cursor.skip();
    }
    const target = value === HOLE ? undefined : reviveCoded(codec, value, this.#name);
    if (target === undefined) throw this.#damaged(`node ${id} is no ${codec}`);
    return target;
  }

  #error(id: number, cursor: Cursor, building: Building): Error {
    // Its class, and for a DOMException its message and name, are needed before the object can be made.
    let className = 'Error';
    let message: string | undefined;
    let name: string | undefined;
    let key: string | undefined;
    const ahead = new Cursor(cursor.bytes, cursor.at, cursor.end);
    while (ahead.next()) {
      if (ahead.is(1, Wire.bytes)) className = ahead.text();
      else if (ahead.is(2, Wire.bytes)) message = this.#plainText(ahead, id);
      else if (ahead.is(6, Wire.bytes)) {
        if (key === undefined) key = this.#keyText(ahead, id);
        else {
          if (key === 'name') name = this.#plainText(ahead, id);
          key = undefined;
        }
      } else ahead.skip();
    }
    if (key !== undefined) throw this.#damaged(`node ${id} has a property without a value`);
    const target = reviveError(className, message, name);
    building.built.set(id, target);
    building.open.push(target);
    let hasMessage = false;
    let hasStack = false;
    while (cursor.next()) {
      if (cursor.is(2, Wire.bytes)) {
        hasMessage = true;
        const value = this.#part(cursor, id, building);
        if (target.message !== value) defineField(target, 'message', value, false);
      } else if (cursor.is(3, Wire.bytes)) {
        hasStack = true;
        defineField(target, 'stack', this.#part(cursor, id, building), false);
      } else if (cursor.is(4, Wire.bytes)) defineField(target, 'cause', this.#part(cursor, id, building), false);
      else if (cursor.is(5, Wire.bytes)) defineField(target, 'errors', this.#part(cursor, id, building), false);
      else if (cursor.is(6, Wire.bytes)) {
        this.#count(1, building);
        if (key === undefined) key = this.#keyText(cursor, id);
        else {
          const value = this.#part(cursor, id, building);
          // A DOMException has its name since it was made.
          if (key !== 'name' || className !== 'DOMException' || target.name !== value) defineField(target, key, value);
          key = undefined;
        }
      } else cursor.skip();
    }
    if (!hasMessage || !hasStack) throw this.#damaged(`node ${id} is an error without ${hasMessage ? 'stack' : 'message'}`);
    building.open.pop();
    return target;
  }

  /** The Value that a field holds where it is a text by itself; undefined for any other. */
  #plainText(cursor: Cursor, id: number): string | undefined {
    const inner = cursor.inner();
    while (inner.next()) {
      if (inner.is(2, Wire.bytes)) return inner.text();
      if (inner.is(8, Wire.bytes)) return inner.text16();
      if (inner.is(1, Wire.varint)) {
        const node = inner.varint();
        const found = this.#open(node, id);
        return found.field === Kind.text || found.field === Kind.text16 ? this.#text(node, found) : undefined;
      }
      inner.skip();
    }
    return undefined;
  }

  #extended(id: number, cursor: Cursor, building: Building): object {
    let base = 0;
    let className: string | undefined;
    const ahead = new Cursor(cursor.bytes, cursor.at, cursor.end);
    while (ahead.next()) {
      if (ahead.is(1, Wire.varint)) base = ahead.varint();
      else if (ahead.is(2, Wire.bytes)) className = ahead.text();
      else ahead.skip();
    }
    const target = this.#node(base, id, building);
    if (typeof target !== 'object' || target === null) throw this.#damaged(`node ${id} extends node ${base}, which is no object`);
    if (className !== undefined) reviveClass(target, className);
    building.built.set(id, target);
    building.open.push(target);
    let key: string | undefined;
    while (cursor.next()) {
      if (!cursor.is(3, Wire.bytes)) {
        cursor.skip();
        continue;
      }
      this.#count(1, building);
      if (key === undefined) key = this.#keyText(cursor, id);
      else {
        defineField(target, key, this.#part(cursor, id, building));
        key = undefined;
      }
    }
    if (key !== undefined) throw this.#damaged(`node ${id} has a property without a value`);
    building.open.pop();
    return target;
  }
}

function keep<T>(id: number, target: T, building: Building): T {
  building.built.set(id, target);
  return target;
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

/** A number of at most 53 bits, which protobufjs may hand over as a Long. */
export function toNumber(value: number | { toNumber(): number }): number {
  return typeof value === 'number' ? value : value.toNumber();
}

/** Bytes as hex; absent bytes are the empty text. */
export function hexOf(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
