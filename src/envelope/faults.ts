// The errors that reading a segment gives.

import { ChronicleError } from '../errors.js';

/** A segment that is not what its writer wrote. `name` is its key or path. */
export function damaged(name: string, what: string, cause?: unknown): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_SEGMENT_DAMAGED',
    `Cannot read ${name}: ${what}.\nThe file is damaged or no recording; restore it from a copy, or use another run.`,
    { cause, facts: { segment: name, what } },
  );
}

/** A value of a segment that cannot be what its writer wrote. */
export function damagedValue(name: string, what: string, cause?: unknown): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_SEGMENT_DAMAGED',
    `Cannot read a value of ${name}: ${what}.\nThe segment is damaged; restore it from a copy, or replay another run.`,
    { cause, facts: { segment: name, what } },
  );
}

/** A segment that claims more than any writer writes. */
export function beyondLimit(name: string, what: string): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_SEGMENT_LIMIT',
    `Will not read ${name}: ${what}.\nNo segment that this package writes is that large; check where the file comes from.`,
    { facts: { segment: name, what } },
  );
}
