// Before the tests of this folder: packs the package and installs the tarball into applications outside of the checkout,
// one per line of the OpenTelemetry SDK and one with nothing else. Installed once, used by all tests.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { nodeBinary } from '../../scripts/node-binary.mjs';

/** One application that uses the package. */
export interface App {
  readonly line: 'sdk2' | 'sdk3';
  readonly directory: string;
}

/** One version of Node that the package has to work on. */
export interface Runtime {
  readonly major: number;
  readonly path: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    checkout: string;
    tarball: string;
    /** Paths in the tarball. */
    packed: readonly { readonly path: string; readonly size: number }[];
    apps: readonly App[];
    /** An application that has the package and what it requires, and nothing else. */
    bare: string;
    runtimes: readonly Runtime[];
  }
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const consumers = fileURLToPath(new URL('consumers', import.meta.url));

/** The two lines, at the versions that test/lines has too. */
const LINES = {
  sdk2: { '@opentelemetry/api': '1.9.1', '@opentelemetry/sdk-trace-node': '2.12.0', '@opentelemetry/exporter-trace-otlp-http': '0.223.0' },
  sdk3: {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/context-async-hooks': '3.1.1',
    '@opentelemetry/sdk-trace': '3.1.1',
    '@opentelemetry/exporter-trace-otlp-http': '0.301.0',
  },
} as const;

export default function install(project: TestProject): () => void {
  buildIfOld();
  const work = realpathSync(mkdtempSync(join(tmpdir(), 'chronicle-package-')));
  const [packed] = JSON.parse(npm(checkout, ['pack', '--ignore-scripts', '--json', '--pack-destination', work])) as [
    { filename: string; files: { path: string; size: number }[] },
  ];
  const tarball = join(work, packed.filename);
  const bare = application(work, 'bare', tarball, {});
  const apps = (['sdk2', 'sdk3'] as const).map((line): App => {
    const directory = application(work, line, tarball, LINES[line]);
    for (const file of readdirSync(consumers)) {
      const target = file.replace(`otel-${line}.`, 'otel.');
      if (!target.startsWith('otel-')) copyFileSync(join(consumers, file), join(directory, target));
    }
    return { line, directory };
  });
  project.provide('checkout', checkout);
  project.provide('tarball', tarball);
  project.provide('packed', packed.files);
  project.provide('apps', apps);
  project.provide('bare', bare);
  project.provide(
    'runtimes',
    [20, 22, 24].map((major) => ({ major, path: nodeBinary(major) })),
  );
  return () => rmSync(work, { recursive: true, force: true });
}

function application(work: string, name: string, tarball: string, dependencies: Readonly<Record<string, string>>): string {
  const directory = join(work, name);
  mkdirSync(directory);
  const manifest = { name: `app-${name}`, private: true, dependencies: { ...dependencies, 'chronicle-otel': `file:${tarball}` } };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  // Whoever runs this may have any Node; SDK 3 only warns of an older one, and its tests run on a newer.
  npm(directory, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--loglevel=error']);
  return directory;
}

/** A stale build would be tested instead of the sources. */
function buildIfOld(): void {
  const built = join(checkout, 'dist/index.cjs');
  const sources = ['src', 'package.json', 'tsdown.config.ts'].map((path) => newest(join(checkout, path)));
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources)) return;
  execFileSync(process.execPath, [join(checkout, 'node_modules/tsdown/dist/run.mjs'), '--log-level', 'error'], { cwd: checkout, stdio: ['ignore', 2, 2] });
}

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => (name.endsWith('.test.ts') ? 0 : newest(join(path, name)))));
}

function npm(directory: string, args: readonly string[]): string {
  return execFileSync('npm', args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: withoutNpm(process.env),
    maxBuffer: 64 << 20,
  });
}

/** Under `npm test`, npm tells its children which package they are in; these are for other packages. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(package|lifecycle|command|execpath)/i.test(name)));
}
