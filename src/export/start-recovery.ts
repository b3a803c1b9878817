// Taking up, in the background, what dead processes left in the directory of the journals.

import { diag } from '@opentelemetry/api';
import { type ObjectStore, type RecoveredJournal, recoverJournals } from '../archive/index.js';
import { reportFault } from '../crossing/index.js';
import { settledWithin } from './settled-within.js';
import { withoutSpans } from './without-spans.js';

/** Journals of another machine or container are looked at again when their owners have been silent for long enough. */
const AGAIN_MILLIS = 16 * 60_000;

/** Damaged files, and calls, that are named in the log. */
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

  const once = async (): Promise<void> => {
    const found = { sealed: 0, alive: 0, named: 0, unknown: [] as string[] };
    await turn();
    for await (const journal of recoverJournals({ directory, store, signal: stopped.signal })) {
      note(found, journal, directory);
      await turn();
    }
    if (found.sealed > 0)
      diag.info(`chronicle-otel: stored ${found.sealed} ${found.sealed === 1 ? 'journal' : 'journals'} that processes which ended had left in ${directory}.`);
    if (found.unknown.length > 0) diag.warn(unknownText(found.unknown));
    // Whether another machine or container lives is known by its silence.
    if (found.alive > 0 && !stopped.signal.aborted) setTimeout(() => void withoutSpans(once).catch(failed), AGAIN_MILLIS).unref();
  };
  const failed = (error: unknown): void => reportFault('recovery', error);
  const whole = withoutSpans(once)
    .catch(failed)
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

interface Found {
  sealed: number;
  alive: number;
  named: number;
  /** Calls that cannot be run again without harm, and whose outcome is unknown. */
  readonly unknown: string[];
}

function note(found: Found, { outcome, name, traceId, setAsideAs, open, reason }: RecoveredJournal, directory: string): void {
  for (const call of open) if (call.effect === 'irreversible') found.unknown.push(`${call.kind} ${JSON.stringify(call.name)} ${traceId}:${call.spanId}`);
  switch (outcome) {
    case 'sealed':
      found.sealed++;
      return;
    case 'alive':
      found.alive++;
      return;
    case 'set-aside':
      if (++found.named > MAX_NAMED) return;
      diag.warn(
        `chronicle-otel: journal ${name} of a process that ended is damaged (${reason ?? 'no reason known'}).\nWhat stands before the damage was stored; the file is kept as ${setAsideAs ?? name} in ${directory}.`,
      );
      return;
    case 'waiting':
      reportFault('recovery', new Error(`journal ${name} stays in ${directory}: ${reason ?? 'no reason known'}`));
      return;
    case 'empty':
    case 'elsewhere':
  }
}

function unknownText(calls: readonly string[]): string {
  const more = calls.length <= MAX_NAMED ? '' : ` and ${calls.length - MAX_NAMED} more`;
  return `chronicle-otel: processes were killed while ${calls.length} irreversible ${calls.length === 1 ? 'call was' : 'calls were'} running, and the outcome is unknown: ${calls.slice(0, MAX_NAMED).join(', ')}${more}.\nCheck what they did before you run them again; chronicle show REF has their input.`;
}
