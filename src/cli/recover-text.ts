// What recover says of journals, for people and for programs. Pure; whatever was recorded is escaped.

import type { RecoveredJournal, RecoveryOutcome } from '../archive/index.js';
import type { OpenCall } from '../envelope/index.js';
import type { Paint } from '../replay/index.js';
import type { Json } from '../value/index.js';
import { countText } from './run-words.js';

/** Calls that a line names; --json has all of them. */
const MAX_CALLS = 5;

const WORDS: Readonly<Record<RecoveryOutcome, string>> = {
  sealed: 'recovered',
  'set-aside': 'set aside',
  empty: 'empty',
  waiting: 'waiting',
  alive: 'alive',
  elsewhere: 'elsewhere',
};
const WORD_WIDTH = 9;

/** Sums over all journals. */
export interface RecoverTotals {
  readonly outcomes: Record<RecoveryOutcome, number>;
  calls: number;
  /** Calls without an end in what was recovered, by trace and span; the end may follow in the next journal. */
  readonly open: Map<string, OpenCall>;
  readonly ended: Set<string>;
}

/** Sums of nothing. */
export function noTotals(): RecoverTotals {
  return { outcomes: { sealed: 0, 'set-aside': 0, empty: 0, waiting: 0, alive: 0, elsewhere: 0 }, calls: 0, open: new Map(), ended: new Set() };
}

/** Counts one journal. */
export function addTo(totals: RecoverTotals, { outcome, traceId, crossings, open, endedLater }: RecoveredJournal): void {
  totals.outcomes[outcome]++;
  if (!isStored(outcome)) return;
  totals.calls += crossings;
  for (const [number, call] of open.entries()) totals.open.set(`${traceId}:${call.spanId}:${number}`, call);
  for (const spanId of endedLater) totals.ended.add(`${traceId}:${spanId}`);
}

function isStored(outcome: RecoveryOutcome): boolean {
  return outcome === 'sealed' || outcome === 'set-aside';
}

/** Whether nothing is left that should not be. */
export function isRecovered({ outcomes }: RecoverTotals): boolean {
  return outcomes['set-aside'] + outcomes.waiting === 0;
}

/** How many calls have no known outcome, by what they do to the world. */
export function unknownByEffect({ open, ended }: RecoverTotals): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [place, { effect }] of open) {
    if (!ended.has(place.slice(0, place.lastIndexOf(':')))) counts.set(effect, (counts.get(effect) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => rankOf(a) - rankOf(b)));
}

/** What cannot be undone comes first. */
const EFFECT_ORDER = ['irreversible', 'write', 'read', 'none'];

function rankOf(effect: string): number {
  const rank = EFFECT_ORDER.indexOf(effect);
  return rank < 0 ? EFFECT_ORDER.length : rank;
}

/** One journal in a line. */
export function journalText(journal: RecoveredJournal, paint: Paint, safe: (text: string) => string): string {
  const { name, outcome, key, setAsideAs, crossings, open, reason } = journal;
  const parts: string[] = [];
  if (isStored(outcome) && key !== undefined) parts.push(countText(crossings, 'call', 'calls'));
  if (open.length > 0) parts.push(`outcome unknown of ${callsText(open)}`);
  if (reason !== undefined) parts.push(reason);
  if (setAsideAs !== undefined) parts.push(`now ${setAsideAs}`);
  if (setAsideAs !== undefined && key !== undefined) parts.push(`what comes before the damage is ${key}`);
  const place = outcome === 'sealed' && key !== undefined ? key : name;
  return `${painter(outcome, paint)(WORDS[outcome].padEnd(WORD_WIDTH))}  ${safe(place)}${parts.length === 0 ? '' : `  ${safe(parts.join('; '))}`}`;
}

function callsText(open: readonly OpenCall[]): string {
  const worstFirst = [...open].sort((a, b) => rankOf(a.effect) - rankOf(b.effect));
  const named = worstFirst.slice(0, MAX_CALLS).map(({ kind, name, effect }) => `${kind} ${JSON.stringify(name)} (effect ${effect})`);
  return open.length <= MAX_CALLS ? named.join(', ') : `${named.join(', ')} and ${open.length - MAX_CALLS} more`;
}

function painter(outcome: RecoveryOutcome, paint: Paint): (text: string) => string {
  switch (outcome) {
    case 'sealed':
      return paint.good;
    case 'set-aside':
      return paint.bad;
    case 'waiting':
      return paint.warn;
    case 'empty':
    case 'alive':
    case 'elsewhere':
      return paint.dim;
  }
}

/** The sum, and what to do where something is left. */
export function totalsText(totals: RecoverTotals, safe: (text: string) => string): string {
  const { outcomes, calls } = totals;
  const all = Object.entries(outcomes) as [RecoveryOutcome, number][];
  const count = all.reduce((sum, [, each]) => sum + each, 0);
  const states = all.filter(([, each]) => each > 0).map(([outcome, each]) => `${each} ${WORDS[outcome]}`);
  const lines = [`${countText(count, 'journal', 'journals')}: ${states.join(', ')}. ${countText(calls, 'call', 'calls')} recovered.`];
  const unknown = [...unknownByEffect(totals)];
  if (unknown.length > 0) {
    const sum = unknown.reduce((total, [, each]) => total + each, 0);
    lines.push(
      `The outcome of ${countText(sum, 'call', 'calls')} is unknown: ${unknown.map(([effect, each]) => `${each} ${safe(effect)}`).join(', ')}. They began, and their process ended before they did.`,
    );
  }
  if (outcomes['set-aside'] > 0) lines.push('What was set aside stays where it is; remove it, or restore it from a copy and recover again.');
  if (outcomes.waiting > 0) lines.push('What waits stays where it is; run this again when the reason is gone.');
  if (outcomes.alive > 0)
    lines.push('What is alive belongs to a process that runs, or that may run in another container and gave a sign less than 15 minutes ago.');
  return lines.join('\n');
}

/** One journal for programs. */
export function journalJson({ name, traceId, outcome, key, setAsideAs, crossings, open, reason }: RecoveredJournal): Json {
  return {
    name,
    traceId,
    outcome,
    key: key ?? null,
    setAsideAs: setAsideAs ?? null,
    calls: crossings,
    unknown: open.map(({ spanId, kind, name: boundary, effect }) => ({ spanId, kind, name: boundary, effect })),
    reason: reason ?? null,
  };
}

/** The sums for programs. */
export function totalsJson(totals: RecoverTotals): Json {
  return { journals: { ...totals.outcomes }, calls: totals.calls, unknown: Object.fromEntries(unknownByEffect(totals)) };
}
