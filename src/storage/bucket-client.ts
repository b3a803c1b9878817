// What a bucket store asks of the client of a service. Each service has one file that answers it, the only one to know
// that client, loaded when the store is first used.

import { ChronicleError } from '../errors.js';
import type { ByteRange } from './object-store.js';

/** One service, as a bucket store sees it. Names are whole names in the bucket; what fails throws what the client threw. */
export interface BucketClient {
  readonly words: BucketWords;
  /** Stores an object unless the name is taken. */
  create(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<'created' | 'exists'>;
  /** Reads an object, whole or a range that is not empty; undefined if there is none. */
  read(name: string, range: ByteRange | undefined, signal: AbortSignal): Promise<ReadObject | undefined>;
  /** One page of the names that begin with `prefix`, sorted, with `after` only greater ones if the service can do that. */
  page(prefix: string, options: PageOptions, signal: AbortSignal): Promise<Page>;
  /** Removes an object, if it is there. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** What a thrown error says, in the terms that all services share. */
  signsOf(error: unknown): ErrorSigns;
}

/** Bytes that were read. */
export interface ReadObject {
  readonly bytes: Uint8Array;
  /** Size of the whole object, where the service said it. */
  readonly objectBytes?: number | undefined;
}

/** Which page is wanted. */
export interface PageOptions {
  readonly after: string;
  readonly maxObjects: number;
  /** Where the page before said that the next one begins. */
  readonly token: string | undefined;
}

/** A page of a listing. */
export interface Page {
  readonly objects: readonly { readonly name: string; readonly size: number }[];
  /** Undefined for the last page. */
  readonly next: string | undefined;
}

/** What is known of a failed request. */
export interface ErrorSigns {
  readonly status?: number | undefined;
  /** The service's own word, such as `AccessDenied`. */
  readonly serviceCode?: string | undefined;
  /** Node's word for a fault of the network, such as `ECONNREFUSED`. */
  readonly systemCode?: string | undefined;
  readonly message: string;
  /** What the adapter knows for sure and no status says. */
  readonly reason?: 'credentials' | 'absent' | 'damaged' | undefined;
}

/** How one kind of store is talked about. */
export interface BucketWords {
  readonly bucket: 'bucket' | 'container';
  /** The permission that each operation needs. */
  readonly rights: Readonly<Record<Operation, string>>;
  /** Where credentials are looked for. */
  readonly credentials: string;
}

/** What was being done when it failed. */
export type Operation = 'write' | 'read' | 'list' | 'delete';

/** Bytes that are not what the service said it sent. */
export class DamagedTransfer extends Error {}

/** The size of the whole object in the header `Content-Range: bytes 0-9/1234`. */
export function objectBytesIn(contentRange: string | undefined): number | undefined {
  const [, size] = /\/(\d+)$/.exec(contentRange ?? '') ?? [];
  return size === undefined ? undefined : Number(size);
}

/** Loads a package that is an optional peer; the error for a missing one says what to install. */
export async function loadPeer<T>(load: () => Promise<T>, packageName: string, neededFor: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    // A package that is there and does not work is another fault than one that is missing.
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = /^(?:ERR_)?MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(`'${packageName}'`);
    const what = missing ? `the package ${packageName} is not installed` : `the package ${packageName} cannot be loaded`;
    throw new ChronicleError(
      'CHRONICLE_DEPENDENCY_MISSING',
      `Cannot open ${neededFor}: ${what}.\nInstall it beside chronicle-otel: npm install ${packageName}`,
      {
        facts: { package: packageName },
        cause,
      },
    );
  }
}
