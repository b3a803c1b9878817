// The Azure Blob store against a server of that protocol.

import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ContainerSASPermissions, generateBlobSASQueryParameters, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
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

  const connection = () =>
    `DefaultEndpointsProtocol=http;AccountName=${AZURITE_ACCOUNT.name};AccountKey=${AZURITE_ACCOUNT.key};BlobEndpoint=${server.endpoint};`;

  it('is found by AZURE_STORAGE_CONNECTION_STRING', async () => {
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', connection());
    const prefix = randomBytes(8).toString('hex');
    expect(await openStore(shownAs(prefix)).put('v1/a', new Uint8Array([1]))).toBe('created');
    vi.unstubAllEnvs();
    expect(await openStore(urlOf(prefix)).get('v1/a')).toEqual(new Uint8Array([1]));
  });

  it('refuses a connection string of another account, and one that is none, without showing it', async () => {
    const wrong: [string, string, string][] = [
      [connection(), `azblob://another/${CONTAINER}`, 'it is one of the account "devstoreaccount1"'],
      ['AccountKey=c2VjcmV0;nonsense', shownAs('x'), 'it is no connection string of a storage account'],
    ];
    for (const [value, url, fault] of wrong) {
      vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', value);
      const error = await openStore(url)
        .check()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'CHRONICLE_OPTION_INVALID',
        message: `Cannot open ${url} with AZURE_STORAGE_CONNECTION_STRING: ${fault}.\nCopy the one of that account from the portal, or unset the variable to use other credentials.`,
      });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/AccountKey|c2VjcmV0/);
    }
    vi.unstubAllEnvs();
  });

  it('takes a SAS token, and says what it does not allow', async () => {
    const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT.name, AZURITE_ACCOUNT.key);
    const permissions = ContainerSASPermissions.parse('rl');
    const expiresOn = new Date(Date.now() + 3_600_000);
    const token = generateBlobSASQueryParameters({ containerName: CONTAINER, permissions, expiresOn }, credential).toString();
    vi.stubEnv('AZURE_STORAGE_KEY', '');
    vi.stubEnv('AZURE_STORAGE_SAS_TOKEN', `?${token}`);
    const store = openStore(urlOf('sas'));
    await store.check();
    expect(await store.get('v1/a')).toBeUndefined();
    const error = await store.put('v1/a', new Uint8Array([1])).catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'CHRONICLE_STORE_UNAVAILABLE', facts: { reason: 'denied', retryable: false, status: 403 } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('sig=');
  });

  it('says that the credentials are wrong', async () => {
    vi.stubEnv('AZURE_STORAGE_KEY', Buffer.from('another key').toString('base64'));
    const error = await openStore(urlOf('x'))
      .check()
      .catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'CHRONICLE_STORE_UNAVAILABLE', facts: { reason: 'denied', retryable: false, status: 403 } });
  });

  it('says that the container does not exist', async () => {
    const store = openStore(`azblob://${AZURITE_ACCOUNT.name}/no-such-container/x?endpoint=${server.endpoint}`);
    for (const action of [() => store.check(), () => store.get('v1/a'), () => store.put('v1/a', new Uint8Array([1]))]) {
      const error = await action().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'CHRONICLE_STORE_UNAVAILABLE',
        facts: { reason: 'absent', retryable: false, status: 404, serviceCode: 'ContainerNotFound' },
      });
    }
  });
});
