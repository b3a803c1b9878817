// Writes the records of one segment: the protobuf of chronicle.proto by hand, straight into one kept buffer, since this
// runs on the caller's path. test/vectors and a property test hold it to what the generated code reads.

import { ByteWriter, type Captured, HOLE, type NodeSink, NodeKind, type OtherNode, type Ref, Shadow, type Shape } from '../value/index.js';
import type { BeginFacts, CrossingPlace, EndFacts, HeaderFacts, ScalarFact } from './facts.js';
import { writeFrame } from './frame.js';
import { Constant, Ending, FRAME_BYTES, StreamEnds, StreamForms } from './layout.js';

/** A tag byte: field number and wire type 0 (varint), 1 (eight bytes) or 2 (length and bytes). */
const varintTag = (field: number): number => field << 3;
const fixedTag = (field: number): number => (field << 3) | 1;
const bytesTag = (field: number): number => (field << 3) | 2;

/** Encodes records one after the other. Nodes that a capture hands over become part of the record that follows. */
export class RecordWriter implements NodeSink {
  /** Framed records that were finished and not taken yet. */
  readonly #out = new ByteWriter(16_384);
  #frameAt = -1;
  /** CRC-32 of all records so far, each one's continuing the one before. */
  #chain = 0;
  /** Nodes that were written so far, and how many there were when `position` was asked. */
  #nodes = 0;
  #nodesAtPosition = 0;
  #recordsAtPosition = 0;
  #crossings = 0;
  /** Numbers of the boundaries that were defined, by name, then by kind and effect. */
  readonly #boundaries = new Map<string, { readonly kind: string; readonly effect: string; readonly number: number }[]>();
  #boundaryCount = 0;
  #startUnixNanos = 0n;
  #traceId = '';

  /** Records that were written so far. */
  records = 0;

  #open(): void {
    if (this.#frameAt >= 0) return;
    this.#frameAt = this.#out.length;
    this.#out.reserve(FRAME_BYTES);
    this.#out.length += FRAME_BYTES;
  }

