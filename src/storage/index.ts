export { type OpenStoreOptions, openStore } from './open-store.js';
export type { ByteRange, ListedObject, ListOptions, ObjectStore } from './object-store.js';
