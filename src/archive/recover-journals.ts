// Takes up the journals that dead processes left: each is sealed, put into the store and removed, and one that is
// damaged is set aside. Everything may be done twice, by two at once, and may end at any point: a journal goes only when
// the store has all that could be read of it.

import { constants, type FileHandle, lstat, open, opendir, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  changedJournal,
  FILE_HEAD_BYTES,
  holdsJournal,
  type JournalChanges,
  type JournalPieces,
  type JournalScan,
  type OpenCall,
  readJournalHead,
  scanJournal,
  sealSegment,
} from '../envelope/index.js';
import { ChronicleError, isChronicleError } from '../errors.js';
import type { ObjectStore } from '../storage/index.js';
import { findOwner, type FoundOwner, isAlive, isForStore, ownerName, writerOf } from './journal-owner.js';
import { asideOf, readPiece, recordPieces } from './journal.js';
import { firstLine } from './merge-segments.js';
import { JOURNALS, type ParsedName, parseName, sealedKeyOf } from './segment-names.js';
import { lookUpProcess, thisProcess } from './process-life.js';

/** What to recover, and where to. */
export interface RecoverOptions {
  /** Directory of the journals; it need not be there. */
  readonly directory: string;
  /** Journals that were for another store are left alone. */
  readonly store: ObjectStore;
  /** Ends the recovery before the next journal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What became of a journal. `sealed`: the store has it. `set-aside`: it is damaged; what stands before the damage is in
 * the store, and the file has another name. `empty`: nothing was in it, and it was removed. `waiting`: it stays, and
 * `reason` says why. `alive`: its process runs, or may run. `elsewhere`: it is for another store.
 */
export type RecoveryOutcome = 'sealed' | 'set-aside' | 'empty' | 'waiting' | 'alive' | 'elsewhere';

/** One journal, and what became of it. */
export interface RecoveredJournal {
  /** Name of its file. */
  readonly name: string;
  readonly traceId: string;
  readonly outcome: RecoveryOutcome;
  /** Where the store has it. */
  readonly key?: string;
  /** The name that a damaged file has now. */
  readonly setAsideAs?: string;
  /** Crossings that began in it, as far as it was read. */
  readonly crossings: number;
  /** Those of them that have no end in it. */
  readonly open: readonly OpenCall[];
  /** Span IDs of crossings that began in an earlier segment and ended in this one. */
  readonly endedLater: readonly string[];
  readonly reason?: string;
}

/** A store that failed so many times one after the other is not asked again. */
const MAX_FAILURES = 3;
/** Numbers that are tried for a journal whose own one is taken. */
const MAX_KEYS = 20;

/**
 * Recovers the journals of a directory, one by one as they are asked for. No journal of a process that lives is touched,
 * and a fault of one is its own result. Fails with `CHRONICLE_STORE_UNAVAILABLE` where the directory cannot be read.
 *
 * What is `alive` by its last sign alone, such as one of another container or from before a restart of the machine, may
 * be asked for again after 15 minutes.
 */
export async function* recoverJournals(options: RecoverOptions): AsyncGenerator<RecoveredJournal> {
  const { directory, signal } = options;
  const recovery = new Recovery(options);
  /** Writers that still have a journal here. */
  const left = new Set<string>();
  for await (const name of filesOf(directory)) {
    if (signal?.aborted === true) return;
    const parsed = parseName(JOURNALS + name);
    if (parsed === undefined) continue;
    const result = await recovery.recover(name, parsed);
    if (result === undefined) continue;
    const { outcome } = result;
    if (outcome === 'waiting' || outcome === 'alive' || outcome === 'elsewhere') left.add(parsed.writer);
    yield result;
  }
  for await (const name of filesOf(directory)) {
    if (signal?.aborted === true) return;
    const writer = writerOf(name);
    if (writer !== undefined && !left.has(writer)) await recovery.removeOwner(writer);
  }
}

/** The names of the files of a directory, as they come: there may be many thousands. */
async function* filesOf(directory: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(directory)) if (entry.isFile()) yield entry.name;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new ChronicleError(
      'CHRONICLE_STORE_UNAVAILABLE',
      `Cannot read the journal directory ${directory}: ${messageOf(error)}.\nCheck that it is a directory, and who may read it.`,
      { facts: { directory, systemCode: code }, cause: error },
    );
  }
}

