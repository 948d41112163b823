/** A model as (α, S) or (α, T) and back. Matrices are dense: for models of modest size. */
import { InputError } from "../base/errors.js";
import { sum as exactSum } from "../base/two-double.js";
import { isPromise, nameText, noSuch, valueText } from "../base/words.js";
import { EMPTY_TABLE } from "../expression/table.js";
import type { Explored, RewardValues } from "../model/explored.js";
import { defectOf, type Graph, isAbsorbing, stateVector } from "./graph.js";

/** p transient states, row-major p × p. */
export interface Matrices {
  readonly kind: "continuous" | "discrete";
  /** α, length p. */
  readonly initial: Float64Array;
  readonly defect: number;
  /** Sub-intensity S (continuous) or sub-transition T (discrete). */
  readonly matrix: Float64Array;
  /** Exit rates s, or probabilities. */
  readonly exits: Float64Array;
  /** Labels, p × state length. */
  readonly states: readonly (readonly number[])[];
  /** Vertex of each row. */
  readonly vertices: Int32Array;
}

const SIZE_MAX = 5000;

/** Of a graph without parameters (see `instantiate`). Throws `InputError` above 5,000 transient states. Cost: p² numbers. */
export function toMatrices(graph: Graph): Matrices {
  const vertices = Int32Array.from({ length: graph.vertexCount }, (_, v) => v).filter((v) => !isAbsorbing(graph, v));
  const p = vertices.length;
  if (p > SIZE_MAX)
    throw new InputError(
      "too-much-memory",
      `Cannot write ${graph.name} as a matrix: its ${p} states need ${((8 * p * p) / 2 ** 30).toFixed(1)} GiB; matrices are for up to ${SIZE_MAX} states.`,
    );
  const place = new Int32Array(graph.vertexCount).fill(-1);
  vertices.forEach((v, i) => {
    place[v] = i;
  });
  const initial = new Float64Array(p);
  graph.initialVertices.forEach((v, i) => {
    if (place[v] >= 0) initial[place[v]] = graph.initialProbabilities[i];
  });
  const matrix = new Float64Array(p * p);
  const exits = new Float64Array(p);
  for (let i = 0; i < p; i++) {
    let all = 0;
    for (let e = graph.rowStart[vertices[i]]; e < graph.rowStart[vertices[i] + 1]; e++) {
      const j = place[graph.targets[e]];
      if (j < 0) exits[i] += graph.bases[e];
      else matrix[i * p + j] += graph.bases[e];
      all += graph.bases[e];
    }
    if (graph.kind === "continuous") matrix[i * p + i] = -all;
    else if (1 - all > 64 * Number.EPSILON) exits[i] += 1 - all;
  }
  return {
    kind: graph.kind,
    initial,
    defect: defectOf(graph, graph.initialProbabilities),
    matrix,
    exits,
    states: Array.from(vertices, (v) => stateVector(graph, v)),
    vertices,
  };
}

/** Rows, or all of them in one array as `toMatrices` gives them. */
export type MatrixRows = readonly ArrayLike<number>[] | Float64Array;

/** What a user gives: one of the two matrices. */
export interface MatrixModel {
  readonly name?: string;
  /** α over the p transient states; what is missing to 1 is the defect. */
  readonly initial: ArrayLike<number>;
  readonly subIntensity?: MatrixRows;
  readonly subTransition?: MatrixRows;
  readonly rewards?: Readonly<Record<string, ArrayLike<number>>>;
}

const FIELDS: readonly string[] = ["name", "initial", "subIntensity", "subTransition", "rewards"];

/** Row sums may miss 0 (or exceed 1) by this much, relative to the diagonal, through rounding. */
const ROUNDING = 1e-12;

/**
 * The model of (α, S) or (α, T): p transient states labelled [0] … [p − 1], and [p], which absorbs. Throws `InputError`
 * naming the row. What a row of S lacks to 0 is its exit rate; what it lacks by rounding alone is none.
 */
