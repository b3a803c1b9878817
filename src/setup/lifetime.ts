// The end of the process. Journals are on disk already, so nothing is lost; sealing them here only saves the next start
// that work. No listener keeps the process alive or changes how it ends.

import { engine, type Recorder } from '../crossing/index.js';

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
      if (!recorder.pending || refused.has(recorder)) continue;
      refused.add(recorder);
      void recorder.flush().then(() => {
        if (!recorder.pending) refused.delete(recorder);
      });
    }
  });
  process.on('exit', () => {
    for (const recorder of engine().recorders) recorder.sync();
  });
}

/** Resolves when every boundary that ended, of every recorder of the process, is in its store. */
export async function flush(): Promise<void> {
  await Promise.all([...engine().recorders].map((recorder) => recorder.flush()));
}
