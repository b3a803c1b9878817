// Building JavaScript values back. Decoding runs no code of the recording and touches no existing prototype: a class
// instance comes back with the fields it had, on a stand-in prototype of the same name.

import { ChronicleError } from '../errors.js';
import { Opaque } from './exotic.js';

const standIns = new Map<string, object>();

/** A prototype that carries only a class name, so that a decoded instance is recognised when it is captured again. */
export function standInPrototype(className: string, base: object = Object.prototype): object {
  const key = `${base === Object.prototype ? 'o' : 'e'}:${className}`;
  let prototype = standIns.get(key);
  if (prototype === undefined) {
    const maker = { [className]: class {} }[className] as object;
    prototype = Object.create(base, { constructor: { value: maker, writable: true, configurable: true } }) as object;
    standIns.set(key, prototype);
  }
  return prototype;
}

const ERROR_CLASSES: Readonly<Record<string, ErrorConstructor>> = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/** A recorded error: of the built-in class where it is one, else of a stand-in below `Error`. */
export function reviveError(className: string): Error {
  const known = Object.hasOwn(ERROR_CLASSES, className) ? ERROR_CLASSES[className] : undefined;
  const error = known === undefined ? new Error() : new known();
  if (className === 'AggregateError') Object.setPrototypeOf(error, AggregateError.prototype);
  else if (known === undefined) Object.setPrototypeOf(error, standInPrototype(className, Error.prototype));
  return error;
}

/** Defines a field as data, whatever its name: assigning `__proto__` would change the prototype instead. */
export function defineField(target: object, name: string, value: unknown, enumerable = true): void {
  if (enumerable && name !== '__proto__') {
    (target as Record<string, unknown>)[name] = value;
    return;
  }
  Object.defineProperty(target, name, { value, writable: true, enumerable, configurable: true });
}

/** What stands for an opaque value: for a function one that explains itself when called, else a marker object. */
export function reviveOpaque(type: string, detail: string): unknown {
  if (type !== 'function') return new Opaque(type, detail);
  const stub = () => {
    throw new ChronicleError('CHRONICLE_REPLAY_REFUSED', `The function ${JSON.stringify(detail)} was not recorded, so replay cannot call it.\nReturn plain data from the boundary, or give the boundary that makes the function the policy live.`, {
      facts: { name: detail },
    });
  };
  Object.defineProperty(stub, 'name', { value: detail, configurable: true });
  return stub;
}

const TYPED_ARRAYS: Readonly<Record<string, (bytes: ArrayBuffer) => object>> = {
  ArrayBuffer: (bytes) => bytes,
  DataView: (bytes) => new DataView(bytes),
  Int8Array: (bytes) => new Int8Array(bytes),
  Uint8Array: (bytes) => new Uint8Array(bytes),
  Uint8ClampedArray: (bytes) => new Uint8ClampedArray(bytes),
  Int16Array: (bytes) => new Int16Array(bytes),
  Uint16Array: (bytes) => new Uint16Array(bytes),
  Int32Array: (bytes) => new Int32Array(bytes),
  Uint32Array: (bytes) => new Uint32Array(bytes),
  Float32Array: (bytes) => new Float32Array(bytes),
  Float64Array: (bytes) => new Float64Array(bytes),
  BigInt64Array: (bytes) => new BigInt64Array(bytes),
  BigUint64Array: (bytes) => new BigUint64Array(bytes),
};

/** Bytes as the class that they had; a class that this version does not know comes back as a Uint8Array. */
export function reviveBytes(type: string, data: Uint8Array): object {
  if (type === 'Buffer') return Buffer.from(data);
  const copy = new ArrayBuffer(data.length);
  new Uint8Array(copy).set(data);
  if (type === 'SharedArrayBuffer') {
    const shared = new SharedArrayBuffer(data.length);
    new Uint8Array(shared).set(data);
    return shared;
  }
  const make = Object.hasOwn(TYPED_ARRAYS, type) ? TYPED_ARRAYS[type] : undefined;
  return make === undefined ? new Uint8Array(copy) : make(copy);
}

/** A primitive in its object form. */
export function reviveBoxed(value: unknown): object {
  return Object(value) as object;
}

/** Values of the built-in codecs. */
export function reviveCoded(codec: string, value: unknown): unknown {
  if (codec === 'URL' && typeof value === 'string') return new URL(value);
  return new Opaque(codec, '');
}
