// @ts-check
// Runs checks and test suites by name, one after the other, and says at the end what each did. `npm run check`,
// `npm test` and `.ci/run` are lists of names for it.
//
//   node scripts/suites.mjs [--set-up] NAME...
//
// The last line, `N passed, N failed, N skipped`, is the sum over the reports that the test runners wrote, one file per
// suite; nothing is counted otherwise. A suite whose runner failed without saying which test, or in which no test
// ran, fails the whole. Tests that were skipped are named; with CI set, a test file of which nothing ran is a failure.
//
// With CHRONICLE_REPORT_DIR set, the reports go there and the last line is left to the caller, who asks for it with
// `--sum`: several calls then have one sum.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ readonly project: string, readonly config?: string, readonly node?: number }} VitestRun
 * @typedef {object} Step
 * @property {readonly (readonly string[])[]} [commands] run first; the names of node_modules/.bin are known
 * @property {readonly VitestRun[]} [vitest] then these, each with a report
 * @property {readonly (readonly string[])[]} [after] run last, whatever came before
 * @property {string} [folder] tests are here; a suite whose folder is not committed yet is left out, aloud
 * @property {readonly string[]} [needs] steps that have to have passed, if they were asked for
 */

/** @type {Readonly<Record<string, Step>>} */
const STEPS = {
  types: { commands: [['tsc', '--noEmit']] },
  lint: { commands: [['oxlint', '--type-aware', '--deny-warnings']] },
  format: { commands: [['biome', 'format']] },
  generated: {
    commands: [
      ['node', 'scripts/generate-proto.mjs', '--check'],
      ['node', 'semconv/tool/check.mjs'],
      ['node', 'semconv/tool/generate.mjs', '--check'],
    ],
  },
  build: { commands: [['tsdown', '--log-level', 'error']] },
  api: { needs: ['build'], commands: [['node', 'scripts/api-report.mjs', '--check']] },
  unit: { folder: 'src', vitest: [{ project: 'unit' }] },
  package: { folder: 'test/package', needs: ['build'], vitest: [{ project: 'package' }] },
  lines: {
    folder: 'test/lines',
    commands: [
      ['bash', 'test/lines/install.sh'],
      ['tsc', '-p', 'test/lines/sdk2'],
      ['tsc', '-p', 'test/lines/sdk3'],
    ],
    vitest: [
      { project: 'lines-sdk2', config: 'test/lines/vitest.config.ts' },
      { project: 'lines-sdk3', config: 'test/lines/vitest.config.ts', node: 24 },
    ],
    after: [['node', 'test/lines/table.mjs', '$CHRONICLE_LINES_RESULTS']],
  },
  demo: { folder: 'test/demo', needs: ['build'], vitest: [{ project: 'demo' }] },
  runs: {
    folder: 'test/runs',
    needs: ['build'],
    commands: [['bash', 'test/lines/install.sh']],
    vitest: [{ project: 'runs-sdk2' }, { project: 'runs-sdk3', node: 24 }],
  },
  // A part of the faults, the same at each run; the files say how long all of them take.
  faults: {
    needs: ['build'],
    commands: [
      ['node', 'test/faults/segment-faults.mjs', '--quick'],
      ['node', 'test/faults/io-faults.mjs', '--quick'],
      ['node', 'test/faults/kill.mjs', '--runs', '10'],
    ],
  },
  // Installed before the tests: what takes long there would be a test that hangs.
  python: { folder: 'test/readers', commands: [['node', 'scripts/python-environment.mjs']], vitest: [{ project: 'python' }] },
  servers: { folder: 'test/servers', needs: ['build'], commands: [['bash', 'test/servers/install.sh']], vitest: [{ project: 'servers' }] },
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inCi = !['', '0', 'false', undefined].includes(process.env['CI']);

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    for (const child of running) endGroup(child);
    process.exit(130);
  });
}

/** Ends what a command started and left running: each has a process group of its own. */
function endGroup(/** @type {import('node:child_process').ChildProcess} */ child) {
  if (child.pid === undefined || process.platform === 'win32') return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is empty, which is how it should be.
  }
}

