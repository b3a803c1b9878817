// A store in a bucket of a service: what S3, Google Cloud Storage and Azure Blob have in common. Keys below a prefix, a
// time limit on each operation, puts that may be repeated, and errors in one form. The rest is in the client's own file.

import { type BucketClient, DamagedTransfer, type ErrorSigns, type Operation, type Page } from './bucket-client.js';
import { bucketFailure } from './bucket-fault.js';
import type { BucketPlace } from './bucket-url.js';
import { checkKey, checkPrefix, checkRange, isKey, keyTaken, sameBytes } from './key.js';
import type { ByteRange, ListedObject, ListOptions, ObjectStore } from './object-store.js';

const DEFAULT_TIMEOUT_MILLIS = 60_000;
/** As many as S3 gives at once. */
const PAGE_OBJECTS = 1000;
/** How often a put is asked again that lost a race, or found its rival's object gone. */
const MAX_CREATES = 4;
const CREATE_AGAIN_MILLIS = 50;

/** Opens a bucket as a store. Its client is loaded, and credentials are looked for, when it is first used. */
export function openBucketStore(place: BucketPlace, connect: (timeoutMillis: number) => Promise<BucketClient>): ObjectStore {
  return new BucketStore(place, connect);
}

class BucketStore implements ObjectStore {
  readonly url: string;
  private readonly timeoutMillis: number;
  private connected: Promise<BucketClient> | undefined;

  constructor(
    private readonly place: BucketPlace,
    private readonly connect: (timeoutMillis: number) => Promise<BucketClient>,
  ) {
    this.url = place.url;
    this.timeoutMillis = place.parameters.timeoutMillis ?? DEFAULT_TIMEOUT_MILLIS;
  }

  async put(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    checkKey(key);
    const name = this.place.prefix + key;
    for (let attempt = 1; ; attempt++) {
      const last = attempt === MAX_CREATES;
      const made = await this.attempt('write', key, async (client, signal) => {
        try {
          return await client.create(name, bytes, signal);
        } catch (error) {
          // Somebody else is writing this key just now: soon it is there, or it is not.
          if (!last && client.signsOf(error).serviceCode === 'ConditionalRequestConflict') return 'contended';
          throw error;
        }
      });
      if (made === 'created') return 'created';
      if (made === 'exists') {
        // Whoever asks again after an answer was lost must be told that it is done. One byte more shows a longer object.
        const stored = await this.get(key, { start: 0, end: bytes.length + 1 });
        if (stored !== undefined && sameBytes(stored, bytes)) return 'exists';
        if (stored !== undefined || last) throw keyTaken(key, this.url);
      }
      await pause(CREATE_AGAIN_MILLIS * attempt);
    }
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    checkRange(range);
    const name = this.place.prefix + key;
    // HTTP has no empty range; one byte tells whether there is an object.
    const asked = range !== undefined && range.start === range.end ? { start: range.start, end: range.start + 1 } : range;
    return this.attempt('read', key, async (client, signal) => {
      const found = await client.read(name, asked, signal);
      if (found === undefined) return undefined;
      const { bytes, objectBytes } = found;
      if (objectBytes !== undefined) {
        const expected = asked === undefined ? objectBytes : Math.max(0, Math.min(asked.end, objectBytes) - asked.start);
        if (bytes.length !== expected) throw new DamagedTransfer(`${bytes.length} bytes came, and ${expected} were announced`);
      }
      return range === asked ? bytes : new Uint8Array();
    });
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    checkPrefix(prefix);
    const { after = '' } = options;
    const { prefix: place } = this.place;
    let token: string | undefined;
    do {
      const page: Page = await this.attempt('list', prefix, (client, signal) =>
        client.page(place + prefix, { after: after === '' ? '' : place + after, maxObjects: PAGE_OBJECTS, token }, signal),
      );
      for (const { name, size } of page.objects) {
        const key = name.slice(place.length);
        // Other programs may keep files here too, and consoles make objects that stand for folders.
        if (key > after && isKey(key)) yield { key, size };
      }
      token = page.next;
    } while (token !== undefined);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.attempt('delete', key, (client, signal) => client.remove(this.place.prefix + key, signal));
  }

  async check(): Promise<void> {
    await this.attempt('list', undefined, (client, signal) => client.page(this.place.prefix, { after: '', maxObjects: 1, token: undefined }, signal));
  }

  /** Does one operation within its time, and says in our words how it failed. */
  private async attempt<T>(operation: Operation, key: string | undefined, work: (client: BucketClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    const client = await this.client();
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Late());
        abort.abort();
      }, this.timeoutMillis);
    });
    try {
      // Not every client can be stopped, so the clock decides and the signal only saves what work it can.
      return await Promise.race([work(client, abort.signal), late]);
    } catch (error) {
      const { endpoint } = this.place.parameters;
      throw bucketFailure({ operation, key, store: this.url, endpoint, words: client.words }, this.signsOf(error, client));
    } finally {
      clearTimeout(timer);
    }
  }

  private async client(): Promise<BucketClient> {
    this.connected ??= this.connect(this.timeoutMillis);
    try {
      return await this.connected;
    } catch (error) {
      // The next use looks again: a package may have been installed.
      this.connected = undefined;
      throw error;
    }
  }

  private signsOf(error: unknown, client: BucketClient): ErrorSigns {
    if (error instanceof Late) return { message: `no answer within ${this.timeoutMillis} ms`, systemCode: 'ETIMEDOUT' };
    if (error instanceof DamagedTransfer) return { message: error.message, reason: 'damaged' };
    return client.signsOf(error);
  }
}

/** The time for an operation is over. */
class Late extends Error {}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}
