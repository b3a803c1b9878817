// Which traces have a span, when only the span ID is known. The footers of sealed segments list their span IDs, so
// nothing is unpacked but open journals.

import { FILE_HEAD_BYTES, readSegment, readSegmentSummary } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';
import { isUnreadable } from './read-trace.js';
import { JOURNALS, type ParsedName, parseName, SEGMENTS } from './segment-names.js';

/** What a search for a span found. */
export interface SpanPlaces {
  /** Traces that have the span, newest first. */
  readonly traceIds: readonly string[];
  /** Keys of segments that could not be read, so that the span may be in them. */
  readonly unreadable: readonly string[];
}

/** Segments of this size are fetched whole; of larger ones the beginning and the end are. */
const WHOLE_BYTES = 256 << 10;
/** Room for the footer with some 8,000 spans. */
const END_BYTES = 64 << 10;

/**
 * Finds the traces that have a span. All of the store is looked through, since a span ID alone may be in more than one
 * trace and then names neither.
 */
export async function locateSpan(store: ObjectStore, spanId: string): Promise<SpanPlaces> {
  const found = new Map<string, number>();
  const unreadable: string[] = [];
  // Journals first, as in readTrace: what is sealed meanwhile is then seen at least once.
  for (const prefix of [JOURNALS, SEGMENTS]) {
    for await (const { key, size } of store.list(prefix)) {
      const parsed = parseName(key);
      if (parsed === undefined) continue;
      try {
        if (!(await spanIdsOf(store, parsed, size)).includes(spanId)) continue;
        found.set(parsed.traceId, Math.min(parsed.startMillis, found.get(parsed.traceId) ?? Number.POSITIVE_INFINITY));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        unreadable.push(key);
      }
    }
  }
  const traceIds = [...found].sort(([, a], [, b]) => b - a).map(([traceId]) => traceId);
  return { traceIds, unreadable };
}

async function spanIdsOf(store: ObjectStore, { key, sealed }: ParsedName, size: number): Promise<readonly string[]> {
  if (sealed && size > WHOLE_BYTES) {
    const fromEnd = await spanIdsFromEnd(store, key, size);
    if (fromEnd !== undefined) return fromEnd;
  }
  const bytes = await store.get(key);
  if (bytes === undefined || bytes.length === 0) return [];
  return readSegmentSummary(bytes, key)?.spanIds ?? readSegment(bytes, key).envelopes.map((envelope) => envelope.spanId);
}

/** Reads the footer without the body: it is found from the end, so the body may be left out between the two ranges. */
async function spanIdsFromEnd(store: ObjectStore, key: string, size: number): Promise<readonly string[] | undefined> {
  const [head, end] = await Promise.all([store.get(key, { start: 0, end: FILE_HEAD_BYTES }), store.get(key, { start: size - END_BYTES, end: size })]);
  if (head === undefined || end === undefined) return [];
  try {
    return readSegmentSummary(Buffer.concat([head, end]), key)?.spanIds;
  } catch (error) {
    // The footer is longer than what was fetched, or the segment is damaged: reading it whole will tell.
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
