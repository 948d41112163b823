/**
 * Which entries go: a plan made from a catalogue, by caps or by what a person asks for, which is then carried out as it is. A dry
 * run is the plan; the run does nothing else.
 */
import { type Catalogue, rowKey } from "./catalogue.js";
import { STORED_KINDS, type StoredKind } from "./entry.js";
import { type Columns, decayed, ELSEWHERE, PINNED, sumOfKinds } from "./ledger-file.js";
import type { EvictionPolicy } from "./settings.js";

/** Making room only up to the cap would have to be done again with the next entry. */
const ROOM = 0.9;
const DAY_MS = 24 * 3_600_000;

export interface Victim {
  readonly kind: StoredKind;
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  /** Why it goes, for people: "the layer is over its cap of 2.0 GB". */
  readonly cause: string;
}

export interface EvictionPlan {
  readonly victims: readonly Victim[];
  readonly entries: number;
  readonly bytes: number;
}

export interface Caps {
  readonly capBytes: number;
  readonly kindCaps: Readonly<Partial<Record<StoredKind, number>>>;
  readonly eviction: EvictionPolicy;
  readonly graceMs: number;
}

/** What a person may ask to go; every condition given must hold. */
export interface VacuumQuery {
  readonly kinds?: readonly StoredKind[];
  /** Made longer ago than this. */
  readonly olderThanMs?: number;
  /** Neither made nor used for so long. */
  readonly unusedForMs?: number;
  readonly largerThanBytes?: number;
  /** Of models of this name. */
  readonly name?: string;
  /** Also make room until the layer holds so much. */
  readonly capBytes?: number;
  /** Exactly what a dry run answered, and nothing else. */
  readonly plan?: EvictionPlan;
}

export const bytesText = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};

/** How much an entry is worth to a policy; the smallest go first. Making an entry counts as its first use. */
function worth(
  { keys, bytes, costs, times, uses, lastUses }: Columns,
  row: number,
  policy: EvictionPolicy,
  now: number,
): number {
  const used = (): number => decayed(uses[row], lastUses[row], now) + decayed(1, times[row], now);
  switch (policy) {
    case "value":
      return ((costs[row] + 0.01) * used()) / (bytes[row] + 1);
    case "lru":
      return Math.max(lastUses[row], times[row]);
    case "lfu":
      return used();
    case "size":
      return -bytes[row];
    case "age":
      return times[row];
    case "random":
      // keys are random already, and a plan made twice is the same
      return keys[row * 32] * 65536 + keys[row * 32 + 1] * 256 + keys[row * 32 + 2];
    default:
      return policy satisfies never;
  }
}

/** What goes so that each kind and the whole layer are below their caps; nothing when they are. Cost: O(n log n) when they are not. */
export function planForCaps({ columns, attributes, totals }: Catalogue, caps: Caps, now: number): EvictionPlan {
  const { capBytes, kindCaps, eviction, graceMs } = caps;
  const total = sumOfKinds(totals).bytes;
  const over = STORED_KINDS.filter((kind) => totals[kind].bytes > (kindCaps[kind] ?? Infinity));
  if (total <= capBytes && over.length === 0) return planOf([]);

  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) {
    if (columns.events[row] & (ELSEWHERE | PINNED)) continue;
    if (now - Math.max(columns.times[row], columns.lastUses[row]) < graceMs) continue;
    rows.push(row);
  }
  const worths = new Float64Array(columns.count);
  for (const row of rows) worths[row] = worth(columns, row, eviction, now);
  rows.sort((a, b) => worths[a] - worths[b] || columns.times[a] - columns.times[b] || a - b);

  const victims: Victim[] = [];
  const gone = new Uint8Array(columns.count);
  let left = total;
  const take = (row: number, cause: string): void => {
    gone[row] = 1;
    left -= columns.bytes[row];
    victims.push(victimOf({ columns, attributes }, row, cause));
  };
  for (const kind of over) {
    const cap = kindCaps[kind] as number;
    let held = totals[kind].bytes;
    const cause = `${kind} entries are over their cap of ${bytesText(cap)}`;
    for (const row of rows) {
      if (held <= cap * ROOM) break;
      if (STORED_KINDS[columns.kinds[row]] !== kind) continue;
      held -= columns.bytes[row];
      take(row, cause);
    }
  }
  if (left > capBytes) {
    const cause = `the layer is over its cap of ${bytesText(capBytes)}`;
    for (const row of rows) {
      if (left <= capBytes * ROOM) break;
      if (!gone[row]) take(row, cause);
    }
  }
  return planOf(victims);
}

