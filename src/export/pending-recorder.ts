// Keeps crossings in memory until their spans are exported, for those who want to store exactly the sampled spans.
// Crossings of spans that are not sampled are forgotten; so is, counted, what exceeds the bound.

import { TraceFlags } from '@opentelemetry/api';
import { randomBytes } from 'node:crypto';
import { type CaptureMode, envelopeUri, MemoryJournal, type ObjectStore, TraceWriter } from '../archive/index.js';
import {
  type CapturedValue,
  type Crossing,
  type FlushReport,
  NOTHING_WAITS,
  type Outcome,
  parentPathOf,
  type Recorder,
  reportFault,
} from '../crossing/index.js';
import { Codec, type Envelope, fileHead, readSegment, type ScalarFact } from '../envelope/index.js';
import { type Protect, withoutCodecs } from '../value/index.js';
import { VERSION } from '../version.js';
import { beginFacts, endFacts, nanosSinceBegin, valueOf } from './crossing-facts.js';
import { processFacts } from './process-facts.js';

/** Bytes of crossings that wait for their spans to be exported. */
const MAX_PENDING_BYTES = 64 << 20;

interface Pending {
  readonly writer: TraceWriter;
  readonly journal: MemoryJournal;
  readonly traceId: string;
  bytes: number;
}

/** Records in memory, one crossing at a time. */
export class PendingRecorder implements Recorder {
  readonly store: ObjectStore;
  readonly #protect: Protect | undefined;
  readonly #capture: CaptureMode;
  /** Ended crossings by trace and span ID, oldest first. */
  readonly #ended = new Map<string, Pending>();
  readonly #facts: readonly ScalarFact[] = processFacts();
  #bytes = 0;

  constructor(store: ObjectStore, protect: Protect | undefined, capture: CaptureMode) {
    this.store = store;
    this.#protect = protect;
    this.#capture = capture;
  }

  /** What waits belongs to spans that were not exported yet; nothing here can hasten them. */
  readonly pending = false;

  /** Nothing is on its way to a disk. */
  sync(): void {}

  uriOf(crossing: Crossing): string {
    return envelopeUri(this.store.url, crossing.run.traceId, crossing.spanId);
  }

