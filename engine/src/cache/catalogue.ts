/**
 * A catalogue: one row per entry of a folder, sorted by kind and key, made from a base and the events of segments. Merging
 * knows no files; what it is given in any order gives the same catalogue.
 */
import { STORED_KINDS, type StoredKind } from "./entry.js";
import {
  type Columns,
  decayed,
  ELSEWHERE,
  EVENTS,
  type EvictionNote,
  KEY_BYTES,
  type KindTotals,
  type LedgerAttributes,
  newColumns,
  PINNED,
} from "./ledger-file.js";

/** Evictions that are remembered. */
const EVICTIONS_MAX = 1000;
/** Decayed uses below this say nothing any more. */
const FORGOTTEN = 1e-3;

export interface Part {
  readonly columns: Columns;
  readonly attributes: LedgerAttributes;
}

export interface CatalogueRow {
  readonly kind: StoredKind;
  /** In hexadecimal. */
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly costMs: number;
  readonly createdMs: number;
  /** Decayed to now. */
  readonly uses: number;
  readonly lastUseMs: number;
  readonly pinned: boolean;
}

export interface Catalogue extends Part {
  readonly totals: Readonly<Record<StoredKind, KindTotals>>;
}

/** The key of a row in hexadecimal. */
export const rowKey = ({ keys }: Columns, row: number): string =>
  Buffer.from(keys.buffer, keys.byteOffset + row * KEY_BYTES, KEY_BYTES).toString("hex");

/** The row of an entry, or −1. Cost: O(log n). */
export function findRow({ count, kinds, keys }: Columns, kind: StoredKind, key: Uint8Array): number {
  const code = STORED_KINDS.indexOf(kind);
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = kinds[middle] - code || compareKeys(keys, middle, key, 0);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

function compareKeys(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  const [x, y] = [i * KEY_BYTES, j * KEY_BYTES];
  for (let k = 0; k < KEY_BYTES; k++) {
    const order = a[x + k] - b[y + k];
    if (order !== 0) return order;
  }
  return 0;
}

/** Rows whose keys begin so, in hexadecimal. Cost: O(n). */
export function rowsOfPrefix(columns: Columns, prefix: string, kinds: readonly StoredKind[]): number[] {
  if (!/^[0-9a-f]{1,64}$/i.test(prefix)) return [];
  const whole = Buffer.from(prefix.slice(0, prefix.length & ~1), "hex");
  const half = prefix.length % 2 === 1 ? Number.parseInt(prefix.slice(-1), 16) : undefined;
  const codes = kinds.map((kind) => STORED_KINDS.indexOf(kind));
  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) {
    if (columns.events[row] & ELSEWHERE || !codes.includes(columns.kinds[row])) continue;
    const at = row * KEY_BYTES;
    let same = true;
    for (let k = 0; same && k < whole.length; k++) same = columns.keys[at + k] === whole[k];
    if (same && half !== undefined) same = columns.keys[at + whole.length] >> 4 === half;
    if (same) rows.push(row);
  }
  return rows;
}

export function rowOf({ columns, attributes }: Part, row: number, now: number): CatalogueRow {
  const { kinds, events, bytes, costs, times, uses, lastUses, names } = columns;
  return {
    kind: STORED_KINDS[kinds[row]],
    key: rowKey(columns, row),
    name: attributes.names[names[row]],
    bytes: bytes[row],
    costMs: costs[row],
    createdMs: times[row],
    uses: decayed(uses[row], lastUses[row], now),
    lastUseMs: lastUses[row],
    pinned: (events[row] & PINNED) !== 0,
  };
}

/** What is known of one entry while parts are merged. */
interface Merged {
  readonly kind: number;
  readonly key: Uint8Array;
  /** Its row in the base, or −1. */
  readonly row: number;
  name: string;
  /** Time of the last `stored` or `removed`; 0 when neither is known. */
  decided: number;
  present: boolean;
  bytes: number;
  cost: number;
  created: number;
  uses: number;
  lastUse: number;
  pinDecided: number;
  pinned: boolean;
}

