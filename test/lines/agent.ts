// A small agent with a bit of everything that a set-up can disturb: a nested step, a tool that throws once and is tried
// again, parallel calls of which two are identical and end in another order, and a check that is not asynchronous.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Boundary } from '../../src/index.js';

/** What the tests watch of it. */
export interface TestAgent {
  /** The entry, a boundary. */
  run(task: string): Promise<unknown>;
  /** Calls of the real functions, by name. */
  readonly calls: Record<string, number>;
  /** What the real functions gave, and what the agent got, in the order of each. */
  readonly given: unknown[];
  readonly got: unknown[];
  /** Runs in the middle of the run. */
  midway: () => Promise<void>;
  /** Makes the agent ask for one quote that it did not ask for before. */
  askMore: boolean;
}

class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly status = 503;
}

/** Makes the agent with the given copy of `boundary`. */
export function makeAgent(boundary: Boundary): TestAgent {
  const calls: Record<string, number> = { decide: 0, fetch_news: 0, get_quote: 0, limits: 0, lookup: 0 };
  const count = (name: string): number => (calls[name] = (calls[name] ?? 0) + 1);
  const given: unknown[] = [];
  const got: unknown[] = [];
  const give = <T>(value: T): T => {
    given.push(value);
    return value;
  };

  const decide = boundary.model('decide', async (request: { model: string; messages: readonly unknown[] }) => {
    count('decide');
    await nextTurn();
    return give({
      model: request.model,
      id: `answer-${calls['decide']}`,
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: `seen ${request.messages.length}` } }],
    });
  });
  const fetchNews = boundary.tool(
    'fetch_news',
    async (topic: string) => {
      await nextTurn();
      if (count('fetch_news') === 1) throw give(new UpstreamError(`no news of ${topic}`));
      return give([{ topic, at: new Date(1_764_000_000_000) }]);
    },
    { effect: 'read' },
  );
  const getQuote = boundary.tool(
    'get_quote',
    async (symbol: string) => {
      const call = count('get_quote');
      // The first call takes longest, so the calls end in another order than they began in.
      for (let turns = 8 - 2 * call; turns > 0; turns--) await nextTurn();
      return give({ symbol, cents: 100 * call });
    },
    { effect: 'read' },
  );
  const limits = boundary.guardrail('limits', (order: { cents: number }) => {
    count('limits');
    return give({ allowed: order.cents < 1_000 });
  });
  const lookup = boundary.retrieval('lookup', async (key: string) => {
    count('lookup');
    await nextTurn();
    return give(new Map([[key, new Set([1, 2])]]));
  });
  const review = boundary.step('review', async (key: string) => take(await lookup(key)));

  function take<T>(value: T): T {
    got.push(value);
    return value;
  }

  const agent: TestAgent = {
    calls,
    given,
    got,
    midway: async () => undefined,
    askMore: false,
    run: boundary.agent('trader', async (task: string) => {
      const plan = take(await decide({ model: 'small-1', messages: [{ role: 'user', content: task }] }));
      let news: unknown;
      let failure: unknown;
      try {
        news = await fetchNews('ACME');
      } catch (error) {
        failure = take(error);
        news = take(await fetchNews('ACME'));
      }
      await agent.midway();
      const quotes = await Promise.all(['ACME', 'GLOBEX', 'ACME'].map(getQuote));
      for (const quote of quotes) take(quote);
      const check = take(limits({ cents: quotes.reduce((sum, { cents }) => sum + cents, 0) }));
      const reviewed = await review('ACME');
      const verdict = take(
        await decide({
          model: 'small-1',
          messages: [
            { role: 'user', content: task },
            { role: 'tool', content: quotes },
          ],
        }),
      );
      const more = agent.askMore ? await getQuote('INITECH') : undefined;
      return { plan, news, failure: (failure as Error | undefined)?.message, quotes, check, reviewed: [...reviewed.keys()], verdict, more };
    }),
  };
  return agent;
}

/** Every crossing of one run: path, kind, how it ended, and the path of the crossing around it. */
export const CROSSINGS = [
  'trader#0 agent returned',
  'trader#0/decide#0 model returned < trader#0',
  'trader#0/decide#1 model returned < trader#0',
  'trader#0/fetch_news#0 tool threw < trader#0',
  'trader#0/fetch_news#1 tool returned < trader#0',
  'trader#0/get_quote#0 tool returned < trader#0',
  'trader#0/get_quote#1 tool returned < trader#0',
  'trader#0/get_quote#2 tool returned < trader#0',
  'trader#0/limits#0 guardrail returned < trader#0',
  'trader#0/review#0 step returned < trader#0',
  'trader#0/review#0/lookup#0 retrieval returned < trader#0/review#0',
];

/** The spans of one run, each with the name of its parent. */
export const SPANS = [
  'chat small-1 < invoke_agent trader',
  'chat small-1 < invoke_agent trader',
  'execute_tool fetch_news < invoke_agent trader',
  'execute_tool fetch_news < invoke_agent trader',
  'execute_tool get_quote < invoke_agent trader',
  'execute_tool get_quote < invoke_agent trader',
  'execute_tool get_quote < invoke_agent trader',
  'guardrail limits < invoke_agent trader',
  'invoke_agent trader',
  'retrieval lookup < step review',
  'step review < invoke_agent trader',
];
