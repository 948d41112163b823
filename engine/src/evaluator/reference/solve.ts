/**
 * x = U b with the factors of one θ: components sink-first; inside each, the eliminated order down and back up.
 *
 *     b_p += Σ_external w_pj x_j;   b_p += Σ_{v earlier} f_pv b_v;   x_p = (b_p + Σ_{j later} w_pj x_j) / d_p
 *
 * For b ≥ 0 every term is ≥ 0.
 */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import type { Factors } from "./factor.js";

/** In place, indexed by position. Positions without a pivot get 0: nothing reaches them. Cost: `countOperations(trace).solve`. */
export function solve(
  trace: EliminationTrace,
  pattern: Pattern,
  weights: Float64Array,
  factors: Factors,
  x: Float64Array,
): void {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  const { lower, upper, pivot } = factors;
  let done = 0;
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    for (let p = first; p < end; p++) {
      const vertex = order[p];
      let b = x[p];
      for (let e = rowStart[vertex]; e < rowStart[vertex + 1]; e++) {
        const q = rank[targets[e]];
        if (q < 0 || q >= first) continue;
        b += weights[e] * x[q];
        done++;
      }
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) b += lower[i] * x[trace.lower[i]];
      done += lowerStart[p + 1] - lowerStart[p];
      x[p] = b;
    }
    for (let p = end - 1; p >= first; p--) {
      let b = x[p];
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) b += upper[j] * x[trace.upper[j]];
      done += upperStart[p + 1] - upperStart[p];
      x[p] = pivot[p] === 0 ? 0 : b / pivot[p];
    }
  }
  factors.done.solve += done;
}

/**
 * x = b U with the same factors, the other way round: components from the start downwards, inside each forwards through
 * the upper rows and back through the lower ones, then along the external edges.
 *
 *     z_p = b_p / d_p;   b_j += w_pj z_p;   then z_v += f_pv z_p
 */
export function solveTransposed(
  trace: EliminationTrace,
  pattern: Pattern,
  weights: Float64Array,
  factors: Factors,
  x: Float64Array,
): void {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  const { lower, upper, pivot } = factors;
  for (let c = componentStart.length - 2; c >= 0; c--) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    for (let p = first; p < end; p++) {
      const z = pivot[p] === 0 ? 0 : x[p] / pivot[p];
      x[p] = z;
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) x[trace.upper[j]] += upper[j] * z;
    }
    for (let p = end - 1; p >= first; p--) {
      const z = x[p];
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) x[trace.lower[i]] += lower[i] * z;
    }
    for (let p = first; p < end; p++) {
      const vertex = order[p];
      const z = x[p];
      if (z === 0) continue;
      for (let e = rowStart[vertex]; e < rowStart[vertex + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0 && q < first) x[q] += weights[e] * z;
      }
    }
  }
}
