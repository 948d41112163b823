/**
 * The vectors of a sweep and the products that move them on: in plain JavaScript here, and by whom a system names. A vector is
 * the value or one of the d derivatives, in this order. Only the span of positions that carry anything is touched: what falls
 * out of the normal range is 0.
 */
import type { DualVector, Span, StepMatrix, StepTable, SweepState, SweepVectors, TransientSystem } from "../system.js";
import { addProduct, addProductFine, addScaled, dotOver, renormalize } from "./sweep-kernels.js";

/** Thrown by vectors that have no room to go on, and have not begun to. */
export class NoRoom extends Error {}

/** Smallest and largest position that one step can reach from each position, itself included; then from each block of positions. */
export interface Reach {
  readonly lowest: Int32Array;
  readonly highest: Int32Array;
  readonly blockLowest: Int32Array;
  readonly blockHighest: Int32Array;
}

const BLOCK = 64;

export function reachOf({ size, rowStart, targets }: TransientSystem): Reach {
  const lowest = Int32Array.from({ length: size }, (_, i) => i);
  const highest = lowest.slice();
  const blockLowest = new Int32Array(Math.ceil(size / BLOCK)).fill(size);
  const blockHighest = new Int32Array(blockLowest.length).fill(-1);
  for (let i = 0; i < size; i++) {
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
      if (targets[e] < lowest[i]) lowest[i] = targets[e];
      if (targets[e] > highest[i]) highest[i] = targets[e];
    }
    const block = Math.floor(i / BLOCK);
    if (lowest[i] < blockLowest[block]) blockLowest[block] = lowest[i];
    if (highest[i] > blockHighest[block]) blockHighest[block] = highest[i];
  }
  return { lowest, highest, blockLowest, blockHighest };
}

/** Where one step from a span leads. */
export class Reached {
  low = 0;
  high = -1;
  readonly #reach: Reach;
  #fromLow = 0;
  #fromHigh = -2;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  from(low: number, high: number): this {
    if (this.#fromLow === low && this.#fromHigh === high) return this;
    const { lowest, highest, blockLowest, blockHighest } = this.#reach;
    this.#fromLow = low;
    this.#fromHigh = high;
    this.low = lowest.length;
    this.high = -1;
    for (let i = low; i <= high; ) {
      const block = i / BLOCK;
      const whole = i % BLOCK === 0 && i + BLOCK - 1 <= high;
      this.low = Math.min(this.low, whole ? blockLowest[block] : lowest[i]);
      this.high = Math.max(this.high, whole ? blockHighest[block] : highest[i]);
      i += whole ? BLOCK : 1;
    }
    return this;
  }
}

/** Starts at a_0 = α, with so many sums that are 0. */
export function startOf(initial: DualVector, sums: number): SweepState {
  const start = [initial.value, ...initial.tangents];
  const zeros = (): Float64Array[] => start.map((x) => new Float64Array(x.length));
  return {
    current: { his: start.map((x) => x.slice()), los: [], low: 0, high: initial.value.length - 1 },
    previous: { his: zeros(), los: [], low: 0, high: -1 },
    sums: Array.from({ length: sums }, zeros),
  };
}

export class PlainVectors implements SweepVectors {
  readonly #table: StepTable;
  readonly #reached: Reached;
  readonly #sums: readonly (readonly Float64Array[])[];
  #current: Span;
  #next: Span;

  /** Takes over the state. */
  constructor(table: StepTable, { current, previous, sums }: SweepState) {
    this.#sums = sums;
    this.#table = table;
    this.#reached = new Reached(reachOf(table.system));
    this.#current = { ...current };
    this.#next = { ...previous };
  }

  get low(): number {
    return this.#current.low;
  }

  get high(): number {
    return this.#current.high;
  }

  get state(): SweepState {
    return { current: this.#current, previous: this.#next, sums: this.#sums };
  }

  value(vector: number): Float64Array {
    return this.#current.his[vector];
  }

  rest(vector: number): Float64Array | undefined {
    return this.#current.los[vector];
  }

  previous(vector: number): Float64Array {
    return this.#next.his[vector];
  }

  previousRest(vector: number): Float64Array | undefined {
    return this.#next.los[vector];
  }

  refine(): void {
    if (this.#current.los.length > 0) return;
    for (const span of [this.#current, this.#next]) span.los = span.his.map((x) => new Float64Array(x.length));
  }

  step(): void {
    const { rowStart, targets } = this.#table.system;
    const current = this.#current;
    const next = this.#next;
    for (const x of next.his) x.fill(0, next.low, next.high + 1);
    for (const x of next.los) x.fill(0, next.low, next.high + 1);
    const { low, high } = current;
    const reached = this.#reached.from(low, high);
    next.low = reached.low;
    next.high = reached.high;
    const apply = (from: number, to: number, matrix: StepMatrix) => {
      const { moves, stays, stayRests } = matrix;
      const x = current.his[from];
      const xRest = current.los[from];
      const y = next.his[to];
      if (xRest === undefined) {
        addProduct(x, y, low, high, rowStart, targets, moves, stays, stayRests);
        return;
      }
      const { moveRests, fineStayRests } = matrix;
      addProductFine(x, xRest, y, next.los[to], low, high, rowStart, targets, moves, moveRests, stays, fineStayRests);
    };
    apply(0, 0, this.#table.value);
    this.#table.tangents.forEach((tangent, d) => {
      apply(1 + d, 1 + d, this.#table.value);
      apply(0, 1 + d, tangent);
    });
    next.los.forEach((lo, x) => {
      renormalize(next.his[x], lo, next.low, next.high);
    });
    this.#next = current;
    this.#current = next;
  }

  sum(): number {
    const span = this.#current;
    const { his } = span;
    const value = his[0];
    let sum = 0;
    for (let i = span.low; i <= span.high; i++) sum += value[i];
    const empty = (i: number) => his.every((x) => x[i] === 0);
    while (span.low <= span.high && empty(span.low)) span.low++;
    while (span.high >= span.low && empty(span.high)) span.high--;
    return sum;
  }

  dot(vector: number, column: Float64Array): number {
    return dotOver(this.value(vector), column, this.low, this.high);
  }

  rescale(factor: number): void {
    const { his, los, low, high } = this.#current;
    for (const x of [...his, ...los]) for (let i = low; i <= high; i++) x[i] *= factor;
  }

  addTo(sum: number, factor: number): void {
    this.#sums[sum].forEach((to, x) => {
      addScaled(to, this.value(x), factor, this.low, this.high);
    });
  }

  total(sum: number): readonly Float64Array[] {
    return this.#sums[sum];
  }
}
