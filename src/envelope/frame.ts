// CRC-32 of four bytes without leaving JavaScript: a call into zlib costs more than the work.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** `crc32` of zlib for a length as four bytes, little-endian, continued from an earlier check. */
export function crcOfLength(length: number, from: number): number {
  let crc = ~from;
  for (let shift = 0; shift < 32; shift += 8) crc = (crc >>> 8) ^ (TABLE[(crc ^ (length >>> shift)) & 0xff] as number);
  return ~crc >>> 0;
}
