// The stores that need nothing but this process: they keep the same contract as those in test/servers.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { openStore } from '../../src/storage/index.js';
import { describeObjectStore } from './object-store.contract.js';

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chronicle-store-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describeObjectStore('memory', async () => openStore(`memory:${randomBytes(8).toString('hex')}`), { nestedKeys: 'refused' });
describeObjectStore('file', async () => openStore(`file:${await temporaryFolder()}`), { nestedKeys: 'refused' });
describeObjectStore('file, durable', async () => openStore(await temporaryFolder(), { durability: 'disk' }), { nestedKeys: 'refused' });
