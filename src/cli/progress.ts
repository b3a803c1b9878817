// A word to a person who waits. Nothing is written where no person looks.

import type { Output } from './io.js';

const SHOWN_AFTER_MILLIS = 700;

/** Says on a terminal what takes long, and takes it back at the end. */
export async function withProgress<T>(output: Output, text: string, work: () => Promise<T>): Promise<T> {
  if (!output.isTerminal) return work();
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    output.write(text);
  }, SHOWN_AFTER_MILLIS);
  timer.unref();
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (shown) output.write('\r\u001b[2K');
  }
}
