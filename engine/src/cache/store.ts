/**
 * The store: memory → scratch → private → shared → libraries, looked through in this order. What a lower layer has goes into the
 * ones above, and writes happen behind. The store knows bytes and keys, no stage, and no fault of it ever reaches a caller as
 * an exception.
 *
 *     <directory>/v1/    the private layer; what lies in it stands in `folder.ts`
 */
import { join } from "node:path";
import { hex } from "../base/digest.js";
import { within } from "../base/within.js";
import { type Catalogue, type CatalogueRow, rowOf } from "./catalogue.js";
import { type Entry, type EntryContent, type EntryMeta, type Signer, STORED_KINDS, type StoredKind } from "./entry.js";
import { describe, isErrno } from "./fault.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";
import { type Folder, type FoundFile, openFolder, type StoreFault, TEMPORARY_GRACE_MS } from "./folder.js";
import type { EvictionNote } from "./ledger-file.js";
import { ELSEWHERE, type KindTotals } from "./ledger-file.js";
import { type Memory, openMemory } from "./memory.js";
import { type Place, PRIVATE_MODES } from "./publish.js";
import { ownUser } from "./read.js";
import {
  type CacheOptions,
  type CacheSettings,
  type Environment,
  findConfig,
  readSettings,
  type Setting,
  type Settings,
} from "./settings.js";
import { openShared, type SharedLayer, type WriterStatus } from "./shared.js";
import { type Trust, trustOwn } from "./trust.js";

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
  readonly trust?: Trust;
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
    }
  | { readonly outcome: "miss"; readonly reason: string }
  | { readonly outcome: "refused"; readonly reason: string; readonly code: string };

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
}

export interface ListedEntry extends CatalogueRow {
  /** Digits of components; only of `describe`. */
  readonly layer: LayerName;
}

export interface ListQuery {
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
  /** Says that an entry's content, though intact, made no sense to its stage: it is set aside, or never used again. */
  reject(kind: StoredKind, key: Uint8Array): Promise<void>;
  /**
   * Writes behind: returns at once; `drain` waits. Calls `done` with the bytes once published, and not when the same
   * content is there already or on its way. Other content under the key stays; that is a fault, code `conflict`.
   */
  put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void;
  /** Adds to a counter of the statistics. */
  count(counter: string, by?: number): void;
  /** Waits for pending writes and notes, at most `deadlineMs`; answers whether all are done. */
  drain(deadlineMs: number): Promise<boolean>;
  status(): Promise<StoreStatus>;
  /** Entries of the private layer, newest first unless asked otherwise. */
  list(query?: ListQuery): Promise<{ total: number; entries: ListedEntry[] }>;
  /**
   * Removes all entries of the kinds and what was set aside of them; with `dryRun` only says what would go. Also
   * sweeps old temporaries.
   */
  clear(options?: { kinds?: readonly StoredKind[]; dryRun?: boolean }): Promise<ClearResult>;
  /** The folders that this user owns, from the top: for eviction, verification and export. */
  readonly folders: readonly { readonly layer: LayerName; readonly folder: Folder }[];
}

