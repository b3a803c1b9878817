// A copy of the checkout in which the demo can run without touching anything of the original.

import { spawn } from 'node:child_process';
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsdown.config.ts', 'src', 'scripts', 'examples', 'dist'];
/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of what the demo needs, of the checkout or of another copy. It shares the installed packages. */
export async function copyOfCheckout(original = checkout): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'chronicle-demo-'));
  for (const name of COPIED) {
    await cp(join(original, name), join(copy, name), { recursive: true, preserveTimestamps: true }).catch((error: NodeJS.ErrnoException) => {
      // Without a build the demo makes its own.
      if (name !== 'dist' || error.code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(checkout, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Runs a command to its end, without a terminal and without what would change the demo from outside. */
export function run(cwd: string, command: string, args: readonly string[]): Promise<Ended> {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^(?:CHRONICLE_|OTEL_|VITEST|FORCE_COLOR|LIMITS|OUTSIDE_URL|NODE_OPTIONS)/.test(name)) delete env[name];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output.stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (output.stderr += part));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

/** Runs the demo in a copy. */
export const demo = (cwd: string, ...args: string[]): Promise<Ended> => run(cwd, process.execPath, ['scripts/demo.mjs', ...args]);
