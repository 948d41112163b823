/**
 * The vectors a_k = α P^k of a sweep and their derivatives ȧ_{k+1} = ȧ_k P + a_k Ṗ, one step at a time. Only the span
 * of positions that carry anything is touched: in long sweeps most states are empty, or so nearly that arithmetic on
 * them would be subnormal and a hundred times slower, so what falls out of the normal range is 0. Vectors are kept
 * scaled by a power of two, so that small survivals lose no state to that rule.
 *
 * A sweep may be refined: from then on its vectors are pairs of doubles. Near a stationary vector the roundings of
 * plain steps repeat and add up, one ulp per step; refined steps leave nothing to add up.
 */
import type { DualVector } from "../system.js";
import type { StepMatrix, StepTable } from "./step-table.js";
import { addProduct, addProductFine, dotOver, renormalize } from "./sweep-kernels.js";

const RESCALE_BELOW = 2 ** -256;

/** The value and the d derivatives of a vector, one after the other. */
interface Span {
  readonly his: readonly Float64Array[];
  /** The lower doubles; none before the sweep is refined. */
  los: readonly Float64Array[];
  /** First and last position that may carry anything; everything outside is 0. */
  low: number;
  high: number;
}

export class Sweep {
  /** What is not absorbed, a_k·e, unscaled. */
  survival = 0;
  /** a_k is `scale` times the vectors held. */
  scale = 1;
  /** True once nothing is left, derivatives included. */
  ended = false;
  readonly table: StepTable;
  /** Smallest and largest position that one step from here can reach, itself included. */
  readonly #lowest: Int32Array;
  readonly #highest: Int32Array;
  readonly #span = { low: 0, high: -2, reachedLow: 0, reachedHigh: -1 };
  #current: Span;
  #next: Span;

  /** Starts at a_0 = α. */
  constructor(table: StepTable, initial: DualVector) {
    const { size, rowStart, targets } = table.system;
    this.table = table;
    this.#lowest = Int32Array.from({ length: size }, (_, i) => i);
    this.#highest = this.#lowest.slice();
    for (let i = 0; i < size; i++)
      for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
        this.#lowest[i] = Math.min(this.#lowest[i], targets[e]);
        this.#highest[i] = Math.max(this.#highest[i], targets[e]);
      }
    const start = [initial.value, ...initial.tangents];
    this.#current = { his: start.map((x) => x.slice()), los: [], low: 0, high: size - 1 };
    this.#next = { his: start.map((x) => new Float64Array(x.length)), los: [], low: 0, high: -1 };
    this.#measure();
  }

  get value(): Float64Array {
    return this.#current.his[0];
  }

  get valueRest(): Float64Array | undefined {
    return this.#current.los[0];
  }

  tangent(direction: number): Float64Array {
    return this.#current.his[1 + direction];
  }

  tangentRest(direction: number): Float64Array | undefined {
    return this.#current.los[1 + direction];
  }

  /** The vector before the last step, in the scale of that time: for comparing directions. */
  get previous(): { readonly his: readonly Float64Array[]; readonly los: readonly Float64Array[] } {
    return this.#next;
  }

  get low(): number {
    return this.#current.low;
  }

  get high(): number {
    return this.#current.high;
  }

  /** Continues with pairs of doubles. */
  refine(): void {
    if (this.#current.los.length > 0) return;
    for (const span of [this.#current, this.#next]) span.los = span.his.map((x) => new Float64Array(x.length));
  }

  /** From a_k to a_{k+1}. Cost: the edges of the positions that carry mass, 1 + 2d times; refined, five times that. */
  step(): void {
    const { rowStart, targets } = this.table.system;
    const current = this.#current;
    const next = this.#next;
    for (const x of next.his) x.fill(0, next.low, next.high + 1);
    for (const x of next.los) x.fill(0, next.low, next.high + 1);
    const { low, high } = current;
    this.#reach(low, high);
    next.low = this.#span.reachedLow;
    next.high = this.#span.reachedHigh;
    const apply = (from: number, to: number, matrix: StepMatrix) => {
      const { moves, moveRests, stays, stayRests, fineStayRests } = matrix;
      const x = current.his[from];
      const xRest = current.los[from];
      const y = next.his[to];
      if (xRest === undefined) addProduct(x, y, low, high, rowStart, targets, moves, stays, stayRests);
      else
        addProductFine(x, xRest, y, next.los[to], low, high, rowStart, targets, moves, moveRests, stays, fineStayRests);
    };
    apply(0, 0, this.table.value);
    this.table.tangents.forEach((tangent, d) => {
      apply(1 + d, 1 + d, this.table.value);
      apply(0, 1 + d, tangent);
    });
    next.los.forEach((lo, x) => {
      renormalize(next.his[x], lo, next.low, next.high);
    });
    this.#next = current;
    this.#current = next;
    this.#measure();
  }

  /** Where one step from a span leads; spans seldom change from one step to the next. */
  #reach(low: number, high: number): void {
    const span = this.#span;
    if (span.low === low && span.high === high) return;
    span.low = low;
    span.high = high;
    span.reachedLow = this.#lowest.length;
    span.reachedHigh = -1;
    for (let i = low; i <= high; i++) {
      if (this.#lowest[i] < span.reachedLow) span.reachedLow = this.#lowest[i];
      if (this.#highest[i] > span.reachedHigh) span.reachedHigh = this.#highest[i];
    }
  }

  /** a_k·q, unscaled. */
  dot(q: Float64Array): number {
    return this.scale * dotOver(this.value, q, this.low, this.high);
  }

  /** ȧ_k·q + a_k·q̇, unscaled. */
  dotTangent(direction: number, q: Float64Array, qTangent: Float64Array): number {
    const { low, high } = this.#current;
    return this.scale * (dotOver(this.tangent(direction), q, low, high) + dotOver(this.value, qTangent, low, high));
  }

  /** Sums over the span, tightens it, rescales. */
  #measure(): void {
    const span = this.#current;
    const { his } = span;
    const value = his[0];
    let survival = 0;
    for (let i = span.low; i <= span.high; i++) survival += value[i];
    const empty = (i: number) => his.every((x) => x[i] === 0);
    while (span.low <= span.high && empty(span.low)) span.low++;
    while (span.high >= span.low && empty(span.high)) span.high--;
    this.ended = span.low > span.high || this.scale === 0;
    this.survival = survival * this.scale;
    if (survival > 0 && survival < RESCALE_BELOW) {
      for (const x of [...his, ...span.los]) for (let i = span.low; i <= span.high; i++) x[i] /= RESCALE_BELOW;
      this.scale *= RESCALE_BELOW;
    }
  }
}
