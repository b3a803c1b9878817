// The file around the records: its first bytes, and what sealing adds.

import { hash } from 'node:crypto';
import { crc32, gzip } from 'node:zlib';
import * as zlib from 'node:zlib';
import { promisify } from 'node:util';
import { ChronicleError } from '../errors.js';
import { ByteWriter } from '../value/index.js';
import { type BlockEntry, encodeFooter } from './bodies.js';
import { journalRecords } from './journal-walk.js';
import { BLOCK_BYTES, Codec, END_MAGIC, FILE_HEAD_BYTES, FILE_TAIL_BYTES, FORMAT_VERSION, MAGIC } from './layout.js';

/** The first bytes of a segment. */
export function fileHead(codec: Codec): Buffer {
  const head = Buffer.alloc(FILE_HEAD_BYTES);
  head.set(MAGIC);
  head[8] = FORMAT_VERSION;
  head[9] = codec;
  head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
  return head;
}

/** What the footer of a sealed segment says of its content. */
export interface SealFacts {
  /** Crossings that began in it. */
  readonly crossings: number;
  /** Those of them that have no end in it. */
  readonly open: number;
}

type Compress = (bytes: Uint8Array, options: object) => Promise<Buffer>;
const zstd = (zlib as unknown as { zstdCompress?: never }).zstdCompress;
const zstdCompress = zstd === undefined ? undefined : (promisify(zstd) as unknown as Compress);
const gzipCompress = promisify(gzip) as unknown as Compress;
const { ZSTD_c_checksumFlag: checksumFlag, ZSTD_c_compressionLevel: levelFlag } = zlib.constants as unknown as Record<string, number>;

/** Blocks up to this size are packed nearly as small as can be; higher levels take eight times as long for one per cent. */
const SMALL_BYTES = 64 << 10;

/** What Node takes by itself for a piece. */
const MIN_CHUNK_BYTES = 16 << 10;

function pack(plain: Uint8Array): Promise<Buffer> {
  // What comes out of a large block is one piece: to put it together from many takes its memory twice.
  const chunkSize = Math.max(MIN_CHUNK_BYTES, plain.length);
  if (zstdCompress === undefined) return gzipCompress(plain, { level: 6, chunkSize });
  const level = plain.length <= SMALL_BYTES ? 9 : 3;
  return zstdCompress(plain, { chunkSize, params: { [checksumFlag as number]: 1, [levelFlag as number]: level }, pledgedSrcSize: plain.length });
}

/** The records of a journal that may be larger than what should be in memory at once. */
export interface JournalPieces {
  /** Bytes of all pieces. */
  readonly byteLength: number;
  /** All records, without the first bytes of the file, cut wherever it suits. */
  pieces(): Iterable<Uint8Array>;
}

/**
 * Turns the records of a journal into a sealed segment: packed in blocks, with a footer that holds their digests. Fails
 * with `CHRONICLE_SEGMENT_DAMAGED` where a record is not what was written: sealed, it would pass for sound.
 */
export async function sealSegment(journal: Uint8Array | JournalPieces, facts: SealFacts): Promise<Buffer> {
  const file = new GrowingFile(journal.byteLength);
  file.add(fileHead(zstdCompress === undefined ? Codec.gzip : Codec.zstd));
  const blocks: BlockEntry[] = [];
  for (const plain of blocksOf(journal instanceof Uint8Array ? [journal] : journal.pieces())) {
    const packed = await pack(plain);
    file.add(packed);
    blocks.push({ packedBytes: packed.length, plainBytes: plain.length, plainSha256: hash('sha256', plain, 'hex') });
  }
  const footer = encodeFooter({ blocks, crossings: facts.crossings, open: facts.open });
  const tail = Buffer.alloc(FILE_TAIL_BYTES);
  tail.writeUInt32LE(footer.length, 0);
  tail.writeUInt32LE(crc32(footer), 4);
  tail.set(END_MAGIC, 8);
  file.add(footer);
  file.add(tail);
  return file.bytes();
}

/** Beside the blocks: head, footer and tail, and what packing may add where there is nothing to gain. */
const ROOM_BYTES = 64 << 10;

/** A large file costs its own size once: what is made room for and not written to takes no memory. */
class GrowingFile {
  #bytes: Buffer;
  #length = 0;

  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafeSlow(expected + ROOM_BYTES);
  }

  add(part: Uint8Array): void {
    if (this.#length + part.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(this.#length + part.length + (this.#length >> 3));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  bytes(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    // A small file is not worth the room that it was given.
    return bytes.length * 2 < this.#bytes.length && bytes.length <= SMALL_BYTES * 16 ? Buffer.from(bytes) : bytes;
  }
}

/**
 * The records of a journal as a sealed segment has them: each after its length alone, since the blocks have digests of
 * their own.
 */
function* blocksOf(pieces: Iterable<Uint8Array>): Iterable<Buffer> {
  let block: ByteWriter | undefined;
  for (const body of bodiesOf(pieces)) {
    block ??= new ByteWriter(Math.min(body.length + 16, BLOCK_BYTES));
    block.varint(body.length);
    block.raw(body);
    if (block.length < BLOCK_BYTES) continue;
    yield block.view();
    block = undefined;
  }
  if (block !== undefined) yield block.view();
}

/** The bodies of the records, each checked; a body is valid until the next. */
function* bodiesOf(pieces: Iterable<Uint8Array>): Generator<Buffer, void> {
  const end = yield* journalRecords(pieces);
  switch (end.kind) {
    case 'whole':
      return;
    case 'torn':
      throw unsound(end.record, end.byte, end.rest === 'missing' ? 'is cut off' : 'has a wrong checksum');
    case 'damaged':
      throw unsound(end.record, end.byte, end.what);
  }
}

function unsound(record: number, byte: number, what: string): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_SEGMENT_DAMAGED',
    `Cannot seal the journal: record ${record} at byte ${byte} ${what}.\nThe disk gave back other bytes than were written; what stands before that can still be read from the journal.`,
    { facts: { record, byte, what } },
  );
}
