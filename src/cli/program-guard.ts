// Around code of the user's that runs in our process: whatever ends the process, or would end it, becomes a sentence
// and an exit code. Left to Node, an error that nothing catches would exit with 1, which says that the replay differs,
// and a call that never ends with 0, which says that it does not.

import { writeSync } from 'node:fs';
import { type ChronicleErrorCode, isChronicleError } from '../errors.js';
import { EXIT } from './exit-codes.js';

/** The user's program failed outside of the calls that are replayed. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
}

/** Errors of a replay that are in its report already. */
const REPORTED: ReadonlySet<ChronicleErrorCode> = new Set<ChronicleErrorCode>([
  'CHRONICLE_REPLAY_MISS',
  'CHRONICLE_REPLAY_BLOCKED',
  'CHRONICLE_REPLAY_REFUSED',
]);

/** Runs code of the user's. Rejects with `ProgramFailure` where it would have ended the process, or never ends. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  const failure = deferred<never>();
  let settled = false;
  const onUncaught = (error: unknown): void => {
    if (isChronicleError(error) && REPORTED.has(error.code)) return;
    failure.reject(new ProgramFailure('It threw an error that nothing caught.', { cause: error }));
  };
  const onDrained = (): void => {
    if (!settled) failure.reject(new ProgramFailure('It waits for something that does not come: the call that is replayed never ended.'));
  };
  const onExit = (exitCode: number): void => {
    if (settled) return;
    process.exitCode = EXIT.programFailed;
    // Only what is synchronous still happens here.
    writeSync(
      2,
      `${failureSentence(`It ended the process, with exit code ${exitCode}, before the replay was over.`)}\nReplay a program that ends itself with: chronicle replay REF -- COMMAND\n`,
    );
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  process.on('beforeExit', onDrained);
  process.on('exit', onExit);
  try {
    return await Promise.race([work(), failure.promise]);
  } finally {
    settled = true;
    process.off('beforeExit', onDrained);
    process.off('exit', onExit);
    // The other two stay: what the program left running must not change the verdict by crashing now.
  }
}

/** One sentence in front of what happened. */
export function failureSentence(what: string): string {
  return `The program failed in a way the recording did not. ${what}`;
}

function deferred<T>(): { readonly promise: Promise<T>; readonly reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((_resolve, onReject) => {
    reject = onReject;
  });
  return { promise, reject };
}
