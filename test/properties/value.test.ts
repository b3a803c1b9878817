// Any value is stored as it is, and its digest says what it is: whatever was captured before, however it is shared,
// and in whatever order its keys stand.

import { isDeepStrictEqual, types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffValues, fingerprint, previewOf, toJson } from '../../src/value/index.js';
import { build, KEYS, Message, Order, type Part, part, PLAIN_KINDS, recipe, type Recipe, runs, SEED } from './recipes.js';
import { referenceDigest } from './reference-digest.js';
import { Recorder, roundTrip } from './round-trip.js';
import { copy, difference } from './structure.js';

console.log(`seed ${SEED} (CHRONICLE_TEST_SEED)`);

const digestOf = (value: unknown): string => fingerprint(value).digest;
const hex = (digest: string): string => `sha256:${digest}`;

describe('a value', () => {
  it('comes back as it was, and leaves no trace on the original', () => {
    fc.assert(
      fc.property(recipe(), (nodes) => {
        const value = build(nodes);
        const before = copy(value);
        const { decoded, captured } = roundTrip(value);
        expect(difference(value, decoded)).toBe(undefined);
        expect(difference(before, value)).toBe(undefined);
        expect(captured.incomplete).toEqual([]);
      }),
      runs(600),
    );
  });

  it('has the digest of its definition, and so has what comes back', () => {
    fc.assert(
      fc.property(recipe(), (nodes) => {
        const value = build(nodes);
        const { decoded, captured } = roundTrip(value);
        expect(hex(captured.digestHex)).toBe(referenceDigest(value));
        expect(digestOf(decoded)).toBe(hex(captured.digestHex));
      }),
      runs(600),
    );
  });

  it('has its digest and its size when it is read, beside whatever else was recorded', () => {
    fc.assert(
      fc.property(fc.array(recipe(), { minLength: 1, maxLength: 5 }), (all) => {
        const values = all.map((nodes) => build(nodes));
        const recorder = new Recorder();
        // Twice: then most of the second is what the first has.
        for (const [index, value] of [...values, ...values].entries()) recorder.record(copy(value), `slot ${index % 2}`);
        recorder.close();
        for (const [index, { input }] of recorder.envelopes().entries()) {
          const { digest, size } = fingerprint(values[index % values.length]);
          expect([input.digest, input.size]).toEqual([digest, size]);
        }
      }),
      runs(400),
    );
  });

  it('has one digest in whatever order its keys stand, shared or not', () => {
    fc.assert(
      fc.property(recipe({ acyclic: true }), (nodes) => {
        const value = build(nodes, true);
        const digest = digestOf(value);
        expect(digestOf(copy(value, { reversed: true }))).toBe(digest);
        expect(digestOf(copy(value, { unshared: true }))).toBe(digest);
      }),
      runs(400),
    );
  });

  it('has one digest in whatever order its keys stand where it has cycles, however much of it is unrolled', () => {
    fc.assert(
      fc.property(recipe({ maxNodes: 5 }), fc.nat({ max: 6 }), (nodes, unrolled) => {
        const value = build(nodes);
        const digest = digestOf(value);
        expect(digestOf(copy(value, { reversed: true }))).toBe(digest);
        expect(digestOf(copy(value, { unrolled }))).toBe(digest);
        expect(diffValues(value, copy(value, { reversed: true, unrolled }))).toEqual([]);
      }),
      runs(600),
    );
  });

  it('has the digest of another exactly when the two are equal', () => {
    const pair = fc.tuple(recipe({ kinds: PLAIN_KINDS, acyclic: true, maxNodes: 4 }), recipe({ kinds: PLAIN_KINDS, acyclic: true, maxNodes: 4 }));
    let equal = 0;
    fc.assert(
      fc.property(fc.oneof(pair, closePair), ([one, two]) => {
        const a = build(one, true);
        const b = build(two, true);
        const same = isDeepStrictEqual(a, b);
        if (same) equal++;
        expect(digestOf(a) === digestOf(b)).toBe(same);
        expect(diffValues(a, b).length === 0).toBe(same);
      }),
      runs(1_200),
    );
    expect(equal).toBeGreaterThan(20);
  });

  it('has the digest of its structured clone', () => {
    const kinds = ['object', 'array', 'holes', 'sparse', 'map', 'set', 'date', 'bytes', 'boxed'] as const;
    fc.assert(
      fc.property(recipe({ kinds }), (nodes) => {
        const value = build(nodes);
        // A Buffer is cloned into a Uint8Array, shared memory is not cloned, and nothing else is of those kinds.
        const cloned = cloneOf(value);
        if (cloned === undefined) return;
        expect(digestOf(cloned)).toBe(digestOf(value));
      }),
      runs(400),
    );
  });

  it('is never called: no getter, trap, method or iterator of it runs', () => {
    fc.assert(
      fc.property(recipe(), (nodes) => {
        const calls: string[] = [];
        const value = rig(build(nodes), calls);
        const { decoded, captured } = roundTrip(value);
        expect(captured.incomplete).toEqual([]);
        previewOf(value, 2_000);
        toJson(value);
        diffValues(decoded, value);
        expect(calls).toEqual([]);
      }),
      runs(400),
    );
  });
});

