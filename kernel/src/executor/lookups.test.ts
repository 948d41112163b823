import { expect, it } from "vitest";
import { createCell } from "./cells.js";
import { createCellLookups, NAMED_MAX } from "./lookups.js";

const lookup = {
  type: "lookup",
  kind: "graph",
  outcome: "hit",
  model: "m",
  savedMs: 2.6,
  milliseconds: 1,
  time: 5,
} as const;
const bundle = { data: { "text/plain": "1" }, metadata: {} };
const TYPE = "application/vnd.sojourn.lookups+json";

it("marks the results of cells that looked something up, and no others", () => {
  const lookups = createCellLookups(true);
  const [cell, other] = [createCell(1, 1, false), createCell(2, 2, false)];
  lookups.note(cell, lookup);
  lookups.note(cell, { ...lookup, outcome: "miss", milliseconds: 7.4, savedMs: 0, reason: "x".repeat(10_000) });
  lookups.note(cell, { ...lookup, prewarming: true });
  lookups.note(undefined, lookup);
  expect(lookups.mark(other, bundle)).toBe(bundle);
  const badge = lookups.mark(cell, bundle).data[TYPE] as { lookups: { reason?: string }[] };
  expect(badge).toMatchObject({ version: 1, hits: 1, misses: 1, savedMs: 3, madeMs: 7 });
  expect(badge.lookups[1]?.reason?.length).toBe(201);
  expect(JSON.stringify(badge).length).toBeLessThan(1000);
});

it("names only so many, and none when it is switched off", () => {
  const cell = createCell(1, 1, false);
  const lookups = createCellLookups(true);
  for (let i = 0; i < 100; i++) lookups.note(cell, lookup);
  expect(lookups.mark(cell, bundle).data[TYPE]).toMatchObject({ hits: 100, lookups: { length: NAMED_MAX } });
  const off = createCellLookups(false);
  off.note(cell, lookup);
  expect(off.mark(cell, bundle)).toBe(bundle);
});
