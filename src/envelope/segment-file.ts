// The file around the records: its first bytes, and what sealing adds.

import { hash } from 'node:crypto';
import { crc32, gzip } from 'node:zlib';
import * as zlib from 'node:zlib';
import { promisify } from 'node:util';
import { chronicle } from './generated/chronicle.js';
import { Codec, END_MAGIC, FILE_HEAD_BYTES, FILE_TAIL_BYTES, FORMAT_VERSION, MAGIC } from './layout.js';

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
  readonly records: number;
  readonly crossings: number;
  readonly open: number;
  /** Span IDs as hex, in the order in which the crossings began. */
  readonly spanIds: readonly string[];
}

type Compress = (bytes: Uint8Array, options: object) => Promise<Buffer>;
const zstd = (zlib as unknown as { zstdCompress?: never }).zstdCompress;
const zstdCompress = zstd === undefined ? undefined : (promisify(zstd) as unknown as Compress);
const gzipCompress = promisify(gzip) as unknown as Compress;
const { ZSTD_c_checksumFlag: checksumFlag, ZSTD_c_compressionLevel: levelFlag } = zlib.constants as unknown as Record<string, number>;

/** Turns the plain records of a journal into a sealed segment: compressed, with footer and digest. */
export async function sealSegment(records: Uint8Array, facts: SealFacts): Promise<Buffer> {
  const codec = zstdCompress === undefined ? Codec.gzip : Codec.zstd;
  const body =
    zstdCompress === undefined
      ? await gzipCompress(records, { level: 6 })
      : await zstdCompress(records, { params: { [checksumFlag as number]: 1, [levelFlag as number]: 3 } });
  const footer = chronicle.v1.Footer.encode({
    plainBytes: records.length,
    plainSha256: hash('sha256', records, 'buffer'),
    records: facts.records,
    crossings: facts.crossings,
    open: facts.open,
    spanIds: Buffer.from(facts.spanIds.join(''), 'hex'),
  }).finish();
  const tail = Buffer.alloc(FILE_TAIL_BYTES);
  tail.writeUInt32LE(footer.length, 0);
  tail.writeUInt32LE(crc32(footer), 4);
  tail.set(END_MAGIC, 8);
  return Buffer.concat([fileHead(codec), body, footer, tail]);
}
