// Capture: a JavaScript value becomes nodes, and only what is new costs anything.
//
// A value is compared place by place with the value that was seen last at the same slot: equal strings are equal
// pointers, and a subtree in which nothing changed is the node that it was. Text and objects that moved are found by
// content and by identity. What is stored is what was passed at the time of the call; nothing here calls user code.

import { types } from 'node:util';
import { digestList, digestObject, digestParts, digestRef, digestText, LIST_BLOCK, sha256, sizeOfRef } from './digest.js';
import { describeExotic } from './exotic.js';
import { HOLE, type Mark, NAN, NEGATIVE_ZERO, NodeKind, type Ref, Shadow, type Shape } from './shadow.js';
import type { NodeSink, OtherNode, TruncationReason } from './sink.js';

/** Bounds of one capture. What exceeds them is marked, with its size, and with its digest where it has one. */
export interface CaptureLimits {
  /** New nodes of one value. Default: 1,000,000. */
  readonly maxNodes: number;
  /** Bytes of one text or buffer. Default: 64 MiB. */
  readonly maxTextBytes: number;
  /** Levels of nesting. Default: 500. */
  readonly maxDepth: number;
  /** Milliseconds that one capture may take before it cuts what is left. Default: 2,000. */
  readonly maxMillis: number;
}

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = { maxNodes: 1_000_000, maxTextBytes: 64 << 20, maxDepth: 500, maxMillis: 2_000 };

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
  /** Canonical size in bytes. */
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

/** Nodes that are looked through one by one for an object; more of them are put into the table first. */
const MAX_SCANNED = 256;

