/** Rules that say what changes: the same model as with whole targets, and what is refused. */
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { checkSpec, type Emit, type ModelSpec } from "./define.js";
import { type ExploreLimits, explore } from "./explore.js";
import type { Explored } from "./explored.js";

const LIMITS: ExploreLimits = { maxStates: 1e6, maxBytes: 1e9 };

function explored(spec: ModelSpec<"a", Record<never, never>, string>): Explored {
  const work = explore(checkSpec(spec), {}, LIMITS);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const queues = (transitions: (state: readonly number[], emit: Emit) => void) =>
  explored({
    parameters: ["a"],
    initial: () => [130, 0, 0],
    transitions: (state, _, __, emit) => transitions(state, emit),
  });

describe("emit.changed", () => {
  it("is emit with the state at hand changed", () => {
    const whole = queues(([x, y, z], emit) => {
      if (x > 0) emit([x - 1, y + 1, z], x);
      if (y > 0) emit([x, y - 1, z], y);
      if (y > 1) emit([x, y - 2, Math.min(z + 1, 1)], 1);
    });
    const parts = queues(([x, y, z], emit) => {
      if (x > 0) emit.changed([0, 1, 1, 1], [-1, 2, 0, -1], x);
      if (y > 0) emit.changed(Int32Array.of(1), Int8Array.of(-1), y);
      if (y > 1) emit.changed([1, 2], [-2, z < 1 ? 1 : 0], 1);
    });
    expect(whole.vertexCount).toBeGreaterThan(1000);
    expect(parts).toEqual(whole);
  });

  const refused = (places: unknown, by: unknown, rate: unknown = 1) =>
    Promise.resolve().then(() =>
      queues(([x], emit) => {
        if (x > 0) emit.changed(places as number[], by as number[], rate as number);
      }),
    );
  it.each<Case>([
    ["a place beyond the state", () => refused([3], [1]), "bad-state", "needs places from 0 to 2"],
    ["no places", () => refused(undefined, [1]), "bad-state", "it got places [undefined] and changes [1]"],
    ["no changes", () => refused([0], 1), "bad-state", "emit.changed of [130,0,0]"],
    ["fewer changes than places", () => refused([0, 1], [1]), "bad-state", "as many changes"],
    ["a fraction", () => refused([0], [0.5]), "bad-state", "stay 32-bit integers"],
    ["a bad rate", () => refused([0], [-1], -2), "negative-rate", "from [130,0,0] to [129,0,0] must be ≥ 0 and is -2"],
  ])("refuses %s", (_, call, code, words) => expectRefused(call, code, words));
});

describe("rewards", () => {
  it("see their state as it is, also when another reward writes to its list", () => {
    const { rewards } = explored({
      parameters: ["a"],
      initial: () => [2, 1],
      transitions: ([k, m], _, __, emit) => {
        if (k > 0) emit([k - 1, m], 1);
      },
      rewards: {
        first: (state) => (state as number[]).sort()[0],
        second: ([k]) => k,
        third: ([, m], _, { a }) => a.times(m),
      },
    });
    expect(Array.from(rewards.first.values)).toEqual([1, 1, 0]);
    expect(Array.from(rewards.second.values)).toEqual([2, 1, 0]);
    expect(Array.from(rewards.third.formulas ?? [])).toHaveLength(3);
  });
});