/** Two recipes that differ in little, or in nothing. */
const closePair: fc.Arbitrary<[Recipe, Recipe]> = fc
  .tuple(recipe({ kinds: PLAIN_KINDS, acyclic: true, maxNodes: 4 }), fc.nat(), fc.nat(), part(true))
  .map(([nodes, which, field, other]) => {
    const at = which % nodes.length;
    const changed = nodes.map((node, index) =>
      index === at && node.fields.length > 0
        ? { ...node, fields: node.fields.map((entry, place) => (place === field % node.fields.length ? ([entry[0], other] as const) : entry)) }
        : node,
    );
    return [nodes, changed];
  });

function cloneOf(value: unknown): unknown {
  try {
    const cloned = deserialize(serialize(value));
    return difference(value, cloned) === undefined ? cloned : undefined;
  } catch {
    return undefined;
  }
}

/** Sets traps wherever a careless reader of a value would step. */
function rig(value: unknown, calls: string[]): unknown {
  const seen = new Set<object>();
  const trap = (name: string) => (): never => {
    calls.push(name);
    throw new Error(`${name} was called`);
  };
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null || seen.has(one)) return;
    seen.add(one);
    try {
      for (const item of one instanceof Map ? [...Map.prototype.entries.call(one)].flat() : one instanceof Set ? [...Set.prototype.values.call(one)] : [])
        walk(item);
    } catch {
      return;
    }
    for (const name of Object.getOwnPropertyNames(one)) {
      const property = Object.getOwnPropertyDescriptor(one, name);
      if (property !== undefined && 'value' in property) walk(property.value);
    }
    if (ArrayBuffer.isView(one)) return;
    for (const name of [
      'toJSON',
      'valueOf',
      'toString',
      'inspect',
      'byteLength',
      'buffer',
      'flags',
      'global',
      'size',
      'href',
      'forEach',
      'getTime',
      'entries',
      'name2',
    ]) {
      if (Object.hasOwn(one, name)) continue;
      Object.defineProperty(one, name, { get: trap(`get ${name}`), enumerable: false, configurable: true });
    }
    for (const symbol of [
      Symbol.iterator,
      Symbol.asyncIterator,
      Symbol.toPrimitive,
      Symbol.toStringTag,
      Symbol.hasInstance,
      Symbol.species,
      Symbol.isConcatSpreadable,
      Symbol.for('nodejs.util.inspect.custom'),
    ]) {
      Object.defineProperty(one, symbol, { get: trap(`get ${String(symbol)}`), enumerable: false, configurable: true });
    }
  };
  walk(value);
  const handler = new Proxy({}, { get: (_, name) => trap(`trap ${String(name)}`) });
  const spring = new Proxy({}, handler);
  const onProxy = Object.create(spring as object, { own: { value: 1, enumerable: true } });
  const listOnProxy = [1, , 2];
  Object.setPrototypeOf(listOnProxy, spring as object);
  return { value, trap: spring, called: new Proxy(function named() {}, handler), onProxy, listOnProxy };
}

type Mutation = { readonly node: number; readonly how: number; readonly key: number; readonly at: number; readonly part: Part };

