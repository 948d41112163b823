/** Families from population genetics. Rates are per pair of lineages, times in units of the population sizes given. */
import { defineFamily } from "./family.js";
import { changed, coalescences, lineageCount } from "./lineages.js";

/** Kingman's coalescent by the number of lineages: k → k − 1 at k(k−1)/2 · rate. */
export const coalescent = defineFamily({
  name: "coalescent",
  version: 1,
  description: "Kingman's coalescent by number of lineages; reward branchLength is the total length of branches",
  parameters: ["rate"],
  inputs: { n: 10 },
  ranges: { n: { count: 1 } },
  initial: ({ n }) => [n],
  transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate: rate.times((k * (k - 1)) / 2) }] : []),
  rewards: { branchLength: ([k]) => k },
});

/** The coalescent by block sizes: (a_1 … a_n) with Σ i·a_i = n; reward size_i is the length of branches with i descendants. */
export const blockCoalescent = defineFamily({
  name: "block-coalescent",
  version: 1,
  description:
    "Kingman's coalescent by block sizes; reward size1 … size(n−1) is the length of branches with that many descendants",
  parameters: ["rate"],
  inputs: { n: 4 },
  ranges: { n: { count: 1 } },
  initial: ({ n }) => Array.from({ length: n }, (_, i) => (i === 0 ? n : 0)),
  transitions: (state, { rate }) =>
    coalescences(
      state,
      (x, y) => x + y + 1,
      (count) => rate.times(count),
    ),
  rewards: ({ n }) =>
    Object.fromEntries(
      Array.from({ length: n - 1 }, (_, i) => [`size${i + 1}`, (state: readonly number[]) => state[i]]),
    ),
});

/** Structured coalescent on two islands: (a, b) lineages; stops when one is left. */
export const twoIsland = defineFamily({
  name: "two-island",
  version: 1,
  description: "Structured coalescent on two islands of sizes N1 and N2 with migration M1 (from island 1) and M2",
  parameters: ["M1", "M2"],
  inputs: { a: 2, b: 0, N1: 1, N2: 1 },
  ranges: { a: { count: 0 }, b: { count: 0 }, N1: "size", N2: "size" },
  initial: ({ a, b }) => [a, b],
  transitions: ([a, b], { M1, M2 }, { N1, N2 }) =>
    a + b <= 1
      ? []
      : [
          { to: [a - 1, b], rate: (a * (a - 1)) / 2 / N1 },
          { to: [a, b - 1], rate: (b * (b - 1)) / 2 / N2 },
          { to: [a - 1, b + 1], rate: M1.times(a) },
          { to: [a + 1, b - 1], rate: M2.times(b) },
        ].filter(({ to }) => to[0] >= 0 && to[1] >= 0 && to[0] + to[1] >= 1),
});

/** Two-locus ancestral recombination graph: counts of lineages with (i, j) descendants at the loci, (0, 0) left out. */
export const twoLocusArg = defineFamily({
  name: "two-locus-arg",
  version: 1,
  description: "Two-locus ancestral recombination graph of n samples; rewards T1 and T2 are the heights of the trees",
  parameters: ["R"],
  inputs: { n: 2, N: 1 },
  ranges: { n: { count: 1 }, N: "size" },
  initial: ({ n }) => Array.from({ length: (n + 1) ** 2 }, (_, place) => (place === n + 2 ? n : 0)),
  transitions: (state, { R }, { n, N }) => {
    if (lineageCount(state) <= 1) return [];
    const width = n + 1;
    const merging = coalescences(
      state,
      (x, y) => x + y,
      (count) => count / N,
    );
    const splitting = state.flatMap((count, place) => {
      const [i, j] = [Math.floor(place / width), place % width];
      if (count === 0 || i === 0 || j === 0) return [];
      return [{ to: changed(state, { [place]: -1, [i * width]: 1, [j]: 1 }), rate: R.times(count) }];
    });
    return [...merging, ...splitting];
  },
  rewards: {
    T1: (state, { n }) => (state.reduce((sum, count, place) => sum + (place >= n + 1 ? count : 0), 0) > 1 ? 1 : 0),
    T2: (state, { n }) => (state.reduce((sum, count, place) => sum + (place % (n + 1) > 0 ? count : 0), 0) > 1 ? 1 : 0),
  },
});

/** The migration epoch of isolation with migration: counts of lineages with (i, j) descendants on each of two islands. */
export const isolationWithMigration = defineFamily({
  name: "isolation-with-migration",
  version: 1,
  description: "Isolation with migration, migration epoch: samples n1 and n2 on islands of sizes N1 and N2",
  parameters: ["m12", "m21"],
  inputs: { n1: 1, n2: 1, N1: 1, N2: 1 },
  ranges: { n1: { count: 0 }, n2: { count: 0 }, N1: "size", N2: "size" },
  initial: ({ n1, n2 }) => {
    const types = (n1 + 1) * (n2 + 1);
    return Array.from({ length: 2 * types }, (_, place) => (place === n2 + 1 ? n1 : place === types + 1 ? n2 : 0));
  },
  transitions: (state, { m12, m21 }, { n1, n2, N1, N2 }) => {
    if (lineageCount(state) <= 1) return [];
    const types = (n1 + 1) * (n2 + 1);
    const island = (place: number): number => (place < types ? 0 : 1);
    const merging = coalescences(
      state,
      (x, y) => (island(x) === island(y) ? x + y - island(x) * types : undefined),
      (count, x) => count / (island(x) === 0 ? N1 : N2),
    );
    const moving = state.flatMap((count, place) => {
      if (count === 0) return [];
      const away = island(place) === 0 ? place + types : place - types;
      return [{ to: changed(state, { [place]: -1, [away]: 1 }), rate: (island(place) === 0 ? m21 : m12).times(count) }];
    });
    return [...merging, ...moving];
  },
});

