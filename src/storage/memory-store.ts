// A store in the memory of the process: for tests and examples. Nothing survives the process.

import { checkKey, checkPrefix, checkRange, foldersOf, keyTaken, nestedKey, sameBytes } from './key.js';
import type { ByteRange, ListedObject, ListOptions, ObjectStore } from './object-store.js';

/** Shared by all copies of this package in one process, so that what the ESM build wrote the CommonJS build can read. */
const STORES = Symbol.for('chronicle.memory-stores.v1');

/** What one memory store holds. Kept plain, since another copy of the package may have made it. */
interface Content {
  readonly objects: Map<string, Uint8Array>;
  /** How many objects lie below each folder. */
  readonly folders: Map<string, number>;
}

/** The memory store of that name. Two calls with one name see the same objects. */
export function openMemoryStore(name: string): ObjectStore {
  const holder = globalThis as { [STORES]?: Map<string, Content> };
  const stores = (holder[STORES] ??= new Map());
  let content = stores.get(name);
  if (content === undefined) {
    content = { objects: new Map(), folders: new Map() };
    stores.set(name, content);
  }
  return new MemoryStore(`memory:${name}`, content);
}

class MemoryStore implements ObjectStore {
  constructor(
    readonly url: string,
    private readonly content: Content,
  ) {}

  async put(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    checkKey(key);
    const { objects, folders } = this.content;
    const stored = objects.get(key);
    if (stored !== undefined) {
      if (sameBytes(stored, bytes)) return 'exists';
      throw keyTaken(key, this.url);
    }
    const above = foldersOf(key);
    // A folder cannot hold both `a` and `a/b`; a test against memory should meet that before production does.
    if (folders.has(key) || above.some((folder) => objects.has(folder))) throw nestedKey(key, this.url);
    // A copy, since the caller may use its buffer again; and not by slice(), which shares the memory of a Buffer.
    objects.set(key, new Uint8Array(bytes));
    for (const folder of above) folders.set(folder, (folders.get(folder) ?? 0) + 1);
    return 'created';
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    checkRange(range);
    return this.content.objects.get(key)?.slice(range?.start, range?.end);
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    checkPrefix(prefix);
    const { after = '' } = options;
    const { objects } = this.content;
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (const key of keys) {
      const bytes = objects.get(key);
      if (bytes !== undefined) yield { key, size: bytes.length };
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    const { objects, folders } = this.content;
    if (!objects.delete(key)) return;
    for (const folder of foldersOf(key)) {
      const left = (folders.get(folder) ?? 1) - 1;
      if (left === 0) folders.delete(folder);
      else folders.set(folder, left);
    }
  }

  async check(): Promise<void> {}
}
