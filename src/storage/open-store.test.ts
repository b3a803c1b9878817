import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isChronicleError } from '../errors.js';
import { openStore } from './open-store.js';

const here = `file://${process.cwd().split('/').map(encodeURIComponent).join('/')}`;
const above = here.slice(0, here.lastIndexOf('/'));

const supported =
  'Supported are folders (file:./runs, file:///var/lib/runs, or a plain path), s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, azblob://ACCOUNT/CONTAINER/PREFIX and memory:NAME.';

describe('openStore()', () => {
  it.each([
    ['./runs', `${here}/runs`],
    ['runs', `${here}/runs`],
    ['runs/prod/', `${here}/runs/prod`],
    ['../runs', `${above}/runs`],
    ['.', here],
    ['/var/lib/runs', 'file:///var/lib/runs'],
    ['/var/lib/runs/', 'file:///var/lib/runs'],
    ['/var//lib/./x/../runs', 'file:///var/lib/runs'],
    ['/with space/100%', 'file:///with%20space/100%25'],
    ['/a#b?c', 'file:///a%23b%3Fc'],
    ['/', 'file:///'],
    ['./~/runs', `${here}/~/runs`],
    ['~name/runs', `${here}/~name/runs`],
    ['./c:runs', `${here}/c%3Aruns`],
    ['file:./runs', `${here}/runs`],
    ['file:runs', `${here}/runs`],
    ['file:../runs', `${above}/runs`],
    ['file:/var/lib/runs', 'file:///var/lib/runs'],
    ['file:///var/lib/runs', 'file:///var/lib/runs'],
    ['file:///var/lib/runs//', 'file:///var/lib/runs'],
    ['file://localhost/var/lib/runs', 'file:///var/lib/runs'],
    ['FILE:///var/lib/runs', 'file:///var/lib/runs'],
    ['file:///with%20space/100%25/a%23b', 'file:///with%20space/100%25/a%23b'],
    ['file:./caf%C3%A9', `${here}/caf%C3%A9`],
    ['memory:test-1.a_b', 'memory:test-1.a_b'],
    ['s3://agent-runs', 's3://agent-runs'],
    ['s3://agent-runs/', 's3://agent-runs'],
    ['S3://agent-runs/prod/eu/', 's3://agent-runs/prod/eu'],
    ['s3://agent.runs/prod?region=eu-central-1&endpoint=http://127.0.0.1:9000/&pathStyle=false&timeoutMillis=500', 's3://agent.runs/prod'],
    ['s3://agent-runs?endpoint=https%3A%2F%2Fobjects.example%2Fs3', 's3://agent-runs'],
    ['gs://agent-runs/prod/', 'gs://agent-runs/prod'],
    ['azblob://account1/agent-runs/prod/?timeoutMillis=1', 'azblob://account1/agent-runs/prod'],
  ])('opens %s as %s', (url, canonical) => {
    expect(openStore(url).url).toBe(canonical);
    expect(openStore(openStore(url).url).url).toBe(canonical);
  });

  it.each([
    ['', '"" names no store: it is empty.'],
    ['  ', '"  " names no store: it is empty.'],
    ['file:', '"file:" names no store: it names no folder.'],
    ['file://', '"file://" names no store: it names no folder.'],
    ['~/runs', '"~/runs" names no store: ~ is not expanded here.', 'Write the whole path.'],
    ['~', '"~" names no store: ~ is not expanded here.', 'Write the whole path.'],
    ['file:~/runs', '"file:~/runs" names no store: ~ is not expanded here.', 'Write the whole path.'],
    ['a\0b', '"a\\u0000b" names no store: it has a null character.'],
    ['file:a%00b', '"file:a%00b" names no store: it has a null character.'],
    ['a\uD800', '"a\\ud800" names no store: it is not well-formed Unicode.'],
    ['file:a%2Fb', '"file:a%2Fb" names no store: it has an encoded slash (%2F).'],
    ['file:./100%', '"file:./100%" names no store: it has a % that does not begin an encoded character.', 'Write %25 for a percent sign.'],
    ['file:./a?b', '"file:./a?b" names no store: it has a ? or #.', 'Write %3F or %23 if the name of the folder has one.'],
    [
      'file://./runs',
      '"file://./runs" names no store: after two slashes comes the name of a host, here ".".',
      'Write file:///path for an absolute path, or file:path for a relative one.',
    ],
    [
      'file://runs',
      '"file://runs" names no store: after two slashes comes the name of a host, here "runs".',
      'Write file:///path for an absolute path, or file:path for a relative one.',
    ],
    ['memory:', '"memory:" names no store: the name after memory: must be letters, digits and . _ -.', 'Write for example memory:test.'],
    ['memory:a/b', '"memory:a/b" names no store: the name after memory: must be letters, digits and . _ -.', 'Write for example memory:test.'],
    ['s3://', '"s3://" names no store: after s3:// comes the name of a bucket.', 'Write for example s3://bucket/prefix?region=eu-central-1.'],
    ['s3:agent-runs', '"s3:agent-runs" names no store: after s3:// comes the name of a bucket.', 'Write for example s3://bucket/prefix?region=eu-central-1.'],
    [
      's3://agent-runs/a/../b',
      '"s3://agent-runs/a/../b" names no store: its prefix has the part "..", and parts are letters, digits and . _ = - after a first letter or digit.',
      'Write for example s3://bucket/prefix?region=eu-central-1.',
    ],
    [
      's3://agent-runs//a',
      '"s3://agent-runs//a" names no store: its prefix has the part "", and parts are letters, digits and . _ = - after a first letter or digit.',
      'Write for example s3://bucket/prefix?region=eu-central-1.',
    ],
    ['s3://agent-runs#x', '"s3://agent-runs#x" names no store: it has a #.', 'Write for example s3://bucket/prefix?region=eu-central-1.'],
    [
      's3://AKIA123:secret/with/slash@agent-runs',
      '"s3://***@agent-runs" names no store: it has credentials in it.',
      'Give them to the client of the service, for example in environment variables.',
    ],
    [
      's3://agent-runs?acl=public&secretAccessKey=abc&region=eu-central-1',
      '"s3://agent-runs?acl=***&secretAccessKey=***&region=***" names no store: there are no parameters "acl", "secretAccessKey" of s3:.',
      'Known are endpoint, region, pathStyle, timeoutMillis.',
    ],
    ['gs://agent-runs?region=eu', '"gs://agent-runs?region=***" names no store: there is no parameter "region" of gs:.', 'Known are endpoint, timeoutMillis.'],
    ['s3://agent-runs?region=a&region=b', '"s3://agent-runs?region=***&region=***" names no store: its parameter region is there twice.', 'Leave one of them.'],
    [
      's3://agent-runs?endpoint=http://me:secret@host',
      '"s3://agent-runs?endpoint=***" names no store: its parameter endpoint is no http or https URL without credentials and parameters.',
      'Write for example endpoint=http://127.0.0.1:9000.',
    ],
    [
      's3://agent-runs?endpoint=localhost:9000',
      '"s3://agent-runs?endpoint=***" names no store: its parameter endpoint is no http or https URL without credentials and parameters.',
      'Write for example endpoint=http://127.0.0.1:9000.',
    ],
    [
      's3://agent-runs?pathStyle=1',
      '"s3://agent-runs?pathStyle=***" names no store: its parameter pathStyle is neither true nor false.',
      'Write pathStyle=true or pathStyle=false.',
    ],
    [
      's3://agent-runs?region=',
      '"s3://agent-runs?region=***" names no store: its parameter region is no name of a region.',
      'Write for example region=eu-central-1.',
    ],
    [
      'gs://agent-runs?timeoutMillis=0',
      '"gs://agent-runs?timeoutMillis=***" names no store: its parameter timeoutMillis is no whole number from 1 to 3600000.',
      'Write for example timeoutMillis=60000.',
    ],
    [
      'azblob://account1',
      '"azblob://account1" names no store: after the account comes the name of a container.',
      'Write for example azblob://account/container/prefix.',
    ],
    [
      'azblob://My.Account/agent-runs',
      '"azblob://My.Account/agent-runs" names no store: after azblob:// comes the name of a storage account, 3 to 24 lower-case letters and digits.',
      'Write for example azblob://account/container/prefix.',
    ],
    [
      'https://me:secret@host/x',
      '"https://***@host/x" names no store: there is no store of the kind https:.',
      'A folder whose name has a colon is written with ./ before it.',
    ],
  ])('refuses %j', (url, first, advice?: string) => {
    let caught: unknown;
    try {
      openStore(url);
    } catch (error) {
      caught = error;
    }
    expect(isChronicleError(caught, 'CHRONICLE_OPTION_INVALID')).toBe(true);
    expect((caught as Error).message).toBe(`${first}\n${advice === undefined ? '' : `${advice} `}${supported}`);
  });

  it('gives the same objects for the same memory name', async () => {
    await openStore('memory:shared').put('k', new Uint8Array([1]));
    expect(await openStore('memory:shared').get('k')).toEqual(new Uint8Array([1]));
    expect(await openStore('memory:other').get('k')).toBeUndefined();
  });

  it('opens every URL of the guide', () => {
    const guide = readFileSync(new URL('../../docs/guides/stores.md', import.meta.url), 'utf8');
    const urls = [...guide.matchAll(/(?:CHRONICLE_STORE=|--store |store: )'?((?:s3|gs|azblob):\/\/[^' \n]+)/g)].map(([, url = '']) => url);
    expect(urls.length).toBeGreaterThan(4);
    for (const url of urls) expect(openStore(url).url).toBe(url.split('?')[0]);
    for (const name of ['endpoint', 'region', 'pathStyle', 'timeoutMillis']) expect(guide).toContain(`| \`${name}\` |`);
  });
});