/** Texts that are looked up by content, in characters; above it the table starts anew and texts may be stored twice. */
const MAX_TABLE_CHARS = 32 << 20;

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
  /** Objects that the running capture made nodes for. */
  readonly #made = new Map<object, Shadow>();
  /** Nodes that the running capture used again. */
  readonly #reused: Shadow[] = [];
  readonly #shapes: ShapeStep = { next: new Map(), shape: undefined };
  /** The containers that are being captured, outermost first. */
  readonly #open: object[] = [];
  #epoch = 0;
  #nodes = 0;
  /** Nodes and deadline of the running capture. */
  #nodesAtStart = 0;
  #deadline = 0;

  constructor(sink: NodeSink, options: { readonly protect?: Protect | undefined; readonly limits?: CaptureLimits } = {}) {
    this.#sink = sink;
    this.#protect = options.protect;
    this.#limits = options.limits ?? DEFAULT_CAPTURE_LIMITS;
  }

  /** Nodes handed to the sink so far. */
  get nodeCount(): number {
    return this.#nodes;
  }

  /**
   * Captures a value as it is now. `slot` names the place that it is compared with: the same boundary's last input,
   * say. Never throws on account of the value.
   */
  capture(value: unknown, slot: string): Captured {
    this.#epoch++;
    this.#nodesAtStart = this.#nodes;
    this.#deadline = 0;
    this.#open.length = 0;
    this.#reused.length = 0;
    if (this.#made.size > 0) this.#made.clear();
    let ref: Ref;
    try {
      ref = this.#ref(value, this.#slots.get(slot), undefined);
    } catch (error) {
      // The walk itself throws nothing; what can end it is the stack, where the caller was deep in it already.
      if (!(error instanceof RangeError)) throw error;
      ref = this.#cutContainer('depth', typeof value, 0);
    }
    this.#slots.set(slot, ref);
    const shadow = ref instanceof Shadow ? ref : undefined;
    return { ref, digestHex: digestRef(ref), size: sizeOfRef(ref), incomplete: shadow?.cut ?? NONE, opaque: shadow?.opaque ?? NONE };
  }

  #ref(value: unknown, prev: Ref, key: string | undefined): Ref {
    switch (typeof value) {
      case 'string':
        if (prev instanceof Shadow) {
          if (prev.raw === value && prev.kind === NodeKind.text) return prev;
        } else if (prev === value && this.#protect === undefined) return value;
        return this.#text(value, key);
      case 'number':
        if (value === 0) return Object.is(value, -0) ? NEGATIVE_ZERO : 0;
        return value === value ? value : NAN;
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, prev, key);
      case 'bigint':
        return this.#leaf({ kind: NodeKind.bigint, text: value.toString() }, [value.toString()], value.toString().length);
      case 'function':
        return this.#opaque('function', functionName(value));
      case 'symbol':
        return this.#opaque('symbol', value.description ?? '');
    }
  }

  #text(raw: string, key: string | undefined): Ref {
    const text = this.#protect === undefined ? raw : this.#protect(raw, key);
    if (text.length <= INLINE_TEXT_CHARS && text === raw) return text;
    // With protection the same text may be stored in two forms, so the table is asked for the stored one.
    const known = this.#texts.get(text);
    if (known !== undefined && (known.raw === raw || this.#protect === undefined)) return known;
    if (text.length > this.#limits.maxTextBytes) return this.#cutText(text);
    const shadow = new Shadow(NodeKind.text, ++this.#nodes);
    shadow.raw = raw;
    shadow.text = text;
    shadow.illFormed = !text.isWellFormed();
    shadow.size = this.#sink.text(text, shadow.illFormed);
    shadow.canonical = digestText(text);
    this.#tableChars += text.length;
    if (this.#tableChars > MAX_TABLE_CHARS) {
      this.#texts = new Map();
      this.#tableChars = text.length;
    }
    this.#texts.set(text, shadow);
    return shadow;
  }

  #cutText(text: string): Ref {
    const bytes = Buffer.from(text, 'utf8');
    const node: OtherNode = {
      kind: NodeKind.truncated,
      reason: 'bytes',
      type: 'string',
      size: bytes.length,
      digest: Buffer.from(sha256(bytes), 'latin1'),
      head: text.slice(0, 1024).toWellFormed(),
    };
    return this.#truncated(node, `a text of ${bytes.length} bytes was cut`);
  }

  #object(value: object, prev: Ref, key: string | undefined): Ref {
    if (types.isProxy(value)) return this.#opaque('Proxy', '');
    const open = this.#open;
    if (prev instanceof Shadow) {
      if (Array.isArray(value)) {
        if (prev.kind === NodeKind.list) return this.#list(value, prev, key);
      } else if (prev.kind === NodeKind.object || prev.kind === NodeKind.instance) return this.#record(value, prev, key);
    } else if (typeof prev === 'object' && prev !== null) {
      if (prev.mark === 'cycle') {
        if (open[open.length - prev.up] === value) return prev;
      } else if (prev.mark === 'alias' && prev.of.source === value && prev.of.epoch === this.#epoch) return prev;
    }
    const level = open.lastIndexOf(value);
    if (level >= 0) return this.#cycle(open.length - level);
    const seen = this.#made.get(value) ?? this.#findReused(value);
    if (seen !== undefined) return { mark: 'alias', of: seen };
    if (Array.isArray(value)) return this.#list(value, undefined, key);
    return this.#record(value, undefined, key);
  }

  /** The node that stands for an object which came unchanged, earlier in the running capture. */
  #findReused(value: object): Shadow | undefined {
    const reused = this.#reused;
    if (reused.length > MAX_SCANNED) {
      for (const shadow of reused) if (shadow.source !== undefined) this.#made.set(shadow.source, shadow);
      reused.length = 0;
      return this.#made.get(value);
    }
    for (let index = 0; index < reused.length; index++) {
      const shadow = reused[index] as Shadow;
      if (shadow.source === value) return shadow;
    }
    return undefined;
  }

  #cycle(up: number): Mark {
    return { mark: 'cycle', up };
  }

  /** Whether the running capture may go on; if not, why. */
  #exceeded(): TruncationReason | undefined {
    const made = this.#nodes - this.#nodesAtStart;
    if (this.#open.length >= this.#limits.maxDepth) return 'depth';
    if (made > this.#limits.maxNodes) return 'nodes';
    if ((made & 1023) === 1023) {
      const now = performance.now();
      if (this.#deadline === 0) this.#deadline = now + this.#limits.maxMillis;
      else if (now > this.#deadline) return 'time';
    }
    return undefined;
  }

  /** A plain object or a class instance; anything with hidden state goes to `#exotic`. */
  #record(value: object, prev: Shadow | undefined, key: string | undefined): Ref {
    const prototype: object | null = Object.getPrototypeOf(value);
    const plain = prototype === Object.prototype || prototype === null;
    let className = '';
    if (!plain) {
      const exotic = describeExotic(value, prototype);
      if (exotic.kind !== 'instance') return this.#exotic(value, exotic, prev, key);
      className = exotic.className;
    }
    const reason = this.#exceeded();
    if (reason !== undefined) return this.#cutContainer(reason, className === '' ? 'object' : className, countKeys(value));
    const open = this.#open;
    open.push(value);
    const usable =
      prev !== undefined &&
      prev.epoch !== this.#epoch &&
      prev.shape !== undefined &&
      prev.className === className &&
      prev.nullPrototype === (prototype === null) &&
      prev.kind === (plain ? NodeKind.object : NodeKind.instance);
    let keys: string[] | undefined;
    let kids: Ref[] | undefined;
    let at = 0;
    if (usable) {
      const knownKeys = (prev.shape as Shape).keys;
      const known = prev.kids;
      const fields = value as Record<string, unknown>;
      // For a plain object `for in` names the own keys, faster than Object.keys can; a polluted prototype is caught
      // below. A class may have enumerable members on its prototype, so its own keys are asked for.
      for (const name of plain ? ownKeys(fields, knownKeys) : Object.keys(fields)) {
        if (kids !== undefined) {
          keys?.push(name);
          kids.push(this.#field(fields, name, keys === undefined ? known[at] : undefined));
          if (keys === undefined && knownKeys[at] !== name) keys = [...knownKeys.slice(0, at), name];
        } else if (knownKeys[at] !== name) {
          keys = [...knownKeys.slice(0, at), name];
          kids = known.slice(0, at);
          kids.push(this.#field(fields, name, undefined));
        } else {
          const ref = this.#field(fields, name, known[at]);
          if (ref !== known[at]) {
            kids = known.slice(0, at);
            kids.push(ref);
          }
        }
        at++;
      }
      if (kids === undefined) {
        if (at === knownKeys.length) {
          open.pop();
          return this.#reuse(prev, value);
        }
        keys = knownKeys.slice(0, at);
        kids = known.slice(0, at);
      } else if (keys === undefined && at !== knownKeys.length) keys = knownKeys.slice(0, at);
    } else {
      keys = [];
      kids = [];
      const fields = value as Record<string, unknown>;
      for (const name of Object.keys(value)) {
        keys.push(name);
        kids.push(this.#field(fields, name, undefined));
      }
    }
    open.pop();
    const shape = keys === undefined ? ((prev as Shadow).shape as Shape) : this.#shape(keys);
    const shadow = new Shadow(plain ? NodeKind.object : NodeKind.instance, ++this.#nodes);
    shadow.className = className;
    shadow.nullPrototype = prototype === null;
    shadow.shape = shape;
    shadow.kids = kids;
    shadow.count = kids.length;
    this.#sink.object(shape, kids, plain ? undefined : className, shadow.nullPrototype);
    this.#measure(shadow, shape.keys.length);
    digestObject(shadow, shape);
    this.#remember(value, shadow);
    return shadow;
  }

  #field(fields: Record<string, unknown>, name: string, prev: Ref): Ref {
    // A getter is user code, so it is not called.
    if (lookupGetter.call(fields, name) !== undefined) return this.#opaque('getter', name);
    return this.#ref(fields[name], prev, name);
  }

  #list(value: readonly unknown[], prev: Shadow | undefined, key: string | undefined): Ref {
    const length = value.length;
    if (length > 4096 && isSparse(value)) return this.#sparse(value, key);
    const reason = this.#exceeded();
    if (reason !== undefined) return this.#cutContainer(reason, 'Array', length);
    const open = this.#open;
    open.push(value);
    const usable = prev !== undefined && prev.epoch !== this.#epoch;
    const known = usable ? prev.kids : [];
    const knownCount = usable ? prev.count : 0;
    let at = 0;
    let changed: Ref;
    let differs = false;
    for (; at < length && at < knownCount; at++) {
      const ref = this.#item(value, at, known[at], key);
      if (ref !== known[at]) {
        changed = ref;
        differs = true;
        break;
      }
    }
    if (usable && !differs && at === length && at === knownCount) {
      open.pop();
      return this.#reuse(prev, value);
    }
    const shared = at;
    let kids: Ref[];
    // A list that goes on where the last one ended continues its array: the shorter one looks no further than `count`.
    if (usable && shared === knownCount && known.length === knownCount) kids = known;
    else kids = known.slice(0, shared);
    if (differs) {
      kids.push(changed);
      at++;
    }
    for (; at < length; at++) kids.push(this.#item(value, at, at < knownCount ? known[at] : undefined, key));
    open.pop();
    const shadow = new Shadow(NodeKind.list, ++this.#nodes);
    shadow.kids = kids;
    shadow.count = length;
    const base = usable && shared >= MIN_SHARED_ITEMS ? prev : undefined;
    this.#sink.list(base === undefined ? 0 : base.node, base === undefined ? 0 : shared, kids, length);
    this.#measure(shadow, 1);
    const sharedBlocks = Math.floor(shared / LIST_BLOCK);
    const folds = usable && prev.folds !== undefined ? (prev.folds.length <= sharedBlocks ? prev.folds : prev.folds.slice(0, sharedBlocks)) : [];
    shadow.folds = folds;
    digestList(shadow, folds);
    this.#remember(value, shadow);
    return shadow;
  }

  #item(list: readonly unknown[], index: number, prev: Ref, key: string | undefined): Ref {
    if (lookupGetter.call(list, index) !== undefined) return this.#opaque('getter', String(index));
    const value = list[index];
    if (value === undefined && !Object.hasOwn(list, index)) return HOLE;
    return this.#ref(value, prev, key);
  }

  #sparse(value: readonly unknown[], key: string | undefined): Ref {
    this.#open.push(value);
    const entries: Ref[] = [];
    for (const name of Object.keys(value)) {
      const index = Number(name);
      if (!Number.isInteger(index)) continue;
      entries.push(index, this.#ref(value[index], undefined, key));
    }
    this.#open.pop();
    return this.#composite({ kind: NodeKind.sparse, length: value.length, entries }, [value.length], entries, value);
  }

  #exotic(value: object, exotic: Exclude<ReturnType<typeof describeExotic>, { kind: 'instance' }>, prev: Shadow | undefined, key: string | undefined): Ref {
    switch (exotic.kind) {
      case 'date':
        if (prev?.kind === NodeKind.date && Object.is(prev.raw, exotic.millis) && prev.epoch !== this.#epoch) return this.#reuse(prev, value);
        return this.#leaf({ kind: NodeKind.date, millis: exotic.millis }, [exotic.millis], 8, exotic.millis, value);
      case 'bytes': {
        if (
          prev?.kind === NodeKind.bytes &&
          prev.className === exotic.type &&
          prev.epoch !== this.#epoch &&
          Buffer.compare(prev.raw as Uint8Array, exotic.data) === 0
        )
          return this.#reuse(prev, value);
        if (exotic.data.length > this.#limits.maxTextBytes)
          return this.#truncated(
            { kind: NodeKind.truncated, reason: 'bytes', type: exotic.type, size: exotic.data.length, digest: Buffer.from(sha256(exotic.data), 'latin1'), head: '' },
            `${exotic.type} of ${exotic.data.length} bytes was cut`,
          );
        const data = Uint8Array.prototype.slice.call(exotic.data);
        const shadow = this.#leaf({ kind: NodeKind.bytes, type: exotic.type, data }, [exotic.type, data], data.length, data, value);
        shadow.className = exotic.type;
        return shadow;
      }
      case 'regexp':
        return this.#leaf(
          { kind: NodeKind.regexp, source: exotic.source, flags: exotic.flags, lastIndex: exotic.lastIndex },
          [exotic.source, exotic.flags, exotic.lastIndex],
          exotic.source.length,
          undefined,
          value,
        );
      case 'boxed': {
        const ref = this.#ref(exotic.value, undefined, key);
        return this.#composite({ kind: NodeKind.boxed, value: ref }, [], [ref], value);
      }
      case 'map':
      case 'set': {
        const reason = this.#exceeded();
        if (reason !== undefined) return this.#cutContainer(reason, exotic.kind, exotic.items.length);
        this.#open.push(value);
        const items = exotic.items.map((item) => this.#ref(item, undefined, key));
        this.#open.pop();
        return this.#composite({ kind: exotic.kind === 'map' ? NodeKind.map : NodeKind.set, items }, [], items, value);
      }
      case 'error':
        return this.#error(value, exotic);
      case 'coded': {
        this.#open.push(value);
        const ref = this.#ref(exotic.value, undefined, key);
        this.#open.pop();
        return this.#composite({ kind: NodeKind.coded, codec: exotic.codec, value: ref }, [exotic.codec], [ref], value);
      }
      case 'opaque':
        return this.#opaque(exotic.type, exotic.detail);
      case 'truncated': {
        const { mark } = exotic;
        return this.#truncated(
          { kind: NodeKind.truncated, reason: mark.reason, type: mark.type, size: mark.size, digest: mark.digest === undefined ? undefined : Buffer.from(mark.digest, 'hex'), head: mark.head },
          `${mark.type} was cut (${mark.reason})`,
        );
      }
    }
  }

  #error(value: object, exotic: Extract<ReturnType<typeof describeExotic>, { kind: 'error' }>): Ref {
    const reason = this.#exceeded();
    if (reason !== undefined) return this.#cutContainer(reason, exotic.className, 1);
    this.#open.push(value);
    const message = this.#ref(exotic.message, undefined, 'message');
    const stack = this.#ref(exotic.stack, undefined, 'stack');
    const cause = exotic.cause === undefined ? undefined : { ref: this.#ref(exotic.cause.value, undefined, 'cause') };
    const errors = exotic.errors === undefined ? undefined : { ref: this.#ref(exotic.errors.value, undefined, 'errors') };
    const properties: Ref[] = [];
    for (const [name, field] of exotic.properties) {
      properties.push(this.#ref(name, undefined, undefined), this.#ref(field, undefined, name));
    }
    this.#open.pop();
    // The stack is data about where it was thrown, not part of what was thrown.
    const kids: Ref[] = [message, cause === undefined ? HOLE : cause.ref, errors === undefined ? HOLE : errors.ref, ...properties];
    return this.#composite({ kind: NodeKind.error, className: exotic.className, message, stack, cause, errors, properties }, [exotic.className], kids, value);
  }

  #reuse(shadow: Shadow, value: object): Shadow {
    shadow.source = value;
    shadow.epoch = this.#epoch;
    this.#reused.push(shadow);
    return shadow;
  }

  #opaque(type: string, detail: string): Shadow {
    const shadow = this.#leaf({ kind: NodeKind.opaque, type, detail }, [type, detail], type.length + detail.length);
    shadow.opaque = [`a ${type}${detail === '' ? '' : ` (${detail})`} was not stored`];
    return shadow;
  }

  #cutContainer(reason: TruncationReason, type: string, size: number): Shadow {
    return this.#truncated({ kind: NodeKind.truncated, reason, type, size, digest: undefined, head: '' }, `${type} of ${size} entries was cut (${reason})`);
  }

  #truncated(node: Extract<OtherNode, { kind: typeof NodeKind.truncated }>, why: string): Shadow {
    const shadow = this.#leaf(node, [node.reason, node.type, node.size, node.digest ?? new Uint8Array(0)], node.size);
    shadow.cut = [why];
    return shadow;
  }

  #leaf(node: OtherNode, facts: readonly (string | number | Uint8Array)[], size: number, raw?: unknown, value?: object): Shadow {
    const shadow = new Shadow(node.kind, ++this.#nodes);
    shadow.raw = raw;
    shadow.size = size;
    this.#sink.other(node);
    digestParts(shadow, facts, []);
    if (value !== undefined) this.#remember(value, shadow);
    return shadow;
  }

  #composite(node: OtherNode, facts: readonly (string | number | Uint8Array)[], kids: Ref[], value: object): Shadow {
    const shadow = new Shadow(node.kind, ++this.#nodes);
    shadow.kids = kids;
    shadow.count = kids.length;
    this.#sink.other(node);
    this.#measure(shadow, 1);
    digestParts(shadow, facts, kids);
    this.#remember(value, shadow);
    return shadow;
  }

  #remember(value: object, shadow: Shadow): void {
    shadow.source = value;
    shadow.epoch = this.#epoch;
    this.#made.set(value, shadow);
  }

  #measure(shadow: Shadow, own: number): void {
    const { kids, count } = shadow;
    let size = own;
    for (let index = 0; index < count; index++) {
      const kid = kids[index] as Ref;
      size += sizeOfRef(kid);
      if (kid instanceof Shadow) {
        if (kid.cut !== undefined) shadow.cut = merge(shadow.cut, kid.cut);
        if (kid.opaque !== undefined) shadow.opaque = merge(shadow.opaque, kid.opaque);
      }
    }
    shadow.size = size;
  }

  #shape(keys: readonly string[]): Shape {
    let step = this.#shapes;
    for (const key of keys) {
      let next = step.next.get(key);
      if (next === undefined) {
        next = { next: new Map(), shape: undefined };
        step.next.set(key, next);
      }
      step = next;
    }
    if (step.shape === undefined) {
      const sorted = keys.map((_, position) => position);
      sorted.sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
      this.#sink.shape(keys);
      step.shape = { node: ++this.#nodes, keys, sorted };
    }
    return step.shape;
  }
}

