/**
 * What a folder knows of itself without listing it: which entries it has, what they cost and how often they were used, the
 * counters of all processes, and what was evicted. A million entries are counted by reading one manifest.
 *
 *     <root>/ledger/segment-<time>-<random>.sjn   events of one process since its last segment; written whole, never changed
 *     <root>/ledger/base-<generation>.sjn         everything up to some point; names the segments that it holds
 *
 * Nothing is ever appended or rewritten, so no lock is needed. A segment counts exactly once: folding writes the next base, which
 * names it, and only then removes it; whoever reads a base ignores the segments that it names. Of two that fold at once one
 * gets the name of the next generation, and the other throws its work away. What is lost in a crash is a note, never an entry:
 * `reconcile` compares with what lies on the disk.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { digestOf } from "../base/digest.js";
import { within } from "../base/within.js";
import { type Catalogue, findRow, mergedAttributes, mergeParts, type Part, rowKey, totalsOf } from "./catalogue.js";
import { decodeEntry, entryParts, STORED_KINDS, type StoredKind } from "./entry.js";
import { isErrno } from "./fault.js";
import {
  type Columns,
  checkAttributes,
  ELSEWHERE,
  EVENTS,
  type EvictionNote,
  KEY_BYTES,
  type KindTotals,
  type LedgerAttributes,
  type LedgerEventType,
  ledgerFromWire,
  ledgerToWire,
  newColumns,
} from "./ledger-file.js";
import { type Place, publishBytes } from "./publish.js";
import { namesIn, readManifest, readWhole } from "./read.js";

const SEGMENT = /^segment-[0-9a-z]+-[0-9a-f]+\.sjn$/;
const BASE = /^base-(\d{10})\.sjn$/;
const TEMPORARY = /^\.tmp-/;
/** More segments than this are folded by whoever writes the next one; chance keeps processes from doing so all at once. */
const SEGMENTS_MAX = 48;
/** Events are written at most so often unless somebody waits for them. */
const QUIET_MS = 1000;
/** Entries that are stored together are noted together. */
const AT_ONCE_MS = 20;
const WAITING_MAX = 100_000;
/** A folder may go on showing a removed file for a while, so names of folded segments are kept for so long. */
const FOLDED_GRACE_MS = 24 * 3_600_000;
const EXACT_MAX = 20_000;
const TEMPORARY_GRACE_MS = 3_600_000;
/** Questions wait no longer for a file system that does not take what is written. */
const PATIENCE_MS = 2000;

/** An entry as it lies on the disk. */
export interface ListedFile {
  readonly kind: StoredKind;
  readonly key: Uint8Array;
  readonly name: string;
  readonly bytes: number;
  readonly costMs: number;
  readonly createdMs: number;
}

export interface LedgerNote {
  readonly event: LedgerEventType;
  readonly kind: StoredKind;
  readonly key: Uint8Array;
  readonly name?: string;
  readonly bytes?: number;
  readonly costMs?: number;
  /** Default: now. */
  readonly time?: number;
}

export interface Summary {
  /** Whether the entries on the disk were ever listed; else entries that nobody noted are missing here. */
  readonly listed: boolean;
  readonly totals: Readonly<Record<StoredKind, KindTotals>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly evictions: readonly EvictionNote[];
}

export interface LedgerOptions {
  readonly place: Place;
  /** The folder of the ledger's files. */
  readonly folder: string;
  readonly clock: () => number;
  readonly onFault: (action: "read" | "write", error: unknown) => void;
  /** Whether this process may write here. */
  readonly writable: boolean;
  /** Bases of so many entries are read whole for a summary, which is exact then; of larger ones the manifest. Default: 20,000. */
  readonly exactMax?: number;
  /** Notes that cannot be written are kept up to here, and then the oldest are forgotten. Default: 100,000. */
  readonly waitingMax?: number;
}

