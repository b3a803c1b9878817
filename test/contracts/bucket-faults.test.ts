// What a bucket store says of a service that fails, for each client, against a server of ours that answers as told. What
// works is tested against real servers, in test/servers.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ChronicleError } from '../../src/errors.js';
import { openStore } from '../../src/storage/index.js';

const ACCESS_KEY = 'AKIATESTTESTTEST';
const SECRET_KEY = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==';

beforeAll(() => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY, AZURE_STORAGE_KEY: SECRET_KEY });
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
});

/** Starts a server; its base URL. */
async function serve(answer: Answer): Promise<string> {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failureOf(action: Promise<unknown>): Promise<ChronicleError> {
  const error = await action.then(
    () => new Error('It did not fail.'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ChronicleError)) throw error;
  // Neither the error nor what hangs on it holds what it was signed with.
  const everything = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [SECRET_KEY, ACCESS_KEY, 'Signature=', 'SharedKey']) expect(everything).not.toContain(secret);
  return error;
}

/** One service: its URL, and how it words an error. */
interface Service {
  readonly url: string;
  readonly open: (endpoint: string, parameters?: string) => ReturnType<typeof openStore>;
  readonly refuse: (status: number, code: string, message: string) => Answer;
  /** Headers that announce a digest of the object that is not the one of "hello". */
  readonly wrongDigest: Readonly<Record<string, string>>;
  readonly codes: { readonly denied: string; readonly absent: string; readonly busy: string };
  readonly right: string;
  readonly credentials: string;
  readonly bucket: string;
}

