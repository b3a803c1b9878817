// What is missing from a stored value, and whether that matters. An opaque part (a function, a socket) is a part of
// the host that no recording can hold; a cut part was data, and is gone.

import { types } from 'node:util';
import type { StoredValue } from '../envelope/index.js';
import { Truncated } from '../value/index.js';

/** Whether a part of the value was cut, so that it cannot be given back as it was. */
export function hasCutPart(value: StoredValue): boolean {
  return value.incomplete.length > 0;
}

/** Whether a part was cut without a digest: two values may then have equal digests and still differ there. */
export function hasUnprovenPart(value: StoredValue): boolean {
  return value.incomplete.length > 0 && holdsUnprovenCut(value.decode());
}

/** Walks a decoded value, which holds no code of anybody. */
function holdsUnprovenCut(value: unknown): boolean {
  const seen = new Set<unknown>();
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Truncated) {
      if (next.digest === undefined) return true;
      continue;
    }
    if (types.isTypedArray(next)) continue;
    if (next instanceof Map) for (const [key, item] of next) pending.push(key, item);
    else if (next instanceof Set) pending.push(...next);
    // Names, not entries: an error's cause and message are not enumerable.
    for (const name of Object.getOwnPropertyNames(next)) pending.push(Object.getOwnPropertyDescriptor(next, name)?.value);
  }
  return false;
}
