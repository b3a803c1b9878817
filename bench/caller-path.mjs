// What a boundary costs its caller, against raw OpenTelemetry by hand, as ratios within one run.
//
//   node bench/caller-path.mjs [--rounds 3] [--write]      (npm run build first; --write puts the table into docs/benchmarks.md)
//
// Each candidate runs in a process of its own; within a round the order is shuffled; a ratio is taken inside a round and
// the median over rounds is shown. A figure is the mean over the 40 turns of each turn's median, so that what a batch
// exporter or a seal does now and then between calls counts as CPU and not as the caller's time, for all candidates alike.
// Times are of a shared machine: use the ratios.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const CANDIDATES = ['nothing', 'span', 'floor', 'raw', 'boundary', 'recorded'];
const WORKLOADS = ['1k', '16k', '128k', 'same', 'rebuilt'];
const TURNS = 40;

const child = process.argv.indexOf('--child');
if (child >= 0) await measure(process.argv[child + 1], process.argv[child + 2]);
else run();

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}

// The child: one candidate, one workload.

/** New text each time, of words that compress like prose and never repeat as a whole. */
function makeText(bytes, seed) {
  let text = '';
  let state = seed * 2654435761;
  while (text.length < bytes) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    text += `word${(state >>> 8) % 4001} `;
  }
  // As text that came over the network, not as the pieces it was put together from.
  return Buffer.from(text.slice(0, bytes)).toString('latin1');
}

function conversation(seed, rebuilt) {
  const messages = [];
  return {
    next(turn) {
      messages.push({ role: 'user', content: makeText(2048, seed * 1000 + turn * 2) });
      return { model: 'gpt-4o', temperature: 0, messages: rebuilt ? structuredClone(messages) : messages };
    },
    answer(content) {
      messages.push({ role: 'assistant', content });
    },
  };
}

