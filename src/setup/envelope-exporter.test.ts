import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { context, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, NodeTracerProvider, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openArchive } from '../archive/index.js';
import { boundary, registerCodec } from '../boundary/index.js';
import { engine } from '../crossing/index.js';
import { Coded, Truncated } from '../value/index.js';
import { EnvelopeExporter } from './envelope-exporter.js';
import { replay } from './replay.js';

let directory: string;
let provider: NodeTracerProvider | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chronicle-exporter-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await provider?.shutdown();
  provider = undefined;
  trace.disable();
  context.disable();
  engine().recorder = undefined;
  rmSync(directory, { recursive: true, force: true });
});

function start(sampler?: Sampler): NodeTracerProvider {
  const exporter = new EnvelopeExporter({ store: directory });
  provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)], ...(sampler === undefined ? {} : { sampler }) });
  provider.register();
  return provider;
}

const quote = boundary.tool('exporter_quote', async (symbol: string) => ({ symbol, price: 12.5, at: new Date(0) }), { effect: 'read' });
const words = boundary.model('exporter_words', async function* (count: number) {
  for (let index = 0; index < count; index++) yield `word ${index}`;
});
const agent = boundary.agent('exporter_agent', async (symbol: string) => {
  const spoken: string[] = [];
  for await (const word of words(2)) spoken.push(word);
  return { quote: await quote(symbol), spoken };
});

describe('EnvelopeExporter', () => {
  test('stores the envelopes of exported spans, and they replay', async () => {
    await start().forceFlush();
    const result = await agent('ACME');
    await provider?.forceFlush();
    const archive = await openArchive(directory);
    const runs = [];
    for await (const run of archive.runs()) runs.push(run);
    expect(runs).toHaveLength(1);
    const { recording } = await archive.find(String(runs[0]?.traceId));
    expect(recording.envelopes.map(({ path, kind }) => [path, kind])).toEqual([
      ['exporter_agent#0', 'agent'],
      ['exporter_agent#0/exporter_words#0', 'model'],
      ['exporter_agent#0/exporter_quote#0', 'tool'],
    ]);
    const report = await replay(String(runs[0]?.traceId), { store: directory });
    expect([report.verdict, report.live, report.result]).toEqual(['same', 0, result]);
  });

  test('keeps no value where CHRONICLE_CAPTURE asks for digests', async () => {
    vi.stubEnv('CHRONICLE_CAPTURE', 'digest');
    start();
    await agent('a secret of forty characters and some more');
    await provider?.forceFlush();
    const archive = await openArchive(directory);
    for await (const { traceId } of archive.runs()) {
      const { recording } = await archive.find(traceId);
      const values = recording.envelopes.flatMap(({ input, outcome }) => (outcome.kind === 'unknown' ? [input] : [input, outcome.value]));
      expect(values.map((value) => value.decode())).toEqual(values.map(() => expect.any(Truncated)));
      expect(values).toHaveLength(6);
    }
    const stored = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(stored).toHaveLength(1);
  });

  test('stores streams of Node with what they say of themselves, and values whose decoder fails', async () => {
    class Price {
      constructor(readonly cents: number) {}
    }
    const fail = (): never => {
      throw new Error('not today');
    };
    const remove = registerCodec({ name: 'exporter.Price', class: Price, encode: ({ cents }) => cents, decode: fail });
    start();
    const file = boundary.tool('exporter_file', (_price: Price) => Object.assign(Readable.from(['one', 'two']), { contentType: 'text/plain' }));
    expect(await text(file(new Price(5)))).toBe('onetwo');
    await provider?.forceFlush();
    remove();
    const archive = await openArchive(directory);
    const stored: unknown[] = [];
    for await (const { traceId } of archive.runs()) {
      for (const { input, outcome } of (await archive.find(traceId)).recording.envelopes) {
        if (outcome.kind === 'streamed')
          stored.push(
            input.decode(),
            outcome.form,
            outcome.head?.decode(),
            outcome.chunks.map(({ value }) => value.decode()),
          );
      }
    }
    const head = { objectMode: true, encoding: undefined, writable: false, fields: { contentType: 'text/plain' } };
    expect(stored).toEqual([[new Coded('exporter.Price', 5)], 'node-readable', head, ['one', 'two']]);
  });

  test('stores nothing of a span that is not sampled', async () => {
    start({ shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }), toString: () => 'never' });
    await agent('ACME');
    await provider?.forceFlush();
    const runs = [];
    for await (const run of (await openArchive(directory)).runs()) runs.push(run);
    expect(runs).toEqual([]);
  });
});
