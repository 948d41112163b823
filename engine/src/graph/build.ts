/**
 * From edges in any order to a graph: parallel edges add up, self-loops of a continuous model are dropped, edges
 * whose weight is 0 at every θ are dropped, rows are sorted by target.
 */
import { InputError } from "../base/errors.js";
import { EMPTY_TABLE, TableBuilder } from "../expression/table.js";
import type { EdgeList, EdgeRows, Explored, InitialMass, RewardValues } from "../model/explored.js";
import { checkGraph } from "./check.js";
import { type Graph, vertexName } from "./graph.js";

/**
 * Builds and checks a graph. Edges that are rows already, and the rewards that come with them, become the graph's without
 * a copy. Throws `InputError` naming the vertex. Cost: O(V + E).
 */
export function buildGraph(parts: Explored): Graph {
  const { vertexCount, edges } = parts;
  const table = new TableBuilder(parts.expressions);
  const { rowStart, targets, bases, coefficients, formulas } =
    "rowStart" in edges ? edges : rowsOf(parts, edges, table);
  const absorbs = (v: number): boolean => rowStart[v] === rowStart[v + 1];
  const graph: Graph = {
    name: parts.name,
    kind: parts.kind,
    parameterNames: parts.parameterNames,
    vertexCount,
    stateLength: parts.stateLength,
    states: parts.states,
    ...initialOf(parts.initial, table),
    rowStart,
    targets,
    bases,
    coefficients,
    formulas,
    ...rewardsOf(parts, absorbs),
    expressions: parts.expressions === EMPTY_TABLE ? EMPTY_TABLE : table.table(),
  };
  const fault = checkGraph(graph) ?? startFault(graph);
  if (fault) throw new InputError(fault.code, fault.message);
  return graph;
}

/** Sorts edges into rows, merges parallel ones, and drops self-loops of a continuous model and what is always 0. */
function rowsOf(parts: Explored, edges: EdgeList, table: TableBuilder): EdgeRows {
  const { vertexCount } = parts;
  const dimension = parts.parameterNames.length;
  const formulaOf = edges.formulas;
  const exists = (v: number): boolean => v >= 0 && v < vertexCount;
  for (let e = 0; e < edges.count; e++) {
    if (!exists(edges.sources[e]) || !exists(edges.targets[e]))
      throw new InputError(
        "graph-edge",
        `Cannot build ${parts.name}: its edge ${e} leads from vertex ${edges.sources[e]} to vertex ${edges.targets[e]}, and there are ${vertexCount}.`,
      );
    if (edges.bases[e] < 0 && isConstant(edges, e, dimension)) {
      const [from, to] = [edges.sources[e], edges.targets[e]].map((v) => vertexName(parts, v));
      throw new InputError(
        "negative-rate",
        `Cannot build ${parts.name}: the rate from ${from} to ${to} must be ≥ 0 and is ${edges.bases[e]}.`,
      );
    }
  }
  const order = sortedEdges(edges, vertexCount);
  const rowStart = new Int32Array(vertexCount + 1);
  const targets = new Int32Array(edges.count);
  const bases = new Float64Array(edges.count);
  const coefficients = new Float64Array(edges.count * dimension);
  const formulas = new Int32Array(formulaOf ? edges.count : 0).fill(-1);
  let kept = 0;
  let next = 0;
  for (let v = 0; v < vertexCount; v++) {
    const first = kept;
    for (; next < order.length && edges.sources[order[next]] === v; next++) {
      const e = order[next];
      const target = edges.targets[e];
      if (target === v && parts.kind === "continuous") continue;
      if (kept === first || targets[kept - 1] !== target) targets[kept++] = target;
      bases[kept - 1] += edges.bases[e];
      for (let k = 0; k < dimension; k++)
        coefficients[(kept - 1) * dimension + k] += edges.coefficients[e * dimension + k];
      if (formulaOf && formulaOf[e] >= 0) {
        const known = formulas[kept - 1];
        const node = known < 0 ? formulaOf[e] : table.binary("sum", known, formulaOf[e]);
        const number = table.constantOf(node);
        formulas[kept - 1] = number === undefined ? node : -1;
        if (number !== undefined) bases[kept - 1] += number;
      }
    }
    kept = dropZeros(first, kept, targets, bases, coefficients, formulas, dimension);
    rowStart[v + 1] = kept;
  }
  const someFormula = formulas.subarray(0, kept).some((node) => node >= 0);
  return {
    rowStart,
    targets: targets.slice(0, kept),
    bases: bases.slice(0, kept),
    coefficients: coefficients.slice(0, kept * dimension),
    formulas: someFormula ? formulas.slice(0, kept) : new Int32Array(0),
    count: kept,
  };
}

type InitialArrays = Pick<Graph, "initialVertices" | "initialProbabilities" | "initialFormulas">;

