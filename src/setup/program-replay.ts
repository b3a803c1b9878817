// Replaying a whole program: the session answers every boundary call of the process, and its report is written beside
// the program, whose output and exit code stay its own.

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Recording } from '../envelope/index.js';
import { engine } from '../crossing/index.js';
import { makePlan, makeReport, newReplayRun, type ReplayOptions, type ReplayReport, ReplaySession, resolveReplayOptions } from '../replay/index.js';
import { toJson } from '../value/index.js';
import { applySpanSwitches, protectAsRecorded } from './replay.js';

/** A session that answers for the whole process. */
export interface ProgramReplay {
  /** How the replay stands. */
  report(): ReplayReport;
  /** Boundary calls so far. */
  readonly crossings: number;
  /** Stops answering. The process stays in replay: later calls are refused. */
  stop(): void;
}

/** Answers every boundary call of this process from a recording, from now on. */
export function startProgramReplay(recording: Recording, given: ReplayOptions): ProgramReplay {
  const options = resolveReplayOptions(given);
  applySpanSwitches();
  const run = newReplayRun();
  const session = new ReplaySession({
    plan: makePlan(recording, undefined),
    run,
    policies: options.policies,
    allowIrreversible: options.allowIrreversible,
    onChangedInput: options.onChangedInput,
    pace: options.pace,
    entryForm: 'program',
    entryInput: 'recorded',
    protect: protectAsRecorded,
  });
  const state = engine();
  state.mode = 'replay';
  state.answerer = session;
  return {
    report: () => makeReport(session.state(), session.traceId),
    get crossings() {
      return session.callCount;
    },
    stop() {
      if (state.answerer === session) state.answerer = undefined;
    },
  };
}

/** A report is written at most so often while the program runs, for programs that are ended by a signal. */
const REPORT_EVERY_MILLIS = 250;

/** Writes the report of this process into a directory: at its end, and now and then before. */
export function reportInto(directory: string, replay: ProgramReplay): void {
  const path = join(directory, `${process.pid}.json`);
  let written = -1;
  const write = (exitCode: number | undefined): void => {
    written = replay.crossings;
    const content = JSON.stringify({ report: reportJson(replay.report()), crossings: written, exitCode });
    writeFileSync(`${path}.part`, content, { mode: 0o600 });
    renameSync(`${path}.part`, path);
  };
  const timer = setInterval(() => {
    if (replay.crossings !== written) write(undefined);
  }, REPORT_EVERY_MILLIS);
  timer.unref();
  process.on('exit', (code) => write(code));
}

/** A report in a form that JSON can hold: results, errors and differences are converted, the rest is plain. */
export function reportJson(report: ReplayReport): unknown {
  const { result, error, ...rest } = report;
  return {
    ...rest,
    ...('result' in report ? { result: toJson(result) } : {}),
    ...('error' in report ? { error: toJson(error) } : {}),
  };
}
