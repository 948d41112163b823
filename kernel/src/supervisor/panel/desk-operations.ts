/**
 * What is read from and done in the cache folders for the panel, over a store of its own. Runs in the desk's thread. What
 * deletes is planned first. A plan of a vacuum, or of chosen entries, names what goes, and no more goes; clearing asks the same
 * again when it is carried out, so what was made or pinned meanwhile goes or stays with the rest.
 */
import { randomUUID } from "node:crypto";
import { basename, join } from "node:path";
import {
  bytesText,
  type EvictionPlan,
  kindStatistics,
  type ListedEntry,
  type Store,
  type StoreStatus,
  suggest,
  type VacuumQuery,
  volumeOf,
} from "@sojourn/engine/cache";
import { InputError } from "@sojourn/engine/errors";
import { fs } from "@sojourn/engine/file-system";
import type {
  Asks,
  CacheKind,
  ChartData,
  EntryDetails,
  EntryName,
  EntryRow,
  KindOverview,
  ListedLayer,
  Overview,
  PanelSuggestion,
  RemovalPlan,
  RemovalWish,
  SettingValue,
  View,
} from "../../panel-protocol.js";
import { CACHE_KINDS, NAME_MAX, PAGE_MAX } from "../../panel-protocol.js";
import { keepNewest, NO_PLAN, PLANS_MAX } from "./plans.js";
import { sharedState } from "./shared-state.js";

/** An overview without what this session counted. */
export type StoredOverview = Omit<Overview, "last">;
export type StoredDetails = Omit<EntryDetails, "history">;

/** Damaged entries that the panel goes on showing after they were set aside. */
const SET_ASIDE_MAX = 20;
const CAUSES_MAX = 10;
const DIGEST_SHOWN = 12;
const FILE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}_. -]{0,100}$/u;

interface KeptPlan {
  readonly wish: RemovalWish;
  readonly eviction?: EvictionPlan;
}

export interface DeskParts {
  readonly store: Store;
  /** Where selections are exported to. */
  readonly folder: string;
}

export type Desk = ReturnType<typeof createDesk>;

