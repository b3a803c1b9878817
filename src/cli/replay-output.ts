// Where the report of a replay goes: text for people, JSON for programs, a file where one is named.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ReplayReport, reportText, safeText } from '../replay/index.js';
import type { Json } from '../value/index.js';
import type { CommandCall } from './cli-command.js';
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
export async function handOut(call: CommandCall, { report, json, notes }: FinishedReport, textOutput: Output): Promise<void> {
  const paint = call.paintFor(textOutput);
  const file = call.options['report'];
  if (typeof file === 'string') await writeReport(resolve(call.io.cwd, file), file, jsonText(json, 2));
  if (call.global.json) {
    printJson(call.io.stdout, json);
    return;
  }
  const text = reportText(report, { paint });
  const [headline = ''] = text.split('\n', 1);
  const lines = typeof file === 'string' ? [headline, `The report is in ${safeText(file)}.`] : [text, ...(notes.length === 0 ? [] : ['', ...notes])];
  textOutput.write(`${lines.join('\n')}\n`);
}

async function writeReport(path: string, named: string, text: string): Promise<void> {
  try {
    // It holds what the run was asked and answered: for its owner alone, as the recording is.
    await writeFile(path, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    throw usageFault(`Cannot write the report to ${JSON.stringify(named)}: ${(error as Error).message}.\nName a file in a folder that is there and that you may write to.`, { path });
  }
}