/** Opens the store; touches nothing but the configuration until the first use. Throws `InputError` for settings that make no sense. */
export function openStore(options: StoreOptions = {}): Store {
  const environment = options.environment ?? process.env;
  const files = options.fileSystem ?? nodeFileSystem;
  const clock = options.clock ?? Date.now;
  const me = ownUser();
  const trust = options.trust ?? trustOwn(me);
  const config = options.config === undefined ? findConfig(environment) : options.config || undefined;
  let given: CacheOptions = {
    ...options.settings,
    ...(options.directory !== undefined && { directory: options.directory }),
  };
  let settings: Settings = readSettings(given, environment, config);
  const { values } = settings;
  const onFault = (fault: StoreFault): void => options.onFault?.(fault);

  const memory = openMemory(values.memoryBytes);
  const ownPlace: Place = { files, owner: me, durable: false, ...PRIVATE_MODES };
  const open = (directory: string): Folder =>
    openFolder({ root: join(directory, "v1"), place: ownPlace, clock, writable: true, onFault });
  const home = open(values.directory);
  const scratch = values.scratchDirectory === "" ? undefined : open(values.scratchDirectory);
  const shared: SharedLayer | undefined =
    values.sharedDirectory === ""
      ? undefined
      : openShared({
          directory: values.sharedDirectory,
          files,
          clock,
          own: me,
          trust,
          publish: values.publish,
          signer: options.signer,
          onFault,
        });
  const own = [
    ...(scratch ? [{ layer: "scratch" as const, folder: scratch }] : []),
    { layer: "private" as const, folder: home },
  ];
  /** Where the last hit of a key came from, so that it can be rejected there. */
  const origin = new Map<string, { readonly layer: LayerName; readonly writer: number | undefined }>();

  async function get(kind: StoredKind, key: Uint8Array): Promise<Lookup> {
    let refused: Lookup | undefined;
    let missed: Lookup = { outcome: "miss", reason: "not in the cache" };
    for (const { layer, folder } of own) {
      const found = await folder.get(kind, key);
      if (found.outcome === "hit") {
        origin.delete(`${kind} ${hex(key)}`);
        if (layer === "private") fill(scratch, found.entry);
        return { ...found, layer };
      }
      if (found.outcome === "refused") refused ??= found;
      else if (found.reason !== "not in the cache") missed = found;
    }
    if (shared) {
      const found = await shared.get(kind, key);
      if (found.outcome === "hit") {
        origin.set(`${kind} ${hex(key)}`, { layer: "shared", writer: found.writer });
        // not into the private layer before its stage has found it sound: see `keepShared`
        return { ...found, layer: "shared" };
      }
      if (found.outcome === "refused") refused ??= found;
    }
    return refused ?? missed;
  }

  /** A copy for a layer above. */
  function fill(folder: Folder | undefined, { signature: _, attributes, arrays, ...meta }: Entry): void {
    folder?.put(meta as EntryMeta & { kind: StoredKind }, { attributes, arrays });
  }

  async function reject(kind: StoredKind, key: Uint8Array): Promise<void> {
    const from = origin.get(`${kind} ${hex(key)}`);
    memory.forget(kind, hex(key));
    if (from?.layer === "shared") shared?.avoid(kind, key, from.writer);
    else for (const { folder } of own) await folder.reject(kind, key);
  }

  function put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void {
    scratch?.put(meta, content);
    home.put(meta, content, done);
    if (!shared || !settings.values.publish) return;
    const { details: _, ...bare } = meta;
    const attributes = "name" in content.attributes ? { ...content.attributes, name: "" } : content.attributes;
    if (settings.values.shareNames) shared.put(meta, content);
    else shared.put(bare, { ...content, attributes });
  }

  async function drain(deadlineMs: number): Promise<boolean> {
    const all = async (): Promise<void> => {
      for (const { folder } of own) {
        await folder.settle();
        await folder.ledger.flush();
      }
      await shared?.settle();
    };
    return within(all(), deadlineMs);
  }

  /** The catalogue of a folder, made by listing it when it never was. */
  async function catalogueOf(folder: Folder): Promise<Catalogue> {
    if (!(await folder.ledger.listed())) await folder.reconcile();
    return folder.ledger.catalogue();
  }

  async function statusOf(layer: LayerName, directory: string, folder: Folder): Promise<LayerStatus> {
    if (!(await folder.ledger.listed())) await folder.reconcile();
    const { totals } = await folder.ledger.summary();
    const kinds = STORED_KINDS.map((kind) => ({ kind, ...totals[kind] }));
    return { layer, directory, capBytes: settings.values.capBytes, kinds };
  }

  async function status(): Promise<StoreStatus> {
    const { directory, scratchDirectory, capBytes, memoryBytes, sharedDirectory, sharedCapBytes } = settings.values;
    const layers: LayerStatus[] = [
      {
        layer: "memory",
        directory: "",
        capBytes: memoryBytes,
        kinds: STORED_KINDS.map((kind) => ({ kind, ...memory.totals(kind) })),
      },
    ];
    if (scratch) layers.push(await statusOf("scratch", scratchDirectory, scratch));
    const mine = await statusOf("private", directory, home);
    layers.push(mine);
    const writers = (await shared?.writers()) ?? [];
    if (shared) {
      const sum = (kind: StoredKind, what: "entries" | "bytes"): number =>
        writers.reduce((total, { summary }) => total + summary.totals[kind][what], 0);
      const kinds = STORED_KINDS.map((kind) => ({ kind, entries: sum(kind, "entries"), bytes: sum(kind, "bytes") }));
      layers.push({ layer: "shared", directory: sharedDirectory, capBytes: sharedCapBytes, kinds });
    }
    let quarantined = 0;
    for (const kind of STORED_KINDS) for await (const _ of home.quarantined(kind)) quarantined++;
    const { counters, evictions } = await home.ledger.summary();
    return {
      directory,
      layer: "private",
      capBytes,
      kinds: mine.kinds,
      quarantined,
      layers,
      counters,
      evictions,
      writers,
    };
  }

  async function list(query: ListQuery = {}): Promise<{ total: number; entries: ListedEntry[] }> {
    const { kinds = STORED_KINDS, offset = 0, limit = 100, filter = "", sort = "created", ascending = false } = query;
    const part = await catalogueOf(home);
    const now = clock();
    const rows: number[] = [];
    const codes = kinds.map((kind) => STORED_KINDS.indexOf(kind));
    const { columns, attributes } = part;
    const needle = filter.toLowerCase();
    const named = attributes.names.map((name) => name.toLowerCase().includes(needle));
    for (let row = 0; row < columns.count; row++) {
      if (columns.events[row] & ELSEWHERE || !codes.includes(columns.kinds[row])) continue;
      if (needle !== "" && !named[columns.names[row]] && !rowOf(part, row, now).key.includes(needle)) continue;
      rows.push(row);
    }
    const { times, lastUses, uses, bytes, costs, names } = columns;
    const by = { created: times, used: lastUses, uses, bytes, cost: costs, name: names }[sort];
    const rank = sort === "name" ? rankOf(attributes.names) : undefined;
    const value = (row: number): number => (rank ? rank[by[row]] : by[row]);
    const sign = ascending ? 1 : -1;
    rows.sort((a, b) => sign * (value(a) - value(b)) || a - b);
    const entries = rows
      .slice(offset, offset + limit)
      .map((row) => ({ ...rowOf(part, row, now), layer: "private" as const }));
    return { total: rows.length, entries };
  }

  async function clear({
    kinds = STORED_KINDS,
    dryRun = false,
  }: Parameters<Store["clear"]>[0] = {}): Promise<ClearResult> {
    let entries = 0;
    let bytes = 0;
    let quarantined = 0;
    const removed = async ({ path, kind }: FoundFile): Promise<boolean> => {
      if (dryRun) return true;
      try {
        await files.unlink(path);
        return true;
      } catch (error) {
        if (!isErrno(error, "ENOENT")) onFault({ action: "clear", kind, ...describe(error) });
        return false;
      }
    };
    if (!dryRun) memory.clear(kinds);
    for (const { folder } of own) {
      for (const kind of kinds) {
        for await (const file of folder.files(kind)) {
          if (!(await removed(file))) continue;
          entries++;
          bytes += file.bytes;
        }
        for await (const file of folder.quarantined(kind)) if (await removed(file)) quarantined++;
        for await (const file of folder.temporaries(kind))
          if (clock() - file.mtimeMs >= TEMPORARY_GRACE_MS) await removed(file);
      }
      if (!dryRun) await folder.reconcile();
    }
    return { kinds: [...kinds], entries, bytes, quarantined };
  }

  return {
    directory: values.directory,
    get capBytes() {
      return settings.values.capBytes;
    },
    get settings() {
      return settings.values;
    },
    get origins() {
      return settings.origins;
    },
    memory,
    folders: own,
    configure(changes) {
      given = { ...given, ...changes };
      settings = readSettings(given, environment, config);
      memory.limit(settings.values.memoryBytes);
    },
    get,
    reject,
    put,
    count: (counter, by) => {
      if (settings.values.statistics) home.ledger.count(counter, by);
    },
    drain,
    status,
    list,
    clear,
  };
}

/** Places of texts in alphabetical order. */
function rankOf(names: readonly string[]): Float64Array {
  const rank = new Float64Array(names.length);
  names
    .map((name, i) => [name, i] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .forEach(([, i], place) => {
      rank[i] = place;
    });
  return rank;
}
