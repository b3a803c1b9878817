// The reports that the processes of a replayed program left, made into one. Pure but for reading the files.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReplayReport } from '../replay/index.js';

/** What one process of the program wrote. */
export interface ProcessReport {
  readonly report: ReplayReport;
  /** Boundary calls of the process. */
  readonly crossings: number;
}

/** Reads the reports of a directory. A file that is no report (cut by a kill) is left out, and counted. */
export async function readProcessReports(directory: string): Promise<{ readonly reports: readonly ProcessReport[]; readonly unreadable: number }> {
  const reports: ProcessReport[] = [];
  let unreadable = 0;
  for (const name of (await readdir(directory)).sort()) {
    if (!name.endsWith('.json')) continue;
    const report = parseReport(await readFile(join(directory, name), 'utf8'));
    if (report === undefined) unreadable++;
    else reports.push(report);
  }
  return { reports, unreadable };
}

const VERDICTS: readonly unknown[] = ['same', 'changed', 'diverged', 'refused'] satisfies ReplayReport['verdict'][];

function parseReport(text: string): ProcessReport | undefined {
  try {
    const read = JSON.parse(text) as Partial<ProcessReport>;
    return typeof read.crossings === 'number' && VERDICTS.includes(read.report?.verdict) ? (read as ProcessReport) : undefined;
  } catch {
    // Not whole; the caller counts it.
    return undefined;
  }
}

/**
 * One report of the processes that called boundaries; a launcher such as npm calls none and counts for nothing.
 * Undefined where no process called any.
 *
 * Each process compared the whole recording with its own calls. So what is left over is what none of them asked for,
 * and the worst verdict is the verdict: a run of several processes is `same` only if each of them says so.
 */
export function mergeReports(processes: readonly ProcessReport[]): ReplayReport | undefined {
  const reports = processes.filter(({ crossings }) => crossings > 0).map(({ report }) => report);
  const [first, ...rest] = reports;
  if (first === undefined || rest.length === 0) return first;
  const leftOver = reports.map(({ unconsumed }) => new Set(unconsumed.map(({ spanId }) => spanId)));
  const reasons = [...new Set(reports.flatMap(({ completeness }) => completeness.reasons))];
  const worst = [...reports].sort((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict))[0] as ReplayReport;
  return {
    ...worst,
    // Its own divergences first: the first one is the reason of the verdict.
    divergences: [worst, ...reports.filter((report) => report !== worst)].flatMap(({ divergences }) => divergences),
    calls: reports.flatMap(({ calls }) => calls),
    unconsumed: first.unconsumed.filter(({ spanId }) => leftOver.every((left) => left.has(spanId))),
    live: reports.reduce((sum, { live }) => sum + live, 0),
    blocked: reports.reduce((sum, { blocked }) => sum + blocked, 0),
    outcomeDiff: reports.flatMap(({ outcomeDiff }) => outcomeDiff),
    completeness: { complete: reports.every(({ completeness }) => completeness.complete), reasons },
  };
}
