// What comes of a disk that fails: each call of node:fs that recording makes fails at its N-th use, for every N, once and
// for good, with "no space left", "input/output error", and, for writes, after half of the bytes. Prints a table, and
// fails where the program got anything other than without a fault, or where a call is missing and nothing says so.
//
//   node test/faults/io-faults.mjs            all of it: about two minutes
//   node test/faults/io-faults.mjs --quick    one place in five
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const quick = process.argv.includes('--quick');
const here = dirname(fileURLToPath(import.meta.url));
const real = { ...fs, promises: { ...fs.promises } };
const work = real.mkdtempSync(join(real.existsSync(join(here, '../../node_modules')) ? join(here, '../../node_modules') : tmpdir(), '.io-faults-'));
process.on('exit', () => real.rmSync(work, { recursive: true, force: true }));
await build({
  input: join(here, 'io-surface.ts'),
  platform: 'node',
  external: ['fzstd'],
  output: { file: join(work, 'surface.mjs'), format: 'esm', codeSplitting: false },
  logLevel: 'silent',
});

// Calls that recording and storing make.
const SYNC = [
  'mkdirSync',
  'openSync',
  'writeSync',
  'readSync',
  'closeSync',
  'unlinkSync',
  'renameSync',
  'ftruncateSync',
  'fsyncSync',
  'fdatasyncSync',
  'utimesSync',
];
const CALLBACK = ['open', 'write', 'read', 'close', 'fstat', 'fsync'];
const PROMISE = ['mkdir', 'link', 'unlink', 'rename', 'lstat', 'stat', 'realpath', 'opendir', 'readdir', 'open'];

/** The fault of the case that runs: which use of any call fails, and how. Undefined while nothing is to fail. */
let fault;
let uses = 0;
/** @type {Map<string, number>} */
let byName = new Map();

function isDue(name) {
  if (fault === undefined) return false;
  const use = ++uses;
  byName.set(name, (byName.get(name) ?? 0) + 1);
  return fault.forGood ? use >= fault.at : use === fault.at;
}

function failure(name) {
  const [code, text] = fault.kind === 'input/output error' ? ['EIO', 'i/o error'] : ['ENOSPC', 'no space left on device'];
  return Object.assign(new Error(`${code}: ${text}, ${name}`), { code, syscall: name });
}

for (const name of SYNC) {
  fs[name] = (...args) => {
    if (!isDue(name)) return real[name](...args);
    // Half of it is written, the rest fails at the next use.
    if (name === 'writeSync' && fault.kind === 'short write' && !fault.halved && args[3] > 1) {
      fault.halved = !fault.forGood;
      return real.writeSync(args[0], args[1], args[2], args[3] >> 1);
    }
    // A descriptor is closed even where close() says that something failed.
    if (name === 'closeSync') real.closeSync(...args);
    throw failure(name);
  };
}
for (const name of CALLBACK) {
  fs[name] = (...args) => {
    if (!isDue(name)) return real[name](...args);
    const done = args.at(-1);
    const error = failure(name);
    if (name === 'close') real.close(args[0], () => done(error));
    else setImmediate(() => done(error));
  };
}
// `promisify` of these gives objects with names.
for (const name of ['read', 'write']) {
  const custom = Symbol.for('nodejs.util.promisify.custom');
  const plain = fs[name];
  plain[custom] = (...args) =>
    new Promise((resolve, reject) => {
      plain(...args, (error, count, buffer) =>
        error ? reject(error) : resolve(name === 'read' ? { bytesRead: count, buffer } : { bytesWritten: count, buffer }),
      );
    });
}
for (const name of PROMISE) {
  fs.promises[name] = async (...args) => {
    if (isDue(name)) throw failure(name);
    return real.promises[name](...args);
  };
}
syncBuiltinESMExports();

const { ArchiveRecorder, boundary, engine, openArchive } = await import(pathToFileURL(join(work, 'surface.mjs')).href);

const look = boundary.tool('look', async (n) => ({ n, text: `answer ${n} ${'x'.repeat(200)}` }), { effect: 'read' });
const order = boundary.tool('order', async (n) => `order ${n}`);
const fail = boundary.tool('fail', async (n) => {
  throw new RangeError(`no ${n}`);
});
const words = boundary.model('words', async function* (n) {
  yield `one ${n}`;
  yield `two ${n}`;
});
const agent = boundary.agent('agent', async (n) => {
  const got = [await look(n), await order(n), await fail(n).catch((error) => error.message)];
  for await (const word of words(n)) got.push(word);
  return got;
});
const PROGRAM_CALLS = 5;

/** Two runs one after the other. What comes back is what the program saw. */
async function program() {
  const seen = [];
  for (let n = 0; n < 2; n++) seen.push(await agent(n));
  return JSON.stringify(seen);
}

