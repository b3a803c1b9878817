// Keeps crossings in an archive: one open segment per trace, sealed when the trace has been idle for a moment. A fault
// of ours is counted and said once, and the crossing goes on without us.

import { randomBytes } from 'node:crypto';
import {
  type CaptureMode,
  type ClosedSegment,
  type Durability,
  envelopeUri,
  FileJournal,
  journalName,
  JournalOwner,
  MemoryJournal,
  type ObjectStore,
  type SegmentName,
  type StoreLike,
  toStore,
  TraceWriter,
  type ValueSlot,
} from '../archive/index.js';
import type { CrossingPlace, ScalarFact } from '../envelope/index.js';
import { type CapturedValue, type Crossing, type Effect, type FlushReport, nowUnixNanos, type Outcome, type Recorder, reportFault } from '../crossing/index.js';
import type { Protect } from '../value/index.js';
import { VERSION } from '../version.js';
import { beginFacts, endFacts, nanosSinceBegin, valueOf } from './crossing-facts.js';
import { Outbox } from './outbox.js';
import { processFacts } from './process-facts.js';
import { type RunningRecovery, startRecovery } from './start-recovery.js';

/** While more segments than this wait, those that are dropped are counted, and no longer named in their traces. */
const MAX_WAITING_GAPS = 100_000;

/** How long a flush waits for the store where nobody says otherwise. */
const FLUSH_MILLIS = 30_000;

/** What is larger is kept from the store for too long, and takes too much memory at once. */
const MAX_SEGMENT_BYTES = 32 << 20;

/** How much of a run that goes on may be on this machine only. */
const MAX_SEGMENT_MILLIS = 300_000;

/** Traces whose segments are counted. */
const MAX_INDEXES = 50_000;

/** How long a program that has ended waits for what others left behind. */
const RECOVERY_AT_EXIT_MILLIS = 1_000;

/** Heads of streams resemble each other, whatever their boundary. */
const HEAD_SLOT = 'stream head';

/** What a recorder needs, with nothing left open. */
export interface ArchiveRecorderOptions {
  readonly store: StoreLike;
  /** Directory of the journals; undefined keeps them in memory. */
  readonly journalDirectory: string | undefined;
  readonly protect: Protect | undefined;
  /** What is kept of values. Default: `full`. */
  readonly capture?: CaptureMode;
  /** A trace is sealed when nothing happened in it for so long. */
  readonly idleMillis: number;
  /** What a finished boundary survives. */
  readonly durability: Durability;
  /** A segment that is larger, or in which a run has been going on for longer, is closed, and the run goes on in another. */
  readonly maxSegmentBytes?: number;
  readonly maxSegmentMillis?: number;
  /** Bytes of closed segments that may wait for the store, and for how long. */
  readonly maxSpoolBytes: number;
  readonly maxSpoolMillis: number;
}

interface OpenTrace {
  readonly traceId: string;
  readonly resource: readonly ScalarFact[];
  /** Segments so far. */
  segments: number;
  /** The segment that is written to; undefined between two of them. */
  writer: TraceWriter | undefined;
  /** Crossings that began and have not ended, in whichever segment. */
  open: number;
  /** Records that could not be written and that no segment has said yet. */
  lost: number;
  idleTimer: NodeJS.Timeout | undefined;
  rollTimer: NodeJS.Timeout | undefined;
}

interface CrossingState {
  readonly trace: OpenTrace;
  /** The segment that it began in, and its number there. */
  readonly writer: TraceWriter;
  readonly number: number;
}

