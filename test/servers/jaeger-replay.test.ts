// The way a user goes: an agent runs in production and is recorded; its spans go through a real Collector into real
// Jaeger; someone finds the run there, copies a reference, and replays it. Once through jaeger/collector.yaml, and once
// through tempo/collector-tempo-cut.yaml, which cuts attributes as Tempo does. Tempo itself is not run.

import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { boundary, RecordSpanProcessor, replay, type ReplayReport } from '../../src/index.js';
import { findTraces, readTrace, readTraceV3, type StoredSpan } from './jaeger-api.js';
import { describeServers, startCollector, startJaeger, type Collector, type Jaeger } from './servers.js';

const SERVICE = 'trading-desk';
const PREVIEW_BYTES = 2048;
const SPANS_OF_THE_RUN = 5;

// What the outside world answered. It is never the same twice, so only the recording can give it again.
const live = { model: 0, tool: 0 };
interface Message {
  role: string;
  content: string;
}
interface ChatRequest {
  model: string;
  messages: Message[];
}

const decide = boundary.model('decide', async (request: ChatRequest) => {
  live.model++;
  const asked = request.messages.length;
  // Longer than a preview, so that the answer on the span cannot be what replay gives back.
  return { id: randomUUID(), model: request.model, text: asked > 2 ? 'sell' : 'quote AAPL', why: 'because '.repeat(600) };
});
const getQuote = boundary.tool(
  'get_quote',
  async (symbol: string) => {
    live.tool++;
    return { symbol, bid: Math.random() * 100, at: Date.now() };
  },
  { effect: 'read' },
);
const placeOrder = boundary.tool('place_order', async (order: { symbol: string; limit: number }) => {
  live.tool++;
  return { orderId: randomUUID(), ...order };
});
const trader = boundary.agent('trader', async (task: string) => {
  const messages: Message[] = [
    { role: 'system', content: 'You are a careful trader. '.repeat(300) },
    { role: 'user', content: task },
  ];
  const first = await decide({ model: 'gpt-4o-mini', messages: [...messages] });
  messages.push({ role: 'assistant', content: first.text });
  const quote = await getQuote('AAPL');
  messages.push({ role: 'tool', content: JSON.stringify(quote) });
  const second = await decide({ model: 'gpt-4o-mini', messages: [...messages] });
  if (second.text !== 'sell') return { done: false };
  return { done: true, order: await placeOrder({ symbol: 'AAPL', limit: quote.bid }), said: [first.id, second.id] };
});

