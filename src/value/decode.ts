// Building JavaScript values back. Decoding runs no code of the recording and touches no existing prototype: a class
// instance comes back with the fields it had, on a stand-in prototype of the same name.

import { ChronicleError } from '../errors.js';
import { decodeByCodec } from './codecs.js';
import { Coded, Opaque } from './exotic.js';
import { VIEW_CLASSES, type ViewClass } from './view-classes.js';
import { reviveWebValue } from './web-values.js';

/** Stand-ins that are kept, so that equal classes are one; a recording may name any number of classes. */
const MAX_STAND_INS = 10_000;

const standIns = new Map<object, Map<string, object>>();
let standInCount = 0;

/** A prototype that carries only a class name, so that a decoded instance is recognised when it is captured again. */
export function standInPrototype(className: string, base: object = Object.prototype): object {
  if (standInCount > MAX_STAND_INS) {
    standIns.clear();
    standInCount = 0;
  }
  let known = standIns.get(base);
  if (known === undefined) {
    known = new Map();
    standIns.set(base, known);
  }
  let prototype = known.get(className);
  if (prototype === undefined) {
    const maker = class {};
    Object.defineProperty(maker, 'name', { value: className, configurable: true });
    prototype = Object.create(base, { constructor: { value: maker, writable: true, configurable: true } }) as object;
    // An error whose `name` is not that of its class has it among its own properties.
    if (base === Error.prototype) Object.defineProperty(prototype, 'name', { value: className, writable: true, configurable: true });
    known.set(className, prototype);
    standInCount++;
  }
  return prototype;
}

const ERROR_CLASSES: Readonly<Record<string, ErrorConstructor>> = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/**
 * A recorded error: of the built-in class where it is one, else of a stand-in below `Error`. A DOMException is told its
 * message and name when it is made, since it keeps them to itself.
 */
export function reviveError(className: string, message: unknown, name: unknown): Error {
  if (className === 'DOMException') return new DOMException(typeof message === 'string' ? message : '', typeof name === 'string' ? name : className);
  const known = Object.hasOwn(ERROR_CLASSES, className) ? ERROR_CLASSES[className] : undefined;
  const error = known === undefined ? new Error() : new known();
  if (className === 'AggregateError') Object.setPrototypeOf(error, AggregateError.prototype);
  else if (known === undefined) Object.setPrototypeOf(error, standInPrototype(className, Error.prototype));
  return error;
}

/** Gives a built-in value a class of its own, below the built-in one. */
export function reviveClass(target: object, className: string): void {
  Object.setPrototypeOf(target, standInPrototype(className, Object.getPrototypeOf(target) as object));
}

/** What stands for an opaque value: for a function one that explains itself when called, else a marker object. */
export function reviveOpaque(type: string, detail: string): unknown {
  if (type !== 'function') return new Opaque(type, detail);
  const stub = () => {
    throw new ChronicleError(
      'CHRONICLE_REPLAY_REFUSED',
      `The function ${JSON.stringify(detail)} was not recorded, so replay cannot call it.\nReturn plain data from the boundary, or give the boundary that makes the function the policy live.`,
      {
        facts: { name: detail },
      },
    );
  };
  Object.defineProperty(stub, 'name', { value: detail, configurable: true });
  return stub;
}

/** A class of newer versions of Node, where this one has it. */
const Float16 = (globalThis as { Float16Array?: ViewClass }).Float16Array;

/**
 * Bytes as the class that they had; a class that this version does not know comes back as a Uint8Array. Undefined for
 * bytes that are no whole number of items.
 */
export function reviveBytes(type: string, data: Uint8Array): object | undefined {
  if (type === 'Buffer') return Buffer.from(data);
  if (type === 'SharedArrayBuffer') {
    const shared = new SharedArrayBuffer(data.length);
    new Uint8Array(shared).set(data);
    return shared;
  }
  const copy = new ArrayBuffer(data.length);
  new Uint8Array(copy).set(data);
  if (type === 'ArrayBuffer') return copy;
  const maker = Object.hasOwn(VIEW_CLASSES, type) ? VIEW_CLASSES[type] : type === 'Float16Array' ? Float16 : undefined;
  if (maker === undefined) return new Uint8Array(copy);
  return data.length % (maker.BYTES_PER_ELEMENT ?? 1) === 0 ? new maker(copy) : undefined;
}

/** A primitive in its object form. */
export function reviveBoxed(value: unknown): object {
  return Object(value) as object;
}

/**
 * A value of a codec: a built-in one, one that the user registered, else a stand-in. Undefined for one that is
 * malformed; `segment` is named where a decoder of the user's fails.
 */
export function reviveCoded(codec: string, value: unknown, segment: string): object | undefined {
  if (codec === 'URL' && typeof value === 'string') return URL.canParse(value) ? new URL(value) : undefined;
  return decodeByCodec(codec, value, segment)?.value ?? reviveWebValue(codec, value) ?? new Coded(codec, value);
}
