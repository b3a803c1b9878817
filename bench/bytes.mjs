// How many bytes a real run takes in the store, against its unique content under xz -9e and its spans as OTLP JSON.
//
//   node bench/bytes.mjs [--runs 20] [--each]      (npm run build first; needs `xz`, and the runs of other people's agents)
//
// Each run is played through boundaries: model, tools and the person answer as they did. Its unique content is each
// different message and tool definition once, as JSON. The spans are those of raw OpenTelemetry by hand: the input and
// the output of each call as JSON in attributes, exported over OTLP/HTTP JSON without compression.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { boundary, flush, RecordSpanProcessor } from '../dist/index.mjs';

const option = (name, otherwise) => (process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise);
const data = process.env.CHRONICLE_TEST_DATA ?? join(import.meta.dirname, '../../shared/data');
const most = Number(option('runs', Number.POSITIVE_INFINITY));

let received = 0;
const sink = http.createServer((request, response) => {
  request.on('data', (part) => (received += part.length));
  request.on('end', () => response.end('{}'));
});
await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${sink.address().port}/v1/traces` });
const directory = mkdtempSync(join(tmpdir(), 'chronicle-bench-'));
const raw = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const ours = new NodeTracerProvider({ spanProcessors: [new RecordSpanProcessor({ store: directory })] });
ours.register();

try {
  for (const file of ['tau-airline.jsonl', 'toolbench.jsonl']) {
    const runs = readFileSync(join(data, 'agent-runs', file), 'utf8')
      .split('\n')
      .filter(Boolean)
      .slice(0, most)
      .map((line) => JSON.parse(line));
    const rows = [];
    for (const run of runs) rows.push({ stored: await stored(run), limit: limitOf(run), otlp: await otlp(run) });
    if (process.argv.includes('--each')) for (const row of rows) console.log(row.stored, row.limit, (row.stored / row.limit).toFixed(3), row.otlp);
    const middle = (pick) => rows.map(pick).sort((a, b) => a - b)[rows.length >> 1];
    const worst = Math.max(...rows.map(({ stored, limit }) => stored / limit));
    console.log(
      `${file}, ${rows.length} runs, medians: stored ${middle((row) => row.stored)} bytes, unique content under xz -9e ${middle((row) => row.limit)}: ` +
        `${middle((row) => row.stored / row.limit).toFixed(3)} x (worst ${worst.toFixed(3)}, all together ${(sum(rows, 'stored') / sum(rows, 'limit')).toFixed(3)}); ` +
        `OTLP JSON ${middle((row) => row.otlp)}: 1/${middle((row) => row.otlp / row.stored).toFixed(1)}`,
    );
  }
} finally {
  await ours.shutdown();
  sink.closeAllConnections();
  sink.close();
  rmSync(directory, { recursive: true, force: true });
}

function sum(rows, name) {
  return rows.reduce((total, row) => total + row[name], 0);
}

function inputOf(run, step) {
  return (step.input_ranges ?? []).flatMap(([from, to]) => run.messages.slice(from, to));
}

/** Each step's boundary, what it is called with, and what it answers. */
function callsOf(run) {
  return run.steps.map((step) => {
    if (step.type === 'llm')
      return {
        kind: 'model',
        name: 'decide',
        input: { model: step.name, messages: inputOf(run, step), ...(run.tools ? { tools: run.tools } : {}) },
        output: step.output,
      };
    if (step.type === 'tool') return { kind: 'tool', name: step.name, input: step.input, output: step.output };
    return { kind: 'human', name: 'customer', input: inputOf(run, step), output: step.output };
  });
}

async function stored(run) {
  const before = new Set(readdirSync(directory, { recursive: true }));
  const calls = callsOf(run);
  const agent = boundary.agent('agent', async () => {
    for (const { kind, name, input, output } of calls) {
      // Rebuilt, as real clients do.
      await boundary[kind](name, async () => structuredClone(output))(structuredClone(input));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  await agent();
  await flush();
  const files = readdirSync(directory, { recursive: true }).filter((name) => !before.has(name) && name.endsWith('.chronicle'));
  if (files.length !== 1) throw new Error(`one segment was expected: ${files}`);
  return statSync(join(directory, files[0])).size;
}

function limitOf(run) {
  const lines = new Set([...run.messages, ...(run.tools ?? [])].map((part) => JSON.stringify(part)));
  const { stdout, status } = spawnSync('xz', ['-9e', '-c'], { input: [...lines].join('\n'), maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error('xz did not work');
  return stdout.length;
}

async function otlp(run) {
  const start = received;
  const tracer = raw.getTracer('bench');
  const parent = tracer.startSpan('agent');
  const context = trace.setSpan((await import('@opentelemetry/api')).context.active(), parent);
  for (const { kind, name, input, output } of callsOf(run)) {
    const span = tracer.startSpan(`${kind} ${name}`, { attributes: { 'input.value': JSON.stringify(input) } }, context);
    span.setAttribute('output.value', JSON.stringify(output));
    span.end();
  }
  parent.end();
  await raw.forceFlush();
  return received - start;
}
