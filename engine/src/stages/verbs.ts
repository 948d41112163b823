/** The caches as a notebook uses them: the verbs of `engine.cache`, with results that show themselves. */
import { InputError } from "../base/errors.js";
import { noSuch, valueText } from "../base/words.js";
import {
  bytesText,
  type CacheOptions,
  type CacheSettings,
  type ClearResult,
  type DescribedEntry,
  type DoctorReport,
  examine,
  type KindStatistics,
  kindStatistics,
  LAYERS,
  type LibraryStatus,
  type ListedEntry,
  type ListPage,
  type ListQuery,
  type Setting,
  STORED_KINDS,
  type Store,
  type StoredKind,
  type StoreStatus,
  type Suggestion,
  suggest,
  type Transfer,
  type VacuumQuery,
  type VacuumResult,
} from "../cache/index.js";
import { readOptions } from "../handle/signatures.js";
import {
  type Shown,
  shownClear,
  shownDoctor,
  shownEntry,
  shownFacts,
  shownLibraries,
  shownList,
  shownVacuum,
} from "./shown.js";

export type CacheStatus = Shown<StoreStatus & { readonly statistics: readonly KindStatistics[] }>;

/** What `engine.cache` offers. Verbs that change something answer what they did. */
export interface CacheVerbs {
  /** Settings as they count, each with where it came from. */
  readonly settings: CacheSettings;
  readonly origins: readonly Setting[];
  /** Changes settings while running; folders stay those that were opened. Throws `InputError`. */
  configure(changes: CacheOptions): void;
  /** Entries and bytes by kind and layer, and the counters of all sessions. Cost: does not depend on how many entries there are. */
  status(): Promise<CacheStatus>;
  /** What would make the caches serve better, with evidence. */
  suggestions(): Promise<readonly Suggestion[]>;
  /** Whether the caches can do their work, who could interfere, and what to do. Cost: a few files, and a listing of unfinished ones. */
  doctor(): Promise<Shown<DoctorReport>>;
  list(query?: ListQuery): Promise<Shown<ListPage>>;
  /** One entry by its key or the beginning of it. Throws `InputError`: `unknown-key`, `ambiguous-key`. */
  show(key: string): Promise<Shown<DescribedEntry>>;
  /** Keeps an entry from being evicted. */
  pin(key: string): Promise<ListedEntry>;
  unpin(key: string): Promise<ListedEntry>;
  remove(key: string): Promise<ListedEntry>;
  /** Pinned entries stay unless `pinned` is true. */
  clear(options?: { kinds?: readonly StoredKind[]; dryRun?: boolean; pinned?: boolean }): Promise<Shown<ClearResult>>;
  vacuum(query?: VacuumQuery & { readonly dryRun?: boolean }): Promise<Shown<VacuumResult>>;
  /** Libraries out and in, publishing to the shared layer, fetching from other folders, checking every byte. */
  exportLibrary: Transfer["exportLibrary"];
  importLibrary: Transfer["importLibrary"];
  /** Libraries that are looked through. */
  libraries(): Promise<Shown<{ readonly libraries: readonly LibraryStatus[] }>>;
  removeLibrary: Transfer["removeLibrary"];
  publish: Transfer["publish"];
  sync: Transfer["sync"];
  verify: Transfer["verify"];
}

const LIST_OPTIONS = ["layer", "kinds", "offset", "limit", "filter", "sort", "ascending"];
const VACUUM_OPTIONS = [...["kinds", "olderThanMs", "unusedForMs", "largerThanBytes", "name", "capBytes", "dryRun"]];
const EXPORT_OPTIONS = [
  ...["kinds", "name", "keys", "library", "version", "description", "asFolder", "signer", "timeless", "onProgress"],
];
const IMPORT_OPTIONS = ["unsigned", "dryRun", "signal", "onProgress"];
const SETTLE_MS = 1000;
const SORTS: readonly unknown[] = [undefined, "created", "used", "uses", "bytes", "cost", "name"];

