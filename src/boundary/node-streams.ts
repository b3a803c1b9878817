// Readable streams of Node. What a consumer receives leaves the stream in one way, whichever of the many ways of reading
// is used: it is emitted as `data`, or returned by `read()`. So the stream's own `emit` and `read` are observed in place;
// no listener is added, nothing is read, and the stream flows, waits and fails as it would without us.

import { Readable } from 'node:stream';
import { types } from 'node:util';
import type { StreamEnd } from '../crossing/index.js';
import { guarded } from './guard.js';
import { hasMethod } from './has-method.js';

/** What is told of a stream of Node while it is read. */
export interface NodeStreamObserver {
  head(value: unknown): void;
  chunk(value: unknown): void;
  end(end: StreamEnd, value: unknown): void;
  /** Runs a step of the producer in the context of its crossing. */
  inside<T>(step: () => T): T;
  /** Runs a step of the consumer, which may be called from inside the producer, outside of that context. */
  outside<T>(step: () => T): T;
}

/** The part of a stream's state that is looked at. It is the same in Node and in the packages that stand in for it. */
interface ReadableState {
  readonly objectMode?: boolean;
  readonly encoding?: string | null;
  readonly length?: number;
  readonly flowing?: boolean | null;
  readonly readableListening?: boolean;
  readonly endEmitted?: boolean;
  readonly closeEmitted?: boolean;
  readonly emitClose?: boolean;
  readonly destroyed?: boolean;
  readonly errored?: unknown;
}

/** The state of a readable stream of Node; undefined for any other value. Calls no code of the value. */
export function readableStateOf(value: object): ReadableState | undefined {
  const state: unknown = Object.getOwnPropertyDescriptor(value, '_readableState')?.value;
  if (typeof state !== 'object' || state === null || types.isProxy(state)) return undefined;
  return ['emit', 'on', 'read', 'pipe'].every((name) => hasMethod(value, name)) ? state : undefined;
}

/** Whether somebody waits for the next chunk of a stream, however long it takes to come. */
export function isAwaited(stream: object): boolean {
  const state = readableStateOf(stream);
  return state !== undefined && (state.flowing === true || state.readableListening === true);
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts a method of our own in front of one of the stream's. */
function wrap(stream: object, name: string, make: (original: Method) => Method): void {
  if (!hasMethod(stream, name)) return;
  const original = (stream as Record<string, unknown>)[name] as Method;
  const enumerable = Object.getOwnPropertyDescriptor(stream, name)?.enumerable ?? false;
  Object.defineProperty(stream, name, { value: make(original), writable: true, configurable: true, enumerable });
}

/** Observes a readable stream of Node. Throws where its methods cannot be replaced. */
export function observeNodeReadable(stream: object, observer: NodeStreamObserver): void {
  const state = readableStateOf(stream);
  if (state === undefined) throw new TypeError('it is no readable stream');
  observer.head(headOf(stream, state));
  const over = (): void => {
    const { errored } = state;
    if (errored === undefined || errored === null || isLeaving(errored)) observer.end('cancelled', undefined);
    else observer.end('error', errored);
  };
  if (state.endEmitted === true) return observer.end('done', undefined);
  if (state.closeEmitted === true || (state.destroyed === true && state.emitClose === false)) return over();

  const fresh = putBackFilter(state);
  let emitted = 0;
  /** Set while a chunk is put back: a flowing stream emits it at once, and its consumer had it before. */
  let puttingBack = false;
  const received = (chunk: unknown): void => {
    emitted++;
    if (puttingBack) {
      puttingBack = false;
      return;
    }
    const rest = fresh.take(chunk);
    if (rest !== undefined) observer.chunk(rest);
  };
  wrap(
    stream,
    'emit',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        guarded('stream', () => {
          switch (args[0]) {
            case 'data':
              return received(args[1]);
            case 'end':
              return observer.end('done', undefined);
            case 'error':
              return isLeaving(args[1]) ? observer.end('cancelled', undefined) : observer.end('error', args[1]);
            case 'close':
              return over();
          }
        });
        return observer.outside(() => Reflect.apply(original, this, args));
      },
  );
  // A stream that has failed still gives what it holds, and does not emit it.
  wrap(
    stream,
    'read',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const before = emitted;
        const chunk = Reflect.apply(original, this, args);
        if (chunk !== null && chunk !== undefined && emitted === before) guarded('stream', () => received(chunk));
        return chunk;
      },
  );
  wrap(
    stream,
    'unshift',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const before = state.length ?? 0;
        puttingBack = true;
        try {
          return Reflect.apply(original, this, args);
        } finally {
          puttingBack = false;
          fresh.putBack((state.length ?? 0) - before);
        }
      },
  );
  for (const name of ['_read', '_destroy']) {
    wrap(
      stream,
      name,
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          return observer.inside(() => Reflect.apply(original, this, args));
        },
    );
  }
  if (state.emitClose === false) {
    wrap(
      stream,
      'destroy',
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          const result = Reflect.apply(original, this, args);
          guarded('stream', over);
          return result;
        },
    );
  }
}

