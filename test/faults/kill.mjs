// What kill -9 costs. A program records a run of many boundaries and says of each, at once, that its promise has
// resolved; it is killed at a random moment; then its journal is recovered, read and replayed. Prints a table, and fails
// where a boundary that was said to have ended is missing or has another value, or cannot be replayed.
//
//   npm run build && node test/faults/kill.mjs [--runs 200] [--boundaries 1000]      (five minutes)
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const option = (name, otherwise) => (process.argv.includes(`--${name}`) ? Number(process.argv[process.argv.indexOf(`--${name}`) + 1]) : otherwise);
const RUNS = option('runs', 200);
const BOUNDARIES = option('boundaries', 1_000);
const SEED = Number(process.env['CHRONICLE_TEST_SEED'] ?? 20_260_728);

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const index = pathToFileURL(join(root, 'dist/index.mjs')).href;
const cli = join(root, 'dist/cli.cjs');
const work = mkdtempSync(join(tmpdir(), 'chronicle-kill-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const agentFile = join(work, 'agent.mjs');
writeFileSync(
  agentFile,
  `import { writeSync } from 'node:fs';
import { boundary } from ${JSON.stringify(index)};
const kinds = [['model', 'think'], ['tool', 'look'], ['retrieval', 'search']];
const calls = kinds.map(([kind, name]) => boundary[kind](name, async (n) => ({ n, said: 'answer ' + n + ' ' + 'x'.repeat(n % 700) })));
export const agent = boundary.agent('killed', async (count) => {
  let sum = 0;
  for (let n = 0; n < count; n++) {
    const { said } = await calls[n % 3](n);
    sum += said.length;
    // Not buffered: what the parent has read has happened.
    if (process.env.TELL === '1') writeSync(1, n + '\\n');
  }
  return sum;
});
`,
);
const programFile = join(work, 'program.mjs');
writeFileSync(
  programFile,
  `import { RecordSpanProcessor } from ${JSON.stringify(index)};
import { agent } from './agent.mjs';
new RecordSpanProcessor({ store: process.argv[2] });
await agent(${BOUNDARIES});
setInterval(() => 1, 1_000);
`,
);

/** Numbers from 0 to 1, the same for the same seed. */
let state = SEED;
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** Runs the program until it has said so many, waits a little, kills it. Gives how many it had said in all. */
function killed(store, after, wait) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [programFile, store], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TELL: '1' } });
    let text = '';
    let timer;
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (timer === undefined && text.split('\n').length > after) timer = setTimeout(() => child.kill('SIGKILL'), wait);
    });
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error('the program ended by itself'));
      else resolve(text.split('\n').filter((line) => line !== '').length);
    });
  });
}

function chronicle(args) {
  const done = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', maxBuffer: 1 << 30, cwd: work });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const { openArchive, replay } = await import(index);
await import(pathToFileURL(agentFile).href);

const sum = {
  runs: 0,
  said: 0,
  stored: 0,
  'begun only': 0,
  lost: 0,
  wrong: 0,
  replayed: 0,
  'not replayed': 0,
  'not recovered': 0,
};
for (let run = 0; run < RUNS; run++) {
  const store = join(work, `store-${run}`);
  const said = await killed(store, Math.floor(random() * BOUNDARIES), random() * 3);
  const recovered = chronicle(['recover', '--store', store, '--json']);
  const left = readdirSync(join(store, 'journal'));
  if (recovered.code !== 0 || left.length > 0) {
    sum['not recovered']++;
    console.log(`run ${run}: recover ended with ${recovered.code}: ${recovered.out}${recovered.err} ${left.join(' ')}`);
  }
  const archive = await openArchive(store);
  const recordings = [];
  for await (const { traceId } of archive.runs()) recordings.push(await archive.readTrace(traceId));
  const envelopes = recordings.flatMap((recording) => recording.envelopes);
  const ended = new Map();
  for (const { kind, spanId, traceId, input, outcome } of envelopes) {
    if (kind === 'agent') continue;
    if (outcome.kind === 'unknown') {
      sum['begun only']++;
      continue;
    }
    const [n] = input.decode();
    const value = outcome.value.decode();
    if (value.n !== n || value.said !== `answer ${n} ${'x'.repeat(n % 700)}`) sum.wrong++;
    ended.set(n, `${traceId}:${spanId}`);
  }
  for (let n = 0; n < said; n++) if (!ended.has(n)) sum.lost++;
  // The run asks for all that is stored, and is stopped where nothing is.
  if (said > 0) {
    const whole = await replay(recordings[0].traceId, { store });
    const served = whole.calls.filter((call) => call.served === 'recorded').length;
    if (served === ended.size && whole.live === 0) sum.replayed += served;
    else {
      sum['not replayed'] += ended.size - served;
      console.log(
        `run ${run}: ${served} of ${ended.size} served, live ${whole.live}, ${whole.verdict}: ${JSON.stringify(whole.divergences[0] ?? whole.completeness).slice(0, 300)}`,
      );
    }
  }
  sum.runs++;
  sum.said += said;
  sum.stored += ended.size;
  rmSync(store, { recursive: true, force: true });
}
console.log(
  `| ${Object.keys(sum).join(' | ')} |\n| ${Object.keys(sum)
    .map(() => '--:')
    .join(' | ')} |\n| ${Object.values(sum).join(' | ')} |`,
);
process.exitCode = sum.lost + sum.wrong + sum['not replayed'] + sum['not recovered'] === 0 ? 0 : 1;
