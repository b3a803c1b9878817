// The two sides of a difference as they are shown: bounded, safe as JSON, and never the same text on both sides.

import { types } from 'node:util';
import type { Protect } from './capture.js';
import { HOLE, type Parts } from './diff-parts.js';
import { describeExotic } from './exotic.js';
import { previewOf } from './preview.js';

/** Bytes of a preview, and characters up to which a text is shown whole. */
export const SHOWN_BYTES = 200;

/** What one side of a difference shows: JSON as it is. */
export type Shown = string | number | boolean | null;

/** Shows one value. `key` is the name of the nearest property that holds it, for the protection of texts. */
export function showValue(value: unknown, key: string | undefined, protect: Protect | undefined): Shown {
  switch (typeof value) {
    case 'string': {
      const text = protect === undefined ? value : protect(value, key);
      return text.length <= SHOWN_BYTES ? text : previewOf(text, SHOWN_BYTES).text;
    }
    case 'number':
      // JSON has no form for these.
      return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
      return value;
    case 'symbol':
      return value === HOLE ? '(hole)' : previewOf(value, SHOWN_BYTES).text;
    case 'undefined':
    case 'bigint':
    case 'function':
      return previewOf(value, SHOWN_BYTES).text;
    case 'object':
      if (value === null) return null;
      try {
        return previewOf(value, SHOWN_BYTES, protect === undefined ? undefined : (text, name) => protect(text, name ?? key)).text;
      } catch {
        // Such as a prototype that is a proxy: what cannot be looked at is named and no more.
        return '[unreadable]';
      }
  }
}

/** Shows both sides, and tells them apart where their previews are the same. */
export function showSides(
  recorded: unknown,
  now: unknown,
  parts: { readonly recorded: Parts; readonly now: Parts },
  key: string | undefined,
  protect: Protect | undefined,
): { readonly recorded: Shown; readonly now: Shown } {
  const bytes = showBytes(recorded, now);
  if (bytes !== undefined) return bytes;
  const sides = { recorded: showValue(recorded, key, protect), now: showValue(now, key, protect) };
  if (sides.recorded !== sides.now) return sides;
  const { recorded: one, now: two } = parts;
  if (one.type !== two.type) return { recorded: `${one.type} ${sides.recorded}`, now: `${two.type} ${sides.now}` };
  if (one.kind !== 'leaf' || two.kind !== 'leaf') return sides;
  return { recorded: `${sides.recorded} ${cut(one.key)}`, now: `${sides.now} ${cut(two.key)}` };
}

function cut(text: string): string {
  return text.length <= SHOWN_BYTES ? text : `${text.slice(0, SHOWN_BYTES)}…`;
}

const BYTES_SHOWN = 16;

function showBytes(recorded: unknown, now: unknown): { readonly recorded: string; readonly now: string } | undefined {
  const one = bytesOf(recorded);
  const two = bytesOf(now);
  if (one === undefined || two === undefined) return undefined;
  let at = 0;
  while (at < one.data.length && at < two.data.length && one.data[at] === two.data[at]) at++;
  const side = ({ type, data }: { type: string; data: Uint8Array }): string => {
    const end = Math.min(data.length, at + BYTES_SHOWN);
    const hex = Buffer.from(data.subarray(at, end))
      .toString('hex')
      .replace(/..(?=.)/g, '$& ');
    return `${type}(${data.length} bytes), at ${at}: ${hex}${end < data.length ? '…' : ''}`;
  };
  return { recorded: side(one), now: side(two) };
}

function bytesOf(value: unknown): { readonly type: string; readonly data: Uint8Array } | undefined {
  if (typeof value !== 'object' || value === null || !(types.isAnyArrayBuffer(value) || types.isArrayBufferView(value))) return undefined;
  const exotic = describeExotic(value, Object.getPrototypeOf(value) as object);
  return exotic.kind === 'bytes' ? exotic : undefined;
}
