/** Laws of density, distribution function and survival on random models. */
import { linspace, openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelDocument, randomModel } from "../support/models.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("time") });
const RUNS = { numRuns: 40 };

async function curves(
  model: unknown,
  times: readonly number[],
): Promise<{ pdf: number[]; cdf: number[]; survival: number[] }> {
  const answer = await engine.compute({
    model,
    quantities: ["pdf", "cdf", "survival"].map((quantity) => ({ quantity, times })),
  });
  const [pdf, cdf, survival] = answer.results.map((result) => result.values[0] as number[]);
  return { pdf, cdf, survival };
}

describe("time functions", () => {
  it("have a distribution function that is monotone, ends below one and completes survival", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const times = Array.from(linspace(0, 12, 25));
        const { cdf, survival } = await curves(modelDocument(model), times);
        const defect = 1 - model.initial.reduce((a, b) => a + b, 0);
        expect(Math.abs(cdf[0] - defect)).toBeLessThan(1e-14);
        cdf.forEach((value, i) => {
          expect(Math.abs(value + survival[i] - 1)).toBeLessThan(1e-13);
          expect(value).toBeLessThanOrEqual(1);
          if (i > 0) expect(value).toBeGreaterThanOrEqual(cdf[i - 1] - 1e-15);
        });
      }),
      RUNS,
    );
  });

  it("have a density that integrates to the distribution function", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, fc.double({ min: 0.05, max: 2, noNaN: true }), async (model, end) => {
        // composite Simpson with 200 intervals: error about (Λ h)⁴ / 180
        const times = Array.from(linspace(0, end, 201));
        const { pdf, cdf } = await curves(modelDocument(model), times);
        const h = end / 200;
        const integral =
          pdf.reduce((sum, f, i) => sum + (i === 0 || i === 200 ? 1 : i % 2 === 1 ? 4 : 2) * f, 0) * (h / 3);
        expect(Math.abs(integral - (cdf[200] - cdf[0]))).toBeLessThan(2e-4);
      }),
      RUNS,
    );
  });

  it("keep relative accuracy in both tails", async () => {
    // Erlang(k, 1): f = t^(k−1) e^−t / (k−1)!, S = e^−t Σ t^j/j!
    const handle = await engine.families.erlang.build({ k: 8 });
    for (const t of [1e-3, 1e-2, 40, 200, 500]) {
      const density = Math.exp(7 * Math.log(t) - t - Math.log(5040));
      expect(Math.abs((await handle.pdf(1, t)) / density - 1)).toBeLessThan(1e-12);
      let sum = 0;
      for (let j = 0, term = 1; j < 8; j++, term *= t / j) sum += term;
      expect(Math.abs((await handle.survival(1, t)) / (Math.exp(-t) * sum) - 1)).toBeLessThan(1e-12);
    }
    // lower incomplete gamma by its series: F = e^−t Σ_{j ≥ 8} t^j/j!
    for (const t of [1e-3, 1e-2]) {
      let sum = 0;
      for (let j = 8, term = t ** 8 / 40320; j < 30; j++, term *= t / j) sum += term;
      expect(Math.abs((await handle.cdf(1, t)) / (Math.exp(-t) * sum) - 1)).toBeLessThan(1e-12);
    }
  });
});
