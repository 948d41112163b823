/**
 * Poisson weights, and mixtures Σ_k Pois(k; x) q_k of a non-negative sequence truncated relative to the result.
 *
 * Weights run from the mode outwards by their recurrence, the mode's being 1, and are divided by their own sum, so
 * nothing under- or overflows (the scheme of Fox & Glynn, 1988, with a stopping rule of our own): a side ends when
 * what it can still add is below ε times what the sum holds already. The mean x = Λt is a pair of doubles: far from the
 * mode the weights feel its last digits.
 */
import { CompensatedSum } from "../../../base/compensated-sum.js";
import { divideInto, multiplyInto, type TwoDouble } from "../../../base/two-double.js";

/** Relative to the mode's weight; what is smaller is below every double, and would round up to stay for ever. */
const SMALLEST = 2 ** -1020;
/** Standard deviations from the mode beyond which a Poisson weight is below every double. */
export const SPREAD = 40;

export interface Terms {
  /** q_k. */
  term(k: number): number;
  /** q_j ≤ boundFrom(k) + (j − k) growthFrom(k) for all j ≥ k. */
  boundFrom(k: number): number;
  growthFrom(k: number): number;
  /** A bound on q_j for all j ≤ k. */
  boundUntil(k: number): number;
  /** q_0 … q_k and its derivatives, and perhaps more, for the quick way; what is past their end is 0. */
  dense?(k: number): readonly Float64Array[];
}

/** The weights that matter, divided by their sum: of k = low … low + weights.length − 1. */
export interface Window {
  readonly low: number;
  readonly weights: Float64Array;
}

/** Every weight that a double can hold; of a mean that is none (negative, NaN), one NaN. Cost: O(√x). */
export function poissonWeights(x: TwoDouble): Window {
  if (x[0] === 0) return { low: 0, weights: Float64Array.of(1) };
  if (!(x[0] > 0)) return { low: 0, weights: Float64Array.of(Number.NaN) };
  const sides = new Sides(x);
  while (sides.up());
  while (sides.down());
  return sides.window();
}

/** P(N > k) for k = low … of a window, from the small end. */
export function poissonTails(window: Window): Float64Array {
  const tails = new Float64Array(window.weights.length);
  const sum = new CompensatedSum();
  for (let i = tails.length - 1; i >= 0; i--) {
    tails[i] = sum.sum;
    sum.add(window.weights[i]);
  }
  return tails;
}

/**
 * (1/Λ) P(N > k) for k = low … of the window at the mean Λt, from the small end: t Σ_{j≥k} Pois(j; Λt)/(j + 1), in
 * which nothing underflows however small Λt is.
 */
export function poissonStays({ low, weights }: Window, time: number): Float64Array {
  const stays = new Float64Array(weights.length);
  const sum = new CompensatedSum();
  for (let i = stays.length - 1; i >= 0; i--) {
    sum.add(weights[i] / (low + i + 1));
    stays[i] = time * sum.sum;
  }
  return stays;
}

/**
 * The mixture at x ≥ 0 and the window that it took; a smaller `epsilon` widens the window, and so does `beyond` < 1:
 * then it ends only where weights are that much smaller than where the value alone would have had enough. Cost: O(√x) terms around
 * the mode where the result is not tiny; at most x + O(√x).
 */
