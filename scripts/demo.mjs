// The demo: an agent sells 1,000 shares when it was told to sell $1,000 worth. It is recorded, replayed with the world
// switched off, fixed, and replayed again. It installs and builds what is missing, so that a bare clone is enough.
//
//   npm run demo                                      no server, no key, no network beyond the package registry
//   npm run demo -- --otlp http://127.0.0.1:4318      the run is also exported there, and found again in Jaeger
//
// Exits with 0 only if every step went as it says.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, stripVTControlCharacters, styleText } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STORE = 'file:./chronicle-runs';
const TASK = 'sell $1,000 worth of ACME stock';
const AGENT = 'examples/trading/agent.js';
const PORT = 8377;
const JAEGER = 'http://127.0.0.1:16686';
const WIDTH = 80;

/** A step that did not go as it should. */
class DemoFailure extends Error {}

// --- what is printed ---

const inColour = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (style, text) => (inColour ? styleText(style, text) : text);
const say = (text = '') => console.log(text);
const heading = (text) => say(`\n${paint('bold', text)}`);
const indented = (text) => text.replace(/^(?=.)/gm, '  ');

/** A command as one would paste it, broken before a word where a line is full; an option keeps its value beside it. */
function pasteable(words, indent = 0) {
  const units = [];
  for (const [n, word] of words.entries()) {
    const isValue = n > 0 && /^--./.test(words[n - 1]) && !word.startsWith('--');
    if (isValue) units.push(`${units.pop()} ${quoted(word)}`);
    else units.push(quoted(word));
  }
  const lines = [''];
  for (const unit of units) {
    const line = lines.at(-1);
    // Beside the unit stand a blank, what continues the line, and what the line is indented with.
    if (line !== '' && indent + line.length + unit.length + 3 > WIDTH) lines.push(`    ${unit}`);
    else lines[lines.length - 1] = line === '' ? unit : `${line} ${unit}`;
  }
  return lines.join(' \\\n');
}

