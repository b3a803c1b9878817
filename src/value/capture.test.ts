// Named examples; the random ones are in test/properties/value.test.ts.

import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createSecretKey } from 'node:crypto';
import { Readable } from 'node:stream';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Recorder, roundTrip } from '../../test/properties/round-trip.js';
import { copy, difference } from '../../test/properties/structure.js';
import { Capture, fingerprint, formatDigest, NullSink, Opaque, previewOf, Truncated } from './index.js';

const LONG = 'A text of more than forty characters, which has a node of its own.';
const digestOf = (value: unknown): string => fingerprint(value).digest;

/** Records each value in turn in one slot (or its own), and checks that each is what it was and has its own digest. */
function history(...steps: (() => unknown)[]): Recorder {
  const recorder = new Recorder();
  const expected: unknown[] = [];
  for (const step of steps) {
    const value = step();
    expected.push(copy(value));
    expect(`sha256:${recorder.record(value).digestHex}`).toBe(digestOf(copy(value)));
  }
  for (const [index, envelope] of recorder.envelopes().entries()) expect(difference(expected[index], envelope.input.decode())).toBe(undefined);
  return recorder;
}

function expectSame(value: unknown): void {
  const { decoded, captured } = roundTrip(value);
  expect(difference(value, decoded)).toBe(undefined);
  expect(digestOf(decoded)).toBe(`sha256:${captured.digestHex}`);
  expect(captured.incomplete).toEqual([]);
}

function expectOpaque(value: unknown, type: string): void {
  const { decoded, captured } = roundTrip({ value });
  expect(decoded).toEqual({ value: new Opaque(type, '') });
  expect(captured.opaque).toEqual([`a ${type} was not stored`]);
}

