/** Families from population genetics. Rates are per pair of lineages, times in units of the population sizes given. */
import type { Weight } from "../../expression/weight.js";
import type { Emit, StateVector } from "../define.js";
import { defineFamily } from "./family.js";
import { emitCoalescences, lineageCount, MOVE, occupied, SPLIT } from "./lineages.js";

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
  transitions: (state, { rate }, _, emit) => {
    emitCoalescences(
      state,
      occupied(state),
      emit,
      (x, y) => x + y + 1,
      (count) => rate.times(count),
    );
  },
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
  transitions: ([a, b], { M1, M2 }, { N1, N2 }, emit) => {
    if (a + b <= 1) return;
    if (a > 0) emit([a - 1, b], (a * (a - 1)) / 2 / N1);
    if (b > 0) emit([a, b - 1], (b * (b - 1)) / 2 / N2);
    if (a > 0) emit([a - 1, b + 1], M1.times(a));
    if (b > 0) emit([a + 1, b - 1], M2.times(b));
  },
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
  transitions: (state, { R }, { n, N }, emit) => {
    const places = occupied(state);
    if (lineageCount(state, places) <= 1) return;
    const width = n + 1;
    emitCoalescences(
      state,
      places,
      emit,
      (x, y) => x + y,
      (count) => count / N,
    );
    for (const place of places) {
      const [i, j] = [Math.floor(place / width), place % width];
      if (i > 0 && j > 0) emit.changed([place, i * width, j], SPLIT, R.times(state[place]));
    }
  },
  rewards: {
    T1: (state, { n }) => (state.reduce((sum, count, place) => sum + (place >= n + 1 ? count : 0), 0) > 1 ? 1 : 0),
    T2: (state, { n }) => (state.reduce((sum, count, place) => sum + (place % (n + 1) > 0 ? count : 0), 0) > 1 ? 1 : 0),
  },
});

/** Every lineage may move to the same type on the other island: from the first at m21 each, from the second at m12. */
function emitMigrations(
  state: StateVector,
  places: readonly number[],
  emit: Emit,
  types: number,
  m12: Weight,
  m21: Weight,
): void {
  for (const place of places)
    if (place < types) emit.changed([place, place + types], MOVE, m21.times(state[place]));
    else emit.changed([place, place - types], MOVE, m12.times(state[place]));
}

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
  transitions: (state, { m12, m21 }, { n1, n2, N1, N2 }, emit) => {
    const places = occupied(state);
    if (lineageCount(state, places) <= 1) return;
    const types = (n1 + 1) * (n2 + 1);
    const island = (place: number): number => (place < types ? 0 : 1);
    emitCoalescences(
      state,
      places,
      emit,
      (x, y) => (island(x) === island(y) ? x + y - island(x) * types : -1),
      (count, x) => count / (island(x) === 0 ? N1 : N2),
    );
    emitMigrations(state, places, emit, types, m12, m21);
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
  transitions: (state, { c1, c2, c12, m12, m21 }, { n1, n2 }, emit) => {
    const places = occupied(state);
    if (lineageCount(state, places) <= 1) return;
    const types = (n1 + 1) * (n2 + 1);
    const island = (place: number): number => (place < types ? 0 : 1);
    emitCoalescences(
      state,
      places,
      emit,
      (x, y) => (x % types) + (y % types) + (island(x) === 1 && island(y) === 1 ? types : 0),
      (count, x, y) => (island(x) !== island(y) ? c12 : island(x) === 0 ? c1 : c2).times(count),
    );
    emitMigrations(state, places, emit, types, m12, m21);
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
  transitions: (state, { R, M }, { n, N }, emit) => {
    const places = occupied(state);
    if (lineageCount(state, places) <= 1) return;
    const width = n + 1;
    const types = width ** 2;
    const island = (place: number): number => (place < types ? 0 : 1);
    for (const place of places) {
      const base = island(place) * types;
      const [i, j] = [Math.floor((place - base) / width), (place - base) % width];
      emit.changed([place, base === 0 ? place + types : place - types], MOVE, M.times(state[place]));
      if (i > 0 && j > 0) emit.changed([place, base + i * width, base + j], SPLIT, R.times(state[place]));
    }
    emitCoalescences(
      state,
      places,
      emit,
      (x, y) => (island(x) === island(y) ? x + y - island(x) * types : -1),
      (count) => count / N,
    );
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
  transitions: ([p, q], _, { d }, emit) => {
    if (p === 0) return;
    const move = (x: number, y: number): void => emit(x <= y ? [x, y] : [y, x], 1);
    if (p > 1) move(p - 1, q);
    if (p < d) move(p + 1, q);
    if (q > 1) move(p, q - 1);
    if (q < d) move(p, q + 1);
    if (p === q) emit([0, 0], 1);
  },
});
