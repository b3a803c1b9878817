// What differs between two values, field by field, for a person who asks why a replay left its recording.

import { types } from 'node:util';
import { describeExotic } from './exotic.js';
import { previewOf } from './preview.js';

/** One field that differs. A side that has nothing there lacks its property. */
export interface ValueDifference {
  /** Place in the value, as in `$.messages[3].content`. */
  readonly path: string;
  recorded?: unknown;
  now?: unknown;
}

/** Bounds of a diff. */
export interface DiffLimits {
  /** Differences that are listed. Default: 50. */
  readonly maxDifferences?: number;
  /** Pairs of fields that are compared before the diff gives up. Default: 200,000. */
  readonly maxComparisons?: number;
}

interface Walk {
  readonly found: ValueDifference[];
  readonly maxDifferences: number;
  comparisons: number;
  readonly seen: Map<object, Set<object>>;
}

const PREVIEW_BYTES = 200;

/** Lists what differs between two values, in the order of the recorded one. Empty means equal, as far as it looked. */
export function diffValues(recorded: unknown, now: unknown, limits: DiffLimits = {}): ValueDifference[] {
  const walk: Walk = { found: [], maxDifferences: limits.maxDifferences ?? 50, comparisons: limits.maxComparisons ?? 200_000, seen: new Map() };
  compare(walk, recorded, now, '$');
  return walk.found;
}

function compare(walk: Walk, recorded: unknown, now: unknown, path: string): void {
  if (Object.is(recorded, now)) return;
  if (walk.found.length >= walk.maxDifferences || walk.comparisons-- <= 0) return;
  if (typeof recorded === 'string' && typeof now === 'string') {
    walk.found.push(describeTextChange(path, recorded, now));
    return;
  }
  if (!isComparable(recorded) || !isComparable(now)) {
    add(walk, path, recorded, now);
    return;
  }
  const partners = walk.seen.get(recorded);
  if (partners?.has(now) === true) return;
  if (partners === undefined) walk.seen.set(recorded, new Set([now]));
  else partners.add(now);
  if (Array.isArray(recorded) && Array.isArray(now)) {
    compareLists(walk, recorded, now, path);
    return;
  }
  const one = partsOf(recorded);
  const two = partsOf(now);
  if (one.type !== two.type || one.scalar !== two.scalar) {
    add(walk, path, recorded, now);
    return;
  }
  if (one.items !== undefined && two.items !== undefined) compareLists(walk, one.items, two.items, path);
  compareFields(walk, one.fields, two.fields, path);
}

function isComparable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !types.isProxy(value);
}

interface Parts {
  readonly type: string;
  readonly scalar: string | undefined;
  readonly items: readonly unknown[] | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

const NO_FIELDS: Readonly<Record<string, unknown>> = {};

function partsOf(value: object): Parts {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return { type: 'Array', scalar: undefined, items: value, fields: NO_FIELDS };
  if (prototype === null || prototype === Object.prototype) return { type: 'object', scalar: undefined, items: undefined, fields: dataFields(value) };
  const exotic = describeExotic(value, prototype);
  switch (exotic.kind) {
    case 'instance':
      return { type: exotic.className, scalar: undefined, items: undefined, fields: dataFields(value) };
    case 'map':
    case 'set':
      return { type: exotic.kind, scalar: undefined, items: exotic.items, fields: NO_FIELDS };
    case 'error':
      return {
        type: exotic.className,
        scalar: undefined,
        items: undefined,
        fields: {
          message: exotic.message,
          ...(exotic.cause === undefined ? {} : { cause: exotic.cause.value }),
          ...(exotic.errors === undefined ? {} : { errors: exotic.errors.value }),
          ...Object.fromEntries(exotic.properties),
        },
      };
    case 'bytes':
      return { type: exotic.type, scalar: Buffer.from(exotic.data).toString('base64'), items: undefined, fields: NO_FIELDS };
    case 'date':
      return { type: 'Date', scalar: String(exotic.millis), items: undefined, fields: NO_FIELDS };
    case 'regexp':
      return { type: 'RegExp', scalar: `/${exotic.source}/${exotic.flags}`, items: undefined, fields: NO_FIELDS };
    case 'boxed':
      return { type: 'boxed', scalar: undefined, items: undefined, fields: { value: exotic.value } };
    case 'coded':
      return { type: exotic.codec, scalar: undefined, items: undefined, fields: { value: exotic.value } };
    case 'opaque':
      return { type: exotic.type, scalar: exotic.detail, items: undefined, fields: NO_FIELDS };
    case 'truncated':
      return { type: exotic.mark.type, scalar: exotic.mark.digest ?? `${exotic.mark.reason}:${exotic.mark.size}`, items: undefined, fields: NO_FIELDS };
  }
}

function dataFields(value: object): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property !== undefined && 'value' in property) fields[name] = property.value;
  }
  return fields;
}

function compareFields(walk: Walk, recorded: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>, path: string): void {
  for (const name of Object.keys(recorded)) {
    const at = `${path}${fieldStep(name)}`;
    if (Object.hasOwn(now, name)) compare(walk, recorded[name], now[name], at);
    else addOne(walk, at, 'recorded', recorded[name]);
  }
  for (const name of Object.keys(now)) {
    if (!Object.hasOwn(recorded, name)) addOne(walk, `${path}${fieldStep(name)}`, 'now', now[name]);
  }
}

function compareLists(walk: Walk, recorded: readonly unknown[], now: readonly unknown[], path: string): void {
  const shared = Math.min(recorded.length, now.length);
  for (let index = 0; index < shared; index++) compare(walk, recorded[index], now[index], `${path}[${index}]`);
  for (let index = shared; index < recorded.length; index++) addOne(walk, `${path}[${index}]`, 'recorded', recorded[index]);
  for (let index = shared; index < now.length; index++) addOne(walk, `${path}[${index}]`, 'now', now[index]);
}

const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

function fieldStep(name: string): string {
  return PLAIN_NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= PREVIEW_BYTES ? value : previewOf(value, PREVIEW_BYTES).text;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return previewOf(value, PREVIEW_BYTES).text;
}

function add(walk: Walk, path: string, recorded: unknown, now: unknown): void {
  if (walk.found.length < walk.maxDifferences) walk.found.push({ path, recorded: shown(recorded), now: shown(now) });
}

function addOne(walk: Walk, path: string, side: 'recorded' | 'now', value: unknown): void {
  if (walk.found.length < walk.maxDifferences) walk.found.push({ path, [side]: shown(value) });
}

const CONTEXT_CHARS = 40;

/** Shows two long texts from shortly before the place where they part. */
function describeTextChange(path: string, recorded: string, now: string): ValueDifference {
  if (recorded.length <= PREVIEW_BYTES && now.length <= PREVIEW_BYTES) return { path, recorded, now };
  let start = 0;
  const shorter = Math.min(recorded.length, now.length);
  while (start < shorter && recorded.charCodeAt(start) === now.charCodeAt(start)) start++;
  let end = 0;
  while (end < shorter - start && recorded.charCodeAt(recorded.length - 1 - end) === now.charCodeAt(now.length - 1 - end)) end++;
  return { path, recorded: excerpt(recorded, start, recorded.length - end), now: excerpt(now, start, now.length - end) };
}

function excerpt(text: string, start: number, end: number): string {
  const from = Math.max(0, start - CONTEXT_CHARS);
  const to = Math.min(text.length, Math.min(end, start + PREVIEW_BYTES) + CONTEXT_CHARS);
  return `${from > 0 ? '…' : ''}${text.slice(from, to).toWellFormed()}${to < text.length ? '…' : ''}`;
}
