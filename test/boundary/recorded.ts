// Recording as an application has it: SDK 2, an exporter, our processor, a folder as the store. A test of transparency
// runs with all of it switched on, since that is where most of our code runs inside the user's call.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { type Envelope, flush, openArchive, RecordSpanProcessor, type RecordOptions, type StoreLike } from '../../src/index.js';
import { engine } from '../../src/crossing/index.js';

/** What came of the calls of one test. */
export interface Recorded {
  readonly store: StoreLike;
  /** Envelopes of all runs, in the order in which they began. */
  envelopes(): Promise<Envelope[]>;
  spans(): readonly ReadableSpan[];
  /** Faults of ours that were kept from the program. */
  faults(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Begins to record; stop it after the test. */
export function startRecording(options: RecordOptions = {}): Recorded {
  const folder = mkdtempSync(join(tmpdir(), 'chronicle-boundary-'));
  const store = options.store ?? `file:${folder}`;
  const state = engine();
  state.faults.clear();
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter), new RecordSpanProcessor({ idleMillis: 3_600_000, ...options, store })],
  });
  provider.register();
  return {
    store,
    async envelopes() {
      await flush();
      const archive = await openArchive(store);
      const envelopes: Envelope[] = [];
      for await (const { traceId } of archive.runs()) envelopes.push(...((await archive.readTrace(traceId))?.envelopes ?? []));
      return envelopes.sort((a, b) => (a.startUnixNanos < b.startUnixNanos ? -1 : 1));
    },
    spans: () => exporter.getFinishedSpans(),
    faults: () => state.faults,
    async stop() {
      await provider.shutdown();
      state.recorders.clear();
      trace.disable();
      context.disable();
      propagation.disable();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How a crossing ended, in one line. */
export function endOf({ outcome }: Envelope): string {
  switch (outcome.kind) {
    case 'unknown':
      return 'unknown';
    case 'streamed':
      return `streamed ${outcome.form}: ${outcome.chunks.length} chunks, ${outcome.end}`;
    case 'returned':
    case 'threw':
      return `${outcome.kind}${outcome.async ? ' by promise' : ''}`;
  }
}
