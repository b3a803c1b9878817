// Where the report of a replay goes: text for people, JSON for programs, a file where one is named.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ReplayReport, reportText, safeText } from '../replay/index.js';
import type { Json } from '../value/index.js';
import type { CommandCall } from './cli-command.js';
import type { ReplayTarget } from './replay-environment.js';
import { commandLine } from './shell-quote.js';
import type { Output } from './io.js';
import { jsonText, printJson } from './json-text.js';
import { usageFault } from './usage.js';

/** A report in both forms. */
export interface FinishedReport {
  readonly report: ReplayReport;
  readonly json: Json;
  /** More lines for people, after the report. */
  readonly notes: readonly string[];
}

/**
 * Hands out a report: as JSON on stdout with `--json`, else as text to `textOutput`. A file that is named gets the JSON,
 * and people the first line only.
 */
export async function handOut(call: CommandCall, target: ReplayTarget, { report, json, notes }: FinishedReport, textOutput: Output): Promise<void> {
  const paint = call.paintFor(textOutput);
  const file = reportFileOf(call);
  if (file !== undefined) await writeReport(call, file, jsonText(json, 2));
  if (call.global.json) {
    printJson(call.io.stdout, json);
    return;
  }
  const text = copyable(reportText(report, { paint }), target);
  const [headline = ''] = text.split('\n', 1);
  const lines = file !== undefined ? [headline, `The report is in ${safeText(file)}.`] : [text, ...(notes.length === 0 ? [] : ['', ...notes])];
  textOutput.write(`${lines.join('\n')}\n`);
}

function reportFileOf({ options }: CommandCall): string | undefined {
  const file = options['report'];
  return typeof file === 'string' ? file : undefined;
}

/**
 * Empties the file of the report before anything runs: a replay that gives no report must not leave that of an earlier
 * one to be read, and a file that cannot be written is found out now.
 */
export async function prepareReportFile(call: CommandCall): Promise<void> {
  const file = reportFileOf(call);
  if (file !== undefined) await writeReport(call, file, 'null');
}

/** A report knows the recording but not where it was found; a command to copy says both. */
function copyable(text: string, { ref, storeWords }: ReplayTarget): string {
  return text.replace(/chronicle show ([0-9a-f]{32}:([0-9a-f]{16}))/g, (_line, name: string, spanId: string) =>
    safeText(commandLine(['chronicle', 'show', ref.kind === 'file' ? `${ref.path}#${spanId}` : name, ...storeWords])),
  );
}

async function writeReport(call: CommandCall, named: string, text: string): Promise<void> {
  const path = resolve(call.io.cwd, named);
  try {
    // It holds what the run was asked and answered: for its owner alone, as the recording is.
    await writeFile(path, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    throw usageFault(
      `Cannot write the report to ${JSON.stringify(named)}: ${(error as Error).message}.\nName a file in a folder that is there and that you may write to.`,
      { path },
    );
  }
}
