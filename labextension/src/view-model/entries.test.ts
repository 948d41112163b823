/** Ten thousand rows by pages and windows: what is asked, what is kept, what stays chosen. */
import type { EntryPage, EntryRow } from "@sojourn/kernel/panel-protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EntriesEvent,
  type EntriesState,
  NO_ENTRIES,
  neededOffsets,
  PAGE_ROWS,
  reduceEntries,
  rowAfter,
  rowAt,
  sortedBy,
  windowOf,
} from "./entries.js";

const TOTAL = 10_000;
const row = (at: number): EntryRow => ({
  ...{ kind: "graph", key: String(at).padStart(64, "0"), name: `m${at}`, bytes: at, costMs: 1, createdMs: at },
  ...{ uses: 0, lastUseMs: 0, pinned: false, layer: "private" },
});
const page = (offset: number, total = TOTAL): EntryPage => ({
  total,
  offset,
  entries: Array.from({ length: Math.min(PAGE_ROWS, Math.max(0, total - offset)) }, (_, i) => row(offset + i)),
});
const run = (events: readonly EntriesEvent[], from: EntriesState = NO_ENTRIES): EntriesState =>
  events.reduce(reduceEntries, from);
const arrived = (offset: number, generation = 0, total = TOTAL): EntriesEvent => ({
  type: "page",
  generation,
  page: page(offset, total),
  first: offset,
});

describe("windows", () => {
  test("cover what is in sight, whatever the scrolling, and never leave the list", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -100, max: 400_000, noNaN: true }),
        fc.nat(2000),
        fc.nat(TOTAL),
        (top, height, total) => {
          const { start, end } = windowOf(top, height, 26, total);
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(total);
          expect(start).toBeLessThanOrEqual(end);
          const first = Math.floor(Math.max(0, top) / 26);
          if (first < total) {
            expect(start).toBeLessThanOrEqual(first);
            expect(end).toBeGreaterThanOrEqual(Math.min(total, first + Math.floor(height / 26)));
          }
          expect(end - start).toBeLessThan(height / 26 + 20);
        },
      ),
    );
  });

  test("ask for the pages that they touch and that are not there", () => {
    expect(neededOffsets(NO_ENTRIES, { start: 0, end: 0 })).toEqual([0]);
    const state = run([arrived(0)]);
    expect(neededOffsets(state, { start: 10, end: 50 })).toEqual([]);
    expect(neededOffsets(state, { start: 90, end: 320 })).toEqual([100, 200, 300]);
    expect(rowAt(state, 99)?.name).toBe("m99");
    expect(rowAt(state, 100)).toBeUndefined();
  });
});

describe("pages", () => {
  test("that were overtaken by another question are dropped", () => {
    const state = run([arrived(0), { type: "wish", wish: { filter: "x" } }, arrived(100, 0)]);
    expect(state.pages.size).toBe(0);
    expect(run([arrived(0, 1, 7)], state).total).toBe(7);
  });

  test("stay in sight while they are asked again", () => {
    const state = run([arrived(0), { type: "changed" }]);
    expect(rowAt(state, 5)?.name).toBe("m5");
    expect(neededOffsets(state, { start: 0, end: 20 })).toEqual([0]);
    expect(neededOffsets(run([arrived(0, 1)], state), { start: 0, end: 20 })).toEqual([]);
  });

  test("far away are forgotten, and those beyond the end", () => {
    const many = run(Array.from({ length: 40 }, (_, i) => arrived(i * PAGE_ROWS)));
    expect(many.pages.size).toBe(12);
    expect(many.pages.has(39)).toBe(true);
    expect(run([arrived(0), arrived(200), arrived(0, 0, 50)]).pages.size).toBe(1);
  });

  test("an error stands until the next answer", () => {
    const failed = run([{ type: "failed", generation: 0, message: "no" }]);
    expect(failed.error).toBe("no");
    expect(run([arrived(0)], failed).error).toBeUndefined();
    expect(run([{ type: "failed", generation: 9, message: "late" }]).error).toBeUndefined();
  });
});

describe("choosing", () => {
  const chosen = run([arrived(0), { type: "choose", entry: row(3), chosen: true }]);

  test("outlives sorting and filtering, and not another layer", () => {
    expect(run([{ type: "wish", wish: sortedBy(chosen.wish, "bytes") }], chosen).chosen.size).toBe(1);
    expect(run([{ type: "wish", wish: { layer: "shared" } }], chosen).chosen.size).toBe(0);
    expect(run([{ type: "choose", entry: row(3), chosen: false }], chosen).chosen.size).toBe(0);
  });

  test("a pin shows at once", () => {
    expect(rowAt(run([{ type: "pinned", entry: row(3), pinned: true }], chosen), 3)?.pinned).toBe(true);
  });
});

test("a column sorts from its large end, and the other way round the second time", () => {
  expect(sortedBy(NO_ENTRIES.wish, "bytes")).toEqual({ sort: "bytes", ascending: false });
  expect(sortedBy({ ...NO_ENTRIES.wish, sort: "bytes" }, "bytes")).toEqual({ sort: "bytes", ascending: true });
  expect(sortedBy(NO_ENTRIES.wish, "name")).toEqual({ sort: "name", ascending: true });
});

test("keys move through the list and stop at its ends", () => {
  expect(rowAfter("ArrowDown", TOTAL - 1, 10, TOTAL)).toBe(TOTAL - 1);
  expect(rowAfter("ArrowUp", 0, 10, TOTAL)).toBe(0);
  expect(rowAfter("PageDown", 0, 10, TOTAL)).toBe(9);
  expect(rowAfter("End", 0, 10, TOTAL)).toBe(TOTAL - 1);
  expect(rowAfter("x", 0, 10, TOTAL)).toBeUndefined();
});
