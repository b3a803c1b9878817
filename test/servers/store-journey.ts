// What a user does with a store in a bucket, by the built package: record into it in one process, and read, verify and
// replay from it in others. And what a network does: an answer that is lost after the work was done.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isChronicleError } from '../../src/errors.js';
import { openStore } from '../../src/storage/index.js';
import { childEnvironment } from './servers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A service under test. */
export interface StoreUnderTest {
  /** The URL of a store at that prefix, reached at that base URL. */
  readonly urlOf: (prefix: string, endpoint?: string) => string;
  /** The same as it is shown. */
  readonly shownAs: (prefix: string) => string;
  /** Credentials, for other processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly endpoint: () => string;
}

/** Tests that need no more than a store that works. */
export function itServesUsers(store: StoreUnderTest): void {
  it('holds a run that one process records, and others list, verify and replay; none of them lingers', async () => {
    const prefix = randomBytes(8).toString('hex');
    const journal = await mkdtemp(join(tmpdir(), 'chronicle-journey-'));
    const url = store.urlOf(prefix);
    try {
      const recorded = await runNode(['test/servers/journey/record.mjs'], { ...store.env, STORE: url, JOURNAL: journal });
      expect(recorded.stderr.replace(/\(node:\d+\) Warning: NodeVersionSupportWarning[^]*?was created\)\n?/, '')).toBe('');
      const { result, stayedMillis } = JSON.parse(recorded.stdout) as { result: string; stayedMillis: number };
      expect(result).toBe('ACME at 190.25');
      expect(stayedMillis).toBeLessThan(1000);
      expect(await readdir(journal)).toEqual([]);

      const listed = JSON.parse((await chronicle(['ls', '--json', '--store', url], store.env)).stdout) as { traceId: string }[];
      expect(listed).toHaveLength(1);
      const traceId = listed[0]?.traceId ?? '';

      const verified = JSON.parse((await chronicle(['verify', '--json', '--store', url], store.env)).stdout) as unknown;
      expect(verified).toMatchObject({ store: store.shownAs(prefix), sound: true, segments: [{}] });

      const replayed = await chronicle(['replay', traceId, '--json', '--store', url, '--import', './test/servers/journey/agent.mjs'], store.env);
      expect(JSON.parse(replayed.stdout)).toMatchObject({ verdict: 'same', result: 'ACME at 190.25', live: 0 });
    } finally {
      await rm(journal, { recursive: true, force: true });
    }
  });

  it('takes a put whose answer was lost as done when it is asked again', async () => {
    const proxy = await losingProxy(store.endpoint());
    try {
      const bucket = openStore(store.urlOf(randomBytes(8).toString('hex'), proxy.endpoint));
      const bytes = new Uint8Array(randomBytes(50_000));
      const outcome = await bucket.put('v1/lost', bytes).catch((error: unknown) => {
        // The client may ask again by itself, or leave that to us.
        expect(isChronicleError(error, 'CHRONICLE_STORE_UNAVAILABLE') && error.facts['retryable']).toBe(true);
        return bucket.put('v1/lost', bytes);
      });
      expect(proxy.lost()).toBe(1);
      expect(outcome).toBe('exists');
      expect(await bucket.get('v1/lost')).toEqual(bytes);
    } finally {
      await proxy.stop();
    }
  });
}

/** A proxy that passes everything on, but the first answer to an upload: that one it swallows. */
async function losingProxy(target: string): Promise<{ readonly endpoint: string; lost(): number; stop(): Promise<void> }> {
  const { hostname, port, pathname } = new URL(target);
  let lost = 0;
  const server: Server = createServer((incoming, outgoing) => {
    const { url: path = '/', method = 'GET', headers } = incoming;
    const passed = request({ hostname, port, path, method, headers }, (answer) => {
      if (lost === 0 && (method === 'PUT' || method === 'POST')) {
        lost++;
        answer.resume().once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.once('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint: `${base}${pathname === '/' ? '' : pathname}`,
    lost: () => lost,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

function chronicle(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  return runNode(['dist/cli.cjs', ...args], env);
}

/** Runs Node to its end; another exit code than 0 is a failure. */
function runNode(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, env: childEnvironment({ NO_COLOR: '1', ...env }), timeout: 60_000, maxBuffer: 16 << 20 };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(`${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
}
