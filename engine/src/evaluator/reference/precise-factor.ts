/**
 * Elimination and solves in double-double. Like the double ones they only add non-negative terms, so every factor and
 * every solution with b ≥ 0 has a relative error near 2⁻¹⁰⁰: differences x_j − x_i keep their digits when the jump i → j
 * is 10¹⁴ times as fast as the slowest, where refinement of a double solution no longer converges.
 */
import { productError, sumError } from "../../base/two-double.js";
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import type { SystemNumbers } from "./weights.js";

/** Numbers as hi + lo. */
export interface Pairs {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
}

export const pairs = (n: number): Pairs => ({ hi: new Float64Array(n), lo: new Float64Array(n) });

export interface PreciseFactors {
  readonly lower: Pairs;
  readonly upper: Pairs;
  readonly pivot: Pairs;
}

/** to_i += (ah + al)(bh + bl). */
function addProduct(to: Pairs, i: number, ah: number, al: number, bh: number, bl: number): void {
  if (ah === 0 || bh === 0) return;
  const product = ah * bh;
  const hi = to.hi[i] + product;
  const lo = to.lo[i] + (sumError(to.hi[i], product) + (productError(ah, bh) + (ah * bl + al * bh)));
  to.hi[i] = hi + lo;
  to.lo[i] = lo - (to.hi[i] - hi);
}

/** to_i ← (ah + al) / (bh + bl), 0 where the divisor is 0. */
function storeQuotient(to: Pairs, i: number, ah: number, al: number, bh: number, bl: number): void {
  if (bh === 0 || ah === 0) {
    to.hi[i] = to.lo[i] = 0;
    return;
  }
  const quotient = ah / bh;
  const rest = ah - quotient * bh - productError(quotient, bh) + al - quotient * bl;
  const correction = rest / bh;
  to.hi[i] = quotient + correction;
  to.lo[i] = correction - (to.hi[i] - quotient);
}

/** As `factor`, some twenty times its cost. */
export function preciseFactors(trace: EliminationTrace, pattern: Pattern, system: SystemNumbers): PreciseFactors {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  const n = order.length;
  const [lower, upper, pivot, exit, row] = [
    pairs(trace.lower.length),
    pairs(trace.upper.length),
    pairs(n),
    pairs(n),
    pairs(n),
  ];
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    for (let p = first; p < componentStart[c + 1]; p++) {
      addProduct(exit, p, system.leaks[p], 0, 1, 0);
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
        const q = rank[targets[e]];
        addProduct(q >= first ? row : exit, q >= first ? q : p, system.edges[e], 0, 1, 0);
      }
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
        const v = trace.lower[i];
        storeQuotient(lower, i, row.hi[v], row.lo[v], pivot.hi[v], pivot.lo[v]);
        row.hi[v] = row.lo[v] = 0;
        const [fh, fl] = [lower.hi[i], lower.lo[i]];
        for (let j = upperStart[v]; j < upperStart[v + 1]; j++)
          addProduct(row, trace.upper[j], fh, fl, upper.hi[j], upper.lo[j]);
        addProduct(exit, p, fh, fl, exit.hi[v], exit.lo[v]);
      }
      row.hi[p] = row.lo[p] = 0;
      addProduct(pivot, p, exit.hi[p], exit.lo[p], 1, 0);
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) {
        const q = trace.upper[j];
        upper.hi[j] = row.hi[q];
        upper.lo[j] = row.lo[q];
        row.hi[q] = row.lo[q] = 0;
        addProduct(pivot, p, upper.hi[j], upper.lo[j], 1, 0);
      }
    }
  }
  return { lower, upper, pivot };
}

/** x ← U x, as `solve`. */
export function preciseSolve(
  trace: EliminationTrace,
  pattern: Pattern,
  edges: Float64Array,
  { lower, upper, pivot }: PreciseFactors,
  x: Pairs,
): void {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    for (let p = first; p < end; p++) {
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0 && q < first) addProduct(x, p, edges[e], 0, x.hi[q], x.lo[q]);
      }
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
        const v = trace.lower[i];
        addProduct(x, p, lower.hi[i], lower.lo[i], x.hi[v], x.lo[v]);
      }
    }
    for (let p = end - 1; p >= first; p--) {
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) {
        const q = trace.upper[j];
        addProduct(x, p, upper.hi[j], upper.lo[j], x.hi[q], x.lo[q]);
      }
      storeQuotient(x, p, x.hi[p], x.lo[p], pivot.hi[p], pivot.lo[p]);
    }
  }
}

/** x ← x U, as `solveTransposed`. */
export function preciseSolveTransposed(
  trace: EliminationTrace,
  pattern: Pattern,
  edges: Float64Array,
  { lower, upper, pivot }: PreciseFactors,
  x: Pairs,
): void {
  const { order, rank, componentStart, lowerStart, upperStart } = trace;
  const { rowStart, targets } = pattern;
  for (let c = componentStart.length - 2; c >= 0; c--) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    for (let p = first; p < end; p++) {
      storeQuotient(x, p, x.hi[p], x.lo[p], pivot.hi[p], pivot.lo[p]);
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++)
        addProduct(x, trace.upper[j], upper.hi[j], upper.lo[j], x.hi[p], x.lo[p]);
    }
    for (let p = end - 1; p >= first; p--)
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++)
        addProduct(x, trace.lower[i], lower.hi[i], lower.lo[i], x.hi[p], x.lo[p]);
    for (let p = first; p < end; p++)
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0 && q < first) addProduct(x, q, edges[e], 0, x.hi[p], x.lo[p]);
      }
  }
}
