/** The cache as its users see it: bytes by key. Light to import: it knows no stage. */
export { cacheDirectory, type Environment } from "./directory.js";
export { type Entry, type EntryContent, EntryFault, type EntryKind } from "./entry.js";
export { type CacheKey, makeKey } from "./key.js";
export {
  type ClearResult,
  type KindStatus,
  type ListedEntry,
  type Lookup,
  openStore,
  STORED_KINDS,
  type Store,
  type StoredKind,
  type StoreFault,
  type StoreOptions,
  type StoreStatus,
} from "./store.js";
