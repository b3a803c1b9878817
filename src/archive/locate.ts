// Which traces have a span, when only the span ID is known: every segment is read, though none of its values is built.

import { readSegment } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';
import { isUnreadable } from './read-trace.js';
import { JOURNALS, type ParsedName, parseName, SEGMENTS } from './segment-names.js';

/** What a search for a span found. */
export interface SpanPlaces {
  /** Traces that have the span, newest first. */
  readonly traceIds: readonly string[];
  /** Keys of segments that could not be read, or not to their end, so that the span may be in them. */
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
        const { spanIds, whole } = await spansOf(store, parsed);
        if (!spanIds.includes(spanId)) {
          if (!whole) unreadable.push(key);
          continue;
        }
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

async function spansOf(store: ObjectStore, { key }: ParsedName): Promise<{ readonly spanIds: readonly string[]; readonly whole: boolean }> {
  const bytes = await store.get(key);
  if (bytes === undefined || bytes.length === 0) return { spanIds: [], whole: true };
  const { envelopes, damage } = readSegment(bytes, key);
  return { spanIds: envelopes.map((envelope) => envelope.spanId), whole: damage === undefined };
}
