// Real servers for the tests of this folder: Jaeger and the OpenTelemetry Collector as child processes, each on free
// loopback ports, with the files of collector-config/ so that what is shipped is what is tested. Those that keep objects
// are started in object-servers.ts.
//
// The binaries come from install.sh. Where they are absent the suites are skipped aloud, and fail when CI is set.

import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** The folder of the shipped set-ups. */
export const collectorConfigDir = fileURLToPath(new URL('../../collector-config/', import.meta.url));

const INSTALL_COMMAND = 'test/servers/install.sh';
const READY_WITHIN_MILLIS = 60_000;
const STOPPED_WITHIN_MILLIS = 10_000;
const KEPT_LOG_CHARS = 200_000;

/** The servers, by the name that install.sh gives them. The versions must be those of install.sh. */
const binaries = {
  jaeger: { file: 'jaeger-1.76.0', variable: 'JAEGER_BIN' },
  otelcol: { file: 'otelcol-0.148.0', variable: 'OTELCOL_BIN' },
  weed: { file: 'weed-4.48', variable: 'WEED_BIN' },
  gofakes3: { file: 'gofakes3-1.2.0', variable: 'GOFAKES3_BIN' },
  fakegcs: { file: 'fakegcs-1.56.1', variable: 'FAKEGCS_BIN' },
  azurite: { file: 'azurite-3.35.0/node_modules/.bin/azurite-blob', variable: 'AZURITE_BIN' },
} as const;

export type Tool = keyof typeof binaries;

/** A running server. `stop()` may be called twice. */
export interface RunningServer {
  /** Ends the process, by its process id, and resolves when it is gone. */
  stop(): Promise<void>;
  /** What the process wrote so far: its last 200,000 characters. */
  log(): string;
}

/** A running Jaeger with traces in memory. */
export interface Jaeger extends RunningServer {
  /** Base of the pages and of the query API, as a user's browser would show it. */
  readonly queryUrl: string;
  /** Base for OTLP over HTTP; an exporter appends `/v1/traces`. */
  readonly otlpUrl: string;
  /** `host:port` for OTLP over gRPC. */
  readonly otlpGrpcAddress: string;
}

/** A running Collector. */
export interface Collector extends RunningServer {
  /** Base for OTLP over HTTP; an exporter appends `/v1/traces`. */
  readonly otlpUrl: string;
  /** `host:port` for OTLP over gRPC. */
  readonly otlpGrpcAddress: string;
}

/** What `startCollector()` needs. */
export interface CollectorOptions {
  /** A file of collector-config/, such as `jaeger/collector.yaml`. */
  config: string;
  /** YAML text that is laid over the file, as a user's second `--config` would be. */
  overlay?: string;
  /** Where the files that export to Jaeger send their spans: `Jaeger.otlpUrl`. */
  jaegerOtlpUrl: string;
  /** Further environment variables of the file. */
  env?: Readonly<Record<string, string>>;
}

/** What `startJaeger()` may be told. */
export interface JaegerOptions {
  /** YAML text that is laid over the file, as a user's second `--config` would be. */
  overlay?: string;
}

/** Starts Jaeger with collector-config/jaeger/jaeger.yaml and resolves when it is ready. */
export async function startJaeger(options: JaegerOptions = {}): Promise<Jaeger> {
  return withFreePorts(5, async ([grpc, http, query, queryGrpc, health]) => {
    const server = await startProcess({
      path: requireBinary('jaeger'),
      args: configArguments('jaeger.yaml', options.overlay),
      cwd: join(collectorConfigDir, 'jaeger'),
      env: {
        JAEGER_OTLP_GRPC_PORT: String(grpc),
        JAEGER_OTLP_HTTP_PORT: String(http),
        JAEGER_QUERY_PORT: String(query),
        JAEGER_QUERY_GRPC_PORT: String(queryGrpc),
        JAEGER_HEALTH_PORT: String(health),
      },
      readyUrls: [`http://127.0.0.1:${health}/status`, `http://127.0.0.1:${query}/api/services`],
    });
    return {
      ...server,
      queryUrl: `http://127.0.0.1:${query}`,
      otlpUrl: `http://127.0.0.1:${http}`,
      otlpGrpcAddress: `127.0.0.1:${grpc}`,
    };
  });
}

