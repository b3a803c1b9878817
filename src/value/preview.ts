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

/** So that the last message of a conversation is always seen in 2 KB. */
const MAX_STRING_CHARS = 280;
const MAX_LIST_HEAD = 2;
const MAX_LIST_TAIL = 3;
const MAX_KEYS = 24;
const MAX_DEPTH = 8;
const MAX_SHOWN_BIGINT = 10n ** 400n;

/** Changes a text before it is shown; see `Protect`. */
type ProtectText = ((text: string, key: string | undefined) => string) | undefined;

/** Writes a preview, and stops where it is full: a text that was put together is not looked at again. */
class Pen {
  #text = '';
  /** What may follow the text where the whole fits, and gives way to an ellipsis where it does not. */
  #tail = '';
  #bytes = 0;
  truncated = false;
  full = false;
  readonly protect: ProtectText;
  readonly #maxBytes: number;

  constructor(maxBytes: number, protect: ProtectText) {
    this.#maxBytes = maxBytes;
    this.protect = protect;
  }

  write(piece: string): void {
    if (this.full) return;
    const bytes = Buffer.byteLength(piece);
    const limit = this.#maxBytes - ELLIPSIS_BYTES;
    if (this.#tail === '' && this.#bytes + bytes <= limit) {
      this.#text += piece;
      this.#bytes += bytes;
      return;
    }
    const head = this.#tail === '' ? firstBytes(piece, limit - this.#bytes) : '';
    this.#text += head;
    this.#bytes += Buffer.byteLength(head);
    this.#tail += piece.slice(head.length);
    if (this.#bytes + Buffer.byteLength(this.#tail) <= this.#maxBytes) return;
    this.full = true;
    this.truncated = true;
    this.#tail = limit >= 0 ? '…' : '';
  }

  finish(): Preview {
    return { text: this.#text + this.#tail, truncated: this.truncated };
  }
}

/**
 * Shows a value in at most `maxBytes` bytes of UTF-8. A list of arguments with one member is shown as that member, the
 * way people think of a call.
 */
export function previewOf(value: unknown, maxBytes: number, protect?: ProtectText): Preview {
  const pen = new Pen(maxBytes, protect);
  write(pen, value, 0, undefined);
  return pen.finish();
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(65_536);

/** As much of the beginning of a text as fits, never a part of a character. */
function firstBytes(text: string, maxBytes: number): string {
  const { read } = encoder.encodeInto(text, scratch.subarray(0, Math.min(Math.max(0, maxBytes), scratch.length)));
  return text.slice(0, read);
}

const ELLIPSIS_BYTES = 3;

function write(pen: Pen, value: unknown, depth: number, key: string | undefined): void {
  if (pen.full) return;
  switch (typeof value) {
    case 'string':
      writeString(pen, value, key);
      return;
    case 'number':
      pen.write(Object.is(value, -0) ? '-0' : String(value));
      return;
    case 'boolean':
    case 'undefined':
      pen.write(String(value));
      return;
    case 'bigint':
      // Decimal digits of a very large number take long, and nobody reads them.
      pen.write(value < MAX_SHOWN_BIGINT && value > -MAX_SHOWN_BIGINT ? `${value}n` : '[bigint]');
      return;
    case 'symbol':
      pen.write('[symbol]');
      return;
    case 'function':
      pen.write('[function]');
      return;
    case 'object':
      if (value === null) pen.write('null');
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
      pen.write('[text]');
      return;
    }
  }
  if (value.length <= MAX_STRING_CHARS) {
    pen.write(JSON.stringify(value));
    return;
  }
  pen.truncated = true;
  const head = JSON.stringify(value.slice(0, MAX_STRING_CHARS).toWellFormed());
  pen.write(`${head.slice(0, -1)}… ${value.length - MAX_STRING_CHARS} more"`);
}

function writeObject(pen: Pen, value: object, depth: number, key: string | undefined): void {
  if (types.isProxy(value)) {
    pen.write('[Proxy]');
    return;
  }
  if (depth >= MAX_DEPTH) {
    pen.truncated = true;
    pen.write(Array.isArray(value) ? '[…]' : '{…}');
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
    pen.write(`${encoded.codec.name} `);
    write(pen, encoded.value, depth + 1, key);
    return;
  }
  const exotic = describeExotic(value, prototype);
  switch (exotic.kind) {
    case 'instance':
      pen.write(`${exotic.className} `);
      writeRecord(pen, value, depth);
      return;
    case 'date':
      pen.write(Number.isNaN(exotic.millis) ? 'Date(invalid)' : `Date(${new Date(exotic.millis).toISOString()})`);
      return;
    case 'bytes':
      pen.write(`${exotic.type}(${exotic.data.length} bytes)`);
      return;
    case 'regexp':
      pen.write(`/${exotic.source}/${exotic.flags}`);
      return;
    case 'boxed':
      write(pen, exotic.value, depth + 1, key);
      return;
    case 'map':
    case 'set':
      pen.write(exotic.kind === 'map' ? 'Map' : 'Set');
      writeList(pen, exotic.items, depth, key);
      return;
    case 'error':
      pen.write(`${exotic.className}: `);
      write(pen, exotic.message, depth + 1, 'message');
      return;
    case 'coded':
      pen.write(`${exotic.codec} `);
      write(pen, exotic.value, depth + 1, key);
      return;
    case 'opaque':
      pen.write(`[${exotic.type}]`);
      return;
    case 'truncated':
      pen.write(`[${exotic.mark.type} cut]`);
  }
}

function writeList(pen: Pen, list: readonly unknown[], depth: number, key: string | undefined): void {
  pen.write('[');
  const skipped = list.length - MAX_LIST_HEAD - MAX_LIST_TAIL;
  for (let index = 0; index < list.length; index++) {
    if (index > 0) pen.write(',');
    if (skipped > 0 && index === MAX_LIST_HEAD) {
      pen.truncated = true;
      pen.write(`… ${skipped} more …,`);
      index += skipped;
    }
    if (!Object.hasOwn(list, index)) pen.write('undefined');
    else if (isGetter(list, index)) pen.write('[getter]');
    else write(pen, list[index], depth + 1, key);
    if (pen.full) break;
  }
  pen.write(']');
}

function writeRecord(pen: Pen, value: object, depth: number): void {
  pen.write('{');
  const keys = Object.keys(value);
  const shown = Math.min(keys.length, MAX_KEYS);
  for (let index = 0; index < shown; index++) {
    const name = keys[index] as string;
    if (index > 0) pen.write(',');
    pen.write(`${JSON.stringify(name)}:`);
    if (isGetter(value, name)) pen.write('[getter]');
    else write(pen, (value as Record<string, unknown>)[name], depth + 1, name);
    if (pen.full) break;
  }
  if (keys.length > shown) {
    pen.truncated = true;
    pen.write(`,… ${keys.length - shown} more`);
  }
  pen.write('}');
}
