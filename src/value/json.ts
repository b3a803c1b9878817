// A value as JSON, for reports and exports: readable, never a crash, and marked wherever JSON has no form for it.

import { types } from 'node:util';
import { encodeByCodec } from './codecs.js';
import { describeExotic, isPlainPrototype } from './exotic.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_DEPTH = 200;
const MAX_PARTS = 1_000_000;

interface Work {
  readonly open: object[];
  parts: number;
}

/**
 * The value as JSON. What JSON has no form for becomes an object with one key that begins with `$`: `$undefined`,
 * `$number` (NaN, -0, Infinity), `$bigint`, `$date`, `$bytes` (type and base64), `$map`, `$set`, `$error`, `$regexp`,
 * `$class`, `$url`, `$opaque`, `$truncated`, `$cycle`. An own key that begins with `$` gets a second one.
 */
export function toJson(value: unknown): Json {
  return convert(value, { open: [], parts: 0 });
}

function convert(value: unknown, work: Work): Json {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $undefined: true };
    case 'bigint':
      return { $bigint: value.toString() };
    case 'symbol':
      return { $opaque: 'symbol' };
    case 'function':
      return { $opaque: 'function' };
    case 'object':
      return value === null ? null : convertObject(value, work);
  }
}

function convertObject(value: object, work: Work): Json {
  if (types.isProxy(value)) return { $opaque: 'Proxy' };
  const level = work.open.lastIndexOf(value);
  if (level >= 0) return { $cycle: work.open.length - level };
  if (work.open.length >= MAX_DEPTH || ++work.parts > MAX_PARTS) return { $truncated: 'too large to show' };
  work.open.push(value);
  const converted = convertOpened(value, work);
  work.open.pop();
  return converted;
}

function convertOpened(value: object, work: Work): Json {
  const prototype: object | null = Object.getPrototypeOf(value);
  const encoded = encodeByCodec(value, prototype);
  if (encoded !== undefined) return { $class: encoded.codec.name, value: convert(encoded.value, work) };
  if (Array.isArray(value)) return convertList(value, work);
  if (isPlainPrototype(prototype)) return convertFields(value, work);
  const exotic = describeExotic(value, prototype);
  switch (exotic.kind) {
    case 'instance':
      return { $class: exotic.className, fields: convertFields(value, work) };
    case 'date':
      return { $date: Number.isNaN(exotic.millis) ? 'invalid' : new Date(exotic.millis).toISOString() };
    case 'bytes':
      return { $bytes: exotic.type, base64: Buffer.from(exotic.data).toString('base64') };
    case 'regexp':
      return { $regexp: `/${exotic.source}/${exotic.flags}` };
    case 'boxed':
      return convert(exotic.value, work);
    case 'map':
    case 'set':
      return { [exotic.kind === 'map' ? '$map' : '$set']: exotic.items.map((item) => convert(item, work)) };
    case 'error':
      return {
        $error: exotic.className,
        message: convert(exotic.message, work),
        ...(exotic.cause === undefined ? {} : { cause: convert(exotic.cause.value, work) }),
        ...(exotic.errors === undefined ? {} : { errors: convert(exotic.errors.value, work) }),
        ...(exotic.properties.length === 0 ? {} : { fields: Object.fromEntries(exotic.properties.map(([name, field]) => [name, convert(field, work)])) }),
      };
    case 'coded':
      return exotic.codec === 'URL' ? { $url: convert(exotic.value, work) } : { $class: exotic.codec, value: convert(exotic.value, work) };
    case 'opaque':
      return { $opaque: exotic.type, ...(exotic.detail === '' ? {} : { detail: exotic.detail }) };
    case 'truncated':
      return {
        $truncated: exotic.mark.reason,
        type: exotic.mark.type,
        size: exotic.mark.size,
        ...(exotic.mark.digest === undefined ? {} : { digest: `sha256:${exotic.mark.digest}` }),
      };
  }
}

function convertList(list: readonly unknown[], work: Work): Json {
  // An array may claim four billion places and hold nothing.
  work.parts += list.length;
  if (work.parts > MAX_PARTS) return { $truncated: 'too large to show' };
  const items: Json[] = [];
  for (let index = 0; index < list.length; index++) items.push(convert(dataOf(list, String(index)), work));
  return items;
}

function convertFields(value: object, work: Work): Json {
  const fields: { [key: string]: Json } = {};
  for (const name of Object.keys(value)) {
    const shown = convert(dataOf(value, name), work);
    const key = name.startsWith('$') ? `$${name}` : name;
    if (key === '__proto__') Object.defineProperty(fields, key, { value: shown, enumerable: true, configurable: true, writable: true });
    else fields[key] = shown;
  }
  return fields;
}

function dataOf(value: object, name: string): unknown {
  const property = Object.getOwnPropertyDescriptor(value, name);
  return property === undefined ? undefined : property.value;
}
