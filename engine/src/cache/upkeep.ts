/** Upkeep of this user's layers: making room when they are over their caps, clearing, vacuum, pins, and removal of single entries. */
import { hex } from "../base/digest.js";
import { findRow, rowKey } from "./catalogue.js";
import { STORED_KINDS, type StoredKind } from "./entry.js";
import { type EvictionPlan, planForCaps, planVacuum, type VacuumQuery, type Victim } from "./evict.js";
import { describe, isErrno } from "./fault.js";
import type { FileSystem } from "./file-system.js";
import { type Folder, type FoundFile, type StoreFault, TEMPORARY_GRACE_MS } from "./folder.js";
import { PINNED, sumOfKinds } from "./ledger-file.js";
import type { Memory } from "./memory.js";
import type { CacheSettings } from "./settings.js";
import type { ClearResult, Store, VacuumResult } from "./store-types.js";

/** Damaged files stay for a while, so that somebody can look at them. */
const QUARANTINE_KEPT_MS = 7 * 24 * 3_600_000;

export interface UpkeepOptions {
  readonly own: readonly { readonly folder: Folder }[];
  readonly files: FileSystem;
  readonly memory: Memory;
  readonly settings: () => CacheSettings;
  /** This user's part of the shared layer, which has a cap of its own; undefined until something was published. */
  readonly shared: () => Folder | undefined;
  /** The same, also where an earlier process made it. */
  readonly existingShared: () => Promise<Folder | undefined>;
  readonly clock: () => number;
  readonly onFault: (fault: StoreFault) => void;
}

export interface Upkeep extends Pick<Store, "clear" | "vacuum" | "pin" | "remove"> {
  /** Notes that a folder grew, and makes room behind when it is over its cap. */
  grew(folder: Folder, bytes: number): void;
  settle(folder: Folder): Promise<void>;
}

