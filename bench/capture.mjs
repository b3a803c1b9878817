// What one capture costs, its records and their write to a journal included, against JSON.stringify, structuredClone and
// v8.serialize of the same value in the same run.
//
//   node bench/capture.mjs [--rounds 5] [--source DIR] [--write]      (--write puts the table into docs/benchmarks.md)
//
// A conversation of 200 turns; each turn adds a message of the user and an answer, together 0.5, 2 or 8 KB. The messages
// are the same objects at each turn, or rebuilt with the same strings (structuredClone), or with strings of their own (as
// after JSON.parse). Then values that are new each time. The machine is shared: use the ratios.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import { build } from 'rolldown';

const option = (name, otherwise) => (process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise);
const ROUNDS = Number(option('rounds', 5));
const SOURCE = option('source', fileURLToPath(new URL('../src', import.meta.url)));
const TURNS = 200;
const SHOWN = [5, 40, 200];
const WARM_UP = 2;
const KILOBYTES = [0.5, 2, 8];
const REBUILD = { same: (value) => value, rebuilt: (value) => structuredClone(value), parsed: (value) => JSON.parse(JSON.stringify(value)) };
const NAMES = { same: 'same objects', rebuilt: 'rebuilt objects', parsed: 'parsed anew' };

const directory = mkdtempSync(join(tmpdir(), 'chronicle-bench-'));
try {
  const entry = { value: join(SOURCE, 'value/index.ts'), envelope: join(SOURCE, 'envelope/index.ts') };
  await build({ input: entry, platform: 'node', output: { dir: directory, format: 'esm', entryFileNames: '[name].mjs' }, logLevel: 'silent' });
  const table = measure(await import(pathToFileURL(join(directory, 'value.mjs')).href), await import(pathToFileURL(join(directory, 'envelope.mjs')).href));
  console.log(table);
  if (process.argv.includes('--write')) {
    const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(/<!-- capture -->[\s\S]*<!-- \/capture -->/, () => `<!-- capture -->\n${table}\n<!-- /capture -->`),
    );
  }
} finally {
  rmSync(directory, { recursive: true });
}

function makeText(bytes, seed) {
  let text = '';
  let state = (seed + 1) * 2654435761;
  while (text.length < bytes) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    text += `word${(state >>> 8) % 4001} `;
  }
  // As text that came over the network, not as the pieces it was put together from.
  return Buffer.from(text.slice(0, bytes)).toString('latin1');
}

/** One trace: a capture, its records, and a journal on disk. */
function openTrace({ Capture }, { RecordWriter }) {
  const writer = new RecordWriter();
  const capture = new Capture(writer);
  const file = openSync(join(directory, 'journal'), 'w');
  const facts = { spanId: '00f067aa0ba902b7', traceId: '', parent: 0, parentSpanId: undefined, parentPath: '', ordinal: 0, startUnixNanos: 1n };
  return {
    take(value) {
      writer.begin({ ...facts, kind: 'model', name: 'decide', effect: 'read' }, capture.capture(value, 'decide'));
      writeSync(file, writer.take());
    },
    close: () => closeSync(file),
  };
}

function timed(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) * 1_000;
}

function measure(value, envelope) {
  const rows = [];
  for (const kilobytes of KILOBYTES) {
    const conversations = { 0.5: 8, 2: 4, 8: 1 }[kilobytes];
    const figures = {};
    const note = (form, turn, what, micros) => (((figures[form] ??= {})[turn] ??= {})[what] ??= []).push(micros);
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const [form, rebuild] of Object.entries(REBUILD)) {
        for (let seed = 0; seed < conversations; seed++) {
          const trace = openTrace(value, envelope);
          const messages = [];
          for (let turn = 1; turn <= TURNS; turn++) {
            for (const role of ['user', 'assistant']) messages.push({ role, content: makeText(kilobytes * 512, seed * 1_000 + messages.length) });
            const args = rebuild([{ model: 'gpt-4o', temperature: 0, messages }]);
            const ours = timed(() => trace.take(args));
            // The turns around it count too: one alone is too short to be measured.
            const shown = SHOWN.find((each) => Math.abs(turn - each) <= 2);
            if (round < 0 || shown === undefined) continue;
            note(form, shown, 'ours', ours);
            note(
              form,
              shown,
              'json',
              timed(() => JSON.stringify(args)),
            );
            note(
              form,
              shown,
              'clone',
              timed(() => structuredClone(args)),
            );
            note(
              form,
              shown,
              'v8',
              timed(() => v8.serialize(args)),
            );
          }
          trace.close();
        }
      }
    }
    for (const form of Object.keys(REBUILD)) {
      const of = (turn, what) => median(figures[form][turn][what]);
      const ratio = (turn, what) => (of(turn, 'ours') / of(turn, what)).toFixed(3);
      rows.push(
        `| ${kilobytes} KB, ${NAMES[form]} | ${of(40, 'ours').toFixed(1)} us | ${ratio(40, 'json')} | ${ratio(40, 'clone')} | ${ratio(40, 'v8')} | ${ratio(200, 'json')} | ${(of(40, 'ours') / of(5, 'ours')).toFixed(2)} (${(of(40, 'json') / of(5, 'json')).toFixed(1)}) |`,
      );
    }
  }
  const shapes = {
    '1 KB': (n) => ({ id: n, name: `item ${n}`, text: makeText(900, n), tags: ['a', `b${n}`], more: { x: n, y: null } }),
    '16 KB': (n) => ({ rows: Array.from({ length: 16 }, (_, at) => ({ id: n * 100 + at, text: makeText(950, n * 31 + at) })) }),
    '128 KB, one text': (n) => ({ text: makeText(131_072, n) }),
    '100 rows of five fields': (n) =>
      Array.from({ length: 100 }, (_, at) => ({ id: n * 1_000 + at, price: at * 1.25 + n, symbol: 'ACME', at: 'today', ok: true })),
    'an embedding of 1,536': (n) => Array.from({ length: 1_536 }, (_, at) => Math.sin(n * 7 + at)),
  };
  const news = Object.entries(shapes).map(([name, make]) => {
    const figures = { ours: [], json: [], clone: [], v8: [] };
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const trace = openTrace(value, envelope);
      for (let n = 0; n < 60; n++) {
        const fresh = make(n + (round + WARM_UP) * 1_000);
        const ours = timed(() => trace.take(fresh));
        if (round < 0) continue;
        figures.ours.push(ours);
        figures.json.push(timed(() => JSON.stringify(fresh)));
        figures.clone.push(timed(() => structuredClone(fresh)));
        figures.v8.push(timed(() => v8.serialize(fresh)));
      }
      trace.close();
    }
    const ours = median(figures.ours);
    const ratio = (what) => (ours / median(figures[what])).toFixed(2);
    return `| new: ${name} | ${ours.toFixed(1)} us | ${ratio('json')} | ${ratio('clone')} | ${ratio('v8')} | - | - |`;
  });
  return [
    `Node ${process.versions.node}, ${ROUNDS} rounds, medians; journal write included.`,
    '',
    '| a turn | at turn 40 | against JSON.stringify | structuredClone | v8.serialize | JSON.stringify at turn 200 | turn 40 / turn 5 (JSON.stringify) |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...news,
  ].join('\n');
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
