/**
 * What the steps of a program do to vectors, in double precision: sums over the edges of a system. `precise.ts` does
 * the same in double-double, for derivatives on stiff models. Arrays are by position; `rank` is −1 at absorbing
 * vertices, where every vector is 0.
 */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import { allocateFactors, type Factors, factor } from "./factor.js";
import { solve, solveTransposed } from "./solve.js";
import type { SystemNumbers } from "./weights.js";

/** A vector as hi + lo; `lo` is absent in double precision. */
export interface Vector {
  readonly hi: Float64Array;
  readonly lo?: Float64Array;
}

/** A number as hi + lo. */
export interface Scalar {
  hi: number;
  lo: number;
}

/** A vector and what it is compared with at the source of an edge. */
export interface CentredVector {
  readonly vector: Vector;
  readonly centre: Vector;
}

export interface Arithmetic {
  vector(): Vector;
  multiply(to: Vector, left: Vector, right: Vector, scale: number): void;
  add(to: Vector, left: Vector, right: Vector, scale: number): void;
  stretch(to: Vector, vector: Vector, scalar: Scalar): void;
  dot(left: Vector, right: Vector, scale: number): Scalar;
  solve(to: Vector, system: SystemNumbers, factors: Factors, vector: Vector, transposed: boolean): void;
  apply(to: Vector, system: SystemNumbers, vector: Vector): void;
  applyTransposed(to: Vector, system: SystemNumbers, vector: Vector): void;
  step(to: Vector, system: SystemNumbers, vector: Vector): void;
  stepTransposed(to: Vector, system: SystemNumbers, vector: Vector): void;
  gamma(to: Vector, system: SystemNumbers, left: CentredVector, right: CentredVector): void;
  gammaTransposed(to: Vector, system: SystemNumbers, vector: Vector, right: CentredVector): void;
  gammaCentre(to: Vector, system: SystemNumbers, vector: Vector, right: CentredVector): void;
  exchange(to: SystemNumbers, left: Vector, right: Vector): void;
  stepExchange(to: SystemNumbers, left: Vector, right: Vector): void;
  gammaExchange(to: SystemNumbers, vector: Vector, left: CentredVector, right: CentredVector): void;
}

/** Factors of a system, or undefined when a row is not sound (see `factor`). */
export function factorsOf(
  trace: EliminationTrace,
  pattern: Pattern,
  { edges, leaks }: SystemNumbers,
): { readonly factors: Factors; readonly sound: boolean } {
  const factors = allocateFactors(trace);
  return { factors, sound: factor(trace, pattern, edges, leaks, factors) };
}

export class PlainArithmetic implements Arithmetic {
  readonly #trace: EliminationTrace;
  readonly #pattern: Pattern;

  constructor(trace: EliminationTrace, pattern: Pattern) {
    this.#trace = trace;
    this.#pattern = pattern;
  }

  vector(): Vector {
    return { hi: new Float64Array(this.#trace.order.length) };
  }

  multiply({ hi: to }: Vector, { hi: left }: Vector, { hi: right }: Vector, scale: number): void {
    for (let p = 0; p < to.length; p++) to[p] = scale * left[p] * right[p];
  }

  add({ hi: to }: Vector, { hi: left }: Vector, { hi: right }: Vector, scale: number): void {
    for (let p = 0; p < to.length; p++) to[p] = left[p] + scale * right[p];
  }

  stretch({ hi: to }: Vector, { hi: vector }: Vector, { hi: scalar }: Scalar): void {
    for (let p = 0; p < to.length; p++) to[p] = scalar * vector[p];
  }

  dot({ hi: left }: Vector, { hi: right }: Vector, scale: number): Scalar {
    let sum = 0;
    for (let p = 0; p < left.length; p++) if (left[p] !== 0) sum += left[p] * right[p];
    return { hi: scale * sum, lo: 0 };
  }

  solve({ hi: to }: Vector, system: SystemNumbers, factors: Factors, vector: Vector, transposed: boolean): void {
    to.set(vector.hi);
    (transposed ? solveTransposed : solve)(this.#trace, this.#pattern, system.edges, factors, to);
  }

  apply({ hi: to }: Vector, { edges, leaks }: SystemNumbers, { hi: x }: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      let sum = -leaks[p] * x[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        sum += edges[e] * ((q < 0 ? 0 : x[q]) - x[p]);
      }
      to[p] = sum;
    }
  }

  applyTransposed({ hi: to }: Vector, { edges, leaks }: SystemNumbers, { hi: y }: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    for (let p = 0; p < to.length; p++) to[p] = -leaks[p] * y[p];
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q === p) continue;
        to[p] -= edges[e] * y[p];
        if (q >= 0) to[q] += edges[e] * y[p];
      }
    }
  }

  step({ hi: to }: Vector, { edges }: SystemNumbers, { hi: x }: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      let sum = 0;
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0) sum += edges[e] * x[q];
      }
      to[p] = sum;
    }
  }

  stepTransposed({ hi: to }: Vector, { edges }: SystemNumbers, { hi: y }: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    to.fill(0);
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0) to[q] += edges[e] * y[p];
      }
    }
  }

  gamma({ hi: to }: Vector, { edges, leaks }: SystemNumbers, left: CentredVector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [l, lc, r, rc] = [left.vector.hi, left.centre.hi, right.vector.hi, right.centre.hi];
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      let sum = leaks[p] * lc[p] * rc[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        sum += edges[e] * ((q < 0 ? 0 : l[q]) - lc[p]) * ((q < 0 ? 0 : r[q]) - rc[p]);
      }
      to[p] = sum;
    }
  }

  gammaTransposed({ hi: to }: Vector, { edges }: SystemNumbers, { hi: y }: Vector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [r, rc] = [right.vector.hi, right.centre.hi];
    to.fill(0);
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0) to[q] += y[p] * edges[e] * (r[q] - rc[p]);
      }
    }
  }

  gammaCentre({ hi: to }: Vector, { edges, leaks }: SystemNumbers, { hi: y }: Vector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [r, rc] = [right.vector.hi, right.centre.hi];
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      let sum = -leaks[p] * rc[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        sum += edges[e] * ((q < 0 ? 0 : r[q]) - rc[p]);
      }
      to[p] = -y[p] * sum;
    }
  }

  exchange({ edges, leaks }: SystemNumbers, { hi: y }: Vector, { hi: x }: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      leaks[p] = -y[p] * x[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        edges[e] = y[p] * ((q < 0 ? 0 : x[q]) - x[p]);
      }
    }
  }

  stepExchange({ edges, leaks }: SystemNumbers, { hi: y }: Vector, { hi: x }: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    leaks.fill(0);
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        edges[e] = q < 0 ? 0 : y[p] * x[q];
      }
    }
  }

  gammaExchange({ edges, leaks }: SystemNumbers, { hi: y }: Vector, left: CentredVector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [l, lc, r, rc] = [left.vector.hi, left.centre.hi, right.vector.hi, right.centre.hi];
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      leaks[p] = y[p] * lc[p] * rc[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        edges[e] = y[p] * ((q < 0 ? 0 : l[q]) - lc[p]) * ((q < 0 ? 0 : r[q]) - rc[p]);
      }
    }
  }
}