  #close(): void {
    this.#chain = writeFrame(this.#out.bytes, this.#frameAt, this.#out.length, this.#chain);
    this.#frameAt = -1;
    this.records++;
  }

  /** Takes the finished records; the view is valid until the next write. */
  take(): Buffer {
    const view = this.#out.view();
    this.#out.reset();
    return view;
  }

  // Nodes

  position(): number {
    this.#recordsAtPosition = this.records;
    this.#nodesAtPosition = this.#nodes;
    return this.#frameAt < 0 ? -1 : this.#out.length;
  }

  rewind(position: number): void {
    if (this.records !== this.#recordsAtPosition) throw new Error('nodes of a value that could not be captured stand in a record already');
    this.#nodes = this.#nodesAtPosition;
    if (position >= 0) this.#out.length = position;
    else if (this.#frameAt >= 0) {
      this.#out.length = this.#frameAt;
      this.#frameAt = -1;
    }
  }

  text(text: string, illFormed: boolean): number {
    this.#open();
    this.#nodes++;
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
    const node = this.#openNode(3);
    for (const key of keys) this.#value(1, key);
    this.#closeNode(node);
  }

  object(shape: Shape, kids: readonly Ref[], className: string | undefined, nullPrototype: boolean): void {
    const node = this.#openNode(4);
    this.#back(1, shape.node);
    for (const kid of kids) this.#value(2, kid);
    if (className !== undefined) this.#text(3, className);
    if (nullPrototype) this.#bool(4);
    this.#closeNode(node);
  }

  list(base: number, take: number, kids: readonly Ref[], count: number): void {
    const node = this.#openNode(5);
    if (base !== 0) {
      this.#back(1, base);
      this.#number(2, take);
    }
    for (let index = take; index < count; index++) this.#value(3, kids[index] as Ref);
    this.#closeNode(node);
  }

  other(node: OtherNode): void {
    switch (node.kind) {
      case NodeKind.map:
      case NodeKind.set: {
        const at = this.#openNode(node.kind === NodeKind.map ? 6 : 7);
        for (const item of node.items) this.#value(1, item);
        this.#closeNode(at);
        return;
      }
      case NodeKind.bytes: {
        const at = this.#openNode(8);
        this.#text(1, node.type);
        this.#bytes(2, node.data);
        this.#closeNode(at);
        return;
      }
      case NodeKind.date:
        this.#open();
        this.#nodes++;
        this.#out.byte(bytesTag(1));
        this.#out.byte(9);
        this.#double(9, node.millis);
        return;
      case NodeKind.regexp: {
        const at = this.#openNode(10);
        this.#value(1, node.source);
        this.#text(2, node.flags);
        if (!Object.is(node.lastIndex, 0)) this.#double(3, node.lastIndex);
        this.#closeNode(at);
        return;
      }
      case NodeKind.bigint: {
        const at = this.#openNode(11);
        this.#out.utf8(node.text);
        this.#closeNode(at);
        return;
      }
      case NodeKind.error: {
        const at = this.#openNode(12);
        this.#text(1, node.className);
        this.#value(2, node.message);
        this.#value(3, node.stack);
        if (node.cause !== HOLE) this.#value(4, node.cause);
        if (node.errors !== HOLE) this.#value(5, node.errors);
        this.#properties(6, node);
        this.#closeNode(at);
        return;
      }
      case NodeKind.opaque: {
        const at = this.#openNode(13);
        this.#text(1, node.type);
        this.#text(2, node.detail);
        this.#closeNode(at);
        return;
      }
      case NodeKind.truncated: {
        const at = this.#openNode(14);
        this.#text(1, node.reason);
        this.#text(2, node.type.toWellFormed());
        this.#number(3, node.size);
        if (node.digest !== undefined) this.#bytes(4, node.digest);
        if (node.head !== '') this.#text(5, node.head);
        this.#closeNode(at);
        return;
      }
      case NodeKind.boxed: {
        const at = this.#openNode(15);
        this.#valueBody(node.value);
        this.#closeNode(at);
        return;
      }
      case NodeKind.coded: {
        const at = this.#openNode(16);
        this.#text(1, node.codec);
        this.#value(2, node.value);
        this.#closeNode(at);
        return;
      }
      case NodeKind.sparse: {
        const at = this.#openNode(17);
        this.#number(1, node.length);
        for (const entry of node.entries) this.#value(2, entry);
        this.#closeNode(at);
        return;
      }
      case NodeKind.extended: {
        const at = this.#openNode(18);
        this.#back(1, node.base);
        if (node.className !== undefined) this.#text(2, node.className);
        this.#properties(3, node);
        this.#closeNode(at);
      }
    }
  }

  #properties(field: number, { names, values }: { readonly names: readonly string[]; readonly values: readonly Ref[] }): void {
    for (let index = 0; index < names.length; index++) {
      this.#value(field, names[index] as string);
      this.#value(field, values[index] as Ref);
    }
  }

  /** Begins a node of a kind; `#closeNode` takes what it gives back. */
  #openNode(field: number): number {
    this.#open();
    const at = this.#openMessage(1);
    const out = this.#out;
    if (field > 15) out.varint(bytesTag(field));
    else out.byte(bytesTag(field));
    out.byte(0);
    return at;
  }

  #closeNode(at: number): void {
    const { bytes } = this.#out;
    // The tag of the kind has one byte or two.
    this.#closeMessage(at + ((bytes[at] as number) > 0x7f ? 3 : 2));
    this.#closeMessage(at);
    this.#nodes++;
  }

  // Parts of messages

  /**
   * Begins a field that holds a message, and gives back where. Nearly every one takes less than 128 bytes, so one byte
   * is left for its length; a longer one moves up when it is closed.
   */
  #openMessage(field: number): number {
    const out = this.#out;
    out.byte(bytesTag(field));
    out.byte(0);
    return out.length;
  }

  #closeMessage(at: number): void {
    const out = this.#out;
    const length = out.length - at;
    if (length <= 0x7f) {
      out.bytes[at - 1] = length;
      return;
    }
    const width = varintWidth(length);
    out.reserve(width);
    out.bytes.copyWithin(at + width - 1, at, out.length);
    out.length += width - 1;
    writePadded(out.bytes, at - 1, width, length);
  }

  #number(field: number, value: number): void {
    this.#out.byte(varintTag(field));
    this.#out.varint(value);
  }

  #bool(field: number): void {
    this.#out.byte(varintTag(field));
    this.#out.byte(1);
  }

  #double(field: number, value: number): void {
    this.#out.byte(fixedTag(field));
    this.#out.float64LittleEndian(value);
  }

  #bytes(field: number, bytes: Uint8Array): void {
    this.#out.byte(bytesTag(field));
    this.#out.varint(bytes.length);
    this.#out.raw(bytes);
  }

  /** A whole number of at most 64 bits, as hex digits. */
  #hex(field: number, digits: string): void {
    this.#out.byte(bytesTag(field));
    this.#out.byte(digits.length >> 1);
    this.#out.hex(digits);
  }

  #text(field: number, text: string): void {
    const out = this.#out;
    const width = varintWidth(text.length * 3);
    out.byte(bytesTag(field));
    out.reserve(width);
    const at = out.length;
    out.length += width;
    const written = out.utf8(text);
    writePadded(out.bytes, at, width, written);
  }

  #texts(field: number, texts: readonly string[]): void {
    for (const text of texts) this.#text(field, text.toWellFormed());
  }

  /** A node counted back from the one that is being written, or that would come next. */
  #back(field: number, node: number): void {
    this.#number(field, this.#nodes + 1 - node);
  }

  /** Writes a child reference as a Value submessage. */
  #value(field: number, ref: Ref): void {
    const at = this.#openMessage(field);
    this.#valueBody(ref);
    this.#closeMessage(at);
  }

  #valueBody(ref: Ref): void {
    const out = this.#out;
    switch (typeof ref) {
      case 'string':
        if (ref.isWellFormed()) this.#text(2, ref);
        else {
          out.byte(bytesTag(8));
          out.varint(ref.length * 2);
          out.utf16(ref);
        }
        return;
      case 'number':
        if (Number.isSafeInteger(ref)) {
          out.byte(varintTag(3));
          this.#zigzag(ref);
        } else this.#double(4, ref);
        return;
      case 'boolean':
        this.#constant(ref ? Constant.true : Constant.false);
        return;
      case 'undefined':
        this.#constant(Constant.undefined);
        return;
      case 'object':
        if (ref === null) {
          this.#constant(Constant.null);
          return;
        }
        if (ref instanceof Shadow) {
          this.#back(1, ref.node);
          return;
        }
        switch (ref.mark) {
          case 'hole':
            this.#constant(Constant.hole);
            return;
          case 'nan':
            this.#constant(Constant.nan);
            return;
          case 'negative-zero':
            this.#double(4, -0);
            return;
          case 'cycle':
            this.#number(7, ref.up);
            return;
          case 'alias':
            this.#back(6, ref.of.node);
            return;
        }
    }
  }

  /** Small numbers of either sign take few bytes. BigInt only where doubling leaves the safe range. */
  #zigzag(value: number): void {
    if (Math.abs(value) < 2 ** 52) this.#out.varint(value < 0 ? -value * 2 - 1 : value * 2);
    else writeBigVarint(this.#out, value < 0 ? -BigInt(value) * 2n - 1n : BigInt(value) * 2n);
  }

  #constant(value: number): void {
    this.#number(5, value);
  }

  #fact(field: number, [key, value]: ScalarFact): void {
    const at = this.#openMessage(field);
    this.#text(1, key.toWellFormed());
    this.#value(2, value);
    this.#closeMessage(at);
  }

  // Records

  #openBody(field: number): number {
    this.#open();
    return this.#openMessage(field);
  }

  #closeBody(at: number): void {
    this.#closeMessage(at);
    this.#close();
  }

  /** The first record of a segment. */
  header(facts: HeaderFacts): void {
    this.#startUnixNanos = facts.startUnixNanos;
    this.#traceId = facts.traceId;
    const body = this.#openBody(2);
    this.#hex(1, facts.traceId);
    this.#text(2, facts.writer);
    if (facts.index !== 0) this.#number(3, facts.index);
    this.#out.byte(fixedTag(4));
    this.#out.fixed64(facts.startUnixNanos);
    this.#text(5, facts.schemaUrl);
    this.#text(6, facts.writerVersion);
    this.#closeBody(body);
  }

  /** Facts about the writing process. */
  resource(facts: readonly ScalarFact[]): void {
    const body = this.#openBody(3);
    for (const fact of facts) this.#fact(1, fact);
    this.#closeBody(body);
  }

  /** A crossing begins; its number comes back. */
  begin(facts: BeginFacts, input: Captured): number {
    const body = this.#openBody(4);
    this.#hex(1, facts.spanId);
    if (facts.traceId !== this.#traceId) this.#hex(2, facts.traceId);
    if (facts.parent !== 0) this.#number(3, facts.parent);
    else if (facts.parentSpanId !== undefined) {
      this.#hex(4, facts.parentSpanId);
      this.#text(5, facts.parentPath.toWellFormed());
    }
    this.#boundary(facts);
    if (facts.ordinal !== 0) this.#number(8, facts.ordinal);
    const micros = Number((facts.startUnixNanos - this.#startUnixNanos) / 1_000n);
    if (micros !== 0) {
      this.#out.byte(varintTag(9));
      this.#zigzag(micros);
    }
    this.#value(10, input.ref);
    this.#texts(11, input.incomplete);
    this.#texts(12, input.opaque);
    this.#closeBody(body);
    return ++this.#crossings;
  }

  #boundary({ kind, name, effect }: BeginFacts): void {
    let known = this.#boundaries.get(name);
    if (known === undefined) {
      known = [];
      this.#boundaries.set(name, known);
    }
    for (const each of known) {
      if (each.kind !== kind || each.effect !== effect) continue;
      this.#number(6, each.number);
      return;
    }
    known.push({ kind, effect, number: ++this.#boundaryCount });
    const at = this.#openMessage(7);
    this.#text(1, kind);
    this.#text(2, name.toWellFormed());
    this.#text(3, effect);
    this.#closeMessage(at);
  }

  #crossing(place: CrossingPlace): void {
    if (typeof place !== 'number') return;
    const since = this.#crossings - place;
    if (since > 0) this.#number(1, since);
  }

  #spanOf(field: number, place: CrossingPlace): void {
    if (typeof place !== 'number') this.#hex(field, place.spanId);
  }

  /** The consumer received a chunk of a stream; or, as its `head`, what the stream says of itself. */
  chunk(crossing: CrossingPlace, offsetNanos: number, value: Captured, head = false): void {
    const body = this.#openBody(5);
    this.#crossing(crossing);
    const micros = toMicros(offsetNanos);
    if (micros > 0) this.#number(2, micros);
    this.#value(3, value.ref);
    this.#texts(4, value.incomplete);
    this.#texts(5, value.opaque);
    if (head) this.#bool(6);
    this.#spanOf(7, crossing);
    this.#closeBody(body);
  }

  /** A crossing ended. */
  end(facts: EndFacts, value: Captured): void {
    const body = this.#openBody(6);
    this.#crossing(facts.crossing);
    const micros = toMicros(facts.durationNanos);
    if (micros > 0) this.#number(2, micros);
    this.#number(3, Ending[facts.ending]);
    if (facts.async) this.#bool(4);
    this.#value(5, value.ref);
    this.#texts(6, value.incomplete);
    this.#texts(7, value.opaque);
    if (facts.stream !== undefined) {
      this.#number(8, StreamForms[facts.stream.form]);
      this.#number(9, StreamEnds[facts.stream.end]);
      if (facts.stream.chunks > 0) this.#number(10, facts.stream.chunks);
    }
    for (const fact of facts.attributes) this.#fact(11, fact);
    this.#spanOf(12, facts.crossing);
    this.#closeBody(body);
  }

  /** Something was not stored. */
  gap(reason: string, records: number, bytes: number): void {
    const body = this.#openBody(8);
    this.#text(1, reason);
    if (records > 0) this.#number(2, records);
    if (bytes > 0) this.#number(3, bytes);
    this.#closeBody(body);
  }

  /** The segment ends here by intent. */
  close(crossings: number, open: number, valuesSha256: Uint8Array): void {
    const body = this.#openBody(9);
    if (crossings > 0) this.#number(1, crossings);
    if (open > 0) this.#number(2, open);
    this.#bytes(3, valuesSha256);
    this.#closeBody(body);
  }
}

function toMicros(nanos: number): number {
  return Math.max(0, Math.floor(nanos / 1_000));
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
