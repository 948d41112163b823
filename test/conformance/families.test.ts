/** Families that must agree where one is a special case of another. */
import { openEngine } from "@sojourn/engine";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const { families } = openEngine({ cacheDirectory: temporaryFolder("families") });

const close = (a: Float64Array, b: Float64Array): void => {
  expect(a.length).toBe(b.length);
  a.forEach((value, k) => {
    expect(Math.abs(value / b[k] - 1)).toBeLessThan(1e-13);
  });
};

it("block coalescent and coalescent have one height and one branch length", async () => {
  const blocks = await families["block-coalescent"].build({ n: 6 });
  const lineages = await families.coalescent.build({ n: 6 });
  close(await blocks.moments(1.5, 3), await lineages.moments(1.5, 3));
  const lengths = await Promise.all(blocks.rewards.map((reward) => blocks.mean(1.5, { reward })));
  const total = lengths.reduce((a, b) => a + b, 0);
  expect(total).toBeCloseTo(await lineages.mean(1.5, { reward: "branchLength" }), 13);
});

it("two islands without migration, all on the first, are a coalescent in units of its size", async () => {
  const islands = await families["two-island"].build({ a: 5, N1: 2 });
  const lineages = await families.coalescent.build({ n: 5 });
  close(await islands.moments([0, 0.3], 3), await lineages.moments(0.5, 3));
});

it("two loci on two islands without migration are two loci", async () => {
  const islands = await families["two-locus-two-island"].build({ n: 3, N: 2 });
  const one = await families["two-locus-arg"].build({ n: 3, N: 2 });
  close(await islands.moments({ R: 0.7, M: 0 }, 3), await one.moments({ R: 0.7 }, 3));
});

it("two loci on two islands without recombination are two islands", async () => {
  const loci = await families["two-locus-two-island"].build({ n: 4 });
  const islands = await families["two-island"].build({ a: 4 });
  close(await loci.moments({ R: 0, M: 1.3 }, 3), await islands.moments({ M1: 1.3, M2: 1.3 }, 3));
});

it("isolation with migration of one sample on one island is two islands", async () => {
  const epoch = await families["isolation-with-migration"].build({ n1: 4, n2: 0, N1: 2, N2: 3 });
  const islands = await families["two-island"].build({ a: 4, N1: 2, N2: 3 });
  close(await epoch.moments({ m21: 0.4, m12: 0.9 }, 3), await islands.moments({ M1: 0.4, M2: 0.9 }, 3));
});

/** E[time from i to i − 1] of a birth–death chain with ceiling K: Σ_{j ≥ i} Π_{l=i}^{j−1} up(l) / Π_{l=i}^{j} down(l). */
const descent = (i: number, K: number, up: (l: number) => number, down: (l: number) => number): number => {
  let sum = 0;
  let term = 1;
  for (let j = i; j <= K; j++) {
    term /= down(j);
    sum += term;
    term *= up(j);
  }
  return sum;
};

it("a busy period with c servers has the mean of its birth–death chain, and with one server is that of M/M/1", async () => {
  const two = await families["mmc-busy-period"].build({ c: 2, K: 12 });
  const mean = descent(
    1,
    12,
    () => 1.3,
    (l) => 0.9 * Math.min(l, 2),
  );
  expect(Math.abs((await two.mean({ lambda: 1.3, mu: 0.9 })) / mean - 1)).toBeLessThan(1e-13);
  const one = await families["mmc-busy-period"].build({ c: 1, K: 20 });
  const mm1 = await families["mm1-busy-period"].build({ K: 20 });
  close(await one.moments([1, 2], 3), await mm1.moments([1, 2], 3));
});

it("machines with a crew last as long as their birth–death chain says", async () => {
  const machines = await families["machine-repair"].build({ n: 4, crew: 2 });
  const [failure, repair] = [0.01, 2.5];
  let mean = 0;
  for (let i = 1; i <= 4; i++)
    mean += descent(
      i,
      4,
      (l) => repair * Math.min(4 - l, 2),
      (l) => failure * l,
    );
  expect(Math.abs((await machines.mean({ failure, repair })) / mean - 1)).toBeLessThan(1e-12);
});

it("two queues of room one empty in the time that first steps give", async () => {
  const tandem = await families["tandem-queue"].build({ K: 1 });
  const [lambda, mu1, mu2] = [0.7, 1.1, 0.4];
  const fromSecond = (1 + lambda / mu1 + lambda / mu2) / mu2;
  expect(Math.abs((await tandem.mean({ lambda, mu1, mu2 })) / (1 / mu1 + fromSecond) - 1)).toBeLessThan(1e-13);
});

it("a hyperexponential is the mixture that it says, its derivatives too", async () => {
  const mixture = await families.hyperexponential.build();
  const [p, a, b] = [0.3, 2, 0.1];
  const theta = { p, rate1: a, rate2: b };
  expect(await mixture.pdf(theta, 1.5)).toBeCloseTo(p * a * Math.exp(-a * 1.5) + (1 - p) * b * Math.exp(-b * 1.5), 14);
  close(
    await mixture.gradient({ quantity: "mean" }, theta),
    Float64Array.of(1 / a - 1 / b, -p / a ** 2, -(1 - p) / b ** 2),
  );
});

it("trials until r successes have the factorial moments of a negative binomial", async () => {
  const trials = await families["negative-binomial"].build({ r: 3 });
  // N = r + failures: E[N] = r/p, Var = r(1 − p)/p²
  const [mean, second] = await trials.factorialMoments({ p: 0.2 }, 2);
  close(Float64Array.of(mean, await trials.variance({ p: 0.2 })), Float64Array.of(15, 60));
  expect(second).toBeCloseTo(60 + 15 ** 2 - 15, 9);
});