export function createDesk({ store, folder }: DeskParts) {
  const plans = new Map<string, KeptPlan>();
  const setAside = new Map<string, { readonly row: ListedEntry; readonly reason: string }>();

  async function overview({ view }: { readonly view: View }): Promise<StoredOverview> {
    const shared = view === "shared";
    const status = await store.status({ others: shared });
    const layer = status.layers.find(({ layer: name }) => name === (shared ? "shared" : "private"));
    const statistics = kindStatistics(status.counters);
    const kinds = CACHE_KINDS.map((kind): KindOverview => {
      const { hits, misses, bypasses, refused, byLayer } = statistics.find((one) => one.kind === kind)!;
      const { entries = 0, bytes = 0 } = layer?.kinds.find((one) => one.kind === kind) ?? {};
      const found = byLayer.shared ?? 0;
      const lookups = shared
        ? { hits: found, misses, bypasses: 0, refusals: refused }
        : { hits, misses, bypasses, refusals: refused };
      return { kind, lookups, entries, bytes };
    });
    const directory = layer?.directory ?? "";
    const volume = directory === "" ? undefined : await volumeOf(directory);
    return {
      ...{ view, kinds, directory },
      // what hits saved is counted for all layers together
      ...(!shared && { savedMs: statistics.reduce((sum, { savedMs }) => sum + savedMs, 0) }),
      capBytes: layer?.capBytes ?? 0,
      ...(volume && { freeBytes: volume.freeBytes }),
    };
  }

  async function entries(query: Asks["entries"][0]): Promise<Asks["entries"][1]> {
    const { kinds, limit, offset, ...rest } = query;
    const page = await store.list({
      ...rest,
      offset,
      limit: Math.min(limit, PAGE_MAX),
      ...(kinds.length > 0 && { kinds }),
    });
    return { total: page.total, offset, entries: page.entries.map(rowOf) };
  }

  async function rowOfKey({ kind, key }: EntryName): Promise<ListedEntry | undefined> {
    const [found] = await store.resolve(key, [kind]);
    return found;
  }

  async function entry({ kind, key, layer }: Asks["entry"][0]): Promise<StoredDetails> {
    if (layer === "shared" || layer === "library") return othersEntry(kind, key, layer);
    const id = `${kind} ${key}`;
    // verifying sets a damaged entry aside, and then it has no row any more
    const name = { kind, key };
    const row = await rowOfKey(name);
    const { damaged } = await store.transfer.verify({ kinds: [kind], keys: [key] });
    const found = await store.describe(kind, Buffer.from(key, "hex"));
    if (found !== undefined) setAside.delete(id);
    else if (row && damaged[0] && !(await rowOfKey(name))) setAside.set(id, { row, reason: damaged[0].reason });
    keepNewest(setAside, SET_ASIDE_MAX);
    // the panel asks again whenever something changed, and what it shows is not to vanish
    const aside = setAside.get(id);
    const listed = row ?? aside?.row;
    const reason = aside ? `${aside.reason}; it was set aside and is made again when needed` : damaged[0]?.reason;
    if (listed === undefined || (found === undefined && reason === undefined))
      throw new InputError("unknown-key", "Cannot show the entry: it is gone. Refresh the list.");
    const origin = found?.details.origin;
    const { counters } = await store.status({ others: false });
    return {
      entry: rowOf(listed),
      path: found?.path ?? "",
      producer: found?.producer ?? "",
      writer: origin === undefined ? "you" : `a copy ${origin}`,
      signed: found?.signed ?? false,
      components: Object.entries(found?.components ?? {}).map(([name, digest]) => {
        const value = found?.details[name];
        return { name, digest: digest.slice(0, DIGEST_SHOWN), ...(value !== undefined && { value }) };
      }),
      verified: reason === undefined ? { ok: true } : { ok: false, reason },
      changes: changesOf(counters, kind, listed.name),
    };
  }

  /** Files of others are read when they are used, and only by whoever trusts them. */
  async function othersEntry(kind: CacheKind, key: string, layer: ListedLayer): Promise<StoredDetails> {
    const { entries: found } = await store.list({ layer, kinds: [kind], filter: key, limit: 1 });
    const [listed] = found;
    if (listed === undefined) throw new InputError("unknown-key", "Cannot show the entry: it is gone.");
    return {
      entry: rowOf(listed),
      path: "",
      producer: "",
      writer: listed.writer ?? "",
      signed: false,
      components: [],
      verified: { ok: false, reason: "checked in every byte whenever it is used, and not before" },
      changes: [],
    };
  }

  async function find({ key }: Asks["find"][0]): Promise<EntryRow | null> {
    const [found] = await store.resolve(key);
    return found ? rowOf(found) : null;
  }

  async function pin({ kind, key, pinned }: Asks["pin"][0]): Promise<Asks["pin"][1]> {
    if (!(await store.pin(kind, Buffer.from(key, "hex"), pinned)))
      throw new InputError("unknown-key", "Cannot pin the entry: it is gone. Refresh the list.");
    return { pinned };
  }

  async function plan(wish: RemovalWish): Promise<RemovalPlan> {
    const id = randomUUID();
    let kept: KeptPlan = { wish };
    let answer: RemovalPlan;
    switch (wish.what) {
      case "clear": {
        const byKind: ByKind[number][] = [];
        let [leftovers, pinned] = [0, 0];
        // as the run counts: every layer that it clears, and not what stays
        for (const kind of CACHE_KINDS) {
          if (!wish.kinds.includes(kind)) continue;
          const found = await store.clear({ kinds: [kind], dryRun: true });
          if (found.entries > 0) byKind.push({ kind, entries: found.entries, bytes: found.bytes });
          leftovers += found.quarantined;
          pinned += found.pinned;
        }
        const causes = [{ cause: "asked for", entries: totalOf(byKind, "entries") }];
        answer = { ...planOf(id, byKind, causes, leftovers), pinned };
        break;
      }
      case "vacuum": {
        const query = await filled(wish.query);
        const found = await store.vacuum({ ...query, dryRun: true });
        kept = { wish, eviction: { victims: found.victims, entries: found.entries, bytes: found.bytes } };
        answer = planOf(id, byKindOf(found.victims), causesOf(found.victims), found.quarantined + found.temporaries);
        break;
      }
      case "remove": {
        const rows = await Promise.all(wish.entries.map(rowOfKey));
        const there = rows.filter((row) => row !== undefined);
        answer = planOf(id, byKindOf(there), [{ cause: "chosen by hand", entries: there.length }], 0);
        break;
      }
      default:
        return wish satisfies never;
    }
    plans.set(id, kept);
    keepNewest(plans, PLANS_MAX);
    return answer;
  }

  /** A vacuum without a condition makes room by the caps. */
  async function filled(query: VacuumQuery): Promise<VacuumQuery> {
    const asked = Object.values(query).some((value) => value !== undefined);
    return asked ? query : { capBytes: store.settings.capBytes };
  }

  async function carryOut({ plan: id }: Asks["carryOut"][0]): Promise<RemovalPlan> {
    const kept = plans.get(id);
    plans.delete(id);
    if (kept === undefined) throw new InputError("no-plan", NO_PLAN);
    const { wish, eviction } = kept;
    switch (wish.what) {
      case "clear": {
        const { entries: count, bytes, quarantined, pinned } = await store.clear({ kinds: wish.kinds });
        return { plan: id, entries: count, bytes, leftovers: quarantined, pinned, byKind: [], causes: [] };
      }
      case "vacuum": {
        const done = await store.vacuum(eviction ? { plan: eviction } : {});
        return planOf(id, byKindOf(done.victims), causesOf(done.victims), done.quarantined + done.temporaries);
      }
      case "remove": {
        const gone: ListedEntry[] = [];
        for (const name of wish.entries) {
          const row = await rowOfKey(name);
          const removed = await store.remove(name.kind, Buffer.from(name.key, "hex"), "removed in the panel");
          if (removed && row) gone.push(row);
        }
        return planOf(id, byKindOf(gone), [{ cause: "removed in the panel", entries: gone.length }], 0);
      }
      default:
        return wish satisfies never;
    }
  }

  async function exportSelection({ entries: names, file }: Asks["export"][0]): Promise<Asks["export"][1]> {
    const name = file.endsWith(".tar") ? file : `${file}.tar`;
    if (!FILE_NAME.test(name) || basename(name) !== name)
      throw new InputError("bad-name", `Cannot export to ${JSON.stringify(file)}: it is not the name of a file.`);
    const path = join(folder, name);
    if (fs.existsSync(path))
      throw new InputError("exists", `Cannot export to ${name}: there is a file of this name; choose another.`);
    const done = await store.transfer.exportLibrary(path, {
      kinds: [...new Set(names.map(({ kind }) => kind))],
      keys: names.map(({ key }) => key),
      library: name.replace(/\.tar$/, ""),
    });
    return { path, entries: done.entries, bytes: done.bytes, missing: done.missing.length };
  }

  async function suggestions(): Promise<Asks["suggestions"][1]> {
    const found = suggest(await store.status(), store.settings);
    return {
      suggestions: found.map(({ code, kind = "", subject, evidence, action, setting }): PanelSuggestion => {
        const model = code === "changing-component" || code === "slow-compilations";
        return {
          // graphs and traces of one model may each have one
          id: `${code} ${kind} ${subject}`.slice(0, NAME_MAX),
          code,
          subject: cut(subject),
          evidence,
          action,
          ...(setting && { setting: { ...setting, text: settingText(setting.value) } }),
          ...(model && { prewarm: subject }),
        };
      }),
    };
  }

  async function configure({ name, value }: Asks["configure"][0]): Promise<Asks["configure"][1]> {
    store.configure({ [name]: value });
    return { keep: `{ "cache": { "${name}": ${JSON.stringify(value)} } }` };
  }

  async function charts(): Promise<Omit<ChartData, "lookups">> {
    const status: StoreStatus = await store.status({ others: false });
    return {
      sizes: status.layers
        .filter(({ layer }) => layer !== "memory")
        .flatMap(({ layer, kinds }) => kinds.map(({ kind, bytes }) => ({ kind, layer, bytes }))),
      evictions: status.evictions.map(({ time, kind, bytes }) => ({ time, kind, bytes })),
    };
  }

  async function evictions(): Promise<Asks["evictions"][1]> {
    const status = await store.status({ others: false });
    return {
      evictions: status.evictions
        .map(({ name, cause, ...rest }) => ({ ...rest, name: cut(name), cause: cut(cause) }))
        .reverse(),
    };
  }

  return {
    ...{ overview, entries, entry, find, pin, plan, carryOut, export: exportSelection },
    ...{ suggestions, configure, charts, evictions },
    shared: () => sharedState(store),
  };
}