/** Changes one object of a pool in place, in one of the ways in which programs do. */
function mutate(pool: object[], { node, how, key, at, part: given }: Mutation): void {
  const target = pool[node % pool.length] as object;
  const name = KEYS[key % KEYS.length] as string;
  const value = 'primitive' in given ? given.primitive : pool[given.node % pool.length];
  const set = (own: object, field: string, to: unknown): void =>
    void Object.defineProperty(own, field, { value: to, writable: true, enumerable: true, configurable: true });
  if (Array.isArray(target)) {
    switch (how % 12) {
      case 0:
      case 1:
      case 2:
        target.push(value);
        return;
      case 3:
        target.unshift(value);
        return;
      case 4:
        target.splice(at % (target.length + 1), how % 3, value);
        return;
      case 5:
        target.pop();
        return;
      case 6:
        target.shift();
        return;
      case 7:
        if (target.length > 0) target[at % target.length] = value;
        return;
      case 8:
        if (target.length > 0) delete target[at % target.length];
        return;
      case 9:
        target.length = at % 6;
        return;
      case 10:
        for (let index = 0; index < 40; index++) target.push(index % 7 === 0 ? value : index);
        return;
      default:
        target.reverse();
        return;
    }
  }
  if (target instanceof Map) {
    if (how % 3 === 0) target.delete([...target.keys()][at % Math.max(1, target.size)]);
    else target.set(how % 2 === 0 ? name : value, value);
    return;
  }
  if (target instanceof Set) {
    if (how % 3 === 0) target.delete([...target][at % Math.max(1, target.size)]);
    else target.add(value);
    return;
  }
  if (ArrayBuffer.isView(target)) return;
  // The engine itself fails on errors whose name is made of anything else.
  if (types.isNativeError(target) && ['name', 'message', 'stack'].includes(name)) return;
  const names = Object.keys(target).filter((own) => own !== 'name' || !types.isNativeError(target));
  const existing = names[at % Math.max(1, names.length)];
  switch (how % 12) {
    case 0:
    case 1:
    case 2:
      set(target, name, value);
      return;
    case 3:
    case 4:
      if (existing !== undefined) set(target, existing, value);
      return;
    case 5:
      delete (target as Record<string, unknown>)[name];
      return;
    case 6:
      if (existing !== undefined) delete (target as Record<string, unknown>)[existing];
      return;
    case 7: {
      // The same fields in another order.
      if (existing === undefined) return;
      const kept = Object.getOwnPropertyDescriptor(target, existing) as PropertyDescriptor;
      delete (target as Record<string, unknown>)[existing];
      Object.defineProperty(target, existing, kept);
      return;
    }
    case 8:
      if (
        !types.isNativeError(target) &&
        !types.isDate(target) &&
        !ArrayBuffer.isView(target) &&
        !types.isAnyArrayBuffer(target) &&
        !types.isBoxedPrimitive(target) &&
        !(target instanceof URL)
      )
        Object.setPrototypeOf(target, [Object.prototype, Order.prototype, Message.prototype, null][at % 4] as object | null);
      return;
    case 9:
      if (existing !== undefined)
        Object.defineProperty(target, existing, {
          get: () => {
            throw new Error('a getter was called');
          },
          enumerable: true,
          configurable: true,
        });
      return;
    case 10:
      for (let index = 0; index < 70; index++) set(target, `key${index}`, index);
      return;
    default:
      if (existing !== undefined) set(target, existing, structuredTwin(value));
      return;
  }
}

/** An equal value of new objects. */
function structuredTwin(value: unknown): unknown {
  return copy(value);
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      mutate: fc.record({ node: fc.nat({ max: 11 }), how: fc.nat({ max: 11 }), key: fc.nat({ max: 40 }), at: fc.nat({ max: 50 }), part: part(false) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      capture: fc.record({ node: fc.nat({ max: 3 }), slot: fc.nat({ max: 1 }), form: fc.constantFrom('same', 'same', 'rebuilt', 'reversed', 'unshared') }),
    }),
  },
);

const protects = [
  undefined,
  (text: string, key: string | undefined): string =>
    key === 'content' && text !== '' ? '[REDACTED]' : text.includes('conversation') ? text.replaceAll('conversation', '[TOPIC]') : text,
] as const;

