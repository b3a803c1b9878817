// Taking up, in the background, what dead processes left in the directory of the journals.

import { diag } from '@opentelemetry/api';
import { type ObjectStore, recoverJournals } from '../archive/index.js';
import { reportFault } from '../crossing/index.js';
import { settledWithin } from './settled-within.js';
import { withoutSpans } from './without-spans.js';

/** Damaged files that are named in the log. */
const MAX_NAMED = 10;

/** A recovery that goes on beside the program. */
export interface RunningRecovery {
  /** Whether there is nothing left to take up. */
  readonly done: boolean;
  /** Goes on for so many milliseconds although the program has ended. Resolves when it is done, or the time is over. */
  hurry(millis: number): Promise<void>;
}

/**
 * Starts a recovery. Between two journals it waits for the event loop by a timer that keeps nobody alive, so a program
 * that ends leaves the rest to the next start. Faults are said, never thrown.
 */
export function startRecovery(directory: string, store: ObjectStore): RunningRecovery {
  let done = false;
  let holdUntil = 0;
  let wake: (() => void) | undefined;
  const stopped = new AbortController();

  /** Resolves when the program has had its turn. */
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, 0);
      if (Date.now() >= holdUntil) timer.unref();
      wake = () => {
        timer.ref();
      };
    });

  const work = async (): Promise<void> => {
    let sealed = 0;
    let named = 0;
    await turn();
    for await (const { outcome, name, setAsideAs, reason } of recoverJournals({ directory, store, signal: stopped.signal })) {
      if (outcome === 'sealed') sealed++;
      if (outcome === 'set-aside' && ++named <= MAX_NAMED)
        diag.warn(
          `chronicle-otel: journal ${name} of a process that ended is damaged (${reason ?? 'no reason known'}).\nWhat stands before the damage was stored; the file is kept as ${setAsideAs ?? name} in ${directory}.`,
        );
      if (outcome === 'waiting') reportFault('recovery', new Error(`journal ${name} stays in ${directory}: ${reason ?? 'no reason known'}`));
      await turn();
    }
    if (sealed > 0) diag.info(`chronicle-otel: stored ${sealed} ${sealed === 1 ? 'journal' : 'journals'} that processes which ended had left in ${directory}.`);
  };
  const whole = withoutSpans(work)
    .catch((error: unknown) => reportFault('recovery', error))
    .finally(() => {
      done = true;
    });
  return {
    get done() {
      return done;
    },
    async hurry(millis) {
      holdUntil = Date.now() + millis;
      wake?.();
      await settledWithin(whole, millis);
      stopped.abort();
    },
  };
}
