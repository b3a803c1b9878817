// The table of disturbed set-ups: an agent is recorded and replayed in each of them, on the line of the SDK that runs
// this file. Values, errors and paths must not depend on what becomes of the spans.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import otel from '#otel';
import * as otherApi from '#other-api';
import type { ReplayReport } from '../../src/index.js';
import { CROSSINGS, makeAgent, SPANS, type TestAgent } from './agent.js';
import { type Disturbance, disturbances, type Pipeline } from './disturbances.js';
import { type Chronicle, cleanUp, loadChronicle, newStore, startAnew } from './fresh.js';
import type { ApiCopy, FinishedSpan } from './surface.js';

/** What passed of one set-up: recording, replay of the recorded agent, replay of the whole program. */
interface Row {
  record: boolean;
  replay: boolean;
  program: boolean;
}
const results = new Map<string, Row>();

afterEach(cleanUp);

afterAll(() => {
  const mark = (passed: boolean): string => (passed ? 'ok' : 'FAILED').padEnd(6);
  const width = Math.max(...[...results.keys()].map((name) => name.length));
  const lines = [...results].map(([name, { record, replay, program }]) => `${name.padEnd(width)}  ${mark(record)}  ${mark(replay)}  ${mark(program)}`);
  process.stdout.write(
    `\n${otel.line} on Node ${process.versions.node}\n${'set-up'.padEnd(width)}  record  replay  replay of the program\n${lines.join('\n')}\n\n`,
  );
  const directory = process.env['CHRONICLE_LINES_RESULTS'];
  if (directory !== undefined)
    writeFileSync(join(directory, `${otel.line}.json`), JSON.stringify({ line: otel.line, node: process.versions.node, rows: [...results] }));
});

interface Case {
  readonly chronicle: Chronicle;
  readonly agent: TestAgent;
  readonly pipeline: Pipeline;
  readonly store: string;
}

async function setUp(disturbance: Disturbance): Promise<Case> {
  const chronicle = await loadChronicle({ withOtherApi: disturbance.otherApi });
  const store = newStore();
  const pipeline = disturbance.install(new chronicle.RecordSpanProcessor({ store }));
  const agent = makeAgent(chronicle.boundary);
  agent.midway = pipeline.midway;
  return { chronicle, agent, pipeline, store };
}

/** Records one run and gives what an undisturbed caller would have seen of it. */
async function recordRun(
  disturbance: Disturbance,
): Promise<Case & { readonly result: unknown; readonly spans: readonly FinishedSpan[]; readonly traceId: string }> {
  const made = await setUp(disturbance);
  const { chronicle, agent, pipeline, store } = made;
  const result = await pipeline.inside(() => agent.run('sell $1,000 worth of stock'));
  const spans = await pipeline.exported();
  await chronicle.flush();
  const traceIds: string[] = [];
  for await (const run of (await chronicle.openArchive(store)).runs()) traceIds.push(run.traceId);
  expect(traceIds).toHaveLength(1);
  return { ...made, result, spans, traceId: traceIds[0] as string };
}

async function crossingsOf({
  chronicle,
  store,
  traceId,
}: {
  chronicle: Chronicle;
  store: string;
  traceId: string;
}): Promise<{ crossings: string[]; spanIds: string[]; complete: boolean; reasons: readonly string[] }> {
  const recording = await (await chronicle.openArchive(store)).readTrace(traceId);
  if (recording === undefined) throw new Error(`nothing is stored of ${traceId}`);
  const pathOf = new Map(recording.envelopes.map(({ spanId, path }) => [spanId, path]));
  const crossings = recording.envelopes.map(({ path, kind, outcome, parentSpanId }) => {
    const parent = parentSpanId === undefined ? '' : ` < ${pathOf.get(parentSpanId) ?? 'unknown'}`;
    return `${path} ${kind} ${outcome.kind}${parent}`;
  });
  return { crossings: crossings.sort(), spanIds: recording.envelopes.map(({ spanId }) => spanId), complete: recording.complete, reasons: recording.reasons };
}

function spanLines(spans: readonly FinishedSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map((span) => {
      const parent = span.parentSpanContext?.spanId;
      return parent === undefined ? span.name : `${span.name} < ${names.get(parent) ?? 'not exported'}`;
    })
    .sort();
}

function summary(report: ReplayReport): unknown {
  const { verdict, live, blocked, divergences, unconsumed, calls } = report;
  return { verdict, live, blocked, divergences, unconsumed, rungs: [...new Set(calls.map(({ rung }) => rung))], calls: calls.length };
}

const FAITHFUL = { verdict: 'same', live: 0, blocked: 0, divergences: [], unconsumed: [], rungs: ['exact'], calls: CROSSINGS.length };
const NO_CALLS = { decide: 0, fetch_news: 0, get_quote: 0, limits: 0, lookup: 0 };
const ALL_CALLS = { decide: 2, fetch_news: 2, get_quote: 3, limits: 1, lookup: 1 };

