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