async function measure(candidate, workload) {
  const sink = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('{}'));
  });
  await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${sink.address().port}/v1/traces`;
  const directory = mkdtempSync(join(tmpdir(), 'chronicle-bench-'));
  const { trace } = await import('@opentelemetry/api');
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const chronicle = await import('../dist/index.mjs');
  const batch = new BatchSpanProcessor(new OTLPTraceExporter({ url }));
  const processors = candidate === 'recorded' ? [batch, new chronicle.RecordSpanProcessor({ store: directory })] : [batch];
  const provider = new NodeTracerProvider({ spanProcessors: processors });
  if (candidate !== 'nothing') provider.register();
  const tracer = trace.getTracer('bench');
  const target = async (request) => request.answer;
  const journal = openSync(join(directory, 'by-hand'), 'a');
  const calls = {
    nothing: target,
    span: (request) =>
      tracer.startActiveSpan('chat gpt-4o', async (span) => {
        const result = await target(request);
        span.end();
        return result;
      }),
    // The least that keeps both and survives kill -9, made by hand: no attributes, no checks, no structure shared.
    floor: (request) =>
      tracer.startActiveSpan('chat gpt-4o', async (span) => {
        const kept = v8.serialize(request);
        writeSync(journal, kept);
        const result = await target(request);
        writeSync(journal, v8.serialize(result));
        span.end();
        return result;
      }),
    raw: (request) =>
      tracer.startActiveSpan('chat gpt-4o', async (span) => {
        span.setAttribute('input.value', JSON.stringify(request));
        const result = await target(request);
        span.setAttribute('output.value', JSON.stringify(result));
        span.end();
        return result;
      }),
    boundary: chronicle.boundary.model('decide', target),
    recorded: chronicle.boundary.model('decide', target),
  };
  const call = calls[candidate];
  const agent = candidate === 'recorded' || candidate === 'boundary' ? chronicle.boundary.agent('bench', (work) => work()) : (work) => work();
  const perTurn = Array.from({ length: TURNS }, () => []);
  let count = 0;
  const bytes = { '1k': 1024, '16k': 16384, '128k': 131072 }[workload];
  const conversations = workload === '128k' ? 30 : 150;
  for (let warm = -10; warm < conversations; warm++) {
    await agent(async () => {
      const talk = conversation(warm + 10, workload === 'rebuilt');
      for (let turn = 0; turn < TURNS; turn++) {
        const answer = { role: 'assistant', content: makeText(1024, warm * 777 + turn) };
        const request =
          bytes === undefined
            ? { ...talk.next(turn) }
            : { model: 'gpt-4o', temperature: 0, messages: [{ role: 'user', content: makeText(bytes, warm * 100_003 + turn * 7 + 1) }] };
        const input = Object.defineProperty(request, 'answer', { value: answer, enumerable: false });
        const start = performance.now();
        await call(input);
        const took = performance.now() - start;
        if (warm >= 0) {
          count++;
          perTurn[turn].push(took);
        }
        if (bytes === undefined) talk.answer(makeText(2048, warm * 999 + turn));
      }
    });
    // The event loop turns, so that exporters and seals get to work as they would between model calls.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await provider.forceFlush();
  await provider.shutdown();
  const cpu = process.cpuUsage();
  const turns = perTurn.map(median);
  const turnOf = (at) => (turns[at - 2] + turns[at - 1] + turns[at]) / 3;
  process.stdout.write(
    JSON.stringify({
      micros: (turns.reduce((sum, took) => sum + took, 0) / TURNS) * 1000,
      growth: turnOf(TURNS - 1) / turnOf(5),
      cpuMicros: (cpu.user + cpu.system) / (count + 10 * TURNS),
      peakMb: process.resourceUsage().maxRSS / 1024,
    }),
  );
  sink.closeAllConnections();
  sink.close();
  rmSync(directory, { recursive: true, force: true });
}

// The parent: rounds, ratios, table.

function run() {
  const rounds = Number(option('rounds', '3'));
  const self = fileURLToPath(import.meta.url);
  const results = [];
  for (let round = 0; round < rounds; round++) {
    for (const workload of WORKLOADS) {
      const order = CANDIDATES.map((name) => [Math.random(), name])
        .sort(([a], [b]) => a - b)
        .map(([, name]) => name);
      const found = {};
      for (const candidate of order) {
        const { stdout, status, stderr } = spawnSync(process.execPath, [self, '--child', candidate, workload], { encoding: 'utf8', cwd: join(self, '../..') });
        if (status !== 0) throw new Error(`${candidate} ${workload}: ${stderr}`);
        found[candidate] = JSON.parse(stdout);
      }
      results.push({ round, workload, found });
      process.stderr.write(`round ${round + 1} ${workload}\n`);
    }
  }
  const table = makeTable(results, rounds);
  process.stdout.write(`${table}\n`);
  if (process.argv.includes('--write')) {
    const file = join(self, '../../docs/benchmarks.md');
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(/<!-- caller-path -->[\s\S]*<!-- \/caller-path -->/, () => `<!-- caller-path -->\n${table}\n<!-- /caller-path -->`),
    );
  }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function makeTable(results, rounds) {
  const names = { '1k': '1 KB of new input', '16k': '16 KB', '128k': '128 KB', same: '40 turns, same objects', rebuilt: '40 turns, rebuilt objects' };
  const budgets = { '1k': 1.2, '16k': 0.4, '128k': 0.15, same: 0.1, rebuilt: 0.15 };
  const over = (workload, pick) => results.filter((result) => result.workload === workload).map(pick);
  const added = (found, candidate) => found[candidate].micros - found.nothing.micros;
  const rows = WORKLOADS.map((workload) => {
    const micros = (candidate) => median(over(workload, ({ found }) => added(found, candidate))).toFixed(1);
    const ratio = (candidate) => median(over(workload, ({ found }) => added(found, candidate) / added(found, 'raw'))).toFixed(2);
    const cpu = median(
      over(workload, ({ found }) => (found.recorded.cpuMicros - found.nothing.cpuMicros) / (found.raw.cpuMicros - found.nothing.cpuMicros)),
    ).toFixed(2);
    const memory = median(over(workload, ({ found }) => (found.recorded.peakMb - found.nothing.peakMb) / (found.raw.peakMb - found.nothing.peakMb))).toFixed(2);
    const growth = workload === 'same' || workload === 'rebuilt' ? `${median(over(workload, ({ found }) => found.recorded.growth)).toFixed(2)}` : '-';
    return `| ${names[workload]} | ${micros('span')} | ${micros('floor')} | ${micros('raw')} | ${micros('boundary')} | ${micros('recorded')} | ${ratio('floor')} | ${ratio('recorded')} | ${budgets[workload]} | ${growth} | ${cpu} | ${memory} |`;
  });
  return [
    `Node ${process.versions.node}, ${rounds} rounds, microseconds added per call on the caller's path (medians).`,
    '',
    '| input | span alone | span, v8.serialize, two writes | raw: span, JSON.stringify | boundary, nothing recorded | boundary, recorded | v8.serialize / raw | recorded / raw | budget | turn 40 / turn 5 | all CPU, recorded / raw | peak memory added, recorded / raw |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
