// Streams of a boundary while they are recorded: the consumer drives the producer exactly as without us, sees the same
// objects, and may stop, fail or go on as it likes. What it received is what is stored.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trace } from '@opentelemetry/api';
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

/** How each call of the test ended, with the chunks that are stored of it. */
async function stored(): Promise<unknown[]> {
  return (await recorded.envelopes()).map((envelope) => {
    const { outcome } = envelope;
    return outcome.kind === 'streamed' ? [endOf(envelope), outcome.chunks.map(({ value }) => value.decode()), outcome.value.decode()] : [endOf(envelope)];
  });
}

describe('a generator', () => {
  it('gives its values, takes values, and returns, as itself', async () => {
    const chunk = { n: 1 };
    const talk = boundary.step('talk', function* (name: string): Generator<unknown, string, string> {
      const answer = yield chunk;
      const second = yield `${name} heard ${answer}`;
      return `bye ${second}`;
    });
    const talking = talk('Ann');
    expect(talking[Symbol.iterator]()).toBe(talking);
    expect(Object.prototype.toString.call(talking)).toBe('[object Generator]');
    const first = talking.next('ignored');
    expect(first).toEqual({ value: chunk, done: false });
    expect(first.value).toBe(chunk);
    expect(talking.next('hello')).toEqual({ value: 'Ann heard hello', done: false });
    expect(talking.next('friend')).toEqual({ value: 'bye friend', done: true });
    expect(talking.next('again')).toEqual({ value: undefined, done: true });
    expect(await stored()).toEqual([['streamed generator: 2 chunks, done', [{ n: 1 }, 'Ann heard hello'], 'bye friend']]);
  });

  it('does nothing before its first value is asked for', () => {
    const order: string[] = [];
    const count = boundary.step('count', function* () {
      order.push('begun');
      yield 1;
    });
    const counting = count();
    order.push('made');
    counting.next();
    expect(order).toEqual(['made', 'begun']);
  });

  it('takes an error from outside, and may go on after it', async () => {
    const boom = Object.freeze(new Error('boom'));
    const patient = boundary.step('patient', function* () {
      try {
        yield 1;
      } catch (error) {
        yield error;
      }
      return 'end';
    });
    const running = patient();
    running.next();
    expect(running.throw(boom).value).toBe(boom);
    expect(running.next()).toEqual({ value: 'end', done: true });
    const fragile = boundary.step('fragile', function* () {
      yield 1;
    });
    const failing = fragile();
    failing.next();
    let caught: unknown;
    try {
      failing.throw(boom);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(boom);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed generator: 2 chunks, done', 'streamed generator: 1 chunks, error']);
  });

  it('that is left early runs its finally, and its return value is the one that was asked for', async () => {
    const order: unknown[] = [];
    const count = boundary.step('count', function* (): Generator<number, string> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        order.push('finally');
      }
    });
    for (const n of count()) if (n === 2) break;
    const counting = count();
    counting.next();
    expect(counting.return('enough')).toEqual({ value: 'enough', done: true });
    expect(order).toEqual(['finally', 'finally']);
    expect(await stored()).toEqual([
      ['streamed generator: 3 chunks, cancelled', [0, 1, 2], undefined],
      ['streamed generator: 1 chunks, cancelled', [0], 'enough'],
    ]);
  });

  it('is delegated to, spread and destructured', () => {
    const pair = boundary.step('pair', function* (): Generator<number, string> {
      yield 1;
      yield 2;
      return 'sum';
    });
    function* outer(): Generator<number | string> {
      const result = yield* pair();
      yield result;
    }
    const [first] = pair();
    expect([[...outer()], [...pair()], first, Math.max(...pair())]).toEqual([[1, 2, 'sum'], [1, 2], 1, 2]);
  });

  it('runs each step in the context of its call, and gives the context back', async () => {
    const storage = new AsyncLocalStorage<string>();
    const inner = boundary.tool('inner', () => storage.getStore(), { effect: 'none' });
    const steps = boundary.step('steps', function* () {
      yield [inner(), trace.getActiveSpan() !== undefined];
      yield [inner(), trace.getActiveSpan() !== undefined];
    });
    const running = steps();
    expect(storage.run('a', () => running.next().value)).toEqual(['a', true]);
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(storage.run('b', () => running.next().value)).toEqual(['b', true]);
    running.next();
    expect((await recorded.envelopes()).map(({ path }) => path)).toEqual(['steps#0', 'steps#0/inner#0', 'steps#0/inner#1']);
  });
});

