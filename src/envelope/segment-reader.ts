// Reads one segment: a sealed file or the open journal of a process that runs or was killed. Every record is checked
// before it is decoded. A torn end is cut off and said; so is what follows a damaged place, since what stands before it
// refers to nothing behind it. Where nothing can be told apart from damage, an error names the place.

import { ChronicleError, isChronicleError } from '../errors.js';
import { type BeginBody, type Body, type EndBody, type Extent, type FactBody, readBody } from './bodies.js';
import { type BegunEnvelope, type CrossingEnd, type CrossingPiece, withEnd } from './crossing-pieces.js';
import { Cursor, Wire } from './cursor.js';
import { beyondLimit, damaged } from './faults.js';
import { readFrame } from './frame.js';
import { isZero } from './journal-walk.js';
import { Ending, FILE_HEAD_BYTES, MAX_BODY_BYTES, MAX_RECORD_BYTES, StreamEnds, StreamForms } from './layout.js';
import type { Envelope, ResourceFacts, StoredChunk, StoredOutcome } from './model.js';
import { NodeReader, readRoot, type Root } from './node-reader.js';
import { type FooterFacts, SegmentBlocks } from './segment-blocks.js';
import { SegmentValues, StoredValue } from './stored-value.js';
import { buildValue } from './value-builder.js';

/** What one segment says. */
export interface SegmentContent {
  readonly traceId: string;
  /** Name of the writer that made it. */
  readonly writer: string;
  /** Number of the segment among those of its writer and trace. */
  readonly index: number;
  /** In the order in which the crossings began. */
  readonly envelopes: readonly Envelope[];
  /**
   * What it says of crossings that are not in it from begin to end: chunks of those that it left open, and chunks and ends
   * of those that began in an earlier segment of its writer. By itself a segment knows no more of them than this.
   */
  readonly pieces: readonly CrossingPiece[];
  readonly resource: ResourceFacts;
  /** Whether the writer ended the segment by intent. */
  readonly closed: boolean;
  /** Whether the end was cut off in the middle of a record. */
  readonly torn: boolean;
  /** What is damaged and where; undefined where nothing is. All that is given stands before it, and is sound. */
  readonly damage: string | undefined;
  /** Why the segment is not whole; empty when it is. */
  readonly reasons: readonly string[];
  /** Inputs, chunks and outcomes in the order of their records. */
  readonly values: readonly StoredValue[];
  /** SHA-256 over the digests of the values, as hex; undefined where the segment was not closed. */
  readonly valuesSha256: string | undefined;
  /** What the footer says; undefined for a journal. */
  readonly footer: FooterFacts | undefined;
}

/** How a segment is read. */
export interface ReadOptions {
  /**
   * When the first value is asked for, whether the digests of all are taken and held against the one that was recorded,
   * up to 16 MiB of plain bytes. Default: true. False is for who does that by itself.
   */
  readonly checkValues?: boolean;
}

/** In a larger segment, to look at one value must not cost reading all of them; `chronicle verify` does. */
const MAX_CHECKED_BYTES = 16 << 20;

/** What came of a crossing after its Begin. */
interface Progress {
  readonly spanId: string;
  readonly chunks: StoredChunk[];
  head: StoredValue | undefined;
  end: CrossingEnd | undefined;
}

interface OpenCrossing extends Progress {
  readonly kind: string;
  readonly name: string;
  readonly effect: string;
  readonly path: string;
  readonly ordinal: number;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly startUnixNanos: bigint;
  readonly input: StoredValue;
}

/**
 * Reads one segment. `name` is its key or path, for errors. What stands before a torn record, a damaged record of a
 * journal, or a damaged block of a sealed segment is read, and `reasons` tell; damage before the first whole record, or
 * in what stands around the records, fails with `CHRONICLE_SEGMENT_DAMAGED`.
 */
export function readSegment(bytes: Uint8Array, name: string, options: ReadOptions = {}): SegmentContent {
  const blocks = SegmentBlocks.open(bytes, name);
  const reading = new Reading(blocks, name);
  for (let index = 0; index < blocks.count && !reading.ended; index++) reading.readBlock(index);
  return reading.content((options.checkValues ?? true) && blocks.plainBytes <= MAX_CHECKED_BYTES);
}

