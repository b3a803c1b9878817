// What one capture costs, against JSON.stringify of the same value in the same run.
//
//   node bench/capture.mjs [--rounds 5] [--source DIR]
//
// 40 turns of a conversation of 2 KB messages, twice a turn: with the same message objects, and with objects that an SDK
// builds anew each turn (same strings; or strings of their own, as after JSON.parse). Sinks: none (digest only), and the
// writer of records. Then values that are new each time. The machine is shared: use the ratios.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const option = (name, otherwise) => (process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise);
const ROUNDS = Number(option('rounds', 5));
const SOURCE = option('source', fileURLToPath(new URL('../src', import.meta.url)));
const TURNS = 40;
const WARM_UP = 8;

const directory = mkdtempSync(join(tmpdir(), 'chronicle-bench-'));
try {
  const entry = { value: join(SOURCE, 'value/index.ts'), envelope: join(SOURCE, 'envelope/index.ts') };
  await build({ input: entry, platform: 'node', output: { dir: directory, format: 'esm', entryFileNames: '[name].mjs' }, logLevel: 'silent' });
  await measure(await import(pathToFileURL(join(directory, 'value.mjs')).href), await import(pathToFileURL(join(directory, 'envelope.mjs')).href));
} finally {
  rmSync(directory, { recursive: true });
}

function makeText(bytes, seed) {
  let text = '';
  let state = seed * 2654435761;
  while (text.length < bytes) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    text += `word${state % 4001} `;
  }
  // As text that came over the network, not as the pieces it was put together from.
  return Buffer.from(text.slice(0, bytes)).toString('latin1');
}

async function measure({ Capture, NullSink }, { RecordWriter }) {
  const rebuild = {
    same: (value) => value,
    rebuilt: (value) => structuredClone(value),
    parsed: (value) => JSON.parse(JSON.stringify(value)),
    parts: (value) => value,
  };
  const facts = {
    spanId: Buffer.alloc(8),
    traceId: undefined,
    parent: 0,
    parentSpanId: undefined,
    parentPath: '',
    kind: 'model',
    name: 'decide',
    effect: 'read',
    ordinal: 0,
    startUnixNanos: 1n,
  };
  const times = new Map();
  const note = (name, micros) => times.set(name, [...(times.get(name) ?? []), micros]);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [form, make] of Object.entries(rebuild)) {
      for (const sink of ['digest', 'records']) {
        const figures = { json: [], ours: [] };
        // Several conversations a round: one is too short to be measured.
        for (let seed = 0; seed < 8; seed++) {
          const writer = new RecordWriter();
          const capture = sink === 'digest' ? new Capture(new NullSink()) : new Capture(writer);
          const messages = [];
          for (let turn = 0; turn < TURNS; turn++) {
            for (const role of ['user', 'assistant']) {
              const text = makeText(2048, seed * 1000 + turn * 2 + messages.length * 7_919);
              messages.push(form === 'parts' ? { role, content: [{ type: 'text', text }] } : { role, content: text });
            }
            const args = make([{ model: 'gpt-4o', temperature: 0, messages }]);
            const start = performance.now();
            const captured = capture.capture(args, 'decide');
            if (sink === 'records') {
              writer.begin({ ...facts, crossing: turn + 1 }, captured);
              writer.take();
            }
            const middle = performance.now();
            JSON.stringify(args);
            const end = performance.now();
            if (turn === TURNS - 1) {
              figures.ours.push((middle - start) * 1_000);
              figures.json.push((end - middle) * 1_000);
            }
            if (turn === 4 && round >= 0) note(`${form} ${sink} turn5`, (middle - start) * 1_000);
          }
        }
        if (round >= 0) {
          note(`${form} ${sink} ours`, median(figures.ours));
          note(`${form} ${sink} json`, median(figures.json));
        }
      }
    }
    const shapes = {
      'new 1 KB': (n) => ({ id: n, name: `item ${n}`, text: makeText(900, n), tags: ['a', `b${n}`], more: { x: n, y: null } }),
      'new 16 KB': (n) => ({ rows: Array.from({ length: 16 }, (_, at) => ({ id: n * 100 + at, text: makeText(950, n * 31 + at) })) }),
      'new 100 rows': (n) => Array.from({ length: 100 }, (_, at) => ({ id: n * 1_000 + at, price: at * 1.25 + n, symbol: 'ACME', at: 'today', ok: true })),
      'embedding of 1536': (n) => Array.from({ length: 1_536 }, (_, at) => Math.sin(n * 7 + at)),
    };
    for (const [name, make] of Object.entries(shapes)) {
      const writer = new RecordWriter();
      const capture = new Capture(writer);
      const ours = [];
      const json = [];
      for (let n = 0; n < 60; n++) {
        const value = make(n + (round + WARM_UP) * 1_000);
        const start = performance.now();
        const captured = capture.capture(value, 'slot');
        writer.begin({ ...facts, crossing: n + 1 }, captured);
        writer.take();
        const middle = performance.now();
        JSON.stringify(value);
        const end = performance.now();
        ours.push((middle - start) * 1_000);
        json.push((end - middle) * 1_000);
      }
      if (round >= 0) {
        note(`${name} ours`, median(ours));
        note(`${name} json`, median(json));
      }
    }
  }
  const names = [...new Set([...times.keys()].map((name) => name.replace(/ (ours|json|turn5)$/, '')))];
  for (const name of names) {
    const ours = median(times.get(`${name} ours`));
    const json = median(times.get(`${name} json`));
    const early = times.get(`${name} turn5`);
    const late = early === undefined ? '' : `, ${(ours / median(early)).toFixed(2)} x turn 5`;
    console.log(`${name.padEnd(20)} ${ours.toFixed(1).padStart(8)} us, JSON.stringify ${json.toFixed(1).padStart(8)} us: ${(ours / json).toFixed(3)} x${late}`);
  }
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
