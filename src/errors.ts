// The errors that leave the package, each with a code that programs may branch on. Messages are for people and may
// change; codes and fields do not. Every message says what happened, to which object, and what to do next.

/** Marks an error of any copy of this package: two copies in one process break `instanceof`. */
const BRAND = Symbol.for('chronicle.error.v1');

/** All codes, with the exit code that the command line gives each. */
export const ERROR_EXIT_CODES = {
  CHRONICLE_OPTION_INVALID: 2,
  CHRONICLE_REF_INVALID: 2,
  CHRONICLE_REF_NOT_FOUND: 2,
  CHRONICLE_REF_AMBIGUOUS: 2,
  CHRONICLE_MODULE_FAILED: 2,
  CHRONICLE_BOUNDARY_UNKNOWN: 2,
  CHRONICLE_BOUNDARY_AMBIGUOUS: 2,
  CHRONICLE_CODEC_CONFLICT: 2,
  CHRONICLE_DEPENDENCY_MISSING: 2,
  CHRONICLE_STORE_UNAVAILABLE: 3,
  CHRONICLE_STORE_CONFLICT: 3,
  CHRONICLE_SEGMENT_DAMAGED: 3,
  CHRONICLE_SEGMENT_VERSION: 3,
  CHRONICLE_SEGMENT_LIMIT: 3,
  CHRONICLE_CODEC_FAILED: 3,
  CHRONICLE_REPLAY_REFUSED: 3,
  CHRONICLE_REPLAY_MISS: 1,
  CHRONICLE_REPLAY_BLOCKED: 1,
} as const;

/** A stable error code. */
export type ChronicleErrorCode = keyof typeof ERROR_EXIT_CODES;

/** What an error may carry beside its message: every fact in the words is a field too. */
export interface ChronicleErrorOptions {
  cause?: unknown;
  /** Facts named in the message, readable by programs as fields of the error. */
  facts?: Readonly<Record<string, unknown>>;
}

/** Base of every error that this package throws on purpose. */
export class ChronicleError extends Error {
  readonly code: ChronicleErrorCode;
  /** The facts that the message names, for programs. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ChronicleErrorCode, message: string, options: ChronicleErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ChronicleError';
    this.code = code;
    this.facts = options.facts ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether a value is an error of this package (of any loaded copy), and of that code if one is given. */
export function isChronicleError(value: unknown, code?: ChronicleErrorCode): value is ChronicleError {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { [BRAND]?: unknown })[BRAND] === true &&
    (code === undefined || (value as ChronicleError).code === code)
  );
}