/** Mostly none; else so tight that most values are cut somewhere. */
const LIMITS = [undefined, undefined, undefined, undefined, { maxDepth: 3 }, { maxNodes: 25 }, { maxBytes: 900 }, { maxTextBytes: 100 }] as const;

/** A history: a pool of objects, and what happens to them one after the other. */
function history(kinds: readonly ('object' | 'array' | 'null' | 'instance' | 'map' | 'set' | 'error' | 'date' | 'bytes' | 'function' | 'url')[]) {
  return fc.record({
    pool: recipe({ kinds, maxNodes: 6 }),
    steps: fc.array(step, { minLength: 2, maxLength: 40 }),
    protect: fc.constantFrom(...protects),
    limits: fc.constantFrom(...LIMITS),
  });
}

function poolOf(nodes: Recipe): object[] {
  const pool = new Set<object>();
  const pending: unknown[] = [build(nodes)];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null || pool.has(next)) continue;
    pool.add(next);
    for (const name of Object.keys(next)) pending.push((next as Record<string, unknown>)[name]);
  }
  if (pool.size === 0) pool.add([]);
  return [...pool];
}

describe('what was captured before', () => {
  const play = (kinds: Parameters<typeof history>[0], count: number): void => {
    fc.assert(
      fc.property(history(kinds), ({ pool: nodes, steps, protect, limits }) => {
        const pool = poolOf(nodes);
        const settings = { protect, ...(limits === undefined ? {} : { limits }) };
        const recorder = new Recorder(settings);
        const expected: { readonly value: unknown; readonly digest: string }[] = [];
        for (const one of steps) {
          if ('mutate' in one) {
            mutate(pool, one.mutate);
            continue;
          }
          const root = pool[one.capture.node % pool.length];
          const unrolled = one.capture.form === 'unshared' && isSmallTree(root);
          const value = one.capture.form === 'same' ? root : copy(root, { reversed: one.capture.form === 'reversed', unshared: unrolled });
          const before = copy(value);
          const captured = recorder.record(value, `slot ${one.capture.slot}`);
          const fresh = new Recorder(settings).record(before);
          expect(hex(captured.digestHex)).toBe(hex(fresh.digestHex));
          expect(captured.size).toBe(fresh.size);
          expect([...captured.incomplete].sort()).toEqual([...fresh.incomplete].sort());
          expect([...captured.opaque].sort()).toEqual([...fresh.opaque].sort());
          expect(difference(before, value)).toBe(undefined);
          const whole = protect === undefined && captured.incomplete.length === 0;
          if (whole) expect(hex(captured.digestHex)).toBe(referenceDigest(before));
          expected.push({ value: before, digest: hex(captured.digestHex) });
        }
        recorder.close();
        for (const [index, envelope] of recorder.envelopes().entries()) {
          const decoded = envelope.input.decode();
          const { value, digest } = expected[index] as (typeof expected)[number];
          expect(envelope.input.digest).toBe(digest);
          expect(digestOf(decoded)).toBe(digest);
          if (protect === undefined && envelope.incomplete.length === 0) expect(difference(value, decoded)).toBe(undefined);
        }
      }),
      runs(count),
    );
  };

  it('never shows in what is captured now: lists and objects', () => play(['object', 'array'], 600));
  it('never shows in what is captured now: values of every kind', () =>
    play(['object', 'array', 'null', 'instance', 'map', 'set', 'error', 'date', 'bytes', 'function', 'url'], 400));
});

/** Whether a value has no cycle and few paths, so that it can be written out without sharing. */
function isSmallTree(value: unknown): boolean {
  let left = 2_000;
  const open = new Set<unknown>();
  const walk = (one: unknown): boolean => {
    if (typeof one !== 'object' || one === null) return true;
    if (open.has(one) || left-- <= 0) return false;
    open.add(one);
    const items = one instanceof Map ? [...one].flat() : one instanceof Set ? [...one] : [];
    for (const name of Object.getOwnPropertyNames(one)) items.push(Object.getOwnPropertyDescriptor(one, name)?.value);
    const whole = items.every(walk);
    open.delete(one);
    return whole;
  };
  return walk(value);
}
