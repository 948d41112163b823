/**
 * The steps of a program in double-double. Derivatives on stiff models need it: x_j − x_i is as small against x as the
 * jump i → j is fast, and is multiplied by the expected number of such jumps. Vectors are pairs hi + lo.
 */
import { productError, sumError } from "../../base/two-double.js";
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import type { Arithmetic, CentredVector, Scalar, Vector } from "./arithmetic.js";
import type { Factors } from "./factor.js";
import {
  type Pairs,
  type PreciseFactors,
  preciseFactors,
  preciseSolve,
  preciseSolveTransposed,
} from "./precise-factor.js";
import type { SystemNumbers } from "./weights.js";

/** One running sum hi + lo of products. */
class Accumulator {
  hi = 0;
  lo = 0;

  clear(): void {
    this.hi = 0;
    this.lo = 0;
  }

  add(hi: number, lo: number): void {
    this.lo += sumError(this.hi, hi) + lo;
    this.hi += hi;
  }

  /** += (ah + al)(bh + bl). */
  addProduct(ah: number, al: number, bh: number, bl: number): void {
    if (ah === 0 || bh === 0) return;
    this.add(ah * bh, productError(ah, bh) + (ah * bl + al * bh));
  }

  /** += w (ah + al)(bh + bl). */
  addTriple(w: number, ah: number, al: number, bh: number, bl: number): void {
    if (w === 0 || ah === 0) return;
    const hi = w * ah;
    this.addProduct(hi, productError(w, ah) + w * al, bh, bl);
  }

  store(to: Pairs, p: number): void {
    const hi = this.hi + this.lo;
    to.hi[p] = hi;
    to.lo[p] = this.lo - (hi - this.hi);
  }

  /** to_p += the sum. */
  addTo(to: Pairs, p: number): void {
    const hi = to.hi[p] + this.hi;
    to.lo[p] += sumError(to.hi[p], this.hi) + this.lo;
    to.hi[p] = hi;
  }
}

const pair = (vector: Vector): Pairs => vector as Pairs;

export class PreciseArithmetic implements Arithmetic {
  readonly #trace: EliminationTrace;
  readonly #pattern: Pattern;
  readonly #sum = new Accumulator();
  /** Factors in double-double, by the double ones they belong to. */
  readonly #factors = new WeakMap<Factors, PreciseFactors>();

  constructor(trace: EliminationTrace, pattern: Pattern) {
    this.#trace = trace;
    this.#pattern = pattern;
  }

  vector(): Pairs {
    const n = this.#trace.order.length;
    return { hi: new Float64Array(n), lo: new Float64Array(n) };
  }

  multiply(to: Vector, left: Vector, right: Vector, scale: number): void {
    const [t, l, r] = [pair(to), pair(left), pair(right)];
    for (let p = 0; p < t.hi.length; p++) {
      this.#sum.clear();
      this.#sum.addTriple(scale, l.hi[p], l.lo[p], r.hi[p], r.lo[p]);
      this.#sum.store(t, p);
    }
  }

  add(to: Vector, left: Vector, right: Vector, scale: number): void {
    const [t, l, r] = [pair(to), pair(left), pair(right)];
    for (let p = 0; p < t.hi.length; p++) {
      this.#sum.clear();
      this.#sum.add(l.hi[p], l.lo[p]);
      this.#sum.addProduct(scale, 0, r.hi[p], r.lo[p]);
      this.#sum.store(t, p);
    }
  }

  stretch(to: Vector, vector: Vector, scalar: Scalar): void {
    const [t, v] = [pair(to), pair(vector)];
    for (let p = 0; p < t.hi.length; p++) {
      this.#sum.clear();
      this.#sum.addProduct(scalar.hi, scalar.lo, v.hi[p], v.lo[p]);
      this.#sum.store(t, p);
    }
  }

  dot(left: Vector, right: Vector, scale: number): Scalar {
    const [l, r] = [pair(left), pair(right)];
    this.#sum.clear();
    for (let p = 0; p < l.hi.length; p++) this.#sum.addTriple(scale, l.hi[p], l.lo[p], r.hi[p], r.lo[p]);
    const hi = this.#sum.hi + this.#sum.lo;
    return { hi, lo: this.#sum.lo - (hi - this.#sum.hi) };
  }

  solve(to: Vector, system: SystemNumbers, factors: Factors, vector: Vector, transposed: boolean): void {
    const [x, b] = [pair(to), pair(vector)];
    let precise = this.#factors.get(factors);
    if (precise === undefined) {
      precise = preciseFactors(this.#trace, this.#pattern, system);
      this.#factors.set(factors, precise);
    }
    x.hi.set(b.hi);
    x.lo.set(b.lo);
    const run = transposed ? preciseSolveTransposed : preciseSolve;
    run(this.#trace, this.#pattern, system.edges, precise, x);
  }

  apply(to: Vector, { edges, leaks }: SystemNumbers, vector: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [t, x] = [pair(to), pair(vector)];
    const sum = this.#sum;
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      sum.clear();
      sum.addProduct(-leaks[p], 0, x.hi[p], x.lo[p]);
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q < 0) sum.addProduct(-edges[e], 0, x.hi[p], x.lo[p]);
        else sum.addProduct(edges[e], 0, x.hi[q] - x.hi[p], sumError(x.hi[q], -x.hi[p]) + (x.lo[q] - x.lo[p]));
      }
      sum.store(t, p);
    }
  }

