/**
 * From edges in any order to a graph: parallel edges add up, self-loops of a continuous model are dropped, edges
 * whose weight is 0 at every θ are dropped, rows are sorted by target.
 */
import { InputError } from "../base/errors.js";
import type { EdgeList, Explored } from "../model/explored.js";
import { checkGraph } from "./check.js";
import { type Graph, vertexName } from "./graph.js";

/** Builds and checks a graph. Throws `InputError` naming the vertex. Cost: O(V + E log E). */
export function buildGraph(parts: Explored): Graph {
  const { vertexCount, edges, parameterNames } = parts;
  const dimension = parameterNames.length;

  for (let e = 0; e < edges.count; e++)
    if (edges.bases[e] < 0 && isConstant(edges, e, dimension)) {
      const [from, to] = [edges.sources[e], edges.targets[e]].map((v) => vertexName(parts, v));
      throw new InputError(
        "negative-rate",
        `Cannot build ${parts.name}: the rate from ${from} to ${to} must be ≥ 0 and is ${edges.bases[e]}.`,
      );
    }
  const byRow = rowsOf(edges, vertexCount);
  const rowStart = new Int32Array(vertexCount + 1);
  const targets = new Int32Array(edges.count);
  const bases = new Float64Array(edges.count);
  const coefficients = new Float64Array(edges.count * dimension);
  let kept = 0;
  for (let v = 0; v < vertexCount; v++) {
    const row = byRow.edges
      .subarray(byRow.start[v], byRow.start[v + 1])
      .sort((a, b) => edges.targets[a] - edges.targets[b] || a - b);
    const first = kept;
    for (const e of row) {
      const target = edges.targets[e];
      if (target === v) continue;
      if (kept === first || targets[kept - 1] !== target) targets[kept++] = target;
      bases[kept - 1] += edges.bases[e];
      for (let k = 0; k < dimension; k++)
        coefficients[(kept - 1) * dimension + k] += edges.coefficients[e * dimension + k];
    }
    kept = dropZeros(first, kept, targets, bases, coefficients, dimension);
    rowStart[v + 1] = kept;
  }

  const initial = new Map<number, number>();
  for (const [vertex, probability] of parts.initial) initial.set(vertex, (initial.get(vertex) ?? 0) + probability);
  const initialVertices = Int32Array.from(initial.keys()).sort();
  const rewardNames = Object.keys(parts.rewards);
  const rewards = new Float64Array(rewardNames.length * vertexCount);
  rewardNames.forEach((name, r) => {
    for (let v = 0; v < vertexCount; v++)
      if (rowStart[v] !== rowStart[v + 1]) rewards[r * vertexCount + v] = parts.rewards[name][v];
  });

  const graph: Graph = {
    name: parts.name,
    kind: "continuous",
    parameterNames,
    vertexCount,
    stateLength: parts.stateLength,
    states: parts.states,
    initialVertices,
    initialProbabilities: Float64Array.from(initialVertices, (v) => initial.get(v)!),
    rowStart,
    targets: targets.slice(0, kept),
    bases: bases.slice(0, kept),
    coefficients: coefficients.slice(0, kept * dimension),
    rewardNames,
    rewards,
  };
  const fault = checkGraph(graph);
  if (fault) throw new InputError(fault.code, fault.message);
  return graph;
}

/** Edge ids grouped by source: a counting sort. */
function rowsOf(edges: EdgeList, vertexCount: number): { start: Int32Array; edges: Int32Array } {
  const start = new Int32Array(vertexCount + 1);
  for (let e = 0; e < edges.count; e++) start[edges.sources[e] + 1]++;
  for (let v = 0; v < vertexCount; v++) start[v + 1] += start[v];
  const next = start.slice(0, vertexCount);
  const ids = new Int32Array(edges.count);
  for (let e = 0; e < edges.count; e++) ids[next[edges.sources[e]]++] = e;
  return { start, edges: ids };
}

/** Closes the gaps that edges of weight 0 leave between `first` and `end`; answers the new end. What is past it is 0 again. */
function dropZeros(
  first: number,
  end: number,
  targets: Int32Array,
  bases: Float64Array,
  coefficients: Float64Array,
  dimension: number,
): number {
  let to = first;
  for (let from = first; from < end; from++) {
    let zero = bases[from] === 0;
    for (let k = 0; k < dimension; k++) zero &&= coefficients[from * dimension + k] === 0;
    if (zero) continue;
    if (to !== from) {
      targets[to] = targets[from];
      bases[to] = bases[from];
      coefficients.copyWithin(to * dimension, from * dimension, (from + 1) * dimension);
    }
    to++;
  }
  bases.fill(0, to, end);
  coefficients.fill(0, to * dimension, end * dimension);
  return to;
}

function isConstant(edges: EdgeList, e: number, dimension: number): boolean {
  for (let k = 0; k < dimension; k++) if (edges.coefficients[e * dimension + k] !== 0) return false;
  return true;
}