/**
 * Isolation with migration over all its epochs: rates per pair of lineages on island 1, on island 2 and across, so that
 * an ancestral population is an epoch in which all three are the same and nobody migrates.
 */
export const isolationWithMigrationSpectrum = defineFamily({
  name: "isolation-with-migration-jsfs",
  version: 1,
  description:
    "Isolation with migration for epochs: coalescence at c1, c2 and (across islands) c12 per pair; reward Ji_j is the length of branches with i and j descendants",
  parameters: ["c1", "c2", "c12", "m12", "m21"],
  inputs: { n1: 1, n2: 1 },
  ranges: { n1: { count: 0 }, n2: { count: 0 } },
  initial: ({ n1, n2 }) => {
    const types = (n1 + 1) * (n2 + 1);
    return Array.from({ length: 2 * types }, (_, place) => (place === n2 + 1 ? n1 : place === types + 1 ? n2 : 0));
  },
  transitions: (state, { c1, c2, c12, m12, m21 }, { n1, n2 }) => {
    if (lineageCount(state) <= 1) return [];
    const types = (n1 + 1) * (n2 + 1);
    const island = (place: number): number => (place < types ? 0 : 1);
    const merging = coalescences(
      state,
      (x, y) => (x % types) + (y % types) + (island(x) === 1 && island(y) === 1 ? types : 0),
      (count, x, y) => (island(x) !== island(y) ? c12 : island(x) === 0 ? c1 : c2).times(count),
    );
    const moving = state.flatMap((count, place) => {
      if (count === 0) return [];
      const away = island(place) === 0 ? place + types : place - types;
      return [{ to: changed(state, { [place]: -1, [away]: 1 }), rate: (island(place) === 0 ? m21 : m12).times(count) }];
    });
    return [...merging, ...moving];
  },
  rewards: ({ n1, n2 }) => {
    const types = (n1 + 1) * (n2 + 1);
    return Object.fromEntries(
      Array.from({ length: types - 2 }, (_, k) => {
        const place = k + 1;
        const name = `J${Math.floor(place / (n2 + 1))}_${place % (n2 + 1)}`;
        return [name, (state: readonly number[]) => state[place] + state[place + types]];
      }),
    );
  },
});

/** Two loci on two islands: counts of lineages with (i, j) descendants at the loci on each island, all starting on the first. */
export const twoLocusTwoIsland = defineFamily({
  name: "two-locus-two-island",
  version: 1,
  description:
    "Two-locus ancestral recombination graph of n samples on the first of two islands of size N, with migration",
  parameters: ["R", "M"],
  inputs: { n: 2, N: 1 },
  ranges: { n: { count: 1 }, N: "size" },
  initial: ({ n }) => Array.from({ length: 2 * (n + 1) ** 2 }, (_, place) => (place === n + 2 ? n : 0)),
  transitions: (state, { R, M }, { n, N }) => {
    if (lineageCount(state) <= 1) return [];
    const width = n + 1;
    const types = width ** 2;
    const island = (place: number): number => (place < types ? 0 : 1);
    const merging = coalescences(
      state,
      (x, y) => (island(x) === island(y) ? x + y - island(x) * types : undefined),
      (count) => count / N,
    );
    const others = state.flatMap((count, place) => {
      if (count === 0) return [];
      const base = island(place) * types;
      const [i, j] = [Math.floor((place - base) / width), (place - base) % width];
      const away = base === 0 ? place + types : place - types;
      const moving = { to: changed(state, { [place]: -1, [away]: 1 }), rate: M.times(count) };
      if (i === 0 || j === 0) return [moving];
      const splitting = changed(state, { [place]: -1, [base + i * width]: 1, [base + j]: 1 });
      return [moving, { to: splitting, rate: R.times(count) }];
    });
    return [...others, ...merging];
  },
});

/** Two lineages on a line of d demes; each moves to a neighbour at rate 1, in one deme they coalesce at rate 1. */
export const steppingStone = defineFamily({
  name: "stepping-stone",
  version: 1,
  description: "Two lineages on a line of d demes: migration and coalescence at rate 1 each",
  parameters: [],
  inputs: { d: 10 },
  ranges: { d: { count: 1 } },
  initial: ({ d }) => [1, d],
  transitions: ([p, q], _, { d }) => {
    if (p === 0) return [];
    const moves = [
      [p - 1, q],
      [p + 1, q],
      [p, q - 1],
      [p, q + 1],
    ].filter((pair) => pair.every((place) => place >= 1 && place <= d));
    const transitions = moves.map(([x, y]) => ({ to: x <= y ? [x, y] : [y, x], rate: 1 }));
    return p === q ? [...transitions, { to: [0, 0], rate: 1 }] : transitions;
  },
});