const services: Readonly<Record<string, Service>> = {
  s3: {
    url: 's3://agent-runs/prod',
    open: (endpoint, parameters = '') => openStore(`s3://agent-runs/prod?endpoint=${endpoint}${parameters}`),
    refuse: (status, code, message) => (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    },
    wrongDigest: { 'x-amz-checksum-crc32': 'AAAAAA==' },
    codes: { denied: 'AccessDenied', absent: 'NoSuchBucket', busy: 'SlowDown' },
    right: 's3:PutObject',
    credentials: 'the usual places of AWS (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, web identity, the role of the machine)',
    bucket: 'bucket',
  },
  gs: {
    url: 'gs://agent-runs/prod',
    open: (endpoint, parameters = '') => openStore(`gs://agent-runs/prod?endpoint=${endpoint}${parameters}`),
    refuse: (status, code, message) => (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: status, message, errors: [{ reason: code, message }] } }));
    },
    wrongDigest: { 'x-goog-hash': 'crc32c=AAAAAA==', 'x-goog-stored-content-encoding': 'identity' },
    codes: { denied: 'forbidden', absent: 'notFound', busy: 'backendError' },
    right: 'storage.objects.create',
    credentials: 'the usual places of Google (GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login, the service account of the machine)',
    bucket: 'bucket',
  },
  azblob: {
    url: 'azblob://account1/agent-runs/prod',
    open: (endpoint, parameters = '') => openStore(`azblob://account1/agent-runs/prod?endpoint=${endpoint}${parameters}`),
    refuse: (status, code, message) => (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}\nRequestId:1\nTime:2</Message></Error>`);
    },
    wrongDigest: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
    codes: { denied: 'AuthorizationPermissionMismatch', absent: 'ContainerNotFound', busy: 'ServerBusy' },
    right: 'Storage Blob Data Contributor',
    credentials: 'AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, else where @azure/identity looks (az login, a managed identity)',
    bucket: 'container',
  },
};

const bytes = new TextEncoder().encode('hello');

describe.each(Object.entries(services))('a store of the kind %s:', (_kind, service) => {
  const { codes } = service;

  it('says that it may not write, what to allow, and that trying again will not help', async () => {
    const endpoint = await serve(service.refuse(403, codes.denied, 'Not for you.'));
    const error = await failureOf(service.open(endpoint).put('v1/a', bytes));
    expect(error.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    expect(error.message).toBe(
      `Cannot write v1/a to ${service.url}: 403 ${codes.denied}: Not for you.\nAllow ${service.right} on it, or use other credentials: ${service.credentials}.`,
    );
    expect(error.facts).toEqual({
      store: service.url,
      key: 'v1/a',
      endpoint,
      operation: 'write',
      reason: 'denied',
      retryable: false,
      status: 403,
      serviceCode: codes.denied,
    });
  });

  it('says that its bucket does not exist', async () => {
    const endpoint = await serve(service.refuse(404, codes.absent, 'The specified bucket does not exist.'));
    const store = service.open(endpoint);
    const put = await failureOf(store.put('v1/a', bytes));
    expect(put.message).toBe(
      `Cannot write v1/a to ${service.url}: 404 ${codes.absent}: The specified bucket does not exist.\nCreate the ${service.bucket}, or correct the URL of the store; it is not made by itself.`,
    );
    expect(put.facts).toMatchObject({ reason: 'absent', retryable: false, status: 404 });
    expect((await failureOf(store.get('v1/a'))).facts).toMatchObject({ operation: 'read', reason: 'absent', retryable: false });
    expect((await failureOf(store.check())).message).toMatch(new RegExp(`^Cannot list ${service.url}: 404 `));
  });

  it('says that the service is busy, after a few attempts, and that it can be tried again', async () => {
    let requests = 0;
    const refuse = service.refuse(503, codes.busy, 'Please reduce your request rate.');
    const endpoint = await serve((request, response) => {
      requests++;
      refuse(request, response);
    });
    const error = await failureOf(service.open(endpoint).put('v1/a', bytes));
    expect(error.facts).toMatchObject({ reason: 'busy', retryable: true, status: 503, key: 'v1/a' });
    expect(error.message).toContain('\nThe service asks for fewer requests. It can be tried again later.');
    expect(requests).toBe(3);
  });

  it('says that there is no answer, in its time', async () => {
    const endpoint = await serve(() => undefined);
    const store = service.open(endpoint, '&timeoutMillis=200');
    const begin = performance.now();
    const error = await failureOf(store.put('v1/a', bytes));
    expect(error.message).toBe(
      `Cannot write v1/a to ${service.url}: ETIMEDOUT: no answer within 200 ms.\nIt can be tried again; timeoutMillis in the URL of the store gives it longer.`,
    );
    expect(error.facts).toMatchObject({ reason: 'timeout', retryable: true });
    expect((await failureOf(store.get('v1/a'))).facts).toMatchObject({ operation: 'read', reason: 'timeout', retryable: true });
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  it('says that nothing of an answer came after its beginning', async () => {
    const endpoint = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000', etag: '"1"' });
      response.write('the beginning');
    });
    const error = await failureOf(service.open(endpoint, '&timeoutMillis=300').get('v1/a'));
    expect(error.facts).toMatchObject({ operation: 'read', reason: 'timeout', retryable: true });
  });

  it('says that nobody listens there', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const endpoint = `http://127.0.0.1:${(taken.address() as AddressInfo).port}`;
    await new Promise((resolve) => taken.close(resolve));
    const error = await failureOf(service.open(endpoint).put('v1/a', bytes));
    expect(error.message).toContain(`Cannot write v1/a to ${service.url}: ECONNREFUSED: `);
    expect(error.message).toContain(`\nCheck the network and ${endpoint}. It can be tried again later.`);
    expect(error.facts).toMatchObject({ reason: 'unreachable', retryable: true, systemCode: 'ECONNREFUSED' });
  });

  // The client of Google does not notice, and that of Microsoft asks again and again: the time that is set ends it.
  it('refuses an object that was cut on the way', async () => {
    const endpoint = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000', etag: '"1"' });
      response.write('the beginning');
      setTimeout(() => response.destroy(), 20);
    });
    const error = await failureOf(service.open(endpoint, '&timeoutMillis=1000').get('v1/a'));
    expect(error.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    expect(error.facts, error.message).toMatchObject({ operation: 'read', key: 'v1/a', retryable: true });
  });

  it('refuses an object that was changed on the way', async () => {
    const endpoint = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '5', etag: '"1"', ...service.wrongDigest });
      response.end('hello');
    });
    const error = await failureOf(service.open(endpoint).get('v1/a'));
    expect(error.facts).toMatchObject({ operation: 'read', reason: 'damaged', retryable: true });
  });
});
