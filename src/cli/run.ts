// The command from its words to its exit code. Nothing here ends the process.

import type { Io } from './io.js';
import { runCommandLine } from './command-line.js';
import { COMMANDS } from './commands.js';

/** Runs `chronicle` with these words, and gives the exit code. */
export async function runCli(words: readonly string[], io: Io): Promise<number> {
  try {
    return await runCommandLine(words, COMMANDS, io);
  } catch (error) {
    const { describeFailure } = await import('./failure.js');
    const { text, exitCode } = await describeFailure(error, { debug: ownWords(words).includes('--debug'), cwd: io.cwd });
    io.stderr.write(`${text}\n`);
    return exitCode;
  }
}

/** Without those of a program that is to be replayed. */
function ownWords(words: readonly string[]): readonly string[] {
  const dashes = words.indexOf('--');
  return dashes < 0 ? words : words.slice(0, dashes);
}
