// A recorded stream of Node, given back: a Readable that yields the recorded chunks one by one, whichever way it is read.

import { Readable } from 'node:stream';
import type { RecordedOutcome } from '../crossing/index.js';
import { ChronicleError } from '../errors.js';
import { defineField } from '../value/index.js';

type Streamed = Extract<RecordedOutcome, { kind: 'streamed' }>;

/**
 * Beyond the recorded time, how long a stream that its recorded consumer left waits to be left again. A consumer that
 * is sent its chunks has no way to say that it wants no more of them than by leaving.
 */
const GRACE_MILLIS = 1_000;

/** Makes the stream. `pause` waits until a chunk is due; without it, each is there when it is asked for. */
export function replayNodeReadable(outcome: Streamed, pause: ((offsetMillis: number) => Promise<void>) | undefined): Readable {
  const head = (typeof outcome.head === 'object' && outcome.head !== null ? outcome.head : {}) as {
    readonly objectMode?: unknown;
    readonly encoding?: unknown;
    readonly writable?: unknown;
    readonly fields?: unknown;
  };
  const isBytes = outcome.chunks.every(({ value }) => typeof value === 'string' || value instanceof Uint8Array);
  const objectMode = typeof head.objectMode === 'boolean' ? head.objectMode : !isBytes;
  const { encoding } = head;
  let at = 0;
  let overrun: NodeJS.Timeout | undefined;
  const stream: Readable = new Readable({
    objectMode,
    ...(typeof encoding === 'string' && Buffer.isEncoding(encoding) ? { encoding } : {}),
    // Nothing is read ahead, so that no two chunks become one.
    highWaterMark: 0,
    read() {
      // Who is sent the chunks gets each in a turn of its own, as from a source that is waited for: what it does when it
      // has one, it may do after some awaits. Who asks for a chunk has it at once.
      if (pause === undefined && stream.readableFlowing === true) setImmediate(step);
      else step();
    },
    destroy(error, callback) {
      clearTimeout(overrun);
      callback(error);
    },
  });
  const step = (): void => {
    if (stream.destroyed) return;
    const chunk = outcome.chunks[at];
    if (chunk === undefined) {
      end();
      return;
    }
    at++;
    if (pause === undefined) push(chunk.value);
    else void pause(chunk.offsetMillis).then(() => push(chunk.value));
  };
  const push = (value: unknown): void => {
    if (stream.destroyed) return;
    // Text that is in the encoding of the stream already goes through as it is.
    if (typeof value === 'string' && !objectMode) stream.push(value, stream.readableEncoding ?? 'utf8');
    else stream.push(value);
  };
  const end = (): void => {
    switch (outcome.end) {
      case 'done':
        if (Object.hasOwn(stream, 'complete')) defineField(stream, 'complete', true);
        stream.push(null);
        break;
      case 'error':
        stream.destroy(outcome.value as Error);
        break;
      case 'cancelled':
      case 'abandoned':
        overrun ??= setTimeout(() => {
          const error = outcome.onOverrun?.();
          if (error === undefined) stream.push(null);
          // The session knows; an error that nobody hears would end the process before it can say so.
          else stream.destroy(stream.listenerCount('error') > 0 ? error : undefined);
        }, graceOf(outcome));
    }
  };
  const { fields } = head;
  if (typeof fields === 'object' && fields !== null) {
    for (const [name, value] of Object.entries(fields)) if (!(name in stream)) defineField(stream, name, value);
  }
  if (head.writable === true) refuseWrites(stream);
  return stream;
}

/** How long a stream that was left waits at its recorded end to be left again. */
export function graceOf({ end, chunks, endOffsetMillis = 0 }: Streamed): number {
  const last = chunks.at(-1)?.offsetMillis ?? 0;
  return end === 'cancelled' ? GRACE_MILLIS + Math.max(0, endOffsetMillis - last) : GRACE_MILLIS;
}

/**
 * The other side of a duplex stream. What was written into it is not recorded, so that nothing can be said of what it
 * would have given for what is written now; to close it says nothing.
 */
function refuseWrites(stream: Readable): void {
  const write = (): never => {
    throw new ChronicleError(
      'CHRONICLE_REPLAY_REFUSED',
      'What is written into a stream that a boundary returned is not recorded, so replay cannot say what it would give.\nPass what is written as an argument of the boundary, or set its policy to live.',
    );
  };
  const end = (chunk?: unknown): Readable => (chunk === undefined || chunk === null || typeof chunk === 'function' ? stream : write());
  for (const [name, value] of Object.entries({ write, end })) Object.defineProperty(stream, name, { value, writable: true, configurable: true });
}
