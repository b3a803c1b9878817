// Reading the stream that a replayed entry returned, so that the calls inside it are made.

import { types } from 'node:util';
import type { StreamEnd } from '../crossing/index.js';
import type { StoredOutcome } from '../envelope/index.js';

/** A stream read to its end, or as far as its recorded consumer read. */
export interface ReadStream {
  readonly chunks: readonly unknown[];
  readonly end: StreamEnd;
  /** The return value of a generator that is done, or the error. */
  readonly value: unknown;
}

type Iteration = Iterator<unknown> | AsyncIterator<unknown>;

/** The iterator of a value that has to be read for its calls to be made; undefined for any other value. */
export function iterationOf(value: unknown, recorded: StoredOutcome): Iteration | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (types.isGeneratorObject(value)) return value as unknown as Iteration;
  const { next, getReader } = value as { next?: unknown; getReader?: unknown };
  const asyncIterator = (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator];
  const wasStream = recorded.kind === 'streamed' || recorded.kind === 'unknown';
  // A host stream (a socket, a file) that was recorded as a plain value stays unread.
  if (typeof asyncIterator === 'function' && (wasStream || typeof next === 'function' || typeof getReader === 'function')) {
    return asyncIterator.call(value) as Iteration;
  }
  if (wasStream && typeof next === 'function') return value as Iteration;
  return undefined;
}

/**
 * Reads a stream as its recorded consumer did: to its end, or up to the chunk after which that one left. Reading on
 * would ask for calls that nobody recorded.
 */
export async function readAsRecorded(iteration: Iteration, recorded: StoredOutcome): Promise<ReadStream> {
  const read: unknown[] = [];
  const pieces = piecesOf(recorded);
  const chunksOf = (): readonly unknown[] => (pieces === undefined ? read : cutAs(pieces, read));
  const unitsOf = (chunk: unknown): number => (pieces !== undefined && isCuttable(chunk) ? chunk.length : 1);
  let left = Number.POSITIVE_INFINITY;
  if (recorded.kind === 'streamed' && (recorded.end === 'cancelled' || recorded.end === 'abandoned'))
    left = pieces?.reduce((sum, piece) => sum + piece.length, 0) ?? recorded.chunks.length;
  try {
    while (left > 0) {
      const step = await iteration.next();
      if (step.done === true) return { chunks: chunksOf(), end: 'done', value: step.value };
      const chunk: unknown = await step.value;
      read.push(chunk);
      left -= unitsOf(chunk);
    }
    if (recorded.kind === 'streamed' && recorded.end === 'abandoned') return { chunks: chunksOf(), end: 'abandoned', value: undefined };
    await iteration.return?.(undefined);
    return { chunks: chunksOf(), end: 'cancelled', value: undefined };
  } catch (error) {
    return { chunks: chunksOf(), end: 'error', value: error };
  }
}

/**
 * The recorded pieces of a stream of bytes of Node; undefined for any other stream. How such a stream is cut is up to
 * its reader and to what had arrived, so what is read now is cut as it was then.
 */
function piecesOf(recorded: StoredOutcome): readonly (string | Buffer)[] | undefined {
  if (recorded.kind !== 'streamed' || recorded.form !== 'node-readable') return undefined;
  const head = recorded.head?.decode() as { readonly objectMode?: unknown } | undefined;
  if (head?.objectMode !== false) return undefined;
  const pieces = recorded.chunks.map(({ value }) => value.decode());
  return pieces.every(isCuttable) ? pieces : undefined;
}

function isCuttable(chunk: unknown): chunk is string | Buffer {
  return typeof chunk === 'string' || Buffer.isBuffer(chunk);
}

/** What was read, in pieces of the recorded sizes; what is more is one piece. */
function cutAs(pieces: readonly (string | Buffer)[], read: readonly unknown[]): readonly unknown[] {
  const whole = wholeOf(read, typeof pieces[0] === 'string');
  if (whole === undefined) return read;
  const chunks: unknown[] = [];
  let at = 0;
  for (const { length } of pieces) {
    if (at >= whole.length) break;
    chunks.push(whole.slice(at, at + length));
    at += length;
  }
  if (at < whole.length) chunks.push(whole.slice(at));
  return chunks;
}

/** All that was read as one; as text where the recorded consumer had it decoded. */
function wholeOf(read: readonly unknown[], asText: boolean): string | Buffer | undefined {
  if (read.every((chunk) => typeof chunk === 'string')) return read.join('');
  if (!read.every((chunk) => Buffer.isBuffer(chunk))) return undefined;
  const bytes = Buffer.concat(read);
  return asText ? bytes.toString() : bytes;
}
