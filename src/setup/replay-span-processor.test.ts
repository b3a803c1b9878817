import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openArchive } from '../archive/index.js';
import { boundary } from '../boundary/index.js';
import { engine } from '../crossing/index.js';
import { isChronicleError } from '../errors.js';
import { RecordSpanProcessor } from './record-span-processor.js';
import { ReplaySpanProcessor } from './replay-span-processor.js';

let directory: string;
let live = 0;

const quote = boundary.tool(
  'processor_quote',
  async (symbol: string) => {
    live++;
    return { symbol, price: 12.5 };
  },
  { effect: 'read' },
);
const agent = boundary.agent('processor_agent', async (symbol: string) => (await quote(symbol)).price);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chronicle-processor-'));
  live = 0;
});

afterEach(() => {
  const state = engine();
  state.answerer = undefined;
  state.mode = 'record';
  trace.disable();
  context.disable();
  rmSync(directory, { recursive: true, force: true });
});

async function recordOnce(): Promise<string> {
  const provider = new NodeTracerProvider({ spanProcessors: [new RecordSpanProcessor({ store: directory })] });
  provider.register();
  await agent('ACME');
  await provider.shutdown();
  trace.disable();
  context.disable();
  for await (const { traceId } of (await openArchive(directory)).runs()) return traceId;
  throw new Error('nothing was recorded');
}

describe('ReplaySpanProcessor', () => {
  test('answers the whole process from a recording, and stamps the spans of its pipeline', async () => {
    const traceId = await recordOnce();
    const { recording } = await (await openArchive(directory)).find(traceId);
    const exporter = new InMemorySpanExporter();
    const processor = new ReplaySpanProcessor({ recording });
    const provider = new NodeTracerProvider({ spanProcessors: [processor, new SimpleSpanProcessor(exporter)] });
    provider.register();
    expect(await agent('ACME')).toBe(12.5);
    expect(live).toBe(1);
    const report = processor.report();
    expect([report.verdict, report.live, report.calls.length]).toEqual(['same', 0, 2]);
    const spans = exporter.getFinishedSpans().map(({ name, attributes, links }) => [name, attributes['chronicle.replay.of'], links.length]);
    const [root, call] = recording.envelopes;
    expect(spans).toEqual([
      ['execute_tool processor_quote', `${traceId}:${call?.spanId}`, 1],
      ['invoke_agent processor_agent', `${traceId}:${root?.spanId}`, 1],
    ]);
  });

  test('refuses what is not recorded, and what comes after its shutdown', async () => {
    const { recording } = await (await openArchive(directory)).find(await recordOnce());
    const processor = new ReplaySpanProcessor({ recording });
    await expect(agent('OTHER')).rejects.toSatisfy((error) => isChronicleError(error, 'CHRONICLE_REPLAY_MISS'));
    expect(processor.report().verdict).toBe('diverged');
    await processor.shutdown();
    await expect(quote('ACME')).rejects.toThrow('no recording is loaded');
    expect(live).toBe(1);
  });
});
