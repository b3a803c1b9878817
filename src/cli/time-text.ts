// Times as people and programs read them. Stored times are nanoseconds since 1970 in UTC.

const NANOS_PER_MILLI = 1_000_000n;

/** ISO 8601 in UTC, to the millisecond: `2026-03-01T10:00:00.123Z`. */
export function timeText(unixNanos: bigint): string {
  const millis = Number(unixNanos / NANOS_PER_MILLI);
  // Dates end in the year 275760; a damaged recording may say anything.
  return Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : `${unixNanos} ns`;
}

/** Three digits or so: `0.42 ms`, `12 ms`, `1.23 s`, `2 min 3 s`, `1 h 2 min`. */
export function durationText(nanos: bigint | undefined): string {
  if (nanos === undefined) return '-';
  const millis = Number(nanos) / 1e6;
  if (Math.abs(millis) < 9.995) return `${millis.toFixed(2)} ms`;
  if (millis < 999.5) return `${Math.round(millis)} ms`;
  if (millis < 59_995) return `${(millis / 1_000).toFixed(2)} s`;
  const seconds = Math.round(millis / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long something took; undefined where its end is not known. */
export function durationOf(startUnixNanos: bigint, endUnixNanos: bigint | undefined): bigint | undefined {
  return endUnixNanos === undefined ? undefined : endUnixNanos - startUnixNanos;
}

/** Nanoseconds as milliseconds for JSON. */
export function millisOf(nanos: bigint | undefined): number | null {
  return nanos === undefined ? null : Number(nanos) / 1e6;
}
