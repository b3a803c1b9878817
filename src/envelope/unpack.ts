// Unpacks one block of a sealed segment. Whoever calls this checks what comes out: its length and its SHA-256.

import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import { ChronicleError } from '../errors.js';
import { Codec } from './layout.js';

type Unpack = (bytes: Uint8Array, options: object) => Buffer;

const zstdDecompress = (zlib as unknown as { zstdDecompressSync?: Unpack }).zstdDecompressSync;

/** Sizes of the pieces in which Node unpacks: the least that it takes, and the most that is asked for on a footer's word. */
const MIN_CHUNK_BYTES = 64;
const MAX_CHUNK_BYTES = 16 << 20;

/** What zstd may write at once; its decoder in JavaScript works in the room behind what it has written. */
const ZSTD_BLOCK_BYTES = 128 << 10;

/**
 * The plain bytes of a block, of which `expected` should come out; never more than one byte beyond that. Throws what the
 * decoder throws where the bytes are not what it packs.
 */
export function unpackBlock(packed: Uint8Array, codec: Codec, expected: number, name: string): Uint8Array {
  // One byte more than expected is allowed, so that a longer body is told apart from a right one. All of a block is one
  // chunk: it would be put together from pieces of 16 KiB, which takes twice the memory.
  const options = { maxOutputLength: expected + 1, chunkSize: Math.min(Math.max(MIN_CHUNK_BYTES, expected + 1), MAX_CHUNK_BYTES) };
  if (codec === Codec.gzip) return zlib.gunzipSync(packed, options);
  return zstdDecompress === undefined ? unzstd(packed, expected, name) : zstdDecompress(packed, options);
}

/**
 * zstd for versions of Node that lack it. The decoder writes into room that is made here, so what the frame says of its
 * size and its window claims no memory; and it takes one frame, as a block has.
 */
export function unzstd(packed: Uint8Array, expected: number, name: string): Uint8Array {
  const decompress = loadDecoder(name);
  const claimed = contentSize(packed);
  // A length that is not the expected one is for the caller to name.
  if (claimed !== undefined && claimed !== BigInt(expected)) return new Uint8Array(Math.min(Number(claimed), expected + 1));
  const room = new Uint8Array(expected + ZSTD_BLOCK_BYTES);
  // The decoder asks whether it is `== 1`, which would otherwise write all of it out as a text.
  Object.defineProperty(room, 'valueOf', { value: () => Number.NaN });
  decompress(packed, room);
  // What was written beyond `expected` cannot be right, and then neither is the SHA-256 of what stands before it; a frame
  // that says no size may be longer and begin rightly, and what is given back is right all the same.
  return room.subarray(0, expected);
}

/** The size that a zstd frame says it has (RFC 8878, 3.1.1.1); undefined where it says none. */
function contentSize(packed: Uint8Array): bigint | undefined {
  const view = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  if (view.length < 6 || view.readUInt32LE(0) !== 0xfd2fb528) throw new Error('it is no zstd frame');
  const flags = view[4] as number;
  const isSingle = (flags & 0x20) !== 0;
  const at = (isSingle ? 5 : 6) + ([0, 1, 2, 4][flags & 3] as number);
  const width = flags >> 6 === 0 ? (isSingle ? 1 : 0) : 1 << (flags >> 6);
  if (width === 0) return undefined;
  if (at + width > view.length) throw new Error('its zstd frame is cut off');
  if (width === 8) return view.readBigUInt64LE(at);
  return BigInt(view.readUIntLE(at, width) + (width === 2 ? 256 : 0));
}

let decoder: ((bytes: Uint8Array, room: Uint8Array) => Uint8Array) | undefined;

function loadDecoder(name: string): (bytes: Uint8Array, room: Uint8Array) => Uint8Array {
  try {
    decoder ??= (createRequire(import.meta.url)('fzstd') as { decompress: (bytes: Uint8Array, room: Uint8Array) => Uint8Array }).decompress;
    return decoder;
  } catch (cause) {
    throw new ChronicleError(
      'CHRONICLE_DEPENDENCY_MISSING',
      `Cannot read ${name}: it is compressed with zstd, which Node ${process.versions.node} lacks, and the package fzstd cannot be loaded.\nRead it with Node 22.15 or newer, or install fzstd.`,
      { cause, facts: { segment: name, node: process.versions.node, package: 'fzstd' } },
    );
  }
}
