// What loading costs: `import 'chronicle-otel'` and `chronicle --help`, each in a fresh process of the Node that runs this.
//
//   node bench/import.mjs [--rounds 15]      (npm run build first)
//
// The budgets (30 ms and 120 ms) are goals, not tests: a busy machine takes twice as long. Every application that traces
// has loaded @opentelemetry/api before us, so what we add is the row after it. Rows take turns, so that all meet the same
// load.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
if (!existsSync(join(dist, 'cli.cjs'))) {
  console.error('There is no dist/cli.cjs. Run npm run build first.');
  process.exit(2);
}
const at = process.argv.indexOf('--rounds');
const rounds = at < 0 ? 15 : Number(process.argv[at + 1]);

const url = (name) => JSON.stringify(pathToFileURL(join(dist, name)).href);
const path = (name) => JSON.stringify(join(dist, name));
const esm = (before, timed) => ['--input-type=module', '-e', `${before};const t=performance.now();${timed};process.stdout.write(String(performance.now()-t))`];
const cjs = (before, timed) => [
  '--input-type=commonjs',
  '-e',
  `${before};const t=performance.now();${timed};process.stdout.write(String(performance.now()-t))`,
];
// The first import of a process also starts Node's loader, which is not ours to pay for.
const LOADER = "await import('node:fs')";
const API = "await import('@opentelemetry/api')";

const timed = {
  '@opentelemetry/api, imported': esm(LOADER, API),
  '  then chronicle-otel, imported': esm(API, `await import(${url('index.mjs')})`),
  '@opentelemetry/api, required': cjs('', "require('@opentelemetry/api')"),
  '  then chronicle-otel, required': cjs("require('@opentelemetry/api')", `require(${path('index.cjs')})`),
  'chronicle-otel alone, imported': esm(LOADER, `await import(${url('index.mjs')})`),
  'chronicle-otel/envelope, imported': esm(LOADER, `await import(${url('envelope.mjs')})`),
  'chronicle-otel/semconv, imported': esm(LOADER, `await import(${url('semconv.mjs')})`),
};
const whole = {
  'node, doing nothing': ['-e', '0'],
  'chronicle --help, whole process': [join(dist, 'cli.cjs'), '--help'],
};

function run(args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const took = performance.now() - start;
  if (status !== 0) throw new Error(stderr);
  return { took, stdout };
}

const millis = new Map([...Object.keys(timed), ...Object.keys(whole)].map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, args] of Object.entries(timed)) millis.get(name).push(Number(run(args).stdout));
  for (const [name, args] of Object.entries(whole)) millis.get(name).push(run(args).took);
}

console.log(`Node ${process.version}, ${rounds} rounds, milliseconds\n`);
console.log(`${''.padEnd(36)}median   least`);
for (const [name, all] of millis) {
  all.sort((a, b) => a - b);
  console.log(`${name.padEnd(34)}${all[rounds >> 1].toFixed(1).padStart(8)}${all[0].toFixed(1).padStart(8)}`);
}
