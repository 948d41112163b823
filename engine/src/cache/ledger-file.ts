/**
 * What a ledger's files hold, as columns: one row per entry in a base, one per event in a segment. Files are entries of
 * the kind `ledger`, so that every byte is verified as in any other entry.
 *
 * | column    | type | meaning                                                                      |
 * |-----------|------|------------------------------------------------------------------------------|
 * | `keys`    | u8   | 32 bytes each                                                                |
 * | `kinds`   | u8   | index in `STORED_KINDS`                                                      |
 * | `events`  | u8   | index in `EVENTS`; of a base, flags: 1 pinned, 2 used here but stored elsewhere |
 * | `bytes`   | f64  | length of the entry's file                                                   |
 * | `costs`   | f64  | what it cost to make, ms                                                     |
 * | `times`   | f64  | of a segment, when it happened; of a base, when the entry was made, ms since 1970 |
 * | `uses`    | f64  | of a segment, how often; of a base, decayed to `lastUses`                    |
 * | `lastUses`| f64  | when it was last used, ms since 1970; 0 never                                |
 * | `names`   | i32  | index in the attribute `names`                                               |
 */
import type { Wire, WireArray } from "../base/wire.js";
import { wireArray } from "../base/wire.js";
import { STORED_KINDS, type StoredKind } from "./entry.js";

export const EVENTS = ["stored", "removed", "used", "pinned", "unpinned"] as const;
export type LedgerEventType = (typeof EVENTS)[number];

export const KEY_BYTES = 32;
export const PINNED = 1;
/** Used by this ledger's user, and stored by somebody else. */
export const ELSEWHERE = 2;

/** Uses lose half of their weight in this time. */
export const USE_HALF_LIFE_MS = 7 * 24 * 3_600_000;

export interface Columns {
  readonly count: number;
  readonly keys: Uint8Array;
  readonly kinds: Uint8Array;
  readonly events: Uint8Array;
  readonly bytes: Float64Array;
  readonly costs: Float64Array;
  readonly times: Float64Array;
  readonly uses: Float64Array;
  readonly lastUses: Float64Array;
  readonly names: Int32Array;
}

/** Why an entry went: shown to people, and counted. */
export interface EvictionNote {
  readonly time: number;
  readonly kind: StoredKind;
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly cause: string;
}

export interface KindTotals {
  readonly entries: number;
  readonly bytes: number;
}

export interface LedgerAttributes {
  /** Names of models, for people; rows point into it. */
  readonly names: readonly string[];
  /** Sums by name; see `counters.ts`. */
  readonly counters: Readonly<Record<string, number>>;
  readonly evictions: readonly EvictionNote[];
  /** Of a base: the segments that it holds already, with when they were folded. */
  readonly folded?: readonly (readonly [string, number])[];
  readonly totals?: Readonly<Record<StoredKind, KindTotals>>;
  /** Of a base: when entries on the disk were last listed to make it; undefined when they never were. */
  readonly listedMs?: number | undefined;
}

export const NO_TOTALS: Readonly<Record<StoredKind, KindTotals>> = Object.fromEntries(
  STORED_KINDS.map((kind) => [kind, { entries: 0, bytes: 0 }]),
) as Record<StoredKind, KindTotals>;

/** All kinds together. */
export function sumOfKinds(totals: Readonly<Record<StoredKind, KindTotals>>): KindTotals {
  const all = STORED_KINDS.map((kind) => totals[kind]);
  return {
    entries: all.reduce((sum, one) => sum + one.entries, 0),
    bytes: all.reduce((sum, one) => sum + one.bytes, 0),
  };
}

export function newColumns(count: number): Columns {
  return {
    count,
    keys: new Uint8Array(count * KEY_BYTES),
    kinds: new Uint8Array(count),
    events: new Uint8Array(count),
    bytes: new Float64Array(count),
    costs: new Float64Array(count),
    times: new Float64Array(count),
    uses: new Float64Array(count),
    lastUses: new Float64Array(count),
    names: new Int32Array(count),
  };
}

