// The end of the process. Journals are on disk already, so nothing is lost; sealing them here only saves the next start
// that work. No listener keeps the process alive or changes how it ends.

import { engine } from '../crossing/index.js';

let installed = false;

/** Seals what is open when the event loop runs empty. */
export function drainAtExit(): void {
  if (installed) return;
  installed = true;
  process.on('beforeExit', () => {
    for (const recorder of engine().recorders) {
      // Work that was started here makes the loop run again and end with another `beforeExit`, so only real work starts.
      if (recorder.pending) void recorder.flush();
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
