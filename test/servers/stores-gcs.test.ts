// The Google Cloud Storage store against a server of that protocol.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openStore } from '../../src/storage/index.js';
import { describeObjectStore } from '../contracts/object-store.contract.js';
import { type ObjectServer, startGcs } from './object-servers.js';
import { describeWith } from './servers.js';
import { itServesUsers } from './store-journey.js';

const BUCKET = 'chronicle-runs';

describeWith('fakegcs')('fake-gcs-server', () => {
  let server: ObjectServer;
  const urlOf = (prefix: string, endpoint = server.endpoint) => `gs://${BUCKET}/${prefix}?endpoint=${endpoint}`;
  const shownAs = (prefix: string) => `gs://${BUCKET}/${prefix}`;
  beforeAll(async () => {
    server = await startGcs(BUCKET);
  });
  afterAll(() => server?.stop());

  describeObjectStore('gs:, fake-gcs-server', async () => openStore(urlOf(randomBytes(8).toString('hex'))), { nestedKeys: 'kept' });
  itServesUsers({ urlOf, shownAs, env: {}, endpoint: () => server.endpoint });

  it.each(['', '/', '/storage/v1'])('is found by STORAGE_EMULATOR_HOST, which may end with %j', async (path) => {
    vi.stubEnv('STORAGE_EMULATOR_HOST', server.endpoint + path);
    const prefix = randomBytes(8).toString('hex');
    const store = openStore(`gs://${BUCKET}/${prefix}`);
    expect(await store.put('v1/a', new Uint8Array([1]))).toBe('created');
    expect(await store.get('v1/a')).toEqual(new Uint8Array([1]));
    await store.check();
    vi.stubEnv('STORAGE_EMULATOR_HOST', 'http://127.0.0.1:9');
    expect(await openStore(urlOf(prefix)).get('v1/a')).toEqual(new Uint8Array([1]));
    vi.unstubAllEnvs();
  });

  it('says that the bucket does not exist', async () => {
    const store = openStore(`gs://no-such-bucket/x?endpoint=${server.endpoint}`);
    for (const action of [() => store.check(), () => store.get('v1/a'), () => store.put('v1/a', new Uint8Array([1]))]) {
      const error = await action().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CHRONICLE_STORE_UNAVAILABLE', facts: { reason: 'absent', retryable: false, status: 404 } });
    }
  });
});
