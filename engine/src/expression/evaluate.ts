/**
 * Tables at a θ: values, tangents in a direction, adjoints, and tangents of adjoints, each one sweep over the nodes.
 * Without `eval`, and without allocation that grows with the number of lanes.
 */
import { OPERATIONS } from "./formula.js";
import { CODE, type ExpressionTable, valueAt } from "./table.js";

const { constant: CONSTANT, parameter: PARAMETER, sum: SUM, product: PRODUCT } = CODE;

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
      case "lack":
        at[0] = -1;
        return;
      case "sqrt":
        at[0] = 0.5 / v;
        at[2] = -0.25 / (v * l);
        return;
      default:
        return;
    }
}