/**
 * Runs a command to its end, with our output and without input, and ends what it left.
 * @param {readonly string[]} command @param {NodeJS.ProcessEnv} env @returns {Promise<boolean>} whether it exited with 0
 */
function run(command, env) {
  const [name = '', ...args] = command.map((word) => (word.startsWith('$') ? (env[word.slice(1)] ?? '') : word));
  const file = name === 'node' ? process.execPath : name;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: process.platform !== 'win32' });
    running.add(child);
    child.on('error', (error) => {
      running.delete(child);
      console.error(`suites: cannot start ${name}: ${error.message}`);
      resolve(false);
    });
    child.on('exit', (code) => {
      running.delete(child);
      endGroup(child);
      resolve(code === 0);
    });
  });
}

/** @param {string} folder */
function hasCommittedTests(folder) {
  // Without git (a source archive) what is there is taken as it is.
  const listed = spawnSync('git', ['ls-files', '--', folder], { cwd: root, encoding: 'utf8' });
  if (listed.status !== 0) return existsSync(join(root, folder));
  return listed.stdout.split('\n').some((file) => file.endsWith('.test.ts'));
}

/**
 * @typedef {{ passed: number, failed: number, skipped: number, skippedTests: string[], emptyFiles: string[], missing: boolean }} Count
 */

/**
 * What one report of vitest says. A file that could not be loaded has no tests in it, and counts as one that failed.
 * @param {string} path @returns {Count}
 */
function countOf(path) {
  const count = /** @type {Count} */ ({ passed: 0, failed: 0, skipped: 0, skippedTests: [], emptyFiles: [], missing: false });
  if (!existsSync(path)) return { ...count, missing: true };
  /** @type {{ testResults: { name: string, status: string, assertionResults: { status: string, fullName: string }[] }[] }} */
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const file of report.testResults) {
    let ran = 0;
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') count.passed++;
      else if (status === 'failed') count.failed++;
      else {
        count.skipped++;
        count.skippedTests.push(`${relative(root, file.name)}: ${fullName}`);
        continue;
      }
      ran++;
    }
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) count.failed++;
    else if (ran === 0) count.emptyFiles.push(relative(root, file.name));
  }
  return count;
}

/**
 * @param {string} name @param {string} reports
 * @returns {Promise<{ ok: boolean, why: string[], counts: Count[] }>}
 */
