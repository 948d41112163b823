/** What the store answers and takes: types alone, so that its parts can share them. */
import type { CatalogueRow } from "./catalogue.js";
import type { Entry, EntryContent, EntryMeta, Signer, StoredKind } from "./entry.js";
import type { EvictionPlan, VacuumQuery } from "./evict.js";
import type { FileSystem } from "./file-system.js";
import type { Folder, StoreFault } from "./folder.js";
import type { CacheKey } from "./key.js";
import type { Leases, LeaseTimes } from "./lease.js";
import type { EvictionNote, KindTotals } from "./ledger-file.js";
import type { LibraryStatus } from "./libraries.js";
import type { Memory } from "./memory.js";
import type { PolicyFile } from "./policy.js";
import type { CacheOptions, CacheSettings, Environment, Setting } from "./settings.js";
import type { WriterStatus } from "./shared.js";
import type { Transfer } from "./transfer.js";
import type { Trust } from "./trust.js";

export interface StoreOptions {
  /** Settings that weigh more than the configuration and the environment. */
  readonly settings?: CacheOptions;
  /** The private layer; the same as `settings.directory`. */
  readonly directory?: string;
  readonly environment?: Environment;
  /** The configuration file; default what `findConfig` finds; "" for none. */
  readonly config?: string;
  readonly fileSystem?: FileSystem;
  readonly clock?: () => number;
  /** Default: by the setting `policyFile` and the site's policy. */
  readonly trust?: Trust;
  readonly sitePolicyFile?: string;
  /** Which entries of others are made again: a whole number from 0 to 2⁵³ − 1. Default: by chance. */
  readonly sampleSeed?: number;
  readonly leaseTimes?: LeaseTimes;
  readonly signer?: Signer;
  /** Told of every fault that turned into a miss or a write that did not happen. */
  readonly onFault?: (fault: StoreFault) => void;
}

export const LAYERS = ["memory", "scratch", "private", "shared", "library"] as const;
export type LayerName = (typeof LAYERS)[number];

export type Lookup =
  | {
      readonly outcome: "hit";
      readonly entry: Entry;
      readonly loadMs: number;
      readonly bytes: number;
      readonly layer: Exclude<LayerName, "memory">;
      /** Number of the user who wrote it, of a shared entry. */
      readonly writer?: number;
      /** Somebody else wrote it, and chance chose it to be made again and compared. */
      readonly sample?: boolean;
    }
  | { readonly outcome: "miss"; readonly reason: string }
  | { readonly outcome: "refused"; readonly reason: string; readonly code: string };

export interface PutOptions {
  /** Whether it goes to the shared layer too, when publishing is on. Default: true. */
  readonly share?: boolean;
}

export interface KindStatus extends KindTotals {
  readonly kind: StoredKind;
}

export interface LayerStatus {
  readonly layer: LayerName;
  /** Empty of memory. */
  readonly directory: string;
  readonly capBytes: number;
  readonly kinds: readonly KindStatus[];
}

export interface StoreStatus {
  readonly directory: string;
  readonly layer: "private";
  readonly capBytes: number;
  readonly kinds: readonly KindStatus[];
  readonly quarantined: number;
  /** Every layer that is set up, from the top. */
  readonly layers: readonly LayerStatus[];
  /** Counters of all processes of this user, by name. */
  readonly counters: Readonly<Record<string, number>>;
  readonly evictions: readonly EvictionNote[];
  readonly writers: readonly WriterStatus[];
  readonly libraries: readonly LibraryStatus[];
  /** The policies of this user and of the site, each with why it is not used, if it is not. */
  readonly policy: readonly PolicyFile[];
}

export interface ListedEntry extends CatalogueRow {
  readonly layer: LayerName;
  /** Who wrote it, of a shared entry, or the library that has it. */
  readonly writer?: string;
}

/** An entry with what its file says. */
export interface DescribedEntry {
  readonly kind: StoredKind;
  readonly key: string;
  readonly layer: LayerName;
  readonly path: string;
  readonly bytes: number;
  readonly producer: string;
  readonly createdMs: number;
  readonly costMs: number;
  /** Digests of the components of its key. */
  readonly components: Readonly<Record<string, string>>;
  /** Components in words. */
  readonly details: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly signed: boolean;
}

export interface ListPage {
  /** Entries that match, on this page or not. */
  readonly total: number;
  readonly entries: readonly ListedEntry[];
}

export interface ListQuery {
  /** Where to look; default: private. */
  readonly layer?: Exclude<LayerName, "memory">;
  readonly kinds?: readonly StoredKind[];
  readonly offset?: number;
  readonly limit?: number;
  /** Names or keys that contain this. */
  readonly filter?: string;
  readonly sort?: "created" | "used" | "uses" | "bytes" | "cost" | "name";
  readonly ascending?: boolean;
}

