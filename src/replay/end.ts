// Whether a crossing ended as it did when it was recorded. Pure.

import type { Envelope, StoredOutcome, StoredValue } from '../envelope/index.js';
import type { StreamEnd } from '../crossing/index.js';
import { differencesOf, shown } from './differences.js';
import { hasUnprovenPart } from './stored-gaps.js';
import type { FieldDifference } from './types.js';

/** How a crossing ended this time. */
export type ObservedEnd =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'streamed'; readonly end: StreamEnd; readonly value: unknown; readonly chunks: ObservedChunks }
  /** It had not ended when the report was made. */
  | { readonly kind: 'pending' };

/** What was seen of a stream's chunks: all of them, their digests as they passed, or how many they were. */
export type ObservedChunks =
  | { readonly seen: 'values'; readonly values: readonly unknown[] }
  | { readonly seen: 'digests'; readonly digests: readonly string[] }
  | { readonly seen: 'count'; readonly count: number };

/** Whether two ends are equal. `unverifiable` means that the recording, or what was seen, cannot tell. */
export type EndComparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly diff: readonly FieldDifference[] }
  | { readonly kind: 'unverifiable'; readonly reason: string };

/** Differences of one end that a report carries. */
const MAX_DIFFERENCES = 20;

const EQUAL: EndComparison = { kind: 'equal' };

/** Sees live values as the recording would. */
export interface RecordedView {
  /** The digest of a value, taken as the recording took it. */
  digestOf(value: unknown): string;
  /** The value as the recording would hold it, for a person to see. */
  asRecorded(value: unknown): unknown;
}

/** Compares the recorded end of a crossing with this one. The stack of an error is no part of it. */
export function compareEnd(envelope: Envelope, now: ObservedEnd, view: RecordedView): EndComparison {
  const { outcome } = envelope;
  switch (outcome.kind) {
    case 'unknown':
      return now.kind === 'pending' ? EQUAL : { kind: 'unverifiable', reason: 'the recording does not hold how it ended' };
    case 'returned':
      if (now.kind === 'returned') return compareValue(outcome.value, now.value, view);
      return differentKind(outcome, now, view);
    case 'threw':
      if (now.kind === 'threw') return compareValue(outcome.value, now.error, view);
      return differentKind(outcome, now, view);
    case 'streamed':
      if (now.kind === 'streamed') return compareStream(outcome, now, view);
      // Nobody read it to its end, then or now.
      if (now.kind === 'pending' && outcome.end === 'abandoned') return EQUAL;
      return differentKind(outcome, now, view);
  }
}

function compareValue(recorded: StoredValue, now: unknown, view: RecordedView): EndComparison {
  const unproven = hasUnprovenPart(recorded);
  if (view.digestOf(now) === recorded.digest) {
    return unproven ? { kind: 'unverifiable', reason: `its recorded outcome is not whole: ${recorded.incomplete.slice(0, 3).join('; ')}` } : EQUAL;
  }
  return { kind: 'different', diff: differencesOf(recorded.decode(), view.asRecorded(now), MAX_DIFFERENCES) };
}

function compareStream(
  recorded: Extract<StoredOutcome, { kind: 'streamed' }>,
  now: Extract<ObservedEnd, { kind: 'streamed' }>,
  view: RecordedView,
): EndComparison {
  const chunks = compareChunks(recorded, now.chunks, view);
  if (chunks.kind === 'different') return chunks;
  if (now.end !== recorded.end && !(stoppedEarly(now.end) && stoppedEarly(recorded.end))) {
    return { kind: 'different', diff: [{ path: '$.end', recorded: recorded.end, now: now.end }] };
  }
  if (stoppedEarly(now.end)) return chunks;
  const value = compareValue(recorded.value, now.value, view);
  return value.kind === 'equal' ? chunks : value;
}

function stoppedEarly(end: StreamEnd): boolean {
  return end === 'cancelled' || end === 'abandoned';
}

function compareChunks(recorded: Extract<StoredOutcome, { kind: 'streamed' }>, now: ObservedChunks, view: RecordedView): EndComparison {
  const before = recorded.chunks;
  const nowCount = countOf(now);
  const shared = Math.min(before.length, nowCount);
  for (let index = 0; index < shared; index++) {
    const chunk = before[index]?.value as StoredValue;
    switch (now.seen) {
      case 'values': {
        const compared = compareValue(chunk, now.values[index], view);
        if (compared.kind === 'equal') break;
        if (compared.kind === 'unverifiable') return compared;
        return { kind: 'different', diff: compared.diff.map((each) => ({ ...each, path: `$[${index}]${each.path.slice(1)}` })) };
      }
      case 'digests':
        if (now.digests[index] !== chunk.digest) return { kind: 'different', diff: [{ path: `$[${index}]`, recorded: shown(chunk.decode()) }] };
        break;
      case 'count':
        break;
    }
  }
  if (nowCount !== before.length) return { kind: 'different', diff: [{ path: '$.length', recorded: before.length, now: nowCount }] };
  if (now.seen === 'count' && nowCount > 0) return { kind: 'unverifiable', reason: 'the chunks of its stream were not compared' };
  return EQUAL;
}

function countOf(chunks: ObservedChunks): number {
  switch (chunks.seen) {
    case 'values':
      return chunks.values.length;
    case 'digests':
      return chunks.digests.length;
    case 'count':
      return chunks.count;
  }
}

function differentKind(recorded: StoredOutcome, now: ObservedEnd, view: RecordedView): EndComparison {
  return { kind: 'different', diff: [{ path: '$', recorded: recordedWords(recorded), now: nowWords(now, view) }] };
}

function recordedWords(outcome: StoredOutcome): string {
  switch (outcome.kind) {
    case 'returned':
      return `returned ${shown(outcome.value.decode())}`;
    case 'threw':
      return `threw ${shown(outcome.value.decode())}`;
    case 'streamed':
      return `streamed ${outcome.chunks.length} chunks`;
    case 'unknown':
      return 'unknown';
  }
}

function nowWords(now: ObservedEnd, view: RecordedView): string {
  switch (now.kind) {
    case 'returned':
      return `returned ${shown(view.asRecorded(now.value))}`;
    case 'threw':
      return `threw ${shown(view.asRecorded(now.error))}`;
    case 'streamed':
      return `streamed ${countOf(now.chunks)} chunks`;
    case 'pending':
      return 'had not ended';
  }
}
