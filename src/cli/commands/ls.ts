// `chronicle ls`: the recorded runs, newest first.

import type { RunSummary } from '../../archive/index.js';
import type { Paint } from '../../replay/index.js';
import type { Json } from '../../value/index.js';
import type { CliCommand, CommandCall } from '../cli-command.js';
import { EXIT } from '../exit-codes.js';
import { printJsonList } from '../json-text.js';
import { withProgress } from '../progress.js';
import { outcomesText } from '../run-words.js';
import { openStoreOf } from '../store-of.js';
import { durationOf, durationText, millisOf, timeText } from '../time-text.js';
import { wholeNumber } from '../usage.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000_000_000;
/** Root boundaries that a line names. */
const MAX_ROOTS = 3;
/** Characters of the first reason in a line; `show` has all of them. */
const MAX_REASON_CHARS = 160;

/** Lists the recorded runs. */
export const ls: CliCommand = {
  name: 'ls',
  summary: 'list the recorded runs, newest first',
  description:
    'Lists the recorded runs of a store, newest first, one line a run: trace ID, start in UTC, duration, outcome, number of boundary calls and of errors, root boundary, and whether the recording is complete.',
  examples: [
    { line: 'chronicle ls --store file:./runs', does: 'the newest 20 runs' },
    { line: 'chronicle ls --limit 1000 --json', does: 'as JSON, of the store in CHRONICLE_STORE' },
  ],
  define(command) {
    command.option('--limit <n>', 'the newest n runs', String(DEFAULT_LIMIT));
  },
  async run(call) {
    const limit = wholeNumber('--limit', String(call.options['limit']), 0, MAX_LIMIT);
    const { archive } = await openStoreOf(call);
    // Asked before anything is printed, so that a store that is not there is one sentence.
    const runs = archive.runs({ limit })[Symbol.asyncIterator]();
    const first = await withProgress(call.io.stderr, `Looking through ${archive.url} ...`, () => runs.next());
    const all = from(first, runs);
    if (call.global.json) await printJsonList(call.io.stdout, '[', jsonOf(all), ']');
    else await printLines(call, all, archive.url);
    return EXIT.ok;
  },
};

async function* from<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}

async function* jsonOf(runs: AsyncIterable<RunSummary>): AsyncGenerator<Json> {
  for await (const run of runs) yield runJson(run);
}

async function printLines(call: CommandCall, runs: AsyncIterable<RunSummary>, url: string): Promise<void> {
  const { stdout, stderr } = call.io;
  const { safeText } = await import('../../replay/safe-text.js');
  const paint = call.paintFor(stdout);
  let count = 0;
  for await (const run of runs) {
    if (stdout.closed) return;
    if (count === 0 && stdout.isTerminal) stdout.write(`${paint.dim(HEADING)}\n`);
    stdout.write(`${runLine(run, paint, safeText)}\n`);
    count++;
  }
  if (count === 0) stderr.write(`No runs in ${safeText(url)}.\n`);
}

const HEADING = [
  'TRACE'.padEnd(32),
  'STARTED (UTC)'.padEnd(24),
  'DURATION'.padStart(10),
  'OUTCOME'.padEnd(8),
  'CALLS'.padStart(6),
  'ERRORS'.padStart(6),
  'ROOT',
].join('  ');

/** One run in one line. Exported for its tests. */
export function runLine(run: RunSummary, paint: Paint, safe: (text: string) => string): string {
  const outcome = outcomesText(run.roots.map((root) => root.outcome));
  const fields = [
    run.traceId,
    timeText(run.startUnixNanos),
    durationText(durationOf(run.startUnixNanos, run.endUnixNanos)).padStart(10),
    outcomePaint(outcome, paint)(safe(outcome).padEnd(8)),
    String(run.boundaries).padStart(6),
    run.errors === 0 ? '0'.padStart(6) : paint.bad(String(run.errors).padStart(6)),
    rootsText(run.roots, safe),
    completenessText(run, paint, safe),
  ];
  return fields.join('  ');
}

function outcomePaint(outcome: string, paint: Paint): (text: string) => string {
  if (outcome === 'returned' || outcome === 'streamed') return paint.good;
  return outcome === 'threw' ? paint.bad : paint.warn;
}

function rootsText(roots: RunSummary['roots'], safe: (text: string) => string): string {
  if (roots.length === 0) return '-';
  const shown = roots
    .slice(0, MAX_ROOTS)
    .map(({ kind, name }) => safe(`${kind} ${name}`))
    .join(', ');
  return roots.length <= MAX_ROOTS ? shown : `${shown} and ${roots.length - MAX_ROOTS} more`;
}

function completenessText({ complete, reasons }: RunSummary, paint: Paint, safe: (text: string) => string): string {
  if (complete) return paint.dim('complete');
  const [first = 'no reason was recorded', ...more] = reasons;
  const short = first.length <= MAX_REASON_CHARS ? first : `${first.slice(0, MAX_REASON_CHARS)}...`;
  return paint.warn(`not complete: ${safe(short)}${more.length === 0 ? '' : ` (and ${more.length} more)`}`);
}

function runJson(run: RunSummary): Json {
  const { traceId, startUnixNanos, endUnixNanos, roots, boundaries, errors, complete, reasons } = run;
  return {
    traceId,
    startTime: timeText(startUnixNanos),
    startUnixNanos: String(startUnixNanos),
    endUnixNanos: endUnixNanos === undefined ? null : String(endUnixNanos),
    durationMillis: millisOf(durationOf(startUnixNanos, endUnixNanos)),
    roots: roots.map(({ spanId, kind, name, outcome }) => ({ spanId, kind, name, outcome })),
    boundaries,
    errors,
    complete,
    reasons: [...reasons],
  };
}
