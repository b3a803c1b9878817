// What a record says beside its nodes, and the footer: read by hand like everything else of a segment, since generated
// code would cost more to load than a small segment takes to read. Fields that are not known are passed over.

import { ByteWriter } from '../value/index.js';
import { type Cursor, Wire } from './cursor.js';

/** Where a value stands in its block; it is read when it is asked for. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

export interface BoundaryBody {
  kind: string;
  name: string;
  effect: string;
}

export interface BeginBody {
  spanId: string;
  /** Empty where it is the header's, or there is none. */
  traceId: string;
  parent: number;
  parentSpanId: string;
  parentPath: string;
  boundary: number | BoundaryBody;
  ordinal: number;
  startMicros: number;
  input: Extent | undefined;
  cut: string[];
  opaque: string[];
}

export interface ChunkBody {
  crossingsSince: number;
  offsetMicros: number;
  value: Extent | undefined;
  cut: string[];
  opaque: string[];
  /** Whether it is what the stream says of itself. */
  head: boolean;
  /** Empty where the crossing began in this segment. */
  spanId: string;
}

export interface EndBody {
  crossingsSince: number;
  durationMicros: number;
  ending: number;
  async: boolean;
  value: Extent | undefined;
  cut: string[];
  opaque: string[];
  streamForm: number;
  streamEnd: number;
  attributes: FactBody[];
  /** Empty where the crossing began in this segment. */
  spanId: string;
}

export interface FactBody {
  key: string;
  value: Extent | undefined;
}

export type Body =
  | { readonly kind: 'header'; readonly traceId: string; readonly writer: string; readonly index: number; readonly startUnixNanos: bigint }
  | { readonly kind: 'resource'; readonly facts: readonly FactBody[] }
  | { readonly kind: 'begin'; readonly begin: BeginBody }
  | { readonly kind: 'chunk'; readonly chunk: ChunkBody }
  | { readonly kind: 'end'; readonly end: EndBody }
  | { readonly kind: 'gap'; readonly reason: string; readonly records: number }
  | { readonly kind: 'close'; readonly valuesSha256: string };

/** Reads the body that a field of a record holds; undefined for one that this version does not know. */
export function readBody(field: number, cursor: Cursor): Body | undefined {
  switch (field) {
    case 2:
      return readHeader(cursor);
    case 3:
      return { kind: 'resource', facts: readResource(cursor) };
    case 4:
      return { kind: 'begin', begin: readBegin(cursor) };
    case 5:
      return { kind: 'chunk', chunk: readChunk(cursor) };
    case 6:
      return { kind: 'end', end: readEnd(cursor) };
    case 8:
      return readGap(cursor);
    case 9:
      return readClose(cursor);
    default:
      return undefined;
  }
}

function readHeader(cursor: Cursor): Body {
  let traceId = '';
  let writer = '';
  let index = 0;
  let startUnixNanos = 0n;
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) traceId = hex(cursor);
    else if (cursor.is(2, Wire.bytes)) writer = cursor.text();
    else if (cursor.is(3, Wire.varint)) index = cursor.varint();
    else if (cursor.is(4, Wire.fixed64)) startUnixNanos = cursor.fixed64();
    else cursor.skip();
  }
  return { kind: 'header', traceId, writer, index, startUnixNanos };
}

function readResource(cursor: Cursor): FactBody[] {
  const facts: FactBody[] = [];
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) facts.push(readFact(cursor.inner()));
    else cursor.skip();
  }
  return facts;
}

function readFact(cursor: Cursor): FactBody {
  const fact: FactBody = { key: '', value: undefined };
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) fact.key = cursor.text();
    else if (cursor.is(2, Wire.bytes)) fact.value = extent(cursor);
    else cursor.skip();
  }
  return fact;
}

function readBegin(cursor: Cursor): BeginBody {
  const begin: BeginBody = {
    spanId: '',
    traceId: '',
    parent: 0,
    parentSpanId: '',
    parentPath: '',
    boundary: 0,
    ordinal: 0,
    startMicros: 0,
    input: undefined,
    cut: [],
    opaque: [],
  };
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) begin.spanId = hex(cursor);
    else if (cursor.is(2, Wire.bytes)) begin.traceId = hex(cursor);
    else if (cursor.is(3, Wire.varint)) begin.parent = cursor.varint();
    else if (cursor.is(4, Wire.bytes)) begin.parentSpanId = hex(cursor);
    else if (cursor.is(5, Wire.bytes)) begin.parentPath = cursor.text();
    else if (cursor.is(6, Wire.varint)) begin.boundary = cursor.varint();
    else if (cursor.is(7, Wire.bytes)) begin.boundary = readBoundary(cursor.inner());
    else if (cursor.is(8, Wire.varint)) begin.ordinal = cursor.varint();
    else if (cursor.is(9, Wire.varint)) begin.startMicros = cursor.zigzag();
    else if (cursor.is(10, Wire.bytes)) begin.input = extent(cursor);
    else if (cursor.is(11, Wire.bytes)) begin.cut.push(cursor.text());
    else if (cursor.is(12, Wire.bytes)) begin.opaque.push(cursor.text());
    else cursor.skip();
  }
  return begin;
}

