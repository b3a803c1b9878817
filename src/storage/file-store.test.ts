import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChronicleError } from '../errors.js';
import { openFileStore } from './file-store.js';
import type { ObjectStore } from './object-store.js';

let base: string;
let root: string;
let store: ObjectStore;

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'chronicle-file-store-'));
  root = path.join(base, 'runs');
  store = openFileStore(root);
});
afterEach(() => rm(base, { recursive: true, force: true }));

const one = new Uint8Array([1]);

async function failureOf(action: Promise<unknown>): Promise<ChronicleError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof ChronicleError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

async function listAll(prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** Does something as a user with no rights, where the tests run as one who has them all. */
async function withoutRights<T>(action: () => Promise<T>): Promise<T> {
  const { seteuid, geteuid } = process;
  if (geteuid === undefined || seteuid === undefined || geteuid.call(process) !== 0) return action();
  seteuid.call(process, 65534);
  try {
    return await action();
  } finally {
    seteuid.call(process, 0);
  }
}

describe('a file store', () => {
  it('makes its folder at the first write, for the user alone', async () => {
    expect(await store.put('v1/traces/x.chronicle', one)).toBe('created');
    for (const folder of ['', '.tmp', 'v1', 'v1/traces']) {
      expect((await stat(path.join(root, folder))).mode & 0o777, folder).toBe(0o700);
    }
    expect((await stat(path.join(root, 'v1/traces/x.chronicle'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(root, 'v1/traces/x.chronicle'))).nlink).toBe(1);
  });

  it('makes nothing by opening, reading or deleting', async () => {
    await failureOf(store.get('k'));
    await failureOf(store.check());
    await failureOf(listAll());
    await store.delete('k');
    expect(await readdir(base)).toEqual([]);
  });

  it('says that its folder does not exist', async () => {
    const message = `There is no store at ${store.url}: the folder does not exist.\nCheck the path and the working directory; the folder is made by the first run that is recorded into it.`;
    for (const action of [() => store.check(), () => store.get('k'), () => listAll(), () => listAll('v1/')]) {
      const error = await failureOf(action());
      expect(error.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
      expect(error.message).toBe(message);
      expect(error.facts).toEqual({ store: store.url, path: root, systemCode: 'ENOENT', reason: 'absent', retryable: false });
      expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOENT');
    }
  });

  it('says that its folder is a file', async () => {
    await writeFile(root, 'x');
    for (const action of [() => store.check(), () => store.get('k'), () => listAll(), () => store.put('k', one)]) {
      const error = await failureOf(action());
      expect(error.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
      expect(error.message).toBe(
        `Cannot open the store ${store.url}: it is a file, not a folder.\nName the folder that holds the recordings. To read one recording file, give its path as the ref.`,
      );
    }
    expect(await readFile(root, 'utf8')).toBe('x');
  });

  it('says that a folder above it is a file', async () => {
    await writeFile(root, 'x');
    const deep = openFileStore(path.join(root, 'deep'));
    const read = await failureOf(deep.get('k'));
    expect(read.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    expect(read.message).toBe(
      `Cannot read k in ${deep.url}: a folder on the way to it is a file (ENOTDIR).\nCheck ${path.join(root, 'deep')} and the disk that holds it.`,
    );
    expect((await failureOf(deep.put('k', one))).message).toContain(`Cannot write k to ${deep.url}: a folder on the way to it is a file (ENOTDIR).`);
  });

  it('says that it may not read or write', async () => {
    await store.put('v1/a', one);
    await chmod(base, 0o755);
    await chmod(root, 0);
    try {
      const check = await failureOf(withoutRights(() => store.check()));
      expect(check.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
      expect(check.message).toBe(`Cannot read ${store.url}: permission denied (EACCES).\nRun as the user who owns ${root}, or give this user access to it.`);
      expect(check.facts).toEqual({ store: store.url, path: root, systemCode: 'EACCES', reason: 'denied', retryable: false });
      const get = await failureOf(withoutRights(() => store.get('v1/a')));
      expect(get.message).toBe(
        `Cannot read v1/a in ${store.url}: permission denied (EACCES).\nRun as the user who owns ${path.join(root, 'v1/a')}, or give this user access to it.`,
      );
      const list = await failureOf(withoutRights(() => listAll()));
      expect(list.message).toBe(`Cannot list ${store.url}: permission denied (EACCES).\nRun as the user who owns ${root}, or give this user access to it.`);
      const put = await failureOf(withoutRights(() => store.put('v1/b', one)));
      expect(put.message).toContain(`Cannot write v1/b to ${store.url}: permission denied (EACCES).\n`);
    } finally {
      await chmod(root, 0o700);
    }
  });

  it('keeps the fault of the disk as the cause', async () => {
    await mkdir(root);
    await writeFile(path.join(root, '.tmp'), 'in the way');
    const error = await failureOf(store.put('k', one));
    expect(error.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    expect(error.message).toMatch(/^Cannot write k to file:.*: EEXIST: file already exists, .*\nCheck .*\.tmp and the disk that holds it\.$/);
    expect((error.cause as NodeJS.ErrnoException).code).toBe('EEXIST');
  });

  it.each([
    ['a link out of the store', 'outside'],
    ['a link to a place that does not exist', 'nowhere'],
  ])('does not follow %s', async (_what, target) => {
    await store.put('v1/real', one);
    const outside = path.join(base, 'outside');
    await mkdir(outside);
    await writeFile(path.join(outside, 'secret'), 'secret');
    await symlink(path.join(base, target), path.join(root, 'out'));
    const advice = `${path.join(root, 'out')} is a symbolic link, and links below the store's folder are not followed.\nRemove the link, or name the folder it points to as the store.`;
    const actions: [() => Promise<unknown>, string][] = [
      [() => store.get('out/secret'), 'out/secret'],
      [() => store.put('out/new', one), 'out/new'],
      [() => store.put('out/deep/new', one), 'out/deep/new'],
      [() => store.delete('out/secret'), 'out/secret'],
      [() => listAll('out/'), 'out'],
    ];
    for (const [action, key] of actions) {
      const error = await failureOf(action());
      expect(error.code).toBe('CHRONICLE_STORE_UNAVAILABLE');
      expect(error.message).toBe(`Cannot reach ${key} in ${store.url}: ${advice}`);
    }
    expect(await listAll()).toEqual(['v1/real']);
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readdir(base)).toEqual(['outside', 'runs']);
  });

  it('does not read or replace a file through a link', async () => {
    await store.put('real', one);
    await writeFile(path.join(base, 'secret'), 'secret');
    await symlink(path.join(base, 'secret'), path.join(root, 'linked'));
    expect((await failureOf(store.get('linked'))).message).toContain('is a symbolic link');
    expect((await failureOf(store.delete('linked'))).message).toContain('is a symbolic link');
    expect((await failureOf(store.put('linked', one))).message).toContain('is a symbolic link');
    expect(await readFile(path.join(base, 'secret'), 'utf8')).toBe('secret');
    expect(await listAll()).toEqual(['real']);
  });

  it('does not put its temporary files behind a link', async () => {
    await mkdir(root);
    await mkdir(path.join(base, 'outside'));
    await symlink(path.join(base, 'outside'), path.join(root, '.tmp'));
    for (let n = 0; n < 2; n++) expect((await failureOf(store.put('k', one))).message).toContain('is a symbolic link');
    expect(await readdir(path.join(base, 'outside'))).toEqual([]);
  });

  it('does not follow a link that appears beside folders it knows', async () => {
    await store.put('v1/traces/a/1', one);
    await store.put('v1/traces/b/1', one);
    await mkdir(path.join(base, 'outside'));
    await symlink(path.join(base, 'outside'), path.join(root, 'v1/traces/c'));
    expect((await failureOf(store.put('v1/traces/c/1', one))).message).toContain(`${path.join(root, 'v1/traces/c')} is a symbolic link`);
    expect(await readdir(path.join(base, 'outside'))).toEqual([]);
    await writeFile(path.join(root, 'v1/traces/d'), 'x');
    expect((await failureOf(store.put('v1/traces/d/1', one))).code).toBe('CHRONICLE_STORE_CONFLICT');
  });

  it('makes folders again that were removed since it saw them', async () => {
    await store.put('v1/traces/a/1', one);
    for (const removed of ['v1/traces/a', 'v1/traces', 'v1', '.tmp', '']) {
      await rm(path.join(root, removed), { recursive: true });
      expect(await store.put('v1/traces/a/1', one), removed).toBe(removed === '.tmp' ? 'exists' : 'created');
      expect(await store.get('v1/traces/a/1')).toEqual(one);
    }
  });

  it('may itself be named through a link', async () => {
    await symlink(root, path.join(base, 'alias'));
    await mkdir(root);
    const alias = openFileStore(path.join(base, 'alias'));
    await alias.put('a/b', one);
    expect(await store.get('a/b')).toEqual(one);
    expect(await alias.get('a/b')).toEqual(one);
  });

  it('does not hang on a FIFO', async () => {
    await store.put('k', one);
    const made = spawnSync('mkfifo', [path.join(root, 'pipe')]);
    expect(made.status).toBe(0);
    expect((await failureOf(store.get('pipe'))).message).toBe(
      `Cannot read pipe in ${store.url}: ${path.join(root, 'pipe')} is not a regular file.\nMove it out of the store's folder.`,
    );
    expect(await listAll()).toEqual(['k']);
  });

  it('leaves no temporary file, and does not list one', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => store.put(`k${n % 5}`, one)));
    expect(await readdir(path.join(root, '.tmp'))).toEqual([]);
    await writeFile(path.join(root, '.tmp', 'half'), 'x');
    await writeFile(path.join(root, '.hidden'), 'x');
    expect(await listAll()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4']);
  });

  it('sweeps the temporary files of writers that were killed, and no others', async () => {
    await mkdir(path.join(root, '.tmp'), { recursive: true });
    await writeFile(path.join(root, '.tmp', 'old'), 'x');
    await writeFile(path.join(root, '.tmp', 'young'), 'x');
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(path.join(root, '.tmp', 'old'), longAgo, longAgo);
    await store.put('k', one);
    expect(await readdir(path.join(root, '.tmp'))).toEqual(['young']);
  });

  it('works after its folder was removed and made again', async () => {
    await store.put('a/b', one);
    await rm(root, { recursive: true });
    expect((await failureOf(store.get('a/b'))).code).toBe('CHRONICLE_STORE_UNAVAILABLE');
    expect(await store.put('a/b', one)).toBe('created');
    expect(await store.get('a/b')).toEqual(one);
  });

  it('reads objects in a folder whose name needs encoding in a URL', async () => {
    const odd = openFileStore(path.join(base, 'a b#c?d%20é'));
    await odd.put('k', one);
    expect(await odd.get('k')).toEqual(one);
    expect(odd.url).toBe(`${new URL(`file://${base}`).href}/a%20b%23c%3Fd%2520%C3%A9`);
  });
});
