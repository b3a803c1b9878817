// What a caller may see of a boundary while it is recorded: nothing. Values, errors, promises, `this` and the function
// itself are what they are without us.

import { AsyncLocalStorage } from 'node:async_hooks';
import { context, createContextKey, trace } from '@opentelemetry/api';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundary } from '../../src/index.js';
import { endOf, type Recorded, startRecording } from './recorded.js';

let recorded: Recorded;
beforeEach(() => {
  recorded = startRecording();
});
afterEach(async () => {
  await recorded.stop();
});

class Order {
  #secret = 7;
  constructor(readonly shares: number) {}
  reveal(): number {
    return this.#secret;
  }
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const VALUES: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['negative zero', -0],
  ['NaN', Number.NaN],
  ['a bigint', 10n ** 40n],
  ['a symbol', Symbol('s')],
  ['a text of one megabyte', 'ä'.repeat(1 << 20)],
  ['a lone surrogate', '\ud800'],
  ['a plain object', { a: { b: [1, , 3] } }],
  ['a frozen object', Object.freeze({ a: Object.freeze([1]) })],
  ['an object without a prototype', Object.create(null)],
  ['an instance with private fields', new Order(1000)],
  ['a function', () => 1],
  ['a class', Order],
  ['a date', new Date(0)],
  ['a map', new Map([[{}, new Set([1])]])],
  ['bytes', new Uint8Array([1, 2, 3])],
  ['an error', new RangeError('far')],
  ['a proxy', new Proxy({ a: 1 }, {})],
  ['a revoked proxy', revoked()],
  ['a weak map', new WeakMap()],
  ['an iterator of an array', [1, 2][Symbol.iterator]()],
];

describe('a boundary hands on what its function gives', () => {
  it.each(VALUES)('%s, returned at once', (_, value) => {
    const seen = boundary.tool('give', () => value)();
    expect(Object.is(seen, value)).toBe(true);
  });

  // A promise asks each value whether it is a thenable, which a revoked proxy does not survive.
  it.each(VALUES.filter(([name]) => name !== 'a revoked proxy'))('%s, by a promise', async (_, value) => {
    const promise = boundary.tool('give', async () => value)();
    expect(Object.getPrototypeOf(promise)).toBe(Promise.prototype);
    expect(Object.is(await promise, value)).toBe(true);
  });

  it.each(VALUES)('%s, thrown at once', (_, value) => {
    const fail = boundary.tool('fail', () => {
      throw value;
    });
    let caught: { readonly value: unknown } | undefined;
    try {
      fail();
    } catch (error) {
      caught = { value: error };
    }
    expect(caught).toBeDefined();
    expect(Object.is(caught?.value, value)).toBe(true);
  });

  it.each(VALUES)('%s, as the reason of a rejected promise', async (_, value) => {
    const fail = boundary.tool('fail', async () => {
      throw value;
    });
    const caught = await fail().then(
      () => undefined,
      (error: unknown) => ({ value: error }),
    );
    expect(caught).toBeDefined();
    expect(Object.is(caught?.value, value)).toBe(true);
  });

  it('without changing the value or the error', async () => {
    const value = { a: 1, nested: { list: [1, 2] } };
    const error = Object.assign(new Error('no'), { status: 503 });
    const { stack } = error;
    const names = Reflect.ownKeys(error);
    boundary.tool('give', (given: unknown) => given)(value);
    expect(() =>
      boundary.tool('fail', () => {
        throw error;
      })(),
    ).toThrow(error);
    expect(value).toEqual({ a: 1, nested: { list: [1, 2] } });
    expect(Reflect.ownKeys(value)).toEqual(['a', 'nested']);
    expect([error.stack, error.message, Reflect.ownKeys(error)]).toEqual([stack, 'no', names]);
  });

  it('and runs a function that is not asynchronous before the call is over', () => {
    const order: string[] = [];
    const say = boundary.guardrail('say', (word: string) => order.push(word));
    order.push('before');
    expect(say('inside')).toBe(2);
    order.push('after');
    expect(order).toEqual(['before', 'inside', 'after']);
  });
});

