// The Azure Blob store against a server of that protocol.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { openStore } from '../../src/storage/index.js';
import { describeObjectStore } from '../contracts/object-store.contract.js';
import { AZURITE_ACCOUNT, type ObjectServer, startAzurite } from './object-servers.js';
import { describeWith } from './servers.js';
import { itServesUsers } from './store-journey.js';

const CONTAINER = 'chronicle-runs';

describeWith('azurite')('Azurite', () => {
  let server: ObjectServer;
  const shownAs = (prefix: string) => `azblob://${AZURITE_ACCOUNT.name}/${CONTAINER}/${prefix}`;
  const urlOf = (prefix: string, endpoint = server.endpoint) => `${shownAs(prefix)}?endpoint=${endpoint}`;
  beforeAll(async () => {
    process.env['AZURE_STORAGE_KEY'] = AZURITE_ACCOUNT.key;
    server = await startAzurite(CONTAINER);
  });
  afterAll(() => server?.stop());

  describeObjectStore('azblob:, Azurite', async () => openStore(urlOf(randomBytes(8).toString('hex'))), { nestedKeys: 'kept' });
  itServesUsers({ urlOf, shownAs, env: { AZURE_STORAGE_KEY: AZURITE_ACCOUNT.key }, endpoint: () => server.endpoint });
});