export function ledgerToWire(columns: Columns, attributes: LedgerAttributes): Wire {
  const { count, ...arrays } = columns;
  return { attributes: { ...attributes, count }, arrays: arrays as unknown as Record<string, WireArray> };
}

/** Throws TypeError when columns are missing, of other lengths, or point nowhere. */
export function ledgerFromWire(wire: Wire): { readonly columns: Columns; readonly attributes: LedgerAttributes } {
  const attributes = checkAttributes(wire.attributes);
  const count = wire.attributes.count as number;
  const columns: Columns = {
    count,
    keys: wireArray(wire, "keys", "u8"),
    kinds: wireArray(wire, "kinds", "u8"),
    events: wireArray(wire, "events", "u8"),
    bytes: wireArray(wire, "bytes", "f64"),
    costs: wireArray(wire, "costs", "f64"),
    times: wireArray(wire, "times", "f64"),
    uses: wireArray(wire, "uses", "f64"),
    lastUses: wireArray(wire, "lastUses", "f64"),
    names: wireArray(wire, "names", "i32"),
  };
  const { keys, kinds, events, bytes, costs, times, uses, lastUses, names } = columns;
  if (keys.length !== count * KEY_BYTES) throw new TypeError("the ledger has another number of keys");
  for (const column of [kinds, events, bytes, costs, times, uses, lastUses, names])
    if (column.length !== count) throw new TypeError("the ledger's columns have different lengths");
  for (let i = 0; i < count; i++) {
    if (kinds[i] >= STORED_KINDS.length) throw new TypeError("a row has a kind that does not exist");
    if (names[i] < 0 || names[i] >= attributes.names.length) throw new TypeError("a row's name does not exist");
    for (const column of [bytes, costs, times, uses, lastUses])
      if (!(column[i] >= 0 && column[i] < Infinity)) throw new TypeError("a row has a number that is not one");
  }
  return { columns, attributes };
}

/** Throws TypeError when the attributes are not those of a ledger. */
export function checkAttributes(attributes: Readonly<Record<string, unknown>>): LedgerAttributes {
  const { names, counters, evictions, folded, totals, listedMs, count } = attributes as Partial<
    LedgerAttributes & { count: number }
  >;
  const fault = (what: string): never => {
    throw new TypeError(`the ledger's ${what} make no sense`);
  };
  if (!Number.isSafeInteger(count) || (count as number) < 0) fault("rows");
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) fault("names");
  if (typeof counters !== "object" || counters === null || !Object.values(counters).every(Number.isFinite))
    fault("counters");
  if (!Array.isArray(evictions) || !evictions.every(isEviction)) fault("evictions");
  if (folded !== undefined && !(Array.isArray(folded) && folded.every(isFolded))) fault("segments");
  const isTotal = (kind: StoredKind): boolean =>
    Number.isFinite(totals?.[kind]?.bytes) && Number.isFinite(totals?.[kind]?.entries);
  if (totals !== undefined && !STORED_KINDS.every(isTotal)) fault("totals");
  if (listedMs !== undefined && !Number.isFinite(listedMs)) fault("dates");
  return attributes as unknown as LedgerAttributes;
}

const isFolded = (pair: unknown): boolean =>
  Array.isArray(pair) && typeof pair[0] === "string" && Number.isFinite(pair[1]);

function isEviction(note: unknown): boolean {
  const { time, kind, key, name, bytes, cause } = (note ?? {}) as Partial<EvictionNote>;
  return (
    Number.isFinite(time) &&
    Number.isFinite(bytes) &&
    STORED_KINDS.includes(kind as StoredKind) &&
    [key, name, cause].every((text) => typeof text === "string")
  );
}

/** `uses` as they count `now`. */
export function decayed(uses: number, lastUse: number, now: number): number {
  return uses === 0 ? 0 : uses * 2 ** (-Math.max(0, now - lastUse) / USE_HALF_LIFE_MS);
}
