// Objects that are neither plain records nor arrays: what they are, told without calling any code of theirs. Built-in
// state is read by the built-in's own functions, and prototypes are walked by hand, since `instanceof` asks proxies.

import { AsyncLocalStorage } from 'node:async_hooks';
import { KeyObject } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import type { TruncationReason } from './sink.js';
import { VIEW_CLASSES } from './view-classes.js';
import { webDetailOf, webValueOf } from './web-values.js';

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

/**
 * Stands in a decoded value for one of a codec that is not registered here, or whose encoding was changed by protection
 * so that nothing can be built of it. It is data, and is captured again as what it stands for.
 */
export class Coded {
  /** Name of the codec. */
  readonly codec: string;
  /** What the codec made of the value. */
  readonly value: unknown;
  constructor(codec: string, value: unknown) {
    this.codec = codec;
    this.value = value;
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
  | { readonly kind: 'coded'; readonly codec: string; readonly value: unknown; readonly prototype: object }
  | { readonly kind: 'opaque'; readonly type: string; readonly detail: string }
  | { readonly kind: 'truncated'; readonly mark: Truncated };

/** Object.prototype of other realms: objects that came out of a `vm` context are plain as well. */
const foreignPlain = new WeakSet<object>();

/** Whether objects with this prototype are plain records. */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype || prototype === null || foreignPlain.has(prototype)) return true;
  if (types.isProxy(prototype) || Object.getPrototypeOf(prototype) !== null) return false;
  if (!Object.hasOwn(prototype, 'hasOwnProperty') || !Object.hasOwn(prototype, '__lookupGetter__')) return false;
  if (ownClassName(prototype) !== 'Object') return false;
  foreignPlain.add(prototype);
  return true;
}

/**
 * Whether an object that looks plain by its prototype is one of the built-ins with hidden state: those may have had
 * their prototype replaced.
 */
export function hasHiddenState(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value)
  );
}

/** The prototypes of an object from the nearest one on, up to the end or a proxy. */
function chainOf(prototype: object | null): object[] {
  const chain: object[] = [];
  for (let step = prototype; step !== null && !types.isProxy(step) && chain.length < 1_000; step = Object.getPrototypeOf(step)) chain.push(step);
  return chain;
}

function makerOf(step: object): object | undefined {
  const maker: unknown = Object.getOwnPropertyDescriptor(step, 'constructor')?.value;
  return typeof maker === 'function' && !types.isProxy(maker) ? maker : undefined;
}

function ownClassName(step: object): string {
  const maker = makerOf(step);
  if (maker === undefined) return '';
  const name: unknown = Object.getOwnPropertyDescriptor(maker, 'name')?.value;
  return typeof name === 'string' ? name.toWellFormed() : '';
}

function nameOfChain(chain: readonly object[]): string {
  for (const step of chain) {
    const name = ownClassName(step);
    if (name !== '') return name;
  }
  return 'Object';
}

/** The name of the class that a prototype belongs to, read without calling a getter. */
export function classNameOf(prototype: object | null): string {
  return nameOfChain(chainOf(prototype));
}

const dateTime = Date.prototype.getTime;
const mapEntries = Map.prototype.forEach;
const setEntries = Set.prototype.forEach;
const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayLength = getterOf(typedArrayPrototype, 'byteLength');
const typedArrayOffset = getterOf(typedArrayPrototype, 'byteOffset');
const typedArrayBuffer = getterOf(typedArrayPrototype, 'buffer');
const typedArrayTag = getterOf(typedArrayPrototype, Symbol.toStringTag);
const viewLength = getterOf(DataView.prototype, 'byteLength');
const viewOffset = getterOf(DataView.prototype, 'byteOffset');
const viewBuffer = getterOf(DataView.prototype, 'buffer');
const bufferLength = getterOf(ArrayBuffer.prototype, 'byteLength');
const sharedBufferLength = getterOf(SharedArrayBuffer.prototype, 'byteLength');
const regexpSource = getterOf(RegExp.prototype, 'source');
const urlHref = getterOf(URL.prototype, 'href');

// One getter each: that of `flags` asks properties of the object, which may be its own; these read what is built in.
const regexpFlags: readonly (readonly [string, (this: unknown) => unknown])[] = (
  [
    ['d', 'hasIndices'],
    ['g', 'global'],
    ['i', 'ignoreCase'],
    ['m', 'multiline'],
    ['s', 'dotAll'],
    ['u', 'unicode'],
    ['v', 'unicodeSets'],
    ['y', 'sticky'],
  ] as const
).map(([flag, name]) => [flag, getterOf(RegExp.prototype, name)]);

