/** The caches as a notebook uses them: the verbs of `engine.cache`, with results that show themselves. */
import { InputError } from "../base/errors.js";
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
  type ListedEntry,
  type ListPage,
  type ListQuery,
  type Setting,
  type Store,
  type StoredKind,
  type StoreStatus,
  type Suggestion,
  suggest,
  type Transfer,
  type VacuumQuery,
  type VacuumResult,
} from "../cache/index.js";
import { summaryTable } from "../display/drawing.js";
import { DISPLAY, type Displayable } from "../display/mime.js";

export interface CacheStatus extends StoreStatus, Displayable {
  readonly statistics: readonly KindStatistics[];
  toString(): string;
}

export interface Doctor extends DoctorReport, Displayable {
  toString(): string;
}

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
  doctor(): Promise<Doctor>;
  list(query?: ListQuery): Promise<ListPage>;
  /** One entry by its key or the beginning of it. Throws `InputError`: `unknown-key`, `ambiguous-key`. */
  show(key: string): Promise<DescribedEntry>;
  /** Keeps an entry from being evicted. */
  pin(key: string): Promise<ListedEntry>;
  unpin(key: string): Promise<ListedEntry>;
  remove(key: string): Promise<ListedEntry>;
  clear(options?: { kinds?: readonly StoredKind[]; dryRun?: boolean }): Promise<ClearResult>;
  vacuum(query?: VacuumQuery & { readonly dryRun?: boolean }): Promise<VacuumResult>;
  /** Libraries out and in, publishing to the shared layer, fetching from other folders, checking every byte. */
  exportLibrary: Transfer["exportLibrary"];
  importLibrary: Transfer["importLibrary"];
  publish: Transfer["publish"];
  sync: Transfer["sync"];
  verify: Transfer["verify"];
}

export function cacheVerbs(store: Store): CacheVerbs {
  /** The one entry whose key begins so. */
  async function find(action: string, prefix: unknown): Promise<ListedEntry> {
    if (typeof prefix !== "string" || !/^[0-9a-f]{4,64}$/i.test(prefix))
      throw new InputError(
        "bad-key",
        `Cannot ${action} the entry ${String(prefix)}: a key is 64 hexadecimal digits, or at least its first four.`,
      );
    const found = await store.resolve(prefix.toLowerCase());
    if (found.length === 1) return found[0];
    throw new InputError(
      found.length === 0 ? "unknown-key" : "ambiguous-key",
      `Cannot ${action} the entry ${prefix}: ${found.length === 0 ? "there is none in the private layer" : `${found.length} entries begin so`}.`,
    );
  }
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
      const status = await store.status();
      return displayed({ ...status, statistics: kindStatistics(status.counters) });
    },
    suggestions: async () => suggest(await store.status(), store.settings, store.memory.evictions),
    doctor: async () => examined(await examine(store)),
    list: (query?: ListQuery) => store.list(query),
    async show(key: string) {
      const entry = await find("show", key);
      const found = await store.describe(entry.kind, bytesOf(entry.key));
      if (found) return found;
      throw new InputError("unknown-key", `Cannot show the entry ${key}: it is gone or damaged.`);
    },
    pin: (key: string) => pinned("pin", key, true),
    unpin: (key: string) => pinned("unpin", key, false),
    async remove(key: string) {
      const entry = await find("remove", key);
      await store.remove(entry.kind, bytesOf(entry.key), "removed by hand");
      return entry;
    },
    clear: (options?: Parameters<Store["clear"]>[0]) => store.clear(options),
    vacuum: (query?: Parameters<Store["vacuum"]>[0]) => store.vacuum(query),
    ...store.transfer,
  });
}

function displayed(status: Omit<CacheStatus, "toString" | typeof DISPLAY>): CacheStatus {
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
  const text = rows.map(([name, what]) => `${name}: ${what}`).join("\n");
  return Object.freeze({
    ...status,
    toString: () => text,
    [DISPLAY]: () => ({ "text/plain": text, "text/html": summaryTable(rows) }),
    [Symbol.for("nodejs.util.inspect.custom")]: () => text,
  });
}

function examined(report: DoctorReport): Doctor {
  const rows = report.findings.map(({ level, subject, text, action }): [string, string] => [
    `${level === "ok" ? "" : `${level}, `}${subject}`,
    action === undefined ? text : `${text} ${action}`,
  ]);
  const text = rows.map(([name, what]) => `${name}: ${what}`).join("\n");
  return Object.freeze({
    ...report,
    toString: () => text,
    [DISPLAY]: () => ({ "text/plain": text, "text/html": summaryTable(rows) }),
    [Symbol.for("nodejs.util.inspect.custom")]: () => text,
  });
}
