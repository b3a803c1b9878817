// How much memory reading and sealing a large segment takes.
//
//   node bench/large-segment.mjs [--megabytes 200] [--node /path/to/another/node]      (npm run build first)
//
// Two runs of 200 MB are written: one whose texts pack well, one whose texts are random bytes as base64. Each is looked at
// as the journal of a process that was killed, and sealed. The peak is what the operating system says of a process that
// did nothing else; `import` is one that only loads the command.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '../dist/cli.cjs');
const option = (name, otherwise) => (process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const START = 1_764_025_200_000_000_000n;
const TEXT_BYTES = 40_000;

const [, , mode, ...words] = process.argv;
if (mode === 'write' || mode === 'seal' || mode === 'read') await child(mode, words);
else await parent();

/** What is done in a process of its own: `sources` is the bundle of our sources. */
async function child(task, [sources, store, kind, megabytes]) {
  const { FileJournal, journalName, openStore, readSegment, sealSegment, TraceWriter } = await import(pathToFileURL(sources).href);
  const name = { traceId: TRACE, startUnixNanos: START, writer: 'bench', index: 0 };
  const folder = join(store, 'journal');
  const path = join(folder, `${journalName(name)}.open`);
  if (task === 'write') {
    mkdirSync(folder, { recursive: true });
    const journal = new FileJournal(folder, journalName(name));
    const writer = new TraceWriter({ ...name, writerVersion: '0', journal, resource: [], protect: undefined });
    const calls = callsOf(megabytes);
    const history = [];
    for (let call = 0; call < calls; call++) {
      const spanId = (call + 1).toString(16).padStart(16, '0');
      const facts = {
        spanId,
        traceId: TRACE,
        parent: 0,
        parentSpanId: undefined,
        parentPath: '',
        kind: 'model',
        name: 'decide',
        effect: 'read',
        ordinal: call,
      };
      // Each call has the last ten messages before its own, as an agent that trims its history has.
      history.push({ role: 'user', content: textOf(kind, call * 2) });
      if (history.length > 10) history.splice(0, 2);
      const { crossing } = writer.begin({ ...facts, startUnixNanos: START + BigInt(call) }, { value: [{ messages: [...history] }], slot: 'in' });
      const answer = { role: 'assistant', content: textOf(kind, call * 2 + 1) };
      history.push(answer);
      writer.end(
        { crossing, durationNanos: 1, ending: 'returned', async: true, stream: undefined, attributes: [] },
        writer.captureOutcome({ value: answer, slot: 'out' }),
      );
    }
    return;
  }
  if (task === 'read') {
    const { envelopes } = readSegment(await openStore(store).get(kind), kind);
    const envelope = envelopes[envelopes.length >> 1];
    if (envelope.input.digest === envelope.outcome.value.digest || envelope.input.decode()[0].messages.length < 2)
      throw new Error('the envelope is not what was written');
    return;
  }
  const { size } = statSync(path);
  const pieces = {
    byteLength: size - 16,
    *pieces() {
      const descriptor = openSync(path, 'r');
      for (let at = 16; at < size; at += 4 << 20) {
        const piece = Buffer.allocUnsafeSlow(Math.min(4 << 20, size - at));
        readSync(descriptor, piece, 0, piece.length, at);
        yield piece;
      }
      closeSync(descriptor);
    },
  };
  const sealed = await sealSegment(pieces, { crossings: callsOf(megabytes), open: 0 });
  await openStore(store).put(`v1/traces/${TRACE}/${START / 1_000_000n}-bench-0.chronicle`, sealed);
}

/** Two texts a call. */
function callsOf(megabytes) {
  return Math.ceil((Number(megabytes) * 1e6) / (TEXT_BYTES * 2));
}

function textOf(kind, seed) {
  if (kind === 'random') return randomBytes((TEXT_BYTES * 3) / 4).toString('base64');
  let text = '';
  for (let part = 0; text.length < TEXT_BYTES; part++)
    text += `${createHash('md5').update(`${seed} ${part}`).digest('hex').slice(0, 6)}: the order book of ACME shows a bid and an ask, and the agent waits for the next quote of the market before it decides. `;
  return text.slice(0, TEXT_BYTES);
}

async function parent() {
  const { build } = await import('rolldown');
  const megabytes = option('megabytes', '200');
  const node = option('node', process.execPath);
  const work = mkdtempSync(join(tmpdir(), 'chronicle-large-'));
  const modules = join(here, '../node_modules');
  const bundle = mkdtempSync(join(existsSync(modules) ? modules : tmpdir(), '.large-'));
  try {
    const sources = join(bundle, 'sources.mjs');
    await build({
      input: 'sources',
      plugins: [
        {
          name: 'sources',
          resolveId: (id) => (id === 'sources' ? id : undefined),
          load: (id) =>
            id === 'sources'
              ? ['archive', 'envelope', 'storage'].map((folder) => `export * from ${JSON.stringify(join(here, '../src', folder, 'index.ts'))};`).join('\n')
              : undefined,
        },
      ],
      platform: 'node',
      external: ['fzstd'],
      output: { file: sources, format: 'esm', codeSplitting: false },
      logLevel: 'silent',
    });
    const report = join(work, 'peak');
    const saying = `data:text/javascript,import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(report)},String(process.resourceUsage().maxRSS)))`;
    const peak = (...args) => {
      const began = performance.now();
      const { status, stderr } = spawnSync(node, ['--import', saying, ...args], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
      if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stderr}`);
      return `${Math.round(Number(readFileSync(report, 'utf8')) / 1024)} MiB, ${((performance.now() - began) / 1_000).toFixed(1)} s`;
    };
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    console.log(`Node ${version}, ${megabytes} MB of texts; import alone: ${peak(cli, '--help')}`);
    console.log('| texts | segment | bytes of the file | show REF --span | one envelope | show REF | verify | seal |');
    console.log('| --- | --- | --: | --: | --: | --: | --: | --: |');
    for (const kind of ['even', 'random']) {
      const store = join(work, kind);
      peak(fileURLToPath(import.meta.url), 'write', sources, store, kind, megabytes);
      const span = (callsOf(megabytes) >> 1).toString(16).padStart(16, '0');
      const row = (form, key, seal) => {
        const cells = [
          peak(cli, 'show', TRACE, '--span', span, '--store', store),
          peak(fileURLToPath(import.meta.url), 'read', sources, store, key),
          peak(cli, 'show', TRACE, '--store', store),
          peak(cli, 'verify', TRACE, '--store', store),
          seal,
        ];
        console.log(`| ${[kind, form, statSync(join(store, key)).size, ...cells].join(' | ')} |`);
      };
      const journal = `journal/${readdirSync(join(store, 'journal'))[0]}`;
      row('journal', journal, '');
      const seal = peak(fileURLToPath(import.meta.url), 'seal', sources, store, kind, megabytes);
      rmSync(join(store, journal));
      row('sealed', `v1/traces/${TRACE}/${START / 1_000_000n}-bench-0.chronicle`, seal);
      rmSync(store, { recursive: true });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(bundle, { recursive: true, force: true });
  }
}
