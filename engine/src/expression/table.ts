/**
 * Formulas of a whole graph as one table: node k has an operation and operands that stand before it, equal nodes are
 * one. Values, tangents, adjoints and tangents of adjoints are sweeps over the table, without `eval` and without
 * allocation that grows with the number of lanes.
 *
 * | array       | length | holds                                                             |
 * |-------------|--------|-------------------------------------------------------------------|
 * | `operations`| nodes  | index into `OPERATIONS`                                           |
 * | `left`      | nodes  | left operand, or the index of the parameter; −1 for a constant    |
 * | `right`     | nodes  | right operand, −1 where there is none                             |
 * | `constants` | nodes  | the number of a constant, else 0                                  |
 */
import { IntegerTable } from "../base/integer-table.js";
import {
  type Binary,
  binary,
  constant,
  type Formula,
  isUnary,
  OPERATIONS,
  type Operation,
  parameter,
  unary,
} from "./formula.js";

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

const CODE = Object.fromEntries(OPERATIONS.map((op, code) => [op, code])) as Readonly<Record<Operation, number>>;
const { constant: CONSTANT, parameter: PARAMETER, sum: SUM, product: PRODUCT } = CODE;

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

  add(formula: Formula): number {
    let id = this.#trees.get(formula);
    if (id === undefined) {
      if (formula.op === "constant") id = this.constant(formula.value);
      else if (formula.op === "parameter") id = this.parameter(formula.index);
      else if ("right" in formula) id = this.binary(formula.op, this.add(formula.left), this.add(formula.right));
      else id = this.unary(formula.op, this.add(formula.left));
      this.#trees.set(formula, id);
    }
    return id;
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

/** The tree of one node, for printing. */
export function formulaOf(table: ExpressionTable, id: number): Formula {
  const op = OPERATIONS[table.operations[id]];
  if (op === "constant") return constant(table.constants[id]);
  if (op === "parameter") return parameter(table.left[id]);
  const left = formulaOf(table, table.left[id]);
  return isUnary(op) ? unary(op, left) : binary(op, left, formulaOf(table, table.right[id]));
}

/** values[k] of every node at θ. Cost: one operation a node. */
export function tableValues(table: ExpressionTable, theta: Float64Array, values: Float64Array): void {
  const { operations, left, right, constants } = table;
  for (let k = 0; k < operations.length; k++) {
    const op = operations[k];
    if (op === CONSTANT) values[k] = constants[k];
    else if (op === PARAMETER) values[k] = theta[left[k]];
    else values[k] = valueAt(op, values[left[k]], right[k] < 0 ? 0 : values[right[k]]);
  }
}

/** tangents[k] of every node in a direction of θ. */
export function tableTangents(
  table: ExpressionTable,
  values: Float64Array,
  direction: Float64Array,
  tangents: Float64Array,
): void {
  const { operations, left, right } = table;
  const at: Partials = new Float64Array(5);
  for (let k = 0; k < operations.length; k++) {
    if (operations[k] === CONSTANT) tangents[k] = 0;
    else if (operations[k] === PARAMETER) tangents[k] = direction[left[k]];
    else {
      partials(table, values, k, at);
      tangents[k] = times(at[0], tangents[left[k]]) + (right[k] < 0 ? 0 : times(at[1], tangents[right[k]]));
    }
  }
}

/** Backwards: `adjoints` holds the seeds and is consumed; gradient[k] += what arrives at θ_k. */
export function tableAdjoints(
  table: ExpressionTable,
  values: Float64Array,
  adjoints: Float64Array,
  gradient: Float64Array,
): void {
  const { operations, left, right } = table;
  const at: Partials = new Float64Array(5);
  for (let k = operations.length - 1; k >= 0; k--) {
    const adjoint = adjoints[k];
    if (adjoint === 0 || operations[k] === CONSTANT) continue;
    if (operations[k] === PARAMETER) gradient[left[k]] += adjoint;
    else {
      partials(table, values, k, at);
      adjoints[left[k]] += times(at[0], adjoint);
      if (right[k] >= 0) adjoints[right[k]] += times(at[1], adjoint);
    }
  }
}

/**
 * The derivative of `tableAdjoints` in a direction: seeds and their tangents go in and are consumed,
 * gradientTangent[k] += what arrives.
 */
export function tableAdjointTangents(
  table: ExpressionTable,
  values: Float64Array,
  tangents: Float64Array,
  adjoints: Float64Array,
  adjointTangents: Float64Array,
  gradientTangent: Float64Array,
): void {
  const { operations, left, right } = table;
  const at: Partials = new Float64Array(5);
  for (let k = operations.length - 1; k >= 0; k--) {
    const adjoint = adjoints[k];
    const tangent = adjointTangents[k];
    if ((adjoint === 0 && tangent === 0) || operations[k] === CONSTANT) continue;
    if (operations[k] === PARAMETER) {
      gradientTangent[left[k]] += tangent;
      continue;
    }
    partials(table, values, k, at);
    const [dl, dr] = [tangents[left[k]], right[k] < 0 ? 0 : tangents[right[k]]];
    adjoints[left[k]] += times(at[0], adjoint);
    adjointTangents[left[k]] += times(at[0], tangent) + times(at[2], dl * adjoint) + times(at[3], dr * adjoint);
    if (right[k] < 0) continue;
    adjoints[right[k]] += times(at[1], adjoint);
    adjointTangents[right[k]] += times(at[1], tangent) + times(at[3], dl * adjoint) + times(at[4], dr * adjoint);
  }
}

/** A derivative that does not exist matters only where something arrives. */
const times = (derivative: number, factor: number): number => (factor === 0 ? 0 : derivative * factor);

function valueAt(op: number, l: number, r: number): number {
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
      return r < l ? r : l;
    case "max":
      return r > l ? r : l;
    case "exp":
      return Math.exp(l);
    case "log":
      return Math.log(l);
    case "sqrt":
      return Math.sqrt(l);
    default:
      return Number.NaN;
  }
}

