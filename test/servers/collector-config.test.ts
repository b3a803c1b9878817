// The shipped files of collector-config/ in the real Collector, with real Jaeger behind it.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readServices, readTrace, readTraceV3 } from './jaeger-api.js';
import {
  childEnvironment,
  collectorConfigDir,
  describeServers,
  findBinary,
  startCollector,
  startJaeger,
  withFreePorts,
  type Collector,
  type Jaeger,
} from './servers.js';

const TEMPO_CUT_BYTES = 2048;
const collectorFiles = ['jaeger/collector.yaml', 'tempo/collector.yaml', 'tempo/collector-tempo-cut.yaml'];

/** What the spans of this file carry: every type that an attribute may have, and one value above Tempo's cut. */
const attributes = {
  'chronicle.span_ref': '4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7',
  'chronicle.envelope.uri': 's3://agent-runs/prod/v1/traces/4bf92f3577b34da6a3ce929d0e0e4736#00f067aa0ba902b7',
  'chronicle.input.preview': 'ä€😀'.repeat(200),
  'chronicle.input.size': 9_007_199_254_740_991,
  'chronicle.input.preview_truncated': true,
  'gen_ai.request.temperature': 0.7,
  'gen_ai.response.finish_reasons': ['stop', 'length'],
  'exactly.at.the.cut': 'c'.repeat(TEMPO_CUT_BYTES),
  'app.long': asciiText(5000),
} satisfies Attributes;