class Recovery {
  readonly #directory: string;
  readonly #store: ObjectStore;
  readonly #here = thisProcess();
  #failures = 0;
  #lastFailure = '';

  constructor({ directory, store }: RecoverOptions) {
    this.#directory = directory;
    this.#store = store;
  }

  /** Undefined for a journal that went away meanwhile: its process has sealed it, or another recovery has. */
  async recover(name: string, parsed: ParsedName): Promise<RecoveredJournal | undefined> {
    const path = join(this.#directory, name);
    const result = (outcome: RecoveryOutcome, more: Partial<RecoveredJournal> = {}): RecoveredJournal => ({
      name,
      traceId: parsed.traceId,
      outcome,
      crossings: 0,
      open: [],
      endedLater: [],
      ...more,
    });
    try {
      const owner = await findOwner(this.#directory, parsed.writer);
      const { mtimeMs } = await lstat(path);
      if (owner.kind === 'newer') return result('waiting', { reason: `${ownerName(parsed.writer)} is of a later version; recover it with that` });
      if (this.#isAlive(owner, mtimeMs)) return result('alive');
      if (owner.kind === 'known' && !isForStore(owner.owner, this.#directory, this.#store.url)) {
        return result('elsewhere', { reason: `it is for ${owner.owner.store}` });
      }
      if (this.#failures >= MAX_FAILURES) return result('waiting', { reason: `not tried, since the store failed before: ${this.#lastFailure}` });
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return await this.#recoverFile(file, path, parsed, result);
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      return result('waiting', { reason: messageOf(error) });
    }
  }

  #isAlive(owner: FoundOwner, writtenMillis: number): boolean {
    const beatMillis = owner.kind === 'none' ? writtenMillis : Math.max(owner.beatMillis, writtenMillis);
    return isAlive(owner.kind === 'known' ? owner.owner : undefined, this.#here, lookUpProcess, Date.now() - beatMillis);
  }

  async #recoverFile(
    file: FileHandle,
    path: string,
    parsed: ParsedName,
    result: (outcome: RecoveryOutcome, more?: Partial<RecoveredJournal>) => RecoveredJournal,
  ): Promise<RecoveredJournal> {
    const { size } = await file.stat();
    const head = readJournalHead(readPiece(file.fd, 0, Math.min(size, FILE_HEAD_BYTES)));
    switch (head.kind) {
      case 'empty':
        await removeIfThere(path);
        return result('empty');
      case 'newer':
        return result('waiting', { reason: `it has format ${head.version}; upgrade chronicle-otel to recover it` });
      case 'damaged':
        return result('set-aside', { setAsideAs: await setAside(path), reason: head.what });
      case 'journal':
    }
    const scan = await scanJournal(new FilePieces(file, size).pieces());
    const counts = { crossings: scan.crossings, open: scan.open, endedLater: scan.endedLater };
    if (scan.header === undefined) {
      if (scan.end.kind === 'damaged') return result('set-aside', { setAsideAs: await setAside(path), reason: damageText(scan.end) });
      // Nobody reads a record of which a part is wrong, but it is something.
      if (scan.end.kind === 'torn' && scan.end.rest === 'wrong') {
        return result('set-aside', { setAsideAs: await setAside(path), reason: 'its only record was written in part' });
      }
      await removeIfThere(path);
      return result('empty');
    }
    const { traceId, writer, index } = scan.header;
    if (traceId !== parsed.traceId || writer !== parsed.writer || index !== parsed.index) {
      const reason = `it is segment ${index} of writer ${writer} in trace ${traceId}, and its name says otherwise`;
      return result('set-aside', { setAsideAs: await setAside(path), reason });
    }
    const stored = await this.#storeJournal(file, path, parsed, scan, size);
    if ('failure' in stored) return result('waiting', { ...counts, reason: stored.failure });
    const { key, note } = stored;
    if ((await file.stat()).size !== size) return result('alive', { ...counts, key, reason: 'it was written to while it was recovered' });
    if (scan.end.kind === 'damaged') {
      return result('set-aside', { ...counts, key, setAsideAs: await setAside(path), reason: damageText(scan.end) });
    }
    await removeIfThere(path);
    return result('sealed', { ...counts, key, ...(note === undefined ? {} : { reason: note }) });
  }

  /** Puts what is whole under the key of the journal, or under the next free one where that holds something else. */
  async #storeJournal(
    file: FileHandle,
    path: string,
    parsed: ParsedName,
    { crossings, open: openCalls, end }: JournalScan,
    size: number,
  ): Promise<{ readonly key: string; readonly note?: string } | { readonly failure: string }> {
    const whole = new FilePieces(file, end.byte);
    const facts = { crossings, open: openCalls.length };
    const gap =
      end.kind === 'damaged'
        ? { reason: `its journal is damaged: ${damageText(end)}; the file was set aside as ${asideOf(basename(path))}`, bytes: size - end.byte }
        : undefined;
    const first = sealedKeyOf(parsed);
    for (let more = 0; more < MAX_KEYS; more++) {
      const index = parsed.index + more;
      const changes: JournalChanges = { ...(more === 0 ? {} : { index }), ...(gap === undefined ? {} : { gap }) };
      const isChanged = more > 0 || gap !== undefined;
      const key = more === 0 ? first : sealedKeyOf({ ...parsed, name: `${parsed.startMillis}-${parsed.writer}-${index}`, index });
      const bytes = await sealSegment(isChanged ? changedJournal(whole, changes) : whole, facts);
      try {
        const isNew = await this.#put(key, bytes);
        const stored = isNew ? undefined : await this.#store.get(key);
        this.#failures = 0;
        if (isNew || (stored !== undefined && holdsJournal(stored, key, whole, changes))) {
          return more === 0 ? { key } : { key, note: `${first} holds something else, and was left as it is` };
        }
      } catch (error) {
        this.#failures++;
        this.#lastFailure = messageOf(error);
        return { failure: this.#lastFailure };
      }
    }
    return { failure: `${MAX_KEYS} keys from ${first} on hold something else; look at ${path}` };
  }

  /** Whether the key was free. A store may say `exists` for the same bytes only. */
  async #put(key: string, bytes: Uint8Array): Promise<boolean> {
    try {
      return (await this.#store.put(key, bytes)) === 'created';
    } catch (error) {
      if (isChronicleError(error, 'CHRONICLE_STORE_CONFLICT')) return false;
      throw error;
    }
  }

  /** Removes the owner file of a writer that is dead and has no journal. A fault of it hurts nobody. */
  async removeOwner(writer: string): Promise<void> {
    try {
      const owner = await findOwner(this.#directory, writer);
      if (owner.kind === 'none' || owner.kind === 'newer') return;
      if (!this.#isAlive(owner, 0)) await removeIfThere(join(this.#directory, ownerName(writer)));
    } catch {
      // The next recovery tries again.
    }
  }
}

/** The records of a journal file up to a byte, read from the disk whenever they are asked for. */
class FilePieces implements JournalPieces {
  readonly #file: FileHandle;
  readonly #end: number;

  constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  get byteLength(): number {
    return this.#end - FILE_HEAD_BYTES;
  }

  pieces(): Iterable<Uint8Array> {
    return recordPieces(this.#file.fd, this.#end);
  }
}

function damageText({ record, byte, what }: { readonly record: number; readonly byte: number; readonly what: string }): string {
  return `record ${record} at byte ${byte} ${what}`;
}

/** Gives a damaged file the name under which nobody takes it for a journal. */
async function setAside(path: string): Promise<string> {
  const aside = asideOf(path);
  await rename(path, aside);
  return basename(aside);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    // Another recovery was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function messageOf(error: unknown): string {
  return firstLine(error instanceof Error ? error.message : String(error));
}
