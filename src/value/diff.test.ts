import { describe, expect, it } from 'vitest';
import { diffOf, diffValues, type ValueChange } from './diff.js';
import { Opaque } from './exotic.js';

const WORDS = 'the agent looked up an order refund ticket customer account payment failed retry status item shipping delay'.split(' ');

/** Text that looks like text and is the same each time. */
function prose(words: number, seed: number): string {
  let state = seed;
  const next = (): string => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return WORDS[Math.floor((state / 2 ** 32) * WORDS.length)] as string;
  };
  return Array.from({ length: words }, next).join(' ');
}

interface Message {
  role: string;
  content: string;
  [field: string]: unknown;
}

function conversation(count = 300): { model: string; messages: Message[] }[] {
  const messages = Array.from({ length: count }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `${prose(60, index + 1)} (${index})`,
  }));
  return [{ model: 'm-1', messages }];
}

/** Kind and places of each difference, which is what most tests are about. */
function told(recorded: unknown, now: unknown): string[] {
  return diffOf(recorded, now).differences.map(({ kind, path, nowPath }) => `${kind} ${path}${nowPath === undefined ? '' : ` -> ${nowPath}`}`);
}

function edited<T>(value: T, edit: (copy: T) => void): T {
  const copy = structuredClone(value);
  edit(copy);
  return copy;
}

function first(conversations: { messages: Message[] }[]): Message[] {
  return conversations[0]?.messages as Message[];
}

function millisOf(run: () => void): number {
  run();
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = performance.now();
      run();
      return performance.now() - start;
    }),
  );
}

describe('diffOf() of conversations', () => {
  const recorded = conversation();

  it('tells a message put in front of 300 as one that was added', () => {
    const now = edited(recorded, (copy) => first(copy).unshift({ role: 'system', content: 'Be brief.' }));
    expect(diffOf(recorded, now)).toMatchObject({
      differences: [{ kind: 'added', path: '$[0].messages[0]', now: '{"role":"system","content":"Be brief."}' }],
      complete: true,
      total: 1,
    });
  });

  it('tells a changed word in message 150 at its content', () => {
    const now = edited(recorded, (copy) => {
      (first(copy)[150] as Message).content = (first(copy)[150] as Message).content.replace('(150)', '(fifty)');
    });
    expect(told(recorded, now)).toEqual(['changed $[0].messages[150].content']);
    expect(diffOf(recorded, now).differences[0]?.text).toMatchObject({ places: 1, hunks: [{ recorded: '150', now: 'fifty' }] });
  });

  it('tells four edits as four differences', () => {
    const now = edited(recorded, (copy) => {
      const messages = first(copy);
      messages.splice(40, 1);
      (messages[99] as Message).content += ' Edited.';
      messages.splice(200, 0, { role: 'user', content: 'Put in.' });
      messages.splice(10, 0, ...messages.splice(250, 1));
    });
    expect(told(recorded, now)).toEqual([
      'removed $[0].messages[40]',
      'changed $[0].messages[100].content',
      'added $[0].messages[201]',
      'moved $[0].messages[250] -> $[0].messages[10]',
    ]);
  });

  it('tells a removed and an added message apart from a changed one', () => {
    const now = edited(recorded, (copy) => {
      first(copy).splice(10, 1);
      first(copy).splice(200, 0, { role: 'user', content: 'Something else altogether.' });
    });
    expect(told(recorded, now)).toEqual(['removed $[0].messages[10]', 'added $[0].messages[200]']);
  });

  it('finds the place of a message among those that were changed', () => {
    const now = edited(recorded, (copy) => {
      (first(copy)[20] as Message).content += ' Edited.';
      (first(copy)[21] as Message).content += ' Edited.';
      first(copy).splice(20, 0, { role: 'user', content: 'Put in.' });
    });
    expect(told(recorded, now)).toEqual([
      'added $[0].messages[20]',
      'changed $[0].messages[20].content -> $[0].messages[21].content',
      'changed $[0].messages[21].content -> $[0].messages[22].content',
    ]);
  });

  it('finds messages again that all got another time, by what they say', () => {
    const timed = edited(recorded, (copy) => first(copy).forEach((message, index) => Object.assign(message, { at: index })));
    const now = edited(timed, (copy) => {
      for (const message of first(copy)) message['at'] = (message['at'] as number) + 1_000;
      first(copy).splice(20, 0, { role: 'user', content: 'Put in.', at: 0 });
    });
    const { differences, complete, total } = diffOf(timed, now, { maxDifferences: 1_000 });
    expect({ complete, total }).toEqual({ complete: true, total: 301 });
    expect(differences.filter(({ kind, path }) => kind !== 'changed' || !path.endsWith('.at'))).toEqual([
      { kind: 'added', path: '$[0].messages[20]', now: '{"role":"user","content":"Put in.","at":0}' },
    ]);
  });

  it('says that it lists no more than it was asked to', () => {
    const now = edited(recorded, (copy) => first(copy).reverse());
    const { differences, complete, total } = diffOf(recorded, now, { maxDifferences: 3 });
    expect({ listed: differences.length, complete, total }).toEqual({ listed: 3, complete: false, total: 299 });
  });
});

