// Faults of the command line itself.

import { ChronicleError } from '../errors.js';

/** A call that cannot be meant; exits with 2. */
export function usageFault(message: string, facts: Readonly<Record<string, unknown>> = {}): ChronicleError {
  return new ChronicleError('CHRONICLE_OPTION_INVALID', message, { facts });
}

/** A whole number from an option. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw usageFault(`Option ${option} must be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`, { option, value: text });
}