/** A segment that is being read. Nothing of it may keep a view of a block, or all blocks would stay in memory. */
class Reading {
  readonly #blocks: SegmentBlocks;
  readonly #name: string;
  readonly #nodes: NodeReader;
  readonly #values: SegmentValues;
  readonly #crossings: OpenCrossing[] = [];
  /** Crossings that began in an earlier segment, by span ID. */
  readonly #elsewhere = new Map<string, Progress>();
  readonly #boundaries: { readonly kind: string; readonly name: string; readonly effect: string }[] = [];
  readonly #reasons: string[] = [];
  #header: { readonly traceId: string; readonly writer: string; readonly index: number; readonly startUnixNanos: bigint } | undefined;
  #resource: ResourceFacts = {};
  #valuesSha256: string | undefined;
  #closed = false;
  #torn = false;
  #damage: string | undefined;
  #records = 0;

  constructor(blocks: SegmentBlocks, name: string) {
    this.#blocks = blocks;
    this.#name = name;
    this.#nodes = new NodeReader(blocks, name);
    this.#values = new SegmentValues(name);
  }

  /** Whether nothing that follows can be read. */
  get ended(): boolean {
    return this.#torn || this.#damage !== undefined;
  }

  readBlock(index: number): void {
    this.#nodes.startBlock();
    const view = this.#plain(index);
    if (view === undefined) return;
    const sealed = this.#blocks.footer !== undefined;
    for (let at = 0, chain = 0; at < view.length; ) {
      const number = this.#records + 1;
      const place = sealed ? `record ${number}` : `record ${number} at byte ${FILE_HEAD_BYTES + at}`;
      const frame = sealed ? nextOfBlock(view, at) : nextOfJournal(view, at, chain);
      if (frame.kind === 'torn' && !sealed) {
        this.#torn = true;
        this.#reasons.push(`${this.#name} ends in the middle of record ${number}; what came before it is whole`);
        return;
      }
      if (frame.kind === 'wrong' && this.#header !== undefined) {
        this.#stopAt(`${place} has a wrong checksum`);
        return;
      }
      if (frame.kind === 'too-large') throw beyondLimit(this.#name, `${place} has ${frame.length} bytes, and the limit is ${MAX_RECORD_BYTES}`);
      if (frame.kind !== 'whole') throw damaged(this.#name, `${place} ${frame.kind === 'torn' ? 'is cut off' : 'has a wrong checksum'}`);
      let body: Body | undefined;
      try {
        body = readRecord(view, frame, this.#nodes, this.#name, place);
      } catch (error) {
        if (error instanceof ChronicleError) throw error;
        throw damaged(this.#name, `${place} cannot be decoded`, error);
      }
      if (body !== undefined || this.#header === undefined) this.#take(body, view, place);
      this.#records = number;
      at = frame.end;
      chain = frame.chain;
    }
  }

  /** The plain bytes of a block; undefined where they are damaged and something stands before them. */
  #plain(index: number): Buffer | undefined {
    try {
      return this.#blocks.plain(index);
    } catch (error) {
      if (this.#header === undefined || !isChronicleError(error, 'CHRONICLE_SEGMENT_DAMAGED')) throw error;
      this.#stopAt(`${String(error.facts['what'])}, from record ${this.#records + 1} on`);
      return undefined;
    }
  }

  #stopAt(damage: string): void {
    this.#damage = damage;
    this.#reasons.push(`${this.#name} is damaged: ${damage}; what came before it is whole, and what follows cannot be trusted`);
  }

  #take(body: Body | undefined, view: Buffer, place: string): void {
    if (body?.kind === 'header') {
      if (this.#header !== undefined) throw damaged(this.#name, `${place} is a second header`);
      this.#header = body;
      return;
    }
    if (body === undefined || this.#header === undefined) throw damaged(this.#name, 'its first record is no header');
    switch (body.kind) {
      case 'resource':
        this.#resource = { ...this.#resource, ...this.#facts(body.facts, view) };
        return;
      case 'begin':
        this.#begin(body.begin, view, place, this.#header);
        return;
      case 'chunk': {
        const { offsetMicros, head } = body.chunk;
        const crossing = this.#progressOf(body.chunk);
        if (crossing === undefined) throw damaged(this.#name, `${place} is a chunk of a crossing that did not begin`);
        const value = this.#value(body.chunk.value, body.chunk, view);
        if (head) crossing.head = value;
        else crossing.chunks.push({ offsetNanos: nanosOf(offsetMicros), value });
        return;
      }
      case 'end': {
        const { end } = body;
        const crossing = this.#progressOf(end);
        if (crossing === undefined) throw damaged(this.#name, `${place} ends a crossing that did not begin`);
        const outcome = outcomeOf(end, this.#value(end.value, end, view), crossing);
        crossing.end = { outcome, durationNanos: nanosOf(end.durationMicros), attributes: this.#facts(end.attributes, view) };
        return;
      }
      case 'gap':
        this.#reasons.push(`${body.records} records were not stored: ${body.reason}`);
        return;
      case 'close':
        this.#closed = true;
        this.#valuesSha256 = body.valuesSha256;
    }
  }

  /** What is known of the crossing that a record is about; undefined where it should have begun in this segment and did not. */
  #progressOf({ spanId, crossingsSince }: { readonly spanId: string; readonly crossingsSince: number }): Progress | undefined {
    if (spanId === '') return this.#crossings[this.#crossings.length - 1 - crossingsSince];
    let progress = this.#elsewhere.get(spanId);
    if (progress === undefined) {
      progress = { spanId, chunks: [], head: undefined, end: undefined };
      this.#elsewhere.set(spanId, progress);
    }
    return progress;
  }

  #begin(begin: BeginBody, view: Buffer, place: string, header: { readonly traceId: string; readonly startUnixNanos: bigint }): void {
    if (typeof begin.boundary !== 'number') this.#boundaries.push(begin.boundary);
    const boundary = typeof begin.boundary === 'number' ? this.#boundaries[begin.boundary - 1] : begin.boundary;
    if (boundary === undefined) throw damaged(this.#name, `${place} begins a crossing of boundary ${String(begin.boundary)}, which was not defined`);
    const input = this.#value(begin.input, begin, view);
    const parent = begin.parent === 0 ? undefined : this.#crossings[begin.parent - 1];
    if (begin.parent !== 0 && parent === undefined)
      throw damaged(this.#name, `crossing ${this.#crossings.length + 1} is inside crossing ${begin.parent}, which did not begin`);
    const { ordinal } = begin;
    this.#crossings.push({
      ...boundary,
      path: pathOf(parent?.path ?? begin.parentPath, boundary.name, ordinal),
      ordinal,
      spanId: begin.spanId,
      traceId: begin.traceId === '' ? header.traceId : begin.traceId,
      parentSpanId: parent?.spanId ?? (begin.parentSpanId === '' ? undefined : begin.parentSpanId),
      startUnixNanos: header.startUnixNanos + nanosOf(begin.startMicros),
      input,
      chunks: [],
      head: undefined,
      end: undefined,
    });
  }

  /** A value that stands in the block which is being read. */
  #value(at: Extent | undefined, { cut, opaque }: { readonly cut: readonly string[]; readonly opaque: readonly string[] }, view: Buffer): StoredValue {
    const stored = new StoredValue(this.#nodes, this.#root(at, view), this.#values, cut, opaque);
    this.#values.all.push(stored);
    return stored;
  }

  #root(at: Extent | undefined, view: Buffer): Root {
    return readRoot(at === undefined ? undefined : new Cursor(view, at.from, at.to), this.#nodes.size + 1);
  }

  #facts(facts: readonly FactBody[], view: Buffer): Record<string, string | number | boolean> {
    const found: Record<string, string | number | boolean> = Object.create(null);
    for (const { key, value } of facts) {
      const built = this.#nodes.withValue(this.#root(value, view), (ref) => buildValue(this.#nodes, ref));
      if (typeof built === 'string' || typeof built === 'number' || typeof built === 'boolean') found[key] = built;
    }
    return found;
  }

  content(checksValues: boolean): SegmentContent {
    const header = this.#header;
    if (header === undefined) throw damaged(this.#name, 'it holds no whole record');
    if (checksValues && this.#valuesSha256 !== undefined) this.#values.expect(this.#valuesSha256);
    return {
      traceId: header.traceId,
      writer: header.writer,
      index: header.index,
      envelopes: this.#crossings.map((crossing, sequence) => toEnvelope(crossing, sequence, this.#name)),
      pieces: [...this.#crossings.filter(isUnfinished), ...this.#elsewhere.values()].map(toPiece),
      resource: this.#resource,
      closed: this.#closed,
      torn: this.#torn,
      damage: this.#damage,
      reasons: this.#reasons,
      values: this.#values.all,
      valuesSha256: this.#valuesSha256,
      footer: this.#blocks.footer,
    };
  }
}

type NextRecord =
  | { readonly kind: 'whole'; readonly start: number; readonly end: number; readonly chain: number }
  | { readonly kind: 'torn' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-large'; readonly length: number };

/**
 * The record at a place of a journal. `chain` is the check of the one before. A file that was cut off ends within a record
 * whose length is known to be right; one whose machine lost power may end in zeros, or in a record that was written in
 * part. Anything else is damage.
 */
function nextOfJournal(view: Buffer, at: number, chain: number): NextRecord {
  const frame = readFrame(view, at, chain);
  switch (frame.kind) {
    case 'whole':
    case 'too-large':
      return frame;
    case 'short':
      return { kind: 'torn' };
    case 'wrong-length':
      return { kind: isZero(view.subarray(at)) ? 'torn' : 'wrong' };
    case 'wrong-body':
      return { kind: frame.end === view.length ? 'torn' : 'wrong' };
  }
}

/** The record at a place of a sealed segment, whose bytes were checked as a whole. */
function nextOfBlock(view: Buffer, at: number): NextRecord {
  let length = 0;
  let start = at;
  for (let scale = 1; ; scale *= 128) {
    const byte = view[start++];
    if (byte === undefined) return { kind: 'torn' };
    length += (byte & 0x7f) * scale;
    if (length > MAX_RECORD_BYTES) return { kind: 'too-large', length };
    if (byte <= 0x7f) break;
  }
  const end = start + length;
  return end > view.length ? { kind: 'torn' } : { kind: 'whole', start, end, chain: 0 };
}

/** Notes the nodes of a record and decodes what else it says. A kind that this version does not know says nothing. */
function readRecord(view: Buffer, frame: { readonly start: number; readonly end: number }, nodes: NodeReader, name: string, place: string): Body | undefined {
  const cursor = new Cursor(view, frame.start, frame.end);
  let body: Body | undefined;
  while (cursor.next()) {
    if (cursor.is(1, Wire.bytes)) {
      nodes.add(cursor.from, cursor.to);
      continue;
    }
    if (cursor.wire !== Wire.bytes) {
      cursor.skip();
      continue;
    }
    if (cursor.to - cursor.from > MAX_BODY_BYTES)
      throw beyondLimit(name, `${place} has ${cursor.to - cursor.from} bytes beside its nodes, and the limit is ${MAX_BODY_BYTES}`);
    body = readBody(cursor.field, cursor.inner()) ?? body;
  }
  return body;
}

/** As `joinPath` of the crossing room: the format has its own copy, since it must be readable by itself. */
function pathOf(parentPath: string, name: string, ordinal: number): string {
  const step = `${name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('#', '%23')}#${ordinal}`;
  return parentPath === '' ? step : `${parentPath}/${step}`;
}

function toEnvelope({ chunks: _chunks, head: _head, end, ...crossing }: OpenCrossing, sequence: number, name: string): Envelope {
  const begun: BegunEnvelope = { ...crossing, sequence, segment: name };
  return withEnd(begun, end);
}

/** Whether a later segment may go on with a stream of which there is something here. */
function isUnfinished({ end, chunks, head }: Progress): boolean {
  return end === undefined && (chunks.length > 0 || head !== undefined);
}

function toPiece({ spanId, chunks, head, end }: Progress): CrossingPiece {
  return { spanId, chunks, head, end };
}

function outcomeOf({ ending, async, streamForm, streamEnd }: EndBody, value: StoredValue, { chunks, head }: Progress): StoredOutcome {
  switch (ending) {
    case Ending.returned:
      return { kind: 'returned', async, value };
    case Ending.threw:
      return { kind: 'threw', async, value };
    case Ending.streamed:
      return {
        kind: 'streamed',
        async,
        form: nameOf(StreamForms, streamForm, 'async-iterable'),
        end: nameOf(StreamEnds, streamEnd, 'abandoned'),
        value,
        chunks,
        ...(head === undefined ? {} : { head }),
      };
    default:
      return { kind: 'unknown' };
  }
}

/** Microseconds as nanoseconds. */
function nanosOf(micros: number): bigint {
  return BigInt(micros) * 1_000n;
}

function nameOf<T extends Readonly<Record<string, number>>>(names: T, wanted: number, otherwise: keyof T): keyof T {
  for (const name of Object.keys(names)) if (names[name] === wanted) return name;
  return otherwise;
}
