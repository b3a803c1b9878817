// Where the records of an open trace are kept until they are sealed: a file that survives the process, or memory for
// stores that have no disk beside them.

import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Codec, FILE_HEAD_BYTES, fileHead, type JournalPieces } from '../envelope/index.js';

/** The records of one open segment. */
export interface Journal extends JournalPieces {
  /** Appends whole records; when it returns they survive the end of the process. Throws what the disk says. */
  append(records: Uint8Array): void;
  /** Ends the journal and removes what it kept. */
  remove(): void;
  /** Ends the journal and keeps it under a name that nobody reads by himself. */
  setAside(): void;
}

/** What is written survives the end of the process, or the loss of power as well. */
export type Durability = 'process' | 'disk';

/** Bytes of a journal that are read at once. */
const PIECE_BYTES = 4 << 20;

/** Files that are kept open at once; the one that was used longest ago is closed and opened again when needed. */
const MAX_OPEN_FILES = 256;
const openFiles = new Map<FileJournal, number>();

/** A journal in one file, appended to synchronously: two microseconds, and it survives `kill -9`. */
export class FileJournal implements Journal {
  readonly #path: string;
  readonly #durability: Durability;
  #bytes = 0;

  constructor(directory: string, name: string, durability: Durability = 'process') {
    this.#path = join(directory, `${name}.open`);
    this.#durability = durability;
    openFiles.set(
      this,
      twice(() => create(directory, this.#path)),
    );
    closeOldest();
    try {
      this.append(fileHead(Codec.none));
      if (durability === 'disk') syncDirectory(directory);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #descriptor(): number {
    const known = openFiles.get(this);
    if (known !== undefined) {
      if (openFiles.size > MAX_OPEN_FILES / 2) {
        openFiles.delete(this);
        openFiles.set(this, known);
      }
      return known;
    }
    const descriptor = openSync(this.#path, 'a', 0o600);
    openFiles.set(this, descriptor);
    closeOldest();
    return descriptor;
  }

  append(records: Uint8Array): void {
    twice(() => this.#append(records));
  }

  #append(records: Uint8Array): void {
    const descriptor = this.#descriptor();
    let written = 0;
    try {
      // A full disk may take a part and report the rest only at the next write.
      while (written < records.length) written += writeSync(descriptor, records, written, records.length - written);
      if (this.#durability === 'disk') fdatasyncSync(descriptor);
    } catch (error) {
      // A half record in the middle of the file would hide all that follows it.
      if (written > 0) ftruncateSync(descriptor, this.#bytes);
      throw error;
    }
    this.#bytes += written;
  }

  get byteLength(): number {
    return this.#bytes - FILE_HEAD_BYTES;
  }

  *pieces(): Iterable<Uint8Array> {
    const descriptor = openSync(this.#path, 'r');
    try {
      yield* recordPieces(descriptor, this.#bytes);
    } finally {
      closeSync(descriptor);
    }
  }

  remove(): void {
    this.#closeFile();
    unlinkSync(this.#path);
  }

  setAside(): void {
    this.#closeFile();
    renameSync(this.#path, asideOf(this.#path));
  }

  #closeFile(): void {
    const descriptor = openFiles.get(this);
    if (descriptor === undefined) return;
    openFiles.delete(this);
    closeSync(descriptor);
  }
}

/** The name, or the path, under which nobody takes a damaged journal for one. */
export function asideOf(journal: string): string {
  return journal.replace(/\.open$/, '.damaged');
}

/** The records of a journal file up to a byte, read from the disk whenever they are asked for. */
export function* recordPieces(descriptor: number, end: number): Iterable<Uint8Array> {
  for (let at = FILE_HEAD_BYTES; at < end; ) {
    const piece = readPiece(descriptor, at, Math.min(PIECE_BYTES, end - at));
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

/** Bytes of a file from a place on; fewer where it ends before. */
export function readPiece(descriptor: number, at: number, length: number): Buffer {
  // A new piece each time: what is left of the last one may still be looked at.
  const piece = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, piece, filled, length - filled, at + filled);
    if (count === 0) break;
    filled += count;
  }
  return piece.subarray(0, filled);
}

/** A disk that refuses something may take it a moment later. */
function twice<T>(work: () => T): T {
  try {
    return work();
  } catch {
    return work();
  }
}

/** So that a new file is still there under its name when the power was lost. Not every system can sync a directory. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // Then its file system has its own ways.
  } finally {
    closeSync(descriptor);
  }
}

function create(directory: string, path: string): number {
  try {
    return openSync(path, 'ax', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openSync(path, 'ax', 0o600);
  }
}

function closeOldest(): void {
  if (openFiles.size <= MAX_OPEN_FILES) return;
  for (const [journal, descriptor] of openFiles) {
    openFiles.delete(journal);
    closeSync(descriptor);
    return;
  }
}

/** A journal in memory: for stores that live in memory themselves, and for tests. */
export class MemoryJournal implements Journal {
  #chunks: Buffer[] = [];
  #bytes = 0;

  append(records: Uint8Array): void {
    this.#chunks.push(Buffer.from(records));
    this.#bytes += records.length;
  }

  /** All records so far, in one piece. */
  read(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  get byteLength(): number {
    return this.#bytes;
  }

  pieces(): Iterable<Uint8Array> {
    return this.#chunks;
  }

  remove(): void {
    this.#chunks = [];
  }

  setAside(): void {
    this.#chunks = [];
  }
}
