// Reads one segment: a sealed file or the open journal of a process that runs or was killed. Every record is checked
// before it is decoded; a torn end is cut off and said, damage anywhere else is an error that names the place.

import { crc32, gunzipSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { hash } from 'node:crypto';
import { ChronicleError } from '../errors.js';
import { Cursor, Wire } from './cursor.js';
import { chronicle } from './generated/chronicle.js';
import {
  Codec,
  Ending,
  END_MAGIC,
  FILE_HEAD_BYTES,
  FILE_TAIL_BYTES,
  FORMAT_VERSION,
  FRAME_BYTES,
  MAGIC,
  MAX_BODY_BYTES,
  MAX_PLAIN_BYTES,
  MAX_RECORD_BYTES,
  StreamEnds,
  StreamForms,
} from './layout.js';
import type { Envelope, ResourceFacts, StoredOutcome } from './model.js';
import { hexOf, NodeTable, toNumber } from './node-table.js';
import { StoredValue } from './stored-value.js';

/** What one segment says. */
export interface SegmentContent {
  readonly traceId: string;
  /** Name of the writer that made it. */
  readonly writer: string;
  /** Number of the segment among those of its writer and trace. */
  readonly index: number;
  /** In the order in which the crossings began. */
  readonly envelopes: readonly Envelope[];
  readonly resource: ResourceFacts;
  /** Whether the writer ended the segment by intent. */
  readonly closed: boolean;
  /** Whether the end was cut off in the middle of a record. */
  readonly torn: boolean;
  /** Why the segment is not whole; empty when it is. */
  readonly reasons: readonly string[];
}

/** What can be told of a sealed segment from its end alone. */
export interface SegmentSummary {
  readonly crossings: number;
  readonly open: number;
  readonly spanIds: readonly string[];
}

function damaged(name: string, what: string, cause?: unknown): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_SEGMENT_DAMAGED',
    `Cannot read ${name}: ${what}.\nThe file is damaged or no recording; restore it from a copy, or use another run.`,
    {
      cause,
      facts: { segment: name, what },
    },
  );
}

function limit(name: string, what: string): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_SEGMENT_LIMIT',
    `Will not read ${name}: ${what}.\nNo segment that this package writes is that large; check where the file comes from.`,
    {
      facts: { segment: name, what },
    },
  );
}

/** Checks the first bytes and says how the records are compressed. */
function readHead(bytes: Uint8Array, name: string): Codec {
  if (bytes.length < FILE_HEAD_BYTES) throw damaged(name, `it has ${bytes.length} bytes, and a segment begins with ${FILE_HEAD_BYTES}`);
  for (let index = 0; index < MAGIC.length; index++) {
    if (bytes[index] !== MAGIC[index]) throw damaged(name, 'it does not begin as a segment does');
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.readUInt32LE(12) !== crc32(view.subarray(0, 12))) throw damaged(name, 'the checksum of its first bytes is wrong');
  const version = view[8] as number;
  if (version > FORMAT_VERSION) {
    throw new ChronicleError(
      'CHRONICLE_SEGMENT_VERSION',
      `Cannot read ${name}: format ${version}, and this version reads 1 to ${FORMAT_VERSION}.\nUpgrade chronicle-otel to read it.`,
      {
        facts: { segment: name, version },
      },
    );
  }
  const codec = view[9] as number;
  if (codec !== Codec.none && codec !== Codec.gzip && codec !== Codec.zstd) throw damaged(name, `its compression ${codec} is unknown`);
  return codec;
}

/** The footer of a sealed segment. */
function readFooter(bytes: Uint8Array, name: string): { readonly footer: chronicle.v1.Footer; readonly bodyEnd: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = view.length - FILE_TAIL_BYTES;
  if (tail < FILE_HEAD_BYTES || !view.subarray(tail + 8).equals(END_MAGIC)) throw damaged(name, 'its end is missing, so it was cut off');
  const length = view.readUInt32LE(tail);
  if (length > tail - FILE_HEAD_BYTES) throw damaged(name, 'its footer is longer than the file');
  const footer = view.subarray(tail - length, tail);
  if (view.readUInt32LE(tail + 4) !== crc32(footer)) throw damaged(name, 'the checksum of its footer is wrong');
  try {
    return { footer: chronicle.v1.Footer.decode(footer), bodyEnd: tail - length };
  } catch (error) {
    throw damaged(name, 'its footer cannot be decoded', error);
  }
}

