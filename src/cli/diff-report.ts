// Two runs compared, as text for people and as JSON. Pure; whatever was recorded is escaped.

import type { Envelope, Recording } from '../envelope/index.js';
import type { Paint } from '../replay/index.js';
import { diffText, type Json } from '../value/index.js';
import type { CallPair, PairStatus, Parting } from './diff-pairs.js';
import { cutValues, type ValuesDiff } from './diff-values.js';
import { countText, outcomeText } from './run-words.js';
import { durationOf, durationText, millisOf, timeText } from './time-text.js';
import { type TokenUsage, tokenUsageOf } from './token-usage.js';

type Safe = (text: string) => string;

const STATUS_WORDS: Record<PairStatus, string> = {
  same: 'same',
  moved: 'moved',
  'input-differs': 'input differs',
  'outcome-differs': 'outcome differs',
  'both-differ': 'input and outcome differ',
  'only-in-a': 'only in A',
  'only-in-b': 'only in B',
};
const STATUSES = Object.keys(STATUS_WORDS) as PairStatus[];

/** How many pairs stand how. */
export function countPairs(pairs: readonly CallPair[]): Record<PairStatus, number> {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<PairStatus, number>;
  for (const { status } of pairs) counts[status]++;
  return counts;
}

/** The two runs in a line each, where they part, and how many calls stand how. */
export function headText(a: Recording, b: Recording, pairs: readonly CallPair[], parting: Parting | undefined, paint: Paint, safe: Safe): string {
  const counts = countPairs(pairs);
  const said = STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${STATUS_WORDS[status]}`);
  const lines = [runText('A', a, paint), runText('B', b, paint), ''];
  lines.push(parting === undefined ? paint.good('The runs are the same.') : paint.strong(partingText(parting, safe)));
  lines.push(`${countText(pairs.length, 'call', 'calls')}${said.length === 0 ? '' : `: ${said.join(', ')}`}.`);
  lines.push(...doubtsOf(a, b, pairs));
  return lines.join('\n');
}

function runText(label: string, recording: Recording, paint: Paint): string {
  const { traceId, envelopes, complete } = recording;
  const { startUnixNanos, endUnixNanos, errors, tokens } = factsOf(recording);
  const facts = [
    ...(startUnixNanos === undefined ? [] : [`started ${timeText(startUnixNanos)}`, `took ${durationText(durationOf(startUnixNanos, endUnixNanos))}`]),
    countText(envelopes.length, 'call', 'calls'),
    countText(errors, 'error', 'errors'),
    ...(tokens === undefined ? [] : [tokensText(tokens)]),
    complete ? 'complete' : paint.warn('not complete'),
  ];
  return `${paint.strong(label)}  ${traceId}  ${facts.join(', ')}`;
}

function factsOf({ envelopes }: Recording) {
  const ends = envelopes.flatMap(({ endUnixNanos }) => endUnixNanos ?? []);
  const tokens = envelopes.flatMap((envelope) => tokenUsageOf(envelope) ?? []);
  return {
    startUnixNanos: envelopes[0]?.startUnixNanos,
    endUnixNanos: ends.length === 0 ? undefined : ends.reduce((latest, each) => (each > latest ? each : latest)),
    errors: envelopes.filter(({ outcome }) => outcome.kind === 'threw' || (outcome.kind === 'streamed' && outcome.end === 'error')).length,
    tokens: tokens.length === 0 ? undefined : tokens.reduce((sum, each) => ({ input: sum.input + each.input, output: sum.output + each.output })),
  };
}

function tokensText({ input, output }: TokenUsage): string {
  return `${input} tokens in, ${output} out`;
}

function partingText({ pair, what, instead }: Parting, safe: Safe): string {
  const place = labelOf(pair, safe);
  switch (what) {
    case 'input':
      return `The runs part at ${place}: its input differs.`;
    case 'outcome':
      return `The runs part at ${place}: its outcome differs.`;
    case 'place':
      return `The runs part at ${place}: it was called in another place.`;
    case 'only-in-a':
      return `The runs part at ${place}: only A called it${instead === undefined ? '' : `; B called ${labelOf({ status: 'only-in-b', b: instead }, safe)}`}.`;
    case 'only-in-b':
      return `The runs part at ${place}: only B called it.`;
  }
}

function labelOf({ a, b }: CallPair, safe: Safe): string {
  const { kind, name, path } = (a ?? b) as Envelope;
  return `${safe(kind)} ${safe(name)} (${safe(path)})`;
}

/** What the comparison cannot tell. */
function doubtsOf(a: Recording, b: Recording, pairs: readonly CallPair[]): string[] {
  const lines: string[] = [];
  const unknown = pairs.filter((pair) => pair.a?.outcome.kind === 'unknown' && pair.b?.outcome.kind === 'unknown').length;
  if (unknown > 0) lines.push(`The outcome of ${countText(unknown, 'call is', 'calls is')} unknown in both runs, so nothing is compared there.`);
  const cut = [...a.envelopes, ...b.envelopes].reduce((sum, envelope) => sum + cutValues(envelope).length, 0);
  if (cut > 0) lines.push(`${countText(cut, 'value was', 'values were')} cut when recorded and compared as far as kept.`);
  return lines;
}

/** One pair: how it stands, where it is, and below it what differs. */
export function pairText(
  pair: CallPair,
  input: ValuesDiff | undefined,
  outcome: ValuesDiff | undefined,
  options: { paint: Paint; safe: Safe; width: number },
): string {
  const { paint, safe } = options;
  const { status, a, b } = pair;
  const painted = status === 'same' ? paint.dim : status === 'moved' ? paint.warn : paint.bad;
  const lines = [`${painted(STATUS_WORDS[status])}  ${labelOf(pair, safe)}`];
  if (status === 'same') return lines.join('\n');
  if (a !== undefined) lines.push(`    A  ${sideText(a, safe)}`);
  if (b !== undefined) lines.push(`    B  ${sideText(b, safe)}${a !== undefined && a.path !== b.path ? `  ${safe(b.path)}` : ''}`);
  if (input !== undefined) lines.push('    input', ...valuesText(input, options));
  if (outcome !== undefined) lines.push('    outcome', ...valuesText(outcome, options));
  return lines.join('\n');
}

function sideText(envelope: Envelope, safe: Safe): string {
  const { traceId, spanId, startUnixNanos, endUnixNanos, outcome } = envelope;
  const tokens = tokenUsageOf(envelope);
  return safe(
    `${traceId}:${spanId}  ${durationText(durationOf(startUnixNanos, endUnixNanos))}  ${outcomeText(outcome)}${tokens === undefined ? '' : `  ${tokensText(tokens)}`}`,
  );
}

const INDENT = '      ';

function valuesText({ ended, differences, total, complete, unreadable }: ValuesDiff, { safe, width }: { safe: Safe; width: number }): string[] {
  const lines: string[] = [];
  if (ended !== undefined) lines.push(`A ${ended.a}, B ${ended.b}`);
  if (unreadable !== undefined) lines.push(`cannot be read: ${unreadable}`);
  if (differences.length > 0) lines.push(...diffText(differences, { width: width - INDENT.length }).split('\n'));
  if (total > differences.length) lines.push(`and ${countText(total - differences.length, 'more difference', 'more differences')}`);
  else if (!complete && unreadable === undefined) lines.push('and there may be more: the values are too large to compare to their ends');
  if (lines.length === 0) lines.push('differs in what was not kept of it');
  return lines.map((line) => INDENT + safe(line));
}

/** All but the calls, for programs. */
export function headJson(a: Recording, b: Recording, pairs: readonly CallPair[], parting: Parting | undefined): { [key: string]: Json } {
  return {
    same: parting === undefined,
    a: runJson(a),
    b: runJson(b),
    parting:
      parting === undefined
        ? null
        : {
            what: parting.what,
            a: parting.pair.a?.spanId ?? null,
            b: (parting.pair.b ?? parting.instead)?.spanId ?? null,
            path: ((parting.pair.a ?? parting.pair.b) as Envelope).path,
          },
    counts: countPairs(pairs),
  };
}

function runJson(recording: Recording): Json {
  const { traceId, envelopes, complete, reasons } = recording;
  const { startUnixNanos, endUnixNanos, errors, tokens } = factsOf(recording);
  return {
    traceId,
    calls: envelopes.length,
    errors,
    durationMillis: startUnixNanos === undefined ? null : millisOf(durationOf(startUnixNanos, endUnixNanos)),
    tokens: tokensJson(tokens),
    complete,
    reasons: [...reasons],
  };
}

/** One pair for programs. */
export function pairJson({ status, a, b }: CallPair, input: ValuesDiff | undefined, outcome: ValuesDiff | undefined): Json {
  const { kind, name } = (a ?? b) as Envelope;
  return { status, kind, name, a: sideJson(a), b: sideJson(b), input: valuesJson(input), outcome: valuesJson(outcome) };
}

function sideJson(envelope: Envelope | undefined): Json {
  if (envelope === undefined) return null;
  const { traceId, spanId, path, startUnixNanos, endUnixNanos, outcome } = envelope;
  return {
    traceId,
    spanId,
    path,
    outcome: outcome.kind,
    durationMillis: millisOf(durationOf(startUnixNanos, endUnixNanos)),
    tokens: tokensJson(tokenUsageOf(envelope)),
  };
}

function tokensJson(tokens: TokenUsage | undefined): Json {
  return tokens === undefined ? null : { input: tokens.input, output: tokens.output };
}

function valuesJson(diff: ValuesDiff | undefined): Json {
  if (diff === undefined) return null;
  const { ended, differences, total, complete, unreadable } = diff;
  const listed = differences.map(({ path, nowPath, kind, recorded, now }) => ({
    path,
    ...(nowPath === undefined ? {} : { pathInB: nowPath }),
    kind,
    ...(recorded === undefined ? {} : { a: recorded as Json }),
    ...(now === undefined ? {} : { b: now as Json }),
  }));
  return { ...(ended === undefined ? {} : { ended: { ...ended } }), differences: listed, total, complete, ...(unreadable === undefined ? {} : { unreadable }) };
}
