// Reading the names that keys.ts makes: which trace a key belongs to, and when it began.

import { tracePrefix } from './keys.js';

/** Prefix of all sealed segments. */
export const SEGMENTS = 'v1/traces/';
/** Prefix of the journals that lie beside the segments of a file store. */
export const JOURNALS = 'journal/';

/** What the key of a segment or of an open journal says. */
export interface ParsedName {
  readonly key: string;
  readonly traceId: string;
  /** Equal for a segment and its journal. */
  readonly name: string;
  readonly startMillis: number;
  readonly writer: string;
  readonly index: number;
  readonly sealed: boolean;
}

const SEGMENT_KEY = /^v1\/traces\/([0-9a-f]{32})\/((\d{1,15})-([A-Za-z0-9]+)-(\d{1,9}))\.chronicle$/;
const JOURNAL_KEY = /^journal\/([0-9a-f]{32})\.((\d{1,15})-([A-Za-z0-9]+)-(\d{1,9}))\.open$/;

/** Reads a key; undefined for a key of something else, which a reader leaves alone. */
export function parseName(key: string): ParsedName | undefined {
  const sealed = key.startsWith(SEGMENTS);
  const [, traceId, name, startMillis, writer, index] = (sealed ? SEGMENT_KEY : JOURNAL_KEY).exec(key) ?? [];
  if (traceId === undefined || name === undefined || writer === undefined) return undefined;
  return { key, traceId, name, startMillis: Number(startMillis), writer, index: Number(index), sealed };
}

/** Prefix of the journals of one trace. */
export function journalPrefix(traceId: string): string {
  return `${JOURNALS}${traceId}.`;
}

/** The key under which a journal is sealed. */
export function sealedKeyOf(journal: ParsedName): string {
  return `${tracePrefix(journal.traceId)}${journal.name}.chronicle`;
}

/** Order of the segments of a trace: by start, then by writer, then as the writer counted them. */
export function compareNames(a: ParsedName, b: ParsedName): number {
  return a.startMillis - b.startMillis || (a.writer < b.writer ? -1 : a.writer > b.writer ? 1 : a.index - b.index);
}
