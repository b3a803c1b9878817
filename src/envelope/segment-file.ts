// The file around the records: its first bytes, and what sealing adds.

import { hash } from 'node:crypto';
import { crc32, gzip } from 'node:zlib';
import * as zlib from 'node:zlib';
import { promisify } from 'node:util';
import { chronicle } from './generated/chronicle.js';
import { ByteWriter } from '../value/index.js';
import { BLOCK_BYTES, Codec, END_MAGIC, FILE_HEAD_BYTES, FILE_TAIL_BYTES, FORMAT_VERSION, FRAME_BYTES, MAGIC } from './layout.js';

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
  readonly crossings: number;
  readonly open: number;
}

type Compress = (bytes: Uint8Array, options: object) => Promise<Buffer>;
const zstd = (zlib as unknown as { zstdCompress?: never }).zstdCompress;
const zstdCompress = zstd === undefined ? undefined : (promisify(zstd) as unknown as Compress);
const gzipCompress = promisify(gzip) as unknown as Compress;
const { ZSTD_c_checksumFlag: checksumFlag, ZSTD_c_compressionLevel: levelFlag } = zlib.constants as unknown as Record<string, number>;

/** Blocks up to this size are packed as small as can be; that takes a millisecond for most runs. */
const SMALL_BYTES = 64 << 10;

function pack(plain: Uint8Array): Promise<Buffer> {
  if (zstdCompress === undefined) return gzipCompress(plain, { level: 6 });
  const level = plain.length <= SMALL_BYTES ? 12 : 3;
  return zstdCompress(plain, { params: { [checksumFlag as number]: 1, [levelFlag as number]: level }, pledgedSrcSize: plain.length });
}

/** Turns the records of a journal into a sealed segment: packed in blocks, with a footer that holds their digests. */
export async function sealSegment(journal: Uint8Array, facts: SealFacts): Promise<Buffer> {
  const parts: Buffer[] = [fileHead(zstdCompress === undefined ? Codec.gzip : Codec.zstd)];
  const blocks: chronicle.v1.Block.$Properties[] = [];
  for (const plain of blocksOf(journal)) {
    const packed = await pack(plain);
    parts.push(packed);
    blocks.push({ packedBytes: packed.length, plainBytes: plain.length, plainSha256: hash('sha256', plain, 'buffer') });
  }
  const footer = chronicle.v1.Footer.encode({ blocks, crossings: facts.crossings, open: facts.open }).finish();
  const tail = Buffer.alloc(FILE_TAIL_BYTES);
  tail.writeUInt32LE(footer.length, 0);
  tail.writeUInt32LE(crc32(footer), 4);
  tail.set(END_MAGIC, 8);
  return Buffer.concat([...parts, footer, tail]);
}

/**
 * The records of a journal as a sealed segment has them: each after its length alone, since the blocks have digests of
 * their own.
 */
function* blocksOf(journal: Uint8Array): Iterable<Buffer> {
  const view = Buffer.from(journal.buffer, journal.byteOffset, journal.byteLength);
  for (let from = 0; from < view.length; ) {
    let to = from;
    while (to < view.length && to - from < BLOCK_BYTES) to += FRAME_BYTES + view.readUInt32LE(to);
    const block = new ByteWriter(to - from);
    for (let at = from; at < to; ) {
      const start = at + FRAME_BYTES;
      const length = view.readUInt32LE(at);
      block.varint(length);
      block.raw(view.subarray(start, start + length));
      at = start + length;
    }
    yield block.view();
    from = to;
  }
}