export function poissonMixture(
  mean: TwoDouble,
  terms: Terms,
  epsilon: number,
  beyond = 1,
): Window & { readonly value: number } {
  const x = mean[0];
  if (x === 0) return { value: terms.term(0), low: 0, weights: Float64Array.of(1) };
  if (!(x > 0)) return { value: Number.NaN, low: 0, weights: Float64Array.of(Number.NaN) };
  const sides = new Sides(mean);
  const value = new CompensatedSum();
  value.add(terms.term(sides.high));
  let enough = 0;
  while (sides.up()) {
    const k = sides.high;
    value.add(sides.weight * terms.term(k));
    if (sides.weight <= beyond * enough) break;
    if (enough > 0) continue;
    const ratio = x / (k + 1);
    const tail = (sides.weight * ratio) / (1 - ratio);
    if (tail > epsilon * sides.total.sum) continue;
    const rest = tail * terms.boundFrom(k + 1) + (tail / (1 - ratio)) * terms.growthFrom(k + 1);
    if (rest > epsilon * value.sum) continue;
    if (beyond === 1) break;
    enough = sides.weight;
  }
  while (sides.down()) {
    const k = sides.low;
    value.add(sides.weight * terms.term(k));
    if (k === 0) break;
    // Σ_{j<k} w_j ≤ w_k Σ_{i≥1} (k/x)^i
    const ratio = k / x;
    const tail = ratio < 1 ? (sides.weight * ratio) / (1 - ratio) : sides.weight * (k + 1);
    if (tail <= epsilon * sides.total.sum && tail * terms.boundUntil(k) <= epsilon * value.sum) break;
  }
  return { ...sides.window(), value: value.sum / sides.total.sum };
}

/** Means up to which weights run in plain doubles, and how far from the mode they may: to 16 standard deviations and a few. */
const QUICK_MEAN_MAX = 4096;
const quickReach = (x: number): number => Math.ceil(16 * Math.sqrt(x)) + 64;

/**
 * A bound on what plain weights and sums cost a mixture, relative: two roundings a step from the mode, one a term, and the
 * last digits of the mean; 0 where pairs of doubles are used.
 */
export const quickError = (x: number): number => (x <= QUICK_MEAN_MAX ? 2 ** -53 * 4 * quickReach(x) : 0);

/**
 * The same mixture in plain doubles, of terms and their derivatives at once, into `out`. `scratch` holds weights on the way and is
 * the caller's, so that many mixtures take no memory. Answers false where plain doubles would lose digits: then `out` means
 * nothing. Cost: O(√x) multiply-adds.
 */
export function quickMixture(
  x: number,
  terms: Terms,
  epsilon: number,
  beyond: number,
  out: Float64Array,
  scratch: Float64Array,
): boolean {
  if (!(x > 0 && x <= QUICK_MEAN_MAX) || terms.dense === undefined) return false;
  const mode = Math.floor(x);
  const reach = quickReach(x);
  const some = Math.ceil(9 * Math.sqrt(x)) + 16;
  let all = terms.dense(mode + some);
  // positions past the end of sequences that have ended hold nothing
  let q = all[0];
  let known = q.length;
  // the weight of mode + i stands at reach + i
  const shift = reach - mode;
  scratch[reach] = 1;
  let total = 1;
  let value = mode < known ? q[mode] : 0;
  let enough = 0;
  let weight = 1;
  let high = mode;
  const highest = mode + reach;
  for (;;) {
    if (high === highest) return false;
    high++;
    if (high >= known) {
      all = terms.dense(high + some);
      q = all[0];
      known = q.length;
    }
    weight *= x / high;
    scratch[high + shift] = weight;
    total += weight;
    if (high < known) value += weight * q[high];
    if (weight > epsilon * total) continue;
    if (enough > 0) {
      if (weight <= beyond * enough) break;
      continue;
    }
    const ratio = x / (high + 1);
    const tail = (weight * ratio) / (1 - ratio);
    if (tail > epsilon * total) continue;
    const rest = tail * terms.boundFrom(high + 1) + (tail / (1 - ratio)) * terms.growthFrom(high + 1);
    if (rest > epsilon * value) continue;
    if (beyond === 1) break;
    enough = weight;
  }
  weight = 1;
  let low = mode;
  const lowest = mode - reach;
  while (low > 0) {
    if (low === lowest) return false;
    weight *= low / x;
    low--;
    scratch[low + shift] = weight;
    total += weight;
    if (low < known) value += weight * q[low];
    if (weight > epsilon * total) continue;
    const ratio = low / x;
    const tail = (weight * ratio) / (1 - ratio);
    if (tail * terms.boundUntil(low) <= epsilon * value) break;
  }
  out[0] = value / total;
  const end = Math.min(high, known - 1);
  for (let c = 1; c < out.length; c++) {
    const slope = all[c];
    let sum = 0;
    for (let k = low; k <= end; k++) sum += scratch[k + shift] * slope[k];
    out[c] = sum / total;
  }
  return true;
}