function initialOf(initial: readonly InitialMass[], table: TableBuilder): InitialArrays {
  const masses = new Map<number, { probability: number; formula: number }>();
  for (const { vertex, probability, formula = -1 } of initial) {
    const mass = masses.get(vertex) ?? { probability: 0, formula: -1 };
    const number = formula < 0 ? 0 : table.constantOf(formula);
    mass.probability += probability + (number ?? 0);
    if (number === undefined) mass.formula = mass.formula < 0 ? formula : table.binary("sum", mass.formula, formula);
    masses.set(vertex, mass);
  }
  const initialVertices = Int32Array.from(masses.keys()).sort();
  const initialFormulas = Int32Array.from(initialVertices, (v) => masses.get(v)!.formula);
  return {
    initialVertices,
    initialProbabilities: Float64Array.from(initialVertices, (v) => masses.get(v)!.probability),
    initialFormulas: initialFormulas.some((node) => node >= 0) ? initialFormulas : new Int32Array(0),
  };
}

/** Rewards by name then vertex; absorbing vertices earn none. */
function rewardsOf(
  parts: Explored,
  absorbs: (v: number) => boolean,
): Pick<Graph, "rewardNames" | "rewards" | "rewardFormulas"> {
  const V = parts.vertexCount;
  const rewardNames = Object.keys(parts.rewards);
  const lists = rewardNames.map((name) => parts.rewards[name]);
  const rewards = ("rowStart" in parts.edges && oneArray(lists, V)) || concatenated(lists, V);
  const some = lists.some(({ formulas }) => formulas !== undefined);
  const rewardFormulas = new Int32Array(some ? rewards.length : 0).fill(-1);
  lists.forEach(({ formulas }, r) => {
    if (formulas) rewardFormulas.set(formulas, r * V);
  });
  for (let v = 0; v < V; v++) {
    if (!absorbs(v)) continue;
    for (let i = v; i < rewards.length; i += V) {
      rewards[i] = 0;
      if (some) rewardFormulas[i] = -1;
    }
  }
  return { rewardNames, rewards, rewardFormulas };
}

/** The rewards without a copy, when they lie one after the other in one array. */
function oneArray(lists: readonly RewardValues[], V: number): Float64Array | undefined {
  const first = lists[0]?.values;
  if (first === undefined) return undefined;
  const follow = lists.every(
    ({ values }, r) =>
      values.length === V &&
      values.buffer === first.buffer &&
      values.byteOffset === first.byteOffset + r * first.byteLength,
  );
  return follow ? new Float64Array(first.buffer as ArrayBuffer, first.byteOffset, lists.length * V) : undefined;
}

function concatenated(lists: readonly RewardValues[], V: number): Float64Array {
  const all = new Float64Array(lists.length * V);
  lists.forEach(({ values }, r) => {
    all.set(values, r * V);
  });
  return all;
}

/** A start that is absorbed at once is a mistake of whoever wrote the model. */
function startFault(graph: Graph): { code: string; message: string } | undefined {
  const starts = Array.from(graph.initialVertices);
  if (starts.some((v) => graph.rowStart[v] !== graph.rowStart[v + 1])) return undefined;
  const where = starts.map((v) => vertexName(graph, v)).join(", ");
  return graph.vertexCount === 1
    ? {
        code: "one-vertex",
        message: `Cannot build ${graph.name}: ${where} is its only state and absorbs; let its transitions lead to another state, at which it ends.`,
      }
    : {
        code: "absorbing-start",
        message: `Cannot build ${graph.name}: it starts in ${where}, where it is absorbed at once.`,
      };
}

/** Edge ids by source, then target, then id: two counting sorts. */
function sortedEdges(edges: EdgeList, vertexCount: number): Int32Array {
  const ids = new Int32Array(edges.count);
  for (let e = 0; e < ids.length; e++) ids[e] = e;
  return sortedBy(edges.sources, sortedBy(edges.targets, ids, vertexCount), vertexCount);
}

/** Stable. */
function sortedBy(keys: ArrayLike<number>, ids: Int32Array, keyCount: number): Int32Array {
  const next = new Int32Array(keyCount + 1);
  for (let i = 0; i < ids.length; i++) next[keys[ids[i]] + 1]++;
  for (let k = 0; k < keyCount; k++) next[k + 1] += next[k];
  const sorted = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) sorted[next[keys[ids[i]]]++] = ids[i];
  return sorted;
}

/** Closes the gaps that edges of weight 0 leave between `first` and `end`; answers the new end. What is past it is 0 again. */
function dropZeros(
  first: number,
  end: number,
  targets: Int32Array,
  bases: Float64Array,
  coefficients: Float64Array,
  formulas: Int32Array,
  dimension: number,
): number {
  let to = first;
  for (let from = first; from < end; from++) {
    let zero = bases[from] === 0 && !(formulas[from] >= 0);
    for (let k = 0; k < dimension; k++) zero &&= coefficients[from * dimension + k] === 0;
    if (zero) continue;
    if (to !== from) {
      targets[to] = targets[from];
      bases[to] = bases[from];
      coefficients.copyWithin(to * dimension, from * dimension, (from + 1) * dimension);
      if (formulas.length > 0) formulas[to] = formulas[from];
    }
    to++;
  }
  bases.fill(0, to, end);
  coefficients.fill(0, to * dimension, end * dimension);
  formulas.fill(-1, to, end);
  return to;
}

function isConstant(edges: EdgeList, e: number, dimension: number): boolean {
  for (let k = 0; k < dimension; k++) if (edges.coefficients[e * dimension + k] !== 0) return false;
  return !(edges.formulas && edges.formulas[e] >= 0);
}
