// Goes through the records of a journal that another process left: how far they are whole, what the crossings in them
// came to, and the same records with another number, or with a note of what is missing. Holds one piece at a time.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { isChronicleError } from '../errors.js';
import { ByteWriter } from '../value/index.js';
import { type Body, type BoundaryBody, readBody } from './bodies.js';
import { Cursor, MalformedMessage, Wire } from './cursor.js';
import { writeFrame } from './frame.js';
import { isZero, type JournalEnd, journalRecords } from './journal-walk.js';
import { Codec, FILE_HEAD_BYTES, FORMAT_VERSION, FRAME_BYTES, MAGIC, MAX_BODY_BYTES, MAX_PLAIN_BYTES } from './layout.js';
import { RecordWriter } from './record-writer.js';
import { SegmentBlocks } from './segment-blocks.js';
import { fileHead, type JournalPieces } from './segment-file.js';

/** What the first bytes of a journal are. */
export type JournalHead =
  | { readonly kind: 'journal' }
  /** It was being written when its process ended. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'damaged'; readonly what: string };

/** Reads the first bytes of a file that should be a journal. */
export function readJournalHead(bytes: Uint8Array): JournalHead {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, FILE_HEAD_BYTES));
  const head = fileHead(Codec.none);
  if (view.length < FILE_HEAD_BYTES) {
    return isZero(view) || view.equals(head.subarray(0, view.length)) ? { kind: 'empty' } : { kind: 'damaged', what: 'it does not begin as a segment does' };
  }
  if (view.equals(head)) return { kind: 'journal' };
  if (!view.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'damaged', what: 'it does not begin as a segment does' };
  if (view.readUInt32LE(12) !== crc32(view.subarray(0, 12))) return { kind: 'damaged', what: 'the checksum of its first bytes is wrong' };
  const version = view[8] as number;
  return version > FORMAT_VERSION ? { kind: 'newer', version } : { kind: 'damaged', what: 'its first bytes are not those of a journal' };
}

/** A crossing that began in a journal and has no end in it. */
export interface OpenCall {
  readonly spanId: string;
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
}

/** What stands in a journal, as far as it is whole. */
export interface JournalScan {
  /** Undefined where not even the first record is whole. */
  readonly header: { readonly traceId: string; readonly writer: string; readonly index: number } | undefined;
  /** Crossings that began in it. */
  readonly crossings: number;
  /** Those of them that have no end in it, in the order in which they began. */
  readonly open: readonly OpenCall[];
  /** Span IDs of crossings that began in an earlier segment and ended in this one. */
  readonly endedLater: readonly string[];
  readonly end: JournalEnd;
}

/** Bytes after which the event loop gets its turn. */
const TURN_BYTES = 4 << 20;

/**
 * Reads a journal through. A record that cannot be understood, or goes beyond what a reader takes, counts as damage, so
 * that what stands before it can be sealed by itself.
 */
export async function scanJournal(pieces: Iterable<Uint8Array>): Promise<JournalScan> {
  const records = journalRecords(pieces);
  const reading = new Scanning();
  let byte = FILE_HEAD_BYTES;
  let turnAt = TURN_BYTES;
  for (let number = 1; ; number++) {
    const next = records.next();
    if (next.done === true) return reading.scan(next.value);
    const fault = byte + next.value.length > MAX_PLAIN_BYTES ? 'goes beyond what a reader takes of a segment' : reading.take(next.value);
    if (fault !== undefined) {
      records.return({ kind: 'whole', record: number, byte });
      return reading.scan({ kind: 'damaged', record: number, byte, what: fault });
    }
    byte += FRAME_BYTES + next.value.length;
    if (byte > turnAt) {
      turnAt = byte + TURN_BYTES;
      await nextTurn();
    }
  }
}

class Scanning {
  readonly #boundaries: BoundaryBody[] = [];
  readonly #open = new Map<number, OpenCall>();
  readonly #endedLater: string[] = [];
  #header: JournalScan['header'];
  #crossings = 0;

  /** Takes a record, or says what is wrong with it; nothing of it is taken then. */
  take(record: Buffer): string | undefined {
    try {
      const cursor = new Cursor(record, 0, record.length);
      while (cursor.next()) {
        if (cursor.wire !== Wire.bytes) cursor.skip();
        // Nodes are looked at when a value is built.
        else if (cursor.field !== 1) {
          const fault = this.#body(cursor.field, cursor.inner());
          if (fault !== undefined) return fault;
        }
      }
    } catch (error) {
      if (isChronicleError(error)) throw error;
      return 'cannot be decoded';
    }
    return this.#header === undefined ? 'is no header' : undefined;
  }