/** Room for the weights of any mixture that is quick, of a mean up to x. */
export const quickScratch = (x = QUICK_MEAN_MAX): Float64Array =>
  new Float64Array(2 * quickReach(Math.min(x, QUICK_MEAN_MAX)) + 1);

/**
 * The weights that are larger than `least` times the largest, in plain doubles; undefined where those would lose digits. Cost: as many steps as
 * there are weights.
 */
export function quickWeights(x: number, least: number): Window | undefined {
  if (!(x > 0 && x <= QUICK_MEAN_MAX)) return undefined;
  const mode = Math.floor(x);
  const reach = quickReach(x);
  const from = Math.max(0, mode - reach);
  const weights = new Float64Array(mode + reach + 1 - from);
  let total = 1;
  let weight = 1;
  weights[mode - from] = 1;
  let high = mode;
  while (weight > least && weight > 0) {
    if (high - mode === reach) return undefined;
    high++;
    weight *= x / high;
    weights[high - from] = weight;
    total += weight;
  }
  weight = 1;
  let low = mode;
  while (low > 0 && weight > least && weight > 0) {
    if (low === from) return undefined;
    weight *= low / x;
    low--;
    weights[low - from] = weight;
    total += weight;
  }
  const window = weights.subarray(low - from, high - from + 1);
  for (let i = 0; i < window.length; i++) window[i] /= total;
  return { low, weights: window };
}

/** Unscaled weights on both sides of the mode, one at a time, by recurrence in pairs of doubles. */
class Sides {
  readonly total = new CompensatedSum();
  low: number;
  high: number;
  /** The weight just made. */
  weight = 1;
  readonly #x: TwoDouble;
  readonly #ups: number[] = [1];
  readonly #downs: number[] = [];
  /** The last weight above the mode and the last below. */
  readonly #last = Float64Array.of(1, 0, 1, 0);
  readonly #next = new Float64Array(2);

  constructor(x: TwoDouble) {
    this.#x = x;
    this.low = this.high = Math.floor(x[0]);
    this.total.add(1);
  }

  up(): boolean {
    const next = this.#next;
    multiplyInto(next, 0, this.#last[0], this.#last[1], this.#x[0], this.#x[1]);
    divideInto(next, 0, next[0], next[1], this.high + 1, 0);
    if (!this.#took(0)) return false;
    this.high++;
    this.#ups.push(this.weight);
    return true;
  }

  down(): boolean {
    if (this.low === 0) return false;
    const next = this.#next;
    multiplyInto(next, 0, this.#last[2], this.#last[3], this.low, 0);
    divideInto(next, 0, next[0], next[1], this.#x[0], this.#x[1]);
    if (!this.#took(2)) return false;
    this.low--;
    this.#downs.push(this.weight);
    return true;
  }

  window(): Window {
    const total = this.total.sum;
    const weights = new Float64Array(this.#downs.length + this.#ups.length);
    const mode = this.#downs.length;
    for (let i = 0; i < mode; i++) weights[mode - 1 - i] = this.#downs[i] / total;
    for (let i = 0; i < this.#ups.length; i++) weights[mode + i] = this.#ups[i] / total;
    return { low: this.low, weights };
  }

  #took(side: 0 | 2): boolean {
    this.weight = this.#next[0];
    // NaN ends here too: the loops over a side have no other way out
    if (!(this.weight >= SMALLEST && this.weight < Infinity)) return false;
    this.#last[side] = this.#next[0];
    this.#last[side + 1] = this.#next[1];
    this.total.add(this.weight);
    return true;
  }
}
