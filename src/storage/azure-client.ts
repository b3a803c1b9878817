// Azure Blob Storage, by Microsoft's client. It reads no environment by itself, so what the tools of Azure read is read
// here: a connection string, or the account's key, or a SAS token; else the identity of whoever runs this.

import { createHash, getFips } from 'node:crypto';
import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { ChronicleError } from '../errors.js';
import {
  type BucketClient,
  type BucketWords,
  DamagedTransfer,
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

type Sdk = typeof import('@azure/storage-blob');

/** One attempt and two more, soon after: what lasts longer is for who called. */
const PIPELINE: StoragePipelineOptions = { retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 } };

const WORDS: BucketWords = {
  bucket: 'container',
  rights: {
    write: 'Storage Blob Data Contributor',
    read: 'Storage Blob Data Reader',
    list: 'Storage Blob Data Reader',
    delete: 'Storage Blob Data Contributor',
  },
  credentials: 'AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, else where @azure/identity looks (az login, a managed identity)',
};

/** Loads the client and opens the container. */
export async function connectAzure(place: BucketPlace): Promise<BucketClient> {
  const sdk = await loadPeer(() => import('@azure/storage-blob'), '@azure/storage-blob', place.url);
  return new AzureContainer(await openContainer(sdk, place));
}

async function openContainer(sdk: Sdk, place: BucketPlace): Promise<ContainerClient> {
  const { account = '', bucket: container, parameters } = place;
  const connection = serviceVariable('AZURE_STORAGE_CONNECTION_STRING');
  // Code beats environment: with an endpoint in the URL, the one in the connection string is not meant.
  if (connection !== undefined && parameters.endpoint === undefined) return ofConnectionString(sdk, connection, place);
  const url = `${parameters.endpoint ?? `https://${account}.blob.core.windows.net`}/${container}`;
  const key = serviceVariable('AZURE_STORAGE_KEY');
  if (key !== undefined) return new sdk.ContainerClient(url, new sdk.StorageSharedKeyCredential(account, key), PIPELINE);
  const token = serviceVariable('AZURE_STORAGE_SAS_TOKEN');
  if (token !== undefined) return new sdk.ContainerClient(`${url}?${token.replace(/^\?/, '')}`, new sdk.AnonymousCredential(), PIPELINE);
  const needed = `${place.url} with the identity of whoever runs this, since neither AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY nor AZURE_STORAGE_SAS_TOKEN is set`;
  const { DefaultAzureCredential } = await loadPeer(() => import('@azure/identity'), '@azure/identity', needed);
  return new sdk.ContainerClient(url, new DefaultAzureCredential(), PIPELINE);
}

function ofConnectionString(sdk: Sdk, connection: string, { account, bucket, url }: BucketPlace): ContainerClient {
  let client: ContainerClient;
  try {
    client = new sdk.ContainerClient(connection, bucket, PIPELINE);
  } catch {
    // The client's error may quote the string, and there is a key in it.
    throw wrongConnection(url, 'it is no connection string of a storage account');
  }
  if (client.accountName !== account) throw wrongConnection(url, `it is one of the account ${JSON.stringify(client.accountName)}`);
  return client;
}

function wrongConnection(url: string, fault: string): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_OPTION_INVALID',
    `Cannot open ${url} with AZURE_STORAGE_CONNECTION_STRING: ${fault}.\nCopy the one of that account from the portal, or unset the variable to use other credentials.`,
    { facts: { store: url, variable: 'AZURE_STORAGE_CONNECTION_STRING' } },
  );
}

class AzureContainer implements BucketClient {
  readonly words = WORDS;

  constructor(private readonly container: ContainerClient) {}

