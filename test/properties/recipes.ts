// Random values of every kind, with shared parts and cycles. A recipe is plain data, so that one value can be built
// any number of times.

import fc from 'fast-check';

export class Order {}
export class Message {}
class Messages extends Array<unknown> {}
class Registry extends Map<unknown, unknown> {}
export class AgentError extends Error {}
class NamedError extends Error {
  override name = 'NamedError';
}

export const KINDS = [
  'object',
  'object',
  'object',
  'object',
  'null',
  'instance',
  'array',
  'array',
  'array',
  'holes',
  'sparse',
  'map',
  'set',
  'error',
  'aggregate',
  'domexception',
  'date',
  'regexp',
  'bytes',
  'boxed',
  'url',
  'web',
  'function',
  'symbol',
  'getter',
  'proxy',
  'promise',
  'subarray',
  'extras',
  'submap',
] as const;
export type Kind = (typeof KINDS)[number];
export const PLAIN_KINDS: readonly Kind[] = ['object', 'array', 'null'];

/** A primitive, or the node of that number (counted round). */
export type Part = { readonly primitive: unknown } | { readonly node: number };

export interface NodeRecipe {
  readonly kind: Kind;
  readonly variant: number;
  readonly fields: readonly (readonly [string, Part])[];
  readonly items: readonly Part[];
}

/** Nodes of which the first is the root. */
export type Recipe = readonly NodeRecipe[];

const LONG = 'A long text, such as a message of a conversation that comes back in each call. '.repeat(8);

export const TEXTS: readonly string[] = [
  '',
  'a',
  'role',
  'x'.repeat(40),
  'x'.repeat(41),
  'é'.repeat(20),
  'é'.repeat(21),
  'é'.repeat(40),
  '\ud800',
  `${'y'.repeat(45)}\udc00`,
  '\ud83d\ude00',
  '\ude00\ud83d',
  '\u0000',
  LONG,
  `${LONG}!`,
  LONG.toUpperCase(),
  '[REDACTED]',
];
export const KEYS: readonly string[] = [
  'a',
  'b',
  'c',
  'role',
  'content',
  'index',
  'input',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toJSON',
  'then',
  'length',
  'name',
  'message',
  '0',
  '1',
  '10',
  '-1',
  '',
  '\ud800',
  'é',
  'k'.repeat(60),
  'item',
  'stack',
  'cause',
];
export const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53,
  -(2 ** 53),
  2 ** 52,
  5e-324,
  1e308,
  2 ** 31,
  -(2 ** 31),
];

export const primitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false),
  fc.constantFrom(...TEXTS),
  fc.constantFrom(...NUMBERS),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.double(),
  fc.bigInt(),
  fc.constantFrom(0n, -1n, 10n ** 40n),
);

export function part(acyclic: boolean): fc.Arbitrary<Part> {
  const reference = fc.record({ node: fc.nat({ max: acyclic ? 1_000 : 7 }) });
  return fc.oneof({ arbitrary: fc.record({ primitive }), weight: 2 }, { arbitrary: reference, weight: 3 });
}

/** Recipes of values. Acyclic ones refer to later nodes alone. */
export function recipe(options: { readonly kinds?: readonly Kind[]; readonly acyclic?: boolean; readonly maxNodes?: number } = {}): fc.Arbitrary<Recipe> {
  const acyclic = options.acyclic ?? false;
  const node: fc.Arbitrary<NodeRecipe> = fc.record({
    kind: fc.constantFrom(...(options.kinds ?? KINDS)),
    variant: fc.nat({ max: 30 }),
    fields: fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), part(acyclic)), { maxLength: 6, selector: ([name]) => name }),
    items: fc.array(part(acyclic), { maxLength: 8 }),
  });
  return fc.array(node, { minLength: 1, maxLength: options.maxNodes ?? 8 });
}

const BYTES = Uint8Array.from({ length: 64 }, (_, index) => index * 7);
const BUFFER_KINDS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

function makeBytes(variant: number): object {
  const length = (variant % 3) * 16;
  const buffer = BYTES.slice(0, length).buffer;
  const maker = BUFFER_KINDS[variant % 15];
  if (maker !== undefined) return new maker(buffer);
  switch (variant % 15) {
    case 11:
      return Buffer.from(buffer);
    case 12:
      return buffer;
    case 13:
      return new DataView(buffer);
    default: {
      const shared = new SharedArrayBuffer(length);
      new Uint8Array(shared).set(BYTES.subarray(0, length));
      return shared;
    }
  }
}

function makeBoxed(variant: number): object {
  return Object([1, -0, 'text', 'a boxed text that is longer than forty characters', true, 12n, Number.NaN][variant % 7]);
}

const noop = (): void => {};

function makeFunction(variant: number): unknown {
  switch (variant % 4) {
    case 0:
      return noop;
    case 1:
      return class Tool {};
    case 2:
      return async function fetchPage() {};
    default:
      return new Proxy(noop, {});
  }
}

function makeError(variant: number): Error {
  switch (variant % 5) {
    case 0:
      return new Error('failed');
    case 1:
      return new TypeError('failed');
    case 2:
      return new AgentError('failed');
    case 3:
      return new NamedError('failed');
    default: {
      const error = new AgentError('a message that is longer than forty characters, so that it has a node of its own');
      Object.defineProperty(error, 'name', { value: 'Other', configurable: true });
      return error;
    }
  }
}