describe(`a disturbed set-up on ${otel.line}`, () => {
  for (const disturbance of disturbances(otherApi as unknown as ApiCopy)) {
    const { name } = disturbance;
    const row: Row = { record: false, replay: false, program: false };
    results.set(name, row);

    it(`records every call of the agent, and changes none, where ${name}`, async () => {
      const { agent, result, spans, ...stored } = await recordRun(disturbance);
      // The agent got the very objects that its functions gave, the error included.
      expect(agent.given.length).toBe(agent.got.length);
      expect(agent.got.every((value) => agent.given.some((given) => Object.is(given, value)))).toBe(true);
      expect(agent.calls).toEqual(ALL_CALLS);
      expect(result).toMatchObject({ failure: 'no news of ACME', check: { allowed: true }, reviewed: ['ACME'] });
      const { spanIds, ...recorded } = await crossingsOf(stored);
      expect(recorded).toEqual({ crossings: CROSSINGS, complete: true, reasons: [] });
      expect(new Set(spanIds).size).toBe(CROSSINGS.length);

      switch (disturbance.spans) {
        case 'all':
          expect(spanLines(spans)).toEqual(SPANS);
          // The envelope of a span is found under the very IDs of the span.
          expect(spans.map((span) => span.spanContext().spanId).sort()).toEqual([...spanIds].sort());
          expect(spans.every((span) => span.spanContext().traceId === stored.traceId)).toBe(true);
          break;
        case 'all below a span':
          expect(spanLines(spans)).toEqual(SPANS.map((line) => (line === 'invoke_agent trader' ? 'invoke_agent trader < not exported' : line)));
          break;
        case 'none':
          expect(spans).toEqual([]);
          break;
        case 'before midway':
          expect(spanLines(spans)).toEqual(['chat small-1 < not exported', 'execute_tool fetch_news < not exported', 'execute_tool fetch_news < not exported']);
          break;
        case 'any':
      }
      row.record = true;
    });

    it(`replays the run with no live call, and refuses a call that is not in it, where ${name}`, async () => {
      const { result, traceId, store } = await recordRun(disturbance);
      await startAnew();
      // The same program starts again, in the same set-up.
      const again = await setUp(disturbance);
      const report = await again.pipeline.inside(() => again.chronicle.replay(traceId, { store }));
      expect(summary(report)).toEqual(FAITHFUL);
      expect(report.result).toEqual(result);
      expect(again.agent.calls).toEqual(NO_CALLS);

      await startAnew();
      const changed = await setUp(disturbance);
      changed.agent.askMore = true;
      const diverged = await changed.pipeline.inside(() => changed.chronicle.replay(traceId, { store }));
      expect(diverged).toMatchObject({ verdict: 'diverged', live: 0, blocked: 1, divergences: [{ path: 'trader#0/get_quote#3', name: 'get_quote' }] });
      expect(diverged.error).toMatchObject({ code: 'CHRONICLE_REPLAY_MISS' });
      expect(changed.agent.calls).toEqual(NO_CALLS);

      // Neither replay wrote to a recording: not to the one that it read, and not to that of its own process.
      expect((await crossingsOf({ chronicle: changed.chronicle, store, traceId })).crossings).toEqual(CROSSINGS);
      for (const { chronicle, store: own } of [again, changed]) {
        await chronicle.flush();
        const runs: unknown[] = [];
        for await (const run of (await chronicle.openArchive(own)).runs()) runs.push(run);
        expect(runs).toEqual([]);
      }
      row.replay = true;
    });

    it(`answers the whole program from the recording, and nothing live after its end, where ${name}`, async () => {
      const { result, traceId, store } = await recordRun(disturbance);
      await startAnew();

      const chronicle = await loadChronicle({ withOtherApi: disturbance.otherApi });
      const { recording } = await (await chronicle.openArchive(store)).find(traceId);
      const processor = new chronicle.ReplaySpanProcessor({ recording });
      const pipeline = disturbance.install(processor);
      const agent = makeAgent(chronicle.boundary);
      agent.midway = pipeline.midway;
      const run = (): Promise<unknown> => pipeline.inside(() => agent.run('sell $1,000 worth of stock'));
      if (disturbance.spans === 'before midway') {
        // The application shut the replay down with its provider, so the rest is refused.
        await expect(run()).rejects.toMatchObject({ code: 'CHRONICLE_REPLAY_REFUSED' });
      } else {
        expect(await run()).toEqual(result);
        expect(summary(processor.report())).toEqual(FAITHFUL);
        await expect(run()).rejects.toMatchObject({ code: 'CHRONICLE_REPLAY_MISS' });
        await processor.shutdown();
        await expect(run()).rejects.toMatchObject({ code: 'CHRONICLE_REPLAY_REFUSED' });
      }
      expect(agent.calls).toEqual(NO_CALLS);
      row.program = true;
    });
  }
});
