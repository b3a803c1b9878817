// An oracle of its own for "the same value": structure, classes by name, and which objects are one and the same.

import { types } from 'node:util';
import { Opaque } from '../../src/value/index.js';

function className(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return '';
  for (let step = prototype; step !== null; step = Object.getPrototypeOf(step)) {
    const maker = Object.getOwnPropertyDescriptor(step, 'constructor')?.value;
    if (typeof maker === 'function' && maker.name !== '') return maker.name;
  }
  return 'Object';
}

/** Kind of marker that stands for a value which cannot be stored; undefined for one that can. */
function markerOf(value: unknown): string | undefined {
  if (typeof value === 'symbol') return `symbol ${(value.description ?? '').toWellFormed()}`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (types.isProxy(value)) return 'Proxy ';
  if (value instanceof Opaque) return `${value.type} ${value.detail}`.toWellFormed();
  if (types.isPromise(value)) return 'Promise ';
  if (types.isWeakMap(value)) return 'WeakMap ';
  if (types.isGeneratorObject(value)) return 'Generator ';
  return undefined;
}

function functionName(value: { readonly name: string }): string {
  return types.isProxy(value) ? '' : value.name.toWellFormed();
}

/** Own enumerable names that are part of a value. */
function namesOf(value: object): string[] {
  const names = Object.keys(value);
  if (!Array.isArray(value) || className(value) !== 'Array') return names;
  const isMatch = names.includes('index');
  return names.filter((name) => (/^(0|[1-9]\d*)$/.test(name) && Number(name) < 0xffff_ffff) || (isMatch && ['index', 'input', 'groups'].includes(name)));
}

function fieldOf(value: object, name: string): unknown {
  const property = Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor;
  return 'value' in property ? property.value : new Opaque('getter', name);
}

