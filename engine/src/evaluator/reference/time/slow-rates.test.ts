/** Rates and times at the ends of the range of doubles: answers are the closed forms, and none takes for ever. */
import { describe, expect, it } from "vitest";
import { columnMoments } from "./column-moments.js";
import { calm, lane } from "./fixtures.js";
import { openDistribution } from "./open.js";
import { poissonMixture, poissonWeights } from "./poisson.js";

/** An exponential of this rate; columns: exits, reward 1; the direction is the rate. */
function exponential(rate: number, directions = 1) {
  const parts = lane({
    kind: "continuous",
    size: 1,
    edges: [],
    exits: [rate],
    tangents: directions === 0 ? [] : [{ weights: [], exits: [1] }],
    initialTangents: directions === 0 ? [] : [[0]],
    columns: [
      { value: [rate], tangents: directions === 0 ? [] : [[1]] },
      { value: [1], tangents: directions === 0 ? [] : [[0]] },
    ],
  });
  return openDistribution(parts.system, parts.tangents, parts.initial, parts.columns, calm);
}

const off = (got: number | undefined, want: number): number =>
  got === want ? 0 : Math.abs((got ?? Number.NaN) / want - 1);

describe("Poisson means that are none", () => {
  it.each([
    ["a low part that is NaN", [1.5, Number.NaN]],
    ["NaN", [Number.NaN, 0]],
    ["a negative number", [-0.5, 0]],
    ["a negative number of steps", [-3, 0]],
  ] as const)("%s ends", (_, mean) => {
    expect(poissonWeights(mean).weights.length).toBeLessThan(1000);
    const terms = { term: () => 1, boundFrom: () => 1, growthFrom: () => 0, boundUntil: () => 1 };
    const { value } = poissonMixture(mean, terms, 2 ** -56);
    if (!(mean[0] >= 0)) expect(value).toBeNaN();
  });
});

describe("times beyond 1.34e300", () => {
  it.each([0, 1])("have values with %i directions", (directions) => {
    const engine = exponential(1e-300, directions);
    const time = 1.5e300;
    const x = 1e-300 * time;
    expect(off(engine.at(0, time)?.value, 1e-300 * Math.exp(-x))).toBeLessThanOrEqual(1e-14);
    expect(off(engine.accumulated(0, time)?.value, -Math.expm1(-x))).toBeLessThanOrEqual(1e-14);
    expect(off(engine.row(time)?.value[0], Math.exp(-x))).toBeLessThanOrEqual(1e-14);
    expect(off(engine.occupancy(time)?.value[0], -Math.expm1(-x) / 1e-300)).toBeLessThanOrEqual(1e-14);
    // d/dλ λ e^{−λt} = (1 − λt) e^{−λt}
    if (directions > 0) expect(off(engine.at(0, time)?.tangents[0], (1 - x) * Math.exp(-x))).toBeLessThanOrEqual(1e-13);
  });
});

describe("left tails", () => {
  it.each([
    [1e-100, 1e-124],
    [1e-20, 1e-280],
    [1e-280, 1e-20],
    [1e-320, 1e280],
    [1, 1e-300],
    [1e-150, 3e-150],
  ])("of rate %f at %f are 1 − e^{−λt}, and what is earned there is t", (rate, time) => {
    const engine = exponential(rate);
    const cdf = engine.accumulated(0, time);
    expect(off(cdf?.value, -Math.expm1(-rate * time)), "cdf").toBeLessThanOrEqual(1e-14);
    // t e^{−λt}
    expect(off(cdf?.tangents[0], time), "its slope").toBeLessThanOrEqual(1e-14);
    expect(off(engine.accumulated(1, time)?.value, time), "earned").toBeLessThanOrEqual(1e-14);
    expect(off(engine.occupancy(time)?.value[0], time), "occupancy").toBeLessThanOrEqual(1e-14);
  });

  it("earn t where Λt is no number", () => {
    const engine = exponential(1e-200);
    expect(off(engine.accumulated(1, 1e-120)?.value, 1e-120)).toBeLessThanOrEqual(1e-14);
    expect(off(engine.occupancy(1e-120)?.value[0], 1e-120)).toBeLessThanOrEqual(1e-14);
    expect(off(exponential(1e-200).accumulated(1, 1e-150)?.value, 1e-150)).toBeLessThanOrEqual(1e-14);
  });
});

describe("moments over an epoch of slow rates", () => {
  const ones = { value: Float64Array.of(1), tangents: [Float64Array.of(0)] };

  it.each(
    [1e-320, 1e-300, 1e-200, 1e-160].flatMap((rate) =>
      (["uniformization", "squaring", "auto"] as const).map((method) => [rate, method] as const),
    ),
  )("of rate %f by %s are those of 1000 + an exponential", (rate, method) => {
    const { system, tangents } = lane({
      kind: "continuous",
      size: 1,
      edges: [],
      exits: [rate],
      tangents: [{ weights: [], exits: [1] }],
    });
    const counted = { value: system.exits, tangents: tangents.map((tangent) => tangent.exits) };
    // E[Y^k]/k! of the exponential that follows: 1, 1, 1
    const result = columnMoments(system, tangents, [ones, ones, ones], ones, counted, 1e3, { ...calm, method });
    expect(result?.[0].value[0]).toBeCloseTo(1, 14);
    expect(off(result?.[1].value[0], 1001)).toBeLessThanOrEqual(1e-14);
    expect(off(result?.[2].value[0], 1_002_002 / 2)).toBeLessThanOrEqual(1e-14);
    // Y = min(T, Δ) + X [T > Δ]: to first order in the rate T is uniform on the epoch with probability λΔ
    expect(off(result?.[1].tangents[0][0], -(1e6 / 2 + 1e3))).toBeLessThanOrEqual(1e-13);
    expect(off(result?.[2].tangents[0][0], 1e9 / 6 - 1e3 * (1_002_002 / 2))).toBeLessThanOrEqual(1e-13);
  });

  it.each([0, 1e-320, 1e-300])("of length %f are what was given", (length) => {
    const { system } = lane({ kind: "continuous", size: 1, edges: [], exits: [1e-3] });
    const plain = { value: Float64Array.of(1), tangents: [] };
    const result = columnMoments(
      system,
      [],
      [plain, plain],
      plain,
      { value: system.exits, tangents: [] },
      length,
      calm,
    );
    expect(result?.map(({ value }) => value[0])).toEqual([1, 1]);
  });
});
