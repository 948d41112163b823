import { expect, it } from "vitest";
import { countEvent, emptyCounters } from "./panel-counters.js";

it("counts each look-up once, under its kind and outcome", () => {
  let counters = emptyCounters();
  for (const outcome of ["hit", "hit", "miss", "bypass", "refused"] as const) {
    counters = countEvent(counters, {
      type: "lookup",
      kind: "trace",
      outcome,
      model: "m",
      savedMs: 2,
      milliseconds: 1,
      time: 5,
    });
  }
  counters = countEvent(counters, { type: "stored", kind: "trace", bytes: 9, time: 6 });
  expect(counters.session.trace).toEqual({ hits: 2, misses: 1, bypasses: 1, refusals: 1 });
  expect(counters.session.graph).toEqual({ hits: 0, misses: 0, bypasses: 0, refusals: 0 });
  expect(counters.savedMs).toBe(10);
  expect(counters.last).toEqual({ kind: "trace", outcome: "refused", model: "m", time: 5 });
});
