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
  const chunks: unknown[] = [];
  const leavesAfter =
    recorded.kind === 'streamed' && (recorded.end === 'cancelled' || recorded.end === 'abandoned') ? recorded.chunks.length : Number.POSITIVE_INFINITY;
  try {
    while (chunks.length < leavesAfter) {
      const step = await iteration.next();
      if (step.done === true) return { chunks, end: 'done', value: step.value };
      chunks.push(await step.value);
    }
    if (recorded.kind === 'streamed' && recorded.end === 'abandoned') return { chunks, end: 'abandoned', value: undefined };
    await iteration.return?.(undefined);
    return { chunks, end: 'cancelled', value: undefined };
  } catch (error) {
    return { chunks, end: 'error', value: error };
  }
}
