// Promises that a boundary hands on. Whoever asks a promise for its result also handles its rejection; if we asked
// first, a rejection that nobody in the program handles would end nothing and be said nowhere. So we ask when the
// program does, in the moment before.

import { inspect } from 'node:util';
import { guarded } from './guard.js';
import { hasMethod } from './has-method.js';

/** What is told of a promise when it settles: before anybody in the program learns of it, and once. */
export interface PromiseFollower {
  fulfilled(value: unknown): void;
  rejected(error: unknown): void;
}

/**
 * Follows a promise and gives back what the caller is to have.
 *
 * The promise of an async function is known to nobody else, so the caller gets one that settles right after the outcome
 * was stored. Any other promise is handed on as the object it is: others may hold it, or have handled its rejection.
 */
export function followPromise(promise: Promise<unknown>, madeByAsyncFunction: boolean, follower: PromiseFollower): Promise<unknown> {
  if (Object.getPrototypeOf(promise) !== Promise.prototype) {
    // A subclass may do its work only when it is asked.
    guarded('promise', () => followThen(promise, follower));
    return promise;
  }
  if (madeByAsyncFunction) {
    return promise.then(
      (value) => {
        follower.fulfilled(value);
        return value;
      },
      (error: unknown) => {
        follower.rejected(error);
        throw error;
      },
    );
  }
  guarded('promise', () => followShared(promise, follower));
  return promise;
}

/**
 * Follows an object that is no promise and has a `then`, as the queries of many database clients: it works when it is
 * asked, and its call gave what it answers. Returns false where it cannot be followed.
 */
export function followThenable(value: object, follower: PromiseFollower): boolean {
  return guarded('promise', () => hasMethod(value, 'then') && followThen(value as PromiseLike<unknown>, follower)) === true;
}

/** Follows from the first call of `then`, which stays the program's. */
function followThen(promise: PromiseLike<unknown>, follower: PromiseFollower): boolean {
  if (!Object.isExtensible(promise)) return false;
  let settled = false;
  const settle = (work: () => void): void => {
    if (settled) return;
    settled = true;
    work();
  };
  const original = promise.then as (this: unknown, ...args: unknown[]) => unknown;
  const enumerable = Object.getOwnPropertyDescriptor(promise, 'then')?.enumerable ?? false;
  Object.defineProperty(promise, 'then', {
    configurable: true,
    writable: true,
    enumerable,
    value(onFulfilled: unknown, onRejected: unknown): unknown {
      return Reflect.apply(original, promise, [
        (value: unknown) => {
          settle(() => follower.fulfilled(value));
          return typeof onFulfilled === 'function' ? (onFulfilled as (value: unknown) => unknown)(value) : value;
        },
        (error: unknown) => {
          settle(() => follower.rejected(error));
          if (typeof onRejected === 'function') return (onRejected as (error: unknown) => unknown)(error);
          throw error;
        },
      ]);
    },
  });
  return true;
}

/** A promise of the plain class, with the calls that gave it: a cache gives one promise many times. */
interface Shared {
  readonly promise: Promise<unknown>;
  readonly followers: PromiseFollower[];
  /** Whether we asked for the result: the program did, or the promise is fulfilled. */
  asked: boolean;
  tell: ((follower: PromiseFollower) => void) | undefined;
}

const sharedPromises = new WeakMap<Promise<unknown>, Shared>();

function followShared(promise: Promise<unknown>, follower: PromiseFollower): void {
  const known = sharedPromises.get(promise);
  if (known !== undefined) {
    const { tell } = known;
    if (tell === undefined) known.followers.push(follower);
    // Before the caller can learn of it, since it has not got the promise yet.
    else queueMicrotask(() => tell(follower));
    return;
  }
  const shared: Shared = { promise, followers: [follower], asked: false, tell: undefined };
  // `await`, `then` and all that is made of them read the constructor of a promise before they ask it.
  if (!Object.isExtensible(promise) || Object.hasOwn(promise, 'constructor')) {
    ask(shared);
    return;
  }
  sharedPromises.set(promise, shared);
  void Object.defineProperty(promise, 'constructor', {
    configurable: true,
    enumerable: false,
    get() {
      ask(shared);
      return Promise;
    },
    set(value: unknown) {
      void Object.defineProperty(promise, 'constructor', { value, writable: true, configurable: true, enumerable: true });
    },
  });
  watch(shared);
}

const then = Promise.prototype.then;

function ask(shared: Shared): void {
  if (shared.asked) return;
  shared.asked = true;
  unasked.delete(shared);
  const settle = (tell: (follower: PromiseFollower) => void): void => {
    shared.tell = tell;
    for (const follower of shared.followers.splice(0)) tell(follower);
  };
  void Reflect.apply(then, shared.promise, [
    (value: unknown) => settle((follower) => follower.fulfilled(value)),
    (error: unknown) => settle((follower) => follower.rejected(error)),
  ]);
}

/** Promises that nobody in the program has asked so far: calls whose result nobody waits for. */
const unasked = new Set<Shared>();
/** Looking at one takes some microseconds. Above this many the oldest is given up: its outcome stays unknown until the program asks. */
const MAX_UNASKED = 64;
let watching = false;
let listening = false;

function watch(shared: Shared): void {
  unasked.add(shared);
  const [oldest] = unasked;
  if (unasked.size > MAX_UNASKED && oldest !== undefined) unasked.delete(oldest);
  lookAgain();
}

/** Once in each turn of the event loop that the program itself makes. */
function lookAgain(): void {
  if (!listening) {
    listening = true;
    // The last turn may have fulfilled some; what comes of them is stored in one more.
    process.prependListener('beforeExit', () => {
      if (look()) setImmediate(() => undefined);
    });
  }
  if (watching) return;
  watching = true;
  setImmediate(() => {
    watching = false;
    look();
    if (unasked.size > 0) lookAgain();
  }).unref();
}

/** Asks the promises that are fulfilled, where asking changes nothing. Says whether there were any. */
function look(): boolean {
  let found = false;
  for (const shared of unasked) {
    const state = stateOf(shared.promise);
    if (state === 'pending') continue;
    unasked.delete(shared);
    // A rejection is left to those whose it is. Asking now would be handling it, or announce that it was handled late.
    if (state === 'rejected') continue;
    ask(shared);
    found = true;
  }
  return found;
}

/** Node tells the state of a promise, without asking it, only in the text that it shows people. */
function stateOf(promise: Promise<unknown>): 'pending' | 'rejected' | 'fulfilled' {
  const text = inspect(promise, {
    depth: 0,
    customInspect: false,
    showProxy: true,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 0,
    maxArrayLength: 0,
  });
  // What follows may be properties of the promise: older versions of Node keep their contexts there.
  if (/^Promise \{\s+<pending>(?:,|\s+\})/.test(text)) return 'pending';
  return /^Promise \{\s+(?!<rejected> )/.test(text) ? 'fulfilled' : 'rejected';
}
