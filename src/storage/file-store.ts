// A folder as a store: one file per object, its path is its key. This is the embedded default, so it needs no service
// and no dependency. Symbolic links below the root are not followed: a store holds what was written through it.

import { randomBytes } from 'node:crypto';
import fs, { constants, type Dirent } from 'node:fs';
import { link, lstat, mkdir, opendir, readdir, realpath, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ChronicleError } from '../errors.js';
import { checkKey, checkPrefix, checkRange, isKeyPart, keyTaken, nestedKey, sameBytes } from './key.js';
import type { ByteRange, ListedObject, ListOptions, ObjectStore } from './object-store.js';

/** Options of a file store. */
export interface FileStoreOptions {
  /**
   * What a finished write survives: `process` the end of the process, `disk` the loss of power as well (the file and
   * its folder are synced, which takes milliseconds). Default: `process`.
   */
  readonly durability?: 'process' | 'disk';
}

/** Recordings hold what users said and what tools answered: nobody else on the machine may read them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Half-written objects. No key begins with a dot, so the folder is in nobody's way, and it is on the right file system. */
const TEMP_FOLDER = '.tmp';
/** A writer that was killed leaves its temporary file. One that is older than this has no writer any more. */
const STALE_TEMP_MILLIS = 24 * 60 * 60 * 1000;

/** Folders that are known to be real ones; beyond this the store forgets them and looks again. */
const MAX_KNOWN_FOLDERS = 1000;

// Descriptors rather than the handles of node:fs/promises, which cost half as much again.
const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const fsync = promisify(fs.fsync);
const read = promisify(fs.read);
const write = promisify(fs.write);

/** Opens the folder as a store. `root` is an absolute path without a slash at the end; it need not exist before the first write. */
export function openFileStore(root: string, options: FileStoreOptions = {}): ObjectStore {
  return new FileStore(root, options.durability ?? 'process');
}

class FileStore implements ObjectStore {
  readonly url: string;
  /** The real path of the root, once it was there. A trip to the disk costs more than the rest of a small write. */
  private knownRoot: string | undefined;
  /** Real folders in which folders of objects lie, so that making one more takes one call. */
  private readonly knownFolders = new Set<string>();
  private readonly tempPrefix = randomBytes(8).toString('hex');
  private temps = 0;
  private swept = false;

  constructor(
    private readonly root: string,
    private readonly durability: 'process' | 'disk',
  ) {
    // Not pathToFileURL(): what it encodes differs between versions of Node, and the URL is in every recorded span.
    this.url = `file://${root.split('/').map(encodeURIComponent).join('/')}`;
  }