/** Starts the Collector with a shipped file and resolves when it is ready. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  return withFreePorts(4, async ([grpc, http, health, metrics]) => {
    const server = await startProcess({
      path: requireBinary('otelcol'),
      args: configArguments(options.config, options.overlay),
      cwd: collectorConfigDir,
      env: {
        COLLECTOR_GRPC_PORT: String(grpc),
        COLLECTOR_HTTP_PORT: String(http),
        COLLECTOR_HEALTH_PORT: String(health),
        COLLECTOR_METRICS_PORT: String(metrics),
        JAEGER_OTLP_URL: options.jaegerOtlpUrl,
        ...options.env,
      },
      readyUrls: [`http://127.0.0.1:${health}/`],
    });
    return { ...server, otlpUrl: `http://127.0.0.1:${http}`, otlpGrpcAddress: `127.0.0.1:${grpc}` };
  });
}

function configArguments(file: string, overlay: string | undefined): string[] {
  return ['--config', file, ...(overlay === undefined ? [] : ['--config', `yaml:${overlay}`])];
}

/** `describe` for suites that need Jaeger and the Collector. */
export const describeServers: typeof describe | typeof describe.skip = describeWith('jaeger', 'otelcol');

/**
 * `describe` for suites that need these servers.
 *
 * Without the binaries it is `describe.skip` and a warning that names the command to install them. With CI set it
 * throws instead: there a skipped suite would look like a pass.
 */
export function describeWith(...tools: readonly Tool[]): typeof describe | typeof describe.skip {
  const absent = tools.filter((tool) => findBinary(tool) === undefined);
  if (absent.length === 0) return describe;
  const message = absentMessage(absent);
  if (isCi()) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return describe.skip;
}

/** The path of a server's binary, or undefined when it is not installed. A variable that names no executable file throws. */
export function findBinary(tool: Tool): string | undefined {
  const { file, variable } = binaries[tool];
  const given = process.env[variable];
  if (given) {
    if (!isExecutable(given)) throw new Error(`${variable} names ${given}, which is not an executable file.`);
    return given;
  }
  const path = join(toolsDir(), file);
  return isExecutable(path) ? path : undefined;
}

/** The path of a server's binary; throws with the command to install it when it is absent. */
export function requireBinary(tool: Tool): string {
  const path = findBinary(tool);
  if (path === undefined) throw new Error(absentMessage([tool]));
  return path;
}

function absentMessage(absent: readonly Tool[]): string {
  const names = absent.map((tool) => `${binaries[tool].file} (or ${binaries[tool].variable})`).join(' and ');
  return `The server tests need ${names}. Run ${INSTALL_COMMAND} to install what is missing.`;
}

/** The cache that install.sh fills; the rule is the same there. */
function toolsDir(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return process.env['CHRONICLE_TOOLS_DIR'] || join(cache, 'chronicle-otel-tools');
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not executable for us: the same as absent.
    return false;
  }
}

function isCi(): boolean {
  const value = process.env['CI'];
  return value !== undefined && !['', '0', 'false'].includes(value);
}

/** The environment of a child: what it needs to find its files, and what the test sets. Nothing else is handed on. */
export function childEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'SystemRoot']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return { ...kept, ...env };
}

interface ProcessOptions {
  path: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** URLs that answer once the server may be used: with 200, or, if `refusal` says so, with anything. */
  readyUrls: readonly string[];
  refusal?: 'is ready';
}

/** Starts a process, waits until its URLs answer, and throws with the end of its log when it ends before that. */
export async function startProcess(options: ProcessOptions): Promise<RunningServer> {
  const child = spawn(options.path, options.args, {
    cwd: options.cwd,
    env: childEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const keep = (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-KEPT_LOG_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let startError: Error | undefined;
  child.on('error', (error) => {
    startError = error;
  });
  // The test process may end before it reaches stop(): then the child must not stay behind.
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);

  const stop = async () => {
    await stopChild(child);
    process.removeListener('exit', killAtExit);
  };

  const deadline = Date.now() + READY_WITHIN_MILLIS;
  for (const url of options.readyUrls) {
    while (!(await answers(url, options.refusal !== undefined))) {
      const ended = startError !== undefined || hasEnded(child);
      if (ended || Date.now() > deadline) {
        await stop();
        const what = ended ? 'ended before it was ready' : `was not ready after ${READY_WITHIN_MILLIS} ms`;
        throw new Error(`${options.path} ${what}: ${startError?.message ?? log.slice(-4000)}`);
      }
      await sleep(50);
    }
  }
  return { stop, log: () => log };
}

async function answers(url: string, anything: boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok || anything;
  } catch {
    // Not listening yet.
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MILLIS);
  await ended;
  clearTimeout(timer);
}

/**
 * Runs `start` with ports that were free a moment ago, and again with others when one of them was taken meanwhile:
 * the servers cannot be told to choose a port and say which.
 */
export async function withFreePorts<T>(count: number, start: (ports: number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count));
    } catch (error) {
      if (attempt === 3 || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  // All are held at once, so that no port is given out twice.
  const held = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}