function quoted(word) {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

// --- what is run ---

/** Runs a command as it is printed; `env` stands before it. Gives how it ended and its output, which is shown too. */
async function shown({ env = {}, words }) {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  say(`\n${paint('cyan', `$ ${pasteable([...variables, ...words], 2)}`)}`);
  const args = words[0] === 'npx' ? ['dist/cli.cjs', ...words.slice(2)] : words.slice(1);
  const colours = inColour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  const { status, output } = await run(process.execPath, args, { ...process.env, ...colours, ...env });
  // The command ends with what to do next; the demo has its own ending.
  const text = output.replace(/\n+(?:\x1b\[\d+m)?Next\b[^]*/, '').trimEnd();
  say(text.split('\n').flatMap(fitting).join('\n'));
  return { status, text: stripVTControlCharacters(text) };
}

/** Runs a command to its end. */
async function run(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  let output = '';
  child.stdout.on('data', (part) => (output += part));
  child.stderr.on('data', (part) => (output += part));
  const status = await new Promise((ended) => {
    child.on('error', (error) => ended(error.message));
    child.on('close', (code, signal) => ended(code ?? signal));
  });
  return { status, output };
}

/** A line of output, indented, in lines that are not too long: a preview is cut once more, anything else is wrapped. */
function fitting(line) {
  const room = WIDTH - 2;
  if (stripVTControlCharacters(line).length <= room) return [indented(line)];
  if (/^\s+(?:in|out) /.test(stripVTControlCharacters(line))) return [`  ${cut(line, room - 1)}…`];
  const indent = /^\s*/.exec(line)[0];
  const lines = [indent];
  for (const word of line.trim().split(' ')) {
    const last = lines.at(-1);
    const isFull = last !== indent && stripVTControlCharacters(`${last}${word}`).length > room;
    if (isFull) lines.push(`${indent}${word} `);
    else lines[lines.length - 1] = `${last}${word} `;
  }
  return lines.map((each) => `  ${each.trimEnd()}`);
}

/** The beginning of a text, so many characters wide; what colours it is kept to its end. */
function cut(text, width) {
  let seen = 0;
  return text.replace(/\x1b\[[\d;]*m|[^]/gu, (part) => (part.length > 1 && part[0] === '\x1b' ? part : seen++ < width ? part : ''));
}

const chronicle = (...words) => ['npx', 'chronicle', ...words, '--store', STORE];

function expectThat(fact, otherwise) {
  if (!fact) throw new DemoFailure(otherwise);
}

/** Does a piece of the set-up, and shows only how long it took, or all of its output if it fails. */
async function prepare(what, command, args) {
  process.stdout.write(`${what} ... `);
  const start = performance.now();
  const { status, output } = await run(command, args);
  if (status !== 0) throw new DemoFailure(`${[command, ...args].join(' ')} ended with ${status}:\n${output.trim()}`);
  say(`${((performance.now() - start) / 1000).toFixed(0)} s`);
}

/** Installs the packages and builds the command, where that is still to be done. */
async function setUp() {
  const { devDependencies, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const installed = Object.keys({ ...dependencies, ...devDependencies }).every((name) => existsSync(join(ROOT, 'node_modules', name)));
  if (!installed) await prepare('Installing packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund']);
  const built = join(ROOT, 'dist/cli.cjs');
  const isBuilt = existsSync(built) && newest(join(ROOT, 'src')) <= statSync(built).mtimeMs;
  if (!isBuilt) await prepare('Building (npm run build)', 'npm', ['run', 'build']);
}

function newest(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...entries.map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs));
}

// --- the world outside ---

/** Starts the model and the broker as a process of their own. */
async function startOutside() {
  const port = (await isOpen(PORT)) ? 0 : PORT;
  const child = spawn(process.execPath, ['examples/trading/outside.mjs', String(port)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const requests = [];
  const url = await new Promise((resolve, reject) => {
    void ended.then(() => reject(new DemoFailure('the model and the broker did not start')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, found] = /^listening on (\S+)$/.exec(line) ?? [];
      if (found === undefined) requests.push(line);
      else resolve(found);
    });
  });
  return {
    url,
    port: Number(new URL(url).port),
    requests,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** Whether anybody listens on a loopback port. */
function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

// --- the run, found again ---

/** The newest run of the store, and the file that holds it. */
async function newestRun() {
  const { openArchive } = await import(pathToFileURL(join(ROOT, 'dist/index.mjs')).href);
  const archive = await openArchive(pathToFileURL(join(ROOT, 'chronicle-runs')).href);
  for await (const { traceId, roots } of archive.runs({ limit: 1 })) {
    const { recording } = await archive.find(traceId);
    const spanOf = (name) => recording.envelopes.find((envelope) => envelope.name === name)?.spanId;
    const folder = join(ROOT, 'chronicle-runs/v1/traces', traceId);
    const [file] = readdirSync(folder);
    return { traceId, ref: `${traceId}:${roots[0].spanId}`, spanOf, path: relative(ROOT, join(folder, file)) };
  }
  throw new DemoFailure('the run was not recorded');
}

/** Waits until Jaeger has the run. Gives its address there, with the span picked out. */
async function findInJaeger(base, ref) {
  const [traceId, spanId] = ref.split(':');
  for (let attempt = 0; attempt < 50; attempt++) {
    const response = await fetch(`${base}/api/traces/${traceId}`).catch(() => undefined);
    const { data = [] } = response?.ok ? await response.json() : {};
    if (data[0]?.spans?.some((span) => span.spanID === spanId)) return `${base}/trace/${traceId}?uiFind=${spanId}`;
    await sleep(200);
  }
  throw new DemoFailure(`trace ${traceId} did not arrive in Jaeger at ${base}`);
}

async function jaegerOf({ otlp, jaeger }) {
  if (jaeger !== undefined) return jaeger.replace(/\/+$/, '');
  const answers =
    otlp !== undefined &&
    (await fetch(`${JAEGER}/api/services`).then(
      ({ ok }) => ok,
      () => false,
    ));
  return answers ? JAEGER : undefined;
}

/** Two short files, line by line: what only the first has, what only the second has, and what both have. */
function difference(before, after) {
  const [old, now] = [before, after].map((file) => readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n'));
  const lines = [`--- ${before}`, `+++ ${after}`];
  let next = 0;
  for (const line of old) {
    const at = now.indexOf(line, next);
    if (at < 0) {
      lines.push(paint('red', `- ${line}`));
      continue;
    }
    for (const added of now.slice(next, at)) lines.push(paint('green', `+ ${added}`));
    lines.push(`  ${line}`);
    next = at + 1;
  }
  for (const added of now.slice(next)) lines.push(paint('green', `+ ${added}`));
  return lines.join('\n');
}

// --- the demo ---

async function demo(options) {
  await setUp();
  const outside = await startOutside();
  try {
    await perform(outside, options);
  } finally {
    await outside.stop();
  }
}

async function perform(outside, options) {
  const jaeger = await jaegerOf(options);

  heading('1. An agent runs, and is recorded');
  say(`   Its model and its broker are another process, on port ${outside.port}.`);
  const elsewhere = outside.port === PORT ? {} : { OUTSIDE_URL: outside.url };
  const exported = options.otlp === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: options.otlp };
  const record = { env: { ...exported, ...elsewhere }, words: ['node', '--import', './examples/trading/otel.js', 'examples/trading/run.js', TASK] };
  const ran = await shown(record);
  expectThat(ran.status === 0 && ran.text.includes('quantity: 1000'), 'the agent did not place the wrong order');
  const requests = outside.requests.length;
  say(`\n   ${requests} requests, each answered with 200, and no exception.`);
  say(paint('bold', '   But it was told to sell $1,000 worth, and it sold 1,000 shares.'));
  expectThat(
    outside.requests.every((line) => line.endsWith(' 200')),
    'a request failed',
  );

  heading('2. The run, as it was recorded');
  const run = await newestRun();
  const found = jaeger === undefined ? undefined : await findInJaeger(jaeger, run.ref);
  if (found !== undefined) say(`   In Jaeger: ${found}`);
  else if (options.otlp !== undefined) say(`   No Jaeger answers at ${JAEGER}; name yours with --jaeger URL.`);
  const ref = found ?? run.ref;
  const tree = await shown({ words: chronicle('show', run.traceId) });
  const names = ['trader', 'decide', 'get_quote', 'limits', 'place_order'];
  expectThat(tree.status === 0 && names.every((name) => tree.text.includes(name)), 'the tree of the run is not whole');

  heading('3. The world is switched off');
  await outside.stop();
  expectThat(!(await isOpen(outside.port)), `port ${outside.port} is still open`);
  say(`   Model and broker are stopped: port ${outside.port} refuses connections.`);

  heading('4. Replay: the same wrong order, without a call');
  const same = await shown({ words: chronicle('replay', ref, '--import', AGENT) });
  expectThat(same.status === 0 && same.text.startsWith('same'), `expected the verdict "same" and exit code 0, got exit code ${same.status}`);
  say(paint('bold', '\n   The same 1,000 shares, and nobody was called.'));

  heading('5. The fix: the guardrail compares with the dollars asked for');
  say(`\n${indented(difference('examples/trading/limits.js', 'examples/trading/limits-fixed.js'))}`);

  heading('6. Replay with the fixed guardrail live: the order is blocked');
  const fix = { LIMITS: './limits-fixed.js' };
  const changed = await shown({ env: fix, words: chronicle('replay', ref, '--import', AGENT, '--live', 'limits') });
  expectThat(changed.status === 1 && changed.text.startsWith('changed'), `expected the verdict "changed" and exit code 1, got exit code ${changed.status}`);
  expectThat(changed.text.includes('blocked') && changed.text.includes('place_order'), 'the report does not say what changed');

  say(paint('bold', '\n   The order was never placed: place_order was not asked for.'));

  heading('Recording');
  say(`   ${run.path}`);
  heading('Try next');
  const next = [
    { why: 'what the guardrail was asked, and what it answered', words: chronicle('show', `${run.traceId}:${run.spanOf('limits')}`) },
    { why: 'the whole program again, with recorded answers', words: [...chronicle('replay', run.traceId), '--', 'node', 'examples/trading/run.js', TASK] },
    {
      why: 'another price: where does the run leave the recording? (exit code 1)',
      words: chronicle('replay', run.ref, '--import', AGENT, '--answer', 'get_quote={"symbol":"ACME","price":900}'),
    },
  ];
  for (const { why, words } of next) say(`\n   # ${why}\n${pasteable(words, 3).replace(/^/gm, '   ')}`);
}

const USAGE = `node scripts/demo.mjs [--otlp URL] [--jaeger URL]

  --otlp URL     export the run there too, over OTLP/HTTP, as to http://127.0.0.1:4318
  --jaeger URL   find it again in the Jaeger at this address; ${JAEGER} if that answers`;

async function main() {
  let options;
  try {
    options = parseArgs({ options: { otlp: { type: 'string' }, jaeger: { type: 'string' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    say(USAGE);
    return 0;
  }
  try {
    await demo(options);
    return 0;
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    console.error(`\n${paint('red', 'The demo failed:')} ${error.message}`);
    return 1;
  }
}

process.exitCode = await main();