export function fromMatrices(given: MatrixModel): Explored {
  const model: MatrixModel = given ?? {};
  const refuse = (code: string, what: string): never => {
    throw new InputError(code, `Cannot build ${nameText(model.name ?? "model")} from matrices: ${what}.`);
  };
  if (typeof model !== "object" || isPromise(model))
    return refuse("bad-matrix", `they are given as { initial, subIntensity } and not as ${valueText(model)}`);
  const field = Object.keys(model).find((one) => !FIELDS.includes(one));
  if (field !== undefined) refuse("bad-matrix", noSuch("field", field, FIELDS));
  const { name = "model", initial, subIntensity, subTransition, rewards = {} } = model;
  const matrix = subIntensity ?? subTransition;
  if (matrix === undefined || (subIntensity !== undefined && subTransition !== undefined))
    return refuse("bad-matrix", "give subIntensity, or subTransition for a discrete model, and not both");
  const rows = rowsOf(matrix, initial?.length, refuse);
  const p = rows.length;
  if (p === 0) return refuse("empty-model", "the matrix has no rows");
  if (initial?.length !== p)
    return refuse("bad-matrix", `initial must have ${p} probabilities and has ${initial?.length}`);
  const bad = Array.from(initial).findIndex((mass) => typeof mass !== "number");
  if (bad >= 0) refuse("bad-initial", `initial[${bad}] must be a number and is ${valueText(initial[bad])}`);
  const sources: number[] = [];
  const targets: number[] = [];
  const bases: number[] = [];
  const add = (from: number, to: number, weight: number): void => {
    if (weight === 0) return;
    sources.push(from);
    targets.push(to);
    bases.push(weight);
  };
  rows.forEach((row, i) => {
    if (row?.length !== p) refuse("bad-matrix", `row ${i} must have ${p} numbers and has ${row?.length}`);
    let size = subIntensity ? 0 : 1;
    for (let j = 0; j < p; j++) {
      const value = row[j];
      if (!Number.isFinite(value)) refuse("bad-rate", `entry ${i}, ${j} must be finite and is ${valueText(value)}`);
      const diagonal = i === j && subIntensity !== undefined;
      if (diagonal ? value > 0 : value < 0)
        refuse("negative-rate", `entry ${i}, ${j} must be ${diagonal ? "≤" : "≥"} 0 and is ${value}`);
      if (!diagonal) add(i, j, value);
      size += Math.abs(value);
    }
    // in double-double: a small exit rate keeps what the entries say of it
    const [sum] = exactSum([subIntensity ? 0 : -1, ...Array.from(row)]);
    const exit = -sum;
    if (exit < -ROUNDING * size)
      refuse(
        "bad-row",
        `row ${i} must sum to at most ${subIntensity ? 0 : 1} and sums to ${sum + (subIntensity ? 0 : 1)}`,
      );
    if (exit > 64 * Number.EPSILON * size) add(i, p, exit);
  });
  const values = (of: ArrayLike<number>, reward: string): RewardValues => {
    if (of?.length !== p) refuse("bad-reward", `the reward ${reward} must have ${p} values and has ${of?.length}`);
    return { values: Float64Array.from([...Array.from(of), 0]) };
  };
  return {
    name,
    kind: subIntensity ? "continuous" : "discrete",
    parameterNames: [],
    vertexCount: p + 1,
    stateLength: 1,
    states: Int32Array.from({ length: p + 1 }, (_, i) => i),
    initial: Array.from(initial, (probability, vertex) => ({ vertex, probability })),
    edges: { sources, targets, bases, coefficients: [], count: bases.length },
    rewards: Object.fromEntries(Object.entries(rewards).map(([reward, of]) => [reward, values(of, reward)])),
    expressions: EMPTY_TABLE,
  };
}

/** A matrix as rows, from rows or from all entries one after the other. */
function rowsOf(
  matrix: MatrixRows,
  size: number | undefined,
  refuse: (code: string, what: string) => never,
): readonly ArrayLike<number>[] {
  if (matrix instanceof Float64Array) {
    const p = Math.round(Math.sqrt(matrix.length));
    if (p * p !== matrix.length || (size !== undefined && p !== size))
      return refuse(
        "bad-matrix",
        `a matrix in one Float64Array must have ${size === undefined ? "p × p" : `${size} × ${size}`} numbers, row by row, and has ${matrix.length}`,
      );
    return Array.from({ length: p }, (_, i) => matrix.subarray(i * p, (i + 1) * p));
  }
  if (!Array.isArray(matrix) || typeof matrix[0] === "number")
    return refuse(
      "bad-matrix",
      `a matrix is a list of rows, such as [[-2, 1], [0, -1]], or a Float64Array of all entries row by row, and not ${valueText(matrix)}`,
    );
  return matrix;
}
