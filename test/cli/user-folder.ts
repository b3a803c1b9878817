// A user's folder for these tests: the package installed in it, an agent, a program that runs the agent, a recorded run.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type BuiltPackage, buildPackage } from './built-package.js';

/** The agent of the incident: it is told an amount of money and sells that many shares. FIX=1 is the repaired code. */
const AGENT = `import { boundary } from 'chronicle-otel';
const outside = (answer) => {
  if (process.env.RECORDED === '1') throw new Error('a live call');
  return answer;
};
export const decide = boundary.model('decide', async (request) => outside({ shares: 1000, thought: 'sell \\u001b[31mall\\u001b[0m' }));
export const quote = boundary.tool('get_quote', async (symbol) => outside({ symbol, price: 150.25 }), { effect: 'read' });
export const sell = boundary.tool('place_order', async (order) => outside({ ok: true, shares: order.shares }));
export const trader = boundary.agent('trader', async (task) => {
  const { shares } = await decide({ messages: [{ role: 'user', content: task }] });
  const { price } = await quote('AAPL');
  return sell({ symbol: 'AAPL', shares: process.env.FIX === '1' ? Math.floor(1000 / price) : shares });
});
`;

/** The program: what it prints and its exit code are its own. */
const APP = `import { flush, RecordSpanProcessor } from 'chronicle-otel';
import { trader } from './agent.mjs';
if (process.env.STORE) new RecordSpanProcessor({ store: process.env.STORE });
process.stdout.write('sold ' + (await trader('sell $1,000 worth of stock')).shares);
console.error('app: done');
await flush();
process.exitCode = Number(process.env.APP_EXIT ?? 0);
`;

/** What a command printed, and how it ended. */
export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder in which commands run. */
export interface UserFolder extends BuiltPackage {
  /** Absolute path of the store. */
  readonly store: string;
  /** The recorded run. */
  readonly traceId: string;
  /** Span IDs of the run, by boundary name. */
  readonly spans: Readonly<Record<string, string>>;
  /** Runs `chronicle` with these words, in the folder. `--store` is not given: CHRONICLE_STORE names the store. */
  chronicle(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Printed>;
  /** Writes a file into the folder. */
  write(name: string, content: string | Uint8Array): Promise<void>;
}

/** Builds the package, and records one run with it. */
export async function userFolder(name?: string): Promise<UserFolder> {
  const built = await buildPackage(name);
  const { folder, cli } = built;
  const store = join(folder, 'runs');
  const write = (file: string, content: string | Uint8Array): Promise<void> => writeFile(join(folder, file), content);
  await write('agent.mjs', AGENT);
  await write('app.mjs', APP);
  await run(process.execPath, ['app.mjs'], folder, { STORE: store });
  const chronicle: UserFolder['chronicle'] = (words, env = {}) =>
    run(process.execPath, [cli, ...words], folder, { CHRONICLE_STORE: store, RECORDED: '1', ...env });
  const [summary] = JSON.parse((await chronicle(['ls', '--json'])).stdout) as { traceId: string }[];
  const traceId = summary?.traceId ?? '';
  const shown = JSON.parse((await chronicle(['show', traceId, '--json'])).stdout) as { envelopes: { name: string; spanId: string }[] };
  const spans = Object.fromEntries(shown.envelopes.map((envelope) => [envelope.name, envelope.spanId]));
  return { ...built, store, traceId, spans, chronicle, write };
}

const KILL_AFTER_MILLIS = 20_000;

/** Runs a command to its end. Nothing of this process's environment but PATH reaches it. */
export function run(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: KILL_AFTER_MILLIS,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** One digest over every file of a folder: names and bytes. */
export async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const bytes = await readFile(file);
    hash.update(`${JSON.stringify(relative(folder, file))} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}
