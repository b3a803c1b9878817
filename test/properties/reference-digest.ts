// The digest of a value, written from docs/format.md alone and as plainly as it can be: no memory of earlier values, no
// sharing, no limits. It is slow, and it is what the fast one is held to.

import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { countIndexes, describeExotic, type Dress, dressOfArray, dressOfBuiltIn, isPlainPrototype } from '../../src/value/exotic.js';

type Ref = { readonly bytes: Buffer } | { readonly node: Node };

interface Node {
  /** Bytes and references in the order in which they are hashed; a list is hashed by blocks. */
  readonly parts: (Buffer | Ref)[];
  list: { readonly items: Ref[] } | undefined;
  digest: Buffer | undefined;
  stands: Buffer | undefined;
}

const sha = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const byte = (value: number): Buffer => Buffer.from([value]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0x06;
  bytes.writeDoubleBE(value, 1);
  if (Number.isNaN(value)) bytes.set([0x7f, 0xf8, 0, 0, 0, 0, 0, 0], 1);
  return bytes;
}

function text(value: string): Buffer {
  const wellFormed = Buffer.from(value, 'utf8').toString('utf8') === value;
  const bytes = Buffer.from(value, wellFormed ? 'utf8' : 'utf16le');
  if (bytes.length <= 40) return Buffer.concat([byte(wellFormed ? 0x07 : 0x08), byte(bytes.length), bytes]);
  return Buffer.concat([byte(wellFormed ? 0x11 : 0x12), sha(bytes)]);
}

function sortedNames(names: readonly string[]): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : 1));
}

class Graph {
  readonly nodes: Node[] = [];
  readonly #known = new Map<object, Node>();

