// Google Cloud Storage, by Google's client: credentials as it finds them (application default credentials), CRC-32C of
// whole objects compared with the service's, in both directions.

import type { Bucket, Storage, StorageOptions } from '@google-cloud/storage';
import {
  type BucketClient,
  type BucketWords,
  type ErrorSigns,
  loadPeer,
  objectBytesIn,
  type Page,
  type PageOptions,
  type ReadObject,
} from './bucket-client.js';
import type { BucketPlace } from './bucket-url.js';
import type { ByteRange } from './object-store.js';
import { serviceVariable } from './service-environment.js';

/** After the first attempt, with the client's own back-off: what lasts longer is for who called. */
const MAX_RETRIES = 2;

const WORDS: BucketWords = {
  bucket: 'bucket',
  rights: { write: 'storage.objects.create', read: 'storage.objects.get', list: 'storage.objects.list', delete: 'storage.objects.delete' },
  credentials: 'the usual places of Google (GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login, the service account of the machine)',
};

/** Loads the client and opens the bucket. */
export async function connectGcs(place: BucketPlace, timeoutMillis: number): Promise<BucketClient> {
  const sdk = await loadPeer(() => import('@google-cloud/storage'), '@google-cloud/storage', place.url);
  return new GcsBucket(openStorage(sdk.Storage, place, timeoutMillis).bucket(place.bucket));
}

function openStorage(Client: new (options: StorageOptions) => Storage, { parameters }: BucketPlace, timeoutMillis: number): Storage {
  const endpoint = parameters.endpoint ?? emulatorEndpoint();
  const storage = new Client({
    timeout: timeoutMillis,
    retryOptions: { autoRetry: true, maxRetries: MAX_RETRIES, totalTimeout: Math.ceil(timeoutMillis / 1000) },
    // A token is not sent in the clear: a server that is reached by http is one of a test.
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint, useAuthWithCustomEndpoint: endpoint.startsWith('https:') }),
  });
  // The client would take STORAGE_EMULATOR_HOST first, though the URL of the store is nearer, and as it is, though it may be
  // with or without the path.
  if (endpoint !== undefined) storage.baseUrl = `${endpoint}/storage/v1`;
  return storage;
}

/** Where the tools of Google look for a server on this machine. */
function emulatorEndpoint(): string | undefined {
  const host = serviceVariable('STORAGE_EMULATOR_HOST')
    ?.replace(/\/+$/, '')
    .replace(/\/storage\/v1$/, '');
  return host === undefined || /^https?:\/\//.test(host) ? host : `http://${host}`;
}

class GcsBucket implements BucketClient {
  readonly words = WORDS;

  constructor(private readonly bucket: Bucket) {}

  async create(name: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const file = this.bucket.file(name);
    try {
      await file.save(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
        // One request: a resumable upload takes two and is for what is too large to send again.
        resumable: false,
        validation: 'crc32c',
        contentType: 'application/octet-stream',
        preconditionOpts: { ifGenerationMatch: 0 },
      });
      return 'created';
    } catch (error) {
      if (this.signsOf(error).status === 412) return 'exists';
      throw error;
    }
  }

  async read(name: string, range: ByteRange | undefined, signal: AbortSignal): Promise<ReadObject | undefined> {
    const part = range === undefined ? { validation: 'crc32c' as const } : { validation: false, start: range.start, end: range.end - 1 };
    const stream = this.bucket.file(name).createReadStream({ decompress: false, ...part });
    const stop = () => stream.destroy(new Error('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    let headers: Headers = {};
    stream.once('response', (response: { headers?: Headers }) => {
      headers = response.headers ?? {};
    });
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk as Uint8Array);
      return {
        bytes: plain(Buffer.concat(chunks)),
        objectBytes: range === undefined ? countIn(headers['content-length']) : objectBytesIn(headers['content-range']),
      };
    } catch (error) {
      const { status, message } = this.signsOf(error);
      // Past the end of the object.
      if (status === 416 && range !== undefined) return { bytes: new Uint8Array() };
      if (status !== 404) throw error;
      // A missing bucket has the same status; only what is there may be said to lack an object.
      if (!/no such object/i.test(message)) await this.bucketMustExist();
      return undefined;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Fails if the bucket is missing; whoever may not ask is taken to have one. */
  private async bucketMustExist(): Promise<void> {
    try {
      await this.bucket.getFiles({ maxResults: 1, autoPaginate: false });
    } catch (error) {
      if (this.signsOf(error).status === 404) throw error;
    }
  }

  async page(prefix: string, { after, maxObjects, token }: PageOptions): Promise<Page> {
    const [files, next] = await this.bucket.getFiles({
      prefix,
      maxResults: maxObjects,
      autoPaginate: false,
      // This one is included, so the caller leaves it out.
      ...(after > prefix ? { startOffset: after } : {}),
      ...(token === undefined ? {} : { pageToken: token }),
    });
    const { pageToken } = (next ?? {}) as { pageToken?: string };
    return { objects: files.map(({ name, metadata }) => ({ name, size: Number(metadata.size ?? 0) })), next: pageToken };
  }

  async remove(name: string): Promise<void> {
    await this.bucket.file(name).delete({ ignoreNotFound: true });
  }

  signsOf(error: unknown): ErrorSigns {
    const { code, message, errors } = error as Error & { code?: unknown; errors?: readonly { reason?: string }[] };
    if (typeof code === 'number') return { status: code, serviceCode: errors?.[0]?.reason, message };
    if (code === 'CONTENT_DOWNLOAD_MISMATCH' || code === 'FILE_NO_UPLOAD' || code === 'FILE_NO_UPLOAD_DELETE') return { message, reason: 'damaged' };
    if (/could not load the default credentials|could not refresh access token|invalid_grant/i.test(message)) return { message, reason: 'credentials' };
    return { message, systemCode: typeof code === 'string' ? code : undefined };
  }
}

type Headers = Readonly<Record<string, string | undefined>>;

function countIn(header: string | undefined): number | undefined {
  return header === undefined ? undefined : Number(header);
}

/** A Uint8Array that is no Buffer, as all stores give. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