describe('an asynchronous generator', () => {
  it('gives, takes and returns values', async () => {
    const talk = boundary.model('talk', async function* (): AsyncGenerator<string, string, string> {
      const answer = yield 'hello';
      await nextTurn();
      return `heard ${answer}`;
    });
    const talking = talk();
    expect(talking[Symbol.asyncIterator]()).toBe(talking);
    expect([await talking.next(), await talking.next('you'), await talking.next()]).toEqual([
      { value: 'hello', done: false },
      { value: 'heard you', done: true },
      { value: undefined, done: true },
    ]);
    expect(await stored()).toEqual([['streamed async-generator: 1 chunks, done', ['hello'], 'heard you']]);
  });

  it('never runs ahead of its consumer', async () => {
    const produced: number[] = [];
    const count = boundary.model('count', async function* () {
      for (let n = 0; n < 5; n++) {
        produced.push(n);
        yield n;
      }
    });
    const seen: unknown[] = [];
    for await (const n of count()) {
      await nextTurn();
      seen.push([n, [...produced]]);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map((n) => [n, [0, 1, 2, 3, 4].slice(0, n + 1)]));
  });

  it('answers requests that were made at once in their order', async () => {
    const count = boundary.model('count', async function* () {
      yield 1;
      await nextTurn();
      yield 2;
    });
    const counting = count();
    expect(await Promise.all([counting.next(), counting.next(), counting.next()])).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: undefined, done: true },
    ]);
    expect(await stored()).toEqual([['streamed async-generator: 2 chunks, done', [1, 2], undefined]]);
  });

  it('that is left early runs its finally before the consumer goes on', async () => {
    const order: string[] = [];
    const count = boundary.model('count', async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        await nextTurn();
        order.push('finally');
      }
    });
    for await (const n of count()) if (n === 1) break;
    order.push('after');
    expect(order).toEqual(['finally', 'after']);
    expect(await stored()).toEqual([['streamed async-generator: 1 chunks, cancelled', [1], undefined]]);
  });

  it('that fails in the middle gives its error to the consumer, the very object', async () => {
    const boom = Object.freeze({ status: 500 });
    const count = boundary.model('count', async function* () {
      yield 1;
      throw boom;
    });
    const got: unknown[] = [];
    const caught = await (async () => {
      for await (const n of count()) got.push(n);
    })().catch((error: unknown) => error);
    expect([got, caught]).toEqual([[1], boom]);
    expect(caught).toBe(boom);
    expect(await stored()).toEqual([['streamed async-generator: 1 chunks, error', [1], { status: 500 }]]);
  });

  it('behind a promise is the same', async () => {
    const open = boundary.model('open', async () => {
      await nextTurn();
      return (async function* () {
        yield 'a';
        yield 'b';
      })();
    });
    const got: string[] = [];
    for await (const part of await open()) got.push(part);
    expect(got).toEqual(['a', 'b']);
    expect(await stored()).toEqual([['streamed async-generator: 2 chunks, done', ['a', 'b'], undefined]]);
  });
});

