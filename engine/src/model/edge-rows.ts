/**
 * Edges in the order in which exploration finds them, one row after the other. A row is written aside first; when it is
 * complete it is sorted by target, parallel edges are merged and what is 0 at every θ is left out, so that the rows
 * are those of the graph and nothing of it is held twice.
 */
import { GrowableFloats, GrowableInts } from "../base/growable.js";
import type { TableBuilder } from "../expression/table.js";
import type { EdgeRows } from "./explored.js";

/** The edges of one vertex as its rule gives them. */
export class Row {
  readonly #dimension: number;
  length = 0;
  targets = new Int32Array(64);
  bases = new Float64Array(64);
  coefficients: Float64Array;
  /** Node of the part that is not affine, −1 for none. */
  formulas = new Int32Array(64);
  /** Whether any edge has such a part. */
  someFormula = false;

  constructor(dimension: number) {
    this.#dimension = dimension;
    this.coefficients = new Float64Array(64 * dimension);
  }

  /** An edge whose weight is base + Σ coefficients[k] θ_k + node; no coefficients are zeros, and −1 is no node. */
  add(target: number, base: number, coefficients: ArrayLike<number> | undefined, node: number): void {
    const dimension = this.#dimension;
    const e = this.length++;
    if (e === this.targets.length) this.#grow();
    this.targets[e] = target;
    this.bases[e] = base;
    this.formulas[e] = node;
    if (node >= 0) this.someFormula = true;
    const all = this.coefficients;
    const at = e * dimension;
    if (coefficients === undefined) for (let k = 0; k < dimension; k++) all[at + k] = 0;
    else for (let k = 0; k < dimension; k++) all[at + k] = coefficients[k];
  }

  clear(): void {
    this.length = 0;
    this.someFormula = false;
  }

  /** Whether another row holds the same edges in the same order. */
  equals(other: Row): boolean {
    if (other.length !== this.length) return false;
    const same = (a: Int32Array | Float64Array, b: Int32Array | Float64Array, length: number): boolean => {
      for (let i = 0; i < length; i++) if (!Object.is(a[i], b[i])) return false;
      return true;
    };
    return (
      same(this.targets, other.targets, this.length) &&
      same(this.bases, other.bases, this.length) &&
      same(this.formulas, other.formulas, this.length) &&
      same(this.coefficients, other.coefficients, this.length * this.#dimension)
    );
  }

  /** The first edge whose weight is a number below 0. */
  negative(): number | undefined {
    const dimension = this.#dimension;
    for (let e = 0; e < this.length; e++) {
      if (!(this.bases[e] < 0)) continue;
      let constant = this.formulas[e] < 0;
      for (let k = 0; k < dimension; k++) constant &&= this.coefficients[e * dimension + k] === 0;
      if (constant) return e;
    }
    return undefined;
  }

  #grow(): void {
    const doubled = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.targets = doubled(this.targets, new Int32Array(2 * this.targets.length));
    this.bases = doubled(this.bases, new Float64Array(2 * this.bases.length));
    this.formulas = doubled(this.formulas, new Int32Array(2 * this.formulas.length));
    this.coefficients = doubled(this.coefficients, new Float64Array(2 * this.coefficients.length));
  }
}

export class EdgeRowsBuilder {
  readonly #dimension: number;
  readonly #keepsLoops: boolean;
  readonly #table: TableBuilder;
  readonly #rowStart = new GrowableInts();
  readonly #targets = new GrowableInts();
  readonly #bases = new GrowableFloats();
  readonly #coefficients = new GrowableFloats();
  readonly #formulas = new GrowableInts();
  #someFormula = false;
  /** Edges of the row at hand by target; merging needs a second list. */
  readonly #order: [GrowableInts, GrowableInts] = [new GrowableInts(), new GrowableInts()];

  constructor(dimension: number, keepsLoops: boolean, table: TableBuilder) {
    this.#dimension = dimension;
    this.#keepsLoops = keepsLoops;
    this.#table = table;
    this.#rowStart.push(0);
  }

  get count(): number {
    return this.#targets.length;
  }

