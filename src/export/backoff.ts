// How long to wait before a store is asked again.

/** The first wait, and what waits grow to. */
const FIRST_MILLIS = 200;
const MOST_MILLIS = 30_000;

/**
 * Milliseconds to wait after so many failures in a row: twice as long each time, up to 30 seconds, and between half and
 * all of that by `random` (from 0 up to 1), so that many processes do not come back at once.
 */
export function backoffMillis(failures: number, random: number): number {
  const whole = Math.min(MOST_MILLIS, FIRST_MILLIS * 2 ** Math.min(failures - 1, 20));
  return Math.round(whole * (0.5 + random / 2));
}