  /** Writers count the segments of a trace. Those of one trace are written at different times here, and each is one by itself. */
  #writer(traceId: string, startUnixNanos: bigint, journal: MemoryJournal, capture: CaptureMode, writer: string): TraceWriter {
    return new TraceWriter({
      traceId,
      writer,
      index: 0,
      startUnixNanos,
      writerVersion: VERSION,
      journal,
      resource: this.#facts,
      protect: this.#protect,
      capture,
    });
  }

  begin(crossing: Crossing, args: readonly unknown[]): CapturedValue {
    const { run } = crossing;
    const journal = new MemoryJournal();
    const writer = this.#writer(run.traceId, crossing.startUnixNanos, journal, this.#capture, 'pending');
    const { captured } = writer.begin(beginFacts(crossing, 0), { value: args, slot: 'input' });
    crossing.recorderState = { writer, journal, traceId: run.traceId, bytes: 0 } satisfies Pending;
    return captured;
  }

  chunk(crossing: Crossing, value: unknown): void {
    const pending = crossing.recorderState as Pending | undefined;
    pending?.writer.chunk(1, nanosSinceBegin(crossing), { value, slot: 'chunk' });
  }

  head(crossing: Crossing, value: unknown): void {
    const pending = crossing.recorderState as Pending | undefined;
    pending?.writer.chunk(1, nanosSinceBegin(crossing), { value, slot: 'head' }, true);
  }

  end(crossing: Crossing, outcome: Outcome): CapturedValue | undefined {
    const pending = crossing.recorderState as Pending | undefined;
    if (pending === undefined) return undefined;
    crossing.recorderState = undefined;
    const captured = pending.writer.captureOutcome({ value: valueOf(outcome), slot: 'output' });
    pending.writer.end(endFacts(crossing, 1, outcome), captured);
    const sampled = crossing.span !== undefined && (crossing.span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    if (sampled) this.#keep(`${crossing.traceId}:${crossing.spanId}`, pending);
    return captured;
  }

  #keep(key: string, pending: Pending): void {
    pending.bytes = pending.journal.byteLength;
    this.#bytes += pending.bytes;
    this.#ended.set(key, pending);
    for (const [oldest, dropped] of this.#ended) {
      if (this.#bytes <= MAX_PENDING_BYTES) break;
      this.#ended.delete(oldest);
      this.#bytes -= dropped.bytes;
      reportFault('envelope export', new Error(`more than ${MAX_PENDING_BYTES} bytes of envelopes wait for their spans; the oldest were dropped`));
    }
  }

  /** Stores the envelopes of exported spans: one segment per trace. */
  async storeSpans(spans: readonly { readonly traceId: string; readonly spanId: string }[]): Promise<void> {
    const byTrace = new Map<string, Envelope[]>();
    for (const { traceId, spanId } of spans) {
      const key = `${traceId}:${spanId}`;
      const pending = this.#ended.get(key);
      if (pending === undefined) continue;
      this.#ended.delete(key);
      this.#bytes -= pending.bytes;
      const bytes = Buffer.concat([fileHead(Codec.none), pending.journal.read()]);
      const envelopes = byTrace.get(pending.traceId) ?? [];
      envelopes.push(...readSegment(bytes, key).envelopes);
      byTrace.set(pending.traceId, envelopes);
    }
    for (const [traceId, envelopes] of byTrace) await withoutCodecs(() => this.#segmentOf(traceId, envelopes))?.seal(this.store);
  }

  /** One segment of the envelopes of a trace. */
  #segmentOf(traceId: string, envelopes: Envelope[]): TraceWriter | undefined {
    envelopes.sort((a, b) => (a.startUnixNanos < b.startUnixNanos ? -1 : 1));
    const first = envelopes[0];
    if (first === undefined) return undefined;
    // What is not to be kept was left out when it was captured; the marks in its place are kept as they are.
    const writer = this.#writer(traceId, first.startUnixNanos, new MemoryJournal(), 'full', randomBytes(8).toString('hex'));
    const numbers = new Map<string, number>();
    for (const envelope of envelopes) {
      const { parentSpanId, path, outcome } = envelope;
      const parent = parentSpanId === undefined ? 0 : (numbers.get(parentSpanId) ?? 0);
      const { crossing } = writer.begin(
        {
          ...envelope,
          parent,
          parentSpanId: parent === 0 ? parentSpanId : undefined,
          parentPath: parent === 0 && parentSpanId !== undefined ? parentPathOf(path) : '',
        },
        { value: envelope.input.decode(), slot: `${envelope.name}>` },
      );
      numbers.set(envelope.spanId, crossing);
      if (outcome.kind === 'unknown') continue;
      const chunks = outcome.kind === 'streamed' ? outcome.chunks : [];
      if (outcome.kind === 'streamed' && outcome.head !== undefined) writer.chunk(crossing, 0, { value: outcome.head.decode(), slot: 'head' }, true);
      for (const chunk of chunks) writer.chunk(crossing, Number(chunk.offsetNanos), { value: chunk.value.decode(), slot: `${envelope.name}~` });
      writer.end(
        {
          crossing,
          durationNanos: envelope.endUnixNanos === undefined ? 0 : Number(envelope.endUnixNanos - envelope.startUnixNanos),
          ending: outcome.kind,
          async: outcome.async,
          stream: outcome.kind === 'streamed' ? { form: outcome.form, end: outcome.end, chunks: chunks.length } : undefined,
          attributes: [],
        },
        writer.captureOutcome({ value: outcome.value.decode(), slot: `${envelope.name}<` }),
      );
    }
    return writer;
  }

  async flush(): Promise<FlushReport> {
    return NOTHING_WAITS;
  }
}
