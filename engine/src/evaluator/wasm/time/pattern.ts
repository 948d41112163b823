/**
 * Which entries of a vector each row of a product gathers, two rows side by side, as kernels read them: for a step forwards the edges into
 * a position, for a step backwards those out of it.
 */
import type { StepMatrix, TransientSystem } from "../../reference/system.js";
import { type Arena, type Item, padded } from "./arena.js";

/** In place of an edge: none, and the diagonal. */
const FILLER = -1;
const DIAGONAL = -2;

export type Direction = "in" | "out";

/** Of one pattern and direction; shared by all tables over it. Rows go in pairs, entries too: one of each row. */
export class RowPairs implements Item {
  at = 0;
  readonly bytes: number;
  /** Pairs of rows. */
  readonly count: number;
  /** The edge of each entry, or what stands for it. */
  readonly edgeOf: Int32Array;
  /** First entry of each pair of rows. */
  readonly #start: Int32Array;
  readonly #columns: Int32Array;

  /** `diagonal`: with each row's own entry first. Edges whose weight is 0 among those given are left out. */
  constructor(system: TransientSystem, direction: Direction, diagonal = false, weights?: Float64Array) {
    const { size, rowStart, targets } = system;
    this.count = (size + 1) >> 1;
    const first = diagonal ? 1 : 0;
    /** Of each row, entries so far; a row that fills up the last pair has none. */
    const filled = new Int32Array(2 * this.count).fill(first, 0, size);
    const each = (visit: (row: number, column: number, e: number) => void): void => {
      for (let i = 0; i < size; i++)
        for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
          if (weights !== undefined && weights[e] === 0) continue;
          if (direction === "out") visit(i, targets[e], e);
          else visit(targets[e], i, e);
        }
    };
    each((row) => {
      filled[row]++;
    });
    this.#start = new Int32Array(this.count + 1);
    for (let r = 0; r < this.count; r++)
      this.#start[r + 1] = this.#start[r] + 2 * Math.max(filled[2 * r], filled[2 * r + 1]);
    const entries = this.#start[this.count];
    this.edgeOf = new Int32Array(entries).fill(FILLER);
    this.#columns = new Int32Array(entries);
    for (let i = 0; i < filled.length; i++) {
      const own = this.#start[i >> 1] + (i & 1);
      // a filler, and the diagonal, reads what is at hand
      for (let k = own; k < this.#start[(i >> 1) + 1]; k += 2) this.#columns[k] = i;
      if (diagonal && i < size) this.edgeOf[own] = DIAGONAL;
      filled[i] = own + 2 * first;
    }
    each((row, column, e) => {
      const to = filled[row];
      filled[row] += 2;
      this.edgeOf[to] = e;
      this.#columns[to] = column;
    });
    this.bytes = padded(4 * this.count) + padded(4 * entries);
  }

  /** Addresses for a call that begins with this pair of rows. */
  entriesFrom(pair: number): number {
    return this.at + 4 * pair;
  }

  indicesFrom(pair: number): number {
    return this.at + padded(4 * this.count) + 4 * this.#start[pair];
  }

  /** The first entry of a pair of rows. */
  entryOf(pair: number): number {
    return this.#start[pair];
  }

  load({ i32 }: Arena): void {
    const lengths = this.at / 4;
    for (let r = 0; r < this.count; r++) i32[lengths + r] = (this.#start[r + 1] - this.#start[r]) / 2;
    const indices = (this.at + padded(4 * this.count)) / 4;
    for (let k = 0; k < this.#columns.length; k++) i32[indices + k] = 8 * this.#columns[k];
  }

  save(): void {}
}

/** Weights of the edges of a matrix in that order, and what stays. */
export class PairNumbers implements Item {
  at = 0;
  readonly bytes: number;
  readonly pairs: RowPairs;
  readonly #matrix: StepMatrix;
  readonly #fine: boolean;

  /** `fine`: with what the roundings took, the diagonal among the edges. */
  constructor(pairs: RowPairs, matrix: StepMatrix, fine = false) {
    this.pairs = pairs;
    this.#matrix = matrix;
    this.#fine = fine;
    this.bytes = 8 * pairs.edgeOf.length + (fine ? 8 * pairs.edgeOf.length : 32 * pairs.count);
  }

  weightsFrom(pair: number): number {
    return this.at + 8 * this.pairs.entryOf(pair);
  }

  /** Of two rows: what stays, then its lower parts. */
  staysFrom(pair: number): number {
    return this.at + 8 * this.pairs.edgeOf.length + 32 * pair;
  }

  restsFrom(pair: number): number {
    return this.at + 8 * this.pairs.edgeOf.length + 8 * this.pairs.entryOf(pair);
  }

  load({ f64 }: Arena): void {
    const { edgeOf, count } = this.pairs;
    const matrix = this.#matrix;
    const { stays } = matrix;
    const weights = this.at / 8;
    const rest = weights + edgeOf.length;
    if (!this.#fine) {
      const { stayRests } = this.#matrix;
      for (let k = 0; k < edgeOf.length; k++) f64[weights + k] = edgeOf[k] < 0 ? 0 : matrix.move(edgeOf[k]);
      // the row that fills up the last pair stays 0
      f64.fill(0, rest + 4 * (count - 1), rest + 4 * count);
      for (let i = 0; i < stays.length; i++) {
        const to = rest + 4 * (i >> 1) + (i & 1);
        f64[to] = stays[i];
        f64[to + 2] = stayRests[i];
      }
      return;
    }
    const { moveRests, fineStayRests } = this.#matrix;
    for (let r = 0; r < count; r++)
      for (let k = this.pairs.entryOf(r); k < this.pairs.entryOf(r + 1); k++) {
        const e = edgeOf[k];
        const row = 2 * r + (k & 1);
        f64[weights + k] = e >= 0 ? matrix.move(e) : e === DIAGONAL ? stays[row] : 0;
        f64[rest + k] = e >= 0 ? moveRests[e] : e === DIAGONAL ? fineStayRests[row] : 0;
      }
  }

  save(): void {}
}
