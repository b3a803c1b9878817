// Storing exactly the spans that are exported, behind the user's own BatchSpanProcessor.

import { engine } from '../crossing/index.js';
import { PendingRecorder, withoutSpans } from '../export/index.js';
import type { ReadableSpanLike } from './otel-types.js';
import { beginRecording } from './begin-recording.js';
import type { RecordOptions } from './record-options.js';

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
    const resolved = beginRecording(options);
    if (resolved === undefined) return;
    this.#recorder = new PendingRecorder(resolved.store, resolved.redact, resolved.capture);
    engine().recorder ??= this.#recorder;
  }

  export(spans: readonly ReadableSpanLike[], done: (result: { code: number; error?: Error }) => void): void {
    const recorder = this.#recorder;
    if (recorder === undefined) {
      done({ code: SUCCESS });
      return;
    }
    const named = spans.map((span) => span.spanContext());
    const work = withoutSpans(() => recorder.storeSpans(named)).then(
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