describe('diffOf() of lists', () => {
  it('tells what was put elsewhere as moved', () => {
    expect(told(['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'])).toEqual(['moved $[3] -> $[0]']);
    expect(told([{ v: 1 }, { v: 2 }], [{ v: 2 }, { v: 1 }])).toEqual(['moved $[0] -> $[1]']);
  });

  it('knows an item by its id, whatever else of it changed', () => {
    const recorded = [
      { id: 'a', text: 'one', n: 1 },
      { id: 'b', text: 'two', n: 2 },
      { id: 'c', text: 'three', n: 3 },
    ];
    const now = [
      { id: 'c', text: 'THREE', n: 30 },
      { id: 'a', text: 'one', n: 1 },
      { id: 'b', text: 'two', n: 2 },
    ];
    expect(told(recorded, now)).toEqual(['moved $[2] -> $[0]', 'changed $[2].text -> $[0].text', 'changed $[2].n -> $[0].n']);
  });

  it('knows tools by their names, those inside `function` too', () => {
    const tool = (name: string, description: string) => ({ type: 'function', function: { name, description } });
    const recorded = [tool('search', 'Finds pages.'), tool('book', 'Books a flight.'), tool('pay', 'Pays.')];
    const now = [tool('pay', 'Takes the money of the user.'), tool('search', 'Finds pages.'), tool('book', 'Books a flight.')];
    expect(told(recorded, now)).toEqual(['moved $[2] -> $[0]', 'changed $[2].function.description -> $[0].function.description']);
  });

  it('tells two things with different ids as one removed and one added', () => {
    const recorded = {
      items: [
        { id: 1, text: 'a book about birds' },
        { id: 2, text: 'kept' },
      ],
    };
    expect(
      told(recorded, {
        items: [
          { id: 9, text: 'NINE RED PENS' },
          { id: 2, text: 'kept' },
        ],
      }),
    ).toEqual(['removed $.items[0]', 'added $.items[0]']);
    // The same thing with another id is a change of the id.
    expect(
      told(recorded, {
        items: [
          { id: 9, text: 'a book about birds' },
          { id: 2, text: 'kept' },
        ],
      }),
    ).toEqual(['changed $.items[0].id']);
  });

  it('takes no id that occurs twice for an identity', () => {
    const recorded = [
      { id: 1, v: 'a' },
      { id: 1, v: 'b' },
      { id: 1, v: 'c' },
    ];
    expect(
      told(recorded, [
        { id: 1, v: 'b' },
        { id: 1, v: 'c' },
      ]),
    ).toEqual(['removed $[0]']);
  });

  it('tells calls whose ids are all new at their ids', () => {
    const call = (id: string, city: string) => ({ id, type: 'function', function: { name: 'weather', arguments: `{"city":"${city}"}` } });
    const recorded = { tool_calls: [call('call_1', 'Rome'), call('call_2', 'Oslo')] };
    const now = { tool_calls: [call('call_x', 'Rome'), call('call_y', 'Oslo')] };
    expect(told(recorded, now)).toEqual(['changed $.tool_calls[0].id', 'changed $.tool_calls[1].id']);
  });

  it('tells a vector that was replaced as one difference that counts for all', () => {
    const vector = (from: number): number[] => Array.from({ length: 1_536 }, (_, index) => Math.sin(from + index));
    expect(diffOf({ embedding: vector(1) }, { embedding: vector(0.5) })).toMatchObject({
      differences: [{ kind: 'changed', path: '$.embedding' }],
      complete: true,
      total: 1_536,
    });
  });

  it('tells an object of other fields altogether as one difference', () => {
    const fields = (letter: string): object => Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`${letter}${index}`, index]));
    expect(diffOf({ x: fields('a') }, { x: fields('b') })).toMatchObject({ differences: [{ kind: 'changed', path: '$.x' }], total: 120 });
    expect(told({ x: { a: 1 } }, { x: { b: 1 } })).toEqual(['removed $.x.a', 'added $.x.b']);
  });

  it('tells holes from undefined', () => {
    // eslint-disable-next-line no-sparse-arrays
    expect(diffOf([1, , 3], [1, undefined, 3]).differences).toEqual([
      { kind: 'type', path: '$[1]', recorded: '(hole)', now: 'undefined', types: { recorded: 'hole', now: 'undefined' } },
    ]);
  });

  it('compares long lists of holes at their filled places', () => {
    const recorded: unknown[] = new Array(4_000_000_000);
    const now: unknown[] = new Array(4_000_000_001);
    recorded[7] = 'a';
    now[7] = 'b';
    now[9] = 'c';
    expect(told(recorded, now)).toEqual(['changed $.length', 'changed $[7]', 'added $[9]']);
  });
});

