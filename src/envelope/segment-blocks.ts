// The plain bytes of a segment. A journal has them in one piece; a sealed segment has them in blocks, of which only some
// are unpacked at a time, since what a reader wants is mostly in few of them.

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ChronicleError } from '../errors.js';
import { type FooterBody, readFooterBody } from './bodies.js';
import { Cursor } from './cursor.js';
import { beyondLimit, damaged } from './faults.js';
import { Codec, END_MAGIC, FILE_HEAD_BYTES, FILE_TAIL_BYTES, FORMAT_VERSION, MAGIC, MAX_PLAIN_BYTES } from './layout.js';
import { unpackBlock } from './unpack.js';

/**
 * Plain bytes of blocks that are kept when they were unpacked. The larger the file, which is in memory itself, the fewer;
 * the block that was used last is always kept.
 */
const MAX_KEPT_BYTES = 48 << 20;
const MIN_KEPT_BYTES = 8 << 20;

interface PackedBlock {
  readonly packed: Uint8Array;
  readonly plainBytes: number;
  /** As hex. */
  readonly plainSha256: string;
}

/** What the footer of a sealed segment counts. */
export interface FooterFacts {
  readonly crossings: number;
  readonly open: number;
}

/** The plain bytes of one segment. */
export class SegmentBlocks {
  readonly #name: string;
  readonly #codec: Codec;
  readonly #packed: readonly PackedBlock[];
  /** Blocks that are unpacked, the one that was used last at the end. */
  readonly #kept = new Map<number, Buffer>();
  #keptBytes = 0;
  readonly #mostKeptBytes: number;
  /** Undefined for a journal. */
  readonly footer: FooterFacts | undefined;
  /** Plain bytes of all blocks. */
  readonly plainBytes: number;

  private constructor(name: string, codec: Codec, packed: readonly PackedBlock[], footer: FooterFacts | undefined) {
    this.#name = name;
    this.#codec = codec;
    this.#packed = packed;
    this.footer = footer;
    this.plainBytes = packed.reduce((sum, block) => sum + block.plainBytes, 0);
    const packedBytes = packed.reduce((sum, block) => sum + block.packed.length, 0);
    this.#mostKeptBytes = Math.max(MIN_KEPT_BYTES, MAX_KEPT_BYTES - packedBytes / 4);
  }

  /** Checks what stands around the records. Fails with `CHRONICLE_SEGMENT_DAMAGED`, `_VERSION` or `_LIMIT`. */
  static open(bytes: Uint8Array, name: string): SegmentBlocks {
    const codec = readHead(bytes, name);
    if (codec !== Codec.none) return SegmentBlocks.#sealed(bytes, name, codec);
    const plainBytes = bytes.length - FILE_HEAD_BYTES;
    if (plainBytes > MAX_PLAIN_BYTES) throw beyondLimit(name, `its records have ${plainBytes} bytes, and the limit is ${MAX_PLAIN_BYTES}`);
    return new SegmentBlocks(name, codec, [{ packed: bytes.subarray(FILE_HEAD_BYTES), plainBytes, plainSha256: '' }], undefined);
  }