describe('a promise that a boundary hands on', () => {
  it('is the very object where the function is not asynchronous', async () => {
    const shared = Promise.resolve({ rows: 3 });
    const load = boundary.retrieval('load', () => shared);
    expect(load()).toBe(shared);
    expect(load()).toBe(shared);
    expect(Object.keys(shared)).toEqual([]);
    expect(await load()).toBe(await shared);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['returned by promise', 'returned by promise', 'returned by promise']);
  });

  it('is the very object when it is rejected, and so is its reason', async () => {
    const reason = Object.freeze({ status: 429 });
    const shared = Promise.reject(reason);
    const load = boundary.retrieval('load', () => shared);
    const given = load();
    expect(given).toBe(shared);
    await expect(given).rejects.toBe(reason);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['threw by promise']);
  });

  it('settles in the same order as the others', async () => {
    const order: string[] = [];
    const names = ['a', 'b', 'c', 'd'];
    const act = boundary.step('act', async (name: string, turns: number) => {
      for (let turn = 0; turn < turns; turn++) await undefined;
      return name;
    });
    await Promise.all(names.map((name, index) => act(name, 3 - index).then((given) => order.push(given))));
    expect(order).toEqual(['d', 'c', 'b', 'a']);
  });

  it('that is frozen is handed on as well', async () => {
    const frozen = Object.freeze(Promise.resolve(5));
    const load = boundary.retrieval('load', () => frozen);
    expect(load()).toBe(frozen);
    expect(await load()).toBe(5);
  });

  it('that never settles leaves a call whose outcome is unknown', async () => {
    const hang = boundary.tool('hang', async () => new Promise<never>(() => undefined));
    void hang();
    expect((await recorded.envelopes()).map(endOf)).toEqual(['unknown']);
  });

  it('of a subclass keeps its class, its methods and its own state', async () => {
    class Traced<T> extends Promise<T> {
      readonly requestId = 'req-1';
      withResponse(): { readonly data: Traced<T>; readonly status: number } {
        return { data: this, status: 200 };
      }
    }
    const make = boundary.model('make', () => Traced.resolve('text') as Traced<string>);
    const given = make();
    expect(given).toBeInstanceOf(Traced);
    expect(Object.getPrototypeOf(given)).toBe(Traced.prototype);
    expect(given.withResponse()).toEqual({ data: given, status: 200 });
    expect(given.then((text) => text.length)).toBeInstanceOf(Traced);
    expect([await given, await given.then((text) => text.length), await given.finally(() => undefined), await given.catch(() => 'no')]).toEqual([
      'text',
      4,
      'text',
      'text',
    ]);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['returned by promise']);
  });

  it('of a subclass that works only when it is asked is asked by its user alone', async () => {
    let requests = 0;
    class LazyRequest extends Promise<string> {
      constructor() {
        super(() => undefined);
      }
      static override get [Symbol.species](): PromiseConstructor {
        return Promise;
      }
      override then<A = string, B = never>(
        onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
        onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
      ): Promise<A | B> {
        requests++;
        return Promise.resolve('answer').then(onFulfilled, onRejected);
      }
      asResponse(): string {
        return 'response';
      }
    }
    const request = boundary.model('request', () => new LazyRequest());
    const asked = request();
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests).toBe(0);
    expect(asked.asResponse()).toBe('response');
    expect(await asked).toBe('answer');
    expect(requests).toBe(1);

    void request();
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests).toBe(1);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['returned by promise', 'unknown']);
  });

  it('keeps its own methods among its keys', async () => {
    const make = boundary.tool('make', () => ({
      id: 1,
      // biome-ignore lint/suspicious/noThenProperty: a thenable made by hand.
      then: (onFulfilled: (value: string) => void) => onFulfilled('answer'),
      [Symbol.asyncIterator]: async function* () {
        yield 1;
      },
    }));
    const given = make();
    expect([Object.keys(given), Object.getOwnPropertyDescriptor(given, Symbol.asyncIterator)?.enumerable]).toEqual([['id', 'then'], true]);
    expect(await Promise.resolve(given)).toBe('answer');
  });

  it.each([false, true])('is left alone where it is only a thenable, and asked by its user alone (frozen: %s)', async (frozen) => {
    let asked = 0;
    class Query {
      constructor(readonly sql: string) {
        if (frozen) Object.freeze(this);
      }
      // biome-ignore lint/suspicious/noThenProperty: query builders are like that.
      then<T>(onFulfilled: (rows: number[]) => T): Promise<T> {
        asked++;
        return Promise.resolve([1, 2]).then(onFulfilled);
      }
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        yield 1;
        yield 2;
      }
    }
    const made = new Query('select 1');
    const select = boundary.retrieval('select', () => made);
    const given = select();
    await new Promise((resolve) => setImmediate(resolve));
    expect(given).toBe(made);
    expect([asked, Object.keys(given), given.sql]).toEqual([0, ['sql'], 'select 1']);
    expect(await given).toEqual([1, 2]);
    expect(asked).toBe(1);
    expect(await given.then((rows) => rows.length)).toBe(2);
    expect((await recorded.envelopes()).map(endOf)).toEqual([frozen ? 'returned' : 'returned by promise']);
    if (frozen) return;
    // Read instead of awaited.
    const rows: number[] = [];
    for await (const row of boundary.retrieval('read', () => new Query('select 2'))()) rows.push(row);
    expect(rows).toEqual([1, 2]);
    expect((await recorded.envelopes()).map(endOf)).toContain('streamed async-iterable: 2 chunks, done');
  });
});

