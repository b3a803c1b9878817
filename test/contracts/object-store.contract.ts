// What every ObjectStore must do. Each back end runs it from a file of its own: object-store.test.ts beside this one for
// those that need nothing, test/servers/stores-*.test.ts for those that need a server.

import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { isChronicleError } from '../../src/errors.js';
import type { ListOptions, ObjectStore } from '../../src/storage/index.js';

/** What differs between back ends that all keep the contract. */
export interface ContractOptions {
  /** A folder cannot hold both `a` and `a/b`, a bucket can. */
  readonly nestedKeys: 'refused' | 'kept';
  /** Whether a listing goes by the whole key, as it should, or folder by folder, as SeaweedFS does. Default: `keys`. */
  readonly listedBy?: 'keys' | 'folders';
  /** How many write one key at once; some servers take seconds to sort out many. Default: 50. */
  readonly rivals?: number;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));

async function keysOf(store: ObjectStore, prefix: string, options?: ListOptions): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

async function failureOf(action: () => unknown): Promise<{ code: unknown; message: string }> {
  try {
    await action();
  } catch (error) {
    if (isChronicleError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('It did not fail.');
}

/** The contract, as tests of a store that `makeStore` makes, empty each time. */
export function describeObjectStore(name: string, makeStore: () => Promise<ObjectStore>, options: ContractOptions): void {
  describe(`ObjectStore contract: ${name}`, () => {
    contract(makeStore, options);
  });
}

function contract(makeStore: () => Promise<ObjectStore>, { nestedKeys, listedBy = 'keys', rivals = 50 }: ContractOptions): void {
  let store: ObjectStore;
  /** "-" and "." come before "/": the order of such keys is not the order of the folders' names. */
  const wanted = (keys: readonly string[]) => (listedBy === 'keys' ? [...keys] : keys.filter((key) => !/^[^/]*[-.]/.test(key)));
  beforeEach(async () => {
    store = await makeStore();
  });

  it('url names the store, without a slash at the end', () => {
    expect(store.url).toMatch(/^[a-z0-9]+:.*[^/]$/);
  });

  it('get() gives back what put() was given', async () => {
    expect(await store.put('v1/traces/a.chronicle', bytesOf('hello'))).toBe('created');
    expect(textOf(await store.get('v1/traces/a.chronicle'))).toBe('hello');
  });

  it('get() gives undefined for a key that is absent', async () => {
    await store.put('a/b', bytesOf('x'));
    expect(await store.get('a/c')).toBeUndefined();
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('a/b/c')).toBeUndefined();
    expect(await store.get('a/c', { start: 0, end: 1 })).toBeUndefined();
  });

  it('put() of the same bytes again succeeds and says so', async () => {
    const bytes = new Uint8Array(randomBytes(100_000));
    expect(await store.put('v1/k', bytes)).toBe('created');
    expect(await store.put('v1/k', bytes)).toBe('exists');
    expect(await store.put('v1/k', Buffer.from(bytes))).toBe('exists');
    expect(await store.get('v1/k')).toEqual(bytes);
  });

  it.each(['second', 'fir', 'first and more', ''])('put() of other bytes (%j) under a taken key is a conflict, and leaves what is there', async (other) => {
    expect(await store.put('k', bytesOf('first'))).toBe('created');
    const error = await store.put('k', bytesOf(other)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CHRONICLE_STORE_CONFLICT',
      message: `Cannot write k to ${store.url}: other bytes are stored there, and an object is never replaced.\nWrite under another key, or delete the object that is in the way.`,
      facts: { key: 'k', store: store.url, reason: 'taken', retryable: false },
    });
    expect(textOf(await store.get('k'))).toBe('first');
  });

  it(`put() has one winner among ${rivals} writers of one key, and the winner is what is read`, async () => {
    const contents = Array.from({ length: rivals }, (_, n) => `writer ${n} `.repeat(2000));
    const results = await Promise.all(contents.map((text) => store.put('race/one', bytesOf(text)).catch((error: unknown) => error)));
    expect(results.filter((result) => result === 'created')).toHaveLength(1);
    expect(results.filter((result) => isChronicleError(result, 'CHRONICLE_STORE_CONFLICT'))).toHaveLength(rivals - 1);
    expect(textOf(await store.get('race/one'))).toBe(contents[results.indexOf('created')]);
    expect(await keysOf(store, '')).toEqual(['race/one']);
  });

  it(`put() of the same bytes by ${rivals} writers at once succeeds for all`, async () => {
    const results = await Promise.all(Array.from({ length: rivals }, () => store.put('race/same', bytesOf('same '.repeat(1000)))));
    expect(results.sort()).toEqual(['created', ...Array.from({ length: rivals - 1 }, () => 'exists')]);
  });

  it('put() keeps its own copy of the bytes', async () => {
    const bytes = Buffer.from('before');
    await store.put('k', bytes);
    bytes.write('after!');
    const read = await store.get('k');
    expect(textOf(read)).toBe('before');
    read?.fill(0);
    expect(textOf(await store.get('k'))).toBe('before');
  });

  it('put() stores a part of a larger buffer as that part', async () => {
    await store.put('k', bytesOf('0123456789').subarray(3, 6));
    expect(textOf(await store.get('k'))).toBe('345');
  });

  it('put() and get() take an empty object', async () => {
    expect(await store.put('empty', new Uint8Array())).toBe('created');
    expect(await store.put('empty', new Uint8Array())).toBe('exists');
    expect((await failureOf(() => store.put('empty', bytesOf('x')))).code).toBe('CHRONICLE_STORE_CONFLICT');
    expect(await store.get('empty')).toEqual(new Uint8Array());
    for await (const object of store.list('')) expect(object).toEqual({ key: 'empty', size: 0 });
  });

  it('put() and get() take 5 MB', async () => {
    const bytes = new Uint8Array(randomBytes(5_000_000));
    await store.put('big', bytes);
    const read = await store.get('big');
    expect(read?.length).toBe(5_000_000);
    expect(Buffer.compare(read ?? new Uint8Array(), bytes)).toBe(0);
    expect(await store.get('big', { start: 4_999_990, end: 5_000_000 })).toEqual(bytes.slice(-10));
  });

  it.each([
    [0, 3, '012'],
    [3, 7, '3456'],
    [9, 10, '9'],
    [8, 100, '89'],
    [4, 4, ''],
    [10, 20, ''],
    [50, 60, ''],
  ])('get() reads the range %i to %i', async (start, end, expected) => {
    await store.put('k', bytesOf('0123456789'));
    expect(textOf(await store.get('k', { start, end }))).toBe(expected);
  });

  it.each([
    [-1, 3],
    [3, 2],
    [0.5, 2],
    [0, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
  ])('get() refuses the range %d to %d', async (start, end) => {
    await store.put('k', bytesOf('0123456789'));
    expect(await failureOf(() => store.get('k', { start, end }))).toEqual({
      code: 'CHRONICLE_OPTION_INVALID',
      message: `A byte range must be whole numbers with 0 <= start <= end, got start ${start} and end ${end}.`,
    });
  });

  it('list() is sorted by key in ASCII order, across folders, with sizes', async () => {
    const keys = wanted(['a-b/1', 'a.c', 'a/1', 'a/10', 'a/2', 'a0', 'a=', 'aZ/x', 'a_/x', 'b/c/d/e', 'b/c0']);
    for (const key of [...keys].reverse()) await store.put(key, bytesOf(key));
    const listed = [];
    for await (const object of store.list('')) listed.push(object);
    expect(listed).toEqual([...keys].sort().map((key) => ({ key, size: key.length })));
  });

  it('list() takes any beginning of a key as prefix', async () => {
    for (const key of ['a/1', 'a/10', 'a/2', 'ab/1', 'b']) await store.put(key, bytesOf('x'));
    expect(await keysOf(store, 'a')).toEqual(['a/1', 'a/10', 'a/2', 'ab/1']);
    expect(await keysOf(store, 'a/')).toEqual(['a/1', 'a/10', 'a/2']);
    expect(await keysOf(store, 'a/1')).toEqual(['a/1', 'a/10']);
    expect(await keysOf(store, 'a/10')).toEqual(['a/10']);
    expect(await keysOf(store, 'a/1/')).toEqual([]);
    expect(await keysOf(store, 'zzz/')).toEqual([]);
  });

  it('list() goes on after a key, whether or not that key is there', async () => {
    const keys = wanted(['a-b/1', 'a/1', 'a/2', 'a/3/x', 'b/1', 'c']);
    for (const key of keys) await store.put(key, bytesOf('x'));
    // Where a listing goes folder by folder, the name of a folder stands for all that is in it.
    const folders = listedBy === 'keys' ? ['a', 'a/3'] : [];
    for (const after of [...keys, ...folders, '', 'a/', 'a/15', 'a/3/', 'a/3/y', 'b/', 'zz']) {
      expect(await keysOf(store, '', { after }), `after ${after}`).toEqual(keys.filter((key) => key > after));
    }
    expect(await keysOf(store, 'a/', { after: 'a/1' })).toEqual(['a/2', 'a/3/x']);
    expect(await keysOf(store, 'b/', { after: 'a' })).toEqual(['b/1']);
    expect(await keysOf(store, 'a/', { after: 'b' })).toEqual([]);
  });

  it('list() goes over pages: 1,030 objects are each listed once, in order', async () => {
    const keys = Array.from({ length: 1030 }, (_, n) => `v1/k${String(n).padStart(4, '0')}`);
    for (let from = 0; from < keys.length; from += 16) await Promise.all(keys.slice(from, from + 16).map((key) => store.put(key, bytesOf('x'))));
    expect(await keysOf(store, 'v1/')).toEqual(keys);
    expect(await keysOf(store, 'v1/', { after: 'v1/k0019' })).toEqual(keys.slice(20));
    expect(await keysOf(store, 'v1/k1', { after: 'v1/k1027' })).toEqual(keys.slice(1028));
  });

  it('list() may be left early', async () => {
    for (let n = 0; n < 20; n++) await store.put(`k${n}`, bytesOf('x'));
    for await (const { key } of store.list('')) {
      expect(key).toBe('k0');
      break;
    }
  });

  it('delete() removes an object, and doing it again succeeds', async () => {
    await store.put('a/b', bytesOf('x'));
    await store.delete('a/b');
    await store.delete('a/b');
    await store.delete('never/was');
    expect(await store.get('a/b')).toBeUndefined();
    expect(await keysOf(store, '')).toEqual([]);
    expect(await store.put('a/b', bytesOf('again'))).toBe('created');
    expect(textOf(await store.get('a/b'))).toBe('again');
  });

  it('get() gives undefined for an absent key also where nothing was ever stored', async () => {
    await store.put('v1/x', bytesOf('x'));
    await store.delete('v1/x');
    expect(await store.get('v1/x')).toBeUndefined();
    expect(await store.get('v1/x', { start: 0, end: 0 })).toBeUndefined();
    expect(await keysOf(store, '')).toEqual([]);
  });

  it('check() succeeds on a store that is there', async () => {
    await store.put('k', bytesOf('x'));
    await expect(store.check()).resolves.toBeUndefined();
  });

  const long = 'a'.repeat(256);
  it.each([
    ['', 'it is empty'],
    ['/', 'it has an empty part'],
    ['/etc/passwd', 'it has an empty part'],
    ['a//b', 'it has an empty part'],
    ['a/', 'it has an empty part'],
    ['..', 'its part ".." is not letters, digits and . _ = - after a first letter or digit'],
    ['../x', 'its part ".." is not letters, digits and . _ = - after a first letter or digit'],
    ['a/../../x', 'its part ".." is not letters, digits and . _ = - after a first letter or digit'],
    ['a/./b', 'its part "." is not letters, digits and . _ = - after a first letter or digit'],
    ['.tmp/x', 'its part ".tmp" is not letters, digits and . _ = - after a first letter or digit'],
    ['-rf', 'its part "-rf" is not letters, digits and . _ = - after a first letter or digit'],
    ['a\\..\\b', 'its part "a\\\\..\\\\b" is not letters, digits and . _ = - after a first letter or digit'],
    ['a\0b', 'its part "a\\u0000b" is not letters, digits and . _ = - after a first letter or digit'],
    ['a\n', 'its part "a\\n" is not letters, digits and . _ = - after a first letter or digit'],
    ['\u001b[31mred', 'its part "\\u001b[31mred" is not letters, digits and . _ = - after a first letter or digit'],
    ['%2e%2e/x', 'its part "%2e%2e" is not letters, digits and . _ = - after a first letter or digit'],
    ['C:/x', 'its part "C:" is not letters, digits and . _ = - after a first letter or digit'],
    ['caf\u00e9', 'its part "caf\u00e9" is not letters, digits and . _ = - after a first letter or digit'],
    [`x/${long}`, `its part "${'a'.repeat(75)}..." has 256 characters, and 255 are allowed`],
    ['a/'.repeat(600).concat('a'), 'it has 1201 characters, and 1024 are allowed'],
  ])('refuses the key %j in put(), get() and delete()', async (key, fault) => {
    const quoted = JSON.stringify(key);
    const shown = quoted.length <= 80 ? quoted : `${quoted.slice(0, 76)}..."`;
    const expected = { code: 'CHRONICLE_OPTION_INVALID', message: `${shown} is no object key: ${fault}.` };
    expect(await failureOf(() => store.put(key, bytesOf('x')))).toEqual(expected);
    expect(await failureOf(() => store.get(key))).toEqual(expected);
    expect(await failureOf(() => store.delete(key))).toEqual(expected);
  });

  it.each(['/', '../', 'a//', '.tmp/', 'a/../b'])('list() refuses the prefix %j', async (prefix) => {
    const { code, message } = await failureOf(() => keysOf(store, prefix));
    expect(code).toBe('CHRONICLE_OPTION_INVALID');
    expect(message).toMatch(/^".*" is no key prefix: .*\.$/);
  });

  if (nestedKeys === 'kept') return;

  it('refuses a key that would be the folder of another, or lie below one', async () => {
    await store.put('a/b', bytesOf('x'));
    for (const key of ['a', 'a/b/c', 'a/b/c/d']) {
      expect(await failureOf(() => store.put(key, bytesOf('y')))).toEqual({
        code: 'CHRONICLE_STORE_CONFLICT',
        message: `Cannot write ${key} to ${store.url}: one key would be the folder of another.\nUse keys of which none continues another after a slash.`,
      });
    }
    expect(await keysOf(store, '')).toEqual(['a/b']);
  });
}