/** Records into an archive. */
export class ArchiveRecorder implements Recorder {
  readonly store: ObjectStore;
  closed = false;
  readonly #options: ArchiveRecorderOptions;
  readonly #writerName = randomBytes(8).toString('hex');
  readonly #traces = new Map<string, OpenTrace>();
  /** Segments per trace so far. Bounded: the name of a segment holds its start as well. */
  readonly #indexes = new Map<string, number>();
  readonly #outbox: Outbox;
  /** Says that the journals have an owner that lives. */
  #owner: JournalOwner | undefined;
  #recovery: RunningRecovery | undefined;
  /** Traces whose last record could not be written; it is tried again at every flush. */
  readonly #unclosed = new Set<OpenTrace>();
  readonly #facts: readonly ScalarFact[];
  /** Traces that have something to do once the caller has gone on: to write a Begin, to take digests. */
  readonly #waiting = new Set<OpenTrace>();
  #soon = false;
  constructor(options: ArchiveRecorderOptions) {
    this.#options = options;
    this.store = toStore(options.store);
    this.#facts = processFacts();
    this.#outbox = new Outbox({
      store: this.store,
      maxBytes: options.maxSpoolBytes,
      maxAgeMillis: options.maxSpoolMillis,
      onDropped: (segment, reason) => this.#sayDropped(segment, reason),
    });
  }

  uriOf(crossing: Crossing): string {
    return envelopeUri(this.store.url, crossing.run.traceId, crossing.spanId);
  }

  #traceOf(crossing: Crossing): OpenTrace {
    const { traceId } = crossing.run;
    const known = this.#traces.get(traceId);
    if (known !== undefined) return known;
    const resource = resourceFacts(this.#facts, crossing);
    const segments = this.#indexes.get(traceId) ?? 0;
    const trace: OpenTrace = { traceId, resource, segments, writer: undefined, open: 0, lost: 0, idleTimer: undefined, rollTimer: undefined };
    this.#traces.set(traceId, trace);
    return trace;
  }

  /** The segment that a trace is written to, begun where there is none. */
  #writerOf(trace: OpenTrace, startUnixNanos: bigint): TraceWriter {
    if (trace.writer !== undefined) return trace.writer;
    const name = { traceId: trace.traceId, writer: this.#writerName, index: trace.segments, startUnixNanos };
    const writer = this.#newWriter(name, trace.resource);
    trace.segments++;
    trace.writer = writer;
    if (trace.lost > 0) writer.gap('the journal could not be written', trace.lost);
    trace.lost = 0;
    trace.rollTimer = setTimeout(() => this.#roll(trace), this.#options.maxSegmentMillis ?? MAX_SEGMENT_MILLIS).unref();
    return writer;
  }

  #newWriter(name: SegmentName, resource: readonly ScalarFact[]): TraceWriter {
    const { journalDirectory: directory, durability, protect, capture } = this.#options;
    if (directory !== undefined) this.#claim(directory);
    const journal = directory === undefined ? new MemoryJournal() : new FileJournal(directory, journalName(name), durability);
    try {
      return new TraceWriter({ ...name, writerVersion: VERSION, journal, resource, protect, ...(capture === undefined ? {} : { capture }) });
    } catch (error) {
      journal.remove();
      throw error;
    }
  }

  #claim(directory: string): void {
    try {
      this.#owner ??= JournalOwner.claim(directory, this.#writerName, this.store.url);
    } catch (error) {
      // Without an owner a journal is left alone as long as it is written to.
      reportFault('journal owner', error);
    }
  }

  /** In the place of what was dropped stands what says so: who reads the trace must not take it for whole. */
  #sayDropped({ name, values }: ClosedSegment, reason: string): void {
    // What only said that something is missing is not replaced by the same, and such things are bounded too.
    if (values === 0 || this.#outbox.size > MAX_WAITING_GAPS) return;
    try {
      const writer = this.#newWriter(name, []);
      writer.gap(reason, values);
      this.#outbox.add(writer.close());
    } catch (error) {
      reportFault('gap', error);
    }
  }

  /**
   * Writes to a trace. When that fails the segment ends before the record that is missing, since what follows may refer
   * to it; the trace goes on in another one, which says what is missing.
   */
  #write<T>(trace: OpenTrace, startUnixNanos: bigint, work: (writer: TraceWriter) => T): T {
    try {
      const writer = this.#writerOf(trace, startUnixNanos);
      const result = work(writer);
      if (writer.byteLength > (this.#options.maxSegmentBytes ?? MAX_SEGMENT_BYTES)) this.#roll(trace);
      return result;
    } catch (error) {
      // With it goes what waited to be written.
      trace.lost += Math.max(1, trace.writer?.unwritten ?? 0);
      this.#send(trace, (writer) => writer.cut());
      throw error;
    }
  }

  /** Hands the segment that a trace is written to over to the outbox. */
  #send(trace: OpenTrace, end: (writer: TraceWriter) => ClosedSegment): void {
    clearTimeout(trace.rollTimer);
    const { writer } = trace;
    trace.writer = undefined;
    if (writer !== undefined) this.#outbox.add(end(writer));
  }

  /** Closes the segment of a run that goes on. */
  #roll(trace: OpenTrace): void {
    const { writer } = trace;
    try {
      this.#send(trace, (ended) => ended.close());
    } catch (error) {
      trace.lost++;
      if (writer !== undefined) this.#outbox.add(writer.cut());
      reportFault('seal', error);
    }
  }

  begin(crossing: Crossing, args: readonly unknown[]): CapturedValue {
    const trace = this.#traceOf(crossing);
    clearTimeout(trace.idleTimer);
    trace.idleTimer = undefined;
    const { boundary, parent } = crossing;
    const parentState = parent?.recorderState as CrossingState | undefined;
    trace.open++;
    try {
      return this.#write(trace, crossing.startUnixNanos, (writer) => {
        const parentNumber = parentState?.writer === writer ? parentState.number : 0;
        const begun = writer.begin(beginFacts(crossing, parentNumber), { value: args, slot: boundary.slots.input }, isEager(boundary.effect));
        this.#waitFor(trace);
        crossing.recorderState = { trace, writer, number: begun.crossing } satisfies CrossingState;
        return begun.captured;
      });
    } catch (error) {
      this.#ended(trace);
      throw error;
    }
  }

  chunk(crossing: Crossing, value: unknown): void {
    this.#chunk(crossing, { value, slot: crossing.boundary.slots.chunk }, false);
  }

  head(crossing: Crossing, value: unknown): void {
    this.#chunk(crossing, { value, slot: HEAD_SLOT }, true);
  }

  #chunk(crossing: Crossing, kept: ValueSlot, head: boolean): void {
    const state = crossing.recorderState as CrossingState | undefined;
    if (state === undefined) return;
    this.#write(state.trace, nowUnixNanos(), (writer) => writer.chunk(placeOf(crossing, state, writer), nanosSinceBegin(crossing), kept, head));
  }

  end(crossing: Crossing, outcome: Outcome): CapturedValue | undefined {
    const state = crossing.recorderState as CrossingState | undefined;
    if (state === undefined) return undefined;
    const { trace } = state;
    try {
      return this.#write(trace, nowUnixNanos(), (writer) => {
        const kept = writer.captureOutcome({ value: valueOf(outcome), slot: boundarySlot(crossing, outcome) });
        writer.end(endFacts(crossing, placeOf(crossing, state, writer), outcome), kept);
        return kept;
      });
    } finally {
      this.#ended(trace);
    }
  }

  #ended(trace: OpenTrace): void {
    trace.open--;
    if (trace.open > 0) return;
    if (this.closed) this.#finish(trace);
    else {
      clearTimeout(trace.idleTimer);
      trace.idleTimer = setTimeout(() => this.#finish(trace), this.#options.idleMillis).unref();
    }
  }

  /** What waits is done in this turn of the event loop: a call that takes its time is then on disk, and has its digest. */
  #waitFor(trace: OpenTrace): void {
    this.#waiting.add(trace);
    if (this.#soon) return;
    this.#soon = true;
    setImmediate(() => {
      this.#soon = false;
      const waiting = [...this.#waiting];
      this.sync();
      for (const { writer } of waiting) if (writer !== undefined) guardedDigest(writer);
    }).unref();
  }

  /** Writes what is in memory only: at the end of a turn, and when the process exits. */
  sync(): void {
    for (const trace of this.#waiting) {
      if (trace.writer?.waits !== true) continue;
      try {
        this.#write(trace, 0n, (writer) => writer.sync());
      } catch (error) {
        reportFault('begin', error);
      }
    }
    this.#waiting.clear();
  }

  /** Closes a trace in which nothing runs. */
  #finish(trace: OpenTrace): void {
    clearTimeout(trace.idleTimer);
    trace.idleTimer = undefined;
    if (this.#traces.get(trace.traceId) === trace) this.#traces.delete(trace.traceId);
    this.#unclosed.delete(trace);
    this.#roll(trace);
    if (trace.lost > 0) this.#sayLost(trace);
    if (this.#indexes.size > MAX_INDEXES) this.#indexes.clear();
    this.#indexes.set(trace.traceId, trace.segments);
  }

  /** What could not be written at all is said in a segment of its own. */
  #sayLost(trace: OpenTrace): void {
    try {
      this.#writerOf(trace, nowUnixNanos());
      this.#send(trace, (writer) => writer.close());
    } catch (error) {
      this.#unclosed.add(trace);
      reportFault('seal', error);
    }
  }

  /** Whether a run has begun and is not in the store. */
  get busy(): boolean {
    return this.#traces.size > 0 || this.pending;
  }

  /** Whether something that ended is not in the store yet. */
  get pending(): boolean {
    if (this.#outbox.size > 0 || this.#unclosed.size > 0) return true;
    for (const trace of this.#traces.values()) if (trace.open === 0) return true;
    return false;
  }

  /** Begins to take up what dead processes left in the directory of the journals. */
  recover(): void {
    const { journalDirectory: directory } = this.#options;
    if (directory !== undefined) this.#recovery ??= startRecovery(directory, this.store);
  }

  get draining(): boolean {
    return this.#recovery?.done === false;
  }

  async drain(millis: number): Promise<void> {
    await this.flush(millis);
    if (this.#recovery?.done === false) await this.#recovery.hurry(RECOVERY_AT_EXIT_MILLIS);
  }

  release(): void {
    if (this.busy) return;
    this.#owner?.release();
    this.#owner = undefined;
  }

  /** Closes every trace in which nothing is running and sends what waits. Traces that still run stay open. */
  async flush(millis: number = FLUSH_MILLIS): Promise<FlushReport> {
    for (const trace of [...this.#traces.values()]) if (trace.open === 0) this.#finish(trace);
    for (const trace of [...this.#unclosed]) this.#finish(trace);
    const report = await this.#outbox.flush(millis);
    const unclosed = this.#unclosed.size;
    return unclosed === 0 ? report : { complete: false, waiting: report.waiting + unclosed, reason: report.reason ?? 'a journal could not be written' };
  }
}

function guardedDigest(writer: TraceWriter): void {
  try {
    writer.digest();
  } catch (error) {
    reportFault('digest', error);
  }
}

/** How a record of a segment names its crossing. */
function placeOf(crossing: Crossing, { writer, number }: CrossingState, current: TraceWriter): CrossingPlace {
  return writer === current ? number : { spanId: crossing.spanId };
}

/** What cannot be run again without harm is on disk before it runs, so that nobody repeats it unawares. */
function isEager(effect: Effect): boolean {
  return effect === 'irreversible' || effect === 'write';
}

function boundarySlot(crossing: Crossing, outcome: Outcome): string {
  const { slots } = crossing.boundary;
  return outcome.kind === 'threw' ? slots.error : slots.output;
}

/** Facts of the process, with those of the OpenTelemetry resource where the span has one. */
function resourceFacts(facts: readonly ScalarFact[], crossing: Crossing): readonly ScalarFact[] {
  const resource = (crossing.span as { resource?: { attributes?: Record<string, unknown> } } | undefined)?.resource?.attributes;
  if (resource === undefined || resource === null) return facts;
  const more: ScalarFact[] = [];
  for (const key of Object.keys(resource)) {
    const value = resource[key];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') more.push([key, value]);
  }
  return [...facts, ...more];
}