describe('the function that a boundary gives', () => {
  it('has the name, the length and the properties of the one that it wraps', () => {
    const target = Object.assign(
      function placeOrder(order: Order, account: string, ...rest: unknown[]) {
        return [order, account, rest];
      },
      { schema: { type: 'object' }, [Symbol.for('tool')]: true },
    );
    const wrapped = boundary.tool('place_order', target, { effect: 'write' });
    expect([wrapped.name, wrapped.length]).toEqual(['placeOrder', 2]);
    expect(wrapped.schema).toBe(target.schema);
    expect(wrapped[Symbol.for('tool')]).toBe(true);
    function* count(): Generator<number> {
      yield 1;
    }
    const counting = boundary.step('count', count);
    expect([counting() instanceof count, counting() instanceof (counting as unknown as typeof Object)]).toEqual([true, true]);
    expect(
      boundary.tool(
        'nameless',
        (
          () => () =>
            1
        )(),
      ).name,
    ).toBe('');
  });

  it('looks asynchronous, or like a generator, to those who look at its class', () => {
    const classOf = (fn: (...args: never[]) => unknown): string => fn.constructor.name;
    expect(classOf(boundary.tool('a', async () => 1))).toBe('AsyncFunction');
    expect(classOf(boundary.tool('b', function* () {}))).toBe('GeneratorFunction');
    expect(classOf(boundary.tool('c', async function* () {}))).toBe('AsyncGeneratorFunction');
    expect(classOf(boundary.tool('d', () => 1))).toBe('Function');
  });

  it('passes on `this` and every argument', () => {
    const got: unknown[] = [];
    const wrapped = boundary.tool('note', function (this: unknown, ...args: unknown[]) {
      got.push(this, ...args);
      return arguments.length;
    });
    const self = { note: wrapped };
    expect(self.note(1, undefined)).toBe(2);
    expect(wrapped.call(5)).toBe(0);
    expect(Reflect.apply(wrapped, undefined, [])).toBe(0);
    expect(got).toEqual([self, 1, undefined, 5, undefined]);
  });

  it('may call itself, and other boundaries, to any depth', () => {
    const down: (depth: number) => number = boundary.step('down', (depth: number) => (depth === 0 ? 0 : 1 + down(depth - 1)));
    expect(down(300)).toBe(300);
  });

  it('may be wrapped again', async () => {
    const inner = boundary.step('inner', async (word: string) => `${word}!`);
    const outer = boundary.step('outer', inner);
    expect(await outer('a')).toBe('a!');
    expect((await recorded.envelopes()).map(({ path }) => path)).toEqual(['outer#0', 'outer#0/inner#0']);
  });

  it('keeps the contexts of the program and of OpenTelemetry for what is called inside, and after it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const key = createContextKey('user');
    const seen: unknown[] = [];
    const look = (): void => void seen.push([storage.getStore(), context.active().getValue(key), trace.getActiveSpan() !== undefined]);
    const act = boundary.step('act', async () => {
      look();
      await undefined;
      look();
    });
    await storage.run('request', () =>
      context.with(context.active().setValue(key, 'user'), async () => {
        await act();
        look();
      }),
    );
    look();
    expect(seen).toEqual([
      ['request', 'user', true],
      ['request', 'user', true],
      ['request', 'user', false],
      [undefined, undefined, false],
    ]);
  });
});

