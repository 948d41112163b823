/** Discrete models against closed forms: geometric and negative binomial, and integer rewards as sums of steps. */
import { openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../support/quantities.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("discrete") });

/** k successes, each with probability p; without self-loops written out a row that lacks 1 − p would be absorbed. */
const negativeBinomial = (k: number) => ({
  kind: "discrete",
  parameters: ["p"],
  states: Array.from({ length: k + 1 }, (_, i) => [k - i]),
  initial: [[0, 1]],
  edges: Array.from({ length: k }, (_, i) => [
    [i, i, 1, -1],
    [i, i + 1, 0, 1],
  ]).flat(),
  rewards: { two: [...new Array(k).fill(2), 0], last: [...new Array(k - 1).fill(0), 1, 0] },
});

const logChoose = (n: number, k: number): number => {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
};
const pmf = (k: number, p: number, n: number): number =>
  n < k ? 0 : Math.exp(logChoose(n - 1, k - 1) + k * Math.log(p) + (n - k) * Math.log1p(-p));

const chance = fc.double({ min: 0.02, max: 0.98, noNaN: true });

describe("a sum of k geometric times", () => {
  it("is negative binomial", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), chance, async (k, p) => {
        const handle = await engine.load(negativeBinomial(k));
        const steps = [0, 1, 2, k, k + 1, k + 7, 40];
        const close = (what: string, found: ArrayLike<number>, expected: number[], tolerance = 1e-12): void =>
          expectNumbers(what, Array.from(found), expected, tolerance);
        close(
          "pmf",
          await handle.pmf(p, steps),
          steps.map((n) => pmf(k, p, n)),
          1e-11,
        );
        close(
          "pdf",
          await handle.pdf(p, steps),
          steps.map((n) => pmf(k, p, n)),
          1e-11,
        );
        const variance = (k * (1 - p)) / (p * p);
        close("mean and second moment", await handle.moments(p, 2), [k / p, variance + (k / p) ** 2]);
        close("variance", [await handle.variance(p)], [variance], 1e-11);
        // E[N (N + 1)] = k (k + 1) / p², so E[N (N − 1)] is that less 2 E[N]
        close("factorial", await handle.factorialMoments(p, 2), [k / p, (k * (k + 1)) / (p * p) - (2 * k) / p], 1e-11);
        const tail = (n: number): number => {
          let sum = 0;
          for (let m = 0; m < k; m++) sum += Math.exp(logChoose(n, m) + m * Math.log(p) + (n - m) * Math.log1p(-p));
          return sum;
        };
        close("survival", await handle.survival(p, [k, k + 7, 40]), [k, k + 7, 40].map(tail), 1e-10);
        const z = 0.3;
        close("transform", await handle.laplace(p, [[z, 0]]), [
          ((p * Math.exp(-z)) / (1 - (1 - p) * Math.exp(-z))) ** k,
          0,
        ]);
        close("gradient", await handle.gradient({ quantity: "moments", order: 1 }, p), [-k / (p * p)]);
        const slope = (k * p - 2 * k) / p ** 3;
        close("gradient of the variance", await handle.gradient({ quantity: "variance" }, p), [slope], 1e-9);
        close("visits", await handle.visits(p), [...new Array(k).fill(1 / p), 1]);
        close("hazard", [await handle.hazard(p, k)], [p ** k]);
        if (k === 1) close("hazard of a geometric time", await handle.hazard(p, [1, 2, 9]), [p, p, p], 1e-12);
      }),
      { numRuns: 25 },
    );
  });

  it("has a quantile that is the smallest step, where the distribution function jumps too", async () => {
    const handle = await engine.load(negativeBinomial(1));
    expect(Array.from(await handle.quantile(0.5, [0, 0.5, 0.5 + 1e-9, 0.75, 0.999, 1]))).toEqual([
      0,
      1,
      2,
      2,
      10,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("answers quantiles that no step can tell from their neighbours, and ends", async () => {
    const model = { kind: "discrete", states: [[0], [1]], initial: [[0, 1]] };
    for (const p of [1e-17, 1e-100, 1e-305]) {
      const handle = await engine.load({
        ...model,
        edges: [
          [0, 0, 1],
          [0, 1, p],
        ],
      });
      for (const q of [0.01, 0.5, 0.9])
        expectNumbers(`quantile ${q}`, [await handle.quantile(undefined, q)], [-Math.log1p(-q) / p], 1e-10);
    }
  });
});

describe("integer rewards", () => {
  it("of 2 a step double the time, and those of one state alone are its own stay", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), chance, async (k, p) => {
        const handle = await engine.load(negativeBinomial(k));
        const steps = [0, 1, 2, 3, 2 * k, 2 * k + 2, 30];
        const doubled = await handle.pmf(p, steps, { reward: "two" });
        expectNumbers(
          "doubled",
          Array.from(doubled),
          steps.map((n) => (n % 2 === 0 ? pmf(k, p, n / 2) : 0)),
          1e-11,
        );
        const last = await handle.pmf(p, steps, { reward: "last" });
        expectNumbers(
          "one state",
          Array.from(last),
          steps.map((n) => pmf(1, p, n)),
          1e-11,
        );
        const [m1, m2] = await handle.moments(p, 2, { reward: "two" });
        expectNumbers("moments", [m1, m2], [(2 * k) / p, 4 * ((k * (1 - p)) / (p * p) + (k / p) ** 2)], 1e-12);
        const whole = await handle.transformed("two");
        expectNumbers(
          "of the transformed model",
          [await whole.mean(p), await whole.variance(p)],
          [m1, m2 - m1 * m1],
          1e-8,
        );
      }),
      { numRuns: 25 },
    );
  });

  it("that are no whole numbers have moments, and no probabilities of steps", async () => {
    const handle = await engine.load({ ...negativeBinomial(2), rewards: { half: [0.5, 0.5, 0] } });
    expect(await handle.mean(0.25, { reward: "half" })).toBeCloseTo(4, 12);
    await expect(handle.pmf(0.25, 1, { reward: "half" })).rejects.toMatchObject({
      code: "bad-reward",
      message: expect.stringContaining("must be a whole number everywhere and is not at vertex 0 ([2])"),
    });
  });
});

