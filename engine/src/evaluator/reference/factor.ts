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
  /** 1 where the row is sound, see `factor`. */
  readonly sound: Uint8Array;
  /** Work row, all 0 between calls. */
  readonly row: Float64Array;
  /** Multiply-adds done so far with these factors, counted as they are done. */
  readonly done: { factor: number; solve: number };
}

export function allocateFactors(trace: EliminationTrace): Factors {
  const n = trace.order.length;
  return {
    lower: new Float64Array(trace.lower.length),
    upper: new Float64Array(trace.upper.length),
    pivot: new Float64Array(n),
    exit: new Float64Array(n),
    sound: new Uint8Array(n),
    row: new Float64Array(n),
    done: { factor: 0, solve: 0 },
  };
}

/** Below this a number may have lost digits to underflow; above its inverse a product may overflow. */
export const SMALLEST = 2 ** -960;

/**
 * Fills `factors`; `leaks` is what leaves a position without an edge. Answers whether every row is sound: its pivot is
 * positive and no number in it has left the range in which double precision keeps its digits. Cost: `countOperations(trace).factor` multiply-adds.
 */
export function factor(
  trace: EliminationTrace,
  pattern: Pattern,
  weights: Float64Array,
  leaks: Float64Array,
  factors: Factors,
): boolean {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  const { lower, upper, pivot, exit, row, sound } = factors;
  let allSound = true;
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    for (let p = first; p < componentStart[c + 1]; p++) {
      const vertex = order[p];
      let leaving = leaks[p];
      let lost = false;
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
        if (f === 0) {
          lost ||= w !== 0;
          continue;
        }
        factors.done.factor += 1; // the exit column
        for (let j = upperStart[v]; j < upperStart[v + 1]; j++) {
          // what returns to p itself is a self-loop, which is dropped
          if (trace.upper[j] === p) continue;
          factors.done.factor += 1;
          const part = f * upper[j];
          row[trace.upper[j]] += part;
          lost ||= part < SMALLEST && upper[j] !== 0;
        }
        const part = f * exit[v];
        leaving += part;
        lost ||= part < SMALLEST && exit[v] !== 0;
      }
      row[p] = 0; // a self-loop of the pattern
      let d = leaving;
      let least = leaving;
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) {
        const q = trace.upper[j];
        upper[j] = row[q];
        row[q] = 0;
        d += upper[j];
        if (upper[j] < least) least = upper[j];
      }
      exit[p] = leaving;
      pivot[p] = d;
      // what was lost matters only beside something as small
      const whole = d >= SMALLEST && d < Infinity && !(lost && least < SMALLEST);
      sound[p] = whole ? 1 : 0;
      if (!whole) allSound = false;
    }
  }
  return allSound;
}
