// `chronicle replay REF -- COMMAND`: the user's own command runs again, its boundary calls are answered by the recording.

import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRefusal, newReplayRun, type ReplayReport, safeText } from '../replay/index.js';
import { reportJson } from '../setup/program-replay.js';
import type { Json } from '../value/index.js';
import type { CommandCall } from './cli-command.js';
import { EXIT } from './exit-codes.js';
import { registerModuleUrl } from './own-code.js';
import { mergeReports, readProcessReports } from './program-reports.js';
import { nodeOptionsWith, type ReplayTarget, replayVariables } from './replay-environment.js';
import { programFailed, replayExitCode } from './replay-exit.js';
import type { AskedOptions } from './replay-options.js';
import { handOut } from './replay-output.js';
import { type FinishedProgram, runProgram } from './run-program.js';
import { commandLine } from './shell-quote.js';
import { usageFault } from './usage.js';

/** Runs the command in replay, prints the report to stderr and gives the exit code. */
export async function replayProgram(call: CommandCall, words: readonly string[], target: ReplayTarget, options: AskedOptions): Promise<number> {
  if (target.storeUrl.startsWith('memory:') && target.ref.kind !== 'file') {
    throw usageFault(
      `The store ${target.storeUrl} lives in one process, and the program runs in another.\nName a store that both can read, such as file:./runs.`,
    );
  }
  const refusal = strictRefusal(target, options);
  if (refusal !== undefined) {
    await handOut(call, target, { report: refusal, json: reportJson(refusal) as Json, notes: [] }, call.io.stderr);
    return replayExitCode(refusal);
  }
  const directory = await mkdtemp(join(tmpdir(), 'chronicle-replay-'));
  try {
    const program = await runProgram(words, programEnvironment(call, target, options, directory), call.io.cwd);
    const { reports, unreadable } = await readProcessReports(directory);
    return await tell(call, target, words, program, mergeReports(reports), unreadable);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A program's session does not know of `strict`, so the recording is judged before the program starts. */
function strictRefusal({ recording, envelope }: ReplayTarget, { strict }: AskedOptions): ReplayReport | undefined {
  if (strict !== true || recording.complete) return undefined;
  const why = recording.reasons.slice(0, 3).join('; ') || 'no reason was recorded';
  return makeRefusal(recording, envelope, `The recording is not complete, and --strict asks for one that is: ${why}.`, 'incomplete', newReplayRun().traceId);
}

function programEnvironment(call: CommandCall, target: ReplayTarget, options: AskedOptions, directory: string): NodeJS.ProcessEnv {
  const { policy, allowIrreversible, onChangedInput, pace } = options;
  return {
    ...call.io.env,
    ...replayVariables(target, call.io.cwd),
    CHRONICLE_REPORT_DIR: directory,
    CHRONICLE_REPLAY_OPTIONS: JSON.stringify({ policy, allowIrreversible, onChangedInput, pace }),
    NODE_OPTIONS: nodeOptionsWith(call.io.env['NODE_OPTIONS'], registerModuleUrl()),
  };
}

async function tell(
  call: CommandCall,
  target: ReplayTarget,
  words: readonly string[],
  program: FinishedProgram,
  report: ReplayReport | undefined,
  unreadable: number,
): Promise<number> {
  const { io } = call;
  const { exitCode, signal, stoppedBy } = program;
  const ended = `Program  ${safeText(commandLine(words))} ${endText(program)}`;
  if (report === undefined) {
    const lost = unreadable > 0 ? ' A report that it left cannot be read.' : '';
    const said = `Nothing was compared: the command called no boundary, or is no Node program.${lost}`;
    io.stderr.write(`${said}\n${ended}\nCheck that it starts node with the environment that it is given, and that its boundaries are called.\n`);
    if (call.global.json) io.stdout.write('null\n');
    if (stoppedBy !== undefined) return EXIT.signalBase + constants.signals[stoppedBy];
    return programFailed(program) ? EXIT.programFailed : EXIT.differs;
  }
  const json = { ...(report as unknown as { [key: string]: Json }), program: { command: [...words], exitCode, signal } };
  // A server is stopped by its user when it has answered; that is no failure of the program, and the verdict counts.
  const code = replayExitCode(report, stoppedBy === undefined ? program : undefined);
  const notes = code === EXIT.programFailed ? [ended, 'All went as recorded, and the program failed nonetheless: in a way the recording did not.'] : [ended];
  // What the program printed may lack a newline at its end, and the report is to stand on lines of its own.
  if (call.global.json) io.stdout.write('\n');
  else io.stderr.write('\n');
  await handOut(call, target, { report, json, notes }, io.stderr);
  return code;
}

function endText({ exitCode, signal }: FinishedProgram): string {
  return signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
}
