// The exit code of a replay. Pure.

import type { ReplayReport } from '../replay/index.js';
import { EXIT } from './exit-codes.js';

/** How a replayed program ended. */
export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Whether a program failed, as far as its exit code says. */
export function programFailed({ exitCode, signal }: ProgramEnd): boolean {
  return signal !== null || exitCode !== 0;
}

/**
 * The exit code of a replay. A program that fails although all went as recorded, and the recorded run did not end with
 * an error itself, failed in a way the recording did not. Where the replay changed or diverged, that is the news: what
 * the program makes of it, an exit code included, follows from it.
 */
export function replayExitCode(report: ReplayReport, program?: ProgramEnd): number {
  switch (report.verdict) {
    case 'same':
      return program !== undefined && programFailed(program) && report.recorded.outcome === 'returned' ? EXIT.programFailed : EXIT.ok;
    case 'changed':
    case 'diverged':
      return EXIT.differs;
    case 'refused':
      return EXIT.refused;
  }
}