/** Options of a verb; what is none is refused, because the verb would do more or less than was meant. */
function checked<T extends object | undefined>(verb: string, given: T, names: readonly string[]): T {
  const action = `${verb} entries of the caches`;
  const options = readOptions(action, given, names, `{ ${names[0]}: … }`) as Readonly<Record<string, unknown>>;
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot ${action}: ${what}.`);
  };
  const { kinds, sort, layer } = options;
  if (layer !== undefined && !(LAYERS.slice(1) as unknown[]).includes(layer))
    refuse(noSuch("layer", String(layer), LAYERS.slice(1)));
  if (kinds !== undefined) {
    if (!Array.isArray(kinds)) refuse(`kinds must be a list such as ["graph"] and is ${valueText(kinds)}`);
    const unknown = (kinds as unknown[]).find((kind) => !(STORED_KINDS as readonly unknown[]).includes(kind));
    if (unknown !== undefined) refuse(noSuch("kind", String(unknown), STORED_KINDS));
  }
  if (!SORTS.includes(sort)) refuse(noSuch("order", String(sort), SORTS.slice(1) as string[]));
  for (const [name, value] of Object.entries(options))
    if (NUMBERS.includes(name) && value !== undefined && !(typeof value === "number" && value >= 0))
      refuse(`${name} must be a number ≥ 0 and is ${valueText(value)}`);
  return given;
}

const NUMBERS: readonly string[] = ["offset", "limit", "olderThanMs", "unusedForMs", "largerThanBytes", "capBytes"];

export function cacheVerbs(store: Store): CacheVerbs {
  /** The one entry whose key begins so. */
  async function find(action: string, prefix: unknown): Promise<ListedEntry> {
    if (typeof prefix !== "string" || !/^[0-9a-f]{4,64}$/i.test(prefix))
      throw new InputError(
        "bad-key",
        `Cannot ${action} the entry ${String(prefix)}: a key is 64 hexadecimal digits, or at least its first four.`,
      );
    await settled();
    const found = await store.resolve(prefix.toLowerCase());
    if (found.length === 1) return found[0];
    throw new InputError(
      found.length === 0 ? "unknown-key" : "ambiguous-key",
      `Cannot ${action} the entry ${prefix}: ${found.length === 0 ? "there is none in the private layer" : `${found.length} entries begin so`}.`,
    );
  }
  /** What was made a moment ago may still be on its way to the disk. */
  const settled = (): Promise<boolean> => store.drain(SETTLE_MS);
  const bytesOf = (key: string): Buffer => Buffer.from(key, "hex");

  async function pinned(action: string, prefix: string, value: boolean): Promise<ListedEntry> {
    const entry = await find(action, prefix);
    await store.pin(entry.kind, bytesOf(entry.key), value);
    return { ...entry, pinned: value };
  }

  return Object.freeze({
    get settings() {
      return store.settings;
    },
    get origins() {
      return store.origins;
    },
    configure: (changes: CacheOptions) => store.configure(changes),
    async status() {
      await settled();
      const status = await store.status();
      return shownStatus({ ...status, statistics: kindStatistics(status.counters) });
    },
    suggestions: async () => suggest(await store.status(), store.settings, store.memory.evictions),
    doctor: async () => shownDoctor(await examine(store)),
    async list(query?: ListQuery) {
      const wanted = checked("list", query, LIST_OPTIONS);
      await settled();
      return shownList(await store.list(wanted));
    },
    async show(key: string) {
      const entry = await find("show", key);
      const found = await store.describe(entry.kind, bytesOf(entry.key));
      if (found) return shownEntry(found);
      throw new InputError("unknown-key", `Cannot show the entry ${key}: it is gone or damaged.`);
    },
    pin: (key: string) => pinned("pin", key, true),
    unpin: (key: string) => pinned("unpin", key, false),
    async remove(key: string) {
      const entry = await find("remove", key);
      await store.remove(entry.kind, bytesOf(entry.key), "removed by hand");
      return entry;
    },
    async clear(options?: Parameters<Store["clear"]>[0]) {
      const wanted = checked("clear", options, ["kinds", "dryRun", "pinned"]);
      await settled();
      return shownClear(await store.clear(wanted), options?.dryRun === true);
    },
    async vacuum(query?: Parameters<Store["vacuum"]>[0]) {
      const wanted = checked("vacuum", query, VACUUM_OPTIONS);
      await settled();
      return shownVacuum(await store.vacuum(wanted));
    },
    exportLibrary: async (target: string, query: Parameters<Transfer["exportLibrary"]>[1]) =>
      store.transfer.exportLibrary(target, checked("export", query, EXPORT_OPTIONS)),
    importLibrary: async (from: string, query?: Parameters<Transfer["importLibrary"]>[1]) =>
      store.transfer.importLibrary(from, checked("import", query, IMPORT_OPTIONS)),
    libraries: async () => shownLibraries(await store.transfer.libraries()),
    removeLibrary: async (name: string) => store.transfer.removeLibrary(name),
    publish: async (query?: Parameters<Transfer["publish"]>[0]) =>
      store.transfer.publish(checked("publish", query, ["kinds", "name", "keys", "dryRun"])),
    sync: async (from: string, query?: Parameters<Transfer["sync"]>[1]) =>
      store.transfer.sync(from, checked("synchronise", query, IMPORT_OPTIONS)),
    verify: async (query?: Parameters<Transfer["verify"]>[0]) =>
      store.transfer.verify(checked("verify", query, ["kinds", "keys", "signal", "onProgress"])),
  });
}

function shownStatus(status: StoreStatus & { readonly statistics: readonly KindStatistics[] }): CacheStatus {
  const rows = status.layers.flatMap(({ layer, kinds, directory }): [string, string][] => {
    const entries = kinds.reduce((sum, one) => sum + one.entries, 0);
    const bytes = kinds.reduce((sum, one) => sum + one.bytes, 0);
    return [[layer, `${entries} entries, ${bytesText(bytes)}${directory && ` in ${directory}`}`]];
  });
  for (const { kind, hits, misses, savedMs } of status.statistics)
    if (hits + misses > 0)
      rows.push([
        kind,
        `${hits} hits, ${misses} misses, ${(savedMs / 1000).toFixed(1)} s saved, all sessions together`,
      ]);
  return shownFacts(status, rows);
}
