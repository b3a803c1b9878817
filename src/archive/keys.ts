// Keys of the store. Made in one place, so that writer and reader agree.

/** Prefix under which all segments of a trace lie. */
export function tracePrefix(traceId: string): string {
  return `v1/traces/${traceId}/`;
}

/** What names a segment. */
export interface SegmentName {
  readonly traceId: string;
  readonly startUnixNanos: bigint;
  readonly writer: string;
  readonly index: number;
}

function fileName({ startUnixNanos, writer, index }: SegmentName): string {
  return `${startUnixNanos / 1_000_000n}-${writer}-${index}`;
}

/** Key of a sealed segment. */
export function segmentKey(name: SegmentName): string {
  return `${tracePrefix(name.traceId)}${fileName(name)}.chronicle`;
}

/** File name of its journal, without the ending. */
export function journalName(name: SegmentName): string {
  return `${name.traceId}.${fileName(name)}`;
}

/** The address of an envelope as spans carry it. */
export function envelopeUri(storeUrl: string, traceId: string, spanId: string): string {
  return `${storeUrl}/v1/traces/${traceId}#${spanId}`;
}