describeServers('a run recorded with SDK 2 and found in Jaeger', () => {
  const paths = ['jaeger/collector.yaml', 'tempo/collector-tempo-cut.yaml'] as const;
  const jaegers = new Map<string, Jaeger>();
  const collectors: Collector[] = [];
  const sent = new InMemorySpanExporter();
  let directory: string;
  let store: string;
  let provider: NodeTracerProvider;
  let result: Awaited<ReturnType<typeof trader>>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chronicle-jaeger-replay-'));
    store = `file:${join(directory, 'runs')}`;
    // One run, sent down both ways, each with a Jaeger of its own: so the same span is seen whole and cut.
    for (const config of paths) {
      const jaeger = await startJaeger();
      jaegers.set(config, jaeger);
      collectors.push(await startCollector({ config, jaegerOtlpUrl: jaeger.otlpUrl }));
    }
    provider = new NodeTracerProvider({
      resource: resourceFromAttributes({ 'service.name': SERVICE }),
      spanProcessors: [
        ...collectors.map(({ otlpUrl }) => new BatchSpanProcessor(new OTLPTraceExporter({ url: `${otlpUrl}/v1/traces` }))),
        new RecordSpanProcessor({ store }),
        new SimpleSpanProcessor(sent),
      ],
    });
    provider.register();
    result = await trader('Rebalance the portfolio.');
    await provider.forceFlush();
  });

  afterAll(async () => {
    await provider?.shutdown();
    await Promise.all(collectors.map((collector) => collector.stop()));
    await Promise.all([...jaegers.values()].map((jaeger) => jaeger.stop()));
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  /** The agent's span, found as a user finds it: by service and boundary name, with no ID at hand. */
  async function findAgent(config: string): Promise<{ queryUrl: string; agent: StoredSpan }> {
    const { queryUrl } = jaegers.get(config) as Jaeger;
    const tags = { 'chronicle.boundary.name': 'trader', 'chronicle.mode': 'record' };
    const found = await findTraces(queryUrl, SERVICE, tags, 1);
    const agents = found.flat().filter((span) => span.attributes['chronicle.boundary.kind'] === 'agent');
    expect(agents).toHaveLength(1);
    return { queryUrl, agent: agents[0] as StoredSpan };
  }

  it('ran live once', () => {
    expect(result.done).toBe(true);
    expect(live).toEqual({ model: 2, tool: 2 });
  });

  for (const config of paths) {
    it(`${config}: the spans hang together in both query APIs`, async () => {
      const { queryUrl, agent } = await findAgent(config);
      for (const read of [readTrace, readTraceV3]) {
        const spans = byPath(await read(queryUrl, agent.traceId, SPANS_OF_THE_RUN));
        expect(spans.map((span) => [pathOf(span), span.name, span.parentSpanId])).toEqual([
          ['trader#0', 'invoke_agent trader', undefined],
          ['trader#0/decide#0', 'chat gpt-4o-mini', agent.spanId],
          ['trader#0/decide#1', 'chat gpt-4o-mini', agent.spanId],
          ['trader#0/get_quote#0', 'execute_tool get_quote', agent.spanId],
          ['trader#0/place_order#0', 'execute_tool place_order', agent.spanId],
        ]);
        expect(spans.map((span) => span.attributes['chronicle.span_ref'])).toEqual(spans.map((span) => `${agent.traceId}:${span.spanId}`));
      }
    });

    it(`${config}: every chronicle and gen_ai attribute arrives as it was set, and within 2,048 bytes`, async () => {
      const { queryUrl, agent } = await findAgent(config);
      const spans = await readTraceV3(queryUrl, agent.traceId, SPANS_OF_THE_RUN);
      for (const span of spans) {
        const made = sent.getFinishedSpans().find((one) => one.spanContext().spanId === span.spanId);
        expect(ours(span.attributes)).toEqual(ours(asStored(made?.attributes ?? {})));
        const tooLong = Object.entries(span.attributes).filter(([, value]) => byteLength(value) > PREVIEW_BYTES);
        expect(tooLong.map(([key]) => key)).toEqual([]);
      }
      // Not because they were short: the model was asked 7 KB and answered 5 KB.
      const models = spans.filter((span) => span.attributes['chronicle.boundary.kind'] === 'model');
      expect(models.map((span) => span.attributes)).toEqual(
        models.map(() =>
          expect.objectContaining({
            'gen_ai.request.model': 'gpt-4o-mini',
            'chronicle.outcome': 'returned',
            'chronicle.input.preview_truncated': true,
            'chronicle.output.preview_truncated': true,
          }),
        ),
      );
      for (const { attributes } of models) expect(Number(attributes['chronicle.input.size'])).toBeGreaterThan(7000);
    });

    const refs: [string, (span: StoredSpan, queryUrl: string) => string][] = [
      ['its span ID alone', (span) => span.spanId],
      ['traceId:spanId', (span) => `${span.traceId}:${span.spanId}`],
      ['the value of chronicle.span_ref', (span) => String(span.attributes['chronicle.span_ref'])],
      ['the value of chronicle.envelope.uri', (span) => String(span.attributes['chronicle.envelope.uri'])],
      ['the address of the Jaeger page of the trace', (span, url) => `${url}/trace/${span.traceId}`],
      ['the address of the Jaeger page of the span', (span, url) => `${url}/trace/${span.traceId}?uiFind=${span.spanId}`],
    ];
    it.each(refs)(`${config}: it replays from %s, with no live call`, async (_, makeRef) => {
      const { queryUrl, agent } = await findAgent(config);
      const before = { live: { ...live }, stored: await filesOf(directory, agent.traceId) };
      expect(before.stored.length).toBeGreaterThan(0);

      const report = await replay(makeRef(agent, queryUrl), { store });
      await provider.forceFlush();

      expect(summary(report)).toEqual({
        verdict: 'same',
        result,
        live: 0,
        blocked: 0,
        divergences: [],
        unconsumed: [],
        recorded: { traceId: agent.traceId, spanId: agent.spanId, outcome: 'returned' },
        calls: ['decide', 'get_quote', 'decide', 'place_order'].map((name) => [name, 'exact', 'recorded']),
      });
      expect(live).toEqual(before.live);
      expect(await filesOf(directory, agent.traceId)).toEqual(before.stored);

      // The replay is a trace of its own, with links to the recorded one.
      const { traceId } = report.replayed;
      expect(traceId).not.toBe(agent.traceId);
      const recorded = byPath(await readTraceV3(queryUrl, agent.traceId, SPANS_OF_THE_RUN));
      expect(recorded).toHaveLength(SPANS_OF_THE_RUN);
      for (const read of [readTrace, readTraceV3]) {
        const replayed = byPath(await read(queryUrl, traceId, SPANS_OF_THE_RUN));
        const seen = replayed.map((span) => ({
          path: pathOf(span),
          mode: span.attributes['chronicle.mode'],
          links: span.links,
          of: span.attributes['chronicle.replay.of'],
        }));
        expect(seen).toEqual(
          recorded.map((span) => ({
            path: pathOf(span),
            mode: 'replay',
            links: [{ traceId: span.traceId, spanId: span.spanId }],
            of: `${span.traceId}:${span.spanId}`,
          })),
        );
      }
    });
  }

  it('a replay with another task says that it diverged, and still makes no live call', async () => {
    const { agent } = await findAgent(paths[0]);
    const before = { ...live };
    const report = await replay(agent.spanId, { store, input: ['Sell everything.'] });
    expect(report).toMatchObject({ verdict: 'diverged', live: 0 });
    expect(report.divergences[0]).toMatchObject({
      path: 'trader#0/decide#0',
      diff: [{ recorded: 'Rebalance the portfolio.', now: 'Sell everything.' }],
    });
    expect(live).toEqual(before);
  });
});

