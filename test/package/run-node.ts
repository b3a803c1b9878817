// Runs a script of an installed application, on a given Node, with nothing of the test runner's environment.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a script left behind. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node to its end; a code other than 0 is a result. */
export function runNode(node: string, directory: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const { PATH = '', HOME = '' } = process.env;
    execFile(node, args, { cwd: directory, env: { PATH, HOME, NO_COLOR: '1', ...env }, timeout: 60_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

/** The last line of what a script printed, as JSON. Fails with all that it said where it did not end well. */
export function lastJson({ code, stdout, stderr }: Ended): Record<string, unknown> {
  if (code !== 0) throw new Error(`It exited with ${code}.\n${stdout}\n${stderr}`);
  const [last = ''] = stdout.trimEnd().split('\n').slice(-1);
  return JSON.parse(last) as Record<string, unknown>;
}

/** An empty store, and a file in which calls that really ran leave a line. */
export function place(): { readonly env: { STORE: string; LIVE_CALLS: string }; liveCalls(): string[] } {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'chronicle-consumer-'));
  const file = join(directory, 'live-calls');
  return {
    env: { STORE: pathToFileURL(join(directory, 'store')).href, LIVE_CALLS: file },
    liveCalls: () => {
      try {
        return readFileSync(file, 'utf8').split('\n').filter(Boolean);
      } catch {
        // Nothing ran, so nothing wrote it.
        return [];
      }
    },
  };
}
