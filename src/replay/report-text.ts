// The report as text for people: the verdict first, then the run as a tree, then what to look at. Pure; whatever comes
// from a payload is escaped, since a recorded text may hold what a terminal would obey.

import { isChronicleError } from '../errors.js';
import { safeText, shownValue } from './safe-text.js';
import type { Divergence, FieldDifference, ReplayedCall, ReplayReport } from './types.js';

/** What colours the text. Without one, nothing is coloured. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

const plain = (text: string): string => text;
const NO_PAINT: Paint = { good: plain, warn: plain, bad: plain, dim: plain, strong: plain };

/** Calls that the tree lists; a long run is cut, and says so. */
const MAX_CALLS = 200;
const MAX_LISTED = 10;
const MAX_DIFFERENCES = 5;

/** Writes a report for people, without a newline at its end. */
export function reportText(report: ReplayReport, options: { readonly paint?: Paint; readonly maxCalls?: number } = {}): string {
  const paint = options.paint ?? NO_PAINT;
  const blocks = [
    headline(report, paint),
    callTree(report.calls, paint, options.maxCalls ?? MAX_CALLS),
    divergences(report, paint),
    outcome(report, paint),
    unconsumed(report, paint),
    completeness(report, paint),
    nextStep(report, paint),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function headline(report: ReplayReport, paint: Paint): string {
  const word = verdictPaint(report.verdict, paint)(report.verdict);
  const ref = paint.dim(`replay of ${report.recorded.traceId}:${report.recorded.spanId} as ${report.replayed.traceId}`);
  return `${word}: ${verdictWords(report)}\n${ref}`;
}

function verdictPaint(verdict: ReplayReport['verdict'], paint: Paint): (text: string) => string {
  switch (verdict) {
    case 'same':
      return paint.good;
    case 'changed':
      return paint.warn;
    case 'diverged':
    case 'refused':
      return paint.bad;
  }
}

function verdictWords(report: ReplayReport): string {
  const [first] = report.divergences;
  const at = first === undefined || first.path === '' ? '' : `${safeText(first.kind)} "${safeText(first.name)}" at ${safeText(first.path)}: `;
  switch (report.verdict) {
    case 'same': {
      const answered = report.calls.filter(({ served }) => served === 'recorded').length;
      return `the run ended as recorded; ${count(answered, 'call was', 'calls were')} answered from the recording and none ran live.`;
    }
    case 'changed':
      return `no call got an answer that was not its own, but ${changes(report).join(', ')}.`;
    case 'diverged':
    case 'refused':
      return `${at}${oneLine(first?.reason ?? 'the recording cannot support a claim.')}`;
  }
}

function changes(report: ReplayReport): string[] {
  const found: string[] = [];
  const of = (test: (call: ReplayedCall) => boolean): number => report.calls.filter(test).length;
  if (report.outcomeDiff.length > 0) found.push('the run ended otherwise');
  if (report.unconsumed.length > 0) found.push(`${count(report.unconsumed.length, 'recorded call was', 'recorded calls were')} never asked for`);
  if (report.live > 0) found.push(`${count(report.live, 'call', 'calls')} ran live`);
  if (report.blocked > 0) found.push(`${count(report.blocked, 'call was', 'calls were')} blocked`);
  const answered = of(({ served }) => served === 'answered');
  if (answered > 0) found.push(`${count(answered, 'call was', 'calls were')} answered by a policy`);
  const otherwise = of(({ rung, served }) => (served === 'recorded' || served === 'rerun') && rung !== 'exact' && rung !== 'normalized');
  if (otherwise > 0) found.push(`${count(otherwise, 'call', 'calls')} had another input or place`);
  if (found.length === 0) found.push('a part of it ended otherwise');
  return found;
}

/** A call with those made inside it, in the order of asking. */
interface Branch {
  readonly call: ReplayedCall;
  readonly inside: Branch[];
}

function callTree(calls: readonly ReplayedCall[], paint: Paint, maxCalls: number): string {
  if (calls.length === 0) return '';
  const byPath = new Map<string, Branch>();
  const roots: Branch[] = [];
  for (const call of calls.slice(0, maxCalls)) {
    const branch: Branch = { call, inside: [] };
    // The nearest call above that is known: a replayed sub-agent has none above it.
    const parent = byPath.get(call.path.slice(0, Math.max(0, call.path.lastIndexOf('/'))));
    (parent?.inside ?? roots).push(branch);
    byPath.set(call.path, branch);
  }
  const rows: { label: string; call: ReplayedCall }[] = [];
  const pending: { branch: Branch; depth: number }[] = roots.map((branch) => ({ branch, depth: 0 })).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { branch, depth } = next;
    rows.push({ label: `${'  '.repeat(depth)}${safeText(branch.call.name)}#${branch.call.ordinal}`, call: branch.call });
    for (const inside of [...branch.inside].reverse()) pending.push({ branch: inside, depth: depth + 1 });
  }
  const width = Math.min(48, Math.max(...rows.map(({ label }) => label.length)));
  const lines = rows.map(({ label, call }) => {
    const { served, rung } = call;
    const rungWords = rung === 'none' ? '' : `  ${paint.dim(rung)}`;
    return `  ${label.padEnd(width)}  ${paint.dim(safeText(call.kind).padEnd(9))}  ${servedPaint(served, paint)(servedWords(served))}${rungWords}`;
  });
  if (calls.length > maxCalls) lines.push(`  ${paint.dim(`and ${calls.length - maxCalls} more calls`)}`);
  return [paint.strong('Calls'), ...lines].join('\n');
}

function servedWords(served: ReplayedCall['served']): string {
  switch (served) {
    case 'recorded':
      return 'recorded';
    case 'rerun':
      return 'ran again';
    case 'live':
      return 'LIVE';
    case 'blocked':
      return 'BLOCKED';
    case 'answered':
      return 'answered by policy';
  }
}

function servedPaint(served: ReplayedCall['served'], paint: Paint): (text: string) => string {
  switch (served) {
    case 'recorded':
    case 'rerun':
      return paint.good;
    case 'live':
    case 'answered':
      return paint.warn;
    case 'blocked':
      return paint.bad;
  }
}

function divergences(report: ReplayReport, paint: Paint): string {
  const [first, ...rest] = report.divergences;
  if (first === undefined) return '';
  const lines = [
    paint.strong(rest.length === 0 ? 'Divergence' : `First of ${report.divergences.length} divergences`),
    ...divergenceLines(first, report, paint),
  ];
  if (rest.length > 0) {
    lines.push('', paint.strong('Then'));
    for (const each of rest.slice(0, MAX_LISTED)) lines.push(`  ${safeText(each.path)}  ${oneLine(each.reason)}`);
    if (rest.length > MAX_LISTED) lines.push(`  ${paint.dim(`and ${rest.length - MAX_LISTED} more`)}`);
  }
  return lines.join('\n');
}

/** Place, cause and differences; the reason stands in the first line of the report. */
function divergenceLines({ path, kind, name, cause, nearest, diff }: Divergence, report: ReplayReport, paint: Paint): string[] {
  const lines: string[] = [];
  if (path !== '') lines.push(`  ${safeText(path)}  ${safeText(kind)} "${safeText(name)}"  ${paint.dim(`likely cause: ${safeText(cause)}`)}`);
  if (nearest !== undefined) lines.push(`  nearest recorded call: ${report.recorded.traceId}:${nearest}`);
  lines.push(...differenceLines(diff, paint, '  '));
  return lines;
}

function differenceLines(diff: readonly FieldDifference[], paint: Paint, indent: string): string[] {
  const lines: string[] = [];
  for (const difference of diff.slice(0, MAX_DIFFERENCES)) {
    lines.push(`${indent}${safeText(difference.path)}`);
    lines.push(`${indent}  recorded  ${'recorded' in difference ? paint.bad(shownValue(difference.recorded)) : paint.dim('(nothing)')}`);
    lines.push(`${indent}  now       ${'now' in difference ? paint.good(shownValue(difference.now)) : paint.dim('(nothing)')}`);
  }
  if (diff.length > MAX_DIFFERENCES) lines.push(`${indent}${paint.dim(`and ${diff.length - MAX_DIFFERENCES} more places`)}`);
  return lines;
}

function outcome(report: ReplayReport, paint: Paint): string {
  // A run that ended with the error of a miss says nothing that the divergence has not said.
  if (report.outcomeDiff.length === 0 || isChronicleError(report.error)) return '';
  return [paint.strong('The end of the run differs'), ...differenceLines(report.outcomeDiff, paint, '  ')].join('\n');
}

function unconsumed(report: ReplayReport, paint: Paint): string {
  const { unconsumed: left } = report;
  if (left.length === 0) return '';
  const lines = [paint.strong('Recorded, never asked for')];
  for (const { path, kind, spanId } of left.slice(0, MAX_LISTED)) lines.push(`  ${safeText(path)}  ${paint.dim(`${safeText(kind)}  span ${spanId}`)}`);
  if (left.length > MAX_LISTED) lines.push(`  ${paint.dim(`and ${left.length - MAX_LISTED} more`)}`);
  return lines.join('\n');
}

function completeness(report: ReplayReport, paint: Paint): string {
  const { complete, reasons } = report.completeness;
  if (complete) return '';
  const said = reasons.length === 0 ? ['no reason was recorded'] : reasons;
  return [paint.strong('The recording is not complete'), ...said.map((reason) => `  ${oneLine(reason)}`)].join('\n');
}

function nextStep(report: ReplayReport, paint: Paint): string {
  const { traceId, spanId } = report.recorded;
  const [first] = report.divergences;
  const show = `chronicle show ${traceId}:${first?.nearest ?? spanId}`;
  switch (report.verdict) {
    case 'same':
      return '';
    case 'changed':
      return `${paint.strong('Next')}  If this is the change you meant, it works on this run; see the recorded one with ${show}`;
    case 'diverged':
      return `${paint.strong('Next')}  See the recorded call with ${show}, then change the code back, or give the boundary a policy.`;
    case 'refused':
      return `${paint.strong('Next')}  See what the recording holds with ${show}`;
  }
}

function oneLine(text: string): string {
  return safeText(text.replaceAll('\n', ' '));
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