/**
 * Whether an error is the one that Node gives a stream whose reader leaves a loop over it. One that comes of a signal
 * names its cause, and is an error to whoever reads.
 */
function isLeaving(error: unknown): boolean {
  return types.isNativeError(error) && Object.getOwnPropertyDescriptor(error, 'code')?.value === 'ABORT_ERR' && !Object.hasOwn(error, 'cause');
}

/** Tells what a consumer receives for the first time from what it had put back. */
function putBackFilter({ objectMode }: ReadableState): { take(chunk: unknown): unknown; putBack(units: number): void } {
  let known = 0;
  return {
    putBack(units) {
      if (units > 0) known += units;
    },
    take(chunk) {
      if (known === 0) return chunk;
      if (objectMode === true || (typeof chunk !== 'string' && !(chunk instanceof Uint8Array))) {
        known--;
        return undefined;
      }
      const skipped = Math.min(known, chunk.length);
      known -= skipped;
      if (skipped === chunk.length) return undefined;
      return skipped === 0 ? chunk : typeof chunk === 'string' ? chunk.slice(skipped) : chunk.subarray(skipped);
    },
  };
}

/** What replay needs to give back a stream like this one: how it gives its chunks, and its own plain fields. */
function headOf(stream: object, state: ReadableState): object {
  return {
    objectMode: state.objectMode === true,
    encoding: state.encoding ?? undefined,
    writable: Object.hasOwn(stream, '_writableState'),
    fields: fieldsOf(stream),
  };
}

/** Fields that say something, such as the status of a response: own plain data that is none of the stream's machinery. */
function fieldsOf(stream: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(stream)) {
    if (name.startsWith('_') || name === '__proto__' || name in Readable.prototype) continue;
    const value: unknown = Object.getOwnPropertyDescriptor(stream, name)?.value;
    if (isPlain(value)) fields[name] = value;
  }
  // Those of a response of `node:http` are made from the raw ones when they are asked for.
  const headers = Array.isArray(fields['rawHeaders']) ? headersGetter(stream) : undefined;
  if (headers !== undefined) fields['headers'] = Reflect.apply(headers, stream, []);
  return fields;
}

/** The getter that Node's responses have; undefined for any other object. */
function headersGetter(stream: object): (() => unknown) | undefined {
  for (let step = Object.getPrototypeOf(stream) as object | null; step !== null && !types.isProxy(step); step = Object.getPrototypeOf(step) as object | null) {
    const maker: unknown = Object.getOwnPropertyDescriptor(step, 'constructor')?.value;
    if (typeof maker !== 'function' || types.isProxy(maker) || maker.name !== 'IncomingMessage') continue;
    return Object.getOwnPropertyDescriptor(step, 'headers')?.get;
  }
  return undefined;
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol' || value === undefined) return false;
  if (typeof value !== 'object' || value === null) return true;
  if (types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype;
}
