/** Chains for samples, exact distribution functions to hold them against, and how far a right sample may be from them. */
import type { Chain } from "../../engine/src/sampling/chain.js";
import { createSampler, type Sampler } from "../../engine/src/sampling/sampler.js";

export type Edge = readonly [from: number, to: number, weight: number];

export function chainOf(
  kind: Chain["kind"],
  vertexCount: number,
  edges: readonly Edge[],
  initial: readonly (readonly [number, number])[] = [[0, 1]],
): Chain {
  const rowStart = new Int32Array(vertexCount + 1);
  const sums = new Float64Array(vertexCount);
  for (const [from, , weight] of edges) {
    rowStart[from + 1]++;
    sums[from] += weight;
  }
  for (let v = 0; v < vertexCount; v++) rowStart[v + 1] += rowStart[v];
  const sorted = [...edges].sort((a, b) => a[0] - b[0]);
  return {
    kind,
    vertexCount,
    rowStart,
    targets: Int32Array.from(sorted, ([, to]) => to),
    weights: Float64Array.from(sorted, ([, , weight]) => weight),
    leak: Float64Array.from(sums, (sum) => (kind === "discrete" && sum > 0 && sum < 1 - 1e-12 ? 1 - sum : 0)),
    initialVertices: Int32Array.from(initial, ([v]) => v),
    initialProbabilities: Float64Array.from(initial, ([, p]) => p),
    defect: Math.max(0, 1 - initial.reduce((sum, [, p]) => sum + p, 0)),
  };
}
export const samplerOf = (chain: Chain): Sampler => createSampler([{ start: 0, chain }]);

export const massart = (n: number): number => Math.sqrt(Math.log(2e10) / (2 * n));

/** Largest distance from the exact distribution function, also where either of them jumps. */
export function distance(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let worst = 0;
  for (let i = 0, j = 0; i < sorted.length; i = j) {
    while (j < sorted.length && sorted[j] === sorted[i]) j++;
    const below = cdf(sorted[i] - 1e-9 * Math.max(1, Math.abs(sorted[i])));
    worst = Math.max(worst, Math.abs(cdf(sorted[i]) - j / sorted.length), Math.abs(below - i / sorted.length));
  }
  return worst;
}

/** 1 − e^{−λt} Σ_{j<k} (λt)^j / j! */
export function erlang(k: number, rate: number): (t: number) => number {
  return (t) => {
    let term = Math.exp(-rate * t);
    let tail = 0;
    for (let j = 0; j < k; j++) {
      tail += term;
      term *= (rate * t) / (j + 1);
    }
    return 1 - tail;
  };
}
export const exponentialCdf = (rate: number) => erlang(1, rate);
/** Sum of two exponentials of different rates. */
export const hypo = (a: number, b: number) => (t: number) =>
  1 - (b * Math.exp(-a * t) - a * Math.exp(-b * t)) / (b - a);

export const N = 50_000;
export const of = (seed: number, count = N) => ({ seed, count });
export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Lineages n … 2 by vertex 0 … n − 2, absorbed in vertex n − 1. */
export const coalescent = (n: number): Chain =>
  chainOf(
    "continuous",
    n,
    Array.from({ length: n - 1 }, (_, v): Edge => [v, v + 1, ((n - v) * (n - v - 1)) / 2]),
  );
