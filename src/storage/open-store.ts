// From what users write as a store to the store. Pure but for the working directory, against which relative paths count.

import path from 'node:path';
import { ChronicleError } from '../errors.js';
import { openBucketStore } from './bucket-store.js';
import { type BucketScheme, parseBucketUrl } from './bucket-url.js';
import { type FileStoreOptions, openFileStore } from './file-store.js';
import { openMemoryStore } from './memory-store.js';
import type { ObjectStore } from './object-store.js';

/** How hard a store tries to keep what it acknowledged. */
export type OpenStoreOptions = FileStoreOptions;

const SUPPORTED =
  'Supported are folders (file:./runs, file:///var/lib/runs, or a plain path), s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, azblob://ACCOUNT/CONTAINER/PREFIX and memory:NAME.';

/**
 * Opens a store by its URL: `file:` with an absolute or relative path, a plain path, a bucket (`s3:`, `gs:`, `azblob:`),
 * or `memory:NAME`. Paths in `file:` URLs are percent-decoded, plain paths are taken as they are, and `~` is not expanded
 * in either.
 *
 * Nothing is read, loaded or created: a folder that does not exist is made by the first write, and reading from it fails
 * then. A bucket has to exist; its client, an optional peer, is loaded at the first use.
 */
export function openStore(url: string, options: OpenStoreOptions = {}): ObjectStore {
  if (typeof url !== 'string' || url.trim() === '') throw invalid(url, 'it is empty');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return openFileStore(folderOf(url, url), options);
    case 'file':
      return openFileStore(folderOf(pathOfFileUrl(url), url), options);
    case 'memory':
      return openMemoryStore(memoryName(url));
    case 's3':
    case 'gs':
    case 'azblob':
      return bucketOf(scheme, url);
    default:
      throw invalid(url, `there is no store of the kind ${scheme}:`, 'A folder whose name has a colon is written with ./ before it.');
  }
}

/** Nothing of a bucket's client is loaded before it is used. */
function bucketOf(scheme: BucketScheme, url: string): ObjectStore {
  const place = parseBucketUrl(scheme, url);
  if ('fault' in place) throw invalid(url, place.fault, place.advice);
  switch (scheme) {
    case 's3':
      return openBucketStore(place, async () => (await import('./s3-client.js')).connectS3(place));
    case 'gs':
      return openBucketStore(place, async (timeoutMillis) => (await import('./gcs-client.js')).connectGcs(place, timeoutMillis));
    case 'azblob':
      return openBucketStore(place, async () => (await import('./azure-client.js')).connectAzure(place));
  }
}

/**
 * The path in a `file:` URL, decoded but not yet resolved. Unlike `new URL`, it keeps relative paths relative:
 * `file:./runs` and `file:runs` count from the working directory.
 */
function pathOfFileUrl(url: string): string {
  const rest = url.slice('file:'.length);
  if (/[?#]/.test(rest)) throw invalid(url, 'it has a ? or #', 'Write %3F or %23 if the name of the folder has one.');
  let encoded = rest;
  if (rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2);
    const host = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    if (host !== '' && host !== 'localhost') {
      throw invalid(
        url,
        `after two slashes comes the name of a host, here ${JSON.stringify(host)}`,
        'Write file:///path for an absolute path, or file:path for a relative one.',
      );
    }
    encoded = slash < 0 ? '' : rest.slice(slash);
  }
  // A decoded slash would change which folder is meant, as it would in Node's own fileURLToPath.
  if (/%2f/i.test(encoded)) throw invalid(url, 'it has an encoded slash (%2F)');
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw invalid(url, 'it has a % that does not begin an encoded character', 'Write %25 for a percent sign.', cause);
  }
}

function folderOf(folder: string, url: string): string {
  if (folder === '') throw invalid(url, 'it names no folder');
  if (folder.includes('\0')) throw invalid(url, 'it has a null character');
  if (/[\uD800-\uDFFF]/u.test(folder)) throw invalid(url, 'it is not well-formed Unicode');
  // Shells expand ~, an environment file does not: a folder called "~" is never what was meant.
  if (folder === '~' || folder.startsWith('~/')) throw invalid(url, '~ is not expanded here', 'Write the whole path.');
  return path.resolve(folder);
}

function memoryName(url: string): string {
  const name = url.slice('memory:'.length);
  if (/^[A-Za-z0-9._-]+$/.test(name)) return name;
  throw invalid(url, 'the name after memory: must be letters, digits and . _ -', 'Write for example memory:test.');
}

function invalid(url: unknown, fault: string, advice?: string, cause?: unknown): ChronicleError {
  const store = withoutCredentials(String(url));
  const message = `${JSON.stringify(store)} names no store: ${fault}.\n${advice === undefined ? '' : `${advice} `}${SUPPORTED}`;
  return new ChronicleError('CHRONICLE_OPTION_INVALID', message, { facts: { store }, ...(cause === undefined ? {} : { cause }) });
}

/** A URL may carry a password, and its parameters may be secrets; an error message must not. */
function withoutCredentials(url: string): string {
  const shown = url.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^?#]*@/, '$1***@');
  return /^(?:file|memory):/i.test(url) || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url) ? shown : shown.replace(/([?&#][^=&#]*=)[^&#]*/g, '$1***');
}
