// What comes of faults in segments: every single bit flipped, every cut, and random changes. Prints a table, and fails
// where a wrong value was read, where something other than an error of ours was thrown, or where one case took over two
// seconds.
//
//   node test/faults/segment-faults.mjs             all of it: about eight minutes
//   node test/faults/segment-faults.mjs --quick     one bit and one cut in 29, and 4,000 random changes
//   node test/faults/segment-faults.mjs --random    the 100,000 random changes alone
//   node test/faults/segment-faults.mjs FILE...     segments of yours as well
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const HANG_MILLIS = 2_000;
const SEED = Number(process.env['CHRONICLE_TEST_SEED'] ?? 20_260_728);
const quick = process.argv.includes('--quick');
const onlyRandom = process.argv.includes('--random');
const step = quick ? 29 : 1;
const randomCases = quick ? 4_000 : 100_000;

const here = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const vectors = join(here, '../vectors/v1');
// Inside of the checkout, so that packages that are not bundled are found.
const work = mkdtempSync(join(existsSync(join(here, '../../node_modules')) ? join(here, '../../node_modules') : tmpdir(), '.faults-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

await build({
  input: join(here, 'segments.ts'),
  platform: 'node',
  external: ['fzstd'],
  output: { file: join(work, 'segments.mjs'), format: 'esm' },
  logLevel: 'silent',
});
const { conversation, judge, readAll, sealed, sealedByWriter, smallTrace } = await import(pathToFileURL(join(work, 'segments.mjs')).href);

/** @typedef {{ error: number, right: number, prefix: number, wrong: number, crash: number, hang: number, slowest: number }} Count */
/** @returns {Count} */
const noCount = () => ({ error: 0, right: 0, prefix: 0, wrong: 0, crash: 0, hang: 0, slowest: 0 });

/** A generator of numbers from 0 to 1 (mulberry32), the same for the same seed. */
function numbers(/** @type {number} */ seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let next = Math.imul(state ^ (state >>> 15), state | 1);
    next = (next + Math.imul(next ^ (next >>> 7), next | 61)) ^ next;
    return ((next ^ (next >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One to three changes of one kind each: a byte, a part removed, doubled, overwritten or from elsewhere, the end cut. */
function changed(/** @type {Buffer} */ original, /** @type {() => number} */ next) {
  let bytes = Buffer.from(original);
  for (let left = 1 + Math.floor(next() * 3); left > 0 && bytes.length > 0; left--) {
    const from = Math.floor(next() * bytes.length);
    const to = Math.min(bytes.length, from + 1 + Math.floor(next() ** 3 * 200));
    const kind = Math.floor(next() * 6);
    if (kind === 0) bytes[from] = Math.floor(next() * 256);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    else if (kind === 3) bytes.fill(Math.floor(next() * 256), from, to);
    else if (kind === 4) bytes.copy(bytes, from, Math.floor(next() * bytes.length), bytes.length);
    else bytes = bytes.subarray(0, next() < 0.3 ? from : bytes.length - Math.floor(next() * 20));
  }
  return bytes;
}

/** @param {Count} count @param {Buffer} bytes @param {unknown} original @param {string} what */
function one(count, bytes, original, what) {
  const start = performance.now();
  try {
    const verdict = /** @type {'error' | 'right' | 'prefix' | 'wrong'} */ (judge(readAll(bytes), original));
    count[verdict]++;
    if (verdict === 'wrong') console.error(`WRONG VALUE: ${what}`);
  } catch (error) {
    count.crash++;
    console.error(`CRASH: ${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  const millis = performance.now() - start;
  count.slowest = Math.max(count.slowest, millis);
  if (millis > HANG_MILLIS) {
    count.hang++;
    console.error(`HANG: ${what} took ${Math.round(millis)} ms`);
  }
}

/** @type {{ name: string, bytes: Buffer }[]} */
const segments = [];
for (const file of readdirSync(vectors).sort()) {
  if (file.endsWith('.chronicle')) segments.push({ name: file.slice(0, -'.chronicle'.length), bytes: readFileSync(join(vectors, file)) });
}
const small = smallTrace();
const run = conversation(12);
segments.push({ name: 'small, journal', bytes: small }, { name: 'small, sealed by the writer', bytes: await sealedByWriter(small) });
segments.push({ name: 'run of 12 turns, journal', bytes: run }, { name: 'run of 12 turns, sealed by the writer', bytes: await sealedByWriter(run) });
segments.push({ name: 'run of 12 turns, gzip, blocks of 8 KiB', bytes: sealed(run, 1, 8 << 10) });
if ('zstdCompressSync' in (await import('node:zlib'))) segments.push({ name: 'run of 12 turns, zstd, blocks of 8 KiB', bytes: sealed(run, 2, 8 << 10) });
for (const file of given) segments.push({ name: file, bytes: readFileSync(file) });

const flips = noCount();
const cuts = noCount();
const random = noCount();
const meant = [];
for (const { name, bytes } of segments) {
  const reading = readAll(bytes);
  // A golden segment that is damaged, or of values that cannot be built, has no meaning to compare with; and one that is
  // torn may be made whole by a change. One in which a crossing ends twice, which no writer of ours writes, means something
  // else as long as its last record is not there.
  if (reading.kind !== 'read' || reading.content.damage !== undefined || reading.content.torn || name === '58-ended-twice') continue;
  meant.push({ name, bytes, meaning: reading.meaning });
}
const began = performance.now();
for (const { name, bytes, meaning } of onlyRandom ? [] : meant) {
  for (let bit = 0; bit < bytes.length * 8; bit += step) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    one(flips, flipped, meaning, `bit ${bit} of ${name} flipped`);
  }
  for (let length = 0; length < bytes.length; length += step) one(cuts, bytes.subarray(0, length), meaning, `${name} cut to ${length} bytes`);
}
const next = numbers(SEED);
for (let at = 0; at < randomCases; at++) {
  const chosen = meant[Math.floor(next() * meant.length)];
  if (chosen !== undefined) one(random, changed(chosen.bytes, next), chosen.meaning, `random change ${at} (seed ${SEED}) of ${chosen.name}`);
}

const total = meant.reduce((sum, { bytes }) => sum + bytes.length, 0);
console.log(`Node ${process.version}; ${meant.length} segments of ${total} bytes; seed ${SEED}; ${Math.round((performance.now() - began) / 1_000)} s`);
const columns = /** @type {const} */ (['error', 'right', 'prefix', 'wrong', 'crash', 'hang']);
console.log(`| ${['', 'cases', 'error', 'right value', 'part, said to be one', 'wrong value', 'crash', 'hang', 'slowest'].join(' | ')} |`);
console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --: |');
for (const [name, count] of /** @type {const} */ ([
  ['one bit flipped', flips],
  ['cut off', cuts],
  ['random changes', random],
])) {
  const cases = count.error + count.right + count.prefix + count.wrong + count.crash;
  console.log(`| ${[name, cases, ...columns.map((column) => count[column]), `${Math.round(count.slowest)} ms`].join(' | ')} |`);
}
const bad = [flips, cuts, random].some(({ wrong, crash, hang }) => wrong + crash + hang > 0);
process.exitCode = bad ? 1 : 0;
