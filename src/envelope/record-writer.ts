// Writes the records of one segment: the protobuf of chronicle.proto by hand, straight into one kept buffer, since this
// runs on the caller's path. test/vectors and a property test hold it to what the generated code reads.

import { crc32 } from 'node:zlib';
import { ByteWriter, type Captured, HOLE, type NodeSink, NodeKind, type OtherNode, type Ref, Shadow, type Shape } from '../value/index.js';
import { Constant, Ending, FRAME_BYTES, StreamEnds, StreamForms } from './layout.js';
import type { BeginFacts, EndFacts, HeaderFacts, ScalarFact } from './facts.js';

/** A tag byte: field number and wire type 0 (varint), 1 (eight bytes) or 2 (length and bytes). */
const varintTag = (field: number): number => field << 3;
const fixedTag = (field: number): number => (field << 3) | 1;
const bytesTag = (field: number): number => (field << 3) | 2;

/** Encodes records one after the other. Nodes that a capture hands over become part of the record that follows. */
export class RecordWriter implements NodeSink {
  /** Framed records that were finished and not taken yet. */
  readonly #out = new ByteWriter(16_384);
  /** Submessages are built here first, since their length stands before them. */
  readonly #part = new ByteWriter();
  readonly #inner = new ByteWriter();
  readonly #factPart = new ByteWriter(256);
  #frameAt = -1;
  /** CRC-32 of all records so far, each one's continuing the one before. */
  #chain = 0;
  #recordsAtPosition = 0;

  /** Records that were written so far. */
  records = 0;

  #open(): void {
    if (this.#frameAt >= 0) return;
    this.#frameAt = this.#out.length;
    this.#out.reserve(FRAME_BYTES);
    this.#out.length += FRAME_BYTES;
  }

