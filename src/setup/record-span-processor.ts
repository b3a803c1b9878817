// Recording in a pipeline: the processor claims the boundary spans of its provider for its store. Recording itself does
// not depend on it being called: spans that are dropped, suppressed or made by another provider are recorded too.

import type { Context } from '@opentelemetry/api';
import { CELL } from '../boundary/index.js';
import { type Crossing, engine } from '../crossing/index.js';
import { ArchiveRecorder } from '../export/index.js';
import { beginRecording } from './begin-recording.js';
import { drainAtExit } from './lifetime.js';
import type { ReadableSpanLike, StartedSpan } from './otel-types.js';
import type { RecordOptions } from './record-options.js';

/**
 * Records every boundary call of the process into a store. Add it beside your own span processors; making it is enough,
 * whichever provider it is given to, or none.
 *
 * A fault of recording never reaches the program: it is counted and said once. In a process that replays
 * (`CHRONICLE_MODE=replay`), or with `CHRONICLE_MODE=off`, it does nothing. Fails with `CHRONICLE_OPTION_INVALID` for
 * options that mean nothing.
 */
export class RecordSpanProcessor {
  readonly #recorder: ArchiveRecorder | undefined;

  constructor(options: RecordOptions = {}) {
    const resolved = beginRecording(options);
    if (resolved === undefined) return;
    const state = engine();
    this.#recorder = new ArchiveRecorder({
      store: resolved.store,
      journalDirectory: resolved.journalDirectory,
      protect: resolved.redact,
      capture: resolved.capture,
      idleMillis: resolved.idleMillis,
      durability: resolved.durability,
      maxSpoolBytes: resolved.maxSpoolBytes,
      maxSpoolMillis: resolved.maxSpoolMillis,
    });
    state.recorder = this.#recorder;
    state.recorders.add(this.#recorder);
    this.#recorder.recover();
    drainAtExit();
  }

  onStart(span: StartedSpan, parentContext: Context): void {
    void span;
    if (this.#recorder === undefined || this.#recorder.closed) return;
    const crossing = parentContext.getValue(CELL) as Crossing | undefined;
    if (crossing !== undefined && crossing.claimedBy === undefined) crossing.claimedBy = this.#recorder;
  }

  onEnd(span: ReadableSpanLike): void {
    // What is stored was stored before the span ended.
    void span;
  }

  /** Sends every boundary that ended to the store. Resolves within 30 seconds; what the store does not take waits on disk. */
  async forceFlush(): Promise<void> {
    await this.#recorder?.flush();
  }

  /**
   * Flushes, and takes no new runs. Those that have begun are recorded to their end, so that none is half a recording.
   * May be called more than once.
   */
  async shutdown(): Promise<void> {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    recorder.closed = true;
    const state = engine();
    if (state.recorder === recorder) state.recorder = [...state.recorders].filter(({ closed }) => closed !== true).at(-1);
    await recorder.flush();
    if (recorder.busy) return;
    recorder.release();
    state.recorders.delete(recorder);
  }
}