  /** Adds the row of the next vertex. Cost: O(n log n) for n edges, less when they are few or almost sorted. */
  close(row: Row): void {
    const dimension = this.#dimension;
    const length = row.length;
    const vertex = this.#rowStart.length - 1;
    const first = this.#targets.length;
    this.#targets.reserve(length);
    this.#bases.reserve(length);
    this.#coefficients.reserve(length * dimension);
    const targets = this.#targets.values;
    const bases = this.#bases.values;
    const coefficients = this.#coefficients.values;
    const order = this.#sorted(row);
    const withFormulas = row.someFormula || this.#someFormula;
    if (withFormulas) this.#startFormulas(first, length);
    const formulas = this.#formulas.values;

    const { targets: rowTargets, bases: rowBases, coefficients: rowCoefficients, formulas: rowFormulas } = row;
    let kept = first;
    for (let i = 0; i < length; ) {
      const target = rowTargets[order[i]];
      if (target === vertex && !this.#keepsLoops) {
        i++;
        continue;
      }
      let base = 0;
      let node = -1;
      const at = kept * dimension;
      for (let k = 0; k < dimension; k++) coefficients[at + k] = 0;
      for (; i < length && rowTargets[order[i]] === target; i++) {
        const e = order[i];
        base += rowBases[e];
        for (let k = 0; k < dimension; k++) coefficients[at + k] += rowCoefficients[e * dimension + k];
        if (rowFormulas[e] < 0) continue;
        node = node < 0 ? rowFormulas[e] : this.#table.binary("sum", node, rowFormulas[e]);
        const number = this.#table.constantOf(node);
        if (number === undefined) continue;
        base += number;
        node = -1;
      }
      let zero = base === 0 && node < 0;
      for (let k = 0; k < dimension && zero; k++) zero = coefficients[at + k] === 0;
      if (zero) continue;
      targets[kept] = target;
      bases[kept] = base;
      if (withFormulas) formulas[kept] = node;
      kept++;
    }
    this.#targets.length = this.#bases.length = kept;
    this.#coefficients.length = kept * dimension;
    if (withFormulas) this.#formulas.length = kept;
    this.#rowStart.push(kept);
  }

  /** The rows of all vertices; nothing is left here. */
  take(): EdgeRows {
    const count = this.count;
    const formulas = this.#formulas.take();
    return {
      rowStart: this.#rowStart.take(),
      targets: this.#targets.take(),
      bases: this.#bases.take(),
      coefficients: this.#coefficients.take(),
      formulas: formulas.some((node) => node >= 0) ? formulas : new Int32Array(0),
      count,
    };
  }

  /** Room for the nodes of `length` edges from `first` on; all edges before the first formula have none. */
  #startFormulas(first: number, length: number): void {
    this.#someFormula = true;
    const before = this.#formulas.length;
    this.#formulas.reserve(first + length - before);
    this.#formulas.values.fill(-1, before, first);
    this.#formulas.length = first;
  }

  /** Edges of a row by target, those of one target in their order. */
  #sorted(row: Row): Int32Array {
    const [list, other] = this.#order;
    const length = row.length;
    list.length = other.length = 0;
    list.reserve(length);
    const order = list.values;
    const targets = row.targets;
    for (let e = 0; e < length; e++) order[e] = e;
    if (length > INSERTION_MAX) {
      other.reserve(length);
      return mergeSort(order, other.values, targets, length);
    }
    for (let e = 1; e < length; e++) {
      const target = targets[e];
      let i = e;
      for (; i > 0 && targets[order[i - 1]] > target; i--) order[i] = order[i - 1];
      order[i] = e;
    }
    return order;
  }
}

/** Rows up to this length are sorted by insertion. */
const INSERTION_MAX = 48;

/** Stable, bottom-up; answers which of the two lists holds the result. */
function mergeSort(list: Int32Array, other: Int32Array, targets: Int32Array, length: number): Int32Array {
  let [from, to] = [list, other];
  for (let width = 1; width < length; width *= 2, [from, to] = [to, from])
    for (let first = 0; first < length; first += 2 * width) {
      const middle = Math.min(first + width, length);
      const end = Math.min(first + 2 * width, length);
      let [a, b] = [first, middle];
      for (let i = first; i < end; i++)
        to[i] = a < middle && (b >= end || targets[from[a]] <= targets[from[b]]) ? from[a++] : from[b++];
    }
  return from;
}
