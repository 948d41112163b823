/** The cache as its users see it: bytes by key. Light to import: it knows no stage. */
export type { CatalogueRow } from "./catalogue.js";
export { type DoctorReport, examine } from "./doctor.js";
export {
  type Entry,
  type EntryContent,
  EntryFault,
  type EntryKind,
  type EntryMeta,
  STORED_KINDS,
  type StoredKind,
} from "./entry.js";
export { bytesText, type EvictionPlan, type VacuumQuery, type Victim } from "./evict.js";
export type { Finding } from "./finding.js";
export type { StoreFault } from "./folder.js";
export { type CacheKey, makeKey } from "./key.js";
export { type KeyFile, keysFolder, listKeyFiles, newKeyFile } from "./key-files.js";
export { type EvictionNote, type KindTotals, sumOfKinds } from "./ledger-file.js";
export type { LibraryStatus } from "./libraries.js";
export type { Memory } from "./memory.js";
export { sameContent } from "./publish.js";
export {
  type CacheOptions,
  type CacheSettings,
  type Environment,
  EVICTION_POLICIES,
  KNOBS,
  PRESETS,
  parseAmount,
  type Setting,
  type SettingName,
} from "./settings.js";
export type { WriterStatus } from "./shared.js";
export { accessOf, initShared, type SharedInit } from "./shared-access.js";
export { newSigningKey, signerFrom } from "./signing.js";
export { type KindStatistics, kindStatistics } from "./statistics.js";
export { openStore } from "./store.js";
export {
  type ClearResult,
  type DescribedEntry,
  type KindStatus,
  LAYERS,
  type LayerName,
  type LayerStatus,
  type ListedEntry,
  type ListPage,
  type ListQuery,
  type Lookup,
  type PutOptions,
  type Store,
  type StoreOptions,
  type StoreStatus,
  type VacuumResult,
} from "./store-types.js";
export { type Suggestion, suggest } from "./suggestions.js";
export type { ExportQuery, ImportQuery, Published, Transfer, TransferQuery, Verified } from "./transfer.js";
export { openUsers } from "./users.js";
export { type Volume, volumeOf } from "./volume.js";
