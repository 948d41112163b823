/**
 * The numeric replay of a trace at one θ: subtraction-free elimination of rows (Grassmann, Taksar & Heyman 1985),
 * up-looking. Row u is scattered into a work row, finished against each earlier v of its component with
 *
 *     f_uv = w_uv / d_v,   w_uj += f_uv w_vj  for j ≠ u,   exit_u += f_uv exit_v,
 *
 * and its pivot is d_u = Σ_{j later} w_uj + exit_u. Self-loops that appear are dropped: the pivot is a sum of what
 * leaves. Nothing is ever subtracted, so every factor has full relative accuracy on stiff rates too.
 */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";

export interface Factors {
  /** f of each lower entry. */
  readonly lower: Float64Array;
  /** Weight of each upper entry. */
  readonly upper: Float64Array;
  /** Pivot of each position; 0 where nothing leaves at this θ. */
  readonly pivot: Float64Array;
  /** Weight of everything that leaves the component, after elimination. */
  readonly exit: Float64Array;
  /** Work row, all 0 between calls. */
  readonly row: Float64Array;
}

export function allocateFactors(trace: EliminationTrace): Factors {
  const n = trace.order.length;
  return {
    lower: new Float64Array(trace.lower.length),
    upper: new Float64Array(trace.upper.length),
    pivot: new Float64Array(n),
    exit: new Float64Array(n),
    row: new Float64Array(n),
  };
}

/** Fills `factors`; answers whether every pivot is positive. Cost: `countOperations(trace).factor` multiply-adds. */
export function factor(trace: EliminationTrace, pattern: Pattern, weights: Float64Array, factors: Factors): boolean {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  const { lower, upper, pivot, exit, row } = factors;
  let sound = true;
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    for (let p = first; p < componentStart[c + 1]; p++) {
      const vertex = order[p];
      let leaving = 0;
      for (let e = rowStart[vertex]; e < rowStart[vertex + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= first) row[q] += weights[e];
        else leaving += weights[e];
      }
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
        const v = trace.lower[i];
        const w = row[v];
        row[v] = 0;
        const f = w === 0 || pivot[v] === 0 ? 0 : w / pivot[v];
        lower[i] = f;
        if (f === 0) continue;
        for (let j = upperStart[v]; j < upperStart[v + 1]; j++) row[trace.upper[j]] += f * upper[j];
        leaving += f * exit[v];
      }
      row[p] = 0;
      let d = leaving;
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) {
        const q = trace.upper[j];
        upper[j] = row[q];
        row[q] = 0;
        d += upper[j];
      }
      exit[p] = leaving;
      pivot[p] = d;
      if (d === 0) sound = false;
    }
  }
  return sound;
}