describeServers('the files of collector-config/', () => {
  let jaeger: Jaeger;
  const collectors = new Map<string, Collector>();

  beforeAll(async () => {
    jaeger = await startJaeger();
  });
  afterAll(async () => {
    await Promise.all([...collectors.values()].map((collector) => collector.stop()));
    await jaeger?.stop();
  });

  /** Each file is started once and used by several tests. */
  async function collectorFor(config: string, env: Record<string, string> = {}): Promise<Collector> {
    const key = JSON.stringify([config, env]);
    const collector = collectors.get(key) ?? (await startCollector({ config, jaegerOtlpUrl: jaeger.otlpUrl, env }));
    collectors.set(key, collector);
    return collector;
  }

  it.each(collectorFiles)('%s is accepted by the Collector with no variable set', async (config) => {
    await promisify(execFile)(findBinary('otelcol') ?? '', ['validate', '--config', config], {
      cwd: collectorConfigDir,
      env: childEnvironment({}),
    });
  });

  it.each([...collectorFiles, 'jaeger/jaeger.yaml', 'tempo/tempo.yaml'])('%s listens on loopback only, unless a variable says otherwise', async (config) => {
    const text = await readFile(join(collectorConfigDir, config), 'utf8');
    const listening = addresses(parse(withDefaults(text)));
    expect(listening.length).toBeGreaterThan(2);
    expect(listening.filter((address) => !/^(http:\/\/)?127\.0\.0\.1(:\d+)?$/.test(address))).toEqual([]);
  });

  it('tempo.yaml takes OTLP where tempo/collector.yaml sends it (Tempo itself is not run)', async () => {
    const read = async (file: string) => parse(withDefaults(await readFile(join(collectorConfigDir, file), 'utf8')));
    const { distributor } = await read('tempo/tempo.yaml');
    const { exporters } = await read('tempo/collector.yaml');
    const { grpc, http } = distributor.receivers.otlp.protocols;
    expect(exporters.otlp_grpc.endpoint).toBe(grpc.endpoint);
    expect(exporters.otlp_http.endpoint).toBe(`http://${http.endpoint}`);
    expect(distributor.max_attribute_bytes).toBe(TEMPO_CUT_BYTES);
  });

  it('jaeger/collector.yaml brings a span to Jaeger whole', async () => {
    const collector = await collectorFor('jaeger/collector.yaml');
    const sent = await sendSpan(collector.otlpUrl, 'through-jaeger');
    await expectWhole(jaeger, sent, 'through-jaeger');
    expect(await readServices(jaeger.queryUrl)).toContain('through-jaeger');
  });

  it.each(['otlp_grpc', 'otlp_http'])('tempo/collector.yaml brings a span whole with %s', async (exporter) => {
    // Jaeger stands where Tempo would be: both take OTLP.
    const collector = await collectorFor('tempo/collector.yaml', {
      TEMPO_EXPORTER: exporter,
      TEMPO_OTLP_GRPC: jaeger.otlpGrpcAddress,
      TEMPO_OTLP_URL: jaeger.otlpUrl,
    });
    const sent = await sendSpan(collector.otlpUrl, `through-tempo-${exporter}`);
    await expectWhole(jaeger, sent, `through-tempo-${exporter}`);
  });

  it('collector-tempo-cut.yaml cuts 5,000 bytes to exactly 2,048 and leaves the other attributes whole', async () => {
    const collector = await collectorFor('tempo/collector-tempo-cut.yaml');
    const sent = await sendSpan(collector.otlpUrl, 'through-cut');
    const cut = asciiText(5000).slice(0, TEMPO_CUT_BYTES);

    const [span] = await readTraceV3(jaeger.queryUrl, sent.traceId, 1);
    expect(Buffer.byteLength(cut)).toBe(TEMPO_CUT_BYTES);
    expect(span?.attributes).toEqual({ ...asStored(attributes), 'app.long': cut });
    expect(span?.events).toEqual([{ name: 'exception', attributes: { 'exception.stacktrace': cut } }]);
    expect(span?.resource).toMatchObject({ 'service.name': 'through-cut', 'process.command_line': cut });

    const [spanV1] = await readTrace(jaeger.queryUrl, sent.traceId, 1);
    expect(spanV1?.attributes).toMatchObject({
      'chronicle.span_ref': attributes['chronicle.span_ref'],
      'chronicle.input.preview': attributes['chronicle.input.preview'],
      'app.long': cut,
    });
  });

  it('collector-tempo-cut.yaml cuts before a character that does not fit', async () => {
    const collector = await collectorFor('tempo/collector-tempo-cut.yaml');
    // 2,047 bytes, then a character of two: Tempo, which counts bytes, might leave half of it.
    const text = `${'a'.repeat(TEMPO_CUT_BYTES - 1)}äz`;
    const sent = await sendSpan(collector.otlpUrl, 'through-cut', { text });
    const [span] = await readTraceV3(jaeger.queryUrl, sent.traceId, 1);
    expect(span?.attributes['text']).toBe('a'.repeat(TEMPO_CUT_BYTES - 1));
  });

  it('jaeger/collector.yaml splits by bytes what Jaeger would refuse as one request', async () => {
    const collector = await collectorFor('jaeger/collector.yaml');
    // 30 MB in requests of 5 MB: together more than the 20 MiB that Jaeger takes at once.
    const ids = await withTracer(collector.otlpUrl, 'through-split', 5, (tracer) => {
      const made = Array.from({ length: 30 }, (_, i) => tracer.startSpan(`big-${i}`, { root: true }));
      for (const span of made) span.setAttribute('app.big', asciiText(1_000_000)).end();
      return made.map((span) => span.spanContext().traceId);
    });
    const stored = await Promise.all(ids.map((id) => readTraceV3(jaeger.queryUrl, id, 1)));
    expect(stored.map(([span]) => String(span?.attributes['app.big']).length)).toEqual(ids.map(() => 1_000_000));
  });

  it('the redaction of README.md keeps the listed keys, deletes the others and masks secrets', async () => {
    const secret = `sk-${'a1'.repeat(12)}`;
    const kept = {
      'chronicle.span_ref': attributes['chronicle.span_ref'],
      'chronicle.envelope.uri': attributes['chronicle.envelope.uri'],
      'chronicle.boundary.name': 'decide ****',
    };
    const readme = await readFile(join(collectorConfigDir, 'README.md'), 'utf8');
    const [, snippet = ''] = /```yaml\n(processors:\n {2}redaction:\n.*?)```/s.exec(readme) ?? [];
    const redacted = async (processors: string) => {
      const pipelines = 'service: {pipelines: {traces: {processors: [memory_limiter, redaction, batch]}}}\n';
      const overlay = processors + pipelines;
      const config = 'jaeger/collector.yaml';
      const collector = await startCollector({ config, jaegerOtlpUrl: jaeger.otlpUrl, overlay });
      collectors.set(overlay, collector);
      const { traceId } = await sendSpan(collector.otlpUrl, 'through-redaction', {
        'gen_ai.operation.name': ['chat', secret],
        'chronicle.boundary.name': `decide ${secret}`,
      });
      const [span] = await readTraceV3(jaeger.queryUrl, traceId, 1);
      return span?.attributes;
    };
    expect(await redacted(snippet)).toEqual({ ...kept, 'gen_ai.operation.name': '["chat","****"]' });

    // The reason for redact_all_types.
    const textOnly = snippet.replace('redact_all_types: true', 'redact_all_types: false');
    expect(textOnly).not.toBe(snippet);
    expect(await redacted(textOnly)).toEqual({ ...kept, 'gen_ai.operation.name': ['chat', secret] });
  });

  it('Jaeger with the Badger storage of README.md keeps 64,000 bytes and refuses a span with 66,000', async () => {
    const readme = await readFile(join(collectorConfigDir, 'README.md'), 'utf8');
    const [, snippet = ''] = /```yaml\n(extensions:\n {2}jaeger_storage:\n.*?)```/s.exec(readme) ?? [];
    const directory = await mkdtemp(join(tmpdir(), 'chronicle-badger-'));
    const badger = await startJaeger({ overlay: snippet.replaceAll('./badger', directory) });
    try {
      const kept = await sendSpan(badger.otlpUrl, 'badger', { 'app.text': asciiText(64_000) });
      const [span] = await readTraceV3(badger.queryUrl, kept.traceId, 1);
      expect(span?.attributes).toEqual({
        ...asStored(attributes),
        'app.text': asciiText(64_000),
        // Badger has no arrays.
        'gen_ai.response.finish_reasons': '["stop","length"]',
      });

      await sendSpan(badger.otlpUrl, 'badger', { 'app.text': asciiText(66_000) });
      await expect.poll(() => badger.log(), { timeout: 30_000 }).toContain('exceeded 65000 limit');
    } finally {
      await badger.stop();
      await rm(directory, { recursive: true });
    }
  });

  it('start.sh runs both servers with one command and stops both', async () => {
    await withFreePorts(9, async (ports) => {
      const names = ['GRPC', 'HTTP', 'HEALTH', 'METRICS'].map((name) => `COLLECTOR_${name}_PORT`);
      names.push(...['OTLP_GRPC', 'OTLP_HTTP', 'QUERY', 'QUERY_GRPC', 'HEALTH'].map((name) => `JAEGER_${name}_PORT`));
      const env = Object.fromEntries(names.map((name, i) => [name, String(ports[i])]));
      const queryUrl = `http://127.0.0.1:${env['JAEGER_QUERY_PORT']}`;
      const binaries = { JAEGER_BIN: findBinary('jaeger') ?? '', OTELCOL_BIN: findBinary('otelcol') ?? '' };
      const child = spawn(join(collectorConfigDir, 'start.sh'), ['tempo-cut'], {
        env: childEnvironment({ ...env, ...binaries }),
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      try {
        const urls = [`${queryUrl}/api/services`, `http://127.0.0.1:${env['COLLECTOR_HEALTH_PORT']}/`];
        await expect.poll(() => Promise.all(urls.map(isUp)), { timeout: 30_000 }).toEqual([true, true]);
        const sent = await sendSpan(`http://127.0.0.1:${env['COLLECTOR_HTTP_PORT']}`, 'through-start');
        const [span] = await readTrace(queryUrl, sent.traceId, 1);
        expect(String(span?.attributes['app.long']).length).toBe(TEMPO_CUT_BYTES);
      } finally {
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(15_000)]);
      }
      expect(await ended).toEqual([143, null]);
      expect(await Promise.all(ports.map((port) => isUp(`http://127.0.0.1:${port}/`)))).toEqual(ports.map(() => false));
    });
  });
});