/** Merges a base (or none) with segments. Cost: O(n) in the base's rows, O(m log m) in events. */
export function mergeParts(base: Catalogue | undefined, segments: readonly Part[]): Catalogue {
  if (base && segments.length === 0) return base;
  const changed = new Map<string, Merged>();
  for (const { columns, attributes } of segments)
    for (let i = 0; i < columns.count; i++) noteEvent(changed, base, columns, attributes, i);
  const gone = new Uint8Array(base?.columns.count ?? 0);
  for (const { row } of changed.values()) if (row >= 0) gone[row] = 1;
  const fresh = [...changed.values()].filter(
    // what was only used here stays while that counts for anything; what was removed does not
    ({ present, decided, uses }) => present || (decided === 0 && uses > FORGOTTEN),
  );
  fresh.sort((a, b) => a.kind - b.kind || compareKeys(a.key, 0, b.key, 0));

  const kept = gone.length - gone.reduce((sum, flag) => sum + flag, 0);
  const columns = newColumns(kept + fresh.length);
  const names = new Map<string, number>();
  const nameCode = (name: string): number => {
    let code = names.get(name);
    if (code === undefined) {
      code = names.size;
      names.set(name, code);
    }
    return code;
  };
  const baseNames = base?.attributes.names.map(() => -1) ?? [];
  let row = 0;
  let next = 0;
  for (let to = 0; to < columns.count; to++) {
    while (row < gone.length && gone[row]) row++;
    const one = fresh[next];
    const takeFresh =
      base === undefined ||
      row === gone.length ||
      (one !== undefined &&
        (one.kind - base.columns.kinds[row] || compareKeys(one.key, 0, base.columns.keys, row)) < 0);
    if (takeFresh) {
      writeRow(columns, to, one, nameCode(one.name));
      next++;
    } else {
      const old = base.columns.names[row];
      if (baseNames[old] < 0) baseNames[old] = nameCode(base.attributes.names[old]);
      copyRow(base.columns, row, columns, to, baseNames[old]);
      row++;
    }
  }
  return { columns, attributes: mergedAttributes(base, segments, [...names.keys()]), totals: totalsOf(columns) };
}

function writeRow(columns: Columns, to: number, one: Merged, name: number): void {
  columns.keys.set(one.key, to * KEY_BYTES);
  columns.kinds[to] = one.kind;
  columns.events[to] = (one.pinned ? PINNED : 0) | (one.present ? 0 : ELSEWHERE);
  columns.bytes[to] = one.bytes;
  columns.costs[to] = one.cost;
  columns.times[to] = one.created;
  columns.uses[to] = one.uses;
  columns.lastUses[to] = one.lastUse;
  columns.names[to] = name;
}

function copyRow(from: Columns, row: number, columns: Columns, to: number, name: number): void {
  for (let i = 0; i < KEY_BYTES; i++) columns.keys[to * KEY_BYTES + i] = from.keys[row * KEY_BYTES + i];
  columns.kinds[to] = from.kinds[row];
  columns.events[to] = from.events[row];
  columns.bytes[to] = from.bytes[row];
  columns.costs[to] = from.costs[row];
  columns.times[to] = from.times[row];
  columns.uses[to] = from.uses[row];
  columns.lastUses[to] = from.lastUses[row];
  columns.names[to] = name;
}

