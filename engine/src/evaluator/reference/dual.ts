/** Numbers with their derivatives, and solves of vectors with theirs. */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";
import { factorsOf, type Vector } from "./arithmetic.js";
import type { Factors } from "./factor.js";
import { PreciseArithmetic } from "./precise.js";
import type { DualVector } from "./system.js";
import type { Dual } from "./time/distribution.js";
import type { SystemNumbers } from "./weights.js";

export const constant = (value: number, directions: number): Dual => ({
  value,
  tangents: new Float64Array(directions),
});

export const plus = (a: Dual, b: Dual): Dual => ({
  value: a.value + b.value,
  tangents: a.tangents.map((tangent, k) => tangent + b.tangents[k]),
});

export const times = (a: Dual, factor: number): Dual => ({
  value: a.value * factor,
  tangents: a.tangents.map((tangent) => tangent * factor),
});

export const product = (a: Dual, b: Dual): Dual => ({
  value: a.value * b.value,
  tangents: a.tangents.map((tangent, k) => tangent * b.value + a.value * b.tangents[k]),
});

export const quotient = (a: Dual, b: Dual): Dual => ({
  value: a.value / b.value,
  tangents: a.tangents.map((tangent, k) => (tangent - (a.value / b.value) * b.tangents[k]) / b.value),
});

/** Σ_p a_p b_p. */
export function dualDot(a: DualVector, b: DualVector): Dual {
  return {
    value: dot(a.value, b.value),
    tangents: Float64Array.from(a.tangents, (tangent, k) => dot(tangent, b.value) + dot(a.value, b.tangents[k])),
  };
}

export const dualSum = (a: DualVector, b: DualVector): DualVector => ({
  value: a.value.map((value, p) => value + b.value[p]),
  tangents: a.tangents.map((tangent, k) => tangent.map((value, p) => value + b.tangents[k][p])),
});

export const dualProduct = (a: DualVector, b: DualVector): DualVector => ({
  value: a.value.map((value, p) => value * b.value[p]),
  tangents: a.tangents.map((tangent, k) =>
    tangent.map((value, p) => value * b.value[p] + a.value[p] * b.tangents[k][p]),
  ),
});

export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < left.length; p++) if (left[p] !== 0) sum += left[p] * right[p];
  return sum;
}

/**
 * U b and b U with derivatives, refined in double-double: x = U b, ẋ = U (ḃ + Ẇ x). Factorises when first asked, once;
 * the numbers of the system must stay what they are.
 */
export class DualSolver {
  readonly #system: SystemNumbers;
  readonly #systemTangents: readonly SystemNumbers[];
  readonly #arithmetic: PreciseArithmetic;
  readonly #factorise: () => Factors;
  #factors: Factors | undefined;

  constructor(
    trace: EliminationTrace,
    pattern: Pattern,
    system: SystemNumbers,
    systemTangents: readonly SystemNumbers[],
  ) {
    this.#system = system;
    this.#systemTangents = systemTangents;
    this.#arithmetic = new PreciseArithmetic(trace, pattern);
    this.#factorise = () => factorsOf(trace, pattern, system).factors;
  }

  solve(b: DualVector, transposed: boolean): DualVector {
    const arithmetic = this.#arithmetic;
    this.#factors ??= this.#factorise();
    const factors = this.#factors;
    const x = arithmetic.vector();
    arithmetic.solve(x, this.#system, factors, this.#load(b.value), transposed);
    const tangents = this.#systemTangents.map((tangent, k) => {
      const [moved, sum, to] = [arithmetic.vector(), arithmetic.vector(), arithmetic.vector()];
      if (transposed) arithmetic.applyTransposed(moved, tangent, x);
      else arithmetic.apply(moved, tangent, x);
      arithmetic.add(sum, moved, this.#load(b.tangents[k]), 1);
      arithmetic.solve(to, this.#system, factors, sum, transposed);
      return to.hi;
    });
    return { value: x.hi, tangents };
  }

  #load(values: Float64Array): Vector {
    const vector = this.#arithmetic.vector();
    vector.hi.set(values);
    return vector;
  }
}

/** One solve of a system that is asked nothing else; for more, keep a `DualSolver`. */
export function solveDual(
  trace: EliminationTrace,
  pattern: Pattern,
  system: SystemNumbers,
  systemTangents: readonly SystemNumbers[],
  b: DualVector,
  transposed: boolean,
): DualVector {
  return new DualSolver(trace, pattern, system, systemTangents).solve(b, transposed);
}
