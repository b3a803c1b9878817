// Objects that are neither plain records nor arrays: what they are, told without calling any code of theirs.

import { types } from 'node:util';
import type { TruncationReason } from './sink.js';

/** Stands in a decoded value where something could not be stored: a function, a socket, a getter. */
export class Opaque {
  readonly type: string;
  readonly detail: string;
  constructor(type: string, detail: string) {
    this.type = type;
    this.detail = detail;
  }
}

/** Stands in a decoded value where something was cut. */
export class Truncated {
  readonly reason: TruncationReason;
  readonly type: string;
  /** Bytes of a text or buffer, entries of a container. */
  readonly size: number;
  /** Hex digest of the whole, where it could be taken. */
  readonly digest: string | undefined;
  /** The beginning of a text. */
  readonly head: string;
  constructor(mark: { reason: TruncationReason; type: string; size: number; digest: string | undefined; head: string }) {
    this.reason = mark.reason;
    this.type = mark.type;
    this.size = mark.size;
    this.digest = mark.digest;
    this.head = mark.head;
  }
}

/** What an object with a prototype of its own is. */
export type Exotic =
  | { readonly kind: 'instance'; readonly className: string }
  | { readonly kind: 'date'; readonly millis: number }
  | { readonly kind: 'bytes'; readonly type: string; readonly data: Uint8Array }
  | { readonly kind: 'regexp'; readonly source: string; readonly flags: string; readonly lastIndex: number }
  | { readonly kind: 'boxed'; readonly value: unknown }
  | { readonly kind: 'map' | 'set'; readonly items: readonly unknown[] }
  | {
      readonly kind: 'error';
      readonly className: string;
      readonly message: unknown;
      readonly stack: unknown;
      readonly cause: { readonly value: unknown } | undefined;
      readonly errors: { readonly value: unknown } | undefined;
      readonly properties: readonly (readonly [string, unknown])[];
    }
  | { readonly kind: 'coded'; readonly codec: string; readonly value: unknown }
  | { readonly kind: 'opaque'; readonly type: string; readonly detail: string }
  | { readonly kind: 'truncated'; readonly mark: Truncated };

const classNames = new WeakMap<object, string>();

/** The name of the class that a prototype belongs to, read without calling a getter. */
export function classNameOf(prototype: object): string {
  const known = classNames.get(prototype);
  if (known !== undefined) return known;
  let name = '';
  for (let step: object | null = prototype; step !== null && name === '' && !types.isProxy(step); step = Object.getPrototypeOf(step)) {
    const maker: unknown = Object.getOwnPropertyDescriptor(step, 'constructor')?.value;
    if (typeof maker !== 'function' || types.isProxy(maker)) continue;
    const found: unknown = Object.getOwnPropertyDescriptor(maker, 'name')?.value;
    if (typeof found === 'string') name = found;
  }
  if (name === '') name = 'Object';
  classNames.set(prototype, name);
  return name;
}

const dateTime = Date.prototype.getTime;
const mapEntries = Map.prototype.forEach;
const setEntries = Set.prototype.forEach;
const typedArrayLength = getterOf(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength');
const typedArrayOffset = getterOf(Object.getPrototypeOf(Uint8Array.prototype), 'byteOffset');
const typedArrayBuffer = getterOf(Object.getPrototypeOf(Uint8Array.prototype), 'buffer');
const viewLength = getterOf(DataView.prototype, 'byteLength');
const viewOffset = getterOf(DataView.prototype, 'byteOffset');
const viewBuffer = getterOf(DataView.prototype, 'buffer');
const regexpSource = getterOf(RegExp.prototype, 'source');
const regexpFlags = getterOf(RegExp.prototype, 'flags');
const urlHref = getterOf(URL.prototype, 'href');

function getterOf(prototype: object, name: string): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => unknown;
}

/** A data property of an object or its prototypes, without calling a getter. */
function dataProperty(value: object, name: string): unknown {
  for (let step: object | null = value; step !== null; step = Object.getPrototypeOf(step)) {
    if (types.isProxy(step)) return undefined;
    const property = Object.getOwnPropertyDescriptor(step, name);
    if (property !== undefined) return property.value;
  }
  return undefined;
}

function ownProperty(value: object, name: string): { readonly value: unknown } | undefined {
  const property = Object.getOwnPropertyDescriptor(value, name);
  return property === undefined || !('value' in property) ? undefined : { value: property.value };
}

/** Host objects that are doors to something live: their fields say nothing about what was passed. */
function isLiveHandle(value: object, prototype: object): boolean {
  if (types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value)) return true;
  if (types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value) || types.isModuleNamespaceObject(value)) return true;
  // Not by `instanceof`, which asks a proxy that stands among the prototypes.
  if (inheritsFrom(prototype, EventTarget.prototype) || inheritsFrom(prototype, WeakRef.prototype)) return true;
  for (let step: object | null = prototype; step !== null && !types.isProxy(step); step = Object.getPrototypeOf(step)) {
    if (LIVE_CLASSES.has(classNameOf(step))) return true;
  }
  return false;
}