describe('a capture after others', () => {
  it('keeps two equal objects apart that were apart', () => {
    const one = { a: LONG };
    history(
      () => ({ x: one }),
      () => ({ x: { a: LONG }, y: one }),
    );
  });

  it('makes one of two objects that are one now', () => {
    const one = { a: 1 };
    history(
      () => [{ a: 1 }, { a: 1 }],
      () => [one, one],
    );
  });

  it('makes two of one object that is two now', () => {
    const one = { a: 1 };
    history(
      () => [one, one],
      () => [{ a: 1 }, one],
      () => [one, { a: 1 }],
    );
  });

  it('finds an object at a place where another was, and the other at its place', () => {
    const [a, b] = [{ v: 1 }, { v: 1 }];
    history(
      () => [a, b],
      () => [b, a],
      () => [b, b],
      () => [a, b, a],
    );
  });

  it('sees a cycle where there was none, and none where there was one', () => {
    const root: Record<string, unknown> = { a: { a: { a: 1 } } };
    history(
      () => root,
      () => Object.assign(root, { a: root }),
      () => Object.assign(root, { a: { a: root } }),
      () => Object.assign(root, { a: { a: { a: 1 } } }),
    );
  });

  it('extends a list inside of a list that begins the same way', () => {
    const inner = [1, 2, 3, 4];
    history(
      () => inner,
      () => [1, 2, 3, 4, (inner.push(5), inner)],
      () => [...inner, inner, inner],
      () => (inner.push(6), inner),
    );
  });

  it('lets two lists continue one', () => {
    const base = Array.from({ length: 70 }, (_, index) => ({ index, text: `${LONG} ${index}` }));
    history(
      () => base,
      () => [...base, 'left'],
      () => [...base, 'right'],
      () => base.slice(0, 40),
      () => [...base.slice(0, 40), 'again'],
      () => base,
    );
  });

  it('sees a list shrink and grow', () => {
    const list: unknown[] = Array.from({ length: 40 }, (_, index) => index);
    history(
      () => list,
      () => (list.splice(35), list),
      () => (list.push(1, 2, 3, 4, 5, 6, 7), list),
      () => (list.splice(2), list),
      () => list.concat(list),
    );
  });

  it('sees a list move to the front of another, and one that was cut in its middle', () => {
    const list = Array.from({ length: 10 }, (_, index) => ({ index }));
    history(
      () => list,
      () => (list.unshift({ index: -1 }), list),
      () => (list.splice(4, 2), list),
      () => list.reverse(),
      () => [list, list.slice()],
    );
  });

  it('keeps slots apart that hold the same list', () => {
    const recorder = new Recorder();
    const list: number[] = [1, 2, 3, 4, 5];
    const expected: number[][] = [];
    for (let turn = 0; turn < 40; turn++) {
      list.push(turn);
      if (turn % 7 === 0) list.splice(3, 1);
      expected.push([...list]);
      recorder.record(list, `slot ${turn % 3}`);
    }
    expect(recorder.envelopes().map(({ input }) => input.decode())).toEqual(expected);
  });

  it('gives what stands inside a cycle another digest when the rest of the cycle changes', () => {
    const inner: Record<string, unknown> = { name: 'inner' };
    const outer: Record<string, unknown> = { n: 1, inner };
    inner.outer = outer;
    history(
      () => ({ outer, deep: { chosen: inner } }),
      () => ({ outer: Object.assign(outer, { n: 2 }), deep: { chosen: inner } }),
      () => ({ outer, deep: { chosen: inner } }),
      () => inner,
    );
  });

  it('tells a reference into a cycle from one to what is around it', () => {
    const p: Record<string, unknown> = {};
    const x: Record<string, unknown> = { p };
    p.x = x;
    const root: Record<string, unknown> = { a: { x: { p: undefined as unknown } } };
    (root.a as { x: { p: unknown } }).x.p = root.a;
    root.b = { p: root };
    expect(digestOf({ a: p, b: x })).not.toBe(digestOf(root));
    history(
      () => ({ a: p, b: x }),
      () => root,
    );
  });

  it('sees a field become a getter, a class change and a prototype go', () => {
    class Message {}
    const message: Record<string, unknown> = { role: 'user', content: LONG };
    history(
      () => message,
      () => Object.setPrototypeOf(message, Message.prototype),
      () => Object.setPrototypeOf(message, null),
      () => Object.setPrototypeOf(message, Object.prototype),
      () => Object.defineProperty(message, 'role', { get: () => 'called', enumerable: true, configurable: true }),
      () => Object.defineProperty(message, 'role', { value: 'user', enumerable: true, configurable: true, writable: true }),
    );
  });

  it('is not taken in by enumerable properties of Object.prototype', () => {
    const recorder = new Recorder();
    recorder.record({ a: 1, polluted: 2 });
    Object.defineProperty(Object.prototype, 'polluted', { value: 2, enumerable: true, configurable: true });
    try {
      recorder.record({ a: 1 });
    } finally {
      delete (Object.prototype as Record<string, unknown>).polluted;
    }
    expect(recorder.last()).toEqual({ a: 1 });
  });

  it('is not taken in by items of Array.prototype', () => {
    const recorder = new Recorder();
    Object.defineProperty(Array.prototype, 1, { value: 'inherited', enumerable: true, configurable: true, writable: true });
    try {
      recorder.record([1, , 3]);
    } finally {
      delete Array.prototype[1];
    }
    expect(recorder.last()).toEqual([1, , 3]);
  });

  it('protects a text by the name of the field that holds it now', () => {
    const protect = (text: string, key: string | undefined): string => (key === 'secret' ? '[SECRET]' : text);
    const list = [LONG, 'short', { deep: 'x' }];
    const recorder = new Recorder({ protect });
    recorder.record({ secret: list });
    recorder.record({ notes: list });
    recorder.record({ secret: list, notes: [LONG] });
    expect(recorder.envelopes().map(({ input }) => input.decode())).toEqual([
      { secret: ['[SECRET]', '[SECRET]', { deep: 'x' }] },
      { notes: [LONG, 'short', { deep: 'x' }] },
      { secret: ['[SECRET]', '[SECRET]', { deep: 'x' }], notes: [LONG] },
    ]);
  });

  it('stores what came again once, moved or rebuilt', () => {
    const recorder = new Recorder();
    const turns = Array.from({ length: 60 }, (_, index) => ({ role: 'user', content: [{ type: 'text', text: `${LONG} ${'x'.repeat(900)} ${index}` }] }));
    const sizes: number[] = [];
    for (let turn = 0; turn + 20 <= turns.length; turn++) {
      const before = recorder.bytes().length;
      recorder.record(copy(turns.slice(turn, turn + 20)));
      sizes.push(recorder.bytes().length - before);
    }
    // A window that slides by one over what was built anew: one message, and a list of twenty references.
    expect(Math.max(...sizes.slice(1))).toBeLessThan(1_400);
    expect(recorder.last()).toEqual(turns.slice(-20));
  });

  it('stores a date that many rows share once, as long as nothing changes', () => {
    const recorder = new Recorder();
    const rows = Array.from({ length: 100 }, (_, id) => ({ id, at: new Date(0) }));
    recorder.record(rows);
    const before = recorder.bytes().length;
    recorder.record(rows);
    expect(recorder.bytes().length - before).toBeLessThan(200);
  });
});

