// A preview: bounded text that shows a person what a value is. It looks like JSON, is marked where it leaves something
// out, shows the end of a long list (the last message says most), and calls no code of the value.

import { types } from 'node:util';
import { encodeByCodec } from './codecs.js';
import { describeExotic, isPlainPrototype } from './exotic.js';
import { isGetter } from './getter.js';

/** A bounded text, and whether it leaves something out. */
export interface Preview {
  readonly text: string;
  readonly truncated: boolean;
}

const MAX_STRING_CHARS = 400;
const MAX_LIST_HEAD = 3;
const MAX_LIST_TAIL = 3;
const MAX_KEYS = 24;
const MAX_DEPTH = 8;
const MAX_SHOWN_BIGINT = 10n ** 400n;

/** Changes a text before it is shown; see `Protect`. */
type ProtectText = ((text: string, key: string | undefined) => string) | undefined;

interface Pen {
  text: string;
  readonly maxChars: number;
  truncated: boolean;
  readonly protect: ProtectText;
}

/**
 * Shows a value in at most `maxBytes` bytes of UTF-8. A list of arguments with one member is shown as that member, the
 * way people think of a call.
 */
export function previewOf(value: unknown, maxBytes: number, protect?: ProtectText): Preview {
  const pen: Pen = { text: '', maxChars: maxBytes, truncated: false, protect };
  write(pen, value, 0, undefined);
  return cutToBytes(pen.text, maxBytes, pen.truncated);
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(65_536);

function cutToBytes(text: string, maxBytes: number, truncated: boolean): Preview {
  // Three bytes a unit is the most that UTF-8 takes, so most previews need no count.
  if (text.length * 3 <= maxBytes) return { text, truncated };
  // The encoder stops before a character that does not fit, which is where the text may be cut.
  const { read } = encoder.encodeInto(text, scratch.subarray(0, Math.min(maxBytes, scratch.length)));
  if (read === text.length) return { text, truncated };
  const { read: kept } = encoder.encodeInto(text, scratch.subarray(0, Math.max(0, Math.min(maxBytes, scratch.length) - ELLIPSIS_BYTES)));
  return { text: `${text.slice(0, kept)}…`, truncated: true };
}

const ELLIPSIS_BYTES = 3;

function write(pen: Pen, value: unknown, depth: number, key: string | undefined): void {
  if (pen.text.length > pen.maxChars) {
    pen.truncated = true;
    return;
  }
  switch (typeof value) {
    case 'string':
      writeString(pen, value, key);
      return;
    case 'number':
      pen.text += Object.is(value, -0) ? '-0' : String(value);
      return;
    case 'boolean':
    case 'undefined':
      pen.text += String(value);
      return;
    case 'bigint':
      // Decimal digits of a very large number take long, and nobody reads them.
      pen.text += value < MAX_SHOWN_BIGINT && value > -MAX_SHOWN_BIGINT ? `${value}n` : '[bigint]';
      return;
    case 'symbol':
      pen.text += '[symbol]';
      return;
    case 'function':
      pen.text += '[function]';
      return;
    case 'object':
      if (value === null) pen.text += 'null';
      else writeObject(pen, value, depth, key);
  }
}

function writeString(pen: Pen, raw: string, key: string | undefined): void {
  let value = raw;
  if (pen.protect !== undefined) {
    try {
      value = pen.protect(raw, key);
    } catch {
      // What could not be protected is not shown.
      pen.text += '[text]';
      return;
    }
  }
  if (value.length <= MAX_STRING_CHARS) {
    pen.text += JSON.stringify(value);
    return;
  }
  pen.truncated = true;
  const head = JSON.stringify(value.slice(0, MAX_STRING_CHARS).toWellFormed());
  pen.text += `${head.slice(0, -1)}… ${value.length - MAX_STRING_CHARS} more"`;
}

function writeObject(pen: Pen, value: object, depth: number, key: string | undefined): void {
  if (types.isProxy(value)) {
    pen.text += '[Proxy]';
    return;
  }
  if (depth >= MAX_DEPTH) {
    pen.truncated = true;
    pen.text += Array.isArray(value) ? '[…]' : '{…}';
    return;
  }
  if (Array.isArray(value)) {
    writeList(pen, value, depth, key);
    return;
  }
  const prototype: object | null = Object.getPrototypeOf(value);
  if (isPlainPrototype(prototype)) {
    writeRecord(pen, value, depth);
    return;
  }
  const encoded = encodeByCodec(value, prototype);
  if (encoded !== undefined) {
    pen.text += `${encoded.codec.name} `;
    write(pen, encoded.value, depth + 1, key);
    return;
  }
  const exotic = describeExotic(value, prototype);
  switch (exotic.kind) {
    case 'instance':
      pen.text += `${exotic.className} `;
      writeRecord(pen, value, depth);
      return;
    case 'date':
      pen.text += Number.isNaN(exotic.millis) ? 'Date(invalid)' : `Date(${new Date(exotic.millis).toISOString()})`;
      return;
    case 'bytes':
      pen.text += `${exotic.type}(${exotic.data.length} bytes)`;
      return;
    case 'regexp':
      pen.text += `/${exotic.source}/${exotic.flags}`;
      return;
    case 'boxed':
      write(pen, exotic.value, depth + 1, key);
      return;
    case 'map':
    case 'set':
      pen.text += exotic.kind === 'map' ? 'Map' : 'Set';
      writeList(pen, exotic.items, depth, key);
      return;
    case 'error':
      pen.text += `${exotic.className}: `;
      write(pen, exotic.message, depth + 1, 'message');
      return;
    case 'coded':
      pen.text += `${exotic.codec} `;
      write(pen, exotic.value, depth + 1, key);
      return;
    case 'opaque':
      pen.text += `[${exotic.type}]`;
      return;
    case 'truncated':
      pen.text += `[${exotic.mark.type} cut]`;
  }
}

function writeList(pen: Pen, list: readonly unknown[], depth: number, key: string | undefined): void {
  pen.text += '[';
  const skipped = list.length - MAX_LIST_HEAD - MAX_LIST_TAIL;
  for (let index = 0; index < list.length; index++) {
    if (index > 0) pen.text += ',';
    if (skipped > 0 && index === MAX_LIST_HEAD) {
      pen.truncated = true;
      pen.text += `… ${skipped} more …,`;
      index += skipped;
    }
    if (!Object.hasOwn(list, index)) pen.text += 'undefined';
    else if (isGetter(list, index)) pen.text += '[getter]';
    else write(pen, list[index], depth + 1, key);
    if (pen.text.length > pen.maxChars) {
      pen.truncated = true;
      break;
    }
  }
  pen.text += ']';
}

function writeRecord(pen: Pen, value: object, depth: number): void {
  pen.text += '{';
  const keys = Object.keys(value);
  const shown = Math.min(keys.length, MAX_KEYS);
  for (let index = 0; index < shown; index++) {
    const name = keys[index] as string;
    if (index > 0) pen.text += ',';
    pen.text += `${JSON.stringify(name)}:`;
    if (isGetter(value, name)) pen.text += '[getter]';
    else write(pen, (value as Record<string, unknown>)[name], depth + 1, name);
    if (pen.text.length > pen.maxChars) {
      pen.truncated = true;
      break;
    }
  }
  if (keys.length > shown) {
    pen.truncated = true;
    pen.text += `,… ${keys.length - shown} more`;
  }
  pen.text += '}';
}