export interface ClearResult {
  readonly kinds: readonly StoredKind[];
  readonly entries: number;
  readonly bytes: number;
  /** Files of these kinds that were set aside and went too; not part of `entries` and `bytes`. */
  readonly quarantined: number;
  /** Entries that stay because they are pinned. */
  readonly pinned: number;
}

export interface VacuumResult extends EvictionPlan {
  readonly dryRun: boolean;
  /** Damaged files that were set aside a week ago or more. */
  readonly quarantined: number;
  /** What interrupted writers left. */
  readonly temporaries: number;
  /** Entries that the ledger did not know, and that it knew and that are gone. */
  readonly found: number;
  readonly missing: number;
}

export interface Store {
  /** The private layer. */
  readonly directory: string;
  readonly capBytes: number;
  readonly settings: CacheSettings;
  readonly origins: readonly Setting[];
  readonly memory: Memory;
  /** Changes settings while running. Throws `InputError`. */
  configure(changes: CacheOptions): void;
  /** Looks an entry up in the layers below memory; never throws for a fault of the file system or of the file. */
  get(kind: StoredKind, key: Uint8Array): Promise<Lookup>;
  /** The same in this user's own layers, at once, for what cannot wait. */
  getNow(kind: StoredKind, key: Uint8Array): Lookup;
  /** Says that an entry's content, though intact, made no sense to its stage: it is set aside, or never used again. */
  reject(kind: StoredKind, key: Uint8Array): Promise<void>;
  /**
   * Says that the entry found last under this key differs from what was made again: it is not used again, nor is whatever else its
   * writer wrote, for as long as this store is open. Answers why, as a part of a sentence.
   */
  distrust(kind: StoredKind, key: Uint8Array): Promise<string>;
  /** Who is at work on what; see `lease.ts`. */
  readonly leases: Leases;
  /**
   * Writes behind: returns at once; `drain` waits. Calls `done` with the bytes once published, and not when the same
   * content is there already or on its way. Other content under the key stays; that is a fault, code `conflict`.
   */
  put(
    meta: EntryMeta & { kind: StoredKind },
    content: EntryContent,
    done?: (bytes: number) => void,
    options?: PutOptions,
  ): void;
  /** Copies what was found below into the layers above, once its stage has found it sound. */
  adopt(entry: Entry, key: CacheKey, name: string): void;
  /** Adds to a counter of the statistics. */
  count(counter: string, by?: number): void;
  /** Waits for pending writes and notes, at most `deadlineMs`; answers whether all are done. */
  drain(deadlineMs: number): Promise<boolean>;
  /** `others: false` leaves the shared layer's writers and the libraries unread, for whoever asks often. */
  status(options?: { readonly others?: boolean }): Promise<StoreStatus>;
  /** Entries of one layer, newest first unless asked otherwise. */
  list(query?: ListQuery): Promise<ListPage>;
  /** What an entry of this user's layers says of itself, without its arrays; undefined when there is none that is sound. */
  describe(kind: StoredKind, key: Uint8Array): Promise<DescribedEntry | undefined>;
  /** Entries of the private layer whose keys begin so, in hexadecimal. */
  resolve(prefix: string, kinds?: readonly StoredKind[]): Promise<readonly ListedEntry[]>;
  /**
   * Removes all entries of the kinds, those that are pinned excepted unless `pinned` is true, and what was set aside of them; with
   * `dryRun` only says what would go. Also sweeps old temporaries.
   */
  clear(options?: { kinds?: readonly StoredKind[]; dryRun?: boolean; pinned?: boolean }): Promise<ClearResult>;
  /**
   * Removes what a query asks for, pinned entries excepted, and then what the caps ask for; with no query only the latter. Sweeps
   * what was set aside or left over, and makes the ledger say what is there. With `dryRun` says what the same call would do.
   */
  vacuum(query?: VacuumQuery & { readonly dryRun?: boolean }): Promise<VacuumResult>;
  /** Keeps an entry from being evicted, or no longer. Answers whether there is one. */
  pin(kind: StoredKind, key: Uint8Array, pinned: boolean): Promise<boolean>;
  /** Removes one entry from this user's layers. */
  remove(kind: StoredKind, key: Uint8Array, cause: string): Promise<boolean>;
  /** Libraries, publishing, synchronising, verifying. */
  readonly transfer: Transfer;
  /** The folders that this user owns, from the top: for eviction, verification and export. */
  readonly folders: readonly { readonly layer: LayerName; readonly folder: Folder }[];
}
