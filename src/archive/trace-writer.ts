// Writes the crossings of one trace into one segment: captured values and records into the journal while it is open,
// the sealed file into the store when it is done.

import { createHash } from 'node:crypto';
import { type BeginFacts, type CrossingPlace, type EndFacts, RecordWriter, type ScalarFact, SCHEMA_URL, sealSegment } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';
import { Capture, type Captured, NullSink, type Protect, Truncated } from '../value/index.js';
import type { Journal } from './journal.js';
import { segmentKey, type SegmentName } from './keys.js';

/** What a trace writer is given. */
export interface TraceWriterOptions {
  readonly traceId: string;
  /** Random name of the writing process. */
  readonly writer: string;
  /** Number of the segment among those of the writer and trace. */
  readonly index: number;
  readonly startUnixNanos: bigint;
  readonly writerVersion: string;
  readonly journal: Journal;
  readonly resource: readonly ScalarFact[];
  readonly protect: Protect | undefined;
  /** What is kept of values: all, their digests, or that there was one. Default: `full`. */
  readonly capture?: CaptureMode;
}

/** Values whose digests wait for a quiet moment, and the new bytes in them. */
const MAX_UNDIGESTED = 10_000;
const MAX_UNDIGESTED_BYTES = 8 << 20;

/** What is kept of values. */
export type CaptureMode = 'full' | 'digest' | 'off';

/** Where a value is looked for again: the same boundary's last one. */
export interface ValueSlot {
  readonly value: unknown;
  readonly slot: string;
}

/** One open segment. */
export class TraceWriter {
  readonly name: SegmentName;
  readonly #records = new RecordWriter();
  readonly #capture: Capture;
  /** Takes digests where the values themselves are not kept. */
  readonly #digests: Capture | undefined;
  readonly #mode: CaptureMode;
  readonly #journal: Journal;
  /** Over the digests of all values, as far as they were taken. */
  readonly #values = createHash('sha256');
  /** Values whose digests were not taken yet, in the order of their records, and what that will cost. */
  #undigested: Captured[] = [];
  #undigestedBytes = 0;
  #crossings = 0;
  #open = 0;
  /** The same, as far as the journal has them. */
  #written = { crossings: 0, open: 0, values: 0 };
  #valueCount = 0;
  #writtenRecords = 0;
  #sealed = false;