/** What a person asked to go, pinned entries excepted; then what a cap asks for. */
export function planVacuum(catalogue: Catalogue, query: VacuumQuery, caps: Caps, now: number): EvictionPlan {
  const { kinds, olderThanMs, unusedForMs, largerThanBytes, name, capBytes } = query;
  const { columns, attributes } = catalogue;
  const conditions: ((row: number) => boolean)[] = [];
  const causes: string[] = [];
  if (olderThanMs !== undefined) {
    conditions.push((row) => now - columns.times[row] > olderThanMs);
    causes.push(`made more than ${daysText(olderThanMs)} ago`);
  }
  if (unusedForMs !== undefined) {
    conditions.push((row) => now - Math.max(columns.times[row], columns.lastUses[row]) > unusedForMs);
    causes.push(`not used for ${daysText(unusedForMs)}`);
  }
  if (largerThanBytes !== undefined) {
    conditions.push((row) => columns.bytes[row] > largerThanBytes);
    causes.push(`larger than ${bytesText(largerThanBytes)}`);
  }
  if (name !== undefined) {
    const named = attributes.names.map((one) => one === name);
    conditions.push((row) => named[columns.names[row]]);
    causes.push(`of ${name}`);
  }
  const asked = conditions.length > 0 || kinds !== undefined;
  const victims: Victim[] = [];
  const gone = new Uint8Array(columns.count);
  if (asked)
    for (let row = 0; row < columns.count; row++) {
      if (columns.events[row] & (ELSEWHERE | PINNED)) continue;
      if (kinds !== undefined && !kinds.includes(STORED_KINDS[columns.kinds[row]])) continue;
      if (!conditions.every((holds) => holds(row))) continue;
      gone[row] = 1;
      victims.push(victimOf(catalogue, row, causes.join(", ") || "asked for"));
    }
  if (asked && capBytes === undefined) return planOf(victims);
  const rest = withoutRows(catalogue, gone);
  const room = planForCaps(rest, { ...caps, capBytes: capBytes ?? caps.capBytes }, now);
  return planOf([...victims, ...room.victims]);
}

function daysText(milliseconds: number): string {
  const days = milliseconds / DAY_MS;
  if (days >= 1) return `${Number(days.toFixed(1))} ${days === 1 ? "day" : "days"}`;
  const hours = milliseconds / 3_600_000;
  return hours >= 1 ? `${Number(hours.toFixed(1))} h` : `${Number((milliseconds / 60_000).toFixed(1))} min`;
}

/** The same catalogue, in which rows that go anyway count for nothing. */
function withoutRows(catalogue: Catalogue, gone: Uint8Array): Catalogue {
  const { columns } = catalogue;
  const totals = structuredClone(catalogue.totals) as Record<StoredKind, { entries: number; bytes: number }>;
  const events = columns.events.slice();
  for (let row = 0; row < columns.count; row++) {
    if (!gone[row]) continue;
    events[row] |= ELSEWHERE;
    const total = totals[STORED_KINDS[columns.kinds[row]]];
    total.entries--;
    total.bytes -= columns.bytes[row];
  }
  return { ...catalogue, columns: { ...columns, events }, totals };
}

const victimOf = (
  { columns, attributes }: Pick<Catalogue, "columns" | "attributes">,
  row: number,
  cause: string,
): Victim => ({
  kind: STORED_KINDS[columns.kinds[row]],
  key: rowKey(columns, row),
  name: attributes.names[columns.names[row]],
  bytes: columns.bytes[row],
  cause,
});

const planOf = (victims: readonly Victim[]): EvictionPlan => ({
  victims,
  entries: victims.length,
  bytes: victims.reduce((sum, { bytes }) => sum + bytes, 0),
});
