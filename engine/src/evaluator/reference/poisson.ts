/**
 * Poisson mixtures Σ_k Pois(k; x) q_k of a non-negative sequence, truncated relative to the result.
 *
 * Weights run from the mode outwards by their recurrence, the mode's being 1, and are divided by their own sum, so
 * nothing under- or overflows (the scheme of Fox & Glynn, 1988, with a stopping rule of our own): a side ends when
 * what it can still add is below ε times what the sum holds already.
 */

const EPSILON = 2 ** -56;
/** Relative to the mode's weight; what is smaller is below every double, and would round up to stay for ever. */
const SMALLEST = 2 ** -1020;

export interface Mixture {
  /** q_k. */
  term(k: number): number;
  /** A bound on q_j for all j ≥ k. */
  boundFrom(k: number): number;
  /** A bound on q_j for all j. */
  readonly bound: number;
}

/** x ≥ 0. Cost: O(√x) terms around the mode where the result is not tiny; at most x + O(√x). */
export function poissonMixture(x: number, mixture: Mixture): number {
  if (x === 0) return mixture.term(0);
  const mode = Math.floor(x);
  const total = new CompensatedSum();
  const value = new CompensatedSum();
  total.add(1);
  value.add(mixture.term(mode));

  let weight = 1;
  for (let k = mode + 1; ; k++) {
    weight *= x / k;
    if (weight < SMALLEST) break;
    total.add(weight);
    value.add(weight * mixture.term(k));
    const tail = (weight * x) / (k + 1 - x);
    if (tail <= EPSILON * total.sum && tail * mixture.boundFrom(k + 1) <= EPSILON * value.sum) break;
  }
  weight = 1;
  for (let k = mode; k > 0; k--) {
    weight *= k / x;
    if (weight < SMALLEST) break;
    total.add(weight);
    value.add(weight * mixture.term(k - 1));
    if (k === 1) break;
    // Σ_{j<k−1} w_j ≤ w_{k−1} Σ_{i≥1} ((k−1)/x)^i
    const ratio = (k - 1) / x;
    const tail = ratio < 1 ? (weight * ratio) / (1 - ratio) : weight * k;
    if (tail <= EPSILON * total.sum && tail * mixture.bound <= EPSILON * value.sum) break;
  }
  return value.sum / total.sum;
}

/** Neumaier's compensated sum of non-negative terms. */
export class CompensatedSum {
  #sum = 0;
  #rest = 0;

  add(term: number): void {
    const next = this.#sum + term;
    this.#rest += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - next + term : term - next + this.#sum;
    this.#sum = next;
  }

  get sum(): number {
    return this.#sum + this.#rest;
  }
}