describe('@boundary on a method', () => {
  /** Standard decorators, compiled as TypeScript compiles them. */
  async function compile(source: string): Promise<Record<string, unknown>> {
    const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 } });
    return (await import(`data:text/javascript,${encodeURIComponent(outputText)}`)) as Record<string, unknown>;
  }

  it('keeps the instance, private fields, static and inherited methods', async () => {
    const { makeDesk } = await compile(`
      export function makeDesk(boundary) {
        class Desk {
          #prices = { ACME: 120 };
          constructor(readonly name) {}
          @boundary.tool('get_quote', { effect: 'read' })
          async getQuote(symbol) { return { desk: this.name, cents: this.#prices[symbol] }; }
          @boundary.guardrail('limits')
          limits(shares) { return shares < 100; }
          @boundary.step('open')
          static open(name) { return new this(name); }
          @boundary.step('ticks')
          *ticks() { yield this.name; return 'closed'; }
        }
        class FastDesk extends Desk {
          async getQuote(symbol) { return { ...(await super.getQuote(symbol)), fast: true }; }
        }
        return { Desk, FastDesk };
      }`);
    interface Desk {
      getQuote(symbol: string): Promise<unknown>;
      limits(shares: number): boolean;
      ticks(): Generator<string, string>;
    }
    interface DeskClass {
      new (name: string): Desk;
      open(name: string): Desk;
      readonly prototype: Desk;
    }
    const { Desk, FastDesk } = (makeDesk as (marked: typeof boundary) => { Desk: DeskClass; FastDesk: DeskClass })(boundary);
    expect(await new Desk('a').getQuote('ACME')).toEqual({ desk: 'a', cents: 120 });
    expect(await new FastDesk('b').getQuote('ACME')).toEqual({ desk: 'b', cents: 120, fast: true });
    expect([new Desk('c').limits(99), new Desk('c').limits(100)]).toEqual([true, false]);
    expect(FastDesk.open('d')).toBeInstanceOf(FastDesk);
    expect([...new Desk('e').ticks()]).toEqual(['e']);
    expect([Desk.prototype.getQuote.name, Desk.prototype.getQuote.length, Desk.open.name]).toEqual(['getQuote', 1, 'open']);
    const detached = Desk.prototype.getQuote;
    await expect(detached('ACME')).rejects.toThrow(TypeError);
    expect((await recorded.envelopes()).map((envelope) => `${envelope.path} ${endOf(envelope)}`)).toEqual([
      'get_quote#0 returned by promise',
      'get_quote#0 returned by promise',
      'limits#0 returned',
      'limits#0 returned',
      'open#0 returned',
      'ticks#0 streamed generator: 1 chunks, done',
      'get_quote#0 threw by promise',
    ]);
  });
});