/** In newer V8 `stack` is an accessor; all errors share its built-in getter, which is told apart from a user's by that. */
const builtInStackGetter = Object.getOwnPropertyDescriptor(new Error('probe'), 'stack')?.get;

function getterOf(prototype: object, name: PropertyKey): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => unknown;
}

/** A data property of an object or its prototypes, without calling a getter; a getter is named for what it is. */
function dataProperty(value: object, chain: readonly object[], name: string): unknown {
  for (const step of [value, ...chain]) {
    const property = Object.getOwnPropertyDescriptor(step, name);
    if (property !== undefined) return 'value' in property ? property.value : new Opaque('getter', name);
  }
  return undefined;
}

function ownProperty(value: object, name: string): { readonly value: unknown } | undefined {
  const property = Object.getOwnPropertyDescriptor(value, name);
  if (property === undefined) return undefined;
  return { value: 'value' in property ? property.value : new Opaque('getter', name) };
}

const LIVE_PROTOTYPES: readonly object[] = [
  EventTarget.prototype,
  EventEmitter.prototype,
  WeakRef.prototype,
  FinalizationRegistry.prototype,
  AsyncLocalStorage.prototype,
  KeyObject.prototype,
];

/** Classes of the web platform whose look-alikes in libraries are doors to something live too. */
const WEB_CLASSES: ReadonlySet<string> = new Set([
  'Request',
  'Response',
  'Headers',
  'FormData',
  'Blob',
  'File',
  'ReadableStream',
  'WritableStream',
  'TransformStream',
]);

/**
 * Objects that are doors to something live, or keep what they are where nobody can see it: their fields say nothing
 * about what was passed.
 */
function isLiveHandle(value: object, chain: readonly object[]): boolean {
  if (types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) || types.isExternal(value)) return true;
  if (types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value) || types.isModuleNamespaceObject(value)) return true;
  if (chain.some((step) => LIVE_PROTOTYPES.includes(step))) return true;
  const fields = Object.keys(value).length;
  for (const step of chain) {
    if (isPlainPrototype(step)) continue;
    // A class that tells its tag and shows no field keeps its state hidden, as all of the web platform's do.
    if (Object.hasOwn(step, Symbol.toStringTag) && (fields === 0 || WEB_CLASSES.has(ownClassName(step)))) return true;
    const maker = makerOf(step);
    if (fields === 0 && maker !== undefined && isNative(maker)) return true;
  }
  if (Object.hasOwn(value, '_idleNext')) {
    const name = nameOfChain(chain);
    return name === 'Timeout' || name === 'Immediate';
  }
  return false;
}

function isNative(maker: object): boolean {
  return Function.prototype.toString.call(maker).endsWith('{ [native code] }');
}

/** Says what an object is whose prototype is not that of plain records. Never throws, and calls no code of the object. */
export function describeExotic(value: object, prototype: object | null): Exotic {
  if (prototype === Opaque.prototype && value instanceof Opaque) return { kind: 'opaque', type: value.type, detail: value.detail };
  if (prototype === Truncated.prototype && value instanceof Truncated) return { kind: 'truncated', mark: value };
  if (types.isDate(value)) return { kind: 'date', millis: dateTime.call(value) };
  if (types.isTypedArray(value)) {
    const data = viewOf(typedArrayBuffer.call(value), typedArrayOffset.call(value), typedArrayLength.call(value));
    return { kind: 'bytes', type: chainOf(prototype).includes(Buffer.prototype) ? 'Buffer' : String(typedArrayTag.call(value)), data };
  }
  if (types.isAnyArrayBuffer(value)) {
    const shared = types.isSharedArrayBuffer(value);
    const length = (shared ? sharedBufferLength : bufferLength).call(value);
    return { kind: 'bytes', type: shared ? 'SharedArrayBuffer' : 'ArrayBuffer', data: viewOf(value, 0, length) };
  }
  if (types.isDataView(value)) return { kind: 'bytes', type: 'DataView', data: dataOfView(value) };
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
    let flags = '';
    for (const [flag, getter] of regexpFlags) if (getter.call(value) === true) flags += flag;
    return { kind: 'regexp', source: String(regexpSource.call(value)), flags, lastIndex: typeof lastIndex === 'number' ? lastIndex : 0 };
  }
  const chain = chainOf(prototype);
  if (types.isNativeError(value) || chain.includes(Error.prototype)) return describeError(value, chain);
  if (types.isBoxedPrimitive(value)) return unbox(value);
  if (chain.includes(URL.prototype)) {
    try {
      return { kind: 'coded', codec: 'URL', value: urlHref.call(value), prototype: URL.prototype };
    } catch {
      // An object made to look like a URL: it has no URL inside, so it is recorded by its fields.
    }
  }
  if (chain.includes(Coded.prototype)) {
    const codec = ownProperty(value, 'codec')?.value;
    const encoded = ownProperty(value, 'value');
    if (typeof codec === 'string' && encoded !== undefined) return { kind: 'coded', codec, value: encoded.value, prototype: Coded.prototype };
  }
  const web = webValueOf(value, chain);
  if (web !== undefined) return { kind: 'coded', ...web };
  if (isLiveHandle(value, chain)) return { kind: 'opaque', type: nameOfChain(chain), detail: webDetailOf(value, chain) };
  return { kind: 'instance', className: nameOfChain(chain) };
}

