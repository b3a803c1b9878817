// Storing exactly the spans that are exported, behind the user's own BatchSpanProcessor.

import { context, createContextKey } from '@opentelemetry/api';
import { engine } from '../crossing/index.js';
import { PendingRecorder } from '../export/index.js';
import type { ReadableSpanLike } from './otel-types.js';
import { type RecordOptions, resolveRecordOptions } from './record-options.js';

const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const SUCCESS = 0;
const FAILED = 1;

/**
 * A span exporter that stores the envelopes of the spans it is given, and of no others. What the batch processor drops,
 * and what the sampler leaves out, is not stored; `RecordSpanProcessor` stores all. Use one of the two.
 */
export class EnvelopeExporter {
  readonly #recorder: PendingRecorder | undefined;
  readonly #running = new Set<Promise<void>>();

  constructor(options: RecordOptions = {}) {
    const resolved = resolveRecordOptions(options);
    const state = engine();
    if (resolved.mode !== 'record') state.mode = resolved.mode;
    state.spanContent = resolved.spanContent;
    if (resolved.mode !== 'record' || state.mode !== 'record') return;
    this.#recorder = new PendingRecorder(resolved.store, resolved.redact);
    state.recorder ??= this.#recorder;
  }

  export(spans: readonly ReadableSpanLike[], done: (result: { code: number; error?: Error }) => void): void {
    const recorder = this.#recorder;
    if (recorder === undefined) {
      done({ code: SUCCESS });
      return;
    }
    const named = spans.map((span) => span.spanContext());
    const work = context
      .with(context.active().setValue(SUPPRESS_TRACING, true), () => recorder.storeSpans(named))
      .then(
        () => done({ code: SUCCESS }),
        (error: unknown) => done({ code: FAILED, error: error instanceof Error ? error : new Error(String(error)) }),
      );
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#running);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    const state = engine();
    if (state.recorder === this.#recorder) state.recorder = undefined;
  }
}
