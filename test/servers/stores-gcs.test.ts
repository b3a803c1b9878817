// The Google Cloud Storage store against a server of that protocol.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
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
});
