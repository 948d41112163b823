/**
 * (A + D)⁻¹ for a complex diagonal D: the trace replayed in complex arithmetic, with D in the exit column. For real
 * D ≥ 0 everything stays a sum of non-negative terms; with an imaginary part pivots cancel a little (seen: less than a
 * factor of four).
 */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import type { SystemNumbers } from "./weights.js";

export interface ComplexVector {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const complexVector = (n: number): ComplexVector => ({ re: new Float64Array(n), im: new Float64Array(n) });

export class ComplexSolver {
  readonly #trace: EliminationTrace;
  readonly #pattern: Pattern;
  readonly #lower: ComplexVector;
  readonly #upper: ComplexVector;
  readonly #pivot: ComplexVector;
  readonly #exit: ComplexVector;
  readonly #row: ComplexVector;
  #edges: Float64Array = new Float64Array(0);

  constructor(trace: EliminationTrace, pattern: Pattern) {
    const n = trace.order.length;
    this.#trace = trace;
    this.#pattern = pattern;
    this.#lower = complexVector(trace.lower.length);
    this.#upper = complexVector(trace.upper.length);
    this.#pivot = complexVector(n);
    this.#exit = complexVector(n);
    this.#row = complexVector(n);
  }

  /**
   * Factorises A + D. Answers false where some pivot has no positive real part: then the transform does not converge
   * there. Cost: four times the multiply-adds of a real factorisation.
   */
  factor({ edges, leaks }: SystemNumbers, diagonal: ComplexVector): boolean {
    const { order, rank, componentStart, lowerStart, upperStart } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [lower, upper, pivot, exit, row] = [this.#lower, this.#upper, this.#pivot, this.#exit, this.#row];
    this.#edges = edges;
    let sound = true;
    for (let c = 0; c + 1 < componentStart.length; c++) {
      const first = componentStart[c];
      for (let p = first; p < componentStart[c + 1]; p++) {
        let leavingRe = leaks[p] + diagonal.re[p];
        let leavingIm = diagonal.im[p];
        for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
          const q = rank[targets[e]];
          if (q >= first) row.re[q] += edges[e];
          else leavingRe += edges[e];
        }
        for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
          const v = this.#trace.lower[i];
          const [wRe, wIm] = [row.re[v], row.im[v]];
          row.re[v] = row.im[v] = 0;
          const size = pivot.re[v] ** 2 + pivot.im[v] ** 2;
          const none = (wRe === 0 && wIm === 0) || size === 0;
          const fRe = none ? 0 : (wRe * pivot.re[v] + wIm * pivot.im[v]) / size;
          const fIm = none ? 0 : (wIm * pivot.re[v] - wRe * pivot.im[v]) / size;
          lower.re[i] = fRe;
          lower.im[i] = fIm;
          if (none) continue;
          for (let j = upperStart[v]; j < upperStart[v + 1]; j++) {
            const q = this.#trace.upper[j];
            row.re[q] += fRe * upper.re[j] - fIm * upper.im[j];
            row.im[q] += fRe * upper.im[j] + fIm * upper.re[j];
          }
          leavingRe += fRe * exit.re[v] - fIm * exit.im[v];
          leavingIm += fRe * exit.im[v] + fIm * exit.re[v];
        }
        row.re[p] = row.im[p] = 0;
        let [dRe, dIm] = [leavingRe, leavingIm];
        for (let j = upperStart[p]; j < upperStart[p + 1]; j++) {
          const q = this.#trace.upper[j];
          upper.re[j] = row.re[q];
          upper.im[j] = row.im[q];
          row.re[q] = row.im[q] = 0;
          dRe += upper.re[j];
          dIm += upper.im[j];
        }
        exit.re[p] = leavingRe;
        exit.im[p] = leavingIm;
        pivot.re[p] = dRe;
        pivot.im[p] = dIm;
        if (!(dRe > 0 || dIm !== 0)) sound &&= dRe === 0 && dIm === 0 && diagonal.re[p] === 0;
      }
    }
    return sound;
  }

  /** x ← (A + D)⁻¹ x. */
  solve(x: ComplexVector): void {
    const { order, rank, componentStart, lowerStart, upperStart } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    for (let c = 0; c + 1 < componentStart.length; c++) {
      const first = componentStart[c];
      const end = componentStart[c + 1];
      for (let p = first; p < end; p++) {
        for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
          const q = rank[targets[e]];
          if (q < 0 || q >= first) continue;
          x.re[p] += this.#edges[e] * x.re[q];
          x.im[p] += this.#edges[e] * x.im[q];
        }
        for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++)
          addProduct(x, p, this.#lower, i, x, this.#trace.lower[i]);
      }
      for (let p = end - 1; p >= first; p--) {
        for (let j = upperStart[p]; j < upperStart[p + 1]; j++)
          addProduct(x, p, this.#upper, j, x, this.#trace.upper[j]);
        this.#divide(x, p);
      }
    }
  }

  /** x ← x (A + D)⁻¹. */
  solveTransposed(x: ComplexVector): void {
    const { order, rank, componentStart, lowerStart, upperStart } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    for (let c = componentStart.length - 2; c >= 0; c--) {
      const first = componentStart[c];
      const end = componentStart[c + 1];
      for (let p = first; p < end; p++) {
        this.#divide(x, p);
        for (let j = upperStart[p]; j < upperStart[p + 1]; j++)
          addProduct(x, this.#trace.upper[j], this.#upper, j, x, p);
      }
      for (let p = end - 1; p >= first; p--)
        for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++)
          addProduct(x, this.#trace.lower[i], this.#lower, i, x, p);
      for (let p = first; p < end; p++)
        for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
          const q = rank[targets[e]];
          if (q < 0 || q >= first) continue;
          x.re[q] += this.#edges[e] * x.re[p];
          x.im[q] += this.#edges[e] * x.im[p];
        }
    }
  }

  #divide(x: ComplexVector, p: number): void {
    const [re, im] = [this.#pivot.re[p], this.#pivot.im[p]];
    const size = re * re + im * im;
    const [a, b] = [x.re[p], x.im[p]];
    x.re[p] = size === 0 ? 0 : (a * re + b * im) / size;
    x.im[p] = size === 0 ? 0 : (b * re - a * im) / size;
  }
}

/** to_i += a_j b_k. */
function addProduct(to: ComplexVector, i: number, a: ComplexVector, j: number, b: ComplexVector, k: number): void {
  const [re, im] = [b.re[k], b.im[k]];
  to.re[i] += a.re[j] * re - a.im[j] * im;
  to.im[i] += a.re[j] * im + a.im[j] * re;
}
