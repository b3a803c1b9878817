// The nodes of one segment, and how JavaScript values are built from them. Every value is built anew each time: what
// one caller does to it, another never sees.

import { ChronicleError } from '../errors.js';
import { defineField, Opaque, reviveBoxed, reviveBytes, reviveCoded, reviveError, reviveOpaque, standInPrototype, Truncated, type TruncationReason } from '../value/index.js';
import { chronicle } from './generated/chronicle.js';
import { Constant } from './layout.js';

type Value = chronicle.v1.Value.$Properties;
type Node = chronicle.v1.Node.$Properties;

/** A reader gives up below this depth: the writer cuts long before it. */
const MAX_DEPTH = 2_000;

/** Containers that one value may build; sharing can make a small segment describe a huge value. */
const MAX_BUILT = 20_000_000;

interface Building {
  /** The containers around the value that is being built, outermost first. */
  readonly open: object[];
  /** The object that was built for a node, for aliases. */
  readonly built: Map<number, object>;
  count: number;
}

/** The nodes of one segment. */
export class NodeTable {
  readonly #nodes: Node[] = [];
  readonly #name: string;
  readonly #keys = new Map<number, readonly string[]>();
  readonly #items = new Map<number, readonly Value[]>();

  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#nodes.length;
  }

  add(nodes: readonly Node[]): void {
    for (const node of nodes) this.#nodes.push(node);
  }

  /** Builds a value. Fails with `CHRONICLE_SEGMENT_DAMAGED` where the nodes do not fit together. */
  build(value: Value): unknown {
    return this.#value(value, { open: [], built: new Map(), count: 0 });
  }

  #damaged(what: string): ChronicleError {
    return new ChronicleError('CHRONICLE_SEGMENT_DAMAGED', `Cannot read a value of ${this.#name}: ${what}.\nThe segment is damaged; restore it from a copy, or replay another run.`, {
      facts: { segment: this.#name, what },
    });
  }

  #node(id: number): Node {
    const node = this.#nodes[id - 1];
    if (node === undefined) throw this.#damaged(`node ${id} is referred to and absent`);
    return node;
  }

  #value(value: Value, building: Building): unknown {
    if (isSet(value.node)) return this.#build(value.node, building);
    if (isSet(value.text)) return value.text;
    if (isSet(value.integer)) return toNumber(value.integer);
    if (isSet(value.number)) return value.number;
    if (isSet(value.constant)) {
      switch (value.constant as number) {
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
          return undefined;
        default:
          throw this.#damaged(`constant ${String(value.constant)} is unknown`);
      }
    }
    if (isSet(value.text16)) return fromUtf16(value.text16);
    if (isSet(value.alias)) {
      const known = building.built.get(value.alias);
      if (known === undefined) throw this.#damaged(`alias of node ${value.alias}, which was not built before`);
      return known;
    }
    if (isSet(value.cycle)) {
      const known = building.open[building.open.length - value.cycle];
      if (known === undefined) throw this.#damaged(`a cycle goes ${value.cycle} levels up, beyond the value`);
      return known;
    }
    throw this.#damaged('a value is empty or of a kind that this version does not know');
  }

  #build(id: number, building: Building): unknown {
    const node = this.#node(id);
    if (isSet(node.text)) return node.text;
    if (isSet(node.text16)) return fromUtf16(node.text16);
    if (++building.count > MAX_BUILT) throw this.#damaged(`a value has more than ${MAX_BUILT} parts`);
    if (building.open.length > MAX_DEPTH) throw this.#damaged(`a value is nested deeper than ${MAX_DEPTH}`);
    if (isSet(node.object)) {
      const { className } = node.object;
      const target: object =
        className !== null && className !== undefined
          ? (Object.create(standInPrototype(className)) as object)
          : node.object.nullPrototype === true
            ? (Object.create(null) as object)
            : {};
      building.built.set(id, target);
      building.open.push(target);
      const keys = this.#shape(node.object.shape ?? 0);
      const values = node.object.values ?? [];
      if (keys.length !== values.length) throw this.#damaged(`node ${id} has ${values.length} values for ${keys.length} keys`);
      for (let index = 0; index < keys.length; index++) defineField(target, keys[index] as string, this.#value(values[index] as Value, building));
      building.open.pop();
      return target;
    }
    if (isSet(node.list)) {
      const items = this.#listItems(id);
      const target: unknown[] = new Array(items.length);
      building.built.set(id, target);
      building.open.push(target);
      for (let index = 0; index < items.length; index++) {
        const item = items[index] as Value;
        if (isSet(item.constant) && (item.constant as number) === Constant.hole) continue;
        target[index] = this.#value(item, building);
      }
      building.open.pop();
      return target;
    }
    const target = this.#other(id, node, building);
    return target;
  }

  #other(id: number, node: Node, building: Building): unknown {
    if (isSet(node.map)) {
      const target = new Map<unknown, unknown>();
      building.built.set(id, target);
      building.open.push(target);
      const items = node.map.items ?? [];
      for (let index = 0; index + 1 < items.length; index += 2) target.set(this.#value(items[index] as Value, building), this.#value(items[index + 1] as Value, building));
      building.open.pop();
      return target;
    }
    if (isSet(node.set)) {
      const target = new Set<unknown>();
      building.built.set(id, target);
      building.open.push(target);
      for (const item of node.set.items ?? []) target.add(this.#value(item, building));
      building.open.pop();
      return target;
    }
    if (isSet(node.bytes)) return this.#keep(id, reviveBytes(node.bytes.type ?? '', node.bytes.data ?? new Uint8Array(0)), building);
    if (isSet(node.date)) return this.#keep(id, new Date(node.date), building);
    if (isSet(node.regexp)) {
      const target = this.#regexp(node.regexp);
      return this.#keep(id, target, building);
    }
    if (isSet(node.bigint)) {
      if (!/^-?\d{1,1000000}$/.test(node.bigint)) throw this.#damaged(`node ${id} is no whole number`);
      return BigInt(node.bigint);
    }
    if (isSet(node.error)) return this.#error(id, node.error, building);
    if (isSet(node.opaque)) return this.#keep(id, reviveOpaque(node.opaque.type ?? '', node.opaque.detail ?? ''), building);
    if (isSet(node.truncated)) {
      const { reason, type, size, digest, head } = node.truncated;
      return new Truncated({
        reason: (reason ?? 'nodes') as TruncationReason,
        type: type ?? '',
        size: toNumber(size ?? 0),
        digest: digest === null || digest === undefined || digest.length === 0 ? undefined : Buffer.from(digest).toString('hex'),
        head: head ?? '',
      });
    }
    if (isSet(node.boxed)) return this.#keep(id, reviveBoxed(this.#value(node.boxed, building)), building);
    if (isSet(node.coded)) {
      const inner = new Opaque(node.coded.codec ?? '', '');
      building.open.push(inner);
      const value = this.#value(node.coded.value ?? {}, building);
      building.open.pop();
      return this.#keep(id, reviveCoded(node.coded.codec ?? '', value), building);
    }
    if (isSet(node.sparse)) {
      const length = toNumber(node.sparse.length ?? 0);
      const target: unknown[] = [];
      target.length = length;
      building.built.set(id, target);
      building.open.push(target);
      const entries = node.sparse.entries ?? [];
      for (let index = 0; index + 1 < entries.length; index += 2) {
        const position = this.#value(entries[index] as Value, building);
        if (typeof position !== 'number' || position < 0 || position >= length) throw this.#damaged(`node ${id} has an item outside of its list`);
        target[position] = this.#value(entries[index + 1] as Value, building);
      }
      building.open.pop();
      return target;
    }
    throw this.#damaged(`node ${id} is empty or of a kind that this version does not know`);
  }

  #keep(id: number, target: unknown, building: Building): unknown {
    if (typeof target === 'object' && target !== null) building.built.set(id, target);
    return target;
  }

  #regexp(facts: chronicle.v1.RegularExpression.$Properties): RegExp {
    try {
      // Making a regular expression runs nothing; only matching with it does.
      const target = new RegExp(facts.source ?? '', facts.flags ?? '');
      target.lastIndex = facts.lastIndex ?? 0;
      return target;
    } catch (error) {
      throw this.#damaged(`a regular expression is malformed (${String(error)})`);
    }
  }

  #error(id: number, facts: chronicle.v1.Error.$Properties, building: Building): Error {
    const target = reviveError(facts.className ?? 'Error');
    building.built.set(id, target);
    building.open.push(target);
    defineField(target, 'message', this.#value(facts.message ?? {}, building), false);
    defineField(target, 'stack', this.#value(facts.stack ?? {}, building), false);
    if (isSet(facts.cause)) defineField(target, 'cause', this.#value(facts.cause, building), false);
    if (isSet(facts.errors)) defineField(target, 'errors', this.#value(facts.errors, building), false);
    const properties = facts.properties ?? [];
    for (let index = 0; index + 1 < properties.length; index += 2) {
      const name = this.#value(properties[index] as Value, building);
      if (typeof name !== 'string') throw this.#damaged(`node ${id} has a property without a name`);
      defineField(target, name, this.#value(properties[index + 1] as Value, building));
    }
    building.open.pop();
    return target;
  }

  #shape(id: number): readonly string[] {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const { shape } = this.#node(id);
    if (!isSet(shape)) throw this.#damaged(`node ${id} is used as a list of keys and is none`);
    const keys = (shape.keys ?? []).map((key) => {
      if (isSet(key.text)) return key.text;
      if (isSet(key.text16)) return fromUtf16(key.text16);
      throw this.#damaged(`node ${id} has a key that is no text`);
    });
    this.#keys.set(id, keys);
    return keys;
  }

  /** Items of a list with those of the lists that it continues. */
  #listItems(id: number): readonly Value[] {
    const chain: number[] = [];
    let at = id;
    let items = this.#items.get(at);
    while (items === undefined) {
      const { list } = this.#node(at);
      if (!isSet(list)) throw this.#damaged(`node ${at} is continued as a list and is none`);
      chain.push(at);
      const base = list.base ?? 0;
      if (base === 0) break;
      // A list continues an earlier one, so a chain of lists ends.
      if (base >= at) throw this.#damaged(`list ${at} continues ${base}, which does not come before it`);
      at = base;
      items = this.#items.get(at);
    }
    let known: readonly Value[] = items ?? [];
    for (const step of chain.reverse()) {
      const list = this.#node(step).list as chronicle.v1.List.$Properties;
      const take = list.take ?? 0;
      if (take > known.length) throw this.#damaged(`list ${step} takes ${take} items of ${known.length}`);
      known = take === 0 ? (list.items ?? []) : [...known.slice(0, take), ...(list.items ?? [])];
      this.#items.set(step, known);
    }
    return known;
  }
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

/** A number of at most 53 bits, which protobufjs may hand over as a Long. */
export function toNumber(value: number | { toNumber(): number }): number {
  return typeof value === 'number' ? value : value.toNumber();
}

function fromUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
}

/** Bytes as hex; absent bytes are the empty text. */
export function hexOf(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