export interface Ledger {
  /** Keeps a note, to be written soon. */
  note(note: LedgerNote): void;
  count(counter: string, by?: number): void;
  evicted(note: EvictionNote): void;
  /** Writes what is kept. Never throws. */
  flush(): Promise<void>;
  /** Waits until others can read what was noted so far. */
  noted(): Promise<void>;
  /**
   * Every entry that is known, and what this process has not written yet. Cost: O(n) once, then O(new segments). Never throws, and
   * neither does anything below: where the folder cannot be read, it is what was known before.
   */
  catalogue(): Promise<Catalogue>;
  /** Totals and counters alone. Cost: one small read, and one for each segment that is not folded. */
  summary(): Promise<Summary>;
  /** Writes a base that holds all segments. Never throws. */
  fold(): Promise<void>;
  /**
   * Compares with the entries that lie on the disk and writes a base of what is true: rows without files go, files without rows
   * come. Answers how many of each. `known` is called with what is known of a file already.
   */
  reconcile(
    files: (known: (kind: StoredKind, key: Uint8Array) => boolean) => AsyncIterable<ListedFile>,
  ): Promise<{ readonly found: number; readonly missing: number }>;
  /** Removes what interrupted writers left an hour ago or more; answers how many there were. Never throws. */
  sweep(dryRun?: boolean): Promise<number>;
  /** Whether there is a base that was made by listing the disk. */
  listed(): Promise<boolean>;
}

interface Loaded {
  readonly names: string;
  readonly generation: number;
  readonly base: Catalogue | undefined;
  readonly segments: ReadonlyMap<string, Part>;
}