describe('a value of a class', () => {
  it('of its own that is an array, a map or a date keeps class and fields', () => {
    class Messages extends Array<string> {}
    class Registry extends Map<string, number> {
      owner = 'me';
    }
    class Deadline extends Date {}
    const messages = Messages.from(['a', LONG]);
    expectSame({ messages, registry: new Registry([['a', 1]]), deadline: new Deadline(5), error: new RangeError('r') });
  });

  it('that is an array keeps what a match says', () => {
    expectSame('one two'.match(/(?<second>t)wo/));
    const match: unknown[] & { groups?: unknown } = Object.assign(['x'], { index: 0, input: 'x' });
    match.groups = match;
    expectSame(match);
    // Any other array is its items.
    expect(digestOf(Object.assign([1, 2], { columns: ['a', 'b'] }))).toBe(digestOf([1, 2]));
  });

  it('called Response or Request that is one of the program is no handle', () => {
    class Response {
      constructor(readonly text: string) {}
    }
    class Worker {
      jobs = [1];
    }
    expectSame({ response: new Response('hello'), worker: new Worker() });
  });

  it('of the platform that is a door to something live is marked', () => {
    expectOpaque(new ReadableStream(), 'ReadableStream');
    expectOpaque(new AbortController(), 'AbortController');
    expectOpaque(AbortSignal.abort(), 'AbortSignal');
    expectOpaque(Readable.from([]), 'Readable');
    expectOpaque(new EventEmitter(), 'EventEmitter');
    expectOpaque(new AsyncLocalStorage(), 'AsyncLocalStorage');
    expectOpaque(createSecretKey(Buffer.from('key')), 'SecretKeyObject');
    expectOpaque(createHash('sha256'), 'Hash');
    expectOpaque(Promise.resolve(), 'Promise');
    expectOpaque(new WeakMap(), 'WeakMap');
    expectOpaque(new WeakRef({}), 'WeakRef');
    expectOpaque(new Intl.NumberFormat('en'), 'NumberFormat');
    expectOpaque(new Map().entries(), 'Map Iterator' in {} ? '' : (roundTrip(new Map().entries()).decoded as Opaque).type);
    const timer = setTimeout(() => {}, 1);
    clearTimeout(timer);
    expectOpaque(timer, 'Timeout');
  });

  it('of another realm is what it is there', () => {
    const context = createContext({});
    const foreign: unknown = runInContext(
      `({ plain: { a: 1 }, list: [1, 2], date: new Date(3), error: new TypeError('t'), map: new Map([[1, 2]]), bytes: new Uint8Array([1]) })`,
      context,
    );
    const own = { plain: { a: 1 }, list: [1, 2], date: new Date(3), error: new TypeError('t'), map: new Map([[1, 2]]), bytes: new Uint8Array([1]) };
    expect(digestOf(foreign)).toBe(digestOf(own));
  });

  it('that has hidden state shows it whatever its prototype is', () => {
    for (const make of [() => new Date(7), () => new Map([[1, 2]]), () => new Set([1]), () => /x/g, () => Object(5)]) {
      const bare: object = Object.setPrototypeOf(make(), Object.prototype);
      expect(digestOf(bare)).not.toBe(digestOf({}));
      expect(digestOf(roundTrip(bare).decoded)).toBe(digestOf(bare));
    }
  });

  it('without a constructor, or with one that is no class, has a name all the same', () => {
    expect(previewOf(Object.create(Object.create(null)), 100).text).toBe('Object {}');
    class Anonymous {}
    Object.defineProperty(Anonymous, 'name', { value: 5 });
    const value = new Anonymous();
    expect(digestOf(roundTrip(value).decoded)).toBe(digestOf(value));
  });
});

