import { expect, it } from "vitest";
import { countEvent, emptyCounters, historyOf } from "./counters.js";

const lookup = {
  type: "lookup",
  kind: "trace",
  outcome: "hit",
  model: "m",
  savedMs: 2,
  milliseconds: 1,
  time: 5,
} as const;

it("counts each look-up once, under its kind and outcome", () => {
  let counters = emptyCounters();
  for (const outcome of ["hit", "hit", "miss", "bypass", "refused"] as const)
    counters = countEvent(counters, { ...lookup, outcome });
  counters = countEvent(counters, { type: "stored", kind: "trace", bytes: 9, time: 6 });
  expect(counters.session.trace).toEqual({ hits: 2, misses: 1, bypasses: 1, refusals: 1 });
  expect(counters.session.graph).toEqual({ hits: 0, misses: 0, bypasses: 0, refusals: 0 });
  expect(counters.savedMs).toBe(10);
  expect(counters.last).toMatchObject({ kind: "trace", outcome: "refused", model: "m", time: 5 });
});

it("leaves what prewarming looked up out", () => {
  expect(countEvent(emptyCounters(), { ...lookup, prewarming: true })).toEqual(emptyCounters());
});

it("keeps a curve of at most so many points, whose last one is the whole", () => {
  let counters = emptyCounters();
  for (let i = 0; i < 2000; i++)
    counters = countEvent(counters, { ...lookup, outcome: i % 4 === 0 ? "miss" : "hit", time: i * 700 });
  expect(counters.buckets.length).toBeLessThanOrEqual(240);
  expect(counters.buckets.length).toBeGreaterThan(100);
  expect(counters.buckets.at(-1)).toEqual({ time: 1999 * 700, hits: 1500, misses: 500, savedMs: 4000 });
  const times = counters.buckets.map(({ time }) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(counters.recent).toHaveLength(500);
});

it("tells of an entry what asked for it, and what missed beside it", () => {
  let counters = emptyCounters();
  const key = "a".repeat(64);
  for (const one of [
    { key, outcome: "hit" },
    { key: "b".repeat(64), outcome: "miss", reason: "n was 1, is 2" },
    { key: "b".repeat(64), outcome: "hit" },
    { key: "c".repeat(64), outcome: "miss", model: "other" },
  ] as const)
    counters = countEvent(counters, { ...lookup, ...one });
  expect(
    historyOf(counters, { kind: "trace", key, name: "m" }).map(({ reason, outcome }) => reason ?? outcome),
  ).toEqual(["n was 1, is 2", "hit"]);
});
