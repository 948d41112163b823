/** Badges of saved notebooks, good and bad. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf, readBadge, toneOf } from "./badge.js";

const key = "a".repeat(64);
const badge = {
  ...{ version: 1, hits: 1, misses: 1, bypasses: 0, refusals: 0, savedMs: -3, madeMs: 7 },
  lookups: [
    { kind: "graph", outcome: "hit", model: "<b>m</b>", key: "b".repeat(64), layer: "memory" },
    { kind: "trace", outcome: "miss", model: "", key, reason: "n was 1, is 2" },
  ],
};

test("a badge is taken as it is, and what is none is none", () => {
  expect(readBadge(badge)).toBe(badge);
  for (const damage of [
    { version: 2 },
    { hits: -1 },
    { savedMs: "3" },
    { lookups: {} },
    { lookups: [{ ...badge.lookups[0], key: "../x" }] },
    { lookups: [{ ...badge.lookups[0], kind: "moon" }] },
  ])
    expect(readBadge({ ...badge, ...damage }), JSON.stringify(damage)).toBeUndefined();
  fc.assert(fc.property(fc.jsonValue(), (value) => readBadge(value) === undefined));
});

test("says how it went, and opens what was made", () => {
  const read = readBadge(badge)!;
  expect(toneOf(read)).toBe("mixed");
  expect(toneOf({ ...read, misses: 0 })).toBe("hit");
  expect(toneOf({ ...read, hits: 0 })).toBe("miss");
  expect(toneOf({ ...read, hits: 0, misses: 0, bypasses: 1 })).toBe("bypass");
  expect(keyOf(read)).toBe(key);
  expect(keyOf({ ...read, lookups: [] })).toBeUndefined();
});
