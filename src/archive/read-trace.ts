// Fetches all that a store has of one trace, and reads a recording file. The merging is done in merge-segments.ts.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ChronicleError, type ChronicleErrorCode, isChronicleError } from '../errors.js';
import { type Recording, readSegment, type SegmentContent } from '../envelope/index.js';
import type { ObjectStore } from '../storage/index.js';
import { tracePrefix } from './keys.js';
import { mergeSegments, type SegmentPart, type UnreadablePart } from './merge-segments.js';
import { compareNames, journalPrefix, type ParsedName, parseName, sealedKeyOf } from './segment-names.js';

/** Objects that are fetched at once: enough to hide the latency of an object store, few enough to bound memory. */
const PARALLEL_READS = 8;

/** What of a trace can be in a segment that is not whole, or not for this version; a fault of the store is none of these. */
const UNREADABLE: ReadonlySet<ChronicleErrorCode> = new Set<ChronicleErrorCode>([
  'CHRONICLE_SEGMENT_DAMAGED',
  'CHRONICLE_SEGMENT_VERSION',
  'CHRONICLE_SEGMENT_LIMIT',
  'CHRONICLE_DEPENDENCY_MISSING',
]);

/** Whether an error says that one segment cannot be read, while others may be. */
export function isUnreadable(error: unknown): error is ChronicleError {
  return isChronicleError(error) && UNREADABLE.has(error.code);
}

/** A segment, its journal, or both: after a crash between the two steps of sealing, both are there. */
interface Place {
  sealed?: ParsedName;
  journal?: ParsedName;
}

type PlaceContent = { readonly parts: readonly SegmentPart[]; readonly unreadable: readonly UnreadablePart[] };

/**
 * Reads all that is stored of a trace; undefined if nothing is. A segment that cannot be read is a reason why the
 * recording is not complete; the error is thrown only if nothing else of the trace can be read.
 */
export async function readTrace(store: ObjectStore, traceId: string): Promise<Recording | undefined> {
  const places = await placesOf(store, traceId);
  const contents: PlaceContent[] = [];
  for (let from = 0; from < places.length; from += PARALLEL_READS) {
    contents.push(...(await Promise.all(places.slice(from, from + PARALLEL_READS).map((place) => readPlace(store, place)))));
  }
  const parts = contents.flatMap((content) => content.parts);
  const unreadable = contents.flatMap((content) => content.unreadable);
  if (parts.length > 0) return mergeSegments(traceId, parts, unreadable);
  const [first, ...more] = unreadable;
  if (first === undefined) return undefined;
  if (more.length === 0) throw first.error;
  throw new ChronicleError(
    'CHRONICLE_SEGMENT_DAMAGED',
    `Nothing of trace ${traceId} in ${store.url} can be read: none of its ${unreadable.length} segments is readable. The first one:\n${first.error.message}`,
    { facts: { traceId, store: store.url, segments: unreadable.map(({ name }) => name) }, cause: first.error },
  );
}

/** Reads one `.chronicle` or `.open` file as a recording of its own. */
export async function readRecordingFile(file: string): Promise<Recording> {
  const bytes = await readBytes(file);
  const content = readSegment(bytes, file);
  return mergeSegments(content.traceId, [{ name: file, sealed: !file.toLowerCase().endsWith('.open'), content }], [], 'file');
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const systemCode = (error as NodeJS.ErrnoException).code;
    const whole = path.resolve(file);
    const options = { facts: { path: whole, systemCode }, cause: error };
    if (systemCode === 'ENOENT' || systemCode === 'ENOTDIR') {
      throw new ChronicleError('CHRONICLE_REF_NOT_FOUND', `There is no recording file ${whole}.\nCheck the path and the working directory.`, options);
    }
    throw new ChronicleError(
      'CHRONICLE_STORE_UNAVAILABLE',
      `Cannot read the recording file ${whole}: ${(error as Error).message}.\nCheck the file and who may read it.`,
      options,
    );
  }
}

/**
 * The places of a trace in order. Journals are listed before segments: a journal that is sealed meanwhile is then seen
 * as a journal, a segment, or both, but never as neither.
 */
async function placesOf(store: ObjectStore, traceId: string): Promise<Place[]> {
  const places = new Map<string, Place>();
  for (const prefix of [journalPrefix(traceId), tracePrefix(traceId)]) {
    for await (const { key } of store.list(prefix)) {
      const parsed = parseName(key);
      if (parsed === undefined) continue;
      const place = places.get(parsed.name) ?? {};
      places.set(parsed.name, place);
      if (parsed.sealed) place.sealed = parsed;
      else place.journal = parsed;
    }
  }
  return [...places.values()].sort((a, b) => compareNames((a.sealed ?? a.journal) as ParsedName, (b.sealed ?? b.journal) as ParsedName));
}

/** The sealed segment counts; where it cannot be read to its end, its journal does as well. */
async function readPlace(store: ObjectStore, { sealed, journal }: Place): Promise<PlaceContent> {
  const traceId = (sealed ?? journal)?.traceId ?? '';
  const fromSegment = sealed === undefined ? undefined : await readPart(store, sealed.key, true, traceId);
  if (fromSegment !== undefined && 'content' in fromSegment && fromSegment.content.damage === undefined) return { parts: [fromSegment], unreadable: [] };
  let fromJournal = journal === undefined ? undefined : await readPart(store, journal.key, false, traceId);
  // The journal was sealed since it was listed, so the segment is there now.
  if (journal !== undefined && sealed === undefined && fromJournal === undefined) fromJournal = await readPart(store, sealedKeyOf(journal), true, traceId);
  const found = [fromSegment, fromJournal].filter((part) => part !== undefined);
  return { parts: found.filter((part) => 'content' in part), unreadable: found.filter((part) => 'error' in part) };
}

async function readPart(store: ObjectStore, key: string, sealed: boolean, traceId: string): Promise<SegmentPart | UnreadablePart | undefined> {
  const bytes = await store.get(key);
  // A journal is created and then written: while it is empty it says nothing.
  if (bytes === undefined || (bytes.length === 0 && !sealed)) return undefined;
  try {
    return { name: key, sealed, content: checked(readSegment(bytes, key), key, traceId) };
  } catch (error) {
    if (isUnreadable(error)) return { name: key, error };
    throw error;
  }
}

function checked(content: SegmentContent, key: string, traceId: string): SegmentContent {
  if (content.traceId === traceId) return content;
  throw new ChronicleError(
    'CHRONICLE_SEGMENT_DAMAGED',
    `Cannot read ${key}: it holds trace ${content.traceId} and lies in the folder of another.\nMove it to ${tracePrefix(content.traceId)} or remove it.`,
    { facts: { segment: key, traceId: content.traceId } },
  );
}
