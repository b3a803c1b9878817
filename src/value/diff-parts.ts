// What a value consists of, as a diff sees it: the same view of it that the fingerprint takes, so that two values have
// equal parts exactly when their fingerprints are equal. Nothing here calls code of the value.

import { hash } from 'node:crypto';
import { types } from 'node:util';
import { encodeByCodec } from './codecs.js';
import type { Budget } from './diff-budget.js';
import { countIndexes, describeExotic, type Dress, dressOfArray, dressOfBuiltIn, type Exotic, hasHiddenState, isPlainPrototype, Opaque } from './exotic.js';
import { isGetter } from './getter.js';

/** Stands for a place of a list that holds nothing, which is not the same as one that holds `undefined`. */
export const HOLE: unique symbol = Symbol('hole');

/**
 * The parts of a value. `type` is what people call it; `key` is equal for equal leaves and only for those.
 *
 * - `fields`: named parts. Their order counts only where `ordered` says so.
 * - `wrap`: one value in a thin shell, such as a URL or a boxed number.
 * - `sparse`: a long list of mostly holes, by its filled places.
 */
export type Parts =
  | { readonly kind: 'leaf'; readonly type: string; readonly key: string }
  | { readonly kind: 'text'; readonly type: string; readonly text: string }
  | { readonly kind: 'list'; readonly type: string; readonly items: readonly unknown[] }
  | { readonly kind: 'sparse'; readonly type: string; readonly length: number; readonly names: readonly string[]; readonly values: readonly unknown[] }
  | { readonly kind: 'map'; readonly type: string; readonly items: readonly unknown[] }
  | { readonly kind: 'set'; readonly type: string; readonly items: readonly unknown[] }
  | { readonly kind: 'wrap'; readonly type: string; readonly value: unknown }
  | Fields;

/** See `Parts`. */
export interface Fields {
  readonly kind: 'fields';
  readonly tag: 'object' | 'instance' | 'error';
  readonly type: string;
  readonly names: readonly string[];
  readonly values: readonly unknown[];
  readonly ordered: boolean;
}

/** What stands for the parts that the budget did not reach. */
const UNREAD: Parts = { kind: 'leaf', type: 'unread', key: 'unread' };

/** Lists from this length on are asked whether they are mostly holes: `new Array(4e9)` is one. */
const MIN_SPARSE_LENGTH = 100_000;
const SPARSE_SAMPLES = 1_000;

/** Lists up to this length are asked for fields beside their items. */
const MAX_NAMED_ITEMS = 100_000;

/** Says what a value consists of. Never throws. Where the budget ends, what it says means nothing. */
export function partsOf(value: unknown, budget: Budget): Parts {
  switch (typeof value) {
    case 'string':
      return { kind: 'text', type: 'string', text: value };
    case 'number':
      return { kind: 'leaf', type: 'number', key: numberKey(value) };
    case 'boolean':
      return { kind: 'leaf', type: 'boolean', key: `b${value}` };
    case 'undefined':
      return { kind: 'leaf', type: 'undefined', key: 'undefined' };
    case 'bigint':
      return { kind: 'leaf', type: 'bigint', key: `i${value}` };
    case 'symbol':
      return value === HOLE ? { kind: 'leaf', type: 'hole', key: 'hole' } : opaque('symbol', value.description ?? '');
    case 'function':
      return opaque('function', functionName(value));
    case 'object':
      if (value === null) return { kind: 'leaf', type: 'null', key: 'null' };
      try {
        return partsOfObject(value, budget);
      } catch {
        // A prototype that is a proxy can throw in the middle of a look at it. What cannot be looked at is a leaf.
        return opaque('unreadable', '');
      }
  }
}

function partsOfObject(value: object, budget: Budget): Parts {
  if (types.isProxy(value)) return opaque('Proxy', '');
  const prototype: object | null = Object.getPrototypeOf(value);
  const encoded = encodeByCodec(value, prototype);
  if (encoded !== undefined) return { kind: 'wrap', type: encoded.codec.name, value: encoded.value };
  if (Array.isArray(value)) return partsOfArray(value, budget);
  if (prototype === Bare.prototype) return (value as Bare).parts;
  // A built-in whose prototype was replaced looks plain and shows no field.
  const plain = isPlainPrototype(prototype) && !(Object.keys(value).length === 0 && hasHiddenState(value));
  if (plain) return fieldsOf(value, 'object', prototype === null ? 'Object without prototype' : 'Object', budget);
  const exotic = describeExotic(value, prototype);
  if (exotic.kind === 'instance' || exotic.kind === 'error' || exotic.kind === 'opaque' || exotic.kind === 'truncated')
    return partsOfExotic(value, exotic, budget);
  const dress = dressOfBuiltIn(value, prototype, exotic);
  const parts = partsOfExotic(value, exotic, budget);
  return dress === undefined ? parts : partsOfDressed(value, dress, parts);
}

/** The built-in inside of a value that has a class or fields of its own. */
class Bare {
  readonly parts: Parts;
  constructor(parts: Parts) {
    this.parts = parts;
  }
}

function partsOfDressed(value: object, dress: Dress, bare: Parts): Parts {
  return {
    kind: 'fields',
    tag: 'instance',
    type: dress.className ?? `${bare.type} with fields`,
    names: ['[value]', ...dress.names],
    values: [new Bare(bare), ...dress.names.map((name) => fieldAt(value, name))],
    ordered: false,
  };
}