  #close(): void {
    const { bytes, length } = this.#out;
    const at = this.#frameAt;
    const start = at + FRAME_BYTES;
    bytes.writeUInt32LE(length - start, at);
    // The length has a check of its own: a record that seems to go on beyond the end of the file is then known for
    // cut off rather than damaged. Each check continues the one before, so that no record can go missing unseen.
    const head = crc32(bytes.subarray(at, at + 4), this.#chain);
    this.#chain = crc32(bytes.subarray(start, length), head);
    bytes.writeUInt32LE(head, at + 4);
    bytes.writeUInt32LE(this.#chain, at + 8);
    this.#frameAt = -1;
    this.records++;
  }

  /** Takes the finished records; the view is valid until the next write. */
  take(): Buffer {
    const view = this.#out.view();
    this.#out.reset();
    return view;
  }

  /** Whether nodes were written that no record has claimed yet. */
  get pending(): boolean {
    return this.#frameAt >= 0;
  }

  // Nodes

  position(): number {
    this.#recordsAtPosition = this.records;
    return this.#frameAt < 0 ? -1 : this.#out.length;
  }

  rewind(position: number): void {
    if (this.records !== this.#recordsAtPosition) throw new Error('nodes of a value that could not be captured stand in a record already');
    if (position >= 0) this.#out.length = position;
    else if (this.#frameAt >= 0) {
      this.#out.length = this.#frameAt;
      this.#frameAt = -1;
    }
  }

  text(text: string, illFormed: boolean): number {
    this.#open();
    const out = this.#out;
    const most = text.length * (illFormed ? 2 : 3);
    // The length stands before the text and is known after it; its field is sized for the longest case and padded.
    const width = varintWidth(most);
    const outerWidth = varintWidth(most + width + 1);
    out.reserve(most + 24);
    out.byte(bytesTag(1));
    const outerAt = out.length;
    out.length += outerWidth;
    out.byte(bytesTag(illFormed ? 2 : 1));
    const innerAt = out.length;
    out.length += width;
    const written = illFormed ? out.utf16(text) : out.utf8(text);
    writePadded(out.bytes, innerAt, width, written);
    writePadded(out.bytes, outerAt, outerWidth, written + width + 1);
    return written;
  }

  shape(keys: readonly string[]): void {
    const part = this.#part;
    part.reset();
    for (const key of keys) this.#value(part, 1, key);
    this.#node(3);
  }

  object(shape: Shape, kids: readonly Ref[], className: string | undefined, nullPrototype: boolean): void {
    const part = this.#part;
    part.reset();
    part.byte(varintTag(1));
    part.varint(shape.node);
    for (const kid of kids) this.#value(part, 2, kid);
    if (className !== undefined) writeText(part, 3, className);
    if (nullPrototype) writeBool(part, 4);
    this.#node(4);
  }

  list(base: number, take: number, kids: readonly Ref[], count: number): void {
    const part = this.#part;
    part.reset();
    if (base !== 0) {
      part.byte(varintTag(1));
      part.varint(base);
      part.byte(varintTag(2));
      part.varint(take);
    }
    for (let index = take; index < count; index++) this.#value(part, 3, kids[index] as Ref);
    this.#node(5);
  }

  other(node: OtherNode): void {
    const part = this.#part;
    part.reset();
    switch (node.kind) {
      case NodeKind.map:
      case NodeKind.set:
        for (const item of node.items) this.#value(part, 1, item);
        this.#node(node.kind === NodeKind.map ? 6 : 7);
        return;
      case NodeKind.bytes:
        writeText(part, 1, node.type);
        part.byte(bytesTag(2));
        part.varint(node.data.length);
        part.raw(node.data);
        this.#node(8);
        return;
      case NodeKind.date:
        this.#open();
        this.#out.byte(bytesTag(1));
        this.#out.byte(9);
        this.#out.byte(fixedTag(9));
        this.#out.float64LittleEndian(node.millis);
        return;
      case NodeKind.regexp:
        this.#value(part, 1, node.source);
        writeText(part, 2, node.flags);
        if (!Object.is(node.lastIndex, 0)) {
          part.byte(fixedTag(3));
          part.float64LittleEndian(node.lastIndex);
        }
        this.#node(10);
        return;
      case NodeKind.bigint:
        part.utf8(node.text);
        this.#node(11);
        return;
      case NodeKind.error:
        writeText(part, 1, node.className);
        this.#value(part, 2, node.message);
        this.#value(part, 3, node.stack);
        if (node.cause !== HOLE) this.#value(part, 4, node.cause);
        if (node.errors !== HOLE) this.#value(part, 5, node.errors);
        this.#properties(part, 6, node);
        this.#node(12);
        return;
      case NodeKind.opaque:
        writeText(part, 1, node.type);
        writeText(part, 2, node.detail);
        this.#node(13);
        return;
      case NodeKind.truncated:
        writeText(part, 1, node.reason);
        writeText(part, 2, node.type.toWellFormed());
        part.byte(varintTag(3));
        part.varint(node.size);
        if (node.digest !== undefined) writeBytes(part, 4, node.digest);
        if (node.head !== '') writeText(part, 5, node.head);
        this.#node(14);
        return;
      case NodeKind.boxed:
        this.#valueBody(part, node.value);
        this.#node(15);
        return;
      case NodeKind.coded:
        writeText(part, 1, node.codec);
        this.#value(part, 2, node.value);
        this.#node(16);
        return;
      case NodeKind.sparse:
        part.byte(varintTag(1));
        part.varint(node.length);
        for (const entry of node.entries) this.#value(part, 2, entry);
        this.#node(17);
        return;
      case NodeKind.extended:
        part.byte(varintTag(1));
        part.varint(node.base);
        if (node.className !== undefined) writeText(part, 2, node.className);
        this.#properties(part, 3, node);
        this.#node(18);
    }
  }

  #properties(into: ByteWriter, field: number, { names, values }: { readonly names: readonly string[]; readonly values: readonly Ref[] }): void {
    for (let index = 0; index < names.length; index++) {
      this.#value(into, field, names[index] as string);
      this.#value(into, field, values[index] as Ref);
    }
  }

  /** Appends what `#part` holds as a node of the given kind. */
  #node(field: number): void {
    this.#open();
    const out = this.#out;
    const { length } = this.#part;
    const tagBytes = field > 15 ? 2 : 1;
    out.byte(bytesTag(1));
    out.varint(length + varintWidth(length) + tagBytes);
    if (tagBytes === 2) out.varint(bytesTag(field));
    else out.byte(bytesTag(field));
    out.varint(length);
    out.append(this.#part);
  }

  /** Writes a child reference as a Value submessage. */
  #value(into: ByteWriter, field: number, ref: Ref): void {
    into.byte(bytesTag(field));
    // Nearly every reference takes less than 128 bytes, so one byte is left for its length; a longer one moves up.
    const lengthAt = into.length;
    into.byte(0);
    this.#valueBody(into, ref);
    const length = into.length - lengthAt - 1;
    if (length > 0x7f) {
      const width = varintWidth(length);
      into.reserve(width);
      into.bytes.copyWithin(lengthAt + width, lengthAt + 1, into.length);
      into.length += width - 1;
      writePadded(into.bytes, lengthAt, width, length);
    } else into.bytes[lengthAt] = length;
  }

