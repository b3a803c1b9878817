// Which keys exist. The rule is stricter than any back end's, so that a key means the same object everywhere, and it is
// checked before a path is built: no key can leave the folder of a file store.

import { ChronicleError } from '../errors.js';
import type { ByteRange } from './object-store.js';

/** S3 allows 1024 bytes; a key is ASCII. */
const MAX_KEY_LENGTH = 1024;
/** Most file systems allow 255 bytes in a name. */
const MAX_PART_LENGTH = 255;

const PART = /^[A-Za-z0-9][A-Za-z0-9._=-]*$/;

/** Refuses a key that is not one, with `CHRONICLE_OPTION_INVALID`. */
export function checkKey(key: string): void {
  const fault = keyFault(key);
  if (fault !== undefined) throw invalidKey('object key', key, fault);
}

/** Refuses a prefix that no key can begin with. The empty prefix, and one that ends inside a name, are fine. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  const fault = keyFault(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  if (fault !== undefined) throw invalidKey('key prefix', prefix, fault);
}

/** Refuses a range that is not whole numbers with `0 <= start <= end`. */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end) return;
  throw new ChronicleError('CHRONICLE_OPTION_INVALID', `A byte range must be whole numbers with 0 <= start <= end, got start ${start} and end ${end}.`, {
    facts: { start, end },
  });
}

/** Whether a name is a key. Other names in a bucket are not objects of ours. */
export function isKey(name: string): boolean {
  return keyFault(name) === undefined;
}

/** Whether a name may be one part of a key. Other names in the folder of a file store are not objects. */
export function isKeyPart(name: string): boolean {
  return name.length <= MAX_PART_LENGTH && PART.test(name);
}

/** The folders that a key lies in, outermost first: `a` and `a/b` for `a/b/c`. */
export function foldersOf(key: string): string[] {
  const folders: string[] = [];
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) folders.push(key.slice(0, slash));
  return folders;
}

/** The error for a key that is the folder of another key, or below one: a folder cannot hold both. */
export function nestedKey(key: string, url: string): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_STORE_CONFLICT',
    `Cannot write ${key} to ${url}: one key would be the folder of another.\nUse keys of which none continues another after a slash.`,
    { facts: { key, store: url, reason: 'nested', retryable: false } },
  );
}

/** The error for a key under which other bytes are stored: keys are written once. */
export function keyTaken(key: string, url: string): ChronicleError {
  return new ChronicleError(
    'CHRONICLE_STORE_CONFLICT',
    `Cannot write ${key} to ${url}: other bytes are stored there, and an object is never replaced.\nWrite under another key, or delete the object that is in the way.`,
    { facts: { key, store: url, reason: 'taken', retryable: false } },
  );
}

/** Whether two objects have the same content. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function keyFault(key: string): string | undefined {
  if (typeof key !== 'string') return 'it is not a string';
  if (key === '') return 'it is empty';
  if (key.length > MAX_KEY_LENGTH) return `it has ${key.length} characters, and ${MAX_KEY_LENGTH} are allowed`;
  for (const part of key.split('/')) {
    if (part === '') return 'it has an empty part';
    if (part.length > MAX_PART_LENGTH) return `its part ${quote(part)} has ${part.length} characters, and ${MAX_PART_LENGTH} are allowed`;
    if (!PART.test(part)) return `its part ${quote(part)} is not letters, digits and . _ = - after a first letter or digit`;
  }
  return undefined;
}

function invalidKey(what: string, key: string, fault: string): ChronicleError {
  return new ChronicleError('CHRONICLE_OPTION_INVALID', `${quote(key)} is no ${what}: ${fault}.`, { facts: { key } });
}

/** Quoted, with control characters escaped and a bounded length: a hostile key must not reach a terminal as it is. */
function quote(text: unknown): string {
  const whole = JSON.stringify(String(text));
  return whole.length <= 80 ? whole : `${whole.slice(0, 76)}..."`;
}