/** Reads the summary of a sealed segment; undefined for an open journal, which has none. */
export function readSegmentSummary(bytes: Uint8Array, name: string): SegmentSummary | undefined {
  if (readHead(bytes, name) === Codec.none) return undefined;
  const { footer } = readFooter(bytes, name);
  const ids = Buffer.from(footer.spanIds ?? new Uint8Array(0));
  const spanIds: string[] = [];
  for (let at = 0; at + 8 <= ids.length; at += 8) spanIds.push(ids.toString('hex', at, at + 8));
  return { crossings: footer.crossings ?? 0, open: footer.open ?? 0, spanIds };
}

function unpack(bytes: Uint8Array, name: string, codec: Codec): { readonly plain: Uint8Array; readonly sealed: boolean } {
  if (codec === Codec.none) {
    if (bytes.length - FILE_HEAD_BYTES > MAX_PLAIN_BYTES)
      throw limit(name, `its records have ${bytes.length - FILE_HEAD_BYTES} bytes, and the limit is ${MAX_PLAIN_BYTES}`);
    return { plain: bytes.subarray(FILE_HEAD_BYTES), sealed: false };
  }
  const { footer, bodyEnd } = readFooter(bytes, name);
  const expected = toNumber(footer.plainBytes ?? 0);
  if (expected > MAX_PLAIN_BYTES) throw limit(name, `it unpacks to ${expected} bytes, and the limit is ${MAX_PLAIN_BYTES}`);
  const body = bytes.subarray(FILE_HEAD_BYTES, bodyEnd);
  let plain: Uint8Array;
  try {
    // One byte more than expected is allowed, so that a longer body is told apart from a right one.
    plain = codec === Codec.gzip ? gunzipSync(body, { maxOutputLength: expected + 1 }) : unzstd(body, expected, name);
  } catch (error) {
    if (error instanceof ChronicleError) throw error;
    throw damaged(name, 'its body cannot be unpacked', error);
  }
  if (plain.length !== expected) throw damaged(name, `it unpacks to ${plain.length} bytes instead of ${expected}`);
  const digest = hash('sha256', plain, 'buffer');
  if (!digest.equals(Buffer.from(footer.plainSha256 ?? new Uint8Array(0)))) throw damaged(name, 'the SHA-256 of its records is wrong');
  return { plain, sealed: true };
}

function unzstd(body: Uint8Array, expected: number, name: string): Uint8Array {
  const decompress = (zlib as unknown as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer }).zstdDecompressSync;
  if (decompress === undefined) {
    throw new ChronicleError(
      'CHRONICLE_DEPENDENCY_MISSING',
      `Cannot read ${name}: it is compressed with zstd, which Node ${process.versions.node} lacks.\nRead it with Node 22.15 or newer.`,
      {
        facts: { segment: name, node: process.versions.node },
      },
    );
  }
  return decompress(body, { maxOutputLength: expected + 1 });
}

interface OpenCrossing {
  readonly begin: chronicle.v1.Begin.$Properties;
  readonly path: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly chunks: { offsetNanos: bigint; value: StoredValue }[];
  head: StoredValue | undefined;
  end: chronicle.v1.End.$Properties | undefined;
}

/**
 * Reads one segment. `name` is its key or path, for errors. A journal whose last record is torn is read up to there;
 * any other damage fails with `CHRONICLE_SEGMENT_DAMAGED`.
 */
