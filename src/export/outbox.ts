// Closed segments on their way to the store. They lie in their journals until the store has them, so what waits costs
// disk and not memory; what exceeds the bounds is dropped, oldest first, and whoever made it is told.

import { type ClosedSegment, type ObjectStore, storeSegment } from '../archive/index.js';
import { type FlushReport, NOTHING_WAITS, reportFault } from '../crossing/index.js';
import { isChronicleError } from '../errors.js';
import { backoffMillis } from './backoff.js';
import { settledWithin } from './settled-within.js';
import { withoutSpans } from './without-spans.js';

/** What an outbox needs, with nothing left open. */
export interface OutboxOptions {
  readonly store: ObjectStore;
  /** Bytes of segments that may wait. */
  readonly maxBytes: number;
  /** How long a segment may wait. */
  readonly maxAgeMillis: number;
  /** A segment was given up. */
  readonly onDropped: (segment: ClosedSegment, reason: string) => void;
}

interface Parcel {
  segment: ClosedSegment;
  readonly bytes: number;
  readonly since: number;
  failures: number;
  notBefore: number;
}

/** Uploads at once: enough to hide the latency of an object store. */
const PARALLEL = 4;

/** A flush asks a store no further that refused so many in a row. */
const MOST_REFUSED = 3;

/** Sends closed segments to the store until it has them. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** In the order in which they were closed, which is that of their age. */
  readonly #parcels = new Set<Parcel>();
  readonly #running = new Map<Parcel, Promise<void>>();
  #bytes = 0;
  /** Failures of the store in a row, over all parcels. */
  #failures = 0;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastReason: string | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Segments that are not in the store. */
  get size(): number {
    return this.#parcels.size;
  }

  /** Takes over a segment. */
  add(segment: ClosedSegment): void {
    // What only says that something is missing is not dropped for its size.
    const bytes = segment.values === 0 ? 0 : segment.journal.byteLength;
    const parcel = { segment, bytes, since: Date.now(), failures: 0, notBefore: 0 };
    this.#parcels.add(parcel);
    this.#bytes += parcel.bytes;
    // It may be told of from within #bound(), and breaks no bound.
    if (bytes > 0) this.#bound();
    this.#send();
  }

  /**
   * Sends what waits, now, however long it was to wait. Resolves when the store has everything, when it has refused each
   * once more or several in a row, or when `millis` are over.
   */
  async flush(millis: number): Promise<FlushReport> {
    const untried = new Set(this.#parcels);
    for (const parcel of untried) parcel.notBefore = 0;
    const end = Date.now() + millis;
    let refused = 0;
    while (untried.size > 0 && refused < MOST_REFUSED) {
      this.#notBefore = 0;
      this.#send();
      const failures = this.#failures;
      const running = [...this.#running.values()];
      if (running.length === 0 || !(await settledWithin(Promise.race(running), end - Date.now()))) break;
      refused = this.#failures > failures ? refused + 1 : 0;
      for (const parcel of untried) if (!this.#parcels.has(parcel) || parcel.notBefore > 0) untried.delete(parcel);
    }
    const waiting = this.#parcels.size;
    return waiting === 0 ? NOTHING_WAITS : { complete: false, waiting, reason: this.#lastReason };
  }

  #send(): void {
    const now = Date.now();
    let soonest = Number.POSITIVE_INFINITY;
    if (now < this.#notBefore) soonest = this.#notBefore;
    else {
      // After a failure one parcel shows whether the store is back.
      const parallel = this.#failures > 0 ? 1 : PARALLEL;
      // What the store refused before must not stand in the way of what it takes.
      for (const refused of [false, true]) {
        for (const parcel of this.#parcels) {
          if (this.#running.size >= parallel) break;
          if (this.#running.has(parcel) || parcel.failures > 0 !== refused) continue;
          if (parcel.notBefore <= now) this.#start(parcel);
          else soonest = Math.min(soonest, parcel.notBefore);
        }
      }
    }
    this.#wakeAt(soonest, now);
  }

  /** Nobody is kept alive by what waits: it is on disk, and the next start sends it. */
  #wakeAt(soonest: number, now: number): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (soonest === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#bound();
      this.#send();
    }, soonest - now).unref();
  }

  #start(parcel: Parcel): void {
    const work = withoutSpans(() => storeSegment(parcel.segment, this.#options.store)).then(
      () => {
        this.#failures = 0;
        this.#stored(parcel);
      },
      (error: unknown) => this.#failed(parcel, error),
    );
    const done = work.then(() => {
      this.#running.delete(parcel);
      this.#send();
    });
    this.#running.set(parcel, done);
  }

  #failed(parcel: Parcel, error: unknown): void {
    this.#lastReason = error instanceof Error ? error.message : String(error);
    reportFault('store', error);
    if (isChronicleError(error, 'CHRONICLE_SEGMENT_DAMAGED')) {
      this.#forget(parcel);
      guarded(() => parcel.segment.journal.setAside());
      this.#options.onDropped(parcel.segment, 'the disk gave back other bytes than were written');
      return;
    }
    if (isChronicleError(error, 'CHRONICLE_STORE_CONFLICT')) {
      if (parcel.segment.values === 0) this.#stored(parcel);
      else parcel.segment = beside(parcel.segment);
      return;
    }
    const random = Math.random();
    this.#failures++;
    parcel.failures++;
    const now = Date.now();
    this.#notBefore = now + backoffMillis(this.#failures, random);
    parcel.notBefore = now + backoffMillis(parcel.failures, random);
  }

  #stored(parcel: Parcel): void {
    this.#forget(parcel);
    guarded(() => parcel.segment.journal.remove());
  }

  #forget(parcel: Parcel): void {
    if (this.#parcels.delete(parcel)) this.#bytes -= parcel.bytes;
  }

  #bound(): void {
    const { maxBytes, maxAgeMillis, onDropped } = this.#options;
    const tooOld = Date.now() - maxAgeMillis;
    for (const parcel of this.#parcels) {
      const old = parcel.since < tooOld;
      if (!old && this.#bytes <= maxBytes) return;
      if (this.#running.has(parcel) || (!old && parcel.bytes === 0)) continue;
      this.#forget(parcel);
      guarded(() => parcel.segment.journal.remove());
      const bound = old ? `it had waited for ${maxAgeMillis} ms` : `more than ${maxBytes} bytes were waiting`;
      const reason = `the store took nothing, and ${bound}`;
      reportFault('spool', new Error(`a segment of trace ${parcel.segment.name.traceId} was dropped: ${reason}`));
      onDropped(parcel.segment, reason);
    }
  }
}

/**
 * The same segment under another key. Under its own lies what somebody made of its journal who took its process for
 * dead, or the segment itself where this one only says that it is missing. Readers join the two.
 */
function beside({ name, ...segment }: ClosedSegment): ClosedSegment {
  return { ...segment, name: { ...name, startUnixNanos: name.startUnixNanos + 1_000_000n } };
}

function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    reportFault('journal', error);
  }
}
