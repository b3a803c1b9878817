// Runs the user's command with its own stdin, stdout and stderr, and outlives it.

import { spawn } from 'node:child_process';
import type { ProgramEnd } from './replay-exit.js';
import { usageFault } from './usage.js';

/** How a program ended, and the signal with which the user asked us to stop, if any. */
export interface FinishedProgram extends ProgramEnd {
  readonly stoppedBy: NodeJS.Signals | undefined;
}

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a command to its end. Signals are passed on, and waited out: the program may write its report meanwhile. */
export async function runProgram(words: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<FinishedProgram> {
  const [command = '', ...args] = words;
  const child = spawn(command, args, { stdio: 'inherit', env, cwd });
  let stoppedBy: NodeJS.Signals | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    // Ctrl-C reaches the whole process group of a terminal; the program would get it twice.
    if (signal === 'SIGTERM' || process.stdin.isTTY !== true) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    return await new Promise<FinishedProgram>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(command, error)));
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, stoppedBy }));
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

function notStarted(command: string, error: NodeJS.ErrnoException): Error {
  const why = error.code === 'ENOENT' ? 'there is no such command' : error.code === 'EACCES' ? 'it may not be executed' : error.message;
  return usageFault(
    `Cannot run ${JSON.stringify(command)}: ${why}.\nWrite the command after -- as in a shell, for example: chronicle replay REF -- node app.js`,
    { command, systemCode: error.code },
  );
}
