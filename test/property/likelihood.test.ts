/**
 * Likelihoods of many observations, which are read off few times where they crowd, against the density of each by itself, and
 * against gradients of a few observations at a time, which are not.
 */
import { type Observation, openEngine, type PhaseType } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FormulaModel, formulaModel } from "../support/formulas.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("likelihood") });

/** So few that none are read off others. */
const FEW = 4;

/** Crowded, repeated, next to 0 and far in the tail; exact, or also censored, truncated and with weights. */
function observationsOf(count: number, mean: number, mixed: boolean, seed: number): Observation[] {
  let state = seed + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  return Array.from({ length: count }, (_, n) => {
    let time = -mean * Math.log(next());
    if (n % 40 === 0) time = mean * 10 ** (-8 * next());
    if (n % 40 === 1) time = mean / 3;
    if (n % 40 === 2) time = mean * (5 + 20 * next());
    const kind = mixed ? Math.floor(5 * next()) : 0;
    if (kind === 1) return { right: time };
    if (kind === 2) return { exact: time, truncated: time * next(), weight: 0.5 };
    if (kind === 3) return { exact: time, weight: n % 3 };
    return time;
  });
}

const timesOf = (one: Observation): { exact?: number; right?: number; truncated?: number; weight?: number } =>
  typeof one === "number" ? { exact: one } : (one as { exact?: number; right?: number });

/** Σ weight (log g − log S(truncation)), each by itself. */
async function oneByOne(handle: PhaseType, theta: readonly number[], data: readonly Observation[]): Promise<number> {
  let sum = 0;
  for (const one of data) {
    const { exact, right, truncated, weight = 1 } = timesOf(one);
    if (weight === 0) continue;
    const value = exact === undefined ? await handle.survival(theta, right!) : await handle.pdf(theta, exact);
    sum += weight * Math.log(value);
    if (truncated !== undefined) sum -= weight * Math.log(await handle.survival(theta, truncated));
  }
  return sum;
}

async function expectSame(handle: PhaseType, theta: readonly number[], data: readonly Observation[]): Promise<void> {
  const question = { quantity: "logLikelihood", data } as const;
  const { values, gradients, errorBounds } = await handle.evaluate(question, theta, { gradient: true });
  if (values.status[0] !== "ok") return;
  const [value] = values.row(0);
  const alone = await handle.logLikelihood(theta, data);
  const expected = await oneByOne(handle, theta, data);
  const bound = errorBounds[0]! * Math.abs(value);
  // sums of logarithms round too
  const allowed = 2 * bound + 1e-15 * data.length;
  expect(Math.abs(value - expected), `${value}, ${expected}`).toBeLessThanOrEqual(allowed);
  expect(Math.abs(alone - expected), `${alone}, ${expected}`).toBeLessThanOrEqual(allowed);
  expect(bound).toBeLessThan(1e-11 * data.length);

  const gradient = gradients!.row(0);
  const [sum, size] = [new Float64Array(gradient.length), new Float64Array(gradient.length)];
  for (let first = 0; first < data.length; first += FEW) {
    const part = await handle.gradient({ ...question, data: data.slice(first, first + FEW) }, theta);
    part.forEach((slope, k) => {
      sum[k] += slope;
      size[k] += Math.abs(slope);
    });
  }
  gradient.forEach((slope, k) => {
    expect(Math.abs(slope - sum[k]), `${k}: ${slope}, ${sum[k]}`).toBeLessThanOrEqual(1e-11 * (size[k] + data.length));
  });
}

const asked = fc.tuple(fc.constantFrom(5, 60, 240), fc.constantFrom(0.3, 2, 15), fc.boolean(), fc.nat(1e6));

describe("likelihoods of many observations", () => {
  it("are those of each by itself, with their gradients by adjoints", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, asked, async ({ document, theta }: FormulaModel, [count, mean, mixed, seed]) => {
        await expectSame(await engine.load(document), theta, observationsOf(count, mean, mixed, seed));
      }),
      { numRuns: 12 },
    );
  });

  it("are those of each by itself, with their gradients by tangents", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, asked, async ({ document, theta }: FormulaModel, [count, mean, mixed, seed]) => {
        const handle = await engine.load(document);
        const [a, b, c] = theta;
        const one = handle.epochs({ parameters: ["x"], epochs: [{ start: 0, theta: ["x", `x*${b / a}`, c] }] });
        await expectSame(one as unknown as PhaseType, [a], observationsOf(count, mean, mixed, seed));
      }),
      { numRuns: 8 },
    );
  });

  it("are those of each by itself over epochs", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, asked, async ({ document, theta }: FormulaModel, [, mean, mixed, seed]) => {
        const handle = await engine.load(document);
        const [a, b, c] = theta;
        const two = handle.epochs({
          parameters: ["x", "start"],
          epochs: [
            { start: 0, theta: ["x", b, c] },
            { start: "start", theta: [`${a} + 0.1*x`, b, `x*${c}`] },
          ],
        });
        await expectSame(two as unknown as PhaseType, [a, 0.7], observationsOf(40, mean, mixed, seed));
      }),
      { numRuns: 3 },
    );
  });

  it("hold where rates are stiff and where there is mass at zero", async () => {
    const handle = await engine.load({
      name: "stiff",
      states: [[0], [1], [2], [3]],
      parameters: ["fast", "slow", "out"],
      initial: [
        [0, 0.7],
        [3, 0.1],
      ],
      edges: [
        [0, 1, "fast"],
        [1, 0, "0.5*fast"],
        [1, 2, "slow"],
        [2, 3, "out"],
        [0, 3, "1e-4*out"],
      ],
    });
    for (const theta of [
      [40, 1e-2, 3],
      [300, 2, 1e-3],
      [1, 1, 1],
    ])
      for (const mean of [0.05, 1, 8]) await expectSame(handle, theta, observationsOf(320, mean, true, 7));
  });

  it("of the block coalescent are read off nodes, and give what its sum of exponentials gives", async () => {
    // hypoexponential with rates k(k − 1)/2: f(t) = Σ_k c_k λ_k e^{−λ_k t}, c_k = Π_{j≠k} λ_j/(λ_j − λ_k), far from t = 0
    const handle = await engine.families["block-coalescent"].build({ n: 6 });
    const rates = [2, 3, 4, 5, 6].map((k) => (k * (k - 1)) / 2);
    const density = (t: number): number =>
      rates.reduce((sum, r) => {
        const c = rates.reduce((product, other) => (other === r ? product : (product * other) / (other - r)), 1);
        return sum + c * r * Math.exp(-r * t);
      }, 0);
    const times = Float64Array.from({ length: 2000 }, (_, n) => 1.5 + n / 500);
    const expected = times.reduce((sum, t) => sum + Math.log(density(t)), 0);
    const { values, errorBounds } = await handle.evaluate({ quantity: "logLikelihood", data: times }, [1]);
    expect(Math.abs(values.row(0)[0] - expected)).toBeLessThan(errorBounds[0]! * Math.abs(expected) + 1e-11);
  });
});