describe('an error', () => {
  it('keeps class, name, message, stack, cause and fields', () => {
    class ToolError extends Error {
      override name = 'ToolError';
      code = 'E_TOOL';
    }
    class Quiet extends Error {}
    const error = new ToolError('failed', { cause: new Quiet('deep') });
    const { decoded } = roundTrip(error);
    expect(decoded).toBeInstanceOf(Error);
    expect(difference(error, decoded)).toBe(undefined);
    expect((decoded as ToolError).stack).toBe(error.stack);
    expect((decoded as { cause: Error }).cause.name).toBe('Error');
    expectSame(error);
    expectSame(new AggregateError([new Error('a'), 'b'], 'many'));
  });

  it('whose name stands on its prototype has it there', () => {
    class Named extends Error {}
    Object.defineProperty(Named.prototype, 'name', { value: 'Named', configurable: true, writable: true });
    const { decoded } = roundTrip(new Named('x'));
    expect((decoded as Error).name).toBe('Named');
    expect(Object.keys(decoded as object)).toEqual([]);
    expectSame(new Named('x'));
  });

  it('of the platform is one again', () => {
    const reason: unknown = AbortSignal.abort().reason;
    const { decoded } = roundTrip(reason);
    expect(decoded).toBeInstanceOf(DOMException);
    expect(decoded).toMatchObject({ name: 'AbortError', message: 'This operation was aborted', code: 20 });
    expectSame(new DOMException('quota', 'QuotaExceededError'));
  });

  it('may be its own cause', () => {
    const error = new Error('round');
    error.cause = { error };
    expectSame(error);
  });

  it('has one digest wherever it was thrown, and in whatever order its fields were set', () => {
    const make = (fields: object): Error => Object.assign(new Error('x'), fields);
    expect(digestOf(make({ a: 1, b: 2 }))).toBe(digestOf(make({ b: 2, a: 1 })));
  });

  it('is not asked for its name by the engine when its name is code', () => {
    let calls = 0;
    class Tricky extends Error {
      override get name(): string {
        calls++;
        return 'Tricky';
      }
    }
    const { decoded } = roundTrip(new Tricky('x'));
    expect(calls).toBe(0);
    expect((decoded as Error).name).toBe('Tricky');
  });
});