  #valueBody(into: ByteWriter, ref: Ref): void {
    switch (typeof ref) {
      case 'string':
        if (ref.isWellFormed()) writeText(into, 2, ref);
        else {
          into.byte(bytesTag(8));
          into.varint(ref.length * 2);
          into.utf16(ref);
        }
        return;
      case 'number':
        if (Number.isSafeInteger(ref)) {
          into.byte(varintTag(3));
          // Zigzag: small numbers of either sign take few bytes. BigInt only where doubling leaves the safe range.
          if (Math.abs(ref) < 2 ** 52) into.varint(ref < 0 ? -ref * 2 - 1 : ref * 2);
          else writeBigVarint(into, ref < 0 ? -BigInt(ref) * 2n - 1n : BigInt(ref) * 2n);
        } else {
          into.byte(fixedTag(4));
          into.float64LittleEndian(ref);
        }
        return;
      case 'boolean':
        writeConstant(into, ref ? Constant.true : Constant.false);
        return;
      case 'undefined':
        writeConstant(into, Constant.undefined);
        return;
      case 'object':
        if (ref === null) {
          writeConstant(into, Constant.null);
          return;
        }
        if (ref instanceof Shadow) {
          into.byte(varintTag(1));
          into.varint(ref.node);
          return;
        }
        switch (ref.mark) {
          case 'hole':
            writeConstant(into, Constant.hole);
            return;
          case 'nan':
            writeConstant(into, Constant.nan);
            return;
          case 'negative-zero':
            into.byte(fixedTag(4));
            into.float64LittleEndian(-0);
            return;
          case 'cycle':
            into.byte(varintTag(7));
            into.varint(ref.up);
            return;
          case 'alias':
            into.byte(varintTag(6));
            into.varint(ref.of.node);
            return;
        }
    }
  }

  #measure(into: ByteWriter, field: number, captured: Captured): void {
    const inner = this.#inner;
    inner.reset();
    inner.byte(bytesTag(1));
    inner.byte(32);
    inner.hex(captured.digestHex);
    if (captured.size > 0) {
      inner.byte(varintTag(2));
      inner.varint(captured.size);
    }
    for (const reason of captured.incomplete) writeText(inner, 3, reason.toWellFormed());
    for (const reason of captured.opaque) writeText(inner, 4, reason.toWellFormed());
    into.byte(bytesTag(field));
    into.varint(inner.length);
    into.append(inner);
  }

  // Records

  #body(field: number): void {
    this.#open();
    const out = this.#out;
    out.byte(bytesTag(field));
    out.varint(this.#part.length);
    out.append(this.#part);
    this.#close();
  }

  /** The first record of a segment. */
  header(facts: HeaderFacts): void {
    const part = this.#part;
    part.reset();
    writeBytes(part, 1, facts.traceId);
    writeText(part, 2, facts.writer);
    if (facts.index !== 0) writeNumber(part, 3, facts.index);
    part.byte(fixedTag(4));
    part.fixed64(facts.startUnixNanos);
    writeText(part, 5, facts.schemaUrl);
    writeText(part, 6, facts.writerVersion);
    this.#body(2);
  }

  /** Facts about the writing process. */
  resource(facts: readonly ScalarFact[]): void {
    const part = this.#part;
    part.reset();
    for (const fact of facts) this.#fact(part, 1, fact);
    this.#body(3);
  }

  #fact(into: ByteWriter, field: number, [key, value]: ScalarFact): void {
    const fact = this.#factPart;
    fact.reset();
    writeText(fact, 1, key.toWellFormed());
    this.#value(fact, 2, value);
    into.byte(bytesTag(field));
    into.varint(fact.length);
    into.append(fact);
  }

  /** A crossing begins. */
  begin(facts: BeginFacts, input: Captured): void {
    const part = this.#part;
    part.reset();
    writeNumber(part, 1, facts.crossing);
    writeBytes(part, 2, facts.spanId);
    if (facts.traceId !== undefined) writeBytes(part, 3, facts.traceId);
    if (facts.parent !== 0) writeNumber(part, 4, facts.parent);
    else if (facts.parentSpanId !== undefined) {
      writeBytes(part, 5, facts.parentSpanId);
      writeText(part, 6, facts.parentPath.toWellFormed());
    }
    writeText(part, 7, facts.kind);
    writeText(part, 8, facts.name.toWellFormed());
    writeText(part, 9, facts.effect);
    if (facts.ordinal !== 0) writeNumber(part, 10, facts.ordinal);
    part.byte(fixedTag(11));
    part.fixed64(facts.startUnixNanos);
    this.#value(part, 12, input.ref);
    this.#measure(part, 13, input);
    this.#body(4);
  }

  /** The consumer received a chunk of a stream; or, as its `head`, what the stream says of itself. */
  chunk(crossing: number, offsetNanos: number, value: Captured, head = false): void {
    const part = this.#part;
    part.reset();
    writeNumber(part, 1, crossing);
    if (offsetNanos > 0) writeNumber(part, 2, offsetNanos);
    this.#value(part, 3, value.ref);
    this.#measure(part, 4, value);
    if (head) writeBool(part, 5);
    this.#body(5);
  }

  /** A crossing ended. */
  end(facts: EndFacts, value: Captured): void {
    const part = this.#part;
    part.reset();
    writeNumber(part, 1, facts.crossing);
    part.byte(fixedTag(2));
    part.fixed64(facts.endUnixNanos);
    writeNumber(part, 3, Ending[facts.ending]);
    if (facts.async) writeBool(part, 4);
    this.#value(part, 5, value.ref);
    this.#measure(part, 6, value);
    if (facts.stream !== undefined) {
      writeNumber(part, 7, StreamForms[facts.stream.form]);
      writeNumber(part, 8, StreamEnds[facts.stream.end]);
      if (facts.stream.chunks > 0) writeNumber(part, 9, facts.stream.chunks);
    }
    for (const fact of facts.attributes) this.#fact(part, 10, fact);
    if (facts.spanId !== undefined) writeBytes(part, 11, facts.spanId);
    this.#body(6);
  }

  /** Something was not stored. */
  gap(reason: string, records: number, bytes: number): void {
    const part = this.#part;
    part.reset();
    writeText(part, 1, reason);
    if (records > 0) writeNumber(part, 2, records);
    if (bytes > 0) writeNumber(part, 3, bytes);
    this.#body(8);
  }

  /** The segment ends here by intent. */
  close(crossings: number, open: number): void {
    const part = this.#part;
    part.reset();
    if (crossings > 0) writeNumber(part, 1, crossings);
    if (open > 0) writeNumber(part, 2, open);
    this.#body(9);
  }
}

