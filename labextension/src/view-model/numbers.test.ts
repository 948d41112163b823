/** Numbers as the eye sees them, with the borders between units. */
import { describe, expect, test } from "vitest";
import { agoOf, diskFraction, formatBytes, formatDuration, hitRate } from "./numbers.js";

describe("hit rate", () => {
  test("refusals count as misses, bypasses not at all", () => {
    expect(hitRate({ hits: 2, misses: 1, refusals: 1, bypasses: 7 })).toEqual({
      hits: 2,
      misses: 2,
      total: 4,
      fraction: 0.5,
    });
  });

  test("nothing asked is no rate of 100 %", () => {
    expect(hitRate({ hits: 0, misses: 0, refusals: 0, bypasses: 3 }).fraction).toBe(0);
  });
});

test("disk use is the part of the cap that all layers fill", () => {
  const lookups = { hits: 0, misses: 0, refusals: 0, bypasses: 0 };
  const kinds = [
    { kind: "graph", lookups, entries: 1, bytes: 30 },
    { kind: "trace", lookups, entries: 1, bytes: 20 },
  ] as const;
  const overview = { view: "mine", kinds, savedMs: 0, directory: "" } as const;
  expect(diskFraction({ ...overview, capBytes: 200 })).toBe(0.25);
  expect(diskFraction({ ...overview, capBytes: 0 })).toBe(0);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9940, "9.9 kB"],
  [9960, "10 kB"],
  [38_400_000, "38 MB"],
  [999_499_999, "999 MB"],
  [999_500_000, "1.0 GB"],
  [2e9, "2.0 GB"],
  [1.5e18, "1500 PB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.2, "0 ms"],
  [4.4, "4 ms"],
  [999.4, "999 ms"],
  [1000, "1.0 s"],
  [9949, "9.9 s"],
  [9951, "10 s"],
  [59_400, "59 s"],
  [59_600, "1 min"],
  [192_000, "3 min 12 s"],
  [3_599_900, "1 h"],
  [7_500_000, "2 h 5 min"],
  [7_540_000, "2 h 6 min"],
])("%d ms are %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, "now", 0],
  [-5000, "now", 0],
  [59_999, "now", 0],
  [60_000, "minutes", 1],
  [3_599_999, "minutes", 59],
  [3_600_000, "hours", 1],
  [86_399_999, "hours", 23],
  [200 * 86_400_000, "days", 200],
])("%d ms ago are %s %d", (ms, unit, count) => {
  expect(agoOf(1e12 - ms, 1e12)).toEqual({ unit, count });
});