  async create(name: string, bytes: Uint8Array, abortSignal: AbortSignal): Promise<'created' | 'exists'> {
    const md5 = md5Of(bytes);
    try {
      await this.container.getBlockBlobClient(name).upload(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), bytes.length, {
        abortSignal,
        conditions: { ifNoneMatch: '*' },
        // The service compares it with what arrived, keeps it, and sends it along with the whole object.
        blobHTTPHeaders: { blobContentType: 'application/octet-stream', ...(md5 === undefined ? {} : { blobContentMD5: md5 }) },
      });
      return 'created';
    } catch (error) {
      const { status, serviceCode } = this.signsOf(error);
      if (serviceCode === 'BlobAlreadyExists' || status === 412) return 'exists';
      throw error;
    }
  }

  async read(name: string, range: ByteRange | undefined, abortSignal: AbortSignal): Promise<ReadObject | undefined> {
    const [offset, count] = range === undefined ? [0, undefined] : [range.start, range.end - range.start];
    try {
      const answer = await this.container.getBlobClient(name).download(offset, count, { abortSignal, maxRetryRequests: 2 });
      const chunks: Uint8Array[] = [];
      if (answer.readableStreamBody !== undefined) for await (const chunk of answer.readableStreamBody) chunks.push(chunk as unknown as Uint8Array);
      const whole = Buffer.concat(chunks);
      const bytes = new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength);
      const announced = range === undefined ? answer.contentMD5 : undefined;
      const came = announced === undefined ? undefined : md5Of(bytes);
      if (announced !== undefined && came !== undefined && Buffer.compare(announced, came) !== 0) {
        throw new DamagedTransfer('the MD5 of what came is not the one of the object');
      }
      return { bytes, objectBytes: range === undefined ? answer.contentLength : objectBytesIn(answer.contentRange) };
    } catch (error) {
      const { status, serviceCode } = this.signsOf(error);
      // Past the end of the object.
      if (status === 416 && range !== undefined) return { bytes: new Uint8Array() };
      if (status === 404 && serviceCode !== 'ContainerNotFound') return undefined;
      throw error;
    }
  }

  async page(prefix: string, { maxObjects, token }: PageOptions, abortSignal: AbortSignal): Promise<Page> {
    // Only the newest versions of the service can begin after a name, so the caller leaves out what is before it.
    const pages = this.container
      .listBlobsFlat({ prefix, abortSignal })
      .byPage({ maxPageSize: maxObjects, ...(token === undefined ? {} : { continuationToken: token }) });
    for await (const { segment, continuationToken } of pages) {
      const objects = segment.blobItems.map(({ name, properties }) => ({ name, size: properties.contentLength ?? 0 }));
      return { objects, next: continuationToken || undefined };
    }
    return { objects: [], next: undefined };
  }

  async remove(name: string, abortSignal: AbortSignal): Promise<void> {
    await this.container.getBlobClient(name).deleteIfExists({ abortSignal });
  }

  signsOf(error: unknown): ErrorSigns {
    const { name, code, statusCode, message, details } = error as Error & { code?: unknown; statusCode?: unknown; details?: { errorCode?: unknown } };
    const word = typeof code === 'string' ? code : undefined;
    if (typeof statusCode === 'number') {
      const serviceCode = word ?? (typeof details?.errorCode === 'string' ? details.errorCode : undefined);
      return { status: statusCode, serviceCode, message: firstLine(message) };
    }
    if (/CredentialUnavailableError|AuthenticationError|AggregateAuthenticationError/.test(name)) return { message: firstLine(message), reason: 'credentials' };
    // It aborts by itself where a connection broke; when our time is over, nobody asks what it says.
    if (name === 'AbortError') return { message: 'the connection was closed before the end', systemCode: 'ECONNRESET' };
    // What its own reader of bodies says, after asking for the rest in vain.
    if (/^data corruption failure/i.test(message)) return { message: firstLine(message), reason: 'damaged' };
    return { message: firstLine(message), systemCode: word };
  }
}

/** What follows are the request's number and time, over several lines. */
function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

/** Undefined where MD5 is not allowed. */
function md5Of(bytes: Uint8Array): Uint8Array | undefined {
  return getFips() === 1 ? undefined : new Uint8Array(createHash('md5').update(bytes).digest());
}
