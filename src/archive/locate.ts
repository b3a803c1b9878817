// Which traces have a span, when only the span ID is known: every segment is read, though none of its values is built.

import { readSegment } from '../envelope/index.js';
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

/**
 * Finds the traces that have a span. All of the store is looked through, since a span ID alone may be in more than one
 * trace and then names neither.
 */
export async function locateSpan(store: ObjectStore, spanId: string): Promise<SpanPlaces> {
  const found = new Map<string, number>();
  const unreadable: string[] = [];
  // Journals first, as in readTrace: what is sealed meanwhile is then seen at least once.
  for (const prefix of [JOURNALS, SEGMENTS]) {
    for await (const { key } of store.list(prefix)) {
      const parsed = parseName(key);
      if (parsed === undefined) continue;
      try {
        if (!(await spanIdsOf(store, parsed)).includes(spanId)) continue;
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

async function spanIdsOf(store: ObjectStore, { key }: ParsedName): Promise<readonly string[]> {
  const bytes = await store.get(key);
  return bytes === undefined || bytes.length === 0 ? [] : readSegment(bytes, key).envelopes.map((envelope) => envelope.spanId);
}