/**
 * Own enumerable string keys of a plain object. When they are the known ones, the known array itself is given back,
 * which saves making one for each object of a long conversation.
 */
function ownKeys(fields: object, known: readonly string[]): readonly string[] {
  let at = 0;
  for (const name in fields) if (known[at++] !== name) return Object.keys(fields);
  return at === known.length ? known : Object.keys(fields);
}

/** Reasons that are listed of one value; more of them say nothing more. */
const MAX_REASONS = 16;

function merge(reasons: readonly string[] | undefined, more: readonly string[]): readonly string[] {
  if (reasons === undefined) return more;
  if (reasons.length >= MAX_REASONS) return reasons;
  const added = more.filter((reason) => !reasons.includes(reason));
  return added.length === 0 ? reasons : [...reasons, ...added].slice(0, MAX_REASONS);
}

function countKeys(value: object): number {
  return Object.keys(value).length;
}

function functionName(value: unknown): string {
  // The traps of a proxy are user code.
  if (types.isProxy(value)) return '';
  const name = Object.getOwnPropertyDescriptor(value as object, 'name')?.value;
  return typeof name === 'string' ? name : '';
}

/** Whether a long array is mostly holes, so that walking its length would be endless work. */
function isSparse(value: readonly unknown[]): boolean {
  return Object.keys(value).length < value.length / 2;
}
