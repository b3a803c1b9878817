// Any two values: the diff and the fingerprint agree on whether they are equal, and one change is one difference.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignKeys, longestRising } from './diff-align.js';
import { diffOf, diffValues } from './diff.js';
import { findTextEdits } from './diff-text.js';
import { fingerprint } from './fingerprint.js';

const SEED = 20260301;

class Order {
  constructor(fields: object) {
    Object.assign(this, fields);
  }
}
class Refund extends Order {}

const name = fc.constantFrom('a', 'b', 'id', 'role', 'content', '__proto__', 'constructor', 'odd key', '');
const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, 0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1, 2, 1n, -1n, '', 'x', '1', '\ud800', '\udc00x'),
  fc.constantFrom<unknown>(
    Symbol('s'),
    Symbol('t'),
    () => 0,
    function named() {},
    new Proxy({}, {}),
  ),
  fc.constantFrom<unknown>(
    'a longer text with an id of A-17 in it, and more after it to be long',
    'a longer text with an id of B-99 in it, and more after it to be long',
  ),
);

function define(target: object, field: string, value: unknown): void {
  Object.defineProperty(target, field, { value, enumerable: true, configurable: true, writable: true });
}

function objectOf(entries: readonly (readonly [string, unknown])[], target: object = {}): object {
  for (const [field, value] of entries) define(target, field, value);
  return target;
}

function holed(list: readonly unknown[]): unknown[] {
  const copy = [...list, 0, 1];
  delete copy[list.length];
  return copy;
}

/** Values of every kind, from few parts, so that equal ones are common. */
const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; entries: [string, unknown][]; list: unknown[] }>((tie) => ({
  entries: fc.uniqueArray(fc.tuple(name, tie('value')), { maxLength: 4, selector: ([field]) => field }),
  list: fc.array(tie('value'), { maxLength: 6 }),
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: scalar },
    { weight: 3, arbitrary: tie('list') },
    { weight: 3, arbitrary: tie('entries').map((entries) => objectOf(entries)) },
    { weight: 1, arbitrary: tie('entries').map((entries) => objectOf(entries, Object.create(null) as object)) },
    { weight: 1, arbitrary: tie('entries').map((entries) => objectOf(entries, new Order({}))) },
    { weight: 1, arbitrary: tie('entries').map((entries) => objectOf(entries, new Refund({}))) },
    { weight: 1, arbitrary: tie('entries').map((entries) => objectOf(entries, new Error('failed'))) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('m', 'n'), tie('value')).map(([message, cause]) => new TypeError(message, { cause })) },
    { weight: 1, arbitrary: tie('list').map((list) => new AggregateError(list, 'several')) },
    { weight: 1, arbitrary: fc.array(fc.tuple(fc.oneof(scalar, tie('value')), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)) },
    { weight: 1, arbitrary: tie('list').map((list) => new Set(list)) },
    // A list with a hole.
    { weight: 1, arbitrary: tie('list').map((list) => holed(list)) },
    {
      weight: 1,
      arbitrary: tie('entries').map((entries) =>
        Object.defineProperty(objectOf(entries), 'got', { enumerable: true, get: () => expect.fail('a getter was called') }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<() => unknown>(
          () => new Date(0),
          () => new Date(1),
          () => new Date(Number.NaN),
          () => /a/g,
          () => /a/,
          () => Object.assign(/a/g, { lastIndex: 1 }),
          () => new Uint8Array([1, 2]),
          () => Buffer.from([1, 2]),
          () => new Uint8Array([1, 3]),
          () => new Uint8Array([1, 2]).buffer,
          () => new Float64Array([-0]),
          () => new URL('http://a/'),
          () => new URL('http://b/'),
          () => new Number(1),
          () => new String('x'),
          () => new Map(),
          () => new Promise(() => {}),
        )
        .map((make) => make()),
    },
  ),
})).value;

/** The same value twice, built apart. */
const twice = fc.clone(value, 2);