  async put(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    checkKey(key);
    try {
      return await this.create(key, bytes).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
        // A folder was removed since it was seen. Looking again makes it again, or says why that fails.
        this.knownRoot = undefined;
        this.knownFolders.clear();
        return this.create(key, bytes);
      });
    } catch (error) {
      throw this.failure(`write ${key} to`, error, key);
    }
  }

  private async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const root = this.knownRoot ?? (await this.createRoot());
    const target = path.join(root, key);
    const folder = path.dirname(target);
    await this.createFolder(root, folder, key);
    const temp = await this.writeTemp(root, bytes);
    try {
      // A link is the one call that both fails when the name is taken and shows the content whole.
      await link(temp, target);
    } catch (error) {
      const systemCode = codeOf(error);
      if (systemCode === 'ENOTDIR') throw nestedKey(key, this.url);
      if (systemCode !== 'EEXIST') throw error;
      if ((await lstat(target)).isDirectory()) throw nestedKey(key, this.url);
      const stored = await this.get(key, { start: 0, end: bytes.length + 1 });
      if (stored !== undefined && sameBytes(stored, bytes)) return 'exists';
      throw keyTaken(key, this.url);
    } finally {
      await removeTemp(temp);
    }
    if (this.durability === 'disk') await syncFolder(folder);
    return 'created';
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    checkRange(range);
    try {
      const file = await this.realPathOf(this.knownRoot ?? (await this.findRoot()), key);
      // Not blocking: somebody's FIFO in the folder must not hang a reader.
      const descriptor =
        file === undefined ? undefined : await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(undefinedIfAbsent);
      if (file === undefined || descriptor === undefined) {
        // No object, unless there is no store any more.
        this.knownRoot = undefined;
        await this.findRoot();
        return undefined;
      }
      try {
        const facts = await fstat(descriptor);
        // A folder is not an object; its key is absent, as it would be in S3.
        if (facts.isDirectory()) return undefined;
        if (!facts.isFile()) throw this.notAFile(key, file);
        return await readRange(descriptor, range ?? { start: 0, end: facts.size }, facts.size);
      } finally {
        await close(descriptor);
      }
    } catch (error) {
      throw this.failure(`read ${key} in`, error, key);
    }
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    checkPrefix(prefix);
    const slash = prefix.lastIndexOf('/');
    try {
      const root = await this.findRoot();
      const folderKey = prefix.slice(0, Math.max(slash, 0));
      const folder = folderKey === '' ? root : await this.realPathOf(root, folderKey);
      if (folder === undefined) return;
      yield* walk(folder, slash < 0 ? '' : `${folderKey}/`, prefix, options.after ?? '');
    } catch (error) {
      throw this.failure(prefix === '' ? 'list' : `list ${prefix} in`, error, prefix);
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    try {
      const root = await realpath(this.root);
      const file = await this.realPathOf(root, key);
      if (file !== undefined && !(await lstat(file)).isDirectory()) await unlink(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw this.failure(`delete ${key} in`, error, key);
    }
  }

  async check(): Promise<void> {
    try {
      const root = await this.findRoot();
      // Done rather than asked: access() judges by the real user, which is not the one who will read in a set-uid process.
      await (await opendir(root)).close();
      await stat(`${root}/.`);
    } catch (error) {
      throw this.failure('read', error, undefined);
    }
  }

  /** The real path of the root, or the reason why there is nothing to read. */
  private async findRoot(): Promise<string> {
    let root: string;
    try {
      root = await realpath(this.root);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      throw new ChronicleError(
        'CHRONICLE_STORE_UNAVAILABLE',
        `There is no store at ${this.url}: the folder does not exist.\nCheck the path and the working directory; the folder is made by the first run that is recorded into it.`,
        { facts: { store: this.url, path: this.root, systemCode: 'ENOENT', reason: 'absent', retryable: false }, cause: error },
      );
    }
    if (!(await stat(root)).isDirectory()) throw this.rootIsAFile();
    this.knownRoot = root;
    return root;
  }

  private async createRoot(): Promise<string> {
    try {
      await mkdir(path.join(this.root, TEMP_FOLDER), { recursive: true, mode: FOLDER_MODE });
    } catch (error) {
      if (isAbsence(error) && (await stat(this.root).catch(() => undefined))?.isDirectory() === false) throw this.rootIsAFile();
      throw error;
    }
    const root = await realpath(this.root);
    if (!this.swept) {
      await this.refuseLink(root, TEMP_FOLDER);
      await sweepTemp(path.join(root, TEMP_FOLDER));
      this.swept = true;
    }
    this.knownRoot = root;
    return root;
  }

  /** Makes the folder of an object, and nothing behind a link. */
  private async createFolder(root: string, folder: string, key: string): Promise<void> {
    if (folder === root) return;
    const parent = path.dirname(folder);
    if (this.knownFolders.has(parent) && (await makeFolder(folder))) return;
    if ((await realpathIfThere(folder)) !== folder) {
      await this.refuseLink(root, key);
      try {
        await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      } catch (error) {
        const systemCode = codeOf(error);
        throw systemCode === 'ENOTDIR' || systemCode === 'EEXIST' ? nestedKey(key, this.url) : error;
      }
    }
    if (this.knownFolders.size >= MAX_KNOWN_FOLDERS) this.knownFolders.clear();
    this.knownFolders.add(parent);
  }

  private async writeTemp(root: string, bytes: Uint8Array): Promise<string> {
    const temp = path.join(root, TEMP_FOLDER, `${this.tempPrefix}-${this.temps++}`);
    const descriptor = await open(temp, 'wx', FILE_MODE);
    try {
      for (let written = 0; written < bytes.length; ) written += (await write(descriptor, bytes, written, bytes.length - written)).bytesWritten;
      if (this.durability === 'disk') await fsync(descriptor);
    } catch (error) {
      await removeTemp(temp);
      throw error;
    } finally {
      await close(descriptor);
    }
    return temp;
  }

  /** Where an object or folder really is; undefined if nowhere. Fails if a symbolic link is on the way. */
  private async realPathOf(root: string, key: string): Promise<string | undefined> {
    const direct = path.join(root, key);
    const real = await realpathIfThere(direct);
    if (real === direct) return direct;
    await this.refuseLink(root, key);
    // Not there, or another spelling of it is, on a file system that ignores case.
    return undefined;
  }

  /** Fails if a part of the key is a symbolic link, also a dangling one. */
  private async refuseLink(root: string, key: string): Promise<void> {
    let place = root;
    for (const part of key.split('/')) {
      place = path.join(place, part);
      const facts = await lstatIfThere(place);
      if (facts === undefined) return;
      if (!facts.isSymbolicLink()) continue;
      throw new ChronicleError(
        'CHRONICLE_STORE_UNAVAILABLE',
        `Cannot reach ${key} in ${this.url}: ${place} is a symbolic link, and links below the store's folder are not followed.\nRemove the link, or name the folder it points to as the store.`,
        { facts: { store: this.url, key, path: place, reason: 'refused', retryable: false } },
      );
    }
  }

  private rootIsAFile(): ChronicleError {
    return new ChronicleError(
      'CHRONICLE_STORE_UNAVAILABLE',
      `Cannot open the store ${this.url}: it is a file, not a folder.\nName the folder that holds the recordings. To read one recording file, give its path as the ref.`,
      { facts: { store: this.url, path: this.root, systemCode: 'ENOTDIR', reason: 'absent', retryable: false } },
    );
  }

  private notAFile(key: string, file: string): ChronicleError {
    return new ChronicleError(
      'CHRONICLE_STORE_UNAVAILABLE',
      `Cannot read ${key} in ${this.url}: ${file} is not a regular file.\nMove it out of the store's folder.`,
      {
        facts: { store: this.url, key, path: file, reason: 'refused', retryable: false },
      },
    );
  }

  private failure(doing: string, error: unknown, key: string | undefined): ChronicleError {
    if (error instanceof ChronicleError) return error;
    const systemCode = codeOf(error);
    const place = (error as NodeJS.ErrnoException | undefined)?.path ?? this.root;
    return new ChronicleError('CHRONICLE_STORE_UNAVAILABLE', `Cannot ${doing} ${this.url}: ${describe(error)}.\n${advise(systemCode, place)}`, {
      facts: { store: this.url, path: place, systemCode, ...reasonOf(systemCode), ...(key === undefined ? {} : { key }) },
      cause: error,
    });
  }
}

