// Streams: the object that the function returned is handed on as it is, with its own reading methods observed in place.
// Back-pressure, early ends and errors stay what they were; each step runs in the context of the crossing.

import { types } from 'node:util';
import { engine, reportFault, type StreamEnd, type StreamForm } from '../crossing/index.js';
import { hasMethod } from './has-method.js';
import { isAwaited, observeNodeReadable, readableStateOf } from './node-streams.js';

/** A stream that nobody has read from for so long is abandoned, where the options of recording do not say. */
const DEFAULT_STREAM_IDLE_MILLIS = 3_600_000;

/** What is told of a stream while it is read. */
export interface StreamObserver {
  /** What the stream says of itself, before any chunk. */
  head(value: unknown): void;
  chunk(value: unknown): void;
  /** Called once. `value` is the return value of a generator, or the error. */
  end(end: StreamEnd, value: unknown): void;
  /** Runs a step of the stream in the context of its crossing. */
  inside<T>(step: () => T): T;
  /** Runs a step of the consumer that was called from inside of that context, as if the call had not been. */
  outside<T>(step: () => T): T;
}

/** What kind of stream a value is, or undefined for anything that is read at once. */
export function streamFormOf(value: unknown): StreamForm | undefined {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return undefined;
  if (types.isGeneratorObject(value)) return hasMethod(value, Symbol.asyncIterator) ? 'async-generator' : 'generator';
  if (readableStateOf(value) !== undefined) return 'node-readable';
  if (!hasMethod(value, Symbol.asyncIterator)) return undefined;
  return typeof ReadableStream === 'function' && value instanceof ReadableStream ? 'readable-stream' : 'async-iterable';
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts an own method in front of one that the object has. Fails for a frozen object. */
function override(target: object, name: PropertyKey, make: (original: Method) => Method): void {
  const original = (target as Record<PropertyKey, unknown>)[name];
  if (typeof original !== 'function') return;
  const enumerable = Object.getOwnPropertyDescriptor(target, name)?.enumerable ?? false;
  Object.defineProperty(target, name, { value: make(original as Method), writable: true, configurable: true, enumerable });
}

/**
 * Observes a stream. Returns false where it cannot be observed without changing what the program holds, as with a
 * frozen object.
 */
export function observeStream(stream: object, form: StreamForm, raw: StreamObserver): boolean {
  if (!Object.isExtensible(stream)) return false;
  const observer = watch(stream, raw);
  try {
    switch (form) {
      case 'generator':
        observeIterator(stream, observer, false);
        break;
      case 'async-generator':
        observeIterator(stream, observer, true);
        break;
      case 'async-iterable':
        observeIterable(stream, observer);
        break;
      case 'readable-stream':
        observeReadable(stream as ReadableStream, observer);
        break;
      case 'node-readable':
        observeNodeReadable(stream, observer);
    }
  } catch (error) {
    observer.leave();
    throw error;
  }
  return true;
}

/** Ends the call of a stream that nobody can read any more. Holds nothing of the stream itself. */
const collected = new FinalizationRegistry<() => void>((abandon) => abandon());

/** Keeps an iterable as long as its iterator is read. */
const iterableOf = new WeakMap<object, object>();

interface Watch extends StreamObserver {
  /** Somebody waits for a chunk until the function that comes back is called. */
  waits(): () => void;
  /** Tells of nothing any more. */
  leave(): void;
}

/**
 * Passes on what a stream does until it ends, and ends it as abandoned when nobody can read it any more, or when nobody
 * has for long. Who waits for a chunk reads, however long it takes. Holds nothing of the stream itself, and its timer
 * does not keep the process alive.
 */
function watch(stream: object, observer: StreamObserver): Watch {
  const idleMillis = engine().streamIdleMillis ?? DEFAULT_STREAM_IDLE_MILLIS;
  const weak = new WeakRef(stream);
  let over: 'no' | 'ended' | 'abandoned' = 'no';
  let waiting = 0;
  let lastRead = performance.now();
  const finish = (end: StreamEnd, value: unknown): void => {
    if (over !== 'no') return;
    over = end === 'abandoned' ? 'abandoned' : 'ended';
    clearTimeout(timer);
    observer.end(end, value);
  };
  const look = (): void => {
    const left = lastRead + idleMillis - performance.now();
    const held = weak.deref();
    if (waiting > 0 || (held !== undefined && isAwaited(held))) lastRead = performance.now();
    else if (left <= 0) return finish('abandoned', undefined);
    timer = setTimeout(look, waiting > 0 || left <= 0 ? idleMillis : left);
    timer.unref();
  };
  let timer = setTimeout(look, idleMillis);
  timer.unref();
  collected.register(stream, () => finish('abandoned', undefined));
  return {
    head: (value) => observer.head(value),
    chunk(value) {
      lastRead = performance.now();
      if (over === 'no') observer.chunk(value);
      // Its call is stored as abandoned, and what comes now cannot be added to it.
      else if (over === 'abandoned') reportFault('abandoned stream', new Error('a stream was read on after its call had ended as abandoned'));
    },
    end: finish,
    inside: (step) => observer.inside(step),
    outside: (step) => observer.outside(step),
    waits() {
      waiting++;
      return () => {
        waiting--;
        lastRead = performance.now();
      };
    },
    leave() {
      over = 'ended';
      clearTimeout(timer);
    },
  };
}

function observeIterator(iterator: object, observer: Watch, async: boolean, endsWithReturn = true): void {
  const step = (original: Method, ending: StreamEnd): Method =>
    function (this: unknown, ...args: unknown[]) {
      return track(observer, async, ending, () => Reflect.apply(original, iterator, args));
    };
  override(iterator, 'next', (original) => step(original, 'done'));
  if (endsWithReturn) override(iterator, 'return', (original) => step(original, 'cancelled'));
  override(iterator, 'throw', (original) => step(original, 'error'));
}

/** Takes one step. `isVoid` says of a step that failed that it was none. */
function track(observer: Watch, async: boolean, ending: StreamEnd, run: () => unknown, isVoid: () => boolean = () => false): unknown {
  const settle = (result: unknown): unknown => {
    const { done, value } = (result ?? {}) as { done?: boolean; value?: unknown };
    if (done === true) observer.end(ending === 'error' ? 'done' : ending, value);
    else observer.chunk(value);
    return result;
  };
  let result: unknown;
  try {
    result = observer.inside(run);
  } catch (error) {
    observer.end('error', error);
    throw error;
  }
  if (!async) return settle(result);
  if (!types.isPromise(result)) return settle(result);
  const came = observer.waits();
  return result.then(
    (step) => {
      came();
      return settle(step);
    },
    (error: unknown) => {
      came();
      if (!isVoid()) observer.end('error', error);
      throw error;
    },
  );
}

function observeIterable(iterable: object, observer: Watch): void {
  let first = true;
  override(
    iterable,
    Symbol.asyncIterator,
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const iterator = observer.inside(() => Reflect.apply(original, iterable, args));
        // A second iteration reads the same source, or nothing; only the first is what the crossing gave.
        if (first && typeof iterator === 'object' && iterator !== null && Object.isExtensible(iterator)) {
          first = false;
          iterableOf.set(iterator, iterable);
          observeIterator(iterator, observer, true);
        }
        return iterator;
      },
  );
}

