/**
 * The `wasm` backend against the reference on random models whose weights, start and rewards are formulas: every quantity that
 * is a program, with its gradients, over lanes of which some have no values.
 */
import { openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { discreteFormulaModel, type FormulaModel, formulaModel } from "../support/formulas.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("backends"), threads: 2 });
afterAll(() => engine.close());

const RUNS = { numRuns: 12 };

/** Both add the same positive terms in another order: some tens of roundings of 2⁻⁵³ on models of this size. */
const SAME = 1e-13;
/**
 * Variances and derivatives are differences that both compute beyond double precision, or that cancel by a factor of 32 at
 * most: 2⁻⁵³ · 32 · tens.
 */
const SAME_DIFFERENCE = 1e-12;
/** What is 0 by cancellation of terms of size 1. */
const NOTHING = 1e-14;

const flat = (nested: unknown): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [Number(nested)]);

interface Result {
  readonly quantity: string;
  readonly status: readonly string[];
  readonly values: unknown;
  readonly gradients?: unknown;
}

function questions(kind: "continuous" | "discrete", n: number): object[] {
  return [
    { quantity: "moments", order: 3 },
    { quantity: "moments", order: 2, reward: "r1" },
    { quantity: "moments", order: 2, given: [n] },
    { quantity: "variance" },
    { quantity: "meanVariance", reward: "r2" },
    { quantity: "covariance", rewards: ["r1", "r2"] },
    { quantity: "covarianceMatrix", rewards: ["r1", "r2"] },
    { quantity: "sojourn" },
    { quantity: "visits" },
    { quantity: "hitting", vertices: [0] },
    ...(kind === "discrete"
      ? [{ quantity: "factorialMoments", order: 3 }]
      : [{ quantity: "countProbabilities", rewards: ["r1"], counts: [[0], [2]] }]),
  ];
}

async function checkBackends({ model, document, theta }: FormulaModel, kind: "continuous" | "discrete"): Promise<void> {
  // the last lanes differ; five lanes are two tiles, on two threads
  const thetas = [1, 1.25, 0.8, 1.5, 1].map((factor) => theta.map((x, k) => (k === 0 ? x * factor : x)));
  const request = { model: document, theta: thetas, gradient: true, quantities: questions(kind, model.n) };
  const [wasm, reference] = (await Promise.all(
    ["wasm", "reference"].map((backend) => engine.compute({ ...request, backend })),
  )) as unknown as { backend: string; results: Result[] }[];
  expect([wasm.backend, reference.backend]).toEqual(["wasm", "reference"]);
  wasm.results.forEach(({ quantity, status, values, gradients }, q) => {
    const wanted = reference.results[q];
    expect(status, quantity).toEqual(wanted.status);
    const difference = /ariance/u.test(quantity);
    close(flat(values), flat(wanted.values), difference ? SAME_DIFFERENCE : SAME, quantity);
    close(flat(gradients), flat(wanted.gradients), SAME_DIFFERENCE, `gradient of ${quantity}`);
  });
}

function close(got: readonly number[], wanted: readonly number[], tolerance: number, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  const most = wanted.reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0);
  got.forEach((x, i) => {
    if (Number.isNaN(wanted[i])) expect(x, what).toBeNaN();
    else
      expect(Math.abs(x - wanted[i]), `${what} ${i}: ${x} and ${wanted[i]}`).toBeLessThanOrEqual(
        tolerance * Math.abs(wanted[i]) + NOTHING * most,
      );
  });
}

describe("wasm and reference agree", () => {
  it("on continuous models", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, (drawn) => checkBackends(drawn, "continuous")),
      RUNS,
    );
  }, 120_000);

  it("on discrete models", async () => {
    await fc.assert(
      fc.asyncProperty(discreteFormulaModel, (drawn) => checkBackends(drawn, "discrete")),
      RUNS,
    );
  }, 120_000);
});