export function readSegment(bytes: Uint8Array, name: string): SegmentContent {
  const { plain, sealed } = unpack(bytes, name, readHead(bytes, name));
  const view = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  const table = new NodeTable(view, name);
  const crossings: OpenCrossing[] = [];
  const reasons: string[] = [];
  let header: chronicle.v1.Header.$Properties | undefined;
  let resource: ResourceFacts = {};
  let closed = false;
  let torn = false;
  let at = 0;
  let chain = 0;
  for (let number = 1; at < view.length; number++) {
    const place = `record ${number} at byte ${FILE_HEAD_BYTES + at}`;
    const frame = nextFrame(view, at, chain);
    if (frame.kind === 'torn' && !sealed) {
      torn = true;
      reasons.push(`${name} ends in the middle of record ${number}; what came before it is whole`);
      break;
    }
    if (frame.kind === 'too-large') throw limit(name, `${place} has ${frame.length} bytes, and the limit is ${MAX_RECORD_BYTES}`);
    if (frame.kind !== 'whole') throw damaged(name, `${place} ${frame.kind === 'torn' ? 'is cut off' : 'has a wrong checksum'}`);
    let record: Partial<chronicle.v1.Record>;
    try {
      record = readRecord(view, frame, table, name, place);
    } catch (error) {
      if (error instanceof ChronicleError) throw error;
      throw damaged(name, `${place} cannot be decoded`, error);
    }
    at = frame.end;
    chain = frame.chain;
    if (record.header) {
      if (header !== undefined) throw damaged(name, `${place} is a second header`);
      header = record.header;
    } else if (header === undefined) throw damaged(name, 'its first record is no header');
    else if (record.resource) resource = { ...resource, ...factsOf(table, record.resource.facts ?? []) };
    else if (record.begin) crossings.push(openCrossing(record.begin, crossings, header, name));
    else if (record.chunk) {
      const crossing = crossings[(record.chunk.crossing ?? 0) - 1];
      if (crossing === undefined) throw damaged(name, `record ${number} is a chunk of crossing ${record.chunk.crossing}, which did not begin`);
      const value = new StoredValue(table, record.chunk.value ?? {}, record.chunk.measure ?? {});
      if (record.chunk.head === true) crossing.head = value;
      else crossing.chunks.push({ offsetNanos: toBigInt(record.chunk.offsetNanos), value });
    } else if (record.end) {
      const crossing = crossings[(record.end.crossing ?? 0) - 1];
      if (crossing === undefined) throw damaged(name, `record ${number} ends crossing ${record.end.crossing}, which did not begin`);
      crossing.end = record.end;
    } else if (record.gap) reasons.push(`${toNumber(record.gap.records ?? 0)} records were not stored: ${record.gap.reason}`);
    else if (record.close) closed = true;
  }
  if (header === undefined) throw damaged(name, 'it holds no whole record');
  return {
    traceId: hexOf(header.traceId),
    writer: header.writer ?? '',
    index: header.index ?? 0,
    envelopes: crossings.map((crossing, sequence) => toEnvelope(table, crossing, sequence, name)),
    resource,
    closed,
    torn,
    reasons,
  };
}

type Frame =
  | { readonly kind: 'whole'; readonly start: number; readonly end: number; readonly chain: number }
  | { readonly kind: 'torn' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-large'; readonly length: number };

/**
 * The record at a place. `chain` is the check of the one before. A file that was cut off ends within a record whose
 * length is known to be right; one whose machine lost power may end in zeros, or in a record that was written in part.
 * Anything else is damage.
 */
function nextFrame(view: Buffer, at: number, chain: number): Frame {
  const start = at + FRAME_BYTES;
  if (start > view.length) return { kind: 'torn' };
  const head = crc32(view.subarray(at, at + 4), chain);
  if (head !== view.readUInt32LE(at + 4)) return isZero(view, at) ? { kind: 'torn' } : { kind: 'wrong' };
  const length = view.readUInt32LE(at);
  if (length > MAX_RECORD_BYTES) return { kind: 'too-large', length };
  const end = start + length;
  if (end > view.length) return { kind: 'torn' };
  const body = crc32(view.subarray(start, end), head);
  if (body !== view.readUInt32LE(at + 8)) return { kind: end === view.length ? 'torn' : 'wrong' };
  return { kind: 'whole', start, end, chain: body };
}

function isZero(view: Buffer, from: number): boolean {
  for (let at = from; at < view.length; at++) if (view[at] !== 0) return false;
  return true;
}

/** Notes the nodes of a record and decodes what else it says. A kind that this version does not know says nothing. */
function readRecord(
  view: Buffer,
  frame: { readonly start: number; readonly end: number },
  table: NodeTable,
  name: string,
  place: string,
): Partial<chronicle.v1.Record> {
  const cursor = new Cursor(view, frame.start, frame.end);
  let record: Partial<chronicle.v1.Record> = {};
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) {
      table.add(cursor.from, cursor.to);
      continue;
    }
    if (cursor.wire !== Wire.bytes) {
      cursor.skip();
      continue;
    }
    if (cursor.to - cursor.from > MAX_BODY_BYTES)
      throw limit(name, `${place} has ${cursor.to - cursor.from} bytes beside its nodes, and the limit is ${MAX_BODY_BYTES}`);
    const body = view.subarray(cursor.from, cursor.to);
    switch (cursor.field) {
      case 2:
        record = { header: chronicle.v1.Header.decode(body) };
        break;
      case 3:
        record = { resource: chronicle.v1.Resource.decode(body) };
        break;
      case 4:
        record = { begin: chronicle.v1.Begin.decode(body) };
        break;
      case 5:
        record = { chunk: chronicle.v1.Chunk.decode(body) };
        break;
      case 6:
        record = { end: chronicle.v1.End.decode(body) };
        break;
      case 8:
        record = { gap: chronicle.v1.Gap.decode(body) };
        break;
      case 9:
        record = { close: chronicle.v1.Close.decode(body) };
    }
  }
  return record;
}

