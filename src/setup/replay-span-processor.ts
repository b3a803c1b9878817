// Replay in a pipeline: making the processor puts the process into replay, and its spans are stamped as such.

import type { Context } from '@opentelemetry/api';
import type { Recording } from '../envelope/index.js';
import type { ReplayOptions, ReplayReport } from '../replay/index.js';
import type { ReadableSpanLike, StartedSpan } from './otel-types.js';
import { type ProgramReplay, startProgramReplay } from './program-replay.js';

/** Options of `ReplaySpanProcessor`: what `replay()` takes, but for the entry, which the program calls itself. */
export interface ReplayProcessorOptions extends Pick<ReplayOptions, 'policy' | 'allowIrreversible' | 'onChangedInput' | 'pace'> {
  /** What is replayed; `(await (await openArchive(store)).find(ref)).recording`. */
  recording: Recording;
}

/**
 * Answers every boundary call of the process from a recording. Correctness does not depend on the processor being
 * called by a pipeline: a call whose span is dropped is answered too, and none goes live that the options do not name.
 *
 * Add it in place of `RecordSpanProcessor`, run the program, and ask `report()` at the end.
 */
export class ReplaySpanProcessor {
  readonly #replay: ProgramReplay;

  constructor(options: ReplayProcessorOptions) {
    const { recording, ...rest } = options;
    this.#replay = startProgramReplay(recording, rest);
  }

  /** How the replay stands: final once the program has made its calls. */
  report(): ReplayReport {
    return this.#replay.report();
  }

  onStart(span: StartedSpan, parentContext: Context): void {
    // The boundary has asked the session before its span starts, and stamps the span itself.
    void span;
    void parentContext;
  }

  onEnd(span: ReadableSpanLike): void {
    void span;
  }

  async forceFlush(): Promise<void> {}

  /** Stops answering. Boundary calls that come later are refused, never live. */
  async shutdown(): Promise<void> {
    this.#replay.stop();
  }
}
