/** The stated error bound holds, long times end, and numbers that leave their range say so. */
import { openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denseSurvival, modelDocument, randomModel } from "../support/models.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("accuracy") });

describe("the stated error bound", () => {
  it("is positive and holds for an exponential time, whose values are known", async () => {
    for (const x of [0.5, 10, 300, 600]) {
      const answer = await engine.compute({
        model: { family: "erlang", inputs: { k: 1 } },
        theta: [1],
        quantities: [{ quantity: "survival", times: [x] }],
      });
      const [{ values, errorBound }] = answer.results;
      const error = Math.abs((values[0]?.[0] as number) / Math.exp(-x) - 1);
      expect(errorBound).toBeGreaterThan(0);
      expect(error).toBeLessThanOrEqual(errorBound as number);
    }
  });

  it("holds for a fast loop left slowly, up to a product of rate and time of a million", async () => {
    // eigenvalues of [[−a, a], [a, −(a + 1)]], the larger one from their product to keep its digits
    for (const [a, t] of [
      [10, 3],
      [1e3, 10],
      [1e5, 8],
    ]) {
      const trace = -(2 * a + 1);
      const fast = (trace - Math.sqrt(trace * trace - 4 * a)) / 2;
      const slow = a / fast;
      const exact = (-fast * Math.exp(slow * t) + slow * Math.exp(fast * t)) / (slow - fast);
      const model = {
        states: [[0], [1], [2]],
        initial: [[0, 1]],
        edges: [
          [0, 1, a],
          [1, 0, a],
          [1, 2, 1],
        ],
      };
      const { results } = await engine.compute({ model, quantities: [{ quantity: "survival", times: [t] }] });
      const error = Math.abs((results[0].values[0]?.[0] as number) / exact - 1);
      expect(error, `a = ${a}`).toBeLessThanOrEqual(results[0].errorBound as number);
      expect(results[0].errorBound as number).toBeLessThan(1e-8);
    }
  });
});

it("time functions agree with a dense matrix exponential", async () => {
  await fc.assert(
    fc.asyncProperty(randomModel, fc.double({ min: 0.01, max: 3, noNaN: true }), async (model, t) => {
      const quantities = ["survival", "cdf", "pdf"].map((quantity) => ({ quantity, times: [t] }));
      const { results } = await engine.compute({ model: modelDocument(model), quantities });
      const [survival, cdf, pdf] = results.map(({ values }) => values[0]?.[0] as number);
      const dense = denseSurvival(model, t);
      expect(Math.abs(survival - dense.survival)).toBeLessThan(1e-11);
      expect(Math.abs(cdf - (1 - dense.survival))).toBeLessThan(1e-11);
      expect(Math.abs(pdf - dense.density)).toBeLessThan(1e-10 * Math.max(1, dense.density));
    }),
    { numRuns: 40 },
  );
});

it("time functions do not depend on which way the states are numbered", async () => {
  const quantities = ["pdf", "cdf", "survival"].map((quantity) => ({ quantity, times: [0.01, 1, 30] }));
  const states = [[0], [1], [2], [3]];
  const down = {
    states,
    initial: [[2, 1]],
    edges: [
      [2, 1, 1],
      [1, 0, 1],
      [0, 3, 1],
    ],
  };
  const up = {
    states,
    initial: [[0, 1]],
    edges: [
      [0, 1, 1],
      [1, 2, 1],
      [2, 3, 1],
    ],
  };
  const [a, b] = [await engine.compute({ model: down, quantities }), await engine.compute({ model: up, quantities })];
  expect(a.results.map(({ values }) => values)).toEqual(b.results.map(({ values }) => values));
  const [pdf] = a.results[0].values[0] as number[];
  expect(Math.abs(pdf / ((0.01 ** 2 / 2) * Math.exp(-0.01)) - 1)).toBeLessThan(1e-13);
});

