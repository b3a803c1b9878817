// Stores in buckets need a client that is no dependency: an installation without it says which one to install.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { lastJson, runNode } from './run-node.js';

const bare = inject('bare');
const BODY = `
const say = (error) => console.log(JSON.stringify({ code: error.code, message: error.message, facts: error.facts }));
(async () => {
  const archive = await openArchive(process.env.STORE);
  await archive.find('4bf92f3577b34da6a3ce929d0e0e4736');
})().catch(say);
`;
writeFileSync(join(bare, 'missing-client.mjs'), `import { openArchive } from 'chronicle-otel';${BODY}`);
writeFileSync(join(bare, 'missing-client.cjs'), `const { openArchive } = require('chronicle-otel');${BODY}`);

describe.each(['mjs', 'cjs'])('without the client of a service, as .%s', (form) => {
  it.each([
    ['s3://agent-runs/prod?region=eu-central-1', 's3://agent-runs/prod', '@aws-sdk/client-s3'],
    ['gs://agent-runs/prod', 'gs://agent-runs/prod', '@google-cloud/storage'],
    ['azblob://account1/agent-runs', 'azblob://account1/agent-runs', '@azure/storage-blob'],
  ])('%s says what to install', async (url, shown, packageName) => {
    for (const { path } of inject('runtimes')) {
      expect(lastJson(await runNode(path, bare, [`missing-client.${form}`], { STORE: url }))).toEqual({
        code: 'CHRONICLE_DEPENDENCY_MISSING',
        message: `Cannot open ${shown}: the package ${packageName} is not installed.\nInstall it beside chronicle-otel: npm install ${packageName}`,
        facts: { package: packageName },
      });
    }
  });
});
