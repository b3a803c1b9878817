// Recorded runs and crossings in words, for ls and show. Pure.

import type { StoredOutcome } from '../envelope/index.js';

/** How a crossing ended, in a word or two. */
export function outcomeText(outcome: StoredOutcome): string {
  switch (outcome.kind) {
    case 'returned':
    case 'threw':
      return outcome.kind;
    case 'streamed':
      return `streamed ${countText(outcome.chunks.length, 'chunk', 'chunks')}${outcome.end === 'done' ? '' : `, ${outcome.end}`}`;
    case 'unknown':
      return 'unknown';
  }
}

/** The outcomes of the roots of a run in one word where they are equal, else in several. */
export function outcomesText(outcomes: readonly string[]): string {
  const distinct = [...new Set(outcomes)];
  return distinct.length === 0 ? '-' : distinct.join(', ');
}

/** `1 call`, `3 calls`. */
export function countText(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
