// Values of the web platform that are data: search parameters, headers, form data. They are read by the built-in's own
// functions, which tell an impostor by what it lacks inside. What is more than data (a body that is read once) is not
// touched: it is opaque, with what is known of it without reading.

import { isDeepStrictEqual, types } from 'node:util';
import { defineField } from './define-field.js';

/** A value of a built-in class by codec: what is stored of it, and the class. */
export interface WebValue {
  readonly codec: string;
  readonly value: unknown;
  readonly prototype: object;
}

type Entry = readonly [name: string, value: unknown];

interface WebClass {
  readonly prototype: object;
  entries(value: object): Entry[];
}

/** Fields one after the other, each as an object of one key, so that its name is the key by which it is protected. */
function asFields(entries: readonly Entry[]): unknown[] {
  return entries.map(([name, value]) => {
    const field = {};
    defineField(field, name, value);
    return field;
  });
}

/** One object; a name that stands there more than once (`set-cookie`) has a list. Names are in order already. */
function asObject(entries: readonly Entry[]): object {
  const fields = {};
  for (const [name, value] of entries) {
    const before: unknown = Object.getOwnPropertyDescriptor(fields, name)?.value;
    defineField(fields, name, before === undefined ? value : Array.isArray(before) ? [...(before as unknown[]), value] : [before, value]);
  }
  return fields;
}

const ENCODERS: Readonly<Record<string, (entries: readonly Entry[]) => unknown>> = { URLSearchParams: asFields, FormData: asFields, Headers: asObject };

const found = new Map<string, WebClass>();

/** A class of the platform. The larger ones are loaded by Node when they are first asked for, so they are only then. */
function webClass(name: string): WebClass | undefined {
  const known = found.get(name);
  if (known !== undefined) return known;
  const maker = (globalThis as Record<string, unknown>)[name];
  if (typeof maker !== 'function' || types.isProxy(maker)) return undefined;
  const { prototype } = maker as { prototype: object };
  const read: unknown = Object.getOwnPropertyDescriptor(prototype, 'entries')?.value;
  let next: ((this: unknown) => { readonly done?: boolean; readonly value: Entry }) | undefined;
  const made: WebClass = {
    prototype,
    entries(value) {
      const iterator = (read as (this: unknown) => object).call(value);
      next ??= (Object.getPrototypeOf(iterator) as { next: typeof next }).next as NonNullable<typeof next>;
      const entries: Entry[] = [];
      for (let step = next.call(iterator); step.done !== true; step = next.call(iterator)) entries.push(step.value);
      return entries;
    },
  };
  found.set(name, made);
  return made;
}

/** Whether a codec is one of our own. */
export function isBuiltInCodec(name: string): boolean {
  return name === 'URL' || Object.hasOwn(ENCODERS, name);
}

/** Whether a prototype is that of a class that is stored by a codec of our own. */
export function isBuiltInClass(prototype: object): boolean {
  if (prototype === URL.prototype) return true;
  const name = nameOf(prototype);
  return Object.hasOwn(ENCODERS, name) && webClass(name)?.prototype === prototype;
}

function nameOf(prototype: object): string {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  const name: unknown = typeof maker === 'function' && !types.isProxy(maker) ? Object.getOwnPropertyDescriptor(maker, 'name')?.value : '';
  return typeof name === 'string' ? name : '';
}

/** What is stored of a value of the platform that is data; undefined for any other, and for what only looks like one. */
export function webValueOf(value: object, chain: readonly object[]): WebValue | undefined {
  for (const step of chain) {
    const codec = nameOf(step);
    const encode = Object.hasOwn(ENCODERS, codec) ? ENCODERS[codec] : undefined;
    if (encode === undefined) continue;
    const known = webClass(codec);
    if (known?.prototype !== step) continue;
    try {
      return { codec, value: encode(known.entries(value)), prototype: step };
    } catch {
      // Made to look like one: it has nothing inside, so it is told by what it shows.
      return undefined;
    }
  }
  return undefined;
}

interface Appendable {
  append(name: string, value: string): void;
}

/**
 * Builds a value of the platform from what was stored. Undefined for a codec that is not of the platform, and for what
 * does not come out as it went in: text that protection left in a form that the class would change or refuse.
 */
export function reviveWebValue(codec: string, stored: unknown): object | undefined {
  const encode = Object.hasOwn(ENCODERS, codec) ? ENCODERS[codec] : undefined;
  const known = encode === undefined ? undefined : webClass(codec);
  const maker = (globalThis as Record<string, unknown>)[codec] as (new () => Appendable) | undefined;
  if (encode === undefined || known === undefined || maker === undefined || typeof stored !== 'object' || stored === null) return undefined;
  try {
    const made = new maker();
    for (const fields of Array.isArray(stored) ? (stored as unknown[]) : [stored]) {
      for (const [name, value] of Object.entries(fields as object)) {
        for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
          if (typeof each !== 'string') return undefined;
          made.append(name, each);
        }
      }
    }
    return isDeepStrictEqual(encode(known.entries(made)), stored) ? made : undefined;
  } catch {
    return undefined;
  }
}

/** What is known of a value with a body, or of other bytes, without reading them. */
export function webDetailOf(value: object, chain: readonly object[]): string {
  for (const step of chain) {
    const name = nameOf(step);
    const facts = Object.hasOwn(DETAILS, name) ? DETAILS[name] : undefined;
    if (facts === undefined || webClass(name)?.prototype !== step) continue;
    try {
      return facts((fact) => String(Reflect.get(step, fact, value)));
    } catch {
      return '';
    }
  }
  return '';
}

const DETAILS: Readonly<Record<string, (fact: (name: string) => string) => string>> = {
  Response: (fact) => `status ${fact('status')}`,
  Request: (fact) => fact('method'),
  Blob: (fact) => `${fact('size')} bytes`,
};
