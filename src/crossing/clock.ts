// Times of crossings. Durations come from the monotonic clock, anchored to the wall clock once, so that a clock that is
// set back in the middle of a run makes no crossing end before it began.

const anchorNanos = BigInt(Math.round(performance.timeOrigin * 1e3)) * 1_000n;

/** Nanoseconds since 1970. */
export function nowUnixNanos(): bigint {
  return anchorNanos + BigInt(Math.round(performance.now() * 1e6));
}
