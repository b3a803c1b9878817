// Where two values of different digests differ, for a person to see.

import { diffValues, previewOf, type ValueDifference } from '../value/index.js';

const SHOWN_BYTES = 200;

/**
 * Lists at most `maxDifferences` places. Never empty: what the diff cannot see is said of the whole. Places that look
 * the same on both sides are left out, since two markers of one unstored function are no difference to anybody.
 */
export function differencesOf(recorded: unknown, now: unknown, maxDifferences: number): ValueDifference[] {
  const found = diffValues(recorded, now, { maxDifferences });
  const visible = found.filter((each) => !('recorded' in each && 'now' in each && Object.is(each.recorded, each.now)));
  if (visible.length > 0) return visible;
  return [{ path: found[0]?.path ?? '$', recorded: shown(recorded), now: shown(now) }];
}

/** A bounded preview of a value. */
export function shown(value: unknown): string {
  return previewOf(value, SHOWN_BYTES).text;
}