describe('an odd value', () => {
  it('is kept as it is', () => {
    const detached = new ArrayBuffer(8);
    const view = new DataView(detached);
    const bytes = new Uint8Array(detached);
    structuredClone(detached, { transfer: [detached] });
    const { decoded, captured } = roundTrip([detached, view, bytes]);
    expect(captured.incomplete).toEqual([]);
    expect(decoded).toEqual([new ArrayBuffer(0), new DataView(new ArrayBuffer(0)), new Uint8Array(0)]);
    expectSame([new Date(Number.NaN), -0, Number.NaN, 2 ** 53, -(2 ** 53) + 1, 10n ** 300n, -5n, '\ud800', [, 1, , undefined]]);
    const regexp = /a/gu;
    regexp.lastIndex = -1;
    expectSame([regexp, Object.assign(/b/y, { lastIndex: 1.5 }), new RegExp('\ud800')]);
  });

  it('that is an array of mostly nothing keeps its places', () => {
    const sparse: unknown[] = [];
    sparse[4_294_967_290] = { deep: LONG };
    sparse[3] = 'x';
    expectSame(sparse);
  });

  it('that is an array with names that look like numbers does not take them for its items', () => {
    const sparse: unknown[] = [];
    sparse.length = 5_000;
    Object.assign(sparse, { '-1': 'a', '4294967295': 'b', '1e3': 'c', '01': 'd', 7: 'item' });
    expect(roundTrip(sparse).decoded).toEqual(Object.assign([], { 7: 'item', length: 5_000 }));
    let calls = 0;
    Object.defineProperty(sparse, 9, { get: () => calls++, enumerable: true });
    roundTrip(sparse);
    expect(calls).toBe(0);
  });

  it('that is a URL which protection made something else is marked', () => {
    const protect = (text: string): string => (text.startsWith('https://user') ? '[URL]' : text);
    const { decoded, captured } = roundTrip({ url: new URL('https://user:word@example.test/') }, { protect });
    expect(decoded).toEqual({ url: new Opaque('URL', '[URL]') });
    expect(captured.opaque).toEqual(['a URL ([URL]) was not stored']);
  });

  it('that is a map or a set loses no entry to protection', () => {
    const protect = (text: string): string => (text.startsWith('secret') ? '[SECRET]' : text);
    const { decoded, captured } = roundTrip(
      [
        new Map([
          ['secret 1', 1],
          ['secret 2', 2],
        ]),
        new Set(['secret 1', 'secret 2', 'x']),
      ],
      { protect },
    );
    const mark = new Opaque('text', 'another that protection made equal to one before');
    expect(decoded).toEqual([
      new Map<unknown, number>([
        ['[SECRET]', 1],
        [mark, 2],
      ]),
      new Set(['[SECRET]', mark, 'x']),
    ]);
    expect(digestOf(decoded)).toBe(`sha256:${captured.digestHex}`);
    expect(captured.opaque).toEqual(['a text (another that protection made equal to one before) was not stored']);
  });

  it('has keys that mean something elsewhere', () => {
    const value: Record<string, unknown> = JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3,"hasOwnProperty":4}');
    const { decoded } = roundTrip(value);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(value));
  });

  it('can be read back where the prototypes are frozen', () => {
    const { decoded } = roundTrip({ toString: 'x', valueOf: 1 });
    expect(decoded).toEqual({ toString: 'x', valueOf: 1 });
    expect(Object.hasOwn(decoded as object, 'toString')).toBe(true);
  });
});