export function openLedger(options: LedgerOptions): Ledger {
  const { place, folder, clock, onFault, writable, exactMax = EXACT_MAX, waitingMax = WAITING_MAX } = options;
  const { files, owner } = place;
  let notes: (LedgerNote & { readonly time: number })[] = [];
  let lastNote = 0;
  let waiters: (() => void)[] = [];
  let counters: Record<string, number> = {};
  let evictions: EvictionNote[] = [];
  let timer: NodeJS.Timeout | undefined;
  let timerIsFor: "stored" | "notes" = "notes";
  let flushedAt = Number.NEGATIVE_INFINITY;
  let flushing: Promise<void> = Promise.resolve();
  let loaded: Loaded | undefined;
  let merged: { readonly of: Loaded; readonly catalogue: Catalogue } | undefined;

  const pathOf = (name: string): string => join(folder, name);
  const isEmpty = (): boolean => notes.length === 0 && evictions.length === 0 && Object.keys(counters).length === 0;

  /**
   * Sees to it that what is kept is written: what was stored at once, unless that was done just now, because others look for it
   * and a process may end; the rest when there is time.
   */
  function soon(stored = false): void {
    if (!writable) return;
    const wait = stored ? Math.max(AT_ONCE_MS, flushedAt + QUIET_MS - performance.now()) : QUIET_MS;
    if (timer !== undefined) {
      if (!stored || timerIsFor === "stored") return;
      clearTimeout(timer);
    }
    timerIsFor = stored ? "stored" : "notes";
    timer = setTimeout(() => void flush(), wait);
    if (!stored) timer.unref();
  }

  /** What is kept in memory as a part; undefined when that is nothing. */
  function waiting(): Part | undefined {
    if (isEmpty()) return undefined;
    const codes = new Map<string, number>();
    const columns = newColumns(notes.length);
    notes.forEach(({ event, kind, key, name = "", bytes = 0, costMs = 0, time }, i) => {
      if (!codes.has(name)) codes.set(name, codes.size);
      columns.keys.set(key, i * KEY_BYTES);
      columns.kinds[i] = STORED_KINDS.indexOf(kind);
      columns.events[i] = EVENTS.indexOf(event);
      columns.bytes[i] = bytes;
      columns.costs[i] = costMs;
      columns.times[i] = time;
      columns.uses[i] = event === "used" ? 1 : 0;
      columns.names[i] = codes.get(name) as number;
    });
    return { columns, attributes: { names: [...codes.keys()], counters: { ...counters }, evictions: [...evictions] } };
  }

  async function write(name: string, { columns, attributes }: Part): Promise<boolean> {
    const meta = {
      kind: "ledger" as const,
      key: digestOf(name),
      producer: "sojourn",
      components: {},
      createdMs: clock(),
      costMs: 0,
    };
    const parts = entryParts(meta, ledgerToWire(columns, attributes));
    return (await publishBytes(place, pathOf(name), parts)) !== undefined;
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    flushedAt = performance.now();
    flushing = flushing.then(writeWaiting);
    return flushing;
  }

  async function writeWaiting(): Promise<void> {
    const part = waiting();
    if (part === undefined || !writable) return;
    const before = { notes, counters, evictions };
    [notes, counters, evictions] = [[], {}, []];
    const told = waiters;
    waiters = [];
    try {
      const name = `segment-${Math.floor(clock()).toString(36)}-${randomBytes(8).toString("hex")}.sjn`;
      await write(name, part);
    } catch (error) {
      onFault("write", error);
      notes = [...before.notes, ...notes].slice(-waitingMax);
      for (const [name, value] of Object.entries(before.counters)) counters[name] = (counters[name] ?? 0) + value;
      evictions = [...before.evictions, ...evictions];
      return;
    } finally {
      for (const tell of told) tell();
    }
    const names = await segmentNames().catch(() => []);
    if (names.length > SEGMENTS_MAX * (1 + Math.random())) await fold();
  }

  const segmentNames = async (): Promise<string[]> => (await namesIn(files, folder)).filter((n) => SEGMENT.test(n));

  async function readPart(name: string): Promise<Part> {
    const bytes = await readWhole(files, pathOf(name), owner);
    return ledgerFromWire(decodeEntry(bytes, { kind: "ledger", key: digestOf(name) }));
  }

  /** Reads what is new since the last time. */
  async function load(): Promise<Loaded> {
    const all = await namesIn(files, folder);
    const signature = all.filter((name) => SEGMENT.test(name) || BASE.test(name)).join("\n");
    if (loaded?.names === signature) return loaded;
    let base: Catalogue | undefined;
    let generation = 0;
    let damaged = false;
    const bases = all.filter((name) => BASE.test(name)).reverse();
    for (const name of bases) {
      generation = Math.max(generation, generationOf(name));
      if (loaded?.base && loaded.generation === generationOf(name)) base = loaded.base;
      else {
        try {
          const part = await readPart(name);
          base = { ...part, totals: totalsOf(part.columns) };
        } catch (error) {
          // the one before it, with the segments that are still there, says most of it; listing the disk says the rest
          if (isErrno(error, "ENOENT", "ESTALE")) continue;
          onFault("read", error);
          damaged = true;
          continue;
        }
      }
      break;
    }
    if (base && damaged) base = { ...base, attributes: { ...base.attributes, listedMs: undefined } };
    const folded = new Set(base?.attributes.folded?.map(([name]) => name));
    const segments = new Map<string, Part>();
    for (const name of all) {
      if (!SEGMENT.test(name) || folded.has(name)) continue;
      const known = loaded?.segments.get(name);
      if (known) segments.set(name, known);
      else {
        try {
          segments.set(name, await readPart(name));
        } catch (error) {
          if (!isErrno(error, "ENOENT", "ESTALE")) onFault("read", error);
        }
      }
    }
    loaded = { names: signature, generation, base, segments };
    return loaded;
  }

  /** The same, and where the folder cannot be read what was known before, or nothing. */
  async function loadOrLast(): Promise<Loaded> {
    try {
      return await load();
    } catch (error) {
      onFault("read", error);
      return loaded ?? { names: "", generation: 0, base: undefined, segments: new Map() };
    }
  }

  async function catalogue(): Promise<Catalogue> {
    const now = await loadOrLast();
    if (merged?.of !== now) merged = { of: now, catalogue: mergeParts(now.base, [...now.segments.values()]) };
    const mine = waiting();
    return mine ? mergeParts(merged.catalogue, [mine]) : merged.catalogue;
  }

  async function summary(): Promise<Summary> {
    const all = await namesIn(files, folder).catch(() => []);
    const last = all.filter((name) => BASE.test(name)).at(-1);
    if (last !== undefined && loaded?.generation !== generationOf(last)) {
      const head = await readManifest(files, pathOf(last), owner).catch(() => undefined);
      const attributes = head && checkAttributes(head.attributes);
      if (attributes?.totals && (head?.attributes.count as number) > exactMax) return manifestSummary(all, attributes);
    }
    const { totals, attributes } = await catalogue();
    return {
      listed: attributes.listedMs !== undefined,
      totals,
      counters: attributes.counters,
      evictions: attributes.evictions,
    };
  }

  /** Of a large base: its own totals, and what segments add to them. */
  async function manifestSummary(all: readonly string[], attributes: LedgerAttributes): Promise<Summary> {
    const folded = new Set(attributes.folded?.map(([name]) => name));
    const parts: Part[] = [];
    for (const name of all)
      if (SEGMENT.test(name) && !folded.has(name)) {
        const part = await readPart(name).catch(() => undefined);
        if (part) parts.push(part);
      }
    const mine = waiting();
    if (mine) parts.push(mine);
    const sums = mergedAttributes({ attributes }, parts, []);
    const totals = structuredClone(attributes.totals as Record<StoredKind, { entries: number; bytes: number }>);
    for (const { columns } of parts)
      for (let i = 0; i < columns.count; i++) {
        const sign = EVENTS[columns.events[i]] === "stored" ? 1 : EVENTS[columns.events[i]] === "removed" ? -1 : 0;
        const total = totals[STORED_KINDS[columns.kinds[i]]];
        total.entries += sign;
        total.bytes += sign * columns.bytes[i];
      }
    const listed = attributes.listedMs !== undefined;
    return { listed, totals, counters: sums.counters, evictions: sums.evictions };
  }

  async function fold(): Promise<void> {
    if (!writable) return;
    try {
      const now = await load();
      if (now.segments.size === 0) return;
      const { columns, attributes } = mergeParts(now.base, [...now.segments.values()]);
      await publishBase(now, columns, attributes);
    } catch (error) {
      onFault("write", error);
    }
  }

  /** Answers whether it became the newest base; then what it holds goes. */
  async function publishBase(now: Loaded, columns: Columns, attributes: LedgerAttributes): Promise<boolean> {
    const time = clock();
    const there = new Set(await segmentNames());
    const before = (attributes.folded ?? []).filter(([name, at]) => there.has(name) || time - at < FOLDED_GRACE_MS);
    const folded: [string, number][] = [
      ...before.map(([name, at]): [string, number] => [name, at]),
      ...[...now.segments.keys()].map((name): [string, number] => [name, time]),
    ];
    const name = `base-${String(now.generation + 1).padStart(10, "0")}.sjn`;
    const placed = await write(name, { columns, attributes: { ...attributes, folded, totals: totalsOf(columns) } });
    if (!placed) return false;
    const bases = (await namesIn(files, folder)).filter((one) => BASE.test(one));
    if (bases.at(-1) !== name) {
      // somebody was ahead by more than a generation: this one knows less than theirs
      await files.unlink(pathOf(name)).catch(() => {});
      return false;
    }
    for (const [segment] of folded) if (there.has(segment)) await files.unlink(pathOf(segment)).catch(() => {});
    for (const old of bases.slice(0, -2)) await files.unlink(pathOf(old)).catch(() => {});
    await sweep();
    return true;
  }

  async function sweep(dryRun = false): Promise<number> {
    let swept = 0;
    for (const name of await namesIn(files, folder).catch(() => [])) {
      if (!TEMPORARY.test(name)) continue;
      const stat = await files.lstat(pathOf(name)).catch(() => undefined);
      if (stat === undefined || clock() - stat.mtimeMs < TEMPORARY_GRACE_MS) continue;
      if (!dryRun) await files.unlink(pathOf(name)).catch(() => {});
      swept++;
    }
    return swept;
  }

  async function reconcile(
    list: Parameters<Ledger["reconcile"]>[0],
  ): Promise<{ readonly found: number; readonly missing: number }> {
    await within(flush(), PATIENCE_MS);
    try {
      return await compare(list);
    } catch (error) {
      // what cannot be listed is not missing
      onFault("read", error);
      return { found: 0, missing: 0 };
    }
  }

  async function compare(list: Parameters<Ledger["reconcile"]>[0]): ReturnType<Ledger["reconcile"]> {
    const now = await load();
    const known = mergeParts(now.base, [...now.segments.values()]);
    const { columns } = known;
    const seen = new Uint8Array(columns.count);
    const fresh: ListedFile[] = [];
    const isKnown = (kind: StoredKind, key: Uint8Array): boolean => {
      const row = findRow(columns, kind, key);
      if (row < 0 || (columns.events[row] & ELSEWHERE) !== 0) return false;
      seen[row] = 1;
      return true;
    };
    for await (const file of list(isKnown)) fresh.push(file);
    const time = clock();
    let missing = 0;
    const changes: LedgerNote[] = fresh.map(({ createdMs, ...file }) => ({
      event: "stored",
      ...file,
      time: createdMs,
    }));
    for (let row = 0; row < columns.count; row++) {
      if (seen[row] || (columns.events[row] & ELSEWHERE) !== 0) continue;
      missing++;
      const key = Buffer.from(rowKey(columns, row), "hex");
      // also where the clock that made it was ahead of this one
      const later = Math.max(time, columns.times[row] + 1);
      changes.push({ event: "removed", kind: STORED_KINDS[columns.kinds[row]], key, time: later });
    }
    const before = { notes, counters, evictions };
    [notes, counters, evictions] = [changes.map((note) => ({ ...note, time: note.time ?? time })), {}, []];
    const part = waiting();
    [notes, counters, evictions] = [before.notes, before.counters, before.evictions];
    const truth = part ? mergeParts(known, [part]) : known;
    const attributes = { ...truth.attributes, listedMs: time };
    let placed = false;
    const work = async (): Promise<void> => {
      placed = writable && (await publishBase(now, truth.columns, attributes));
    };
    await within(work(), PATIENCE_MS).catch((error) => onFault("write", error));
    // a folder that nobody may write to, or that does not answer, is listed once by each process
    if (!placed) loaded = { ...now, base: { ...truth, attributes }, segments: new Map() };
    return { found: fresh.length, missing };
  }

  return {
    note: (note) => {
      // two notes of one process are never at the same time, so that their order is not lost
      lastNote = Math.max(clock(), lastNote + 2 ** -10);
      notes.push({ ...note, time: note.time ?? lastNote });
      if (notes.length > waitingMax) notes = notes.slice(-waitingMax);
      soon(note.event === "stored");
    },
    count: (counter, by = 1) => {
      counters[counter] = (counters[counter] ?? 0) + by;
      soon();
    },
    evicted: (note) => {
      evictions.push(note);
      soon();
    },
    flush,
    noted: () =>
      isEmpty() || !writable
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            waiters.push(resolve);
          }),
    catalogue,
    summary,
    fold,
    sweep,
    reconcile,
    listed: async () => (await loadOrLast()).base?.attributes.listedMs !== undefined,
  };
}

const generationOf = (name: string): number => Number(BASE.exec(name)?.[1]);
