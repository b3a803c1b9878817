// What a replay gives back is of the kind that the function gave: a promise or not, a stream that is read in every way
// in which it was read when it was recorded, an error to catch. The agents here look at what they get.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundary, flush, replay } from '../../src/index.js';
import { type Recorded, startRecording } from './recorded.js';

let recorded: Recorded;
beforeEach(() => {
  recorded = startRecording();
});
afterEach(async () => {
  await recorded.stop();
});

let agents = 0;

/** Runs an agent, replays it, and holds both results together. `calls` counts calls of the real functions. */
async function recordAndReplay(work: () => Promise<unknown>, calls: () => number): Promise<{ result: unknown; report: Awaited<ReturnType<typeof replay>> }> {
  const agent = boundary.agent(`agent-${++agents}`, work);
  const result = await agent();
  await flush();
  const [root] = (await recorded.envelopes()).filter(({ kind }) => kind === 'agent');
  const live = calls();
  expect(live).toBeGreaterThan(0);
  const report = await replay(`${root?.traceId}:${root?.spanId}`, { store: recorded.store });
  expect(calls()).toBe(live);
  return { result, report };
}

async function expectSame(work: () => Promise<unknown>, calls: () => number): Promise<void> {
  const { result, report } = await recordAndReplay(work, calls);
  expect(report.divergences).toEqual([]);
  expect([report.verdict, report.outcomeDiff, report.error]).toEqual(['same', [], undefined]);
  expect(report.result).toEqual(result);
}