const settingText = (value: SettingValue): string =>
  typeof value === "number" ? bytesText(value) : Array.isArray(value) ? value.join(", ") : String(value);

const cut = (text: string): string => (text.length > NAME_MAX ? `${text.slice(0, NAME_MAX)}…` : text);

const rowOf = (entry: ListedEntry): EntryRow => {
  const { kind, key, name, bytes, costMs, createdMs, uses, lastUseMs, pinned, layer, writer } = entry;
  const row = { kind, key, name: cut(name), bytes, costMs, createdMs, uses, lastUseMs, pinned };
  return { ...row, layer: layer as ListedLayer, ...(writer !== undefined && { writer }) };
};

type ByKind = RemovalPlan["byKind"];

const totalOf = (byKind: ByKind, what: "entries" | "bytes"): number => byKind.reduce((sum, one) => sum + one[what], 0);

function planOf(plan: string, byKind: ByKind, causes: RemovalPlan["causes"], leftovers: number): RemovalPlan {
  return {
    ...{ plan, leftovers },
    entries: totalOf(byKind, "entries"),
    bytes: totalOf(byKind, "bytes"),
    byKind: byKind.map(({ kind, entries, bytes }) => ({ kind, entries, bytes })),
    causes: causes.slice(0, CAUSES_MAX),
  };
}

function byKindOf(rows: readonly { readonly kind: CacheKind; readonly bytes: number }[]): ByKind {
  return CACHE_KINDS.map((kind) => {
    const some = rows.filter((row) => row.kind === kind);
    return { kind, entries: some.length, bytes: some.reduce((sum, { bytes }) => sum + bytes, 0) };
  }).filter(({ entries }) => entries > 0);
}

function causesOf(rows: readonly { readonly cause: string }[]): RemovalPlan["causes"] {
  const counts = new Map<string, number>();
  for (const { cause } of rows) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts].map(([cause, entries]) => ({ cause, entries })).sort((a, b) => b.entries - a.entries);
}

/** What keeps making look-ups of a model miss, over all sessions. */
function changesOf(
  counters: Readonly<Record<string, number>>,
  kind: CacheKind,
  model: string,
): EntryDetails["changes"] {
  const prefix = `changed.${kind}.${model}.`;
  return Object.entries(counters)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, times]) => ({ component: name.slice(prefix.length), times }))
    .sort((a, b) => b.times - a.times)
    .slice(0, CAUSES_MAX);
}