function openCrossing(
  begin: chronicle.v1.Begin.$Properties,
  before: readonly OpenCrossing[],
  header: chronicle.v1.Header.$Properties,
  name: string,
): OpenCrossing {
  if (begin.crossing !== before.length + 1) throw damaged(name, `crossing ${begin.crossing} begins where ${before.length + 1} should`);
  const parent = begin.parent ? before[begin.parent - 1] : undefined;
  if (begin.parent && parent === undefined) throw damaged(name, `crossing ${begin.crossing} is inside crossing ${begin.parent}, which did not begin`);
  const parentPath = parent?.path ?? begin.parentPath ?? '';
  return {
    begin,
    path: pathOf(parentPath, begin.name ?? '', begin.ordinal ?? 0),
    spanId: hexOf(begin.spanId),
    traceId: begin.traceId && begin.traceId.length > 0 ? hexOf(begin.traceId) : hexOf(header.traceId),
    parentSpanId: parent?.spanId ?? (begin.parentSpanId && begin.parentSpanId.length > 0 ? hexOf(begin.parentSpanId) : undefined),
    chunks: [],
    head: undefined,
    end: undefined,
  };
}

/** As `joinPath` of the crossing room: the format has its own copy, since it must be readable by itself. */
function pathOf(parentPath: string, name: string, ordinal: number): string {
  const step = `${name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('#', '%23')}#${ordinal}`;
  return parentPath === '' ? step : `${parentPath}/${step}`;
}

function toEnvelope(table: NodeTable, crossing: OpenCrossing, sequence: number, name: string): Envelope {
  const { begin, end } = crossing;
  const input = new StoredValue(table, begin.input ?? {}, begin.inputMeasure ?? {});
  const outcome = outcomeOf(table, crossing);
  const values =
    outcome.kind === 'unknown' ? [input] : [input, outcome.value, ...(outcome.kind === 'streamed' ? outcome.chunks.map((chunk) => chunk.value) : [])];
  return {
    traceId: crossing.traceId,
    spanId: crossing.spanId,
    parentSpanId: crossing.parentSpanId,
    kind: begin.kind ?? '',
    name: begin.name ?? '',
    effect: begin.effect ?? '',
    path: crossing.path,
    ordinal: begin.ordinal ?? 0,
    sequence,
    startUnixNanos: toBigInt(begin.startUnixNanos),
    endUnixNanos: end === undefined ? undefined : toBigInt(end.endUnixNanos),
    input,
    outcome,
    attributes: end === undefined ? {} : factsOf(table, end.attributes ?? []),
    incomplete: [...new Set(values.flatMap((value) => value.incomplete))],
    opaque: [...new Set(values.flatMap((value) => value.opaque))],
    segment: name,
  };
}

function outcomeOf(table: NodeTable, { end, chunks, head }: OpenCrossing): StoredOutcome {
  if (end === undefined) return { kind: 'unknown' };
  const value = new StoredValue(table, end.value ?? {}, end.measure ?? {});
  const async = end.async === true;
  switch (end.ending as number) {
    case Ending.returned:
      return { kind: 'returned', async, value };
    case Ending.threw:
      return { kind: 'threw', async, value };
    case Ending.streamed:
      return {
        kind: 'streamed',
        async,
        form: nameOf(StreamForms, end.streamForm as number, 'async-iterable'),
        end: nameOf(StreamEnds, end.streamEnd as number, 'abandoned'),
        value,
        chunks,
        ...(head === undefined ? {} : { head }),
      };
    default:
      return { kind: 'unknown' };
  }
}

function nameOf<T extends Readonly<Record<string, number>>>(names: T, wanted: number, otherwise: keyof T): keyof T {
  for (const name of Object.keys(names)) if (names[name] === wanted) return name;
  return otherwise;
}

function factsOf(table: NodeTable, facts: readonly chronicle.v1.Fact.$Properties[]): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = Object.create(null);
  for (const { key, value } of facts) {
    const built = table.build(value ?? {});
    if (typeof key === 'string' && (typeof built === 'string' || typeof built === 'number' || typeof built === 'boolean')) found[key] = built;
  }
  return found;
}

function toBigInt(value: number | { low: number; high: number } | null | undefined): bigint {
  if (value === null || value === undefined) return 0n;
  if (typeof value === 'number') return BigInt(value);
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
}