describe("the ends of the time axis", () => {
  it("are exact", async () => {
    const handle = await engine.families.erlang.build({ k: 2 });
    expect(await handle.cdf(1, [0, Number.POSITIVE_INFINITY])).toEqual(Float64Array.of(0, 1));
    expect(await handle.survival(1, [0, Number.POSITIVE_INFINITY])).toEqual(Float64Array.of(1, 0));
    expect(await handle.pdf(1, [0, Number.POSITIVE_INFINITY])).toEqual(Float64Array.of(0, 0));
    expect(await (await engine.families.erlang.build({ k: 1 })).pdf(3, 0)).toBeCloseTo(3, 15);
  });

  it("are reached by long times at once", async () => {
    const handle = await engine.families.erlang.build({ k: 1 });
    const start = process.cpuUsage();
    for (const t of [1e4, 1e8, 1e17, 1e300]) {
      expect(await handle.survival(1, t)).toBe(0);
      expect(await handle.pdf(10, t)).toBe(0);
      expect(await handle.cdf(1, t)).toBe(1);
    }
    // hundreds of times what it takes, a thousandth of what a sweep of Λt steps would
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
  });
});

describe("a lane", () => {
  const lane = async (edges: number[][], rewards?: object) => {
    const model = { states: [[0], [1], [2]], initial: [[1, 1]], edges, ...(rewards && { rewards }) };
    const quantities = [
      { quantity: "mean" },
      { quantity: "variance" },
      ...(rewards ? [{ quantity: "mean", reward: "r" }] : []),
    ];
    return (await engine.compute({ model, quantities })).results.map(({ status }) => status[0]);
  };

  it("whose numbers leave the range of doubles says so instead of answering", async () => {
    const tiny = [
      [1, 0, 1e-200],
      [0, 1, 1],
      [0, 2, 1e-200],
    ];
    expect(await lane(tiny, { r: [1, 0, 0] })).toEqual(["overflow", "overflow", "overflow"]);
    expect(
      await lane([
        [1, 0, 1e-162],
        [0, 1, 1],
        [0, 2, 1e-161],
      ]),
    ).toEqual(["overflow", "overflow"]);
    expect(
      await lane([
        [1, 0, 1.5e308],
        [1, 2, 1.5e308],
        [0, 2, 1],
      ]),
    ).toEqual(["overflow", "overflow"]);
  });

  it("says so too where only a part of a sum is lost that would have counted later", async () => {
    const model = {
      states: [[0], [1], [2], [3]],
      initial: [[2, 1]],
      edges: [
        [0, 3, 1e-200],
        [0, 1, 1],
        [1, 0, 1e-200],
        [1, 2, 1],
        [2, 1, 1e150],
        [2, 3, 1e-260],
      ],
    };
    // without the loss: 1e250; with it and unnoticed: 1e260
    const { results } = await engine.compute({
      model: { ...model, rewards: { r: [0, 0, 1, 0] } },
      quantities: [{ quantity: "mean", reward: "r" }],
    });
    expect(results[0].status).toEqual(["overflow"]);
  });

  it("whose time is out of reach says so, and the other lanes have their values", async () => {
    // two states that exchange at once beside two that do so slowly: no sweep reaches its quasi-stationary tail
    const model = {
      parameters: ["fast"],
      states: [[0], [1], [2], [3]],
      initial: [[0, 1]],
      edges: [
        [0, 1, 0, 1],
        [1, 0, 0, 1],
        [0, 2, 1, 0],
        [2, 0, 0.5, 0],
        [2, 3, 0.1, 0],
      ],
    };
    const ask = (method: string) =>
      engine.compute({ model, theta: [[1e12], [10]], quantities: [{ quantity: "survival", times: [1], method }] });
    const { results } = await ask("uniformization");
    expect(results[0].status).toEqual(["horizon", "ok"]);
    expect((await ask("auto")).results[0].status).toEqual(["ok", "ok"]);
    expect(results[0].values[0]).toBeNull();
    expect(results[0].errorBound).toBeLessThan(1e-12); // of the lane that has a value
    expect(results[0].values[1]?.[0]).toBeGreaterThan(0.5);
  });

  it("is not disturbed by tiny rates beside ordinary ones", async () => {
    expect(
      await lane([
        [1, 0, 1],
        [0, 1, 1e-200],
        [0, 2, 1],
      ]),
    ).toEqual(["ok", "ok"]);
  });
});