/** ∂l, ∂r, ∂ll, ∂lr, ∂rr of one node. */
type Partials = Float64Array;

function partials(table: ExpressionTable, values: Float64Array, k: number, at: Partials): void {
  const op = table.operations[k];
  const l = values[table.left[k]];
  const r = table.right[k] < 0 ? 0 : values[table.right[k]];
  const v = values[k];
  at.fill(0);
  if (op === SUM) at[0] = at[1] = 1;
  else if (op === PRODUCT) {
    at[0] = r;
    at[1] = l;
    at[3] = 1;
  } else
    switch (OPERATIONS[op]) {
      case "share":
      case "quotient":
        if (r === 0 && OPERATIONS[op] === "share") return;
        at[0] = 1 / r;
        at[1] = -v / r;
        at[3] = -1 / (r * r);
        at[4] = (2 * v) / (r * r);
        return;
      case "power": {
        const log = l > 0 ? Math.log(l) : l === 0 ? 0 : Number.NaN;
        at[0] = r === 0 ? 0 : r * l ** (r - 1);
        at[1] = v === 0 ? 0 : v * log;
        at[2] = r === 0 || r === 1 ? 0 : r * (r - 1) * l ** (r - 2);
        at[3] = l ** (r - 1) * (1 + r * log);
        at[4] = v === 0 ? 0 : v * log * log;
        return;
      }
      case "min":
        at[r < l ? 1 : 0] = 1;
        return;
      case "max":
        at[r > l ? 1 : 0] = 1;
        return;
      case "exp":
        at[0] = at[2] = v;
        return;
      case "log":
        at[0] = 1 / l;
        at[2] = -1 / (l * l);
        return;
      case "sqrt":
        at[0] = 0.5 / v;
        at[2] = -0.25 / (v * l);
        return;
      default:
        return;
    }
}