  #body(field: number, cursor: Cursor): string | undefined {
    if (cursor.end - cursor.at > MAX_BODY_BYTES) return `has ${cursor.end - cursor.at} bytes beside its nodes, more than a reader takes`;
    // An end says more than is asked here.
    if (field === END_FIELD) return this.#header === undefined ? 'is no header' : this.#end(cursor);
    const body: Body | undefined = readBody(field, cursor);
    if (body?.kind === 'header') {
      if (this.#header !== undefined) return 'is a second header';
      this.#header = { traceId: body.traceId, writer: body.writer, index: body.index };
      return undefined;
    }
    if (this.#header === undefined) return 'is no header';
    if (body?.kind !== 'begin') return undefined;
    const { boundary, spanId } = body.begin;
    if (typeof boundary !== 'number') this.#boundaries.push(boundary);
    const known = typeof boundary === 'number' ? this.#boundaries[boundary - 1] : boundary;
    if (known === undefined) return `begins a crossing of boundary ${String(boundary)}, which was not defined`;
    this.#open.set(this.#crossings++, { spanId, ...known });
    return undefined;
  }

  #end(cursor: Cursor): string | undefined {
    let since = 0;
    let spanId = '';
    while (cursor.next()) {
      if (cursor.is(1, Wire.varint)) since = cursor.varint();
      else if (cursor.is(12, Wire.bytes)) spanId = cursor.bytes.toString('hex', cursor.from, cursor.to);
      else cursor.skip();
    }
    if (spanId !== '') this.#endedLater.push(spanId);
    else if (since >= this.#crossings) return 'ends a crossing that did not begin';
    else this.#open.delete(this.#crossings - 1 - since);
    return undefined;
  }

  scan(end: JournalEnd): JournalScan {
    return { header: this.#header, crossings: this.#crossings, open: [...this.#open.values()], endedLater: this.#endedLater, end };
  }
}

/** Numbers of `Record` in chronicle.proto. */
const HEADER_FIELD = 2;
const END_FIELD = 6;

/** What is to be said otherwise in the records of a journal. */
export interface JournalChanges {
  /** The number of the segment. */
  readonly index?: number;
  /** Why something is missing at its end, and how many bytes. */
  readonly gap?: { readonly reason: string; readonly bytes: number };
}

function* changedRecords(records: Iterable<Buffer>, { index, gap }: JournalChanges): Generator<Buffer> {
  let first = true;
  for (const record of records) {
    yield first && index !== undefined ? withIndex(record, index) : record;
    first = false;
  }
  if (gap === undefined) return;
  const writer = new RecordWriter();
  // How many records is not known: at least the one that is damaged.
  writer.gap(gap.reason, 1, gap.bytes);
  yield writer.take().subarray(FRAME_BYTES);
}

/** The journal with these changes, framed anew. */
export function changedJournal(journal: JournalPieces, changes: JournalChanges): JournalPieces {
  return {
    byteLength: journal.byteLength,
    *pieces() {
      let chain = 0;
      for (const record of changedRecords(journalRecords(journal.pieces()), changes)) {
        const framed = Buffer.allocUnsafe(FRAME_BYTES + record.length);
        framed.set(record, FRAME_BYTES);
        chain = writeFrame(framed, 0, framed.length, chain);
        yield framed;
      }
    },
  };
}

function withIndex(record: Buffer, index: number): Buffer {
  const out = new ByteWriter(record.length + 16);
  const cursor = new Cursor(record, 0, record.length);
  for (let from = 0; cursor.next(); from = cursor.at) {
    if (cursor.wire !== Wire.bytes) cursor.skip();
    if (!cursor.is(HEADER_FIELD, Wire.bytes)) {
      out.raw(record.subarray(from, cursor.at));
      continue;
    }
    const header = new ByteWriter(record.length + 16);
    const inner = cursor.inner();
    for (let at = inner.at; inner.next(); at = inner.at) {
      if (inner.wire !== Wire.bytes) inner.skip();
      if (inner.field !== 3) header.raw(record.subarray(at, inner.at));
    }
    header.byte(3 << 3);
    header.varint(index);
    out.byte((HEADER_FIELD << 3) | Wire.bytes);
    out.varint(header.length);
    out.append(header);
  }
  return Buffer.from(out.view());
}

/**
 * Whether a sealed segment holds all records of a journal, with these changes, and can be read. A segment is what its
 * journal was: if it holds them, they are its first ones, byte for byte.
 */
export function holdsJournal(sealed: Uint8Array, name: string, journal: JournalPieces, changes: JournalChanges = {}): boolean {
  try {
    const stored = recordsOfSegment(SegmentBlocks.open(sealed, name));
    for (const record of changedRecords(journalRecords(journal.pieces()), changes)) {
      const next = stored.next();
      if (next.done === true || !next.value.equals(record)) return false;
    }
    // What follows has to be readable as well, or a reader would call the segment damaged.
    for (const _record of stored);
    return true;
  } catch (error) {
    if (isChronicleError(error) || error instanceof MalformedMessage) return false;
    throw error;
  }
}

function* recordsOfSegment(blocks: SegmentBlocks): Generator<Buffer> {
  for (let block = 0; block < blocks.count; block++) {
    const plain = blocks.plain(block);
    const cursor = new Cursor(plain, 0, plain.length);
    while (cursor.at < plain.length) {
      const length = cursor.varint();
      yield plain.subarray(cursor.at, cursor.at + length);
      cursor.at += length;
    }
  }
}