export function openUpkeep(options: UpkeepOptions): Upkeep {
  const { own, files, memory, settings, shared, existingShared, clock, onFault } = options;
  const rooms = new Map<Folder, { held: number | undefined; working: Promise<void> | undefined }>();

  /** Carries a plan out in one folder. */
  async function carryOut(folder: Folder, { victims }: EvictionPlan): Promise<EvictionPlan> {
    const gone: Victim[] = [];
    for (const victim of victims) {
      const { kind, key, name, bytes, cause } = victim;
      if (!(await folder.remove(kind, Buffer.from(key, "hex"), bytes))) continue;
      gone.push(victim);
      memory.forget(kind, key);
      folder.ledger.evicted({ time: clock(), kind, key, name, bytes, cause });
      folder.ledger.count(`evicted.${kind}`);
    }
    return { victims: gone, entries: gone.length, bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Makes room when a layer is over its cap; one at a time. */
  function grew(folder: Folder, bytes: number): void {
    const state = rooms.get(folder) ?? { held: undefined, working: undefined };
    rooms.set(folder, state);
    if (state.held !== undefined) state.held += bytes;
    state.working ??= room(folder, state)
      .catch((error) => onFault({ action: "clear", kind: "ledger", ...describe(error) }))
      .finally(() => {
        state.working = undefined;
      });
  }

  async function room(folder: Folder, state: { held: number | undefined }): Promise<void> {
    const caps = folder === shared() ? { ...settings(), capBytes: settings().sharedCapBytes } : settings();
    const { capBytes, kindCaps } = caps;
    if (state.held === undefined || Object.keys(kindCaps).length > 0) {
      const { totals } = await folder.ledger.summary();
      state.held = sumOfKinds(totals).bytes;
      if (state.held <= capBytes && STORED_KINDS.every((kind) => totals[kind].bytes <= (kindCaps[kind] ?? Infinity)))
        return;
    } else if (state.held <= capBytes) return;
    const plan = planForCaps(await folder.catalogue(), caps, clock());
    await carryOut(folder, plan);
    state.held = undefined;
    await folder.ledger.flush();
  }

  async function vacuum({
    dryRun = false,
    ...query
  }: VacuumQuery & { readonly dryRun?: boolean } = {}): Promise<VacuumResult> {
    const sum = { victims: [] as Victim[], bytes: 0, quarantined: 0, temporaries: 0, found: 0, missing: 0 };
    async function tidy(folder: Folder): Promise<void> {
      for (const kind of STORED_KINDS) {
        for await (const { path, mtimeMs } of folder.quarantined(kind))
          if (clock() - mtimeMs >= QUARANTINE_KEPT_MS && (dryRun || (await unlink(path, kind)))) sum.quarantined++;
      }
      sum.temporaries += await folder.sweep({ dryRun });
    }
    for (const { folder } of own) {
      const { found, missing } = await folder.reconcile();
      sum.found += found;
      sum.missing += missing;
      const plan = query.plan ?? planVacuum(await folder.ledger.catalogue(), query, settings(), clock());
      const done = dryRun ? plan : await carryOut(folder, plan);
      sum.victims.push(...done.victims);
      sum.bytes += done.bytes;
      await tidy(folder);
      if (dryRun) continue;
      await folder.ledger.flush();
      await folder.ledger.fold();
    }
    // its entries have a cap of their own, but what is left over is left over there too
    const published = await existingShared();
    if (published) await tidy(published);
    return { dryRun, entries: sum.victims.length, ...sum };
  }

  async function clear({
    kinds = STORED_KINDS,
    dryRun = false,
    pinned = false,
  }: Parameters<Store["clear"]>[0] = {}): Promise<ClearResult> {
    const sum = { entries: 0, bytes: 0, quarantined: 0, pinned: 0 };
    const removed = async ({ path, kind }: FoundFile): Promise<boolean> => dryRun || unlink(path, kind);
    if (!dryRun) memory.clear(kinds);
    for (const { folder } of own) {
      const kept = pinned ? new Set<string>() : await pinsOf(folder);
      for (const kind of kinds) {
        for await (const file of folder.files(kind)) {
          if (kept.has(`${kind} ${file.name.slice(0, 64)}`)) sum.pinned++;
          else if (await removed(file)) {
            sum.entries++;
            sum.bytes += file.bytes;
          }
        }
        for await (const file of folder.quarantined(kind)) if (await removed(file)) sum.quarantined++;
        for await (const file of folder.temporaries(kind))
          if (clock() - file.mtimeMs >= TEMPORARY_GRACE_MS) await removed(file);
      }
      if (!dryRun) await folder.reconcile();
    }
    return { kinds: [...kinds], ...sum };
  }

  async function unlink(path: string, kind: StoredKind): Promise<boolean> {
    try {
      await files.unlink(path);
      return true;
    } catch (error) {
      if (!isErrno(error, "ENOENT")) onFault({ action: "clear", kind, ...describe(error) });
      return false;
    }
  }

  async function pin(kind: StoredKind, key: Uint8Array, pinned: boolean): Promise<boolean> {
    let known = false;
    for (const { folder } of own) {
      const { columns } = await folder.catalogue();
      if (findRow(columns, kind, key) < 0) continue;
      known = true;
      folder.ledger.note({ event: pinned ? "pinned" : "unpinned", kind, key });
      await folder.ledger.flush();
    }
    return known;
  }

  async function remove(kind: StoredKind, key: Uint8Array, cause: string): Promise<boolean> {
    let removed = false;
    const name = hex(key);
    memory.forget(kind, name);
    for (const { folder } of own) {
      const part = await folder.catalogue();
      const row = findRow(part.columns, kind, key);
      const bytes = row < 0 ? 0 : part.columns.bytes[row];
      if (!(await folder.remove(kind, key, bytes))) continue;
      removed = true;
      const label = row < 0 ? "" : part.attributes.names[part.columns.names[row]];
      folder.ledger.evicted({ time: clock(), kind, key: name, name: label, bytes, cause });
      await folder.ledger.flush();
    }
    return removed;
  }

  return { grew, clear, vacuum, pin, remove, settle: async (folder) => rooms.get(folder)?.working };
}

/** Which entries are pinned; none where the ledger cannot say. */
async function pinsOf(folder: Folder): Promise<Set<string>> {
  const pins = new Set<string>();
  const part = await folder.catalogue().catch(() => undefined);
  if (part === undefined) return pins;
  for (let row = 0; row < part.columns.events.length; row++)
    if (part.columns.events[row] & PINNED)
      pins.add(`${STORED_KINDS[part.columns.kinds[row]]} ${rowKey(part.columns, row)}`);
  return pins;
}