  constructor(options: TraceWriterOptions) {
    const { traceId, writer, index, startUnixNanos } = options;
    this.name = { traceId, writer, index, startUnixNanos };
    this.#journal = options.journal;
    this.#mode = options.capture ?? 'full';
    this.#capture = new Capture(this.#records, { protect: options.protect });
    this.#digests = this.#mode === 'digest' ? new Capture(new NullSink(), { protect: options.protect }) : undefined;
    this.#records.header({
      traceId: options.traceId,
      writer: options.writer,
      index: options.index,
      startUnixNanos: options.startUnixNanos,
      schemaUrl: SCHEMA_URL,
      writerVersion: options.writerVersion,
    });
    this.#records.resource(options.resource);
    this.#flush();
  }

  /** Crossings that began in this segment and have not ended in it. */
  get open(): number {
    return this.#open;
  }

  #flush(): void {
    this.#journal.append(this.#records.take());
    this.#written = { crossings: this.#crossings, open: this.#open, values: this.#valueCount };
    this.#writtenRecords = this.#records.records;
    this.waits = false;
  }

  /** Whether a Begin is in memory only. */
  waits = false;

  /** Writes what is in memory only. */
  sync(): void {
    if (this.waits) this.#flush();
  }

  #take({ value, slot }: ValueSlot): Captured {
    const captured = this.#captured(value, slot);
    this.#valueCount++;
    this.#undigested.push(captured);
    this.#undigestedBytes += captured.newBytes;
    // What waits is held in memory.
    if (this.#undigestedBytes > MAX_UNDIGESTED_BYTES || this.#undigested.length > MAX_UNDIGESTED) {
      try {
        this.digest();
      } catch {
        // The caller may have used up the stack. Sealing takes the digests from a stack of its own.
      }
    }
    return captured;
  }

  #captured(value: unknown, slot: string): Captured {
    if (this.#mode === 'full') return this.#capture.capture(value, slot);
    const known = this.#digests?.capture(value, slot);
    const mark = new Truncated({ reason: 'policy', type: typeof value, size: known?.size ?? 0, digest: known?.digestHex, head: '' });
    const kept = this.#capture.capture(mark, slot);
    return known === undefined ? kept : kept.inPlaceOf(known);
  }

  /** Takes the digests of what was captured since. The caller of a boundary should not wait for it. */
  digest(): void {
    let done = 0;
    try {
      for (const captured of this.#undigested) {
        this.#values.update(captured.digestHex, 'hex');
        done++;
      }
      this.#undigestedBytes = 0;
    } finally {
      // Each value counts once, whatever the next one comes to.
      this.#undigested = this.#undigested.slice(done);
    }
  }

  /** Says that something of this trace was not stored. */
  gap(reason: string, records: number): void {
    this.#records.gap(reason, records, 0);
    this.#flush();
  }

  /**
   * Writes that a crossing begins; its number in this segment comes back. Where nothing but time is lost by running it
   * again (`eager` is false), the record may wait for the next write or `sync()`: a call that ends at once then costs
   * one write instead of two.
   */
  begin(facts: BeginFacts, input: ValueSlot, eager = true): { readonly crossing: number; readonly captured: Captured } {
    const captured = this.#take(input);
    this.#open++;
    this.#crossings++;
    const crossing = this.#records.begin(facts, captured);
    if (eager) this.#flush();
    else this.waits = true;
    return { crossing, captured };
  }

  /** Writes that a consumer received a chunk; or, as its `head`, what the stream says of itself. */
  chunk(crossing: CrossingPlace, offsetNanos: number, chunk: ValueSlot, head = false): void {
    this.#records.chunk(crossing, offsetNanos, this.#take(chunk), head);
    this.#flush();
  }

  /** Keeps the outcome of a crossing; `finish` must follow, with the attributes that depend on it. */
  captureOutcome(outcome: ValueSlot): Captured {
    return this.#take(outcome);
  }

  /** Writes that a crossing ended, be it one of this segment or one that a segment before it left open. */
  end(facts: EndFacts, captured: Captured): void {
    if (typeof facts.crossing === 'number') this.#open--;
    this.#records.end(facts, captured);
    this.#flush();
  }

  /** Ends the segment; may be called again after it failed. What comes back waits for the store. */
  close(): ClosedSegment {
    if (!this.#sealed) {
      this.digest();
      this.#records.close(this.#crossings, this.#open, this.#values.digest());
      this.#flush();
      this.#sealed = true;
    }
    return { name: this.name, journal: this.#journal, crossings: this.#crossings, open: this.#open, values: this.#valueCount };
  }

  /** Ends the segment after its last whole record: what was to follow could not be written. */
  cut(): ClosedSegment {
    this.#sealed = true;
    return { name: this.name, journal: this.#journal, ...this.#written };
  }

  /** Records that the journal does not have, or not yet. */
  get unwritten(): number {
    return this.#records.records - this.#writtenRecords;
  }

  /** Bytes of its journal. */
  get byteLength(): number {
    return this.#journal.byteLength;
  }

  /** Closes the segment and puts it into the store. May be called again after it failed. */
  async seal(store: ObjectStore): Promise<void> {
    const segment = this.close();
    await storeSegment(segment, store);
    segment.journal.remove();
  }
}

/** A segment that is whole and in its journal only. */
export interface ClosedSegment {
  readonly name: SegmentName;
  readonly journal: Journal;
  /** Crossings that began in it. */
  readonly crossings: number;
  /** Those of them that have no end in it. */
  readonly open: number;
  /** Inputs, chunks and outcomes in it. */
  readonly values: number;
}

/** Puts a closed segment into the store. Its journal may go when the store has it. */
export async function storeSegment({ name, journal, crossings, open }: ClosedSegment, store: ObjectStore): Promise<void> {
  await store.put(segmentKey(name), await sealSegment(journal, { crossings, open }));
}
