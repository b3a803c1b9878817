// S3 and what speaks its protocol, by the client of AWS: credentials by its usual chain, checksums on by its default.

import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
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

type Sdk = typeof import('@aws-sdk/client-s3');

/** One attempt and two more, with the client's own back-off: what lasts longer is for who called. */
const MAX_ATTEMPTS = 3;
const CONNECTION_TIMEOUT_MILLIS = 5000;

const WORDS: BucketWords = {
  bucket: 'bucket',
  rights: { write: 's3:PutObject', read: 's3:GetObject', list: 's3:ListBucket', delete: 's3:DeleteObject' },
  credentials: 'the usual places of AWS (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, web identity, the role of the machine)',
};

/** Loads the client and opens the bucket. */
export async function connectS3(place: BucketPlace): Promise<BucketClient> {
  const sdk = await loadPeer(() => import('@aws-sdk/client-s3'), '@aws-sdk/client-s3', place.url);
  return new S3Bucket(sdk, new sdk.S3Client(configOf(place)), place.bucket);
}

function configOf({ parameters: { endpoint, region, pathStyle } }: BucketPlace): S3ClientConfig {
  const elsewhere = endpoint ?? serviceVariable('AWS_ENDPOINT_URL_S3') ?? serviceVariable('AWS_ENDPOINT_URL');
  // Servers other than AWS have no regions, but a signature names one.
  const signed = region ?? (elsewhere === undefined || serviceVariable('AWS_REGION') !== undefined ? undefined : 'us-east-1');
  return {
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MILLIS },
    // Asked for with whole objects only: of a range, some servers send the checksum of the whole.
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: pathStyle ?? elsewhere !== undefined,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(signed === undefined ? {} : { region: signed }),
  };
}

class S3Bucket implements BucketClient {
  readonly words = WORDS;

  constructor(
    private readonly sdk: Sdk,
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  async create(name: string, bytes: Uint8Array, abortSignal: AbortSignal): Promise<'created' | 'exists'> {
    const { PutObjectCommand } = this.sdk;
    const input = { Bucket: this.bucket, Key: name, Body: bytes, ContentLength: bytes.length, ContentType: 'application/octet-stream', IfNoneMatch: '*' };
    try {
      await this.client.send(new PutObjectCommand(input), { abortSignal });
      return 'created';
    } catch (error) {
      if (this.signsOf(error).status === 412) return 'exists';
      throw error;
    }
  }

  async read(name: string, range: ByteRange | undefined, abortSignal: AbortSignal): Promise<ReadObject | undefined> {
    const { GetObjectCommand } = this.sdk;
    const part = range === undefined ? { ChecksumMode: 'ENABLED' as const } : { Range: `bytes=${range.start}-${range.end - 1}` };
    try {
      const {
        Body: body,
        ContentLength: length,
        ContentRange: placed,
      } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: name, ...part }), { abortSignal });
      // The client stops listening to the signal once the answer has begun.
      const stop = () => (body as { destroy?: (reason: Error) => void } | undefined)?.destroy?.(new Error('stopped'));
      abortSignal.addEventListener('abort', stop, { once: true });
      const bytes = (await body?.transformToByteArray()) ?? new Uint8Array();
      abortSignal.removeEventListener('abort', stop);
      if (length !== undefined && bytes.length !== length) throw new DamagedTransfer(`${bytes.length} bytes came, and ${length} were announced`);
      return { bytes, objectBytes: range === undefined ? length : objectBytesIn(placed) };
    } catch (error) {
      const { status, serviceCode } = this.signsOf(error);
      // Past the end of the object.
      if (status === 416 && range !== undefined) return { bytes: new Uint8Array() };
      if (status === 404 && serviceCode !== 'NoSuchBucket') return undefined;
      throw error;
    }
  }

  async page(prefix: string, { after, maxObjects, token }: PageOptions, abortSignal: AbortSignal): Promise<Page> {
    const { ListObjectsV2Command } = this.sdk;
    const start = token === undefined ? (after === '' ? {} : { StartAfter: after }) : { ContinuationToken: token };
    const input = { Bucket: this.bucket, Prefix: prefix, MaxKeys: maxObjects, ...start };
    const {
      Contents: contents = [],
      NextContinuationToken: next,
      IsTruncated: more,
    } = await this.client.send(new ListObjectsV2Command(input), { abortSignal });
    return { objects: contents.map(({ Key = '', Size = 0 }) => ({ name: Key, size: Size })), next: more === true ? next : undefined };
  }

  async remove(name: string, abortSignal: AbortSignal): Promise<void> {
    await this.client.send(new this.sdk.DeleteObjectCommand({ Bucket: this.bucket, Key: name }), { abortSignal });
  }

  signsOf(error: unknown): ErrorSigns {
    const { name, code, message, $metadata } = error as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    if (status !== undefined) return { status, serviceCode: name, message };
    if (name === 'CredentialsProviderError') return { message, reason: 'credentials' };
    // The client checks what it received against the checksum that came along.
    if (/^checksum mismatch/i.test(message)) return { message, reason: 'damaged' };
    if (name === 'TimeoutError') return { message, systemCode: 'ETIMEDOUT' };
    return { message, systemCode: typeof code === 'string' ? code : undefined };
  }
}
