// One growing buffer, kept and reused: every encoder of the package writes into such a buffer, so that encoding
// allocates nothing in the steady state. Views that it gives out are valid until the next write.

const encoder = new TextEncoder();

/** Texts up to this many UTF-16 units are copied by a loop, which beats the call into the encoder. */
const LOOP_CHARS = 48;

/** A reusable, growing buffer of bytes with the primitives of our encodings. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;
  /** Above this size the buffer is given back at `reset()`, so that one large value does not pin memory. */
  readonly #keepBytes: number;

  constructor(initialBytes = 4096, keepBytes = 1 << 20) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.#keepBytes = keepBytes;
  }

  reset(): void {
    this.length = 0;
    if (this.bytes.length > this.#keepBytes) this.bytes = Buffer.allocUnsafeSlow(4096);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** An unsigned integer up to 2^53 - 1, seven bits a byte, low bits first. Anything else becomes the nearest one. */
  varint(value: number): void {
    this.reserve(10);
    let rest = value >= 0 ? Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER) : 0;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  float64BigEndian(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  float64LittleEndian(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  fixed64(value: bigint): void {
    this.reserve(8);
    this.length = this.bytes.writeBigUInt64LE(value, this.length);
  }

  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  /** What another writer holds. Copied without making a view, which costs more than a short copy. */
  append(source: ByteWriter): void {
    const { length } = source;
    this.reserve(length);
    if (length <= LOOP_CHARS) {
      const { bytes } = this;
      const from = source.bytes;
      let at = this.length;
      for (let index = 0; index < length; index++) bytes[at++] = from[index] as number;
    } else source.bytes.copy(this.bytes, this.length, 0, length);
    this.length += length;
  }

  /** One byte for each UTF-16 unit, all of them below 256: a digest, which is kept in this form. */
  latin1(text: string): void {
    const { length } = text;
    this.reserve(length);
    if (length > LOOP_CHARS) {
      this.length += this.bytes.write(text, this.length, 'latin1');
      return;
    }
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** Writes well-formed text as UTF-8 and returns how many bytes it took. */
  utf8(text: string): number {
    const start = this.length;
    const chars = text.length;
    this.reserve(chars * 3);
    if (chars <= LOOP_CHARS) {
      const { bytes } = this;
      let at = start;
      let index = 0;
      for (; index < chars; index++) {
        const code = text.charCodeAt(index);
        if (code > 0x7f) break;
        bytes[at++] = code;
      }
      if (index === chars) {
        this.length = at;
        return chars;
      }
    }
    const { written } = encoder.encodeInto(text, this.bytes.subarray(start));
    this.length = start + written;
    return written;
  }

  /** Writes any string as UTF-16, little-endian, two bytes a unit: for text that is not well-formed. */
  utf16(text: string): number {
    this.reserve(text.length * 2);
    const written = this.bytes.write(text, this.length, 'utf16le');
    this.length += written;
    return written;
  }

  /** Hex digits as the bytes they name. */
  hex(text: string): void {
    this.reserve(text.length >> 1);
    this.length += this.bytes.write(text, this.length, 'hex');
  }

  view(start = 0, end = this.length): Buffer {
    return this.bytes.subarray(start, end);
  }
}
