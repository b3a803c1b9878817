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
  MemoryJournal,
  type ObjectStore,
  type StoreLike,
  toStore,
  TraceWriter,
  type ValueSlot,
} from '../archive/index.js';
import type { ScalarFact } from '../envelope/index.js';
import { type CapturedValue, type Crossing, type Effect, type FlushReport, nowUnixNanos, type Outcome, type Recorder, reportFault } from '../crossing/index.js';
import type { Protect } from '../value/index.js';
import { VERSION } from '../version.js';
import { beginFacts, endFacts, nanosSinceBegin, valueOf } from './crossing-facts.js';
import { Outbox } from './outbox.js';
import { processFacts } from './process-facts.js';

/** While more segments than this wait, those that are dropped are counted, and no longer named in their traces. */
const MAX_WAITING_GAPS = 100_000;

/** How long a flush waits for the store where nobody says otherwise. */
const FLUSH_MILLIS = 30_000;

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
  /** Bytes of closed segments that may wait for the store, and for how long. */
  readonly maxSpoolBytes: number;
  readonly maxSpoolMillis: number;
}

interface OpenTrace {
  readonly writer: TraceWriter;
  timer: NodeJS.Timeout | undefined;
  /** Set when a record could not be written: what refers to its nodes must not follow it. */
  broken: boolean;
}

interface CrossingState {
  readonly trace: OpenTrace;
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
  /** Traces whose last record could not be written; it is tried again at every flush. */
  readonly #unclosed = new Set<OpenTrace>();
  readonly #facts: readonly ScalarFact[];
  /** Traces that have something to do once the caller has gone on: to write a Begin, to take digests. */
  readonly #waiting = new Set<OpenTrace>();
  #soon = false;
  /** Records that were lost, by trace, until a segment says so. */
  readonly #lost = new Map<string, number>();

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
    const writer = this.#newWriter(traceId, crossing.startUnixNanos, resourceFacts(this.#facts, crossing));
    const lost = this.#lost.get(traceId);
    if (lost !== undefined) {
      writer.gap('the journal could not be written', lost);
      this.#lost.delete(traceId);
    }
    const trace: OpenTrace = { writer, timer: undefined, broken: false };
    this.#traces.set(traceId, trace);
    return trace;
  }

  #newWriter(traceId: string, startUnixNanos: bigint, resource: readonly ScalarFact[]): TraceWriter {
    const index = this.#indexes.get(traceId) ?? 0;
    if (this.#indexes.size > 50_000) this.#indexes.clear();
    this.#indexes.set(traceId, index + 1);
    const name = { traceId, writer: this.#writerName, index, startUnixNanos };
    const { journalDirectory: directory, durability, protect, capture } = this.#options;
    const journal = directory === undefined ? new MemoryJournal() : new FileJournal(directory, journalName(name), durability);
    return new TraceWriter({ ...name, writerVersion: VERSION, journal, resource, protect, ...(capture === undefined ? {} : { capture }) });
  }

  /** A segment that only says what is missing: who reads the trace must not take it for whole. */
  #sayDropped({ traceId, crossings }: ClosedSegment, reason: string): void {
    // What only said that something is missing is not replaced by the same, and such things are bounded too.
    if (crossings === 0 || this.#outbox.size > MAX_WAITING_GAPS) return;
    try {
      const writer = this.#newWriter(traceId, nowUnixNanos(), []);
      writer.gap(reason, crossings);
      this.#outbox.add(writer.close());
    } catch (error) {
      reportFault('gap', error);
    }
  }

  /**
   * Writes to a trace. When that fails the segment ends before the record that is missing, and the next crossing of
   * the trace begins another one, which says what is missing.
   */
  #write<T>(trace: OpenTrace, work: () => T): T {
    if (trace.broken) throw new Error('an earlier record of this segment could not be written');
    try {
      return work();
    } catch (error) {
      trace.broken = true;
      const { traceId } = trace.writer;
      this.#lost.set(traceId, (this.#lost.get(traceId) ?? 0) + 1);
      if (this.#traces.get(traceId) === trace) this.#traces.delete(traceId);
      throw error;
    }
  }

  begin(crossing: Crossing, args: readonly unknown[]): CapturedValue {
    const trace = this.#traceOf(crossing);
    if (trace.timer !== undefined) {
      clearTimeout(trace.timer);
      trace.timer = undefined;
    }
    const { boundary, parent } = crossing;
    const parentState = parent?.recorderState as CrossingState | undefined;
    const parentNumber = parentState?.trace === trace ? parentState.number : 0;
    const begun = this.#write(trace, () =>
      trace.writer.begin(beginFacts(crossing, parentNumber), { value: args, slot: boundary.slots.input }, isEager(boundary.effect)),
    );
    const { crossing: number, captured } = begun;
    this.#waitFor(trace);
    crossing.recorderState = { trace, number } satisfies CrossingState;
    return captured;
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
    this.#write(state.trace, () => state.trace.writer.chunk(state.number, nanosSinceBegin(crossing), kept, head));
  }

  end(crossing: Crossing, outcome: Outcome): CapturedValue | undefined {
    const state = crossing.recorderState as CrossingState | undefined;
    if (state === undefined) return undefined;
    const { trace, number } = state;
    const captured = this.#write(trace, () => {
      const kept = trace.writer.captureOutcome({ value: valueOf(outcome), slot: boundarySlot(crossing, outcome) });
      trace.writer.end(endFacts(crossing, number, outcome), kept);
      return kept;
    });
    if (trace.writer.open === 0) {
      if (this.closed) this.#seal(trace);
      else this.#sealWhenIdle(trace);
    }
    return captured;
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
      for (const each of waiting) guardedDigest(each.writer);
    }).unref();
  }

  /** Writes what is in memory only: at the end of a turn, and when the process exits. */
  sync(): void {
    for (const trace of this.#waiting) {
      if (trace.broken) continue;
      try {
        this.#write(trace, () => trace.writer.sync());
      } catch (error) {
        reportFault('begin', error);
      }
    }
    this.#waiting.clear();
  }

  #sealWhenIdle(trace: OpenTrace): void {
    trace.timer = setTimeout(() => this.#seal(trace), this.#options.idleMillis);
    trace.timer.unref();
  }

  #seal(trace: OpenTrace): void {
    if (trace.timer !== undefined) clearTimeout(trace.timer);
    trace.timer = undefined;
    if (this.#traces.get(trace.writer.traceId) === trace) this.#traces.delete(trace.writer.traceId);
    this.#unclosed.delete(trace);
    try {
      this.#outbox.add(trace.writer.close());
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
    for (const trace of this.#traces.values()) if (trace.writer.open === 0) return true;
    return false;
  }

  /** Closes every trace in which nothing is running and sends what waits. Traces that still run stay open. */
  async flush(millis: number = FLUSH_MILLIS): Promise<FlushReport> {
    for (const trace of [...this.#traces.values()]) if (trace.writer.open === 0) this.#seal(trace);
    for (const trace of [...this.#unclosed]) this.#seal(trace);
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