describe('a stream that nobody holds any more', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  it('ends its call as abandoned, and one that is read does not', async () => {
    const count = boundary.model('count', async function* () {
      yield 1;
      yield 2;
    });
    const open = boundary.model('open', () => new ReadableStream());
    const make = boundary.model('make', () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1, done: false }) }) }));
    const idle = boundary.step('idle', function* () {
      yield 1;
    });
    const drop = async (): Promise<void> => {
      await count().next();
      open();
      make();
      idle();
    };
    await drop();
    // Read on through its iterator alone.
    const kept = make()[Symbol.asyncIterator]();
    const ends = new Set<string>();
    for (let turn = 0; turn < 200 && recorded.spans().length < 4; turn++) {
      collectGarbage();
      await nextTurn();
    }
    expect(await kept.next()).toEqual({ value: 1, done: false });
    for (const envelope of await recorded.envelopes()) ends.add(`${envelope.name}: ${endOf(envelope)}`);
    expect([...ends].sort()).toEqual([
      'count: streamed async-generator: 1 chunks, abandoned',
      'idle: streamed generator: 0 chunks, abandoned',
      'make: streamed async-iterable: 0 chunks, abandoned',
      'make: unknown',
      'open: streamed readable-stream: 0 chunks, abandoned',
    ]);
    expect(recorded.spans().map(({ attributes }) => attributes['chronicle.stream.end'])).toEqual(['abandoned', 'abandoned', 'abandoned', 'abandoned']);
  });
});