function fieldAt(value: object, name: string): unknown {
  return isGetter(value, name) ? new Opaque('getter', name) : (value as Record<string, unknown>)[name];
}

function partsOfExotic(value: object, exotic: Exotic, budget: Budget): Parts {
  switch (exotic.kind) {
    case 'instance':
      // A class called Object is not what people mean by an Object.
      return fieldsOf(value, 'instance', exotic.className === 'Object' ? 'class Object' : exotic.className, budget);
    case 'date':
      return { kind: 'leaf', type: 'Date', key: `date:${exotic.millis}` };
    case 'bytes':
      if (!budget.spendBytes(exotic.data.length)) return UNREAD;
      return { kind: 'leaf', type: exotic.type, key: leafKey('bytes', exotic.type, String(exotic.data.length), hash('sha256', exotic.data, 'hex')) };
    case 'regexp':
      return { kind: 'leaf', type: 'RegExp', key: leafKey('regexp', exotic.source, exotic.flags, numberKey(exotic.lastIndex)) };
    case 'boxed':
      return { kind: 'wrap', type: 'boxed value', value: exotic.value };
    case 'coded':
      return { kind: 'wrap', type: exotic.codec, value: exotic.value };
    case 'map':
      if (!budget.spend(exotic.items.length >> 3)) return UNREAD;
      return { kind: 'map', type: 'Map', items: exotic.items };
    case 'set':
      if (!budget.spend(exotic.items.length >> 3)) return UNREAD;
      return { kind: 'set', type: 'Set', items: exotic.items };
    case 'error':
      return partsOfError(exotic);
    case 'opaque':
      return opaque(exotic.type, exotic.detail);
    case 'truncated': {
      const { reason, type, size, digest } = exotic.mark;
      return { kind: 'leaf', type, key: leafKey('truncated', reason, type, String(size), digest ?? '') };
    }
  }
}

/** The stack is where an error was thrown, not what was thrown. */
function partsOfError(exotic: Extract<Exotic, { kind: 'error' }>): Fields {
  const names = ['message'];
  const values: unknown[] = [exotic.message];
  if (exotic.cause !== undefined) {
    names.push('cause');
    values.push(exotic.cause.value);
  }
  if (exotic.errors !== undefined) {
    names.push('errors');
    values.push(exotic.errors.value);
  }
  for (const [name, value] of exotic.properties) {
    names.push(name);
    values.push(value);
  }
  return { kind: 'fields', tag: 'error', type: exotic.className, names, values, ordered: false };
}

function partsOfArray(list: readonly unknown[], budget: Budget): Parts {
  const bare = partsOfList(list, budget);
  // The names of a long list cost more than the few others that it may have are worth.
  if (list.length > MAX_NAMED_ITEMS && bare.kind !== 'sparse') return bare;
  const names = Object.keys(list);
  const dress = dressOfArray(list, names, countIndexes(names, list.length));
  return dress === undefined ? bare : partsOfDressed(list, dress, bare);
}

function partsOfList(list: readonly unknown[], budget: Budget): Parts {
  const { length } = list;
  if (length >= MIN_SPARSE_LENGTH && isMostlyHoles(list)) {
    const names = Object.keys(list).filter((name) => String(Number(name) >>> 0) === name);
    if (!budget.spend(names.length >> 3)) return UNREAD;
    return { kind: 'sparse', type: 'Array', length, names, values: names.map((name) => itemAt(list, Number(name))) };
  }
  if (!budget.spend(length >> 3)) return UNREAD;
  const items: unknown[] = [];
  for (let index = 0; index < length; index++) items.push(itemAt(list, index));
  return { kind: 'list', type: 'Array', items };
}

function itemAt(list: readonly unknown[], index: number): unknown {
  // A hole reads through to the prototype, which may hold anything.
  if (!Object.hasOwn(list, index)) return HOLE;
  return isGetter(list, index) ? new Opaque('getter', String(index)) : list[index];
}

function isMostlyHoles(list: readonly unknown[]): boolean {
  const step = Math.floor(list.length / SPARSE_SAMPLES);
  let holes = 0;
  for (let sample = 0; sample < SPARSE_SAMPLES; sample++) if (!Object.hasOwn(list, sample * step)) holes++;
  return holes > SPARSE_SAMPLES / 2;
}

function fieldsOf(value: object, tag: 'object' | 'instance', type: string, budget: Budget): Parts {
  const names = Object.keys(value);
  if (!budget.spend(names.length >> 3)) return UNREAD;
  const values: unknown[] = [];
  for (const name of names) values.push(fieldAt(value, name));
  return { kind: 'fields', tag, type, names, values, ordered: false };
}

function opaque(type: string, detail: string): Parts {
  return { kind: 'leaf', type, key: leafKey('opaque', type.toWellFormed(), detail.toWellFormed()) };
}

function functionName(value: object): string {
  // A proxy's traps are user code.
  if (types.isProxy(value)) return '';
  const name: unknown = Object.getOwnPropertyDescriptor(value, 'name')?.value;
  return typeof name === 'string' ? name : '';
}

function numberKey(value: number): string {
  return Object.is(value, -0) ? 'n-0' : `n${value}`;
}

function leafKey(...facts: readonly string[]): string {
  return JSON.stringify(facts);
}