describe('diffOf() of other values', () => {
  const only = (recorded: unknown, now: unknown): ValueChange | undefined => {
    const { differences } = diffOf({ v: recorded }, { v: now });
    expect(differences.length).toBeLessThan(2);
    return differences[0];
  };

  it('tells the ways in which numbers and nothings differ', () => {
    expect(only(Number.NaN, Number.NaN)).toBeUndefined();
    expect(only(0, -0)).toEqual({ kind: 'changed', path: '$.v', recorded: 0, now: '-0' });
    expect(only(1, '1')).toEqual({ kind: 'type', path: '$.v', recorded: 1, now: '1', types: { recorded: 'number', now: 'string' } });
    expect(only(null, undefined)).toEqual({ kind: 'type', path: '$.v', recorded: null, now: 'undefined', types: { recorded: 'null', now: 'undefined' } });
    expect(diffOf({ a: undefined }, {}).differences).toEqual([{ kind: 'removed', path: '$.a', recorded: 'undefined' }]);
    expect(only(1n, 2n)).toEqual({ kind: 'changed', path: '$.v', recorded: '1n', now: '2n' });
  });

  it('tells one place of a Map or Set', () => {
    const recorded = new Map<unknown, unknown>([
      ['k', { n: 1 }],
      [2, 'two'],
      [{ id: 1 }, 'by object'],
    ]);
    const now = new Map<unknown, unknown>([
      ['k', { n: 2 }],
      [{ id: 1 }, 'BY OBJECT'],
      ['new', 1],
    ]);
    expect(told(recorded, now)).toEqual(['changed $.get("k").n', 'changed $.entry(2).value -> $.entry(1).value', 'removed $.get(2)', 'added $.get("new")']);
    expect(
      told(
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
        new Map([
          ['b', 2],
          ['a', 1],
        ]),
      ),
    ).toEqual(['moved $.get("a")']);
    expect(told(new Set(['a', { n: 1 }]), new Set(['a', { n: 2 }]))).toEqual(['changed $.item(1).n']);
  });

  it('looks into errors, and not at their stacks', () => {
    const make = (code: string): Error => Object.assign(new RangeError('too far', { cause: { code } }), { status: 500 });
    expect(told(make('A'), make('A'))).toEqual([]);
    expect(told(make('A'), make('B'))).toEqual(['changed $.cause.code']);
    expect(only(new TypeError('x'), new RangeError('x'))).toMatchObject({ kind: 'type', types: { recorded: 'TypeError', now: 'RangeError' } });
  });

  it('tells a class that changed, and the fields that did', () => {
    class Order {
      total = 1;
    }
    class Offer {
      total = 2;
    }
    expect(told({ v: new Order() }, { v: new Offer() })).toEqual(['type $.v', 'changed $.v.total']);
    expect(only({ a: 1 }, Object.assign(Object.create(null) as object, { a: 1 }))).toMatchObject({
      kind: 'type',
      recorded: 'Object {"a":1}',
      now: 'Object without prototype {"a":1}',
    });
  });

  it('shows where bytes, dates and patterns differ', () => {
    expect(only(Buffer.from([1, 2, 3, 4]), Buffer.from([1, 2, 9]))).toEqual({
      kind: 'changed',
      path: '$.v',
      recorded: 'Buffer(4 bytes), at 2: 03 04',
      now: 'Buffer(3 bytes), at 2: 09',
    });
    expect(only(new Date(0), new Date(1_000))).toMatchObject({ recorded: 'Date(1970-01-01T00:00:00.000Z)', now: 'Date(1970-01-01T00:00:01.000Z)' });
    expect(only(/a/g, Object.assign(/a/g, { lastIndex: 2 }))?.now).toContain('n2');
    expect(
      only(
        () => 0,
        function other() {},
      )?.now,
    ).toContain('other');
    expect(only(new URL('http://a/x'), new URL('http://a/y'))).toEqual({ kind: 'changed', path: '$.v', recorded: 'http://a/x', now: 'http://a/y' });
  });

  it('calls no code of the values', () => {
    const refuse = (): never => expect.fail('code of the value was called');
    const traps = Object.fromEntries(['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'apply'].map((trap) => [trap, refuse]));
    const hostile = (): object => ({
      get total() {
        return refuse();
      },
      proxy: new Proxy({}, traps),
      call: new Proxy(() => 0, traps),
      list: Object.defineProperty([1, 2], 0, { get: refuse }),
      toJSON: 'no',
      [Symbol.toPrimitive]: refuse,
    });
    expect(told(hostile(), hostile())).toEqual([]);
    expect(told(hostile(), {})).toHaveLength(5);
    const child: unknown = Object.create(
      new Proxy(
        {},
        {
          ...traps,
          getPrototypeOf: () => {
            throw new Error('no');
          },
        },
      ),
    );
    expect(told({ v: child }, { v: 1 })).toEqual(['type $.v']);
  });

  it('tells a field called __proto__ like any other', () => {
    expect(told(JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":2}}'))).toEqual(['changed $.__proto__.a']);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('ends on cycles, and tells those that go elsewhere', () => {
    const make = (up: 'parent' | 'root'): object => {
      const root: { child: { back?: unknown } } = { child: {} };
      root.child.back = up === 'root' ? root : root.child;
      return root;
    };
    expect(told(make('root'), make('root'))).toEqual([]);
    expect(diffOf(make('root'), make('parent')).differences).toEqual([
      { kind: 'changed', path: '$.child.back', recorded: '[the same object as $]', now: '[the same object as $.child]' },
    ]);
  });

  it('compares what is shared once, however often it is referred to', () => {
    const make = (leaf: number): unknown => {
      let value: unknown = { leaf };
      for (let level = 0; level < 60; level++) value = { left: value, right: value };
      return value;
    };
    const { differences, complete, compared } = diffOf(make(1), make(2));
    expect(differences.map(({ kind }) => kind)).toEqual(['changed']);
    expect(complete).toBe(true);
    expect(compared).toBeLessThan(500);
  });

  it('goes 10,000 levels deep', () => {
    const make = (leaf: number): unknown => {
      let value: unknown = leaf;
      for (let level = 0; level < 5_000; level++) value = { a: [level, value] };
      return value;
    };
    const { differences, complete } = diffOf(make(1), make(2));
    expect(complete).toBe(true);
    expect(differences).toEqual([{ kind: 'changed', path: `$${'.a[1]'.repeat(5_000)}`, recorded: 1, now: 2 }]);
  });

  it('writes paths that can be read in one way only', () => {
    expect(told({ 'odd key': 1, 'a.b': 1, 'x"]': 1, 0: 1, ok: 1 }, {})).toEqual([
      'removed $["0"]',
      'removed $["odd key"]',
      'removed $["a.b"]',
      'removed $["x\\"]"]',
      'removed $.ok',
    ]);
  });

  it('tells lone surrogates apart', () => {
    const long = 'x'.repeat(300);
    expect(only(`${long}\ud800`, `${long}\udbff`)).toMatchObject({ recorded: expect.stringMatching(/\\ud800$/), now: expect.stringMatching(/\\udbff$/) });
  });

  it('takes a marker of what was not recorded for the thing itself', () => {
    function send(): void {}
    expect(told({ v: send }, { v: new Opaque('function', 'send') })).toEqual([]);
  });
});

describe('diffOf() of texts', () => {
  it('shows one changed id of a 200 KB prompt, on both sides', () => {
    const before = prose(15_000, 1);
    const after = prose(15_000, 2);
    const [difference] = diffOf({ prompt: `${before} order ord_A17-x for ${after}` }, { prompt: `${before} order ord_B99-x for ${after}` }).differences;
    expect(difference).toMatchObject({ kind: 'changed', path: '$.prompt', text: { places: 1, hunks: [{ recorded: 'ord_A17-x', now: 'ord_B99-x' }] } });
    expect(difference?.recorded).toMatch(/^….* order ord_A17-x for .*…$/);
    expect(difference?.now).toMatch(/^….* order ord_B99-x for .*…$/);
  });

  it('shows changes that are far apart as places of their own', () => {
    const middle = prose(2_000, 3);
    const [difference] = diffOf(`id A ${middle} end A`, `id B ${middle} end B`).differences;
    expect(difference?.text).toMatchObject({
      places: 2,
      hunks: [
        { at: 3, recorded: 'A', now: 'B' },
        { recorded: 'A', now: 'B' },
      ],
    });
    expect(difference?.recorded).toMatch(/^id A .*….* end A$/);
  });

  it('shows a line that was put in', () => {
    const lines = Array.from({ length: 50 }, (_, index) => `${index}. ${prose(6, index)}`);
    const now = [...lines];
    now.splice(20, 0, '20. put in');
    const [difference] = diffOf(lines.join('\n'), now.join('\n')).differences;
    expect(difference?.text).toMatchObject({ places: 1, hunks: [{ recorded: '', now: '20. put in\n' }] });
  });

  it('tells a text that was written anew as one place', () => {
    const [difference] = diffOf(prose(400, 1), prose(400, 2)).differences;
    expect(difference?.text?.places).toBe(1);
  });

  it('treats texts as they were recorded, if told how', () => {
    const protect = (text: string, key: string | undefined): string => (key === 'password' ? '[hidden]' : text.replace(/\d{4}/g, '####'));
    const recorded = { password: '[hidden]', list: { password: ['[hidden]'] }, text: 'pin ####' };
    expect(diffOf(recorded, { password: 'secret', list: { password: ['other secret'] }, text: 'pin 1234' }, { protect })).toMatchObject({
      differences: [],
      complete: true,
    });
    const changed = diffOf(
      recorded,
      { password: 'secret', list: { password: ['other secret', 'more'] }, text: 'pin 1234!', extra: { password: 'x' } },
      { protect },
    );
    expect(changed.differences.map(({ path, now }) => [path, now])).toEqual([
      ['$.list.password[1]', '[hidden]'],
      ['$.text', 'pin ####!'],
      ['$.extra', '{"password":"[hidden]"}'],
    ]);
  });
});

describe('the bounds of a diff', () => {
  const wide = (changed: number): object[] => Array.from({ length: 2_000 }, (_, index) => ({ index: index === changed ? -1 : index }));

  it('end it, and it says so', () => {
    const { differences, complete, compared } = diffOf(wide(-1), wide(1_900), { maxComparisons: 100 });
    expect({ differences, complete }).toEqual({ differences: [], complete: false });
    expect(compared).toBeLessThanOrEqual(100);
    expect(diffOf('x'.repeat(1_000), `${'x'.repeat(1_000)}y`, { maxBytes: 100 })).toMatchObject({ differences: [], complete: false });
  });

  it('leave what is certain: two lists of different lengths differ', () => {
    const now = wide(-1).slice(1);
    expect(diffOf({ list: wide(-1) }, { list: now }, { maxComparisons: 1_000 })).toMatchObject({
      differences: [{ kind: 'changed', path: '$.list' }],
      complete: false,
    });
  });

  it('keep hard cases short', () => {
    const recorded = conversation();
    const now = edited(recorded, (copy) => {
      for (const [index, message] of first(copy).entries()) message.content = prose(60, 1_000 + index);
    });
    expect(millisOf(() => diffOf(recorded, now))).toBeLessThan(2_000);
    const lines = (seed: number): string => Array.from({ length: 4_000 }, (_, index) => prose(8, seed * 10_000 + index)).join('\n');
    const one = lines(1);
    const two = lines(2);
    expect(millisOf(() => diffOf(one, two))).toBeLessThan(2_000);
    const bits = (seed: number): number[] => Array.from({ length: 10_000 }, (_, index) => (Math.imul(index * seed, 2_654_435_761) >>> 31) & 1);
    expect(millisOf(() => diffOf(bits(3), bits(7)))).toBeLessThan(2_000);
  });
});

describe('diffValues()', () => {
  it('lists path and sides alone', () => {
    expect(diffValues([{ a: 1, gone: true, list: ['x', 'y', 'z'] }], [{ a: 2, list: ['z', 'x', 'y'], more: null }])).toEqual([
      { path: '$[0].a', recorded: 1, now: 2 },
      { path: '$[0].gone', recorded: true },
      { path: '$[0].list[2]', recorded: 'at $[0].list[2]: z', now: 'at $[0].list[0]: z' },
      { path: '$[0].more', now: null },
    ]);
  });

  it('is empty for equal values', () => {
    expect(diffValues({ a: [1, { b: 'c' }] }, { a: [1, { b: 'c' }] })).toEqual([]);
  });
});