describe('diffOf() and fingerprint()', () => {
  it('find two values equal that were built alike', () => {
    fc.assert(
      fc.property(twice, ([recorded, now]) => {
        expect(diffOf(recorded, now)).toMatchObject({ differences: [], complete: true });
        expect(fingerprint(recorded).digest).toBe(fingerprint(now).digest);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('agree on whether any two values are equal', () => {
    let equal = 0;
    const check = (recorded: unknown, now: unknown): void => {
      const { differences, complete } = diffOf(recorded, now);
      const same = fingerprint(recorded).digest === fingerprint(now).digest;
      if (same) equal++;
      expect(complete).toBe(true);
      expect(differences.length === 0).toBe(same);
    };
    fc.assert(fc.property(value, value, check), { seed: SEED, numRuns: 1_000 });
    // Pairs that are nearly equal: one of two lists, changed at one place.
    fc.assert(
      fc.property(fc.clone(fc.array(value, { minLength: 1, maxLength: 5 }), 2), fc.nat(), value, ([recorded, now], at, other) => {
        now[at % now.length] = other;
        check(recorded, now);
      }),
      { seed: SEED, numRuns: 1_500 },
    );
    expect(equal).toBeGreaterThan(5);
  });

  it('agree on graphs with cycles and shared objects', () => {
    const graph = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 6 }).map((edges) => {
      const nodes = edges.map((_, index) => ({ index: index % 2, list: [] as unknown[] }));
      for (const [index, targets] of edges.entries()) for (const target of targets) nodes[index]?.list.push(nodes[target % nodes.length]);
      return nodes[0];
    });
    fc.assert(
      fc.property(graph, (recorded) => {
        expect(diffOf(recorded, structuredClone(recorded))).toMatchObject({ differences: [], complete: true });
      }),
      { seed: SEED, numRuns: 1_000 },
    );
    fc.assert(
      fc.property(graph, graph, (recorded, now) => {
        const same = fingerprint(recorded).digest === fingerprint(now).digest;
        expect(diffOf(recorded, now).differences.length === 0).toBe(same);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });
});

describe('a diff', () => {
  it('is JSON as it is, and bounded', () => {
    fc.assert(
      fc.property(value, value, (recorded, now) => {
        const { differences } = diffOf(recorded, now);
        expect(JSON.parse(JSON.stringify(differences))).toEqual(differences);
        for (const { recorded: before, now: after } of differences) {
          expect(JSON.stringify([before, after]).length).toBeLessThan(4_000);
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('shows two sides that look different', () => {
    fc.assert(
      fc.property(value, value, (recorded, now) => {
        for (const each of diffOf(recorded, now).differences) {
          if (each.kind === 'changed' || each.kind === 'type') expect([each.recorded, each.types?.recorded]).not.toEqual([each.now, each.types?.now]);
        }
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('never throws, whatever its limits are, and says when they were met', () => {
    fc.assert(
      fc.property(value, value, fc.nat(30), fc.nat(100), fc.nat(3), (recorded, now, maxComparisons, maxBytes, maxDifferences) => {
        const bounded = diffOf(recorded, now, { maxComparisons, maxBytes, maxDifferences });
        expect(bounded.differences.length).toBeLessThanOrEqual(maxDifferences);
        expect(bounded.compared).toBeLessThanOrEqual(maxComparisons);
        if (bounded.complete) expect(bounded.differences).toEqual(diffOf(recorded, now).differences);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('is the same again', () => {
    fc.assert(
      fc.property(value, value, (recorded, now) => {
        expect(diffOf(recorded, now)).toEqual(diffOf(recorded, now));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const jsonText = fc.oneof(fc.string({ maxLength: 8 }), fc.lorem({ maxCount: 60 }));
const jsonValue: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(fc.constantFrom(null, true, false), fc.integer({ min: -5, max: 5 }), jsonText),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(fc.oneof(fc.constantFrom('id', 'role', 'content', 'name', 'text', 'type'), fc.string({ maxLength: 4 })), tie('value'), {
      maxKeys: 6,
      noNullPrototype: true,
    }),
    fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: jsonText }, { noNullPrototype: true }) as fc.Arbitrary<Json>, { maxLength: 12 }),
    fc.uniqueArray(fc.record({ id: fc.integer({ min: 0, max: 30 }), text: jsonText }, { noNullPrototype: true }), {
      maxLength: 10,
      selector: ({ id }) => id,
    }) as fc.Arbitrary<Json>,
  ),
})).value;

interface Slot {
  readonly holder: Json[] | { [key: string]: Json };
  readonly step: string | number;
  readonly path: string;
}

function slotsOf(root: Json): Slot[] {
  const slots: Slot[] = [];
  const walk = (json: Json, path: string): void => {
    if (Array.isArray(json)) {
      for (const [index, item] of json.entries()) {
        slots.push({ holder: json, step: index, path: `${path}[${index}]` });
        walk(item, `${path}[${index}]`);
      }
    } else if (typeof json === 'object' && json !== null) {
      for (const key of Object.keys(json)) {
        const at = `${path}${/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}`;
        slots.push({ holder: json, step: key, path: at });
        walk(json[key] as Json, at);
      }
    }
  };
  walk(root, '$');
  return slots;
}

type Mutation = 'change' | 'retype' | 'remove' | 'add';

/** Changes one place, and says what the diff has to find. Undefined where the mutation does not apply. */
function mutate(root: Json, pick: number, mutation: Mutation): { readonly kinds: readonly string[]; readonly path: string } | undefined {
  const slots = slotsOf(root);
  if (slots.length === 0) return undefined;
  const { holder, step, path } = slots[pick % slots.length] as Slot;
  const field = holder as { [key: string]: Json };
  const before = field[step] as Json;
  switch (mutation) {
    case 'change':
      if (typeof before === 'string') field[step] = before.length > 10 ? `${before.slice(0, 5)}#${before.slice(6)}` : `${before}#`;
      else if (typeof before === 'number') field[step] = before + 100;
      else if (typeof before === 'boolean') field[step] = !before;
      else return undefined;
      return { kinds: ['changed'], path };
    case 'retype':
      field[step] = typeof before === 'number' ? 'now a text' : 12_345;
      return { kinds: ['type'], path };
    case 'remove':
      if (Array.isArray(holder)) holder.splice(step as number, 1);
      else delete holder[step];
      return { kinds: ['removed'], path };
    case 'add':
      if (Array.isArray(holder)) {
        holder.splice(step as number, 0, 'put in');
        return { kinds: ['added'], path };
      }
      if (Object.hasOwn(holder, 'zz_new')) return undefined;
      holder['zz_new'] = 'put in';
      return { kinds: ['added'], path: `${path.slice(0, path.length - (path.endsWith(']') ? `[${JSON.stringify(step)}]` : `.${step}`).length)}.zz_new` };
  }
}

describe('one change of one field', () => {
  it('is one difference, at that field', () => {
    let checked = 0;
    fc.assert(
      fc.property(jsonValue, fc.nat(), fc.constantFrom<Mutation>('change', 'retype', 'remove', 'add'), (recorded, pick, mutation) => {
        const now = structuredClone(recorded);
        const expected = mutate(now, pick, mutation);
        if (expected === undefined) return;
        checked++;
        const { differences, complete } = diffOf([recorded], [now]);
        expect(complete).toBe(true);
        expect(differences).toHaveLength(1);
        const [found] = differences;
        expect(expected.kinds).toContain(found?.kind);
        const path = `$[0]${expected.path.slice(1)}`;
        // Which of several equal neighbours was taken out nobody can tell; any of them is right.
        const sameList =
          mutation === 'remove' && path.endsWith(']') && found?.path.slice(0, found.path.lastIndexOf('[')) === path.slice(0, path.lastIndexOf('['));
        if (!sameList) expect(found?.path).toBe(path);
        expect(diffValues([recorded], [now])).toHaveLength(1);
      }),
      { seed: SEED, numRuns: 2_500 },
    );
    expect(checked).toBeGreaterThan(1_000);
  });
});

describe('alignKeys()', () => {
  const keys = fc.array(fc.nat(8), { maxLength: 40 });

  it('pairs equal keys in rising order, as many as there can be', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const { partners, gaveUp } = alignKeys(a, b, { left: 1e9 });
        const pairs = [...partners].flatMap((partner, at) => (partner === -1 ? [] : [[at, partner] as const]));
        for (const [at, partner] of pairs) expect(a[at]).toBe(b[partner]);
        expect(pairs.every(([, partner], index) => index === 0 || partner > (pairs[index - 1] as readonly [number, number])[1])).toBe(true);
        expect(gaveUp).toBe(false);
        expect(pairs.length).toBe(commonLength(a, b));
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('stays in order when it has to be quick', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(600), { minLength: 300, maxLength: 600 }),
        fc.array(fc.nat(600), { minLength: 300, maxLength: 600 }),
        fc.nat(20_000),
        (a, b, left) => {
          const { partners } = alignKeys(a, b, { left });
          let last = -1;
          for (const [at, partner] of partners.entries()) {
            if (partner === -1) continue;
            expect(a[at]).toBe(b[partner]);
            expect(partner).toBeGreaterThan(last);
            last = partner;
          }
        },
      ),
      { seed: SEED, numRuns: 100 },
    );
  });

  function commonLength(a: readonly number[], b: readonly number[]): number {
    let row = new Array<number>(b.length + 1).fill(0);
    for (const key of a) {
      const next = [0];
      for (const [at, other] of b.entries()) next.push(key === other ? (row[at] as number) + 1 : Math.max(row[at + 1] as number, next[at] as number));
      row = next;
    }
    return row.at(-1) as number;
  }

  it('finds a longest rising series', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50), { maxLength: 12 }), (numbers) => {
        const series = longestRising(numbers);
        expect(series.every((at, index) => index === 0 || (numbers[at] as number) > (numbers[series[index - 1] as number] as number))).toBe(true);
        const longest = numbers.map(() => 1);
        for (let at = 0; at < numbers.length; at++) {
          for (let before = 0; before < at; before++) {
            if ((numbers[before] as number) < (numbers[at] as number)) longest[at] = Math.max(longest[at] as number, (longest[before] as number) + 1);
          }
        }
        expect(series.length).toBe(Math.max(0, ...longest));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('findTextEdits()', () => {
  it('finds places that make the one text of the other', () => {
    const word = fc.constantFrom('the ', 'order ', 'A-17', 'B-99', '\n', '. ', 'x', '😀', '\ud83d', '漢字', 'the the ');
    const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, text, (recorded, now) => {
        const edits = findTextEdits(recorded, now, { left: 1e6 });
        let rebuilt = '';
        let at = 0;
        for (const { start, end, nowStart, nowEnd } of edits) {
          expect(start).toBeGreaterThanOrEqual(at);
          rebuilt += recorded.slice(at, start);
          expect(rebuilt.length).toBe(nowStart);
          rebuilt += now.slice(nowStart, nowEnd);
          at = end;
        }
        expect(rebuilt + recorded.slice(at)).toBe(now);
        expect(edits.length === 0).toBe(recorded === now);
      }),
      { seed: SEED, numRuns: 1_500 },
    );
  });
});
