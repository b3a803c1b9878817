// Hands a recorded outcome to the caller in the form in which the function would have: by value or by promise, thrown,
// or as a stream that comes chunk by chunk.

import { setTimeout as waitFor } from 'node:timers/promises';
import type { RecordedOutcome } from '../crossing/index.js';
import { graceOf, replayNodeReadable } from './deliver-node.js';

/** Gives back what a crossing gave when it was recorded. `async`: whether the function of today answers by a promise. */
export function deliver(outcome: RecordedOutcome, async: boolean): unknown {
  const promised = async || outcome.async;
  switch (outcome.kind) {
    case 'returned':
      return promised ? Promise.resolve(outcome.value) : outcome.value;
    case 'threw':
      if (promised) return Promise.reject(outcome.error);
      throw outcome.error;
    case 'streamed': {
      const stream = toStream(outcome);
      return promised ? Promise.resolve(stream) : stream;
    }
  }
}

type Streamed = Extract<RecordedOutcome, { kind: 'streamed' }>;

function toStream(outcome: Streamed): unknown {
  switch (outcome.form) {
    case 'generator':
      return replayGenerator(outcome);
    case 'async-generator':
      return replayAsyncGenerator(outcome);
    case 'async-iterable':
      return { [Symbol.asyncIterator]: () => replayAsyncGenerator(outcome) };
    case 'readable-stream':
      return replayReadable(outcome);
    case 'node-readable':
      return replayNodeReadable(outcome, outcome.pace === 'recorded' ? pacer(outcome) : undefined);
  }
}

function* replayGenerator(outcome: Streamed): Generator<unknown, unknown> {
  for (const chunk of outcome.chunks) yield chunk.value;
  return finish(outcome);
}

async function* replayAsyncGenerator(outcome: Streamed): AsyncGenerator<unknown, unknown> {
  const pause = pacer(outcome);
  for (const chunk of outcome.chunks) {
    await pause(chunk.offsetMillis);
    yield chunk.value;
  }
  return finish(outcome);
}

/** The parts of both kinds of stream controller that are needed here. */
interface StreamController {
  readonly byobRequest?: { respond(bytes: number): void } | null;
  enqueue(chunk: unknown): void;
  close(): void;
  error(reason: unknown): void;
}

function replayReadable(outcome: Streamed): ReadableStream {
  const pause = pacer(outcome);
  let at = 0;
  const left = new AbortController();
  const source = {
    async pull(controller: StreamController): Promise<void> {
      const chunk = outcome.chunks[at];
      if (chunk !== undefined) {
        at++;
        await pause(chunk.offsetMillis);
        controller.enqueue(chunk.value);
        return;
      }
      // The recorded reader may have left while it waited for a chunk that did not come, as after a time-out.
      if (outcome.end === 'cancelled' || outcome.end === 'abandoned')
        await waitFor(graceOf(outcome), undefined, { signal: left.signal }).catch(() => undefined);
      if (left.signal.aborted) return;
      try {
        finish(outcome);
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        controller.error(error);
      }
    },
    cancel: () => left.abort(),
  };
  // Only a stream of bytes can be read into buffers of the reader's own, and one can be read in every other way too.
  if (outcome.chunks.length > 0 && outcome.chunks.every(({ value }) => isBytes(value))) return new ReadableStream({ ...source, type: 'bytes' });
  // Nothing is read ahead: a reader that leaves where the recorded one did asks for no more.
  return new ReadableStream(source, { highWaterMark: 0 });
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array && value.constructor === Uint8Array && value.length > 0;
}

/** What comes after the last chunk. A stream that was left early has no known rest, so asking for it is refused. */
function finish(outcome: Streamed): unknown {
  switch (outcome.end) {
    case 'done':
      return outcome.value;
    case 'error':
      throw outcome.value;
    case 'cancelled':
    case 'abandoned':
      if (outcome.onOverrun !== undefined) throw outcome.onOverrun();
      return undefined;
  }
}

function pacer(outcome: Streamed): (offsetMillis: number) => Promise<void> {
  if (outcome.pace === 'fast') return () => Promise.resolve();
  const start = performance.now();
  return (offsetMillis) => {
    const wait = offsetMillis - (performance.now() - start);
    return wait <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
  };
}