/** Counters add up; of evictions the last are remembered. */
export function mergedAttributes(
  base: { readonly attributes: LedgerAttributes } | undefined,
  segments: readonly { readonly attributes: LedgerAttributes }[],
  names: readonly string[],
): LedgerAttributes {
  const parts = base ? [base, ...segments] : segments;
  const counters: Record<string, number> = {};
  for (const { attributes } of parts)
    for (const [name, value] of Object.entries(attributes.counters)) counters[name] = (counters[name] ?? 0) + value;
  const evictions: EvictionNote[] = parts.flatMap(({ attributes }) => [...attributes.evictions]);
  evictions.sort((a, b) => a.time - b.time);
  return {
    names,
    counters,
    evictions: evictions.slice(-EVICTIONS_MAX),
    ...(base?.attributes.folded && { folded: base.attributes.folded }),
    ...(base?.attributes.listedMs !== undefined && { listedMs: base.attributes.listedMs }),
  };
}

/** What an event says of the entry that it found or stored. */
function becomePresent(one: Merged, { bytes, costs, times }: Columns, row: number): void {
  one.present = true;
  one.bytes = bytes[row];
  one.cost = costs[row];
  one.created = times[row];
}

function noteEvent(
  changed: Map<string, Merged>,
  base: Catalogue | undefined,
  columns: Columns,
  attributes: LedgerAttributes,
  row: number,
): void {
  const { kinds, events, bytes, times, uses, names } = columns;
  const id = `${kinds[row]}${rowKey(columns, row)}`;
  let one = changed.get(id);
  if (one === undefined) {
    one = startOf(base, columns, row);
    changed.set(id, one);
  }
  const time = times[row];
  const name = attributes.names[names[row]];
  switch (EVENTS[events[row]]) {
    case "stored":
      if (time >= one.decided) {
        one.decided = time;
        becomePresent(one, columns, row);
      }
      if (name) one.name = name;
      return;
    case "removed":
      // stored again in the same instant stays
      if (time > one.decided) {
        one.decided = time;
        one.present = false;
        one.pinned = false;
      }
      return;
    case "used":
      if (time >= one.lastUse) {
        one.uses = decayed(one.uses, one.lastUse, time) + uses[row];
        one.lastUse = time;
      } else one.uses += decayed(uses[row], time, one.lastUse);
      // found by reading it, though nobody noted that it was written
      if (!one.present && one.decided === 0 && bytes[row] > 0) {
        becomePresent(one, columns, row);
      }
      if (name) one.name = name;
      return;
    case "pinned":
    case "unpinned":
      if (time >= one.pinDecided) {
        one.pinDecided = time;
        one.pinned = EVENTS[events[row]] === "pinned";
      }
  }
}

function startOf(base: Catalogue | undefined, from: Columns, i: number): Merged {
  const kind = from.kinds[i];
  const key = from.keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
  const row = base ? findRow(base.columns, STORED_KINDS[kind], key) : -1;
  const nothing = { decided: 0, present: false, bytes: 0, cost: 0, created: 0, uses: 0, lastUse: 0, pinDecided: 0 };
  if (row < 0 || base === undefined) return { kind, key, row, name: "", pinned: false, ...nothing };
  const { events, bytes, costs, times, uses, lastUses, names } = base.columns;
  const present = (events[row] & ELSEWHERE) === 0;
  return {
    kind,
    key,
    row,
    name: base.attributes.names[names[row]],
    decided: present ? times[row] : 0,
    present,
    bytes: bytes[row],
    cost: costs[row],
    created: times[row],
    uses: uses[row],
    lastUse: lastUses[row],
    pinDecided: 0,
    pinned: (events[row] & PINNED) !== 0,
  };
}

export function totalsOf({ count, kinds, bytes, events }: Columns): Record<StoredKind, KindTotals> {
  const entries = new Float64Array(STORED_KINDS.length);
  const sums = new Float64Array(STORED_KINDS.length);
  for (let i = 0; i < count; i++) {
    if (events[i] & ELSEWHERE) continue;
    entries[kinds[i]]++;
    sums[kinds[i]] += bytes[i];
  }
  return Object.fromEntries(STORED_KINDS.map((kind, k) => [kind, { entries: entries[k], bytes: sums[k] }])) as Record<
    StoredKind,
    KindTotals
  >;
}