function viewOf(buffer: unknown, offset: unknown, length: unknown): Uint8Array {
  // A detached buffer has no bytes; a view of length 0 says so.
  if (length === 0) return new Uint8Array(0);
  return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number);
}

function dataOfView(value: DataView): Uint8Array {
  try {
    return viewOf(viewBuffer.call(value), viewOffset.call(value), viewLength.call(value));
  } catch {
    // Unlike typed arrays, a view of a detached or shrunk buffer throws when it is asked for its length.
    return new Uint8Array(0);
  }
}

function unbox(value: object): Exotic {
  if (types.isNumberObject(value)) return { kind: 'boxed', value: Number.prototype.valueOf.call(value) };
  if (types.isStringObject(value)) return { kind: 'boxed', value: String.prototype.valueOf.call(value) };
  if (types.isBooleanObject(value)) return { kind: 'boxed', value: Boolean.prototype.valueOf.call(value) };
  if (types.isBigIntObject(value)) return { kind: 'boxed', value: BigInt.prototype.valueOf.call(value) };
  return { kind: 'opaque', type: 'symbol', detail: Symbol.prototype.valueOf.call(value).description ?? '' };
}

const ERROR_FIELDS: ReadonlySet<string> = new Set(['message', 'stack', 'cause', 'errors']);

function describeError(value: object, chain: readonly object[]): Exotic {
  const className = nameOfChain(chain);
  const properties: [string, unknown][] = [];
  const names = Object.keys(value);
  for (const name of names) {
    if (!ERROR_FIELDS.has(name)) properties.push([name, ownProperty(value, name)?.value]);
  }
  const web = className === 'DOMException' || chain.some((step) => ownClassName(step) === 'DOMException') ? readDomException(value) : undefined;
  // `name` is often set on the prototype, or as an own field that is not enumerable.
  const name = web?.name ?? dataProperty(value, chain, 'name');
  const message = web?.message ?? dataProperty(value, chain, 'message') ?? '';
  // The engine writes the head of a stack when it is first read, and asks the error for its name and message then.
  const safe = !isCode(name) && !isCode(message);
  if (typeof name === 'string' && !names.includes('name') && name !== className) properties.push(['name', name]);
  return {
    kind: 'error',
    className,
    message,
    stack: safe ? stackOf(value) : new Opaque('stack', ''),
    cause: ownProperty(value, 'cause'),
    errors: ownProperty(value, 'errors'),
    properties,
  };
}