  applyTransposed(to: Vector, { edges, leaks }: SystemNumbers, vector: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [t, y] = [pair(to), pair(vector)];
    const sum = this.#sum;
    t.hi.fill(0);
    t.lo.fill(0);
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      sum.clear();
      sum.addProduct(-leaks[p], 0, y.hi[p], y.lo[p]);
      sum.addTo(t, p);
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q === p) continue;
        sum.clear();
        sum.addProduct(edges[e], 0, y.hi[p], y.lo[p]);
        if (q >= 0) sum.addTo(t, q);
        sum.clear();
        sum.addProduct(-edges[e], 0, y.hi[p], y.lo[p]);
        sum.addTo(t, p);
      }
    }
  }

  step(to: Vector, { edges }: SystemNumbers, vector: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [t, x] = [pair(to), pair(vector)];
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      this.#sum.clear();
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0) this.#sum.addProduct(edges[e], 0, x.hi[q], x.lo[q]);
      }
      this.#sum.store(t, p);
    }
  }

  stepTransposed(to: Vector, { edges }: SystemNumbers, vector: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [t, y] = [pair(to), pair(vector)];
    t.hi.fill(0);
    t.lo.fill(0);
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q < 0) continue;
        this.#sum.clear();
        this.#sum.addProduct(edges[e], 0, y.hi[p], y.lo[p]);
        this.#sum.addTo(t, q);
      }
    }
  }

  gamma(to: Vector, { edges, leaks }: SystemNumbers, left: CentredVector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const t = pair(to);
    const [l, r] = [deviations(left), deviations(right)];
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      this.#sum.clear();
      this.#sum.addTriple(leaks[p], l.hi(-1, p), l.lo(-1, p), r.hi(-1, p), r.lo(-1, p));
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        this.#sum.addTriple(edges[e], l.hi(q, p), l.lo(q, p), r.hi(q, p), r.lo(q, p));
      }
      this.#sum.store(t, p);
    }
  }

  gammaTransposed(to: Vector, { edges }: SystemNumbers, vector: Vector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [t, y] = [pair(to), pair(vector)];
    const r = deviations(right);
    t.hi.fill(0);
    t.lo.fill(0);
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        if (q < 0) continue;
        this.#sum.clear();
        this.#sum.addTriple(edges[e], y.hi[p], y.lo[p], r.hi(q, p), r.lo(q, p));
        this.#sum.addTo(t, q);
      }
    }
  }

  gammaCentre(to: Vector, { edges, leaks }: SystemNumbers, vector: Vector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [t, y] = [pair(to), pair(vector)];
    const r = deviations(right);
    for (let p = 0; p < t.hi.length; p++) {
      const v = order[p];
      this.#sum.clear();
      this.#sum.addTriple(-leaks[p], y.hi[p], y.lo[p], r.hi(-1, p), r.lo(-1, p));
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        this.#sum.addTriple(-edges[e], y.hi[p], y.lo[p], r.hi(q, p), r.lo(q, p));
      }
      this.#sum.store(t, p);
    }
  }

  exchange({ edges, leaks }: SystemNumbers, left: Vector, right: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const [y, x] = [pair(left), pair(right)];
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      leaks[p] = -y.hi[p] * x.hi[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        edges[e] =
          q < 0
            ? -y.hi[p] * x.hi[p]
            : y.hi[p] * (x.hi[q] - x.hi[p] + (sumError(x.hi[q], -x.hi[p]) + (x.lo[q] - x.lo[p])));
      }
    }
  }

  stepExchange({ edges, leaks }: SystemNumbers, left: Vector, right: Vector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    leaks.fill(0);
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        edges[e] = q < 0 ? 0 : left.hi[p] * right.hi[q];
      }
    }
  }

  gammaExchange({ edges, leaks }: SystemNumbers, vector: Vector, left: CentredVector, right: CentredVector): void {
    const { order, rank } = this.#trace;
    const { rowStart, targets } = this.#pattern;
    const y = vector.hi;
    const [l, r] = [deviations(left), deviations(right)];
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      leaks[p] = y[p] * l.hi(-1, p) * r.hi(-1, p);
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const q = rank[targets[e]];
        edges[e] = y[p] * (l.hi(q, p) + l.lo(q, p)) * (r.hi(q, p) + r.lo(q, p));
      }
    }
  }
}

/** vector_q − centre_p, with 0 for q < 0, as hi and lo. */
function deviations({ vector, centre }: CentredVector): {
  hi(q: number, p: number): number;
  lo(q: number, p: number): number;
} {
  const [x, c] = [pair(vector), pair(centre)];
  return {
    hi: (q, p) => (q < 0 ? -c.hi[p] : x.hi[q] - c.hi[p]),
    lo: (q, p) => (q < 0 ? -c.lo[p] : sumError(x.hi[q], -c.hi[p]) + (x.lo[q] - c.lo[p])),
  };
}
