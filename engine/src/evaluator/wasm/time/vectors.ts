/** The vectors of one sweep in WebAssembly memory, or in plain arrays while others have the room. */
import type { DualVector, SweepState, SweepVectors } from "../../reference/system.js";
import { type Reached, startOf } from "../../reference/time/sweep-vectors.js";
import { type Arena, type Item, padded, SCRATCH } from "./arena.js";
import type { SweepKernels } from "./kernels.js";
import type { PairNumbers } from "./pattern.js";

/** The numbers of a table as kernels read them, the value's and then each derivative's. */
export interface TableNumbers {
  readonly coarse: readonly PairNumbers[];
  /** Made when first wanted. */
  readonly fine: () => readonly PairNumbers[];
}

/** A column in memory. */
export class Column implements Item {
  at = 0;
  readonly bytes: number;
  readonly #values: Float64Array;

  constructor(values: Float64Array) {
    this.#values = values;
    this.bytes = padded(8 * values.length);
  }

  load({ f64 }: Arena): void {
    f64.set(this.#values, this.at / 8);
    // an odd one is filled up
    if (this.bytes > 8 * this.#values.length) f64[this.at / 8 + this.#values.length] = 0;
  }

  save(): void {}
}

/** Of one side of a sweep: the step that it is at, or the one before. */
interface Side {
  low: number;
  high: number;
}

export class WasmVectors implements SweepVectors, Item {
  at = 0;
  bytes: number;
  readonly #arena: Arena;
  readonly #kernels: SweepKernels;
  readonly #numbers: TableNumbers;
  readonly #columnOf: (values: Float64Array) => Column;
  readonly #reached: Reached;
  readonly #size: number;
  readonly #count: number;
  readonly #sums: number;
  /** Bytes from one vector to the next. */
  readonly #stride: number;
  #needed: readonly Item[];
  #fine: readonly PairNumbers[] | undefined;
  /** Which half of the vectors the present step is in. */
  #half = 0;
  readonly #sides: readonly [Side, Side];
  /** What it is while it is not in memory. */
  #saved: SweepState;

  constructor(
    arena: Arena,
    kernels: SweepKernels,
    numbers: TableNumbers,
    columnOf: (values: Float64Array) => Column,
    reached: Reached,
    initial: DualVector,
    sums: number,
  ) {
    this.#sums = sums;
    this.#arena = arena;
    this.#kernels = kernels;
    this.#numbers = numbers;
    this.#columnOf = columnOf;
    this.#reached = reached;
    this.#size = initial.value.length;
    this.#count = 1 + initial.tangents.length;
    this.#stride = padded(8 * this.#size);
    this.bytes = (2 + sums) * this.#count * this.#stride;
    this.#saved = startOf(initial, sums);
    this.#sides = [
      { low: 0, high: this.#size - 1 },
      { low: 0, high: -1 },
    ];
    this.#needed = [numbers.coarse[0].pairs, ...numbers.coarse, this];
    arena.require(this.#needed);
  }

  get low(): number {
    return this.#sides[this.#half].low;
  }

  get high(): number {
    return this.#sides[this.#half].high;
  }

  value(vector: number): Float64Array {
    return this.at === 0 ? this.#saved.current.his[vector] : this.#view(this.#half, vector);
  }

  rest(vector: number): Float64Array | undefined {
    if (this.#fine === undefined) return undefined;
    return this.at === 0 ? this.#saved.current.los[vector] : this.#view(this.#half, this.#count + vector);
  }

  previous(vector: number): Float64Array {
    return this.at === 0 ? this.#saved.previous.his[vector] : this.#view(1 - this.#half, vector);
  }

  previousRest(vector: number): Float64Array | undefined {
    if (this.#fine === undefined) return undefined;
    return this.at === 0 ? this.#saved.previous.los[vector] : this.#view(1 - this.#half, this.#count + vector);
  }

  /** Twice the vectors: it moves to another place. */
  refine(): void {
    if (this.#fine !== undefined) return;
    const { current, previous, sums } = this.state;
    const zeros = (): Float64Array[] => Array.from({ length: this.#count }, () => new Float64Array(this.#size));
    this.#arena.forget(this);
    this.#saved = { current: { ...current, los: zeros() }, previous: { ...previous, los: zeros() }, sums };
    this.#fine = this.#numbers.fine();
    this.bytes = (4 + this.#sums) * this.#count * this.#stride;
    const columns = this.#needed.filter((item) => item instanceof Column);
    this.#needed = [this.#fine[0].pairs, ...this.#fine, ...columns, this];
  }

  step(): void {
    this.#arena.require(this.#needed);
    const { f64 } = this.#arena;
    const from = this.#sides[this.#half];
    const to = this.#sides[1 - this.#half];
    const reached = this.#reached.from(from.low, from.high);
    // rows go in pairs
    const low = reached.low & ~1;
    const end = (reached.high + 2) & ~1;
    // of others nothing is written
    for (let x = 0; x < this.#perHalf; x++) {
      const start = this.#address(1 - this.#half, x) / 8;
      if (to.low < low) f64.fill(0, start + to.low, start + Math.min(low, to.high + 1));
      if (to.high >= end) f64.fill(0, start + Math.max(end, to.low), start + to.high + 1);
    }
    to.low = reached.low;
    to.high = reached.high;
    if (reached.low <= reached.high)
      for (let x = 0; x < this.#count; x++) {
        this.#product(x, x, 0, low, end, false);
        if (x > 0) this.#product(0, x, x, low, end, true);
      }
    this.#half = 1 - this.#half;
  }

  /** Of rows low … end − 1, both even. */
  #product(from: number, to: number, matrix: number, low: number, end: number, adds: boolean): void {
    const x = this.#address(this.#half, from);
    const y = this.#address(1 - this.#half, to) + 8 * low;
    const [first, rows] = [low / 2, (end - low) / 2];
    const fine = this.#fine?.[matrix];
    const numbers = fine ?? this.#numbers.coarse[matrix];
    const { pairs } = numbers;
    const [entries, indices] = [pairs.entriesFrom(first), pairs.indicesFrom(first)];
    const weights = numbers.weightsFrom(first);
    if (fine === undefined) {
      const run = adds ? this.#kernels.add : this.#kernels.gather;
      run(rows, entries, indices, weights, numbers.staysFrom(first), x, x + 8 * low, y);
      return;
    }
    const run = adds ? this.#kernels.fineAdd : this.#kernels.fine;
    const rests = this.#count * this.#stride;
    run(rows, entries, indices, weights, fine.restsFrom(first), x, x + rests, y, y + rests);
  }

  sum(): number {
    this.#arena.require([this]);
    const side = this.#sides[this.#half];
    const { low, high } = side;
    const { f64 } = this.#arena;
    let sum = 0;
    if (low <= high) {
      this.#kernels.sum(this.#pairs(), this.#from(0), SCRATCH.result);
      sum = f64[SCRATCH.result / 8];
    }
    while (side.low <= side.high && this.#empty(side.low)) side.low++;
    while (side.high >= side.low && this.#empty(side.high)) side.high--;
    return sum;
  }

  #empty(position: number): boolean {
    const { f64 } = this.#arena;
    for (let x = 0; x < this.#count; x++) if (f64[this.#address(this.#half, x) / 8 + position] !== 0) return false;
    return true;
  }

  dot(vector: number, column: Float64Array): number {
    const item = this.#columnOf(column);
    if (this.at === 0 || item.at === 0) {
      // from now on together, so that steps and products do not push each other out
      if (!this.#needed.includes(item)) this.#needed = [...this.#needed, item];
      this.#arena.require(this.#needed);
    }
    if (this.low > this.high) return 0;
    this.#kernels.dot(this.#pairs(), this.#from(vector), item.at + 8 * (this.low & ~1), SCRATCH.result);
    return this.#arena.f64[SCRATCH.result / 8];
  }

  rescale(factor: number): void {
    this.#arena.require([this]);
    const { f64 } = this.#arena;
    for (let x = 0; x < this.#perHalf; x++) {
      const start = this.#address(this.#half, x) / 8;
      for (let i = start + this.low; i <= start + this.high; i++) f64[i] *= factor;
    }
  }

  addTo(sum: number, factor: number): void {
    this.#arena.require([this]);
    if (this.low > this.high) return;
    this.#arena.f64[SCRATCH.factor / 8] = factor;
    const start = 8 * (this.low & ~1);
    for (let x = 0; x < this.#count; x++)
      this.#kernels.scaled(this.#pairs(), this.#from(x), this.#sumAddress(sum, x) + start, SCRATCH.factor);
  }

  total(sum: number): readonly Float64Array[] {
    if (this.at === 0) return this.#saved.sums[sum];
    return Array.from({ length: this.#count }, (_, x) => this.#viewAt(this.#sumAddress(sum, x)));
  }

  get state(): SweepState {
    if (this.at !== 0) this.save();
    return this.#saved;
  }

  load({ f64 }: Arena): void {
    const put = (x: Float64Array, address: number): void => {
      f64.set(x, address / 8);
      if (this.#stride > 8 * this.#size) f64[address / 8 + this.#size] = 0;
    };
    const { current, previous, sums } = this.#saved;
    [current, previous].forEach(({ his, los }, k) => {
      const half = k === 0 ? this.#half : 1 - this.#half;
      [...his, ...los].forEach((x, vector) => {
        put(x, this.#address(half, vector));
      });
    });
    sums.forEach((all, sum) => {
      all.forEach((x, vector) => {
        put(x, this.#sumAddress(sum, vector));
      });
    });
    this.#saved = NOTHING;
  }

  save(): void {
    const side = (half: number): SweepState["current"] => {
      const { low, high } = this.#sides[half];
      const all = Array.from({ length: this.#perHalf }, (_, x) => this.#view(half, x).slice());
      return { his: all.slice(0, this.#count), los: all.slice(this.#count), low, high };
    };
    const sums = Array.from({ length: this.#sums }, (_, sum) => this.total(sum).map((x) => x.slice()));
    this.#saved = { current: side(this.#half), previous: side(1 - this.#half), sums };
  }

  /** Vectors of one half, lower doubles included; sums come after both. */
  get #perHalf(): number {
    return this.#fine === undefined ? this.#count : 2 * this.#count;
  }

  #address(half: number, vector: number): number {
    return this.at + (half * this.#perHalf + vector) * this.#stride;
  }

  #sumAddress(sum: number, vector: number): number {
    return this.at + (2 * this.#perHalf + sum * this.#count + vector) * this.#stride;
  }

  #view(half: number, vector: number): Float64Array {
    return this.#viewAt(this.#address(half, vector));
  }

  #viewAt(address: number): Float64Array {
    return this.#arena.f64.subarray(address / 8, address / 8 + this.#size);
  }

  /** Where sums over the span begin, and how many pairs they take: whole pairs, what is outside the span being 0. */
  #from(vector: number): number {
    return this.#address(this.#half, vector) + 8 * (this.low & ~1);
  }

  #pairs(): number {
    return (this.high >> 1) - (this.low >> 1) + 1;
  }
}

const EMPTY = { his: [], los: [], low: 0, high: -1 };
/** Instead of a state that is in memory. */
const NOTHING: SweepState = { current: EMPTY, previous: EMPTY, sums: [] };
