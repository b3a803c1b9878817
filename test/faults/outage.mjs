// What an outage of the store costs. A program records runs at a steady rate into a real S3 server (SeaweedFS), reached
// through a relay; the relay is shut, so that connections are refused or cut, and opened again after a while. Prints what
// was recorded and what the store has in the end, the delays of the event loop and the memory of the program in each phase.
//
//   npm run build && bash test/servers/install.sh && node test/faults/outage.mjs [--seconds 300] [--rate 20]
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const option = (name, otherwise) => (process.argv.includes(`--${name}`) ? Number(process.argv[process.argv.indexOf(`--${name}`) + 1]) : otherwise);
const DOWN_SECONDS = option('seconds', 300);
const RATE = option('rate', 20);
const WARM_SECONDS = 20;
const CALLS_PER_RUN = 6;

const here = dirname(fileURLToPath(import.meta.url));
const index = pathToFileURL(join(here, '../../dist/index.mjs')).href;
const modules = join(here, '../../node_modules');
const work = mkdtempSync(join(existsSync(modules) ? modules : tmpdir(), '.outage-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
await build({
  input: join(here, '../servers/object-servers.ts'),
  platform: 'node',
  external: [/^@azure/],
  output: { file: join(work, 'servers.mjs'), format: 'esm', codeSplitting: false },
  logLevel: 'silent',
});

const programFile = join(work, 'program.mjs');
writeFileSync(
  programFile,
  `import { monitorEventLoopDelay } from 'node:perf_hooks';
import { boundary, flush, RecordSpanProcessor } from ${JSON.stringify(index)};
new RecordSpanProcessor({ journalDir: process.env.JOURNALS });
const think = boundary.model('think', async (messages) => ({ role: 'assistant', content: 'answer ' + messages.length + ' ' + 'word '.repeat(200) }));
const look = boundary.tool('look', async (n) => ({ n, rows: Array.from({ length: 10 }, (_, at) => ({ at, n })) }), { effect: 'read' });
const agent = boundary.agent('trader', async (n) => {
  const messages = [{ role: 'user', content: 'question ' + n + ' ' + 'text '.repeat(300) }];
  for (let turn = 0; turn < 3; turn++) {
    messages.push(await think(messages));
    if (turn < 2) messages.push({ role: 'tool', content: JSON.stringify(await look(n)) });
  }
  return messages.length;
});
const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();
let made = 0;
const timer = setInterval(() => { void agent(made++); }, ${1000 / RATE});
process.on('message', async (what) => {
  if (what === 'phase') {
    process.send({ made, p50: delays.percentile(50) / 1e6, p99: delays.percentile(99) / 1e6, max: delays.max / 1e6, rss: process.memoryUsage.rss() / 2 ** 20 });
    delays.reset();
    return;
  }
  clearInterval(timer);
  let report;
  do report = await flush(10_000); while (!report.complete);
  process.send({ made, p50: delays.percentile(50) / 1e6, p99: delays.percentile(99) / 1e6, max: delays.max / 1e6, rss: process.memoryUsage.rss() / 2 ** 20 });
  process.disconnect();
});
`,
);

/** Passes connections on while it is open. */
class Relay {
  #server;
  #sockets = new Set();
  port = 0;

  constructor(target) {
    this.target = target;
  }

  async open() {
    this.#server = net.createServer((socket) => {
      const other = net.connect(this.target, '127.0.0.1');
      for (const [from, to] of [
        [socket, other],
        [other, socket],
      ]) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    await new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }

  async shut() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}

const { startS3, S3_CREDENTIALS } = await import(pathToFileURL(join(work, 'servers.mjs')).href);
const server = await startS3('outage');
let child;
try {
  const relay = new Relay(Number(new URL(server.endpoint).port));
  await relay.open();
  const journals = join(work, 'journals');
  const credentials = { AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey };
  const store = (port) => `s3://outage/runs?endpoint=http://127.0.0.1:${port}`;
  child = spawn(process.execPath, [programFile], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...credentials, CHRONICLE_STORE: store(relay.port), JOURNALS: journals },
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const ask = async (what) => {
    const answer = new Promise((resolve) => child.once('message', resolve));
    child.send(what);
    return answer;
  };
  const waiting = () => readdirSync(journals).filter((name) => name.endsWith('.open')).length;
  const rows = [];
  const note = (phase, { made, p50, p99, max, rss }) =>
    rows.push(`| ${phase} | ${made} | ${waiting()} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${max.toFixed(0)} | ${rss.toFixed(0)} |`);

  await delay(5_000);
  await ask('phase');
  await delay(WARM_SECONDS * 1_000);
  note(`store there, ${WARM_SECONDS} s`, await ask('phase'));
  await relay.shut();
  for (let part = 1; part <= 3; part++) {
    await delay((DOWN_SECONDS * 1_000) / 3);
    note(`store down, part ${part} of ${DOWN_SECONDS} s`, await ask('phase'));
  }
  await relay.open();
  const back = Date.now();
  await delay(WARM_SECONDS * 1_000);
  note(`store back, ${WARM_SECONDS} s`, await ask('phase'));
  const last = await ask('end');
  note(`all stored, ${((Date.now() - back) / 1_000).toFixed(0)} s after it was back`, last);
  await ended;

  Object.assign(process.env, credentials);
  const { openArchive } = await import(index);
  const archive = await openArchive(store(Number(new URL(server.endpoint).port)));
  const found = { runs: 0, whole: 0, calls: 0 };
  for await (const { boundaries, complete } of archive.runs()) {
    found.runs++;
    found.calls += boundaries;
    if (complete && boundaries === CALLS_PER_RUN) found.whole++;
  }
  console.log('| phase | runs made | journals that wait | loop delay p50 ms | p99 ms | most ms | RSS MiB |\n| --- | --: | --: | --: | --: | --: | --: |');
  for (const row of rows) console.log(row);
  console.log(`runs made ${last.made}, in the store ${found.runs}, whole ${found.whole}, calls ${found.calls}; lost ${last.made - found.whole}`);
  process.exitCode = last.made === found.whole ? 0 : 1;
} finally {
  child?.kill('SIGKILL');
  await server.stop();
}
