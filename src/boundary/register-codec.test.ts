// Codecs of users' own classes: what is stored, what comes back, and that a codec which fails hurts nobody.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Recorder, roundTrip } from '../../test/properties/round-trip.js';
import { engine } from '../crossing/index.js';
import { isChronicleError } from '../errors.js';
import { Coded, diffValues, Fingerprinter, fingerprint, previewOf, toJson, Truncated } from '../value/index.js';
import { boundary } from './boundary.js';
import { registerCodec, type ValueCodec } from './register-codec.js';

/** Keeps its state where no capture sees it. */
class Money {
  readonly #amount: number;
  readonly #currency: string;
  constructor(amount: number, currency: string) {
    this.#amount = amount;
    this.#currency = currency;
  }
  toString(): string {
    return `${this.#amount} ${this.#currency}`;
  }
  static readonly encode = (money: Money): { amount: number; currency: string } => ({ amount: money.#amount, currency: money.#currency });
}

const money: ValueCodec<Money, { amount: number; currency: string }> = {
  name: 'Money',
  class: Money,
  encode: Money.encode,
  decode: ({ amount, currency }) => new Money(amount, currency),
};

const undo: (() => void)[] = [];
function register<T extends object, E>(codec: ValueCodec<T, E>): () => void {
  const remove = registerCodec(codec);
  undo.push(remove);
  return remove;
}

afterEach(() => {
  for (const remove of undo.splice(0)) remove();
  engine().faults.clear();
});

function faults(): [string, number][] {
  return [...engine().faults];
}

function failure(work: () => unknown): { code: string; message: string; facts: unknown } {
  try {
    work();
  } catch (error) {
    if (!isChronicleError(error)) throw error;
    return { code: error.code, message: error.message, facts: error.facts };
  }
  throw new Error('it did not fail');
}

describe('an instance of a registered class', () => {
  it('is stored by its encoding and comes back as an instance', () => {
    register(money);
    const price = new Money(3, 'EUR');
    const { decoded, captured } = roundTrip({ price, again: price, others: [new Money(4, 'USD')] });
    const { price: one, again, others } = decoded as { price: Money; again: Money; others: Money[] };
    expect([one instanceof Money, String(one), again === one, others.map(String)]).toEqual([true, '3 EUR', true, ['4 USD']]);
    expect(roundTrip(decoded).captured.digestHex).toBe(captured.digestHex);
    expect([captured.opaque, captured.incomplete, faults()]).toEqual([[], [], []]);
  });

  it('is another value when its encoding is another, and not its encoding', () => {
    register(money);
    const digests = [new Money(3, 'EUR'), new Money(4, 'EUR'), { amount: 3, currency: 'EUR' }, new Money(3, 'EUR')].map((value) => fingerprint(value).digest);
    expect(new Set(digests).size).toBe(3);
    expect(digests[3]).toBe(digests[0]);
  });

  it('has one fingerprint however it is captured', () => {
    register(money);
    const fingerprinter = new Fingerprinter();
    const values = () => ({ list: [new Money(1, 'EUR'), new Money(2, 'EUR')] });
    const first = fingerprinter.fingerprint(values(), 'a').digest;
    expect([fingerprinter.fingerprint(values(), 'a').digest, fingerprint(values()).digest]).toEqual([first, first]);
  });

  it('is told, shown and compared by its encoding', () => {
    register(money);
    expect(toJson(new Money(3, 'EUR'))).toEqual({ $class: 'Money', value: { amount: 3, currency: 'EUR' } });
    expect(previewOf(new Money(3, 'EUR'), 100).text).toBe('Money {"amount":3,"currency":"EUR"}');
    expect(diffValues(new Money(3, 'EUR'), new Money(4, 'EUR')).map(({ path }) => path)).toHaveLength(1);
    expect(diffValues(new Money(3, 'EUR'), new Money(3, 'EUR'))).toEqual([]);
  });

  it('passes through protection and limits like any value', () => {
    register(money);
    const { decoded } = roundTrip(new Money(3, 'EUR'), { protect: (text, key) => (key === 'currency' ? '***' : text) });
    expect(String(decoded)).toBe('3 ***');
    const cut = roundTrip([[new Money(3, 'EUR')]], { limits: { maxDepth: 2 } }).captured;
    expect(cut.incomplete).toEqual(['Money of 1 entries was cut (depth)']);
  });

  it('may hold others of its class, also through what they share', () => {
    class Tree {
      constructor(
        readonly name: string,
        readonly children: readonly Tree[],
      ) {}
    }
    register({ name: 'Tree', class: Tree, encode: ({ name, children }) => [name, children] as const, decode: ([name, children]) => new Tree(name, children) });
    const leaf = new Tree('leaf', []);
    const tree = new Tree('root', [leaf, new Tree('b', [leaf])]);
    const { decoded } = roundTrip(tree);
    expect(decoded).toEqual(tree);
    expect(decoded instanceof Tree && decoded.children[1]?.children[0] === decoded.children[0]).toBe(true);
    expect(faults()).toEqual([]);
  });

  it('of a built-in kind goes by its codec; an instance of a subclass does not', () => {
    class Vector extends Array<number> {}
    class Precise extends Vector {}
    class Late extends Error {}
    register({ name: 'Vector', class: Vector, encode: (vector) => [...vector].join(), decode: (text) => Vector.from(text.split(',').map(Number)) as Vector });
    register({ name: 'Late', class: Late, encode: (late) => late.message, decode: (message) => new Late(message) });
    const [vector, precise, late] = roundTrip([Vector.from([1, 2]), Precise.from([3, 4]), new Late('slow')]).decoded as [Vector, Precise, Late];
    expect([vector instanceof Vector, [...vector]]).toEqual([true, [1, 2]]);
    expect([precise instanceof Vector, precise.constructor.name, [...precise]]).toEqual([false, 'Precise', [3, 4]]);
    expect([late instanceof Late, late.message]).toEqual([true, 'slow']);
  });
});

describe('a recording that is read without the codec', () => {
  it('gives a marker that runs nothing and is the same value again', () => {
    const decode = vi.fn(money.decode);
    const remove = register({ ...money, decode });
    const recorder = new Recorder();
    const { digestHex } = recorder.record({ price: new Money(3, 'EUR') });
    remove();
    const marker = new Coded('Money', { amount: 3, currency: 'EUR' });
    expect(recorder.last()).toEqual({ price: marker });
    expect((recorder.last() as { price: unknown }).price).toBeInstanceOf(Coded);
    expect([roundTrip(recorder.last()).captured.digestHex, decode.mock.calls]).toEqual([digestHex, []]);
    expect(toJson(marker)).toEqual({ $class: 'Money', value: { amount: 3, currency: 'EUR' } });
  });
});

describe('an encoder that fails', () => {
  class Thing {
    readonly size = 1;
    self: unknown = undefined;
  }
  const plain = (): string => fingerprint(new Thing()).digest;
  const decode = (): Thing => new Thing();

  it.each<[string, (thing: Thing) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['gives the instance itself', (thing) => thing],
    ['gives another instance', () => new Thing()],
    ['gives a promise', async () => await Promise.reject(new Error('never waited for'))],
    ['gives what leads back to the instance', (thing) => ({ deep: [thing] })],
    ['gives instances without end', () => ({ one: new Thing(), two: new Thing() })],
    [
      'runs out of stack',
      function again(thing): unknown {
        return [again(thing)];
      },
    ],
    ['calls a boundary', () => boundary.tool('inner', () => 1)()],
  ])('and %s: the instance is stored as if it had no codec, and that is said once', (_, encode) => {
    const expected = plain();
    register({ name: 'Thing', class: Thing, encode, decode });
    expect(fingerprint(new Thing()).digest).toBe(expected);
    const { decoded } = roundTrip({ before: { list: ['long enough to be a node of its own, and shared'] }, thing: new Thing() });
    expect(decoded).toEqual({ before: { list: ['long enough to be a node of its own, and shared'] }, thing: { size: 1, self: undefined } });
    expect(faults().map(([where]) => where)).toEqual(['codec Thing']);
  });

  it('for one instance is asked for the others', () => {
    register({ name: 'Thing', class: Thing, encode: (thing) => ({ self: thing.self }), decode });
    const tied = new Thing();
    tied.self = tied;
    const { decoded } = roundTrip([new Thing(), tied, new Thing()]) as { decoded: [unknown, Record<string, unknown>, unknown] };
    expect([decoded[0] instanceof Thing, decoded[1] instanceof Thing, decoded[1]['self'] === decoded[1], decoded[2] instanceof Thing]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(faults()).toEqual([['codec Thing', 1]]);
  });

  it('for many instances gives up on the value, in bounded time', () => {
    const encode = vi.fn((thing: Thing) => [thing]);
    register({ name: 'Thing', class: Thing, encode, decode });
    const { decoded } = roundTrip(Array.from({ length: 100 }, () => new Thing())) as { decoded: unknown[] };
    expect(decoded.some((each) => each instanceof Thing)).toBe(false);
    expect(encode.mock.calls.length).toBeLessThan(100);
  });
});

describe('a decoder that fails is an error that names codec and segment', () => {
  class Thing {}
  const decodings: [string, string, () => unknown][] = [
    [
      'throws',
      'it threw RangeError: too large',
      () => {
        throw new RangeError('too large');
      },
    ],
    ['gives no instance', 'it returned no instance of its class', () => ({})],
    ['gives a promise', 'it returned no instance of its class', () => Promise.reject(new Error('late'))],
  ];
  it.each(decodings)('where it %s', (_, what, decode) => {
    register({ name: 'Thing', class: Thing, encode: () => 1, decode: decode as () => Thing });
    expect(failure(() => roundTrip(new Thing()))).toEqual({
      code: 'CHRONICLE_CODEC_FAILED',
      message: `Cannot decode a value of codec "Thing" in segment: ${what}.\nRegister a decode() that takes what the recording holds, or undo the registration to get the encoding as it is.`,
      facts: { codec: 'Thing', segment: 'segment' },
    });
  });
});

describe('registerCodec()', () => {
  it('may be told the same twice, and forgets it when each was undone', () => {
    const one = register(money);
    const two = register(money);
    one();
    one();
    expect(toJson(new Money(3, 'EUR'))).toMatchObject({ value: { amount: 3 } });
    two();
    expect(toJson(new Money(3, 'EUR'))).toEqual({ $class: 'Money', fields: {} });
  });

  it('refuses another codec of the same name, or for the same class', () => {
    register(money);
    class Other {}
    expect(failure(() => registerCodec({ name: 'Money', class: Other, encode: () => 1, decode: () => new Other() }))).toEqual({
      code: 'CHRONICLE_CODEC_CONFLICT',
      message:
        'Codec "Money" cannot be registered: there is another codec of that name.\nUndo the other registration first, by calling the function that it returned.',
      facts: { codec: 'Money', other: 'Money' },
    });
    expect(failure(() => registerCodec({ ...money, name: 'Cash' }))).toEqual({
      code: 'CHRONICLE_CODEC_CONFLICT',
      message:
        'Codec "Cash" cannot be registered: its class has the codec "Money".\nUndo the other registration first, by calling the function that it returned.',
      facts: { codec: 'Cash', other: 'Money' },
    });
  });

  it('refuses classes that are stored without a codec, and names that the stored form uses', () => {
    const of = (target: unknown, name = 'Mine') =>
      failure(() => registerCodec({ name, class: target as typeof Money, encode: () => 1, decode: () => new Money(1, '') }));
    for (const target of [Object, Array, Map, Date, Buffer, Uint8Array, Error, TypeError, URL, URLSearchParams, Headers, FormData])
      expect(of(target)).toEqual({
        code: 'CHRONICLE_OPTION_INVALID',
        message: 'Codec "Mine" is for a built-in class, which is stored without one.\nRegister a class of your own.',
        facts: { codec: 'Mine' },
      });
    expect(of(Money, 'URL').message).toBe('Codec "URL" has a name that the stored form uses itself.\nChoose another, such as "my-URL".');
  });

  it('refuses a definition that means nothing', () => {
    const message = (codec: object) => failure(() => registerCodec(codec as never)).message;
    expect(message(null as never)).toBe('registerCodec() needs an object with name, class, encode, decode, got null.');
    expect(message(Money)).toBe('registerCodec() needs an object with name, class, encode, decode, got function.');
    expect(message({ ...money, name: '' })).toBe('A codec needs a name that is not empty, got "".');
    expect(message({ ...money, class: () => 1 })).toBe('Option class of codec "Money" must be a class, got function.');
    expect(message({ ...money, encode: undefined })).toBe('Option encode of codec "Money" must be a function, got undefined.');
    expect(message({ ...money, revive: () => 1 })).toBe('Codec "Money" has an unknown option "revive".\nKnown options: name, class, encode, decode.');
  });

  it('leaves a truncated value what it was', () => {
    register(money);
    expect(roundTrip(new Truncated({ reason: 'bytes', type: 'string', size: 3, digest: undefined, head: '' })).decoded).toBeInstanceOf(Truncated);
  });
});
