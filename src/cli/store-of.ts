// Which store a call of a command means, opened.

import type { Archive, Ref } from '../archive/index.js';
import { ChronicleError } from '../errors.js';
import { readEnvironment } from '../setup/environment.js';
import type { CommandCall } from './cli-command.js';

/** A store that a command reads, and how to name it in a command line to copy. */
export interface OpenedArchive {
  readonly archive: Archive;
  /** What opens the store again, from any folder: the URL with the parameters that a bucket may need. */
  readonly storeUrl: string;
  /** `--store URL` where it has to be said again, else nothing. */
  readonly storeWords: readonly string[];
}

/** An envelope URI begins with the URL of its store; see `envelopeUri` in archive/keys.ts. */
const STORE_IN_URI = /^((?:file|s3|gs|azblob):.+?)\/v1\/traces\/[0-9a-f]{32}\/?(?:#.*)?$/is;

/** A recording file needs no store. */
const NO_STORE = 'memory:recording-file';

/** Opens the store of `--store` or CHRONICLE_STORE. */
export async function openStoreOf(call: CommandCall): Promise<OpenedArchive> {
  const named = call.global.store;
  if (named !== undefined) return { ...(await opened(named)), storeWords: ['--store', named] };
  const { store } = readEnvironment(call.io.env);
  if (store === undefined) throw noStore();
  return { ...(await opened(store)), storeWords: [] };
}

/** Opens the store in which a ref is to be found. An envelope URI names its own, and the path of a file needs none. */
export async function openStoreFor(ref: string, call: CommandCall): Promise<OpenedArchive & { readonly ref: Ref }> {
  const { parseRef } = await import('../archive/index.js');
  const parsed = parseRef(ref);
  if (call.global.store === undefined && readEnvironment(call.io.env).store === undefined) {
    if (parsed.kind === 'file') return { ...(await opened(NO_STORE)), storeWords: [], ref: parsed };
    const [, store] = STORE_IN_URI.exec(ref.trim()) ?? [];
    if (store !== undefined) return { ...(await opened(store)), storeWords: ['--store', store], ref: parsed };
  }
  return { ...(await openStoreOf(call)), ref: parsed };
}

async function opened(named: string): Promise<Pick<OpenedArchive, 'archive' | 'storeUrl'>> {
  const { openArchive } = await import('../archive/index.js');
  const archive = await openArchive(named);
  const [parameters = ''] = (/^(?:s3|gs|azblob):/i.test(named) && /\?.*$/s.exec(named)) || [];
  return { archive, storeUrl: archive.url + parameters };
}

function noStore(): ChronicleError {
  return new ChronicleError('CHRONICLE_OPTION_INVALID', 'No store is named.\nPass --store URL, or set CHRONICLE_STORE, for example to file:./chronicle-runs.', {
    facts: { option: 'store' },
  });
}
