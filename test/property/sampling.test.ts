/**
 * Samples against exact values. Each comparison fails by chance with probability below 1e-10: shares by Hoeffding's
 * inequality, whole distributions by that of Dvoretzky, Kiefer and Wolfowitz, means of times cut at M by Bernstein's,
 * whose expectation is exactly what `accumulated` says. Seeds are fixed, so that a run that passed passes again.
 */
import { openEngine, type PhaseType } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RandomModel, randomModel } from "../support/models.js";
import { discreteDocument, endedDocument } from "../support/quantities.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("sampling") });
const COUNT = 8000;
/** ln(2 / 1e-10) */
const LOG = Math.log(2e10);
const SHARE = Math.sqrt(LOG / (2 * COUNT));
const RUNS = { numRuns: 5, seed: 20261121 };
const seeded = fc.tuple(randomModel, fc.integer({ min: 1, max: 1e9 }));
const documents = [
  ["continuous", endedDocument],
  ["discrete", discreteDocument],
] as const;

const share = (values: ArrayLike<number>, of: (value: number) => boolean): number =>
  Array.from(values).filter(of).length / values.length;

/** The sampled distribution function lies in a band about the exact one, everywhere. */
async function expectDistribution(times: Float64Array, cdf: (grid: number[]) => Promise<Float64Array>): Promise<void> {
  const sorted = Array.from(times).sort((a, b) => a - b);
  const grid = [0, ...Array.from({ length: 60 }, (_, i) => sorted[Math.floor(((i + 0.5) * COUNT) / 60)])];
  const exact = await cdf(grid);
  grid.forEach((t, i) => {
    expect(Math.abs(share(times, (x) => x <= t) - exact[i]), `at ${t}`).toBeLessThan(SHARE);
  });
}

/** Bernstein: cutting at M moves no two values apart, so the variance is at most that of the whole. */
function expectMean(values: Float64Array, cut: number, mean: number, variance: number): void {
  const found = values.reduce((sum, x) => sum + Math.min(x, cut), 0) / values.length;
  const linear = (2 * cut * LOG) / (3 * COUNT);
  const allowed = linear / 2 + Math.sqrt(linear ** 2 / 4 + (2 * variance * LOG) / COUNT);
  expect(Math.abs(found - mean)).toBeLessThanOrEqual(allowed + 1e-12);
}

describe.each(documents)("samples of a %s model", (kind, documentOf) => {
  it("have its distribution, its ends and its rewards", async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([model, seed]: [RandomModel, number]) => {
        const handle = await engine.load(documentOf(model));
        const { times, ends, rewards } = await handle.sample(undefined, COUNT, { seed, rewards: ["r1", "r2"] });
        await expectDistribution(times, (grid) => handle.cdf(undefined, grid));
        await expectDistribution(rewards.r1, (grid) => handle.cdf(undefined, grid, { reward: "r1" }));
        const cut = await handle.quantile(undefined, 0.999);
        expectMean(times, cut, await handle.accumulated(undefined, cut), await handle.variance());
        const visits = await handle.visits();
        for (const v of [model.n, model.n + 1])
          expect(Math.abs(share(ends, (end) => end === v) - visits[v])).toBeLessThan(SHARE);
        if (kind === "discrete") expect(times.every(Number.isInteger)).toBe(true);
      }),
      RUNS,
    );
  });

  it("given where they end, and until a state, have those distributions", async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([model, seed]: [RandomModel, number]) => {
        const handle = await engine.load(documentOf(model));
        const given = [model.n];
        if ((await handle.hitting(undefined, given)) > 0.01) {
          const { times, ends } = await handle.sample(undefined, COUNT, { seed, given });
          expect(ends.every((end) => end === model.n)).toBe(true);
          await expectDistribution(times, (grid) => handle.cdf(undefined, grid, { given }));
        }
        const until = [0, model.n];
        const stopped = await handle.sample(undefined, COUNT, { seed, until });
        await expectDistribution(stopped.times, (grid) => handle.cdf(undefined, grid, { until }));
        const hit = await handle.hitting(undefined, [0]);
        expect(Math.abs(share(stopped.ends, (end) => end === 0) - hit)).toBeLessThan(SHARE);
      }),
      RUNS,
    );
  });

  it("over epochs have the distribution over epochs", async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([model, seed]: [RandomModel, number]) => {
        const document = documentOf(model);
        const edges = document.edges.map(([from, to, w]) => [from, to, 0, w as number]);
        const handle = await engine.load({ ...document, parameters: ["speed"], edges });
        const unit = kind === "continuous" ? 0.4 : 3;
        const epochs = handle.epochs([
          { start: 0, theta: kind === "continuous" ? 0.5 : 0.9 },
          { start: unit, theta: kind === "continuous" ? 3 : 1 },
          { start: 2 * unit, theta: kind === "continuous" ? 1 : 0.5 },
        ]) as PhaseType;
        const { times, rewards } = await epochs.sample(undefined, COUNT, { seed, rewards: ["r1"] });
        await expectDistribution(times, (grid) => epochs.cdf(undefined, grid));
        // the chance that a reward is earned at all is that its states are visited
        const earning = model.rewards[0].flatMap((r, v) => (r > 0 ? [v] : []));
        const hit = earning.length === 0 ? 0 : await epochs.hitting(undefined, earning);
        expect(Math.abs(share(rewards.r1, (r) => r > 0) - hit)).toBeLessThan(SHARE);
      }),
      RUNS,
    );
  });

  it("as paths agree with the times, and spend where they are what occupancy says", async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([model, seed]: [RandomModel, number]) => {
        const handle = await engine.load(documentOf(model));
        const [{ times, ends }, paths] = [
          await handle.sample(undefined, COUNT, { seed }),
          await handle.samplePaths(undefined, COUNT, { seed }),
        ];
        const at = kind === "continuous" ? 0.7 : 4;
        const there = new Float64Array(model.n);
        for (let i = 0; i < COUNT; i++) {
          const last = paths.start[i + 1] - 1;
          expect([paths.times[last], paths.vertices[last]]).toEqual([times[i], ends[i]]);
          for (let e = paths.start[i]; e < last; e++)
            if (paths.times[e] <= at && paths.times[e + 1] > at) there[paths.vertices[e]]++;
        }
        const exact = await handle.stateProbabilities(undefined, at);
        there.forEach((count, v) => {
          expect(Math.abs(count / COUNT - exact[v])).toBeLessThan(SHARE);
        });
      }),
      { ...RUNS, numRuns: 3 },
    );
  });
});

describe("a seed", () => {
  it("gives the same draws, in any batches; another gives others", async () => {
    const handle = await engine.families.coalescent.build({ n: 6 });
    const all = await handle.sample(2, 500, { seed: 11, rewards: ["branchLength"] });
    const [head, tail] = [
      await handle.sample(2, 200, { seed: 11, rewards: ["branchLength"] }),
      await handle.sample(2, 300, { seed: 11, first: 200, rewards: ["branchLength"] }),
    ];
    expect([...head.times, ...tail.times]).toEqual([...all.times]);
    expect([...head.rewards.branchLength, ...tail.rewards.branchLength]).toEqual([...all.rewards.branchLength]);
    expect([...(await handle.sample(2, 500, { seed: 12 })).times]).not.toEqual([...all.times]);
  });
});