/** Whether making a text of a value may call something: an object's methods, or a getter that stands in its place. */
function isCode(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

/** Name and message of a DOMException, which are built-in getters; undefined for anything made to look like one. */
function readDomException(value: object): { readonly name: unknown; readonly message: unknown } | undefined {
  try {
    const { prototype } = DOMException;
    // An own field wins over the getter, as it does for the program.
    const name = ownProperty(value, 'name')?.value ?? getterOf(prototype, 'name').call(value);
    const message = ownProperty(value, 'message')?.value ?? getterOf(prototype, 'message').call(value);
    return { name, message };
  } catch {
    return undefined;
  }
}

/** The stack where it is text; a program that formats its stacks into something else gets a marker. */
function stackOf(value: object): unknown {
  const stack = readStack(value);
  return stack === undefined || typeof stack === 'string' || stack instanceof Opaque ? stack : new Opaque('stack', '');
}

function readStack(value: object): unknown {
  // Formatting a stack may call the program's Error.prepareStackTrace, which it installed for just that. When that
  // throws, there is no stack.
  try {
    const property = Object.getOwnPropertyDescriptor(value, 'stack');
    if (property === undefined) return undefined;
    if ('value' in property) return property.value;
    if (property.get === undefined) return undefined;
    return property.get === builtInStackGetter ? property.get.call(value) : new Opaque('getter', 'stack');
  } catch {
    return undefined;
  }
}

/** What a built-in value has beyond being one: a class of its own, fields of its own. */
export interface Dress {
  /** Undefined where the value has the built-in's own class. */
  readonly className: string | undefined;
  readonly names: readonly string[];
}

/**
 * What a built-in of the given class has beyond that class; undefined for nothing. `names` are its own enumerable
 * names, without those of its items.
 */
function dressOf(prototype: object | null, builtIn: string, builtInPrototype: object | undefined, names: readonly string[]): Dress | undefined {
  if (prototype === builtInPrototype && names.length === 0) return undefined;
  const found = prototype === builtInPrototype ? builtIn : classNameOf(prototype);
  const className = found === builtIn ? undefined : found;
  return className === undefined && names.length === 0 ? undefined : { className, names };
}

/** Fields of an array that is a match of a regular expression. */
const MATCH_FIELDS: ReadonlySet<string> = new Set(['index', 'input', 'groups']);

/**
 * What an array has beyond being one. `names` are its own enumerable names, the first `indexes` those of its items.
 *
 * An array of no class of its own is its items, as in JSON: to ask each one for more costs more than all the rest. Only
 * a match, which is told by its `index`, keeps what it says.
 */
export function dressOfArray(value: readonly unknown[], names: readonly string[], indexes: number): Dress | undefined {
  const prototype: object | null = Object.getPrototypeOf(value);
  const others = names.slice(indexes);
  const dress = dressOf(prototype, 'Array', Array.prototype, others);
  if (dress === undefined || dress.className !== undefined) return dress;
  return others.includes('index') ? { className: undefined, names: others.filter((name) => MATCH_FIELDS.has(name)) } : undefined;
}

/** Fields that each `Coded` has, before any other. */
const CODED_FIELDS = 2;

/** What any other built-in value has beyond being one. */
export function dressOfBuiltIn(value: object, prototype: object | null, exotic: BuiltIn): Dress | undefined {
  const { name, prototype: own } = builtInOf(exotic);
  // The items of a buffer are own properties too, and may be millions; it is not asked for others.
  if (exotic.kind === 'bytes') return dressOf(prototype, name, own, []);
  const names = Object.keys(value);
  if (own === Coded.prototype) return dressOf(prototype, name, own, names.slice(CODED_FIELDS));
  const indexes = exotic.kind === 'boxed' && typeof exotic.value === 'string' ? exotic.value.length : 0;
  return dressOf(prototype, name, own, indexes === 0 ? names : names.slice(indexes));
}

/** A value of a built-in class that holds something. */
export type BuiltIn = Extract<Exotic, { kind: 'date' | 'bytes' | 'regexp' | 'boxed' | 'map' | 'set' | 'coded' }>;

/** The class that a built-in value has when it is nothing more. */
function builtInOf(exotic: BuiltIn): { readonly name: string; readonly prototype: object | undefined } {
  switch (exotic.kind) {
    case 'date':
      return { name: 'Date', prototype: Date.prototype };
    case 'regexp':
      return { name: 'RegExp', prototype: RegExp.prototype };
    case 'map':
      return { name: 'Map', prototype: Map.prototype };
    case 'set':
      return { name: 'Set', prototype: Set.prototype };
    case 'coded':
      return { name: exotic.prototype === Coded.prototype ? 'Coded' : exotic.codec, prototype: exotic.prototype };
    case 'boxed': {
      const { prototype } = boxMakers[typeof exotic.value as keyof typeof boxMakers];
      return { name: boxNames[typeof exotic.value as keyof typeof boxNames], prototype };
    }
    case 'bytes':
      return { name: exotic.type, prototype: bufferPrototypes[exotic.type] };
  }
}

const boxMakers = { string: String, number: Number, boolean: Boolean, bigint: BigInt } as const;
const boxNames = { string: 'String', number: 'Number', boolean: 'Boolean', bigint: 'BigInt' } as const;
const bufferPrototypes: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries({ ArrayBuffer, SharedArrayBuffer, Buffer, ...VIEW_CLASSES }).map(([name, { prototype }]) => [name, prototype as object]),
);

/** How many of an array's own keys are those of its items; they come first. */
export function countIndexes(names: readonly string[], length: number): number {
  const { length: count } = names;
  // Dense, with nothing else: by far the most.
  if (count === length && (count === 0 || names[count - 1] === String(count - 1))) return count;
  let indexes = 0;
  while (indexes < count && isIndex(names[indexes] as string)) indexes++;
  return indexes;
}

function isIndex(name: string): boolean {
  if (name.length > 10) return false;
  const index = Number(name);
  return index < 4_294_967_295 && Number.isInteger(index) && index >= 0 && String(index) === name;
}