describe('an asynchronous iterable', () => {
  class Stream {
    readonly controller = new AbortController();
    #left: number;
    constructor(count: number) {
      this.#left = count;
    }
    async *[Symbol.asyncIterator](): AsyncGenerator<number> {
      try {
        while (this.#left > 0) yield this.#left--;
      } finally {
        this.controller.abort();
      }
    }
    tee(): string {
      return 'tee';
    }
  }

  it('keeps its class, its fields and its methods, and is read once', async () => {
    const made = new Stream(3);
    const open = boundary.model('open', async () => made);
    const opened = await open();
    expect(opened).toBe(made);
    expect([opened instanceof Stream, opened.tee(), Object.keys(opened)]).toEqual([true, 'tee', ['controller']]);
    const got: number[] = [];
    for await (const n of opened) got.push(n);
    expect([got, made.controller.signal.aborted]).toEqual([[3, 2, 1], true]);
    expect(await stored()).toEqual([['streamed async-iterable: 3 chunks, done', [3, 2, 1], undefined]]);
  });

  it('that is left early is told so', async () => {
    const made = new Stream(3);
    for await (const n of boundary.model('open', () => made)()) if (n === 2) break;
    expect(made.controller.signal.aborted).toBe(true);
    expect(await stored()).toEqual([['streamed async-iterable: 2 chunks, cancelled', [3, 2], undefined]]);
  });

  it('may have an iterator with nothing but next()', async () => {
    const open = boundary.model('open', () => ({
      [Symbol.asyncIterator]() {
        let n = 0;
        return { next: async () => (n < 2 ? { value: n++, done: false as const } : { value: undefined, done: true as const }) };
      },
    }));
    const got: number[] = [];
    for await (const n of open()) got.push(n);
    for await (const n of open()) {
      got.push(n);
      break;
    }
    expect(got).toEqual([0, 1, 0]);
  });

  it('that is frozen works as before, and so does a frozen generator or stream', async () => {
    const iterable = Object.freeze(new Stream(2));
    const generator = Object.freeze(
      (function* () {
        yield 1;
      })(),
    );
    const stream = Object.freeze(new ReadableStream({ start: (controller) => controller.close() }));
    const give = boundary.tool('give', (value: unknown) => value, { effect: 'read' });
    for (const frozen of [iterable, generator, stream]) expect(give(frozen)).toBe(frozen);
    const got: number[] = [];
    for await (const n of give(iterable) as Stream) got.push(n);
    expect([got, [...(give(generator) as Generator<number>)]]).toEqual([[2, 1], [1]]);
    expect(await (give(stream) as ReadableStream).getReader().read()).toEqual({ value: undefined, done: true });
  });
});

describe('a ReadableStream', () => {
  /** A stream of the chunks 1, 2, 3 that notes what is asked of it. */
  function numbers(notes: unknown[], { failAfter }: { failAfter?: number } = {}): ReadableStream<number> {
    let n = 0;
    return new ReadableStream<number>(
      {
        pull(controller) {
          n++;
          notes.push(`pull ${n}`);
          if (failAfter !== undefined && n > failAfter) controller.error(boom);
          else if (n > 3) controller.close();
          else controller.enqueue(n);
        },
        cancel(reason) {
          notes.push(['cancel', reason]);
        },
      },
      { highWaterMark: 0 },
    );
  }
  const boom = Object.freeze({ code: 'ECONNRESET' });
  const open = boundary.model('open', (notes: unknown[], options?: { failAfter?: number }) => numbers(notes, options));
  const caughtOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'no error',
      (error: unknown) => error,
    );

  async function drain(stream: AsyncIterable<number>): Promise<number[]> {
    const got: number[] = [];
    for await (const n of stream) got.push(n);
    return got;
  }

  it('is read by a reader, one chunk at a time', async () => {
    const notes: unknown[] = [];
    const stream = open(notes);
    expect([stream instanceof ReadableStream, stream.locked, Object.keys(stream)]).toEqual([true, false, []]);
    const reader = stream.getReader();
    expect(stream.locked).toBe(true);
    expect(await reader.read()).toEqual({ value: 1, done: false });
    await nextTurn();
    expect(notes).toEqual(['pull 1']);
    expect([await reader.read(), await reader.read(), await reader.read()]).toEqual([
      { value: 2, done: false },
      { value: 3, done: false },
      { value: undefined, done: true },
    ]);
    await reader.closed;
    reader.releaseLock();
    expect(stream.locked).toBe(false);
    expect(await stored()).toEqual([['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined]]);
  });

  it('is read by two readers, one after the other', async () => {
    const stream = open([]);
    const first = stream.getReader();
    await first.read();
    first.releaseLock();
    const second = stream.getReader();
    expect([await second.read(), await second.read(), await second.read()].map(({ value }) => value)).toEqual([2, 3, undefined]);
    expect(await stored()).toEqual([['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined]]);
  });

  it('is read by a loop, which never runs ahead', async () => {
    const notes: unknown[] = [];
    const seen: unknown[] = [];
    for await (const n of open(notes)) {
      await nextTurn();
      seen.push([n, notes.length]);
    }
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await stored()).toEqual([['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined]]);
  });

  it('that a loop leaves early is cancelled, or not, as the loop says', async () => {
    const notes: unknown[] = [];
    for await (const n of open(notes)) if (n === 2) break;
    expect(notes).toEqual(['pull 1', 'pull 2', ['cancel', undefined]]);
    const kept = open([]);
    for await (const n of kept.values({ preventCancel: true })) if (n === 1) break;
    expect(await drain(kept)).toEqual([2, 3]);
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed readable-stream: 2 chunks, cancelled', 'streamed readable-stream: 3 chunks, done']);
  });

  it('is divided by tee()', async () => {
    const stream = open([]);
    const [left, right] = stream.tee();
    expect(stream.locked).toBe(true);
    expect(await Promise.all([drain(left), drain(right)])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(await stored()).toEqual([['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined]]);
  });

  it('is piped through a transform, and to a sink', async () => {
    const double = new TransformStream<number, number>({ transform: (n, controller) => controller.enqueue(2 * n) });
    expect(await drain(open([]).pipeThrough(double))).toEqual([2, 4, 6]);
    const written: number[] = [];
    await open([]).pipeTo(new WritableStream<number>({ write: (n) => void written.push(n) }));
    expect(written).toEqual([1, 2, 3]);
    const notes: unknown[] = [];
    const full = new Error('disk is full');
    const sink = new WritableStream<number>({
      write: () => {
        throw full;
      },
    });
    const piped = open(notes);
    expect(await caughtOf(piped.pipeTo(sink))).toBe(full);
    expect(notes.at(-1)).toEqual(['cancel', full]);
    expect(piped.locked).toBe(false);
    expect((await stored()).slice(0, 2)).toEqual([
      ['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined],
      ['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined],
    ]);
  });

  it('is left to others by a pipe that refuses its arguments, or ends without cancelling', async () => {
    const refused = open([]);
    expect(await caughtOf(refused.pipeTo({} as never))).toBeInstanceOf(TypeError);
    expect(() => refused.pipeThrough({} as never)).toThrow(TypeError);
    expect(refused.locked).toBe(false);
    expect(await drain(refused)).toEqual([1, 2, 3]);
    const full = new Error('disk is full');
    const sink = new WritableStream<number>({
      write: () => {
        throw full;
      },
    });
    const kept = open([]);
    expect(await caughtOf(kept.pipeTo(sink, { preventCancel: true }))).toBe(full);
    expect(kept.locked).toBe(false);
    expect((await drain(kept)).at(-1)).toBe(3);
    expect(await stored()).toEqual([1, 2].map(() => ['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined]));
  });

  it('that went through two boundaries is divided and piped, and both have its chunks', async () => {
    const outer = boundary.step('outer', () => open([]));
    expect(await Promise.all(outer().tee().map(drain))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(await drain(outer().pipeThrough(new TransformStream()))).toEqual([1, 2, 3]);
    const written: number[] = [];
    await outer().pipeTo(new WritableStream<number>({ write: (n) => void written.push(n) }));
    expect(written).toEqual([1, 2, 3]);
    expect(await stored()).toEqual(Array.from({ length: 6 }, () => ['streamed readable-stream: 3 chunks, done', [1, 2, 3], undefined]));
  });

  it('stays locked when both branches of it are cancelled', async () => {
    const stream = open([]);
    await Promise.all(stream.tee().map((branch) => branch.cancel()));
    expect(stream.locked).toBe(true);
  });

  it('goes on when a reader is released while it waits', async () => {
    let give: ReadableStreamDefaultController<string> | undefined;
    const slow = boundary.model('slow', () => new ReadableStream<string>({ start: (controller) => void (give = controller) }));
    const stream = slow();
    const reader = stream.getReader();
    const waiting = caughtOf(reader.read());
    reader.releaseLock();
    expect(await waiting).toBeInstanceOf(TypeError);
    await caughtOf(reader.cancel());
    give?.enqueue('late');
    give?.close();
    expect(await drain(stream as ReadableStream<never>)).toEqual(['late']);
    expect(await stored()).toEqual([['streamed readable-stream: 1 chunks, done', ['late'], undefined]]);
  });

  it('is cancelled with the reason of its consumer', async () => {
    const notes: unknown[] = [];
    const reason = { why: 'enough' };
    await open(notes).cancel(reason);
    const reader = open(notes).getReader();
    await reader.read();
    await reader.cancel(reason);
    await Promise.all(
      open(notes)
        .tee()
        .map((branch) => branch.cancel(reason)),
    );
    expect(notes.filter((note) => typeof note !== 'string')).toEqual([
      ['cancel', reason],
      ['cancel', reason],
      ['cancel', [reason, reason]],
    ]);
    expect((await recorded.envelopes()).map((envelope) => endOf(envelope).replace(/\d+ chunks/, 'chunks'))).toEqual([
      'streamed readable-stream: chunks, cancelled',
      'streamed readable-stream: chunks, cancelled',
      'streamed readable-stream: chunks, cancelled',
    ]);
  });

  it('that fails in the middle gives its error, the very object, however it is read', async () => {
    const readAll = async (stream: ReadableStream<number>): Promise<void> => {
      const reader = stream.getReader();
      while (!(await reader.read()).done);
    };
    const failAfter = 2;
    const caught = [
      await caughtOf(readAll(open([], { failAfter }))),
      await caughtOf(drain(open([], { failAfter }))),
      await caughtOf(drain(open([], { failAfter }).tee()[0])),
      await caughtOf(open([], { failAfter }).pipeTo(new WritableStream())),
      await caughtOf(drain(open([], { failAfter }).pipeThrough(new TransformStream()))),
    ];
    expect(caught.every((error) => error === boom)).toBe(true);
    expect(await stored()).toEqual(caught.map(() => ['streamed readable-stream: 2 chunks, error', [1, 2], { code: 'ECONNRESET' }]));
  });

  it('is the body of a response, text and bytes alike', async () => {
    const encoder = new TextEncoder();
    const body = boundary.model(
      'body',
      async (...parts: string[]) =>
        new ReadableStream({
          start(controller) {
            for (const part of parts) controller.enqueue(encoder.encode(part));
            controller.close();
          },
        }),
    );
    expect(await new Response(await body('Hal', 'lo')).text()).toBe('Hallo');
    const chunks: string[] = [];
    for await (const chunk of (await body('a', 'b')).pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) chunks.push(chunk);
    expect(chunks.join('')).toBe('ab');
    expect((await recorded.envelopes()).map(endOf)).toEqual(['streamed readable-stream: 2 chunks, done', 'streamed readable-stream: 2 chunks, done']);
  });

  it('of bytes fills the buffers of its reader', async () => {
    const body = boundary.model(
      'body',
      () =>
        new ReadableStream({
          type: 'bytes',
          start(controller) {
            controller.enqueue(new Uint8Array([1, 2, 3]));
            controller.close();
          },
        }),
    );
    const reader = body().getReader({ mode: 'byob' });
    expect(await reader.read(new Uint8Array(2))).toEqual({ value: new Uint8Array([1, 2]), done: false });
    expect(await reader.read(new Uint8Array(2))).toEqual({ value: new Uint8Array([3]), done: false });
    expect(await stored()).toMatchObject([['unknown']]);
  });

  it('of bytes can be divided, and its branches fill buffers too', async () => {
    const body = boundary.model('body', () => {
      let n = 0;
      return new ReadableStream({
        type: 'bytes',
        pull(controller) {
          if (n < 2) return controller.enqueue(new Uint8Array([++n, 9]));
          controller.close();
          controller.byobRequest?.respond(0);
        },
      });
    });
    const [left, right] = body().tee();
    const reader = left.getReader({ mode: 'byob' });
    const read = async (): Promise<unknown> => reader.read(new Uint8Array(8));
    expect([await read(), await read(), await read()]).toEqual([
      { value: new Uint8Array([1, 9]), done: false },
      { value: new Uint8Array([2, 9]), done: false },
      { value: new Uint8Array(0), done: true },
    ]);
    const copies: unknown[] = [];
    for await (const chunk of right as unknown as AsyncIterable<unknown>) copies.push(chunk);
    expect(copies).toEqual([new Uint8Array([1, 9]), new Uint8Array([2, 9])]);
    expect(await stored()).toEqual([['streamed readable-stream: 2 chunks, done', [new Uint8Array([1, 9]), new Uint8Array([2, 9])], undefined]]);
  });

  it('gives its chunks as the very objects', async () => {
    const chunk = Object.freeze({ delta: 'a' });
    const give = boundary.model(
      'give',
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(chunk);
            controller.close();
          },
        }),
    );
    expect((await give().getReader().read()).value).toBe(chunk);
    const [branch] = give().tee();
    expect((await branch.getReader().read()).value).toBe(chunk);
    for await (const part of give().pipeThrough(new TransformStream()) as unknown as AsyncIterable<unknown>) expect(part).toBe(chunk);
  });
});