const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
process.on('uncaughtException', (error) => unhandled.push(error));

const limits = { protect: undefined, durability: 'process', maxSpoolBytes: 1 << 30, maxSpoolMillis: 1 << 30, idleMillis: 0 };

/** One case: a program under a fault, and what is stored of it once the disk is well again and somebody else has started. */
async function runCase(made) {
  const directory = real.mkdtempSync(join(tmpdir(), 'chronicle-io-'));
  engine().runs.clear();
  engine().faults.clear();
  unhandled.length = 0;
  uses = 0;
  const options = { store: `file:${directory}`, journalDirectory: join(directory, 'journal'), ...limits };
  const recorder = new ArchiveRecorder(options);
  engine().recorder = recorder;
  fault = made;
  const seen = await program();
  await recorder.flush(2_000);
  const used = uses;
  fault = undefined;
  const report = await recorder.flush(5_000);
  recorder.release();
  engine().recorder = undefined;
  const archive = await openArchive(options.store);
  const runs = [];
  for await (const { traceId } of archive.runs()) runs.push(await archive.readTrace(traceId));
  const whole = runs.filter((run) => run.complete && run.envelopes.length === PROGRAM_CALLS);
  const calls = runs.flatMap(({ envelopes }) => envelopes).filter(({ outcome }) => outcome.kind !== 'unknown');
  const wrong = calls.filter((envelope) => !isRight(envelope)).length;
  const lost = 2 * PROGRAM_CALLS - calls.length;
  const said = [...engine().faults.values()].reduce((sum, count) => sum + count, 0);
  // A run that is not there at all is named in no recording; then the process has said that it could not write.
  const silent = lost > 0 && (runs.some((run) => run.complete && run.envelopes.length < PROGRAM_CALLS) || (runs.length < 2 && said === 0)) ? lost : 0;
  const left = real.existsSync(options.journalDirectory) ? real.readdirSync(options.journalDirectory) : [];
  real.rmSync(directory, { recursive: true, force: true });
  return { seen, used, whole: whole.length, lost, wrong, silent, unhandled: unhandled.length, complete: report.complete, left: left.length };
}

/** Whether what is stored of a call is what the program saw. */
function isRight({ name, input, outcome }) {
  const [n] = input.decode();
  const value = outcome.value.decode();
  switch (name) {
    case 'look':
      return value.n === n && value.text === `answer ${n} ${'x'.repeat(200)}`;
    case 'order':
      return value === `order ${n}`;
    case 'fail':
      return value.message === `no ${n}`;
    case 'words':
      return outcome.chunks.map((chunk) => chunk.value.decode()).join() === `one ${n},two ${n}`;
    default:
      return name === 'agent' && value.length === 5;
  }
}

byName = new Map();
const expected = await runCase({ at: 0, forGood: false, kind: 'none' });
if (expected.whole !== 2 || !expected.complete || expected.left > 0) throw new Error(`without a fault: ${JSON.stringify(expected)}`);
const places = expected.used;
console.log(`${places} calls of node:fs a case: ${[...byName].map(([name, count]) => `${name} ${count}`).join(', ')}`);

const rows = [];
for (const kind of ['no space left', 'input/output error', 'short write']) {
  for (const forGood of [false, true]) {
    const row = {
      fault: `${kind}, ${forGood ? 'from the N-th use on' : 'at the N-th use'}`,
      cases: 0,
      'all stored': 0,
      'calls lost, and said': 0,
      'lost unsaid': 0,
      'wrong values': 0,
      'program changed': 0,
      unhandled: 0,
    };
    for (let at = 1; at <= places; at += quick ? 5 : 1) {
      const found = await runCase({ at, forGood, kind, halved: false });
      row.cases++;
      if (found.whole === 2) row['all stored']++;
      row['calls lost, and said'] += found.lost - found.silent;
      row['lost unsaid'] += found.silent;
      row['wrong values'] += found.wrong;
      if (found.seen !== expected.seen) row['program changed']++;
      row.unhandled += found.unhandled;
      if (found.silent > 0 || found.wrong > 0 || found.seen !== expected.seen || found.unhandled > 0)
        console.log('  at', at, kind, forGood, JSON.stringify(found), String(unhandled[0]?.stack ?? ''));
    }
    rows.push(row);
  }
}
const names = Object.keys(rows[0]);
console.log(`| ${names.join(' | ')} |\n| ${names.map((_, index) => (index === 0 ? '---' : '--:')).join(' | ')} |`);
for (const row of rows) console.log(`| ${Object.values(row).join(' | ')} |`);
const bad = rows.reduce((sum, row) => sum + row['lost unsaid'] + row['wrong values'] + row['program changed'] + row.unhandled, 0);
process.exitCode = bad === 0 ? 0 : 1;