describe("epochs of a geometric time", () => {
  it("have the probabilities of their own steps", async () => {
    const handle = await engine.load(negativeBinomial(1));
    const [p, q] = [0.2, 0.6];
    const epochs = handle.epochs([
      { start: 0, theta: p },
      { start: 3, theta: q },
    ]);
    const expected = [0, p, (1 - p) * p, (1 - p) ** 2 * p, (1 - p) ** 3 * q, (1 - p) ** 3 * (1 - q) * q];
    expectNumbers("pmf", Array.from(await epochs.pmf(undefined, [0, 1, 2, 3, 4, 5])), expected, 1e-13);
    expectNumbers("mean", [await epochs.mean()], [1 + (1 - p) + (1 - p) ** 2 + (1 - p) ** 3 / q], 1e-13);
    expectNumbers("hazard", Array.from(await epochs.hazard(undefined, [1, 3, 4, 9])), [p, p, q, q], 1e-12);
  });

  it("begin at whole steps only", async () => {
    const handle = await engine.load(negativeBinomial(1));
    expect(() =>
      handle.epochs([
        { start: 0, theta: 0.5 },
        { start: 2.5, theta: 0.2 },
      ]),
    ).toThrow("no whole number of steps");
    const moving = handle.epochs({
      parameters: ["start"],
      epochs: [
        { start: 0, theta: 0.5 },
        { start: "start", theta: 0.2 },
      ],
    });
    const { values } = await moving.evaluate({ quantity: "cdf", times: [4] }, [[2.5], [2]]);
    expect(values.status).toEqual(["invalid", "ok"]);
  });
});
