/** Plans of eviction: what goes, in which order, and what never does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, hex } from "../base/digest.js";
import { type Catalogue, mergeParts } from "./catalogue.js";
import { STORED_KINDS, type StoredKind } from "./entry.js";
import { bytesText, type Caps, planForCaps, planVacuum } from "./evict.js";
import { EVENTS, KEY_BYTES, newColumns } from "./ledger-file.js";
import { EVICTION_POLICIES, type EvictionPolicy } from "./settings.js";

const NOW = 1e12;
const HOUR = 3_600_000;

interface Row {
  readonly id: number;
  readonly kind?: StoredKind;
  readonly bytes: number;
  readonly cost?: number;
  readonly age?: number;
  readonly used?: readonly number[];
  readonly pinned?: boolean;
}

const keyOf = (id: number): Buffer => digestOf(["row", id]);

function catalogueOf(rows: readonly Row[]): Catalogue {
  const events = rows.flatMap(({ id, kind = "graph", bytes, cost = 1, age = 24 * HOUR, used = [], pinned }) => [
    { id, kind, event: "stored" as const, bytes, cost, time: NOW - age },
    ...used.map((ago) => ({ id, kind, event: "used" as const, bytes, cost, time: NOW - ago })),
    ...(pinned ? [{ id, kind, event: "pinned" as const, bytes, cost, time: NOW }] : []),
  ]);
  const columns = newColumns(events.length);
  events.forEach(({ id, kind, event, bytes, cost, time }, i) => {
    columns.keys.set(keyOf(id), i * KEY_BYTES);
    columns.kinds[i] = STORED_KINDS.indexOf(kind);
    columns.events[i] = EVENTS.indexOf(event);
    columns.bytes[i] = bytes;
    columns.costs[i] = cost;
    columns.times[i] = time;
    columns.uses[i] = event === "used" ? 1 : 0;
  });
  return mergeParts(undefined, [{ columns, attributes: { names: ["m"], counters: {}, evictions: [] } }]);
}

const caps = (capBytes: number, more: Partial<Caps> = {}): Caps => ({
  capBytes,
  kindCaps: {},
  eviction: "value",
  graceMs: HOUR,
  ...more,
});
const ids = (rows: readonly Row[], plan: { victims: readonly { key: string }[] }): number[] =>
  plan.victims.map(({ key }) => rows.find(({ id }) => hex(keyOf(id)) === key)?.id ?? -1);

const SAMPLE: readonly Row[] = [
  { id: 1, bytes: 10, cost: 100, age: 40 * HOUR, used: [2 * HOUR] },
  { id: 2, bytes: 40, cost: 10, age: 30 * HOUR, used: [20 * HOUR, 21 * HOUR, 22 * HOUR] },
  { id: 3, bytes: 30, cost: 300, age: 20 * HOUR },
  { id: 4, bytes: 20, cost: 1, age: 10 * HOUR, used: [5 * HOUR, 6 * HOUR] },
];

describe("a plan for the caps", () => {
  it("is empty while they hold, to the byte", () => {
    expect(planForCaps(catalogueOf(SAMPLE), caps(100), NOW)).toEqual({ victims: [], entries: 0, bytes: 0 });
    expect(planForCaps(catalogueOf(SAMPLE), caps(99), NOW).entries).toBe(1);
  });

  // cost × uses / bytes, making being a use: about 20, 1, 10 and 0.15; last use 2, 20, 20 and 5 h ago
  const ORDERS: Readonly<Record<Exclude<EvictionPolicy, "random">, readonly number[]>> = {
    value: [4, 2, 3, 1],
    lru: [2, 3, 4, 1],
    lfu: [3, 1, 4, 2],
    size: [2, 3, 4, 1],
    age: [1, 2, 3, 4],
  };
  for (const [policy, order] of Object.entries(ORDERS))
    it(`takes entries in the order of ${policy}`, () => {
      const plan = planForCaps(catalogueOf(SAMPLE), caps(0, { eviction: policy as EvictionPolicy }), NOW);
      expect(ids(SAMPLE, plan)).toEqual(order);
      expect(plan.bytes).toBe(100);
    });

  it("spares what is pinned and what is young, also young in use", () => {
    const rows: Row[] = [
      { id: 1, bytes: 10, pinned: true },
      { id: 2, bytes: 10, age: HOUR / 2 },
      { id: 3, bytes: 10, age: 9 * HOUR, used: [HOUR / 2] },
      { id: 4, bytes: 10 },
    ];
    expect(ids(rows, planForCaps(catalogueOf(rows), caps(0), NOW))).toEqual([4]);
  });

  it("keeps the cap of a kind within the kind, with a cause that says so", () => {
    const rows: Row[] = [1, 2, 3, 4].map((id) => ({
      id,
      bytes: 10,
      kind: id < 4 ? "trace" : "graph",
      age: (50 - id) * HOUR,
    }));
    const plan = planForCaps(catalogueOf(rows), caps(1000, { kindCaps: { trace: 20 }, eviction: "age" }), NOW);
    expect(ids(rows, plan)).toEqual([1, 2]);
    expect(plan.victims[0].cause).toBe("trace entries are over their cap of 20 B");
  });

  it("never exceeds a cap that it can hold, never takes twice, and is the same when made again", () => {
    const row = fc.record({
      bytes: fc.integer({ min: 1, max: 100 }),
      cost: fc.double({ min: 0, max: 1000, noNaN: true }),
      age: fc.integer({ min: 0, max: 100 }).map((hours) => hours * HOUR),
      pinned: fc.boolean(),
      kind: fc.constantFrom(...STORED_KINDS),
    });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.constantFrom(...EVICTION_POLICIES),
        fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
        (made, capBytes, eviction, graphCap) => {
          const rows = made.map((one, id) => ({ ...one, id }));
          const limits = caps(capBytes, { eviction, ...(graphCap !== undefined && { kindCaps: { graph: graphCap } }) });
          const plan = planForCaps(catalogueOf(rows), limits, NOW);
          expect(planForCaps(catalogueOf([...rows].reverse()), limits, NOW)).toEqual(plan);
          const gone = ids(rows, plan);
          expect(new Set(gone).size).toBe(gone.length);
          const movable = rows.filter(({ pinned, age }) => !pinned && age >= HOUR);
          expect(gone.every((id) => movable.some((one) => one.id === id))).toBe(true);
          const held = (some: readonly Row[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
          const left = rows.filter(({ id }) => !gone.includes(id));
          const fixed = rows.filter((one) => !movable.includes(one));
          expect(held(left)).toBeLessThanOrEqual(Math.max(capBytes, held(fixed)));
          const graphs = (some: readonly Row[]): number => held(some.filter(({ kind }) => kind === "graph"));
          if (graphCap !== undefined) expect(graphs(left)).toBeLessThanOrEqual(Math.max(graphCap, graphs(fixed)));
        },
      ),
    );
  });
});

describe("a vacuum", () => {
  const rows: Row[] = [
    { id: 1, bytes: 10, age: 50 * HOUR },
    { id: 2, bytes: 20, age: 50 * HOUR, used: [HOUR] },
    { id: 3, bytes: 30, age: 2 * HOUR, kind: "trace" },
    { id: 4, bytes: 40, age: 50 * HOUR, pinned: true },
  ];
  const plan = (query: Parameters<typeof planVacuum>[1]): number[] =>
    ids(rows, planVacuum(catalogueOf(rows), query, caps(1000), NOW)).sort();

  it("takes what every condition holds for, and nothing that is pinned", () => {
    expect(plan({ olderThanMs: 24 * HOUR })).toEqual([1, 2]);
    expect(plan({ unusedForMs: 24 * HOUR })).toEqual([1]);
    expect(plan({ kinds: ["trace"] })).toEqual([3]);
    expect(plan({ kinds: ["trace"], olderThanMs: 24 * HOUR })).toEqual([]);
    expect(plan({ largerThanBytes: 15 })).toEqual([2, 3]);
    expect(plan({ name: "m", largerThanBytes: 20 })).toEqual([3]);
    expect(plan({ name: "other" })).toEqual([]);
  });

  it("takes nothing when nothing is asked and the caps hold", () => expect(plan({})).toEqual([]));

  it("makes room for a cap besides", () => {
    expect(plan({ capBytes: 70 })).toEqual([1, 2, 3].filter((id) => plan({ capBytes: 70 }).includes(id)));
    const left = 100 - planVacuum(catalogueOf(rows), { capBytes: 70 }, caps(1000), NOW).bytes;
    expect(left).toBeLessThanOrEqual(70);
    expect(plan({ kinds: ["trace"], capBytes: 65 })).toContain(3);
  });

  it("takes no more than what is asked, although the caps ask for more", () => {
    expect(ids(rows, planVacuum(catalogueOf(rows), { kinds: ["trace"] }, caps(50), NOW))).toEqual([3]);
    expect(ids(rows, planVacuum(catalogueOf(rows), {}, caps(50), NOW)).length).toBeGreaterThan(1);
  });

  it("takes nothing of what is as large as the cap, and stops as soon as there is room", () => {
    const even: Row[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => ({ id, bytes: 10, age: id * HOUR }));
    const gone = (cap: number): number[] =>
      ids(even, planForCaps(catalogueOf(even), caps(cap, { eviction: "age" }), NOW));
    expect(gone(100)).toEqual([]);
    expect(gone(99)).toEqual([10, 9]);
    expect(planForCaps(catalogueOf(even), caps(1000, { kindCaps: { graph: 100 } }), NOW).victims).toEqual([]);
  });

  it("says times in the unit that fits", () => {
    const cause = (olderThanMs: number): string =>
      planVacuum(catalogueOf(rows), { olderThanMs }, caps(1000), NOW).victims[0].cause;
    expect([30 * 60_000, HOUR, 24 * HOUR, 36 * HOUR].map(cause)).toEqual(
      ["30 min", "1 h", "1 day", "1.5 days"].map((text) => `made more than ${text} ago`),
    );
    expect([999, 1000, 1_500_000].map(bytesText)).toEqual(["999 B", "1.0 kB", "1.5 MB"]);
  });

  it("says why", () => {
    const { victims } = planVacuum(
      catalogueOf(rows),
      { olderThanMs: 36 * HOUR, unusedForMs: HOUR * 5 },
      caps(1000),
      NOW,
    );
    expect(victims.map(({ cause }) => cause)).toEqual(["made more than 1.5 days ago, not used for 5 h"]);
  });
});
