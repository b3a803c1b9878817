// What other recorders got wrong when they were tried, as tests that must pass here: a changed prompt that was answered
// as if nothing had changed, parallel calls that swapped answers, a thrown error that came back as a value, spans of 0 ms.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import otel from '#otel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { boundary, isChronicleError, RecordSpanProcessor, replay, type ReplayReport } from '../../src/index.js';

describe(`a peer's failures, ${otel.line}`, () => {
  const spans = otel.memoryExporter();
  let directory: string;
  let store: string;
  let provider: ReturnType<typeof otel.makeProvider>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chronicle-peers-'));
    store = pathToFileURL(join(directory, 'store')).href;
    provider = otel.makeProvider({ spanProcessors: [otel.simple(spans), new RecordSpanProcessor({ store })] });
  });
  afterEach(() => spans.reset());
  afterAll(async () => {
    await provider.shutdown();
    await otel.unregister();
    await rm(directory, { recursive: true, force: true });
  });

  /** Runs an agent and gives its result and the trace it was recorded in. */
  async function record<A extends unknown[], R>(agent: (...args: A) => Promise<R>, ...args: A): Promise<{ result: R; traceId: string }> {
    const result = await agent(...args);
    await provider.forceFlush();
    return { result, traceId: spans.getFinishedSpans().at(-1)?.spanContext().traceId ?? '' };
  }

  describe('a changed prompt', () => {
    let system = 'You are a careful trader.';
    let live = 0;
    const model = boundary.model('decide', async (request: { model: string; messages: { role: string; content: string }[] }) => {
      live++;
      return { text: `answer ${live} to ${request.messages.length} messages` };
    });
    const agent = boundary.agent('prompted', async (task: string) => {
      const messages = [{ role: 'system', content: system }];
      messages.push({ role: 'user', content: task });
      return (await model({ model: 'some-model', messages })).text;
    });

    it('is noticed in replay and named', async () => {
      const { traceId } = await record(agent, 'sell');
      system = 'You are a bold trader.';
      const report = await replay(traceId, { store, entry: agent });
      expect(report).toMatchObject({ verdict: 'diverged', live: 0, blocked: 1 });
      expect(report.divergences).toHaveLength(1);
      expect(report.divergences[0]).toMatchObject({
        path: 'prompted#0/decide#0',
        kind: 'model',
        cause: 'prompt',
        diff: [{ path: '$[0].messages[0].content', recorded: 'You are a careful trader.', now: 'You are a bold trader.' }],
      });
      expect(isChronicleError(report.error, 'CHRONICLE_REPLAY_MISS')).toBe(true);
      expect((report.error as Error).message).toContain(
        'input differs at $[0].messages[0].content: recorded "You are a careful trader.", now "You are a bold trader."',
      );
      expect(live).toBe(1);
    });
  });

  describe('a changed tool argument', () => {
    let date = '2026-03-01';
    let live = 0;
    const book = boundary.tool('book_flight', async (request: { to: string; date: string }) => {
      live++;
      return { booked: request.to };
    });
    const agent = boundary.agent('booker', async () => book({ to: 'PHL', date }));

    it('is noticed in replay and named', async () => {
      const { traceId } = await record(agent);
      date = '2026-03-02';
      const report = await replay(traceId, { store, entry: agent });
      expect(report).toMatchObject({ verdict: 'diverged', live: 0, blocked: 1 });
      expect(report.divergences[0]).toMatchObject({
        path: 'booker#0/book_flight#0',
        kind: 'tool',
        cause: 'input',
        diff: [{ path: '$[0].date', recorded: '2026-03-01', now: '2026-03-02' }],
      });
      expect((report.error as Error).message).toBe(
        [
          `No recorded answer for tool "book_flight" (call 1 under "booker", trace ${traceId}).`,
          'The recording holds 1 call there; its input differs at $[0].date: recorded "2026-03-01", now "2026-03-02".',
          'Set the policy of "book_flight" to live and name it in allowIrreversible to run it, or record the trace again.',
        ].join('\n'),
      );
      expect(live).toBe(1);
    });

    it('stays a divergence when the program catches the error', async () => {
      date = '2026-03-01';
      const forgiving = boundary.agent('forgiving', async () => book({ to: 'PHL', date }).catch(() => ({ booked: 'PHL' })));
      const { traceId } = await record(forgiving);
      date = '2026-03-02';
      const report = await replay(traceId, { store, entry: forgiving });
      expect(report.result).toEqual({ booked: 'PHL' });
      expect(report.verdict).toBe('diverged');
    });
  });

  describe('parallel calls', () => {
    // How long each branch waits before its call, and each tool before its answer.
    let before = { left: 0, right: 0 };
    let during = { left: 30, right: 1 };
    let live = 0;
    const order: string[] = [];
    type Side = keyof typeof before;

    const fetchPrice = boundary.tool(
      'fetch_price',
      async (side: Side) => {
        live++;
        await sleep(during[side]);
        order.push(side);
        return { side, answer: live };
      },
      { effect: 'read' },
    );
    const agent = boundary.agent('comparer', async () => {
      const branch = async (side: Side) => {
        await sleep(before[side]);
        return fetchPrice(side);
      };
      const [left, right] = await Promise.all([branch('left'), branch('right')]);
      return { left, right };
    });

    it('keep their own answers when they ended in another order than they began', async () => {
      order.length = 0;
      const { result, traceId } = await record(agent);
      expect(order).toEqual(['right', 'left']);
      const report = await replay(traceId, { store, entry: agent });
      expect(report.verdict).toBe('same');
      expect(report.result).toEqual(result);
      expect(result).toMatchObject({ left: { side: 'left' }, right: { side: 'right' } });
    });

    it('keep their own answers when replay asks for them in another order', async () => {
      before = { left: 0, right: 20 };
      const { result, traceId } = await record(agent);
      before = { left: 20, right: 0 };
      const made = live;
      const report = await replay(traceId, { store, entry: agent });
      expect(report.calls.slice(1).map(({ path }) => path)).toEqual(['comparer#0/fetch_price#0', 'comparer#0/fetch_price#1']);
      expect(report.result).toEqual(result);
      expect(report).toMatchObject({ verdict: 'same', live: 0 });
      expect(live).toBe(made);
    });

    it('keep their own answers when they are equal and only their branches tell them apart', async () => {
      during = { left: 1, right: 1 };
      const waits = { first: 0, second: 20 };
      const step = (name: keyof typeof waits) =>
        boundary.step(name, async () => {
          await sleep(waits[name]);
          return fetchPrice('left');
        });
      const [first, second] = [step('first'), step('second')];
      const both = boundary.agent('both', async () => Promise.all([first(), second()]));
      const { result, traceId } = await record(both);
      expect(result[0]).not.toEqual(result[1]);
      Object.assign(waits, { first: 20, second: 0 });
      const report = await replay(traceId, { store, entry: both });
      expect(report.verdict).toBe('same');
      expect(report.result).toEqual(result);
    });

    it('keep the order of asking where nothing else tells them apart', async () => {
      const waits = [30, 1];
      const equal = boundary.tool('equal', async () => {
        const mine = ++live;
        await sleep(waits.shift() ?? 0);
        return mine;
      });
      const twins = boundary.agent('twins', async () => Promise.all([equal(), equal()]));
      const { result, traceId } = await record(twins);
      const report = await replay(traceId, { store, entry: twins });
      expect(report.verdict).toBe('same');
      expect(report.result).toEqual(result);
      expect(result[0]).toBeLessThan(result[1] as number);
    });
  });

  describe('a tool that threw', () => {
    class RateLimitError extends Error {
      override readonly name = 'RateLimitError';
      constructor(
        readonly status: number,
        readonly headers: Record<string, string>,
        cause: Error,
      ) {
        super(`too many requests (${status})`, { cause });
      }
    }
    let live = 0;
    const search = boundary.tool('search', async (query: string): Promise<string[]> => {
      live++;
      throw new RateLimitError(429, { 'retry-after': '7' }, new Error(`socket closed after ${query}`));
    });

    it('throws again: same class name, message and own fields', async () => {
      let caught: unknown;
      const agent = boundary.agent('searcher', async (query: string) => {
        try {
          return await search(query);
        } catch (error) {
          caught = error;
          const { name, message, status, headers } = error as RateLimitError;
          return { name, message, status, headers };
        }
      });
      const { result, traceId } = await record(agent, 'hotels');
      const thrown = caught as RateLimitError;
      caught = undefined;
      const report = await replay(traceId, { store, entry: agent });
      expect(report.verdict).toBe('same');
      expect(report.result).toEqual(result);
      expect(live).toBe(1);
      const again = caught as RateLimitError;
      expect(again).toBeInstanceOf(Error);
      expect(again).not.toBe(thrown);
      expect(again.constructor.name).toBe('RateLimitError');
      expect(again).toMatchObject({ name: 'RateLimitError', message: 'too many requests (429)', status: 429, headers: { 'retry-after': '7' } });
      expect((again.cause as Error).message).toBe('socket closed after hotels');
      expect(Object.keys(again).sort()).toEqual(Object.keys(thrown).sort());
    });

    it('ends the run as it did, when nobody catches it', async () => {
      const agent = boundary.agent('careless', async (query: string) => search(query));
      await expect(record(agent, 'hotels')).rejects.toThrow('too many requests (429)');
      await provider.forceFlush();
      const traceId = spans.getFinishedSpans().at(-1)?.spanContext().traceId ?? '';
      const report: ReplayReport = await replay(traceId, { store, entry: agent });
      expect(report).toMatchObject({ verdict: 'same', recorded: { outcome: 'threw' }, error: { name: 'RateLimitError', status: 429 } });
    });
  });

  describe('a tool of 50 ms', () => {
    let measured = 0;
    const slow = boundary.tool('slow', async () => {
      const start = performance.now();
      await sleep(50);
      measured = performance.now() - start;
      return 'done';
    });
    const agent = boundary.agent('patient', async () => slow());

    it('has a span of 50 ms under its caller', async () => {
      await record(agent);
      const [tool, caller] = ['slow', 'patient'].map((name) => spans.getFinishedSpans().find((span) => span.name.includes(name)));
      if (tool === undefined || caller === undefined) throw new Error('a span is missing');
      const millis = ([seconds, nanos]: readonly [number, number]) => seconds * 1e3 + nanos / 1e6;
      const duration = millis(tool.endTime) - millis(tool.startTime);
      // Timers may be a little early by the clock of the span; the upper bound only excludes another unit or another span.
      expect(duration).toBeGreaterThan(measured - 2);
      expect(duration).toBeLessThan(measured + 500);
      expect(tool.parentSpanContext?.spanId).toBe(caller.spanContext().spanId);
      // The SDK takes each start from the wall clock, in whole milliseconds, and adds a duration: spans that lie in each
      // other may seem to pass each other by less than one.
      expect(millis(caller.startTime)).toBeLessThanOrEqual(millis(tool.startTime) + 1);
      expect(millis(caller.endTime)).toBeGreaterThanOrEqual(millis(tool.endTime) - 1);
    });
  });
});