/** Spans of one run in an order that does not depend on the clock: calls that replay answers may start in one microsecond. */
function byPath(spans: readonly StoredSpan[]): StoredSpan[] {
  return spans.toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
}

function pathOf(span: StoredSpan): string {
  return String(span.attributes['chronicle.boundary.path']);
}

function summary(report: ReplayReport): unknown {
  const { verdict, result, live: ran, blocked, divergences, unconsumed, recorded, calls } = report;
  const answered = calls.filter((call) => call.kind === 'model' || call.kind === 'tool').map((call) => [call.name, call.rung, call.served]);
  return { verdict, result, live: ran, blocked, divergences, unconsumed, recorded, calls: answered };
}

/** The attributes that Chronicle sets. */
function ours(attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => /^(chronicle|gen_ai)\./.test(key)));
}

/** As OTLP's JSON has it: 64-bit whole numbers are text. */
function asStored(attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, Number.isSafeInteger(value) ? String(value) : value]));
}

function byteLength(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Name and digest of every stored file of a trace: a replay must not touch the recording. */
async function filesOf(directory: string, traceId: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines = paths
    .filter((path) => path.includes(traceId))
    .map(
      async (path) =>
        `${path} ${createHash('sha256')
          .update(await readFile(path))
          .digest('hex')}`,
    );
  return (await Promise.all(lines)).sort();
}