  #new(): Node {
    const node: Node = { parts: [], list: undefined, digest: undefined, stands: undefined };
    this.nodes.push(node);
    return node;
  }

  ref(value: unknown): Ref {
    switch (typeof value) {
      case 'string':
        return { bytes: text(value) };
      case 'number':
        return { bytes: number(value) };
      case 'boolean':
        return { bytes: byte(value ? 0x03 : 0x04) };
      case 'undefined':
        return { bytes: byte(0x02) };
      case 'bigint':
        return this.#leaf(0x39, text(String(value)));
      case 'function':
        return this.#mark('function', types.isProxy(value) ? '' : value.name);
      case 'symbol':
        return this.#mark('symbol', value.description ?? '');
      default:
        return value === null ? { bytes: byte(0x01) } : this.#object(value as object);
    }
  }

  #leaf(kind: number, ...facts: Buffer[]): Ref {
    const node = this.#new();
    node.parts.push(byte(kind), ...facts, varint(0));
    return { node };
  }

  #mark(type: string, detail: string): Ref {
    return this.#leaf(0x3b, text(type.toWellFormed()), text(detail.toWellFormed()));
  }

  #field(value: object, name: string): Ref {
    const property = Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor;
    return 'value' in property ? this.ref(property.value) : property.get === undefined ? this.ref(undefined) : this.#mark('getter', name);
  }

  #pairs(node: Node, names: readonly string[], refOf: (name: string) => Ref): void {
    node.parts.push(varint(names.length));
    for (const name of sortedNames(names)) node.parts.push(text(name), refOf(name));
  }

  #object(value: object): Ref {
    const known = this.#known.get(value);
    if (known !== undefined) return { node: known };
    if (types.isProxy(value)) return this.#mark('Proxy', '');
    const prototype = Object.getPrototypeOf(value);
    if (Array.isArray(value)) {
      const names = Object.keys(value);
      return this.#dressed(value, dressOfArray(value, names, countIndexes(names, value.length)), (node) => this.#array(node, value));
    }
    if (isPlainPrototype(prototype)) {
      const node = this.#remember(value);
      node.parts.push(byte(0x30), byte(prototype === null ? 1 : 0));
      this.#pairs(node, Object.keys(value), (name) => this.#field(value, name));
      return { node };
    }
    const exotic = describeExotic(value, prototype);
    const extras = Object.keys(value);
    switch (exotic.kind) {
      case 'instance': {
        const node = this.#remember(value);
        node.parts.push(byte(0x31), byte(0), text(exotic.className));
        this.#pairs(node, extras, (name) => this.#field(value, name));
        return { node };
      }
      case 'opaque':
        return this.#mark(exotic.type, exotic.detail);
      case 'truncated': {
        const digest = Buffer.from(exotic.mark.digest ?? '', 'hex');
        return this.#leaf(0x3c, text(exotic.mark.reason), text(exotic.mark.type), number(exotic.mark.size), varint(digest.length), digest);
      }
      case 'error': {
        const node = this.#remember(value);
        const hole: Ref = { bytes: byte(0x05) };
        node.parts.push(byte(0x3a), text(exotic.className), varint(3), this.ref(exotic.message));
        node.parts.push(exotic.cause === undefined ? hole : this.ref(exotic.cause.value), exotic.errors === undefined ? hole : this.ref(exotic.errors.value));
        const properties = new Map(exotic.properties);
        this.#pairs(node, [...properties.keys()], (name) => this.ref(properties.get(name)));
        return { node };
      }
      case 'date':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) => node.parts.push(byte(0x37), number(exotic.millis), varint(0)));
      case 'regexp':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) =>
          node.parts.push(byte(0x38), text(exotic.source), text(exotic.flags), number(exotic.lastIndex), varint(0)),
        );
      case 'bytes':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) =>
          node.parts.push(byte(0x36), text(exotic.type), varint(exotic.data.length), Buffer.from(exotic.data), varint(0)),
        );
      case 'boxed':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) => node.parts.push(byte(0x3d), varint(1), this.ref(exotic.value)));
      case 'coded':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) =>
          node.parts.push(byte(0x3e), text(exotic.codec), varint(1), this.ref(exotic.value)),
        );
      case 'map':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) =>
          node.parts.push(byte(0x34), varint(exotic.items.length), ...exotic.items.map((item) => this.ref(item))),
        );
      case 'set':
        return this.#dressed(value, dressOfBuiltIn(value, prototype, exotic), (node) =>
          node.parts.push(byte(0x35), varint(exotic.items.length), ...exotic.items.map((item) => this.ref(item))),
        );
    }
  }

  #remember(value: object): Node {
    const node = this.#new();
    this.#known.set(value, node);
    return node;
  }

  #dressed(value: object, dress: Dress | undefined, fill: (node: Node) => void): Ref {
    const outer = this.#remember(value);
    if (dress === undefined) {
      fill(outer);
      return { node: outer };
    }
    const inner = this.#new();
    fill(inner);
    outer.parts.push(byte(0x40), number(dress.className === undefined ? 0 : 1));
    if (dress.className !== undefined) outer.parts.push(text(dress.className));
    outer.parts.push(varint(1), { node: inner });
    this.#pairs(outer, dress.names, (name) => this.#field(value, name));
    return { node: outer };
  }

  #array(node: Node, value: readonly unknown[]): void {
    const indexes = Object.keys(value).filter((name) => /^(0|[1-9]\d*)$/.test(name) && Number(name) < 0xffff_ffff);
    if (value.length > 4096 && indexes.length < value.length / 2) {
      node.parts.push(byte(0x3f), number(value.length), varint(indexes.length * 2));
      for (const name of indexes) node.parts.push(number(Number(name)), this.#field(value, name));
      return;
    }
    const items: Ref[] = [];
    for (let index = 0; index < value.length; index++) items.push(Object.hasOwn(value, index) ? this.#field(value, String(index)) : { bytes: byte(0x05) });
    node.list = { items };
  }
}

/** The encoding of a node when its children are known, each by the bytes that stand for it. */
function encodeNode(node: Node, bytesOf: (ref: Ref) => Buffer): Buffer {
  if (node.list === undefined) return Buffer.concat(node.parts.map((part) => (Buffer.isBuffer(part) ? part : bytesOf(part))));
  const { items } = node.list;
  let chain: Buffer = Buffer.alloc(32);
  let done = 0;
  for (; done + 32 <= items.length; done += 32) chain = sha(byte(0x33), chain, ...items.slice(done, done + 32).map(bytesOf));
  return Buffer.concat([byte(0x32), varint(items.length), done === 0 ? Buffer.alloc(0) : chain, ...items.slice(done).map(bytesOf)]);
}