const LIVE_CLASSES: ReadonlySet<string> = new Set([
  'EventEmitter',
  'AbortController',
  'AsyncLocalStorage',
  'ReadableStream',
  'WritableStream',
  'TransformStream',
  'Response',
  'Request',
  'Headers',
  'FormData',
  'Blob',
  'Worker',
  'MessagePort',
  'FinalizationRegistry',
  'KeyObject',
  'Timeout',
  'Immediate',
]);

/** Says what an object is whose prototype is neither Object's nor null. */
export function describeExotic(value: object, prototype: object): Exotic {
  if (prototype === Opaque.prototype) return { kind: 'opaque', type: (value as Opaque).type, detail: (value as Opaque).detail };
  if (prototype === Truncated.prototype) return { kind: 'truncated', mark: value as Truncated };
  if (types.isDate(value)) return { kind: 'date', millis: dateTime.call(value) };
  if (types.isTypedArray(value)) {
    const data = viewOf(typedArrayBuffer.call(value), typedArrayOffset.call(value), typedArrayLength.call(value));
    return { kind: 'bytes', type: Buffer.isBuffer(value) ? 'Buffer' : typedArrayName(value), data };
  }
  if (types.isAnyArrayBuffer(value)) {
    const type = types.isSharedArrayBuffer(value) ? 'SharedArrayBuffer' : 'ArrayBuffer';
    return { kind: 'bytes', type, data: viewOf(value, 0, value.byteLength) };
  }
  if (types.isDataView(value)) return { kind: 'bytes', type: 'DataView', data: viewOf(viewBuffer.call(value), viewOffset.call(value), viewLength.call(value)) };
  if (types.isMap(value)) {
    const items: unknown[] = [];
    mapEntries.call(value, (item, name) => items.push(name, item));
    return { kind: 'map', items };
  }
  if (types.isSet(value)) {
    const items: unknown[] = [];
    setEntries.call(value, (item) => items.push(item));
    return { kind: 'set', items };
  }
  if (types.isRegExp(value)) {
    const lastIndex = ownProperty(value, 'lastIndex')?.value;
    return {
      kind: 'regexp',
      source: String(regexpSource.call(value)),
      flags: builtInFlags(value),
      lastIndex: typeof lastIndex === 'number' ? lastIndex : 0,
    };
  }
  if (types.isNativeError(value) || inheritsFrom(prototype, Error.prototype)) return describeError(value, prototype);
  if (types.isBoxedPrimitive(value)) return { kind: 'boxed', value: unbox(value) };
  if (inheritsFrom(prototype, URL.prototype)) {
    try {
      return { kind: 'coded', codec: 'URL', value: urlHref.call(value) };
    } catch {
      // An object made to look like a URL: it has no URL inside, so it is recorded by its fields.
    }
  }
  if (isLiveHandle(value, prototype)) return { kind: 'opaque', type: classNameOf(prototype), detail: '' };
  return { kind: 'instance', className: classNameOf(prototype) };
}

function inheritsFrom(prototype: object, wanted: object): boolean {
  for (let step: object | null = prototype; step !== null; step = Object.getPrototypeOf(step)) {
    if (step === wanted) return true;
    if (types.isProxy(step)) return false;
  }
  return false;
}

function viewOf(buffer: unknown, offset: unknown, length: unknown): Uint8Array {
  // A detached buffer has no bytes; a view of length 0 says so.
  if (length === 0) return new Uint8Array(0);
  return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number);
}

function typedArrayName(value: object): string {
  const tag = getterOf(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag as unknown as string).call(value);
  return String(tag);
}

function builtInFlags(value: RegExp): string {
  // The `flags` getter asks other properties that a subclass may define; only a real RegExp's own are safe.
  return Object.getPrototypeOf(value) === RegExp.prototype ? String(regexpFlags.call(value)) : '';
}

function unbox(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

const ERROR_FIELDS: ReadonlySet<string> = new Set(['message', 'stack', 'cause', 'errors']);

function describeError(value: object, prototype: object): Exotic {
  const properties: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    if (ERROR_FIELDS.has(name)) continue;
    const property = ownProperty(value, name);
    properties.push([name, property === undefined ? new Opaque('getter', name) : property.value]);
  }
  // `name` is often set on the prototype, or as an own field that is not enumerable.
  const name = dataProperty(value, 'name');
  if (typeof name === 'string' && !Object.keys(value).includes('name') && name !== classNameOf(prototype)) properties.push(['name', name]);
  return {
    kind: 'error',
    className: classNameOf(prototype),
    message: dataProperty(value, 'message') ?? '',
    stack: stackOf(value),
    cause: ownProperty(value, 'cause'),
    errors: ownProperty(value, 'errors'),
    properties,
  };
}

function stackOf(value: object): unknown {
  // In V8 `stack` is an own accessor-like data property; formatting it may call a user's Error.prepareStackTrace,
  // which the program asked for. Anything that throws counts as no stack.
  try {
    return ownProperty(value, 'stack')?.value;
  } catch {
    return undefined;
  }
}