/** A copy of a web stream that passes every chunk through the observer, for the methods that read by themselves. */
interface ObservedCopy {
  readonly copy: ReadableStream;
  /** Locks the stream that was copied. */
  lock(): void;
  /** Unlocks it where the copy is not read any more; a chunk that nobody got stays in it. */
  unlock(): void;
}

/**
 * What stands under our own methods. A stream that went through two boundaries has those of both: the copy of the outer
 * one reads by a reader that the inner one observes, and is read by the stream's own method.
 */
const underneath = new WeakMap<Method, Method>();

type GetReader = (options?: { readonly mode: 'byob' }) => ReadableStreamDefaultReader;

/** Whether a stream that nobody has locked can be read into buffers of the reader's own. */
function isByteStream(getReader: GetReader): boolean {
  try {
    getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** The copy asks for a chunk when it is asked for one. It unlocks the stream at its end where the method would. */
function copyOf(getReader: GetReader, observer: Watch, { bytes, unlocks }: { readonly bytes: boolean; readonly unlocks: boolean }): ObservedCopy {
  let reader: ReadableStreamDefaultReader | undefined;
  let unlocked = false;
  const lock = (): ReadableStreamDefaultReader => (reader ??= getReader());
  const unlock = (): void => {
    unlocked = true;
    reader?.releaseLock();
  };
  const over = unlocks ? unlock : (): void => undefined;
  const source = {
    async pull(controller: ReadableStreamDefaultController | ReadableByteStreamController): Promise<void> {
      let step: { readonly done: boolean; readonly value?: unknown };
      const came = observer.waits();
      try {
        step = await observer.inside(() => lock().read());
      } catch (error) {
        if (unlocked) return;
        observer.end('error', error);
        over();
        controller.error(error);
        return;
      } finally {
        came();
      }
      if (step.done) {
        observer.end('done', undefined);
        over();
        controller.close();
        if ('byobRequest' in controller) controller.byobRequest?.respond(0);
        return;
      }
      observer.chunk(step.value);
      controller.enqueue(step.value as never);
    },
    async cancel(reason: unknown): Promise<void> {
      observer.end('cancelled', reason);
      await lock().cancel(reason);
      over();
    },
  };
  const copy = bytes ? new ReadableStream({ ...source, type: 'bytes' }) : new ReadableStream(source, { highWaterMark: 0 });
  return { copy, lock, unlock };
}

function observeReadable(stream: ReadableStream, observer: Watch): void {
  const { getReader } = stream;
  const getOriginalReader: GetReader = (...args) => Reflect.apply(getReader, stream, args) as ReadableStreamDefaultReader;
  override(
    stream,
    'getReader',
    () =>
      function (...args: unknown[]) {
        const reader = Reflect.apply(getReader, stream, args) as object;
        let released = false;
        override(
          reader,
          'read',
          (original) =>
            (...readArgs: unknown[]) =>
              // What a reader that was released is told says nothing of the stream.
              track(
                observer,
                true,
                'done',
                () => Reflect.apply(original, reader, readArgs),
                () => released,
              ),
        );
        override(reader, 'releaseLock', (original) => (...releaseArgs: unknown[]) => {
          const result = Reflect.apply(original, reader, releaseArgs);
          released = true;
          return result;
        });
        override(reader, 'cancel', (original) => (...cancelArgs: unknown[]) => {
          if (!released) observer.end('cancelled', cancelArgs[0]);
          return Reflect.apply(original, reader, cancelArgs);
        });
        return reader;
      },
  );
  override(stream, 'cancel', (original) => (...args: unknown[]) => {
    if (!stream.locked) observer.end('cancelled', args[0]);
    return Reflect.apply(original, stream, args);
  });
  const read = (original: Method, args: unknown[], made: ObservedCopy): unknown => {
    const result = Reflect.apply(underneath.get(original) ?? original, made.copy, args);
    // One that refuses its arguments reads nothing, and leaves the stream to others.
    if (made.copy.locked) made.lock();
    return result;
  };
  const overrideReading = (name: 'tee' | 'pipeThrough' | 'pipeTo', make: (original: Method) => Method): void =>
    override(stream, name, (original) => {
      const made = make(original);
      underneath.set(made, underneath.get(original) ?? original);
      return made;
    });
  overrideReading('tee', (original) => (...args: unknown[]) => {
    if (stream.locked) return Reflect.apply(original, stream, args);
    return read(original, args, copyOf(getOriginalReader, observer, { bytes: isByteStream(getOriginalReader), unlocks: false }));
  });
  overrideReading('pipeThrough', (original) => (...args: unknown[]) => {
    if (stream.locked) return Reflect.apply(original, stream, args);
    return read(original, args, copyOf(getOriginalReader, observer, { bytes: false, unlocks: true }));
  });
  overrideReading('pipeTo', (original) => (...args: unknown[]) => {
    if (stream.locked) return Reflect.apply(original, stream, args);
    const made = copyOf(getOriginalReader, observer, { bytes: false, unlocks: true });
    // One that ends without cancelling leaves the rest for another reader.
    return (read(original, args, made) as Promise<unknown>).finally(made.unlock);
  });
  const iterate =
    (original: Method): Method =>
    (...args: unknown[]) => {
      const iterator = Reflect.apply(original, stream, args) as object;
      const [options] = args as [{ readonly preventCancel?: unknown } | null | undefined];
      // A loop that leaves without cancelling leaves the rest for another reader.
      observeIterator(iterator, observer, true, options?.preventCancel !== true);
      return iterator;
    };
  override(stream, 'values', iterate);
  override(stream, Symbol.asyncIterator, iterate);
}
