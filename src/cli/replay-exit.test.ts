import { describe, expect, it } from 'vitest';
import type { ReplayReport } from '../replay/index.js';
import { type ProgramEnd, replayExitCode } from './replay-exit.js';

const WELL: ProgramEnd = { exitCode: 0, signal: null };
const FAILED: ProgramEnd = { exitCode: 3, signal: null };
const KILLED: ProgramEnd = { exitCode: null, signal: 'SIGSEGV' };

function report(verdict: ReplayReport['verdict'], outcome: ReplayReport['recorded']['outcome'] = 'returned'): ReplayReport {
  return {
    verdict,
    recorded: { traceId: '', spanId: '', outcome },
    replayed: { traceId: '' },
    calls: [],
    divergences: [],
    unconsumed: [],
    live: 0,
    blocked: 0,
    completeness: { complete: true, reasons: [] },
    outcomeDiff: [],
  };
}

describe('replayExitCode()', () => {
  it('follows the verdict', () => {
    expect((['same', 'changed', 'diverged', 'refused'] as const).map((verdict) => replayExitCode(report(verdict)))).toEqual([0, 1, 1, 3]);
    expect((['same', 'changed', 'diverged', 'refused'] as const).map((verdict) => replayExitCode(report(verdict), WELL))).toEqual([0, 1, 1, 3]);
  });

  it('is 4 for a program that fails although all went as recorded', () => {
    expect(replayExitCode(report('same'), FAILED)).toBe(4);
    expect(replayExitCode(report('same'), KILLED)).toBe(4);
  });

  it('is 0 for a program that fails as the recorded run did', () => {
    expect(replayExitCode(report('same', 'threw'), FAILED)).toBe(0);
  });

  it('keeps to the verdict where that is the news', () => {
    expect((['changed', 'diverged', 'refused'] as const).map((verdict) => replayExitCode(report(verdict), FAILED))).toEqual([1, 1, 3]);
  });
});
