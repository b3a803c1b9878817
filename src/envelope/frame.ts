// The frame of a record in a journal: its length, a check of the length, and a check of the body, each continuing the one
// before. Who writes a journal, reads it, or seals it has it from here.

import { crc32 } from 'node:zlib';
import { FRAME_BYTES, MAX_RECORD_BYTES } from './layout.js';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** `crc32` of zlib for a length as four bytes, little-endian: a call into zlib would cost more than the work. */
function crcOfLength(length: number, from: number): number {
  let crc = ~from;
  for (let shift = 0; shift < 32; shift += 8) crc = (crc >>> 8) ^ (TABLE[(crc ^ (length >>> shift)) & 0xff] as number);
  return ~crc >>> 0;
}

/**
 * Fills in the frame of the record that begins at a place and goes on to `end`. Gives its check, from which that of the
 * next record continues. The length has a check of its own: a record that seems to go on beyond the end of the file is
 * then known for cut off rather than damaged. That each continues the one before lets no record go missing unseen.
 */
export function writeFrame(bytes: Buffer, at: number, end: number, chain: number): number {
  const length = end - at - FRAME_BYTES;
  const head = crcOfLength(length, chain);
  const body = crc32(bytes.subarray(at + FRAME_BYTES, end), head);
  writeFixed32(bytes, at, length);
  writeFixed32(bytes, at + 4, head);
  writeFixed32(bytes, at + 8, body);
  return body;
}

function writeFixed32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** What stands at a place of a journal. */
export type Frame =
  | { readonly kind: 'whole'; readonly start: number; readonly end: number; readonly chain: number }
  /** It goes on beyond the bytes that there are. */
  | { readonly kind: 'short' }
  | { readonly kind: 'too-large'; readonly length: number }
  | { readonly kind: 'wrong-length' }
  | { readonly kind: 'wrong-body'; readonly end: number };

/** Reads and checks the record that begins at a place; `chain` is the check of the one before. */
export function readFrame(view: Buffer, at: number, chain: number): Frame {
  const start = at + FRAME_BYTES;
  if (start > view.length) return { kind: 'short' };
  const length = view.readUInt32LE(at);
  const head = crcOfLength(length, chain);
  if (head !== view.readUInt32LE(at + 4)) return { kind: 'wrong-length' };
  if (length > MAX_RECORD_BYTES) return { kind: 'too-large', length };
  const end = start + length;
  if (end > view.length) return { kind: 'short' };
  const body = crc32(view.subarray(start, end), head);
  return body === view.readUInt32LE(at + 8) ? { kind: 'whole', start, end, chain: body } : { kind: 'wrong-body', end };
}