function childrenOf(node: Node): Node[] {
  const refs = node.list === undefined ? node.parts : node.list.items;
  return refs.flatMap((ref) => (!Buffer.isBuffer(ref) && 'node' in ref ? [ref.node] : []));
}

function reachable(from: Node): Set<Node> {
  const found = new Set<Node>();
  const pending = childrenOf(from);
  while (pending.length > 0) {
    const node = pending.pop() as Node;
    if (found.has(node)) continue;
    found.add(node);
    pending.push(...childrenOf(node));
  }
  return found;
}

type BytesOf = (ref: Ref) => Buffer;

const key = (bytes: Buffer): string => bytes.toString('hex');

/** Colors of nodes, round by round, until a round tells no more apart than the one before. */
function color(nodes: readonly Node[], nextOf: (node: Node, colors: Map<Node, Buffer>) => Buffer): Map<Node, Buffer> {
  let colors = new Map<Node, Buffer>(nodes.map((node) => [node, Buffer.alloc(32)]));
  for (let distinct = 1; ; ) {
    const before = colors;
    colors = new Map(nodes.map((node) => [node, nextOf(node, before)]));
    const count = new Set([...colors.values()].map(key)).size;
    if (count === distinct) return colors;
    distinct = count;
  }
}

/** Whatever no walk tells apart becomes one node. Returns what each node became. */
function merge(nodes: readonly Node[]): Map<Node, Node> {
  const colors = color(nodes, (node, before) =>
    sha(encodeNode(node, (ref) => ('bytes' in ref ? ref.bytes : Buffer.concat([byte(0x09), before.get(ref.node) as Buffer])))),
  );
  const kept = new Map<string, Node>();
  for (const [node, own] of colors) if (!kept.has(key(own))) kept.set(key(own), node);
  return new Map([...colors].map(([node, own]) => [node, kept.get(key(own)) as Node]));
}

/** What stands for a node in its parent's encoding. */
function settle(node: Node, reach: Map<Node, Set<Node>>): Buffer {
  if (node.stands !== undefined) return node.stands;
  const from = reach.get(node) as Set<Node>;
  const knot = from.has(node) ? [...from].filter((other) => reach.get(other)?.has(node)) : [];
  const bytesOf: BytesOf = (ref) => ('bytes' in ref ? ref.bytes : settle(ref.node, reach));
  if (knot.length === 0) {
    const encoding = encodeNode(node, bytesOf);
    node.digest = sha(encoding);
    node.stands = encoding.length <= 256 ? Buffer.concat([byte(0x13), varint(encoding.length), encoding]) : Buffer.concat([byte(0x10), node.digest]);
    return node.stands;
  }
  const colors = color(knot, (member, before) =>
    sha(encodeNode(member, (ref) => ('node' in ref && before.has(ref.node) ? Buffer.concat([byte(0x09), before.get(ref.node) as Buffer]) : bytesOf(ref)))),
  );
  const all = [...colors.values()].map(key).sort();
  const whole = sha(byte(0x41), varint(all.length), ...all.map((hex) => Buffer.from(hex, 'hex')));
  for (const member of knot) {
    member.digest = sha(byte(0x42), whole, colors.get(member) as Buffer);
    member.stands = Buffer.concat([byte(0x10), member.digest]);
  }
  return node.stands as unknown as Buffer;
}

/** The digest of a value in the form in which it is shown. */
export function referenceDigest(value: unknown): string {
  const graph = new Graph();
  const root = graph.ref(value);
  if ('bytes' in root) return `sha256:${sha(root.bytes).toString('hex')}`;
  const merged = merge(graph.nodes);
  const became = (ref: Ref): Ref => ('bytes' in ref ? ref : { node: merged.get(ref.node) as Node });
  for (const node of new Set(merged.values())) {
    node.parts.splice(0, node.parts.length, ...node.parts.map((part) => (Buffer.isBuffer(part) ? part : became(part))));
    if (node.list !== undefined) node.list = { items: node.list.items.map(became) };
  }
  const top = merged.get(root.node) as Node;
  const reach = new Map([...reachable(top), top].map((node) => [node, reachable(node)]));
  settle(top, reach);
  return `sha256:${top.digest?.toString('hex')}`;
}
