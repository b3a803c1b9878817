// Reads the wire format of protobuf by hand. Nodes are read with it whenever a value is built, straight from the bytes
// of the segment: a message per part, as generated code makes them, would take many times the memory of the value.

/** Thrown where the bytes are no message. The caller knows the place and says so. */
export class MalformedMessage extends Error {}

/** Wire types that this format uses. */
export const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A place in a message, and where the message ends. */
export class Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
  /** Number and wire type of the field that `next` found. */
  field = 0;
  wire = 0;
  /** Extent of a field of the wire type `bytes`. */
  from = 0;
  to = 0;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /**
   * Moves to the next field; false at the end. A field of bytes is passed at once, and `from` and `to` say where it is;
   * any other must be read or skipped.
   */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0) throw new MalformedMessage('a field has the number 0');
    if (this.wire === Wire.bytes) {
      const length = this.varint();
      this.from = this.at;
      this.to = this.at + length;
      if (this.to > this.end) throw new MalformedMessage('a field goes on beyond its message');
      this.at = this.to;
    }
    return true;
  }

  /** Whether the field that `next` found is this one, in the form it should have. */
  is(field: number, wire: number): boolean {
    return this.field === field && this.wire === wire;
  }

  /** Passes a field that nobody asked for. Groups, which only very old writers use, are none of ours. */
  skip(): void {
    switch (this.wire) {
      case Wire.varint:
        this.varint();
        return;
      case Wire.fixed64:
        this.#pass(8);
        return;
      case Wire.bytes:
        return;
      case Wire.fixed32:
        this.#pass(4);
        return;
      default:
        throw new MalformedMessage(`a field has the wire type ${this.wire}`);
    }
  }

  #pass(count: number): number {
    const from = this.at;
    this.at += count;
    if (this.at > this.end) throw new MalformedMessage('a field goes on beyond its message');
    return from;
  }

  /** A whole number; beyond 2^53 it is not exact, which no field of ours is. */
  varint(): number {
    const { bytes, end } = this;
    let { at } = this;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (at >= end) throw new MalformedMessage('a number goes on beyond its message');
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      scale *= 128;
    }
    throw new MalformedMessage('a number has more than ten bytes');
  }

  /** A zigzag whole number, exact to 2^53 - 1 of either sign. */
  zigzag(): number {
    const start = this.at;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    let exact = 0n;
    for (let at = this.at - 1; at >= start; at--) exact = exact * 128n + BigInt((this.bytes[at] as number) & 0x7f);
    return Number(exact % 2n === 0n ? exact / 2n : -(exact + 1n) / 2n);
  }

  fixed64(): bigint {
    return this.bytes.readBigUInt64LE(this.#pass(8));
  }

  double(): number {
    return this.bytes.readDoubleLE(this.#pass(8));
  }

  /** The text of the field of bytes that `next` found. */
  text(): string {
    const { bytes, from, to } = this;
    if (to - from > 24) return bytes.toString('utf8', from, to);
    let text = '';
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte > 0x7f) return bytes.toString('utf8', from, to);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The same for text that is stored as UTF-16. */
  text16(): string {
    if ((this.to - this.from) % 2 !== 0) throw new MalformedMessage('a text of two bytes a unit has an odd number of bytes');
    return this.bytes.toString('utf16le', this.from, this.to);
  }

  /** A cursor over the message that the field of bytes holds. */
  inner(): Cursor {
    return new Cursor(this.bytes, this.from, this.to);
  }
}