describe('a large value', () => {
  it('may have a million keys', () => {
    const value: Record<string, number> = {};
    for (let index = 0; index < 1_000_000; index++) value[`key${index}`] = index;
    const { decoded, captured } = roundTrip(value, { limits: { maxMillis: 60_000 } });
    expect(captured.incomplete).toEqual([]);
    expect(Object.keys(decoded as object).length).toBe(1_000_000);
    expect((decoded as Record<string, number>).key999999).toBe(999_999);
  });

  it('may have a million items', () => {
    const value = Array.from({ length: 1_000_000 }, (_, index) => index / 3);
    const { decoded, captured } = roundTrip(value, { limits: { maxMillis: 60_000 } });
    expect(captured.incomplete).toEqual([]);
    expect(decoded).toEqual(value);
  });

  it('may share its parts so that they would be a thousand million', () => {
    let value: unknown = { leaf: LONG };
    for (let level = 0; level < 200; level++) value = [value, value];
    const { decoded, captured } = roundTrip(value);
    expect(captured.incomplete).toEqual([]);
    expect(captured.size).toBe(Number.MAX_SAFE_INTEGER);
    expect(difference(value, decoded)).toBe(undefined);
  });

  it('is cut where it is nested deeper than 500, and says so', () => {
    const deep: unknown[] = [];
    let inner = deep;
    for (let level = 0; level < 100_000; level++) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    const { decoded, captured } = roundTrip(deep);
    expect(captured.incomplete).toEqual(['Array of 1 entries was cut (depth)']);
    let at: unknown = decoded;
    let levels = 0;
    while (Array.isArray(at)) {
      at = at[0];
      levels++;
    }
    expect(levels).toBe(500);
    expect(at).toEqual(new Truncated({ reason: 'depth', type: 'Array', size: 1, digest: undefined, head: '' }));
  });

  it('has what was cut in a deep place whole in another, and nothing else in its place', () => {
    const shared = { a: 1, list: [1] };
    const promise = Promise.resolve();
    const { decoded } = roundTrip([[[[shared]]], shared, promise, shared, promise], { limits: { maxDepth: 4 } });
    expect((decoded as unknown[]).slice(1)).toEqual([shared, new Opaque('Promise', ''), shared, new Opaque('Promise', '')]);
    expect((decoded as unknown[])[3]).toBe((decoded as unknown[])[1]);
  });

  it('is cut in a text of 100 MB, which keeps digest and size', () => {
    const text = 'x'.repeat(100_000_000);
    const { decoded, captured } = roundTrip({ text, other: 1 });
    const digest = createHash('sha256').update(text).digest('hex');
    expect(decoded).toEqual({ text: new Truncated({ reason: 'bytes', type: 'string', size: 100_000_000, digest, head: 'x'.repeat(1_024) }), other: 1 });
    expect(captured.incomplete).toEqual(['a text of 100000000 bytes was cut']);
    expect(digestOf(decoded)).toBe(`sha256:${captured.digestHex}`);
  });

  it('is cut without a digest where that would take too long', () => {
    const { decoded, captured } = roundTrip([Buffer.alloc(200 << 20)]);
    expect(decoded).toEqual([new Truncated({ reason: 'bytes', type: 'Buffer', size: 200 << 20, digest: undefined, head: '' })]);
    expect(captured.incomplete).toEqual(['Buffer of 209715200 bytes was cut']);
  });

  it('is cut where all its texts together are too long, and a smaller one still fits', () => {
    const limits = { maxBytes: 1_000 };
    const { decoded } = roundTrip(['a'.repeat(600), 'b'.repeat(600), 'c'.repeat(300), Buffer.alloc(600)], { limits });
    expect((decoded as unknown[]).map((item) => (item instanceof Truncated ? item.size : 'kept'))).toEqual(['kept', 600, 'kept', 600]);
  });

  it('is cut where it has too many parts, the same way after a hundred others', () => {
    const limits = { maxNodes: 100 };
    const recorder = new Recorder({ limits });
    const list: unknown[] = [];
    for (let index = 0; index < 60; index++) {
      list.push({ index, inner: [index] });
      recorder.record(list);
    }
    const fresh = new Recorder({ limits });
    const once = fresh.record(copy(list));
    const last = recorder.record(list);
    expect(last.digestHex).toBe(once.digestHex);
    expect(last.incomplete).toEqual(once.incomplete);
    expect(last.incomplete).toEqual(['Array of 1 entries was cut (nodes)', 'object of 2 entries was cut (nodes)']);
  });

  it('is cut before the names of its items are made, where those are too many', () => {
    const list = new Array(200_000).fill(0);
    expect(roundTrip(list, { limits: { maxNodes: 100_000 } }).captured.incomplete).toEqual(['Array of 200000 entries was cut (nodes)']);
    // Most of it is not there, so its names are few.
    const sparse: number[] = [];
    sparse[200_000] = 1;
    expect(roundTrip(sparse, { limits: { maxNodes: 100_000 } }).captured.incomplete).toEqual([]);
  });

  it('is cut when its time is over', () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}` }));
    const { captured } = roundTrip(rows, { limits: { maxMillis: 0 } });
    expect(captured.incomplete).toEqual(['object of 2 entries was cut (time)']);
  });

  it('has a whole number cut that would take longer to write than the call took', () => {
    const { decoded, captured } = roundTrip({ huge: 1n << 5_000_000n });
    expect(captured.incomplete).toEqual(['a bigint of 1250001 hexadecimal digits was cut']);
    expect(decoded).toMatchObject({ huge: { reason: 'bytes', type: 'bigint', size: 1_250_001 } });
  });

  it('has the digest that it had when it was captured, whatever cycle its parts are in later', () => {
    const capture = new Capture(new NullSink());
    const inner: { name: string; up?: unknown } = { name: 'inner' };
    const outer = { inner, other: 1 };
    inner.up = outer;
    const root = { outer, again: inner };
    const first = capture.capture(root, 'slot');
    const expected = fingerprint(root).digest;
    outer.other = 2;
    const second = capture.capture(root, 'slot');
    expect([formatDigest(first.digestHex), formatDigest(second.digestHex)]).toEqual([expected, fingerprint(root).digest]);
  });

  it('may be one knot of ten thousand objects', () => {
    const parent: { children: unknown[] } = { children: [] };
    for (let id = 0; id < 10_000; id++) parent.children.push({ id, parent });
    const { captured } = roundTrip([parent, ...parent.children], { limits: { maxMillis: 60_000 } });
    expect(captured.incomplete).toEqual([]);
  });

  it('may be a knot that takes too long to tell apart, and says so', () => {
    const list: { previous: unknown; all: unknown }[] = [];
    for (let index = 0; index < 3_000; index++) list.push({ previous: list[index - 1] ?? null, all: list });
    const { captured, decoded } = roundTrip(list, { limits: { maxMillis: 60_000 } });
    expect(captured.incomplete).toEqual(['a knot of 3001 containers was too intricate to compare']);
    expect((decoded as unknown[]).length).toBe(3_000);
  });
});

describe('a capture that cannot be finished', () => {
  it('for want of stack leaves the ones before and after it whole', () => {
    const recorder = new Recorder();
    recorder.record([{ a: LONG }, 'first']);
    let value: unknown = 'end';
    for (let level = 0; level < 100; level++) value = { level, text: `${LONG} ${level}`, at: new Date(level), inner: [1, 2, { value }] };
    let failed = 0;
    const dive = (levels: number): void => {
      if (levels > 0) dive(levels - 1);
      else {
        const { incomplete } = recorder.capture.capture(value, 'slot');
        if (incomplete.length > 0) failed++;
      }
    };
    // As deep as the stack goes, and then one level less deep each time.
    const reaches = (levels: number): boolean => {
      try {
        dive(levels);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        return false;
      }
    };
    let deepest = 0;
    for (let step = 1 << 16; step >= 1; step >>= 1) if (reaches(deepest + step)) deepest += step;
    for (let levels = deepest + 50; levels > deepest - 600; levels -= 3) reaches(levels);
    expect(failed).toBeGreaterThan(0);
    recorder.record(['last', LONG, value]);
    const [first, last] = recorder.envelopes();
    expect(first?.input.decode()).toEqual([{ a: LONG }, 'first']);
    expect(last?.input.decode()).toEqual(['last', LONG, value]);
  });

  it('because protection throws stores nothing of it', () => {
    let angry = false;
    const protect = (text: string): string => {
      if (angry && text.includes('secret')) throw new Error('no such key');
      return text;
    };
    const recorder = new Recorder({ protect });
    recorder.record({ a: LONG });
    angry = true;
    expect(() => recorder.record({ b: `${LONG} before`, c: `${LONG} secret` })).toThrow('no such key');
    angry = false;
    recorder.record({ d: `${LONG} after` });
    expect(recorder.bytes().includes('before')).toBe(false);
    expect(recorder.last()).toEqual({ d: `${LONG} after` });
  });
});

describe('Capture', () => {
  it('numbers the nodes that it hands over', () => {
    const capture = new Capture(new NullSink());
    capture.capture([{ a: LONG }, 1], 'slot');
    // The text, the keys, the object and the list.
    expect(capture.nodeCount).toBe(4);
    capture.capture([{ a: LONG }, 1], 'slot');
    expect(capture.nodeCount).toBe(4);
  });
});
