// Which segments a call of verify means, and their bytes, one after the other.

import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ObjectStore, parseRef, readRecordingFile, toStore, tracePrefix } from '../archive/index.js';
import { journalPrefix, parseName } from '../archive/segment-names.js';
import { isChronicleError } from '../errors.js';
import type { CommandCall } from './cli-command.js';
import { openStoreFor, openStoreOf } from './store-of.js';
import { type SegmentVerdict, verifySegment } from './verify-segment.js';

/** What is to be verified. */
export interface VerifySource {
  /** URL of the store; undefined for a file. */
  readonly store: string | undefined;
  readonly verdicts: AsyncIterable<SegmentVerdict>;
}

/** Finds out what is meant: the whole store, a run, a file, or a folder that is a store. */
export async function verifySource(given: string | undefined, call: CommandCall): Promise<VerifySource> {
  if (given === undefined) return ofStore(toStore((await openStoreOf(call)).storeUrl), ['']);
  const path = await pathOf(given, call.io.cwd);
  if (path?.kind === 'folder') return ofStore(toStore(path.path), ['']);
  if (path?.kind === 'file') return { store: undefined, verdicts: ofFile(path.path) };
  const { archive, storeUrl, ref } = await openStoreFor(given, call);
  if (ref.kind === 'file') return { store: undefined, verdicts: ofFile(ref.path) };
  const store = toStore(storeUrl);
  if (ref.traceId !== undefined && (await hasAny(store, prefixesOf(ref.traceId)))) return ofStore(store, prefixesOf(ref.traceId));
  // A span alone, or one that is stored with the run that called it. What is not there is said by the archive.
  return ofStore(store, prefixesOf((await archive.find(ref)).recording.traceId));
}

/** A path that is no ref by its form: a folder, or a file with another ending. */
async function pathOf(given: string, cwd: string): Promise<{ readonly kind: 'folder' | 'file'; readonly path: string } | undefined> {
  try {
    parseRef(given);
    return undefined;
  } catch (error) {
    if (!isChronicleError(error, 'CHRONICLE_REF_INVALID')) throw error;
    const path = resolve(cwd, given.replace(/^file:(?:\/\/(?=\/))?/i, ''));
    const facts = given.trim() === '' || path.includes('\0') ? undefined : await stat(path).catch(() => undefined);
    if (facts === undefined) throw error;
    return { kind: facts.isDirectory() ? 'folder' : 'file', path };
  }
}

/** Journals first: one that is sealed meanwhile is then seen at least once. */
function prefixesOf(traceId: string): string[] {
  return [journalPrefix(traceId), tracePrefix(traceId)];
}

async function hasAny(store: ObjectStore, prefixes: readonly string[]): Promise<boolean> {
  for (const prefix of prefixes) for await (const { key } of store.list(prefix)) if (isSegment(key)) return true;
  return false;
}

function isSegment(key: string): boolean {
  return /\.(?:chronicle|open)$/.test(key);
}

function ofStore(store: ObjectStore, prefixes: readonly string[]): VerifySource {
  return { store: store.url, verdicts: verdictsOf(store, prefixes) };
}

async function* verdictsOf(store: ObjectStore, prefixes: readonly string[]): AsyncGenerator<SegmentVerdict> {
  for (const prefix of prefixes) {
    for await (const { key } of store.list(prefix)) {
      const verdict = isSegment(key) ? await verdictOf(store, key) : undefined;
      if (verdict !== undefined) yield verdict;
    }
  }
}

/** A record that a process is writing just now looks torn until it is written. */
const LOOK_AGAIN_MILLIS = 100;

/** Undefined for a journal that is empty yet, or was sealed since it was listed. */
async function verdictOf(store: ObjectStore, key: string): Promise<SegmentVerdict | undefined> {
  const named = parseName(key);
  const sealed = named?.sealed ?? !key.endsWith('.open');
  for (let again = false; ; again = true) {
    const bytes = await store.get(key);
    if (bytes === undefined || (bytes.length === 0 && !sealed)) return undefined;
    const verdict = verifySegment(bytes, key, { sealed, namedAs: named });
    if (verdict.state === 'sound' || sealed || again) return verdict;
    await pause(LOOK_AGAIN_MILLIS);
  }
}

async function* ofFile(path: string): AsyncGenerator<SegmentVerdict> {
  const bytes = await readFile(path).catch(async (error: unknown) => {
    // The archive has the words for a file that cannot be read.
    await readRecordingFile(path);
    throw error;
  });
  yield verifySegment(bytes, path, { sealed: !path.toLowerCase().endsWith('.open'), namedAs: undefined });
}
