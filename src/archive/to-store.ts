// A store as users name it becomes a store.

import { ChronicleError } from '../errors.js';
import { type ObjectStore, openStore, type OpenStoreOptions } from '../storage/index.js';
import type { StoreLike } from './types.js';

/** Opens a store by its URL, or takes the object store as it is. */
export function toStore(store: StoreLike | undefined, options?: OpenStoreOptions): ObjectStore {
  if (typeof store === 'object' && store !== null) return store;
  if (store !== undefined && store !== '') return openStore(store, options);
  throw new ChronicleError(
    'CHRONICLE_OPTION_INVALID',
    'No store is named.\nPass the option store (--store on the command line), or set CHRONICLE_STORE, for example to file:./chronicle-runs.',
  );
}