function readBoundary(cursor: Cursor): BoundaryBody {
  const boundary: BoundaryBody = { kind: '', name: '', effect: '' };
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) boundary.kind = cursor.text();
    else if (cursor.is(2, Wire.bytes)) boundary.name = cursor.text();
    else if (cursor.is(3, Wire.bytes)) boundary.effect = cursor.text();
    else cursor.skip();
  }
  return boundary;
}

function readChunk(cursor: Cursor): ChunkBody {
  const chunk: ChunkBody = { crossingsSince: 0, offsetMicros: 0, value: undefined, cut: [], opaque: [], head: false, spanId: '' };
  while (cursor.next()) {
    if (cursor.is(1, Wire.varint)) chunk.crossingsSince = cursor.varint();
    else if (cursor.is(2, Wire.varint)) chunk.offsetMicros = cursor.varint();
    else if (cursor.is(3, Wire.bytes)) chunk.value = extent(cursor);
    else if (cursor.is(4, Wire.bytes)) chunk.cut.push(cursor.text());
    else if (cursor.is(5, Wire.bytes)) chunk.opaque.push(cursor.text());
    else if (cursor.is(6, Wire.varint)) chunk.head = cursor.varint() !== 0;
    else if (cursor.is(7, Wire.bytes)) chunk.spanId = hex(cursor);
    else cursor.skip();
  }
  return chunk;
}

function readEnd(cursor: Cursor): EndBody {
  const end: EndBody = {
    crossingsSince: 0,
    durationMicros: 0,
    ending: 0,
    async: false,
    value: undefined,
    cut: [],
    opaque: [],
    streamForm: 0,
    streamEnd: 0,
    attributes: [],
    spanId: '',
  };
  while (cursor.next()) {
    if (cursor.is(1, Wire.varint)) end.crossingsSince = cursor.varint();
    else if (cursor.is(2, Wire.varint)) end.durationMicros = cursor.varint();
    else if (cursor.is(3, Wire.varint)) end.ending = cursor.varint();
    else if (cursor.is(4, Wire.varint)) end.async = cursor.varint() !== 0;
    else if (cursor.is(5, Wire.bytes)) end.value = extent(cursor);
    else if (cursor.is(6, Wire.bytes)) end.cut.push(cursor.text());
    else if (cursor.is(7, Wire.bytes)) end.opaque.push(cursor.text());
    else if (cursor.is(8, Wire.varint)) end.streamForm = cursor.varint();
    else if (cursor.is(9, Wire.varint)) end.streamEnd = cursor.varint();
    else if (cursor.is(11, Wire.bytes)) end.attributes.push(readFact(cursor.inner()));
    else if (cursor.is(12, Wire.bytes)) end.spanId = hex(cursor);
    else cursor.skip();
  }
  return end;
}

function readGap(cursor: Cursor): Body {
  let reason = '';
  let records = 0;
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) reason = cursor.text();
    else if (cursor.is(2, Wire.varint)) records = cursor.varint();
    else cursor.skip();
  }
  return { kind: 'gap', reason, records };
}

function readClose(cursor: Cursor): Body {
  let valuesSha256 = '';
  while (cursor.next()) {
    if (cursor.is(3, Wire.bytes)) valuesSha256 = hex(cursor);
    else cursor.skip();
  }
  return { kind: 'close', valuesSha256 };
}

/** One piece of a sealed segment. */
export interface BlockEntry {
  packedBytes: number;
  plainBytes: number;
  /** As hex. */
  plainSha256: string;
}

export interface FooterBody {
  readonly blocks: readonly BlockEntry[];
  readonly crossings: number;
  readonly open: number;
}

/** The footer as a segment has it. */
export function encodeFooter({ blocks, crossings, open }: FooterBody): Buffer {
  const out = new ByteWriter();
  for (const { packedBytes, plainBytes, plainSha256 } of blocks) {
    const entry = new ByteWriter(64);
    entry.byte(1 << 3);
    entry.varint(packedBytes);
    entry.byte(2 << 3);
    entry.varint(plainBytes);
    entry.byte((3 << 3) | Wire.bytes);
    entry.byte(plainSha256.length / 2);
    entry.hex(plainSha256);
    out.byte((1 << 3) | Wire.bytes);
    out.varint(entry.length);
    out.append(entry);
  }
  out.byte(2 << 3);
  out.varint(crossings);
  out.byte(3 << 3);
  out.varint(open);
  return out.view();
}

export function readFooterBody(cursor: Cursor): FooterBody {
  const blocks: BlockEntry[] = [];
  let crossings = 0;
  let open = 0;
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) blocks.push(readBlockEntry(cursor.inner()));
    else if (cursor.is(2, Wire.varint)) crossings = cursor.varint();
    else if (cursor.is(3, Wire.varint)) open = cursor.varint();
    else cursor.skip();
  }
  return { blocks, crossings, open };
}

function readBlockEntry(cursor: Cursor): BlockEntry {
  const block: BlockEntry = { packedBytes: 0, plainBytes: 0, plainSha256: '' };
  while (cursor.next()) {
    if (cursor.is(1, Wire.varint)) block.packedBytes = cursor.varint();
    else if (cursor.is(2, Wire.varint)) block.plainBytes = cursor.varint();
    else if (cursor.is(3, Wire.bytes)) block.plainSha256 = hex(cursor);
    else cursor.skip();
  }
  return block;
}

function extent({ from, to }: Cursor): Extent {
  return { from, to };
}

function hex({ bytes, from, to }: Cursor): string {
  return bytes.toString('hex', from, to);
}