async function runStep(name, reports) {
  const step = /** @type {Step} */ (STEPS[name]);
  /** @type {string[]} */
  const why = [];
  /** @type {Count[]} */
  const counts = [];
  const results = mkdtempSync(join(tmpdir(), 'chronicle-suite-'));
  const bin = join(root, 'node_modules/.bin');
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PATH: `${bin}${process.platform === 'win32' ? ';' : ':'}${process.env['PATH']}`, CHRONICLE_LINES_RESULTS: results };
  delete env['CHRONICLE_REPORT_DIR'];
  // One Node 24 for all suites.
  const node24 = step.vitest?.some(({ node }) => node === 24) ? (await import('./node-binary.mjs')).nodeBinary(24) : undefined;
  if (node24 !== undefined) env['CHRONICLE_NODE24'] = node24;

  let prepared = true;
  for (const command of step.commands ?? []) {
    if (await run(command, env)) continue;
    prepared = false;
    why.push(`${command.join(' ')} failed`);
    // The checks of one step do not need each other; the preparations of a suite do.
    if (step.vitest !== undefined) break;
  }
  for (const { project, config, node } of (prepared && step.vitest) || []) {
    const path = join(reports, `${project}.json`);
    rmSync(path, { force: true });
    const chosen = node === undefined ? 'node' : /** @type {string} */ (node24);
    const ok = await run(
      [
        chosen,
        'node_modules/vitest/vitest.mjs',
        'run',
        '--project',
        project,
        ...(config === undefined ? [] : ['--config', config]),
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${path}`,
      ],
      env,
    );
    const count = countOf(path);
    counts.push(count);
    if (count.missing) why.push(`${project} wrote no report`);
    else if (count.failed > 0) why.push(`${project}: ${count.failed} failed`);
    else if (!ok) why.push(`${project} ended with an error outside of its tests`);
    else if (count.passed === 0) why.push(`${project}: no test ran`);
    if (inCi) for (const file of count.emptyFiles) why.push(`${project}: nothing ran of ${file}`);
    for (const test of count.skippedTests) console.log(`SKIPPED ${test}`);
  }
  if (prepared) for (const command of step.after ?? []) if (!(await run(command, env))) why.push(`${command.join(' ')} failed`);
  rmSync(results, { recursive: true, force: true });
  return { ok: why.length === 0, why, counts };
}

/** @param {readonly Count[]} counts @param {'passed' | 'failed' | 'skipped'} key */
function sum(counts, key) {
  return counts.reduce((total, count) => total + count[key], 0);
}

/** @param {string} reports */
function closingLine(reports) {
  const counts = readdirSync(reports)
    .filter((file) => file.endsWith('.json'))
    .map((file) => countOf(join(reports, file)));
  return `${sum(counts, 'passed')} passed, ${sum(counts, 'failed')} failed, ${sum(counts, 'skipped')} skipped`;
}

/** Installs the dependencies unless they are as new as the lock file. Needs nothing but npm. */
async function setUp() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`Node 20.19 or newer is needed, this is ${process.version}.`);
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs) return true;
  return await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], process.env);
}

const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const unknown = [...names.filter((name) => !Object.hasOwn(STEPS, name)), ...flags.filter((flag) => !['--set-up', '--sum'].includes(flag))];
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Known are --set-up, --sum, ${Object.keys(STEPS).join(', ')}.`);
  process.exit(2);
}

const given = process.env['CHRONICLE_REPORT_DIR'];
const reports = given || mkdtempSync(join(tmpdir(), 'chronicle-reports-'));
mkdirSync(reports, { recursive: true });
/** @type {string[]} */
const summary = [];
/** @type {Set<string>} */
const failed = new Set();

/** @param {string} name @param {() => Promise<{ ok: boolean, why: string[], counts: Count[] } | { leftOut: string }>} does */
async function timed(name, does) {
  console.log(`\n=== ${name}`);
  const start = performance.now();
  const result = await does();
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(8);
  if ('leftOut' in result) {
    summary.push(`  ${name.padEnd(10)}${seconds}  left out: ${result.leftOut}`);
    return;
  }
  const { ok, why, counts } = result;
  const tests = counts.length === 0 ? '' : `, tests: ${sum(counts, 'passed')} ok, ${sum(counts, 'failed')} not ok, ${sum(counts, 'skipped')} left out`;
  summary.push(`  ${name.padEnd(10)}${seconds}  ${ok ? 'ok' : 'FAILED'}${tests}${why.map((each) => `\n${' '.repeat(22)}${each}`).join('')}`);
  if (!ok) failed.add(name);
}

if (flags.includes('--set-up')) {
  await timed('set-up', async () => ((await setUp()) ? { ok: true, why: [], counts: [] } : { ok: false, why: ['npm ci failed'], counts: [] }));
}
if (!failed.has('set-up')) {
  for (const name of names) {
    const { folder, needs = [] } = /** @type {Step} */ (STEPS[name]);
    const broken = needs.filter((needed) => failed.has(needed));
    await timed(name, async () => {
      if (broken.length > 0) return { ok: false, why: [`${broken.join(', ')} failed`], counts: [] };
      if (folder !== undefined && !hasCommittedTests(folder)) return { leftOut: `no test is committed in ${folder}` };
      return await runStep(name, reports);
    });
  }
}

if (names.length > 0 || flags.includes('--set-up')) {
  console.log(`\n=== summary, Node ${process.version}\n${summary.join('\n')}`);
  if (given) writeFileSync(join(reports, `summary-${process.pid}.txt`), `${summary.join('\n')}\n`);
}
if (flags.includes('--sum')) {
  const texts = readdirSync(reports).filter((file) => file.endsWith('.txt'));
  console.log(`\n=== all\n${texts.map((file) => readFileSync(join(reports, file), 'utf8')).join('')}`);
}
if (!given || flags.includes('--sum')) console.log(`\n${closingLine(reports)}`);
if (!given) rmSync(reports, { recursive: true, force: true });
process.exitCode = failed.size > 0 ? 1 : 0;