  static #sealed(bytes: Uint8Array, name: string, codec: Codec): SegmentBlocks {
    const { footer, bodyEnd } = readFooter(bytes, name);
    const listed = footer.blocks;
    const blocks: PackedBlock[] = [];
    let at = FILE_HEAD_BYTES;
    let unpacked = 0;
    for (const [index, { packedBytes, plainBytes, plainSha256 }] of listed.entries()) {
      unpacked += plainBytes;
      if (unpacked > MAX_PLAIN_BYTES) throw beyondLimit(name, `it unpacks to ${unpacked} bytes, and the limit is ${MAX_PLAIN_BYTES}`);
      const end = at + packedBytes;
      if (end > bodyEnd) throw damaged(name, `block ${index + 1} of ${listed.length} goes on beyond the file`);
      blocks.push({ packed: bytes.subarray(at, end), plainBytes, plainSha256 });
      at = end;
    }
    if (at !== bodyEnd) throw damaged(name, 'it holds more than its footer lists');
    return new SegmentBlocks(name, codec, blocks, { crossings: footer.crossings, open: footer.open });
  }

  get count(): number {
    return this.#packed.length;
  }

  /** `block 2 of 3`. */
  placeOf(index: number): string {
    return `block ${index + 1} of ${this.#packed.length}`;
  }

  /** The plain bytes of a block, checked. Whoever keeps a view of them keeps all of the block. */
  plain(index: number): Buffer {
    const known = this.#kept.get(index);
    if (known !== undefined) {
      if (this.#kept.size > 1) {
        this.#kept.delete(index);
        this.#kept.set(index, known);
      }
      return known;
    }
    const plain = this.#unpack(index);
    this.#kept.set(index, plain);
    this.#keptBytes += plain.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= this.#mostKeptBytes || oldest === index) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
    return plain;
  }

  #unpack(index: number): Buffer {
    const { packed, plainBytes, plainSha256 } = this.#packed[index] as PackedBlock;
    if (this.#codec === Codec.none) return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
    let plain: Uint8Array;
    try {
      plain = unpackBlock(packed, this.#codec, plainBytes, this.#name);
    } catch (error) {
      if (error instanceof ChronicleError) throw error;
      throw damaged(this.#name, `${this.placeOf(index)} cannot be unpacked`, error);
    }
    if (plain.length !== plainBytes) throw damaged(this.#name, `${this.placeOf(index)} unpacks to ${plain.length} bytes instead of ${plainBytes}`);
    if (hash('sha256', plain, 'hex') !== plainSha256) throw damaged(this.#name, `the SHA-256 of ${this.placeOf(index)} is wrong`);
    return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  }
}

/** Checks the first bytes and says how the records are compressed. */
function readHead(bytes: Uint8Array, name: string): Codec {
  if (bytes.length < FILE_HEAD_BYTES) throw damaged(name, `it has ${bytes.length} bytes, and a segment begins with ${FILE_HEAD_BYTES}`);
  for (let index = 0; index < MAGIC.length; index++) {
    if (bytes[index] !== MAGIC[index]) throw damaged(name, 'it does not begin as a segment does');
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.readUInt32LE(12) !== crc32(view.subarray(0, 12))) throw damaged(name, 'the checksum of its first bytes is wrong');
  const version = view[8] as number;
  if (version > FORMAT_VERSION) {
    throw new ChronicleError(
      'CHRONICLE_SEGMENT_VERSION',
      `Cannot read ${name}: format ${version}, and this version reads 1 to ${FORMAT_VERSION}.\nUpgrade chronicle-otel to read it.`,
      {
        facts: { segment: name, version },
      },
    );
  }
  const codec = view[9] as number;
  if (codec !== Codec.none && codec !== Codec.gzip && codec !== Codec.zstd) throw damaged(name, `its compression ${codec} is unknown`);
  return codec;
}

/** The footer of a sealed segment. */
function readFooter(bytes: Uint8Array, name: string): { readonly footer: FooterBody; readonly bodyEnd: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = view.length - FILE_TAIL_BYTES;
  if (tail < FILE_HEAD_BYTES || !view.subarray(tail + 8).equals(END_MAGIC)) throw damaged(name, 'its end is missing, so it was cut off');
  const length = view.readUInt32LE(tail);
  if (length > tail - FILE_HEAD_BYTES) throw damaged(name, 'its footer is longer than the file');
  const footer = view.subarray(tail - length, tail);
  if (view.readUInt32LE(tail + 4) !== crc32(footer)) throw damaged(name, 'the checksum of its footer is wrong');
  try {
    return { footer: readFooterBody(new Cursor(footer, 0, footer.length)), bodyEnd: tail - length };
  } catch (error) {
    throw damaged(name, 'its footer cannot be decoded', error);
  }
}
