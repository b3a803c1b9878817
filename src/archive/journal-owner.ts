// Who writes the journals of a directory: one small file per recorder, from which another process sees whether it may
// take them up. Several processes, worker threads and containers may share one directory.

import { closeSync, constants, mkdirSync, openSync, realpathSync, unlinkSync, utimesSync, writeSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import { type ProcessFacts, type ProcessPlace, thisProcess } from './process-life.js';

/** What an owner file says. */
export interface OwnerFacts extends ProcessPlace {
  /** URL of the store that the journals are for, without credentials. */
  readonly store: string;
  /** Whether the directory is that of the store itself, which other containers may know under another path. */
  readonly beside: boolean;
  /** Which thread of the process; 0 is its main one. */
  readonly thread: number;
}

const OWNER_VERSION = 1;
const BEAT_MILLIS = 60_000;
/** Where nobody can be asked, a writer that gave no sign for so long is taken for dead. */
export const STALE_MILLIS = 15 * 60_000;
/** An owner file is far smaller. */
const MAX_OWNER_BYTES = 64 << 10;

/**
 * Whether the writer of a journal may still write to it. In its own space a process is there or not. In another one, as
 * of containers that share a volume, and where no owner is known, its last sign of life decides.
 */
export function isAlive(
  owner: ProcessPlace | undefined,
  here: Pick<ProcessPlace, 'host' | 'space'>,
  lookUp: (pid: number) => ProcessFacts,
  millisSinceBeat: number,
): boolean {
  if (owner === undefined || owner.host !== here.host || owner.space !== here.space) return millisSinceBeat < STALE_MILLIS;
  const { exists, started } = lookUp(owner.pid);
  // Another start: the ID was given to somebody else.
  return exists && (owner.started === null || started === null || owner.started === started);
}

/** Says, while it is in use, that the journals of a writer have a living owner. */
export class JournalOwner {
  readonly #path: string;
  readonly #content: string;
  readonly #timer: NodeJS.Timeout;
  #released = false;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
    this.#write();
    this.#timer = setInterval(() => this.#beat(), BEAT_MILLIS);
    this.#timer.unref();
  }

  /**
   * Claims the journals of a writer. Must come before the first of them is made, or a recovery may take that one for one
   * that nobody owns. Throws what the disk says.
   */
  static claim(directory: string, writer: string, storeUrl: string): JournalOwner {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const facts = { ...thisProcess(), store: withoutCredentials(storeUrl), beside: isBeside(directory, storeUrl), thread: threadId };
    return new JournalOwner(join(directory, ownerName(writer)), ownerText(facts));
  }

  #write(): void {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    const descriptor = openSync(this.#path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
    try {
      writeSync(descriptor, this.#content);
    } finally {
      closeSync(descriptor);
    }
  }

  #beat(): void {
    if (this.#released) return;
    const now = new Date();
    try {
      utimesSync(this.#path, now, now);
    } catch {
      try {
        // Somebody took us for dead, after a long halt of the machine perhaps.
        this.#write();
      } catch {
        // The disk takes nothing. The next beat tries again, and each write to a journal is a sign of life as well.
      }
    }
  }

  /** Removes the owner file. To be called when no journal is left; may be called more than once. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#timer);
    try {
      unlinkSync(this.#path);
    } catch {
      // A recovery removes it when this process has ended.
    }
  }
}

/** What was found at the place of an owner file; `beatMillis` is when it was last touched, since 1970. */
export type FoundOwner =
  | { readonly kind: 'none' }
  | { readonly kind: 'known'; readonly owner: OwnerFacts; readonly beatMillis: number }
  /** Of a later version of this package. */
  | { readonly kind: 'newer'; readonly version: number; readonly beatMillis: number }
  /** It was being written when its process was killed, or is none of ours. */
  | { readonly kind: 'unreadable'; readonly beatMillis: number };

/** Reads the owner file of a writer. Throws what the disk says. */
export async function findOwner(directory: string, writer: string): Promise<FoundOwner> {
  const path = join(directory, ownerName(writer));
  try {
    const facts = await lstat(path);
    const beatMillis = facts.mtimeMs;
    if (!facts.isFile() || facts.size > MAX_OWNER_BYTES) return { kind: 'unreadable', beatMillis };
    const parsed = parseOwner(await readFile(path, 'utf8'));
    if (parsed === undefined) return { kind: 'unreadable', beatMillis };
    return typeof parsed === 'number' ? { kind: 'newer', version: parsed, beatMillis } : { kind: 'known', owner: parsed, beatMillis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'none' };
    throw error;
  }
}

/** Whether the journals of an owner are for this store, whatever path it has here. */
export function isForStore(owner: OwnerFacts, directory: string, storeUrl: string): boolean {
  return owner.store === withoutCredentials(storeUrl) || (owner.beside && isBeside(directory, storeUrl));
}

/** Name of the owner file of a writer. */
export function ownerName(writer: string): string {
  return `${writer}.owner`;
}

/** The writer that an owner file is of; undefined for another file. */
export function writerOf(fileName: string): string | undefined {
  return /^([A-Za-z0-9]+)\.owner$/.exec(fileName)?.[1];
}

function ownerText({ store, beside, host, pid, started, space, thread }: OwnerFacts): string {
  const spaceText = space === null ? 'null' : JSON.stringify(space);
  return `{"version":${OWNER_VERSION},"store":${JSON.stringify(store)},"beside":${beside},"host":${JSON.stringify(host)},"pid":${pid},"started":${started},"space":${spaceText},"thread":${thread}}\n`;
}

/** The facts, or the number of a later version; undefined where it is neither. */
function parseOwner(text: string): OwnerFacts | number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, store, beside, host, pid, started, space, thread } = value as Record<string, unknown>;
  if (typeof version === 'number' && version > OWNER_VERSION) return version;
  if (version !== OWNER_VERSION || typeof store !== 'string' || typeof host !== 'string') return undefined;
  // To ask for the process 0 or -1 would ask for others.
  if (!Number.isSafeInteger(pid) || (pid as number) < 1) return undefined;
  return {
    store,
    beside: beside === true,
    host,
    pid: pid as number,
    started: typeof started === 'number' ? started : null,
    space: typeof space === 'string' ? space : null,
    thread: typeof thread === 'number' ? thread : 0,
  };
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

function isBeside(directory: string, storeUrl: string): boolean {
  if (!storeUrl.startsWith('file:')) return false;
  try {
    return realpathSync(directory) === realpathSync(join(fileURLToPath(storeUrl), 'journal'));
  } catch {
    // One of the two is not there.
    return false;
  }
}
