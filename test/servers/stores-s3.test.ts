// The S3 store against real servers of that protocol.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
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
});

describeWith('gofakes3')('gofakes3', () => {
  let server: ObjectServer;
  beforeAll(async () => {
    server = await startGofakes3(BUCKET);
  });
  afterAll(() => server?.stop());

  describeObjectStore('s3:, gofakes3', async () => openStore(`s3://${BUCKET}/${newPrefix()}?endpoint=${server.endpoint}`), { nestedKeys: 'kept' });
});
