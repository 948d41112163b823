/**
 * (A + D)⁻¹ for a complex diagonal D: the trace replayed in complex arithmetic, with D in the exit column. For real
 * D ≥ 0 everything stays a sum of non-negative terms; with an imaginary part pivots cancel a little (seen: less than a
 * factor of four).
 *
 * Where D itself would overflow, rows may come scaled: with a diagonal Q, what is factorised is Q A + Q D = Q A + D',
 * D' given, and (A + D)⁻¹ = (Q A + D')⁻¹ Q.
 */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import type { SystemNumbers } from "./weights.js";

export interface ComplexVector {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * (a + ib)/(c + id) by Smith's method (1962): nothing is squared, so that numbers beyond 1e±154 divide as others do.
 * 0 when c + id is 0: rows that nothing leaves have no part in any result.
 */
export function complexDivide(a: number, b: number, c: number, d: number): readonly [re: number, im: number] {
  if (c === 0 && d === 0) return [0, 0];
  if (Math.abs(c) >= Math.abs(d)) {
    const ratio = d / c;
    const size = c + d * ratio;
    return [(a + b * ratio) / size, (b - a * ratio) / size];
  }
  const ratio = c / d;
  const size = c * ratio + d;
  return [(a * ratio + b) / size, (b * ratio - a) / size];
}

export const complexVector = (n: number): ComplexVector => ({ re: new Float64Array(n), im: new Float64Array(n) });

const NONE = [0, 0] as const;
const ONE = [1, 0] as const;

export class ComplexSolver {
  readonly #trace: EliminationTrace;
  readonly #pattern: Pattern;
  readonly #lower: ComplexVector;
  readonly #upper: ComplexVector;
  readonly #pivot: ComplexVector;
  readonly #exit: ComplexVector;
  readonly #row: ComplexVector;
  #edges: Float64Array = new Float64Array(0);
  #scale: ComplexVector | undefined;

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
   * Factorises A + D, or Q A + D' where there is a scale Q. Answers false where some pivot has no positive real part: then the transform does not converge
   * there. Cost: four times the multiply-adds of a real factorisation.
   */
  factor({ edges, leaks }: SystemNumbers, diagonal: ComplexVector, scale?: ComplexVector): boolean {
    const { order, rank, componentStart, lowerStart, upperStart } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [lower, upper, pivot, exit, row] = [this.#lower, this.#upper, this.#pivot, this.#exit, this.#row];
    this.#edges = edges;
    this.#scale = scale;
    let sound = true;
    for (let c = 0; c + 1 < componentStart.length; c++) {
      const first = componentStart[c];
      for (let p = first; p < componentStart[c + 1]; p++) {
        const [qRe, qIm] = scale === undefined ? ONE : [scale.re[p], scale.im[p]];
        let out = leaks[p];
        for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
          const q = rank[targets[e]];
          if (q >= first) {
            row.re[q] += qRe * edges[e];
            row.im[q] += qIm * edges[e];
          } else out += edges[e];
        }
        let leavingRe = qRe * out + diagonal.re[p];
        let leavingIm = qIm * out + diagonal.im[p];
        for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
          const v = this.#trace.lower[i];
          const [wRe, wIm] = [row.re[v], row.im[v]];
          row.re[v] = row.im[v] = 0;
          const [fRe, fIm] = wRe === 0 && wIm === 0 ? NONE : complexDivide(wRe, wIm, pivot.re[v], pivot.im[v]);
          lower.re[i] = fRe;
          lower.im[i] = fIm;
          if (fRe === 0 && fIm === 0) continue;
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
        this.#scaleAt(x, p);
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
      for (let p = first; p < end; p++) {
        this.#scaleAt(x, p);
        for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
          const q = rank[targets[e]];
          if (q < 0 || q >= first) continue;
          x.re[q] += this.#edges[e] * x.re[p];
          x.im[q] += this.#edges[e] * x.im[p];
        }
      }
    }
  }

  #scaleAt(x: ComplexVector, p: number): void {
    if (this.#scale === undefined) return;
    const [re, im] = [this.#scale.re[p], this.#scale.im[p]];
    [x.re[p], x.im[p]] = [x.re[p] * re - x.im[p] * im, x.re[p] * im + x.im[p] * re];
  }

  #divide(x: ComplexVector, p: number): void {
    [x.re[p], x.im[p]] = complexDivide(x.re[p], x.im[p], this.#pivot.re[p], this.#pivot.im[p]);
  }
}

/** to_i += a_j b_k. */
function addProduct(to: ComplexVector, i: number, a: ComplexVector, j: number, b: ComplexVector, k: number): void {
  const [re, im] = [b.re[k], b.im[k]];
  to.re[i] += a.re[j] * re - a.im[j] * im;
  to.im[i] += a.re[j] * im + a.im[j] * re;
}