/** Lists a folder in the order of the keys. `folderKey` is empty or ends with a slash. */
async function* walk(folder: string, folderKey: string, prefix: string, after: string): AsyncGenerator<ListedObject> {
  for (const { name, isFolder } of await entriesOf(folder)) {
    const key = folderKey + name;
    const place = path.join(folder, name);
    if (isFolder) {
      const below = `${key}/`;
      // All keys below begin with `below`: a folder can be left out without opening it.
      const matches = below.startsWith(prefix) || prefix.startsWith(below);
      if (matches && (below > after || after.startsWith(below))) yield* walk(place, below, prefix, after);
    } else if (key.startsWith(prefix) && key > after) {
      const facts = await lstatIfThere(place);
      if (facts?.isFile()) yield { key, size: facts.size };
    }
  }
}

/** Files and folders that can be objects, sorted by their keys: a folder's keys go on with a slash, and `-` and `.` come before it. */
async function entriesOf(folder: string): Promise<{ name: string; isFolder: boolean; order: string }[]> {
  let found: Dirent[];
  try {
    found = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
  const entries = [];
  for (const entry of found) {
    const isFolder = entry.isDirectory();
    if (!isKeyPart(entry.name) || !(isFolder || entry.isFile())) continue;
    entries.push({ name: entry.name, isFolder, order: isFolder ? `${entry.name}/` : entry.name });
  }
  return entries.sort((a, b) => (a.order < b.order ? -1 : 1));
}

/** Makes one folder in a known one; whether it is there now, as a real folder. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, FOLDER_MODE);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') return false;
    return (await lstat(folder)).isDirectory();
  }
}

async function readRange(descriptor: number, range: ByteRange, size: number): Promise<Uint8Array> {
  const length = Math.max(0, Math.min(range.end, size) - range.start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await read(descriptor, bytes, filled, length - filled, range.start + filled);
    // The file became shorter: a journal is never cut while it is read, but somebody's editor may do that.
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

async function sweepTemp(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const temp = path.join(folder, name);
    const facts = await lstatIfThere(temp);
    if (facts?.isFile() && Date.now() - facts.mtimeMs > STALE_TEMP_MILLIS) await removeTemp(temp);
  }
}

async function removeTemp(temp: string): Promise<void> {
  // Whether the object was stored is decided; a temporary file that stays behind is swept later.
  await unlink(temp).catch(() => undefined);
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = await open(folder, constants.O_RDONLY);
  try {
    await fsync(descriptor);
  } finally {
    await close(descriptor);
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Nothing is there: the name is missing, or a folder on the way to it is a file. */
function isAbsence(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function undefinedIfAbsent(error: unknown): undefined {
  if (isAbsence(error)) return undefined;
  throw error;
}

function realpathIfThere(place: string): Promise<string | undefined> {
  return realpath(place).catch(undefinedIfAbsent);
}

function lstatIfThere(place: string) {
  return lstat(place).catch(undefinedIfAbsent);
}

function describe(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return `permission denied (${codeOf(error)})`;
    case 'EROFS':
      return 'the file system is read-only (EROFS)';
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space is left (${codeOf(error)})`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many files are open (${codeOf(error)})`;
    case 'ENOTDIR':
      return 'a folder on the way to it is a file (ENOTDIR)';
    case 'ELOOP':
      return 'its symbolic links go round in a circle (ELOOP)';
    case 'ENOTSUP':
    case 'ENOSYS':
    case 'EXDEV':
      return `the file system cannot link files (${codeOf(error)})`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** The words of `bucketFailure`, for a disk: one that is full or busy may have room again. */
function reasonOf(systemCode: string | undefined): { readonly reason: 'denied' | 'busy' | 'failed' | 'refused'; readonly retryable: boolean } {
  switch (systemCode) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { reason: 'denied', retryable: false };
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EMFILE':
    case 'ENFILE':
    case 'EAGAIN':
    case 'EBUSY':
      return { reason: 'busy', retryable: true };
    case 'EIO':
      return { reason: 'failed', retryable: true };
    default:
      return { reason: 'refused', retryable: false };
  }
}

function advise(systemCode: string | undefined, place: string): string {
  switch (systemCode) {
    case 'EACCES':
    case 'EPERM':
      return `Run as the user who owns ${place}, or give this user access to it.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `Make room on the disk that holds ${place}.`;
    case 'EROFS':
    case 'ENOTSUP':
    case 'ENOSYS':
    case 'EXDEV':
      return 'Keep the store in a folder on another file system.';
    default:
      return `Check ${place} and the disk that holds it.`;
  }
}