function shell({ kind, variant, fields }: NodeRecipe): unknown {
  switch (kind) {
    case 'object':
      return {};
    case 'null':
      return Object.create(null);
    case 'instance':
      return variant % 2 === 0 ? new Order() : new Message();
    case 'getter':
      return {};
    case 'array':
    case 'holes':
    case 'extras':
      return [];
    case 'sparse': {
      const sparse: unknown[] = [];
      sparse.length = 5_000 + variant;
      return sparse;
    }
    case 'subarray':
      return new Messages();
    case 'map':
      return new Map();
    case 'submap':
      return new Registry();
    case 'set':
      return new Set();
    case 'error':
      return makeError(variant);
    case 'aggregate':
      return new AggregateError([], 'several');
    case 'domexception':
      return new DOMException('aborted', variant % 2 === 0 ? 'AbortError' : 'Error');
    case 'date':
      return new Date([0, 1_764_025_200_000, Number.NaN, -1][variant % 4] as number);
    case 'regexp': {
      const regexp = [/a+/g, /\ud800/, /x/dgimsuy, new RegExp('\ud800'), /(?:)/][variant % 5] as RegExp;
      const own = new RegExp(regexp.source, regexp.flags);
      own.lastIndex = [0, 3, -1, 1.5, 2 ** 40][variant % 5] as number;
      return own;
    }
    case 'bytes':
      return makeBytes(variant);
    case 'boxed':
      return makeBoxed(variant);
    case 'url':
      return new URL(`https://example.test/${variant % 3}?q=${fields.length}`);
    case 'web':
      return makeWeb(variant);
    case 'function':
      return makeFunction(variant);
    case 'symbol':
      return Symbol(['', 'mark', 'a'.repeat(50)][variant % 3]);
    case 'proxy':
      return new Proxy({}, {});
    case 'promise':
      return Promise.resolve();
  }
}

const PAIRS: readonly [string, string][] = [
  ['b', '1'],
  ['a', ''],
  ['b', 'x'.repeat(60)],
  ['set-cookie', 'one=1'],
  ['set-cookie', 'two=2'],
  ['__proto__', 'p'],
  ['10', 'n'],
];

function makeWeb(variant: number): object {
  const pairs = PAIRS.slice(variant % 4, (variant % 4) + (variant % 5));
  switch (variant % 3) {
    case 0:
      return new URLSearchParams(pairs);
    case 1:
      return new Headers(pairs);
    default: {
      const form = new FormData();
      for (const [name, value] of pairs) form.append(name, value);
      return form;
    }
  }
}

const FIELD_KINDS: ReadonlySet<Kind> = new Set(['object', 'null', 'instance', 'getter', 'subarray', 'extras', 'submap']);
const ITEM_KINDS: ReadonlySet<Kind> = new Set(['array', 'subarray', 'extras']);

function setField(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Builds the value that a recipe tells: the same one each time, of new objects. */
export function build(nodes: Recipe, acyclic = false): unknown {
  const made = nodes.map(shell);
  const valueOf = (one: Part, from: number): unknown => {
    if ('primitive' in one) return one.primitive;
    if (!acyclic) return made[one.node % made.length];
    const later = made.length - from - 1;
    return later === 0 ? null : made[from + 1 + (one.node % later)];
  };
  for (const [index, node] of nodes.entries()) {
    const target = made[index] as object;
    const items = node.items.map((item) => valueOf(item, index));
    if (ITEM_KINDS.has(node.kind)) (target as unknown[]).push(...items);
    if (FIELD_KINDS.has(node.kind)) {
      for (const [name, field] of node.fields) {
        // An array's items and length are its own.
        if (Array.isArray(target) && (name === 'length' || /^\d+$/.test(name))) continue;
        setField(target, name, valueOf(field, index));
      }
    }
    switch (node.kind) {
      case 'getter':
        for (const [at, [name]] of node.fields.entries()) {
          if (at % 2 === 0)
            Object.defineProperty(target, name, {
              get: () => {
                throw new Error('a getter was called');
              },
              enumerable: true,
              configurable: true,
            });
        }
        break;
      case 'holes':
        for (const [at, item] of items.entries()) (target as unknown[])[at * 2] = item;
        break;
      case 'sparse':
        for (const [at, item] of items.entries()) (target as unknown[])[at * 37] = item;
        break;
      case 'map':
      case 'submap':
        for (let at = 0; at + 1 < items.length; at += 2) (target as Map<unknown, unknown>).set(items[at], items[at + 1]);
        break;
      case 'set':
        for (const item of items) (target as Set<unknown>).add(item);
        break;
      case 'aggregate':
        Object.defineProperty(target, 'errors', { value: items, writable: true, enumerable: false, configurable: true });
        break;
      case 'error':
        if (items.length > 0) Object.defineProperty(target, 'cause', { value: items[0], writable: true, enumerable: false, configurable: true });
        for (const [name, field] of node.fields)
          if (!['message', 'stack', 'cause', 'errors', 'name'].includes(name)) setField(target, name, valueOf(field, index));
    }
  }
  return made[0];
}

/** Seed of the random tests: printed, and fixed so that a failure comes again. `CHRONICLE_TEST_SEED` asks for another. */
export const SEED = Number(process.env.CHRONICLE_TEST_SEED ?? 20_260_728);
/** How many times as many runs as usual. */
const FACTOR = Number(process.env.CHRONICLE_TEST_RUNS ?? 1);

export function runs<T>(count: number): fc.Parameters<T> {
  return { seed: SEED, numRuns: Math.max(1, Math.round(count * FACTOR)) };
}
