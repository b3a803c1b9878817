// `chronicle replay REF --import MODULE`: the recorded boundary is called in this process.

import { engine } from '../crossing/index.js';
import { type ReplayReport, replayRecording, safeText } from '../replay/index.js';
import { reportJson } from '../setup/program-replay.js';
import { protectAsRecorded } from '../setup/replay.js';
import { type Json, previewOf } from '../value/index.js';
import type { CommandCall } from './cli-command.js';
import { EXIT } from './exit-codes.js';
import { endSoon, flushSpans } from './linger.js';
import { failureSentence, guarded, ProgramFailure } from './program-guard.js';
import { type ReplayTarget, replayVariables } from './replay-environment.js';
import { replayExitCode } from './replay-exit.js';
import type { AskedOptions } from './replay-options.js';
import { handOut } from './replay-output.js';
import { frameText, userFrameOf } from './user-frame.js';

/** Loads the modules, replays, prints the report and gives the exit code. */
export async function replayModules(call: CommandCall, target: ReplayTarget, options: AskedOptions): Promise<number> {
  const { io } = call;
  // Until the session answers, a boundary that a module calls while it is loaded is refused; it never runs live. What
  // the program starts is told the same.
  engine().mode = 'replay';
  Object.assign(process.env, replayVariables(target, io.cwd));
  if (call.global.json) keepStdoutForReport();
  const { recording, envelope } = target;
  let report: ReplayReport;
  try {
    report = await guarded(() => replayRecording({ recording, envelope, options, cwd: io.cwd, protect: protectAsRecorded }));
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error;
    io.stderr.write(`${failureText(error, io.cwd, call.global.debug)}\n`);
    return EXIT.programFailed;
  } finally {
    endSoon();
  }
  await handOut(call, target, { report, json: reportJson(report) as Json, notes: endNotes(report) }, io.stdout);
  await flushSpans();
  return replayExitCode(report);
}

/** Bytes of the result that people see; `--json` has all of it. */
const RESULT_BYTES = 400;

function endNotes(report: ReplayReport): string[] {
  if ('error' in report) return [`Threw  ${safeText(previewOf(report.error, RESULT_BYTES).text)}`];
  return 'result' in report ? [`Returned  ${safeText(previewOf(report.result, RESULT_BYTES).text)}`] : [];
}

/** With `--json`, stdout holds the report and nothing else: what the program prints goes to stderr. */
function keepStdoutForReport(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
}

function failureText(failure: ProgramFailure, cwd: string, debug: boolean): string {
  const lines = [failureSentence(failure.message)];
  const { cause } = failure;
  if (cause === undefined) return lines.join('\n');
  lines.push(safeText(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)));
  if (cause instanceof Error) {
    const frame = userFrameOf(String(cause.stack));
    if (frame !== undefined) lines.push(`  at ${safeText(frameText(frame, cwd))}`);
    if (debug) lines.push('', ...String(cause.stack).split('\n').map(safeText));
  }
  return lines.join('\n');
}
