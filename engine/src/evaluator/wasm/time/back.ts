/** A sweep backwards in WebAssembly: product and outer product in one pass over the edges. */
import type { BackSteps, BackSums, DualVector, StepTable } from "../../reference/system.js";
import { type Arena, type Item, padded, SCRATCH } from "./arena.js";
import type { SweepKernels } from "./kernels.js";
import type { PairNumbers } from "./pattern.js";

/** Vectors of each part: b, what it becomes, sums over exits, a_k; then those of columns. */
const B = 0;
const NEXT = 1;
const EXITS = 2;
const A = 3;
const COLUMNS = 4;

export class WasmBack implements BackSteps, Item {
  at = 0;
  readonly bytes: number;
  readonly #arena: Arena;
  readonly #kernels: SweepKernels;
  readonly #table: StepTable;
  readonly #numbers: readonly PairNumbers[];
  readonly #columns: readonly DualVector[];
  readonly #parts: number;
  readonly #stride: number;
  readonly #needed: readonly Item[];
  /** All of it while it is not in memory. */
  #saved: Float64Array | undefined;

  constructor(
    arena: Arena,
    kernels: SweepKernels,
    table: StepTable,
    numbers: readonly PairNumbers[],
    columns: readonly DualVector[],
  ) {
    this.#arena = arena;
    this.#kernels = kernels;
    this.#table = table;
    this.#numbers = numbers;
    this.#columns = columns;
    this.#parts = 1 + table.tangents.length;
    this.#stride = padded(8 * table.system.size);
    this.bytes = this.#parts * this.#partBytes;
    this.#needed = [numbers[0].pairs, ...numbers, this];
    arena.require(this.#needed);
  }

  /** Vectors, with a column's entries and sums, and the sums over edges. */
  get #partBytes(): number {
    return (COLUMNS + 2 * this.#columns.length) * this.#stride + 8 * this.#numbers[0].pairs.edgeOf.length;
  }

  #vector(part: number, which: number): number {
    return this.at + part * this.#partBytes + which * this.#stride;
  }

  #edges(part: number): number {
    return this.#vector(part, COLUMNS + 2 * this.#columns.length);
  }

  step(a: readonly Float64Array[], scale: number, weights: readonly (readonly number[])[]): void {
    this.#arena.require(this.#needed);
    const { f64 } = this.#arena;
    const { size, kind } = this.#table.system;
    for (let x = 0; x < this.#parts; x++) f64.set(a[x], this.#vector(x, A) / 8);
    const k = this.#kernels;
    const { pairs } = this.#numbers[0];
    const [counts, indices, weightsAt, stays] = [
      pairs.entriesFrom(0),
      pairs.indicesFrom(0),
      this.#numbers[0].weightsFrom(0),
      this.#numbers[0].staysFrom(0),
    ];
    // sums over edges and exits are kept without the scale of a, which is all but always 1
    f64[SCRATCH.factor / 8] = kind === "continuous" ? 1 : 0;
    if (scale !== 1)
      for (let x = 0; x < this.#parts; x++) {
        const start = this.#vector(x, A) / 8;
        for (let i = start; i < start + size; i++) f64[i] *= scale;
      }
    for (let x = 0; x < this.#parts; x++) {
      const [b, next, exits, edges] = [
        this.#vector(x, B),
        this.#vector(x, NEXT),
        this.#vector(x, EXITS),
        this.#edges(x),
      ];
      k.back(
        pairs.count,
        counts,
        indices,
        weightsAt,
        stays,
        b,
        b,
        next,
        this.#vector(0, A),
        edges,
        exits,
        SCRATCH.factor,
      );
      if (x === 0) continue;
      const value = this.#vector(0, B);
      const tangent = this.#numbers[x];
      k.add(pairs.count, counts, indices, tangent.weightsFrom(0), tangent.staysFrom(0), value, value, next);
      k.outer(pairs.count, counts, indices, value, value, this.#vector(x, A), edges, exits, SCRATCH.factor);
    }
    for (let x = 0; x < this.#parts; x++) {
      const next = this.#vector(x, NEXT) / 8;
      f64.copyWithin(this.#vector(x, B) / 8, next, next + size);
    }
    this.#columns.forEach((_, c) => {
      const [weight, weightTangent] = weights[c];
      const [own, sums] = [COLUMNS + 2 * c, COLUMNS + 2 * c + 1];
      this.#scaled(this.#vector(0, own), this.#vector(0, B), weight);
      this.#scaled(this.#vector(0, A), this.#vector(0, sums), weight);
      if (this.#parts === 1) return;
      this.#scaled(this.#vector(0, own), this.#vector(1, B), weightTangent);
      this.#scaled(this.#vector(1, own), this.#vector(1, B), weight);
      this.#scaled(this.#vector(0, A), this.#vector(1, sums), weightTangent);
      this.#scaled(this.#vector(1, A), this.#vector(1, sums), weight);
    });
  }

  finish(): readonly BackSums[] {
    this.#arena.require(this.#needed);
    const { f64 } = this.#arena;
    const { size, targets } = this.#table.system;
    const { edgeOf } = this.#numbers[0].pairs;
    const read = (at: number): Float64Array => f64.slice(at / 8, at / 8 + size);
    return Array.from({ length: this.#parts }, (_, x) => {
      const weights = new Float64Array(targets.length);
      const start = this.#edges(x) / 8;
      for (let k = 0; k < edgeOf.length; k++) if (edgeOf[k] >= 0) weights[edgeOf[k]] = f64[start + k];
      return {
        weights,
        exits: read(this.#vector(x, EXITS)),
        initial: read(this.#vector(x, B)),
        columns: this.#columns.map((_, c) => read(this.#vector(x, COLUMNS + 2 * c + 1))),
      };
    });
  }

  #scaled(from: number, to: number, factor: number): void {
    if (factor === 0) return;
    this.#arena.f64[SCRATCH.factor / 8] = factor;
    this.#kernels.scaled(this.#stride / 16, from, to, SCRATCH.factor);
  }

  load({ f64 }: Arena): void {
    const start = this.at / 8;
    if (this.#saved !== undefined) {
      f64.set(this.#saved, start);
      this.#saved = undefined;
      return;
    }
    f64.fill(0, start, start + this.bytes / 8);
    this.#columns.forEach(({ value, tangents }, c) => {
      [value, ...tangents].forEach((x, part) => {
        f64.set(x, this.#vector(part, COLUMNS + 2 * c) / 8);
      });
    });
  }

  save({ f64 }: Arena): void {
    this.#saved = f64.slice(this.at / 8, (this.at + this.bytes) / 8);
  }
}
