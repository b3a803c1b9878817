// The S3 store against real servers of that protocol.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openStore } from '../../src/storage/index.js';
import { describeObjectStore } from '../contracts/object-store.contract.js';
import { type ObjectServer, S3_CREDENTIALS, startGofakes3, startS3 } from './object-servers.js';
import { describeWith } from './servers.js';
import { itServesUsers } from './store-journey.js';

const BUCKET = 'chronicle-runs';

const AWS_ENVIRONMENT = { AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey };
Object.assign(process.env, AWS_ENVIRONMENT);

const newPrefix = () => randomBytes(8).toString('hex');

describeWith('weed')('SeaweedFS', () => {
  let server: ObjectServer;
  const shownAs = (prefix: string) => `s3://${BUCKET}/${prefix}`;
  const urlOf = (prefix: string, endpoint = server.endpoint) => `${shownAs(prefix)}?endpoint=${endpoint}`;

  beforeAll(async () => {
    server = await startS3(BUCKET);
    // It makes the bucket after it has begun to listen.
    for (let left = 100; ; left--) {
      try {
        await openStore(urlOf('ready')).check();
        break;
      } catch (error) {
        if (left === 0) throw new Error(`The bucket did not appear: ${server.log().slice(-4000)}`, { cause: error });
        await sleep(100);
      }
    }
  });
  afterAll(() => server?.stop());

  // Rivals for one key wait for each other in steps of a second there.
  describeObjectStore('s3:, SeaweedFS', async () => openStore(urlOf(newPrefix())), { nestedKeys: 'kept', listedBy: 'folders', rivals: 6 });
  itServesUsers({ urlOf, shownAs, env: AWS_ENVIRONMENT, endpoint: () => server.endpoint });

  it('is found by the environment of the AWS tools', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', server.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    const prefix = newPrefix();
    expect(await openStore(`s3://${BUCKET}/${prefix}`).put('v1/a', new Uint8Array([1]))).toBe('created');
    vi.unstubAllEnvs();
    expect(await openStore(urlOf(prefix)).get('v1/a')).toEqual(new Uint8Array([1]));
  });

  it('says that the credentials are wrong', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another-secret');
    const error = await openStore(urlOf('x'))
      .check()
      .catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    expect(error).toMatchObject({
      code: 'CHRONICLE_STORE_UNAVAILABLE',
      facts: { reason: 'denied', retryable: false, status: 403, serviceCode: 'SignatureDoesNotMatch' },
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('another-secret');
  });

  it('says that there are no credentials', async () => {
    for (const name of Object.keys(AWS_ENVIRONMENT)) vi.stubEnv(name, '');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    const error = await openStore(urlOf('x'))
      .check()
      .catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'CHRONICLE_STORE_UNAVAILABLE', facts: { reason: 'credentials', retryable: false } });
  });

  it('says that the bucket does not exist', async () => {
    const store = openStore(`s3://no-such-bucket/x?endpoint=${server.endpoint}`);
    for (const action of [() => store.check(), () => store.get('v1/a'), () => store.put('v1/a', new Uint8Array([1]))]) {
      const error = await action().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'CHRONICLE_STORE_UNAVAILABLE',
        facts: { reason: 'absent', retryable: false, status: 404, serviceCode: 'NoSuchBucket' },
      });
    }
  });
});

describeWith('gofakes3')('gofakes3', () => {
  let server: ObjectServer;
  beforeAll(async () => {
    server = await startGofakes3(BUCKET);
  });
  afterAll(() => server?.stop());

  describeObjectStore('s3:, gofakes3', async () => openStore(`s3://${BUCKET}/${newPrefix()}?endpoint=${server.endpoint}`), { nestedKeys: 'kept' });
});