function varintWidth(value: number): number {
  let width = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) width++;
  return width;
}

function writePadded(bytes: Buffer, at: number, width: number, value: number): void {
  let rest = value;
  for (let index = 0; index < width - 1; index++) {
    bytes[at + index] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at + width - 1] = rest;
}

function writeBigVarint(into: ByteWriter, value: bigint): void {
  let rest = value;
  while (rest > 0x7fn) {
    into.byte(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  into.byte(Number(rest));
}

function writeNumber(into: ByteWriter, field: number, value: number): void {
  into.byte(varintTag(field));
  into.varint(value);
}

function writeBool(into: ByteWriter, field: number): void {
  into.byte(varintTag(field));
  into.byte(1);
}

function writeConstant(into: ByteWriter, value: number): void {
  into.byte(varintTag(5));
  into.byte(value);
}

function writeBytes(into: ByteWriter, field: number, bytes: Uint8Array): void {
  into.byte(bytesTag(field));
  into.varint(bytes.length);
  into.raw(bytes);
}

function writeText(into: ByteWriter, field: number, text: string): void {
  const width = varintWidth(text.length * 3);
  into.byte(bytesTag(field));
  into.reserve(width);
  const at = into.length;
  into.length += width;
  const written = into.utf8(text);
  writePadded(into.bytes, at, width, written);
}