interface SentSpan {
  traceId: string;
  spanId: string;
}

/** Sends one span as a user's program would: SDK 2, batch processor, OTLP over HTTP. Returns when it was delivered. */
async function sendSpan(otlpUrl: string, service: string, more: Attributes = {}): Promise<SentSpan> {
  return withTracer(otlpUrl, service, 512, (tracer) => {
    const span = tracer.startSpan('execute_tool get_quote', { kind: SpanKind.INTERNAL, attributes });
    span.setAttributes(more);
    span.addEvent('exception', { 'exception.stacktrace': asciiText(5000) });
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'as a test' });
    span.end();
    const { traceId, spanId } = span.spanContext();
    return { traceId, spanId };
  });
}

async function withTracer<T>(
  otlpUrl: string,
  service: string,
  maxExportBatchSize: number,
  use: (tracer: ReturnType<NodeTracerProvider['getTracer']>) => T,
): Promise<T> {
  const exporter = new OTLPTraceExporter({ url: `${otlpUrl}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'process.command_line': asciiText(5000) }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxExportBatchSize })],
  });
  try {
    const result = use(provider.getTracer('collector-config.test'));
    await provider.forceFlush();
    return result;
  } finally {
    await provider.shutdown();
  }
}

/** Expects that the span came back with every value that was sent, through both query APIs. */
async function expectWhole(jaeger: Jaeger, sent: SentSpan, service: string): Promise<void> {
  const [span, ...others] = await readTraceV3(jaeger.queryUrl, sent.traceId, 1);
  expect(others).toEqual([]);
  expect(span).toMatchObject({ traceId: sent.traceId, spanId: sent.spanId, name: 'execute_tool get_quote' });
  expect(span?.attributes).toEqual(asStored(attributes));
  expect(span?.resource).toMatchObject({ 'service.name': service, 'process.command_line': asciiText(5000) });
  expect(span?.events).toEqual([{ name: 'exception', attributes: { 'exception.stacktrace': asciiText(5000) } }]);

  const [spanV1] = await readTrace(jaeger.queryUrl, sent.traceId, 1);
  expect(spanV1?.spanId).toBe(sent.spanId);
  expect(spanV1?.attributes).toMatchObject({
    ...attributes,
    // API v1 gives these two as text.
    'gen_ai.response.finish_reasons': '["stop","length"]',
    'chronicle.input.size': expect.toSatisfy((value) => String(value) === '9007199254740991'),
  });
}

/** As OTLP's JSON has it: 64-bit whole numbers are text. */
function asStored(values: typeof attributes): Record<string, unknown> {
  return { ...values, 'chronicle.input.size': String(values['chronicle.input.size']) };
}

/** Text without a period that a cut could hide in. */
function asciiText(length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${i},`;
  return text.slice(0, length);
}

/** The file's text as it is with no variable set, for the Collector's `${env:X:-d}` and Tempo's `${X:-d}`. */
function withDefaults(text: string): string {
  return text.replace(/\$\{(?:env:)?[A-Z_]+:-([^}]*)\}/g, '$1');
}

/** Every host that a configuration names: endpoints, listen addresses, and the host of the metrics page. */
function addresses(config: unknown): string[] {
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) =>
    typeof value === 'string' && /^(endpoint|host|.*_listen_address)$/.test(key) ? [value] : addresses(value),
  );
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    // Not listening.
    return false;
  }
}
