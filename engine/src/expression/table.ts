/**
 * Formulas of a whole graph as one table: node k has an operation and operands that stand before it, equal nodes are
 * one. What is computed of it stands in `evaluate.ts`, how it is written in `write.ts`.
 *
 * | array       | length | holds                                                             |
 * |-------------|--------|-------------------------------------------------------------------|
 * | `operations`| nodes  | index into `OPERATIONS`                                           |
 * | `left`      | nodes  | left operand, or the index of the parameter; −1 for a constant    |
 * | `right`     | nodes  | right operand, −1 where there is none                             |
 * | `constants` | nodes  | the number of a constant, else 0                                  |
 */
import { IntegerTable } from "../base/integer-table.js";
import { type Binary, type Formula, isUnary, OPERATIONS, type Operation } from "./formula.js";

export interface ExpressionTable {
  readonly operations: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly constants: Float64Array;
}

export const EMPTY_TABLE: ExpressionTable = Object.freeze({
  operations: new Uint8Array(0),
  left: new Int32Array(0),
  right: new Int32Array(0),
  constants: new Float64Array(0),
});

/** Index of each operation in `OPERATIONS`. */
export const CODE = Object.fromEntries(OPERATIONS.map((op, code) => [op, code])) as Readonly<Record<Operation, number>>;
const { constant: CONSTANT, parameter: PARAMETER } = CODE;

export const nodeCount = (table: ExpressionTable): number => table.operations.length;

/** Collects formulas into a table; equal nodes get one id, constants are folded. */
export class TableBuilder {
  readonly #operations: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #constants: number[] = [];
  /** [operation, left, right, both halves of the constant]: equal nodes have equal vectors. */
  readonly #known = new IntegerTable(5);
  readonly #constant = new Float64Array(1);
  readonly #halves = new Int32Array(this.#constant.buffer);
  readonly #trees = new WeakMap<Formula, number>();

  /** Starts with the nodes of another table, which keep their ids. */
  constructor(table: ExpressionTable = EMPTY_TABLE) {
    for (let k = 0; k < table.operations.length; k++)
      this.#node(table.operations[k], table.left[k], table.right[k], table.constants[k]);
  }

  constant(value: number): number {
    return this.#node(CONSTANT, -1, -1, value);
  }

  parameter(index: number): number {
    return this.#node(PARAMETER, index, -1, 0);
  }

  unary(op: Operation, left: number): number {
    return this.#fold(op, left, -1) ?? this.#node(CODE[op], left, -1, 0);
  }

  binary(op: Binary, left: number, right: number): number {
    const [zeroLeft, zeroRight] = [this.#is(left, 0), this.#is(right, 0)];
    if (op === "sum" && zeroLeft) return right;
    if (op === "sum" && zeroRight) return left;
    if (op === "product" && this.#is(left, 1)) return right;
    if ((op === "product" || op === "quotient" || op === "share") && this.#is(right, 1)) return left;
    if (op === "product" && (zeroLeft || zeroRight)) return this.constant(0);
    if (op === "share" && zeroLeft) return this.constant(0);
    return this.#fold(op, left, right) ?? this.#node(CODE[op], left, right, 0);
  }

  /** base + Σ c_k θ_k + the node `rest` (−1: none) as a node. */
  affine(base: number, coefficients: ArrayLike<number>, rest = -1): number {
    let sum = this.constant(base);
    for (let k = 0; k < coefficients.length; k++)
      if (coefficients[k] !== 0)
        sum = this.binary("sum", sum, this.binary("product", this.constant(coefficients[k]), this.parameter(k)));
    return rest < 0 ? sum : this.binary("sum", sum, rest);
  }

  /** `defined` are nodes that stand for parameters from `from` on. */
  add(formula: Formula, from = Infinity, defined: readonly number[] = []): number {
    let id = this.#trees.get(formula);
    if (id === undefined) {
      const inner = (side: Formula): number => this.add(side, from, defined);
      if (formula.op === "constant") id = this.constant(formula.value);
      else if (formula.op === "parameter")
        id = formula.index < from ? this.parameter(formula.index) : defined[formula.index - from];
      else if ("right" in formula) id = this.binary(formula.op, inner(formula.left), inner(formula.right));
      else id = this.unary(formula.op, inner(formula.left));
      this.#trees.set(formula, id);
    }
    return id;
  }

  /** Nodes so far. */
  get count(): number {
    return this.#operations.length;
  }

  /** The number a node is at every θ, undefined when it depends on θ. */
  constantOf(id: number): number | undefined {
    return this.#operations[id] === CONSTANT ? this.#constants[id] : undefined;
  }

  table(): ExpressionTable {
    return {
      operations: Uint8Array.from(this.#operations),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      constants: Float64Array.from(this.#constants),
    };
  }

  #is(id: number, value: number): boolean {
    return this.#operations[id] === CONSTANT && this.#constants[id] === value;
  }

  #fold(op: Operation, left: number, right: number): number | undefined {
    const [l, r] = [this.constantOf(left), right < 0 ? 0 : this.constantOf(right)];
    return l === undefined || r === undefined ? undefined : this.constant(valueAt(CODE[op], l, r));
  }

  #node(operation: number, left: number, right: number, value: number): number {
    this.#constant[0] = value === 0 ? 0 : value;
    const id = this.#known.intern([operation, left, right, this.#halves[0], this.#halves[1]]);
    if (id < this.#operations.length) return id;
    this.#operations.push(operation);
    this.#left.push(left);
    this.#right.push(right);
    this.#constants.push(value);
    return id;
  }
}

/** The first fault of a table that comes from outside, or undefined. Every node then only needs nodes before it. */
export function checkTable(table: ExpressionTable, dimension: number): string | undefined {
  const { operations, left, right, constants } = table;
  const count = operations.length;
  if (left.length !== count || right.length !== count || constants.length !== count)
    return "its arrays do not fit each other";
  for (let k = 0; k < count; k++) {
    const op = OPERATIONS[operations[k]];
    if (op === undefined) return `node ${k} has no operation`;
    if (op === "constant") continue;
    if (op === "parameter") {
      if (left[k] < 0 || left[k] >= dimension) return `node ${k} is of a parameter that does not exist`;
    } else if (left[k] < 0 || left[k] >= k || (!isUnary(op) && (right[k] < 0 || right[k] >= k)))
      return `node ${k} needs a node that does not stand before it`;
  }
  return undefined;
}

/** What probabilities lack to 1 by less than this is rounding of their sum. */
const LACK_ROUNDING = 64 * Number.EPSILON;

/** One operation on numbers. */
export function valueAt(op: number, l: number, r: number): number {
  switch (OPERATIONS[op]) {
    case "sum":
      return l + r;
    case "product":
      return l * r;
    case "quotient":
      return l / r;
    case "share":
      return l === 0 ? 0 : l / r;
    case "power":
      return l ** r;
    case "min":
      return r < l || Number.isNaN(r) ? r : l;
    case "max":
      return r > l || Number.isNaN(r) ? r : l;
    case "exp":
      return Math.exp(l);
    case "log":
      return Math.log(l);
    case "sqrt":
      return Math.sqrt(l);
    case "lack":
      return 1 - l <= LACK_ROUNDING ? 0 : 1 - l;
    default:
      return Number.NaN;
  }
}
