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
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    for (let p = first; p < end; p++) {
      const vertex = order[p];
      let b = x[p];
      for (let e = rowStart[vertex]; e < rowStart[vertex + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0 && q < first) b += weights[e] * x[q];
      }
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) b += lower[i] * x[trace.lower[i]];
      x[p] = b;
    }
    for (let p = end - 1; p >= first; p--) {
      let b = x[p];
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) b += upper[j] * x[trace.upper[j]];
      x[p] = pivot[p] === 0 ? 0 : b / pivot[p];
    }
  }
}
