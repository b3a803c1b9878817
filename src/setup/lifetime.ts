// The end of the process. Journals are on disk already, so nothing is lost; sealing them here only saves the next start
// that work. No listener keeps the process alive or changes how it ends.

import { engine, type FlushReport, type Recorder } from '../crossing/index.js';

/** How long a program that has nothing left to do waits for a store. What is left then is on disk. */
const EXIT_MILLIS = 5_000;

let installed = false;
/** Recorders whose store did not take what they had when the event loop ran empty; the journal has it. */
const refused = new WeakSet<Recorder>();

/** Seals what is open when the event loop runs empty. */
export function drainAtExit(): void {
  if (installed) return;
  installed = true;
  process.on('beforeExit', () => {
    for (const recorder of engine().recorders) {
      // Work that was started here makes the loop run again and end with another `beforeExit`, so only real work starts,
      // and a store that takes nothing is asked once.
      if ((!recorder.pending && recorder.draining !== true) || refused.has(recorder)) continue;
      refused.add(recorder);
      void (recorder.drain?.(EXIT_MILLIS) ?? recorder.flush(EXIT_MILLIS)).then(() => {
        if (!recorder.pending) refused.delete(recorder);
      });
    }
  });
  process.on('exit', () => {
    for (const recorder of engine().recorders) {
      recorder.sync();
      recorder.release?.();
    }
  });
}

/**
 * Sends every boundary call that ended, of every recorder of the process, to its store. Never fails, so it may stand in a
 * `finally`: the report says whether the stores have everything. What a store does not take waits on disk, is tried
 * again, and is taken up by the next start.
 *
 * @param millis How long to wait at most, in milliseconds. Default: 30,000.
 */
export async function flush(millis?: number): Promise<FlushReport> {
  const reports = await Promise.all([...engine().recorders].map((recorder) => recorder.flush(millis)));
  return {
    complete: reports.every(({ complete }) => complete),
    waiting: reports.reduce((sum, { waiting }) => sum + waiting, 0),
    reason: reports.find(({ reason }) => reason !== undefined)?.reason,
  };
}
