/** The models that are measured, and batches of θ for them: seeded, so that every run asks the same. */

export interface BenchModel {
  /** In tables, `--only` and file names. */
  readonly name: string;
  readonly family: string;
  readonly inputs: Readonly<Record<string, number>>;
}

const model = (name: string, family: string, inputs: BenchModel["inputs"]): BenchModel => ({ name, family, inputs });

export const rabbits = (N: number): BenchModel => model(`rabbits-${N}`, "rabbits", { N });
export const twoIsland = (a: number, b: number): BenchModel => model(`two-island-${a}-${b}`, "two-island", { a, b });
export const twoLocus = (n: number): BenchModel => model(`two-locus-${n}`, "two-locus-arg", { n });
export const twoLocusTwoIsland = (n: number): BenchModel =>
  model(`two-locus-two-island-${n}`, "two-locus-two-island", { n });
export const isolation = (n1: number, n2: number): BenchModel =>
  model(`isolation-with-migration-${n1}-${n2}`, "isolation-with-migration", { n1, n2 });
export const coalescent = (n: number): BenchModel => model(`coalescent-${n}`, "coalescent", { n });
export const blockCoalescent = (n: number): BenchModel => model(`block-coalescent-${n}`, "block-coalescent", { n });

/** A small generator of its own, so that batches do not change with the engine's. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` × `dimension` numbers, log-uniform between 1/`factor` and `factor`. */
export function thetas(count: number, dimension: number, factor: number): Float64Array {
  const next = uniform(20_261);
  return Float64Array.from({ length: count * dimension }, () => Math.exp((2 * next() - 1) * Math.log(factor)));
}