describe('a replay gives back', () => {
  it('values at once, and promises as promises', async () => {
    let calls = 0;
    const now = boundary.tool('now', (n: number) => {
      calls++;
      return { n };
    });
    const later = boundary.tool('later', async (n: number) => {
      calls++;
      return { n };
    });
    const plain = boundary.tool('plain', (n: number) => {
      calls++;
      return Promise.resolve({ n });
    });
    await expectSame(
      async () => {
        const seen: unknown[] = [];
        for (const given of [now(1), later(2), plain(3)]) seen.push(given instanceof Promise, await given);
        return seen;
      },
      () => calls,
    );
  });

  it('errors thrown at once, and rejections as rejections, of their class and with their fields', async () => {
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw Object.assign(new RangeError('far', { cause: { limit: 5 } }), { status: 400 });
    };
    const now = boundary.tool('now', () => fail());
    const later = boundary.tool('later', async () => fail());
    const plain = boundary.tool('plain', () => Promise.resolve().then(fail));
    const odd = boundary.tool('odd', () => {
      throw 'text';
    });
    const look = (error: unknown): unknown =>
      error instanceof Error ? [error instanceof RangeError, error.name, error.message, error.cause, (error as { status?: number }).status] : error;
    await expectSame(
      async () => {
        const seen: unknown[] = [];
        for (const call of [now, later, plain, odd]) {
          let given: unknown;
          try {
            given = call();
            seen.push('given');
          } catch (error) {
            seen.push('thrown', look(error));
            continue;
          }
          seen.push(await (given as Promise<unknown>).catch(look));
        }
        return seen;
      },
      () => calls,
    );
  });

  it('the rows of a query that works when it is awaited', async () => {
    let calls = 0;
    class Query {
      constructor(readonly sql: string) {}
      // biome-ignore lint/suspicious/noThenProperty: query builders are like that.
      then<T>(onFulfilled: (rows: string[]) => T): Promise<T> {
        calls++;
        return Promise.resolve([this.sql]).then(onFulfilled);
      }
    }
    const select = boundary.retrieval('select', (sql: string) => new Query(sql));
    await expectSame(
      async () => [await select('a'), await select('b').then((rows) => rows.length)],
      () => calls,
    );
  });

  it('the outcome of a call that nobody waited for', async () => {
    let calls = 0;
    const note = boundary.tool('note', (text: string) => {
      calls++;
      return nextTurn().then(() => text);
    });
    const bare = boundary.tool('bare', async (text: string) => {
      calls++;
      await nextTurn();
      return text;
    });
    await expectSame(
      async () => {
        void note('a');
        void bare('b');
        for (let turn = 0; turn < 4; turn++) await nextTurn();
        return 'done';
      },
      () => calls,
    );
  });

  it('generators that are driven by hand', async () => {
    let calls = 0;
    const words = boundary.model('words', function* (): Generator<string, string, string> {
      calls++;
      const answer = yield 'a';
      yield `b ${answer}`;
      return 'end';
    });
    const stream = boundary.model('stream', async function* (count: number) {
      calls++;
      for (let n = 0; n < count; n++) yield { n };
    });
    await expectSame(
      async () => {
        const given = words();
        const seen: unknown[] = [given.next(), given.next('x'), given.next(), given[Symbol.iterator]() === given];
        for await (const part of stream(3)) seen.push(part);
        for await (const part of stream(9)) {
          seen.push(part);
          if (part.n === 1) break;
        }
        return seen;
      },
      () => calls,
    );
  });

  it('streams that are read in each way', async () => {
    let calls = 0;
    const bytes = boundary.model('bytes', async (text: string) => {
      calls++;
      return new ReadableStream({
        type: 'bytes',
        start(controller) {
          for (const part of text) controller.enqueue(new TextEncoder().encode(part));
          controller.close();
        },
      });
    });
    const objects = boundary.model('objects', (count: number, failAfter?: number) => {
      calls++;
      let n = 0;
      return new ReadableStream<{ n: number }>({
        pull(controller) {
          if (n === failAfter) controller.error(new RangeError('cut'));
          else if (n === count) controller.close();
          else controller.enqueue({ n: n++ });
        },
      });
    });
    const iterable = boundary.model('iterable', async (count: number) => {
      calls++;
      return {
        async *[Symbol.asyncIterator]() {
          for (let n = 0; n < count; n++) yield n;
        },
      };
    });
    const all = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
      const got: unknown[] = [];
      try {
        for await (const part of stream) got.push(part);
      } catch (error) {
        got.push((error as Error).message);
      }
      return got;
    };
    await expectSame(
      async () => {
        const seen: unknown[] = [];
        seen.push(await new Response(await bytes('abc')).text());
        const byob = (await bytes('xyz')).getReader({ mode: 'byob' });
        const filled = await byob.read(new Uint8Array(16));
        seen.push(filled.value?.length, filled.done);
        await byob.cancel();
        seen.push(await Promise.all(objects(3).tee().map(all)));
        seen.push(await all(objects(3).pipeThrough(new TransformStream())));
        const written: unknown[] = [];
        await objects(2).pipeTo(new WritableStream({ write: (part) => void written.push(part) }));
        seen.push(written);
        seen.push(await all(objects(5, 2)), await all(objects(5, 2).pipeThrough(new TransformStream())), await all(objects(5, 1).tee()[0]));
        const kept = objects(3);
        for await (const part of kept.values({ preventCancel: true })) if (part.n === 0) break;
        seen.push(await all(kept));
        const reader = objects(3).getReader();
        seen.push(await reader.read());
        await reader.cancel('enough');
        await objects(1).cancel();
        seen.push(await all(await iterable(3)));
        return seen;
      },
      () => calls,
    );
  });

  it('web streams that were left early, and asks for no more than the recorded reader did', async () => {
    let calls = 0;
    const endless = boundary.model('endless', async (chunks: number) => {
      calls++;
      let n = 0;
      return new ReadableStream({
        pull: (controller) => (n < chunks ? controller.enqueue(++n) : new Promise(() => undefined)),
      });
    });
    await expectSame(
      async () => {
        const seen: unknown[] = [];
        const left = await endless(3);
        for await (const n of left) {
          seen.push(n);
          break;
        }
        seen.push(left.locked, await left.getReader().read());
        const cancelled = await endless(3);
        await cancelled.cancel();
        seen.push(await cancelled.getReader().read());
        const slow = (await endless(1)).getReader();
        seen.push(await slow.read());
        const next = slow.read();
        await Promise.race([next, nextTurn()]);
        await slow.cancel('time-out');
        seen.push(await next);
        const stop = new AbortController();
        const sink = new WritableStream({ write: (n) => (seen.push(n), n === 2 ? stop.abort(new Error('stop')) : undefined) });
        seen.push(await (await endless(2)).pipeTo(sink, { signal: stop.signal }).catch((error: Error) => error.message));
        return seen;
      },
      () => calls,
    );
  });
});