function bytesOf(value: object): Buffer {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(new Uint8Array(value as ArrayBuffer));
  const { buffer, byteOffset, byteLength } = value as Uint8Array;
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Where two values differ, in words; undefined when a reader could not tell them apart. */
export function difference(expected: unknown, actual: unknown): string | undefined {
  const partners = new Map<object, object>();
  const taken = new Map<object, object>();

  const walk = (one: unknown, two: unknown, path: string): string | undefined => {
    if (typeof one === 'function') return typeof two === 'function' && functionName(two) === functionName(one) ? undefined : `${path}: a function`;
    const marker = markerOf(one);
    if (marker !== undefined) return markerOf(two) === marker ? undefined : `${path}: ${marker}, got ${markerOf(two)}`;
    if (typeof one !== 'object' || one === null || typeof two !== 'object' || two === null)
      return Object.is(one, two) ? undefined : `${path}: ${String(one)}, got ${String(two)}`;
    const partner = partners.get(one);
    if (partner !== undefined) return partner === two ? undefined : `${path}: one object became two`;
    if (taken.has(two)) return `${path}: two objects became one`;
    partners.set(one, two);
    taken.set(two, one);
    if (className(one) !== className(two)) return `${path}: class ${className(one)}, got ${className(two)}`;
    if (Array.isArray(one) !== Array.isArray(two)) return `${path}: an array`;
    if (Array.isArray(one) && one.length !== (two as unknown[]).length) return `${path}: length`;
    if (types.isDate(one)) {
      if (!types.isDate(two) || !Object.is(one.getTime(), two.getTime())) return `${path}: a date`;
    } else if (types.isRegExp(one)) {
      if (!types.isRegExp(two) || one.source !== two.source || one.flags !== two.flags || !Object.is(one.lastIndex, two.lastIndex)) return `${path}: a regexp`;
    } else if (types.isMap(one)) {
      if (!types.isMap(two) || one.size !== two.size) return `${path}: a map`;
      const others = [...two];
      for (const [index, [key, item]] of [...one].entries()) {
        const found = walk(key, others[index]?.[0], `${path}.key(${index})`) ?? walk(item, others[index]?.[1], `${path}.item(${index})`);
        if (found !== undefined) return found;
      }
    } else if (types.isSet(one)) {
      if (!types.isSet(two) || one.size !== two.size) return `${path}: a set`;
      const others = [...two];
      for (const [index, item] of [...one].entries()) {
        const found = walk(item, others[index], `${path}.item(${index})`);
        if (found !== undefined) return found;
      }
    } else if (types.isBoxedPrimitive(one)) {
      if (!types.isBoxedPrimitive(two) || !Object.is(one.valueOf(), (two as object).valueOf())) return `${path}: a boxed value`;
    } else if (one instanceof URL) {
      if (!(two instanceof URL) || one.href !== two.href) return `${path}: a URL`;
    } else if (one instanceof URLSearchParams || one instanceof Headers || one instanceof FormData) {
      const entries = [...one];
      if (JSON.stringify([...(two as FormData)]) !== JSON.stringify(entries)) return `${path}: its entries`;
    } else if (ArrayBuffer.isView(one) || types.isAnyArrayBuffer(one)) {
      if (!bytesOf(one).equals(bytesOf(two))) return `${path}: bytes`;
      return undefined;
    } else if (types.isNativeError(one) || one instanceof Error) {
      if (!(two instanceof Error)) return `${path}: an error`;
      for (const name of ['name', 'message', 'stack'] as const) {
        const found = walk(one[name], two[name], `${path}.${name}`);
        if (found !== undefined) return found;
      }
      for (const name of ['cause', 'errors']) {
        if (Object.hasOwn(one, name) !== Object.hasOwn(two, name)) return `${path}: has ${name}`;
        const found = Object.hasOwn(one, name) ? walk(fieldOf(one, name), fieldOf(two, name), `${path}.${name}`) : undefined;
        if (found !== undefined) return found;
      }
    }
    const isError = one instanceof Error;
    const names = namesOf(one).filter((name) => !isError || !['message', 'stack', 'cause', 'errors', 'name'].includes(name));
    const others = namesOf(two).filter((name) => !isError || !['message', 'stack', 'cause', 'errors', 'name'].includes(name));
    if (names.length !== others.length) return `${path}: keys ${names.join()}, got ${others.join()}`;
    for (const [index, name] of names.entries()) {
      if (others[index] !== name) return `${path}: key ${name}, got ${others[index]}`;
      const found = walk(fieldOf(one, name), fieldOf(two, name), `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return walk(expected, actual, '$');
}

/** How a copy differs from its original, where the digest must not. */
export interface CopyOptions {
  /** Keys of plain objects in the opposite order. */
  readonly reversed?: boolean;
  /** Each reference to an object gets a copy of its own, as far as cycles allow. */
  readonly unshared?: boolean;
  /** So many references to an object that is open lead to one more copy of it, which leads back. */
  readonly unrolled?: number;
}

/**
 * A copy made of nothing of the original but primitives, functions and markers. Calls no getter: a getter of the copy
 * is another one under the same name.
 */
export function copy<T>(original: T, options: CopyOptions = {}): T {
  const known = new Map<object, object>();
  let left = options.unrolled ?? 0;

  const make = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || markerOf(value) !== undefined) return value;
    const found = known.get(value);
    if (found !== undefined && left-- <= 0) return found;
    const target = shell(value);
    known.set(value, target);
    fill(value, target);
    // What is open stays known, so that a cycle ends in the copy of the object it leads back to.
    if (options.unshared === true) known.delete(value);
    if (found !== undefined) known.set(value, found);
    return target;
  };

  const fill = (value: object, target: object): void => {
    if (types.isMap(value)) for (const [key, item] of value) (target as Map<unknown, unknown>).set(make(key), make(item));
    if (types.isSet(value)) for (const item of value) (target as Set<unknown>).add(make(item));
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return;
    const plain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
    const names = value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value);
    const skipped = types.isBoxedPrimitive(value) && typeof value.valueOf() === 'string' ? String(value.valueOf()).length : 0;
    const wanted = skipped > 0 ? names.slice(skipped) : names;
    for (const name of options.reversed === true && plain ? wanted.reverse() : wanted) {
      const property = Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor;
      if ('value' in property) Object.defineProperty(target, name, { ...property, value: make(property.value) });
      else if (property.get !== undefined && !(name === 'stack' && value instanceof Error))
        Object.defineProperty(target, name, { get: () => 'copied', enumerable: property.enumerable === true, configurable: true });
      else if (property.get !== undefined)
        Object.defineProperty(target, name, { value: (value as Error).stack, enumerable: false, configurable: true, writable: true });
    }
  };

  const shell = (value: object): object => {
    const prototype = Object.getPrototypeOf(value);
    let target: object;
    if (Array.isArray(value)) target = new Array(value.length);
    else if (types.isDate(value)) target = new Date(Date.prototype.getTime.call(value));
    else if (types.isRegExp(value)) {
      target = new RegExp(value.source, value.flags);
      (target as RegExp).lastIndex = value.lastIndex;
    } else if (types.isMap(value)) target = new Map();
    else if (types.isSet(value)) target = new Set();
    else if (types.isAnyArrayBuffer(value)) target = structuredClone(value);
    else if (Buffer.isBuffer(value)) target = Buffer.from(value);
    else if (ArrayBuffer.isView(value))
      target = value.byteLength === 0 ? new (value.constructor as Uint8ArrayConstructor)(new ArrayBuffer(0)) : structuredClone(value);
    else if (types.isBoxedPrimitive(value)) target = Object(value.valueOf());
    else if (value instanceof URL) target = new URL(value.href);
    else if (value instanceof URLSearchParams) target = new URLSearchParams(value);
    else if (value instanceof Headers) target = new Headers([...value]);
    else if (value instanceof FormData) {
      const form = new FormData();
      for (const [name, item] of value) form.append(name, item as string);
      target = form;
    } else if (value instanceof DOMException) target = new DOMException(value.message, value.name);
    else if (types.isNativeError(value)) target = new Error();
    else target = {};
    if (Object.getPrototypeOf(target) !== prototype) Object.setPrototypeOf(target, prototype);
    return target;
  };

  return make(original) as T;
}
