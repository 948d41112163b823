/**
 * What every graph satisfies, whoever made it: a builder, a file or another program. Checked after building and
 * after loading from a cache, so that later stages need no check of their own.
 */
import { checkTable, nodeCount } from "../expression/table.js";
import { type Graph, isAbsorbing, vertexName } from "./graph.js";

export interface GraphFault {
  readonly code: string;
  readonly message: string;
}

export const PROBABILITY_TOLERANCE = 1e-12;

/** The first fault, or undefined. Cost: O(V + E). */
export function checkGraph(graph: Graph): GraphFault | undefined {
  return (
    checkShapes(graph) ??
    checkFormulas(graph) ??
    checkEdges(graph) ??
    checkInitial(graph) ??
    checkRewards(graph) ??
    checkAbsorption(graph)
  );
}

const fault = (code: string, message: string): GraphFault => ({ code, message });

function checkShapes(graph: Graph): GraphFault | undefined {
  const { vertexCount: V, rowStart, targets, bases, coefficients, parameterNames } = graph;
  if (V < 1) return fault("empty-model", `Cannot build ${graph.name || "the model"}: it has no state.`);
  const shapes =
    graph.states.length === V * graph.stateLength &&
    rowStart.length === V + 1 &&
    rowStart[0] === 0 &&
    rowStart[V] === targets.length &&
    bases.length === targets.length &&
    coefficients.length === targets.length * parameterNames.length &&
    graph.initialVertices.length === graph.initialProbabilities.length &&
    graph.rewards.length === graph.rewardNames.length * V &&
    isOptional(graph.formulas, targets.length) &&
    isOptional(graph.initialFormulas, graph.initialVertices.length) &&
    isOptional(graph.rewardFormulas, graph.rewards.length);
  return shapes ? undefined : fault("graph-shape", "The arrays of the graph do not fit each other.");
}

const isOptional = (nodes: Int32Array, length: number): boolean => nodes.length === 0 || nodes.length === length;

function checkFormulas(graph: Graph): GraphFault | undefined {
  const inside = checkTable(graph.expressions, graph.parameterNames.length);
  if (inside !== undefined) return fault("graph-formula", `The formulas of the graph are not sound: ${inside}.`);
  const count = nodeCount(graph.expressions);
  const sound = [graph.formulas, graph.initialFormulas, graph.rewardFormulas].every((nodes) =>
    nodes.every((node) => node >= -1 && node < count),
  );
  return sound ? undefined : fault("graph-formula", "The graph names a formula that does not exist.");
}

function checkEdges(graph: Graph): GraphFault | undefined {
  const { vertexCount: V, rowStart, targets, bases, coefficients, parameterNames } = graph;
  const dimension = parameterNames.length;
  const continuous = graph.kind === "continuous";
  for (let v = 0; v < V; v++) {
    const end = rowStart[v + 1];
    if (end < rowStart[v]) return fault("graph-shape", "The rows of the graph are not in order.");
    let before = -1;
    for (let e = rowStart[v]; e < end; e++) {
      const target = targets[e];
      if (!(target > before && target < V) || (continuous && target === v))
        return fault("graph-edge", `The edges of ${vertexName(graph, v)} are not sorted vertices of the graph.`);
      before = target;
    }
  }
  const base = firstNotFinite(bases);
  if (base !== undefined) return badRate(graph, base, bases[base]);
  const coefficient = firstNotFinite(coefficients);
  if (coefficient !== undefined) return badRate(graph, Math.floor(coefficient / dimension), coefficients[coefficient]);
  if (dimension === 0) for (let e = 0; e < bases.length; e++) if (bases[e] < 0) return badRate(graph, e, bases[e]);
  if (!continuous)
    for (let v = 0; v < V; v++) {
      const { least } = rowSum(graph, v);
      if (least > 1 + PROBABILITY_TOLERANCE)
        return fault(
          "bad-row",
          `Cannot build ${graph.name || "the model"}: the probabilities out of ${vertexName(graph, v)} must sum to at most 1 and sum to ${least}.`,
        );
    }
  return undefined;
}

/** Index of the first number that is infinite or none. */
function firstNotFinite(values: Float64Array): number | undefined {
  let sum = 0; // x − x is 0 or NaN: no branch per number
  for (let i = 0; i < values.length; i++) sum += values[i] - values[i];
  return sum === 0 ? undefined : values.findIndex((value) => !Number.isFinite(value));
}

/** The sum of a row as far as it does not depend on θ, and whether some of it does. */
function rowSum(graph: Graph, v: number): { least: number; varies: boolean } {
  const d = graph.parameterNames.length;
  let least = 0;
  let varies = false;
  for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
    let constant = !(graph.formulas.length > 0 && graph.formulas[e] >= 0);
    for (let k = 0; k < d; k++) constant &&= graph.coefficients[e * d + k] === 0;
    if (constant) least += graph.bases[e];
    else varies = true;
  }
  return { least, varies };
}

/** Whether a row of a discrete model may lack something to 1, which is then absorbed. */
function mayLeak(graph: Graph, v: number): boolean {
  if (graph.kind !== "discrete" || isAbsorbing(graph, v)) return false;
  const { least, varies } = rowSum(graph, v);
  return varies || least < 1 - PROBABILITY_TOLERANCE;
}

function badRate(graph: Graph, edge: number, value: number): GraphFault {
  let from = 0;
  while (graph.rowStart[from + 1] <= edge) from++;
  const what = `the ${graph.kind === "discrete" ? "probability" : "rate"} from ${vertexName(graph, from)} to ${vertexName(graph, graph.targets[edge])}`;
  return value < 0
    ? fault("negative-rate", `Cannot use ${what}: it must be ≥ 0 and is ${value}.`)
    : fault("bad-rate", `Cannot use ${what}: it must be finite and is ${value}.`);
}

function checkInitial(graph: Graph): GraphFault | undefined {
  if (graph.initialVertices.length === 0)
    return fault("no-initial", `Cannot build ${graph.name || "the model"}: it has no initial state.`);
  let sum = 0;
  for (let i = 0; i < graph.initialVertices.length; i++) {
    const vertex = graph.initialVertices[i];
    const probability = graph.initialProbabilities[i];
    if (vertex < 0 || vertex >= graph.vertexCount)
      return fault("graph-shape", `The initial vertex ${vertex} does not exist.`);
    const varies = graph.initialFormulas.length > 0 && graph.initialFormulas[i] >= 0;
    if (varies ? !Number.isFinite(probability) : !(probability >= 0 && probability <= 1 + PROBABILITY_TOLERANCE))
      return fault(
        "bad-initial",
        `Cannot start in ${vertexName(graph, vertex)}: its probability must lie in [0, 1] and is ${probability}.`,
      );
    if (!varies) sum += probability;
  }
  return sum <= 1 + PROBABILITY_TOLERANCE
    ? undefined
    : fault("bad-initial", `Cannot use the initial distribution: its probabilities sum to ${sum}, more than 1.`);
}

function checkRewards(graph: Graph): GraphFault | undefined {
  const { vertexCount: V, rewards, rewardFormulas } = graph;
  for (let i = 0; i < rewards.length; i++) {
    const value = rewards[i];
    if (value >= 0 && value < Infinity) continue;
    if (rewardFormulas.length > 0 && rewardFormulas[i] >= 0 && Number.isFinite(value)) continue;
    const name = graph.rewardNames[Math.floor(i / V)];
    return fault(
      "bad-reward",
      `Cannot use the reward ${name} at ${vertexName(graph, i % V)}: it must be finite and ≥ 0 and is ${value}.`,
    );
  }
  return undefined;
}

/** Every vertex that the start can reach must be able to reach an absorbing one. */
function checkAbsorption(graph: Graph): GraphFault | undefined {
  const all = reach(
    graph,
    () => true,
    (v) => mayLeak(graph, v),
  );
  return all === undefined
    ? undefined
    : fault(
        "no-absorption",
        `Cannot build ${graph.name || "the model"}: ${vertexName(graph, all)} can be reached from the start but cannot reach absorption; give it a way out, or, for a first-passage time, let the states that you wait for have no way out.`,
      );
}

/**
 * The first vertex that is reached from the initial mass over edges for which `present` holds and from which no
 * absorbing vertex is reached, nor one that `leaks`; undefined when there is none. Cost: O(V + E).
 */
export function reach(
  graph: Graph,
  present: (edge: number) => boolean,
  leaks: (vertex: number) => boolean,
): number | undefined {
  const absorbed = reachesAbsorption(graph, present, leaks);
  if (absorbed.indexOf(0) < 0) return undefined;
  const reached = reachedFromStart(graph, present);
  for (let v = 0; v < graph.vertexCount; v++) if (reached[v] && !absorbed[v]) return v;
  return undefined;
}

/** 1 for every vertex that the initial mass reaches over present edges. */
export function reachedFromStart(graph: Graph, present: (edge: number) => boolean): Uint8Array {
  const { vertexCount: V, rowStart, targets } = graph;
  const reached = new Uint8Array(V);
  const stack = new Int32Array(V);
  let height = 0;
  const visit = (v: number): void => {
    if (reached[v]) return;
    reached[v] = 1;
    stack[height++] = v;
  };
  graph.initialVertices.forEach((v, i) => {
    if (graph.initialProbabilities[i] > 0 || graph.initialFormulas[i] >= 0) visit(v);
  });
  while (height > 0) {
    const v = stack[--height];
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++) if (!reached[targets[e]] && present(e)) visit(targets[e]);
  }
  return reached;
}

/** Sweeps over all rows before the edges are turned round. */
const SWEEPS = 8;

/** 1 for every vertex from which an absorbing vertex, or one that leaks, is reached over present edges. */
export function reachesAbsorption(
  graph: Graph,
  present: (edge: number) => boolean,
  leaks: (vertex: number) => boolean,
): Uint8Array {
  const { vertexCount: V, rowStart, targets } = graph;
  const absorbed = new Uint8Array(V);
  let left = V;
  for (let v = 0; v < V; v++)
    if (isAbsorbing(graph, v) || leaks(v)) {
      absorbed[v] = 1;
      left--;
    }
  // Exploration numbers states roughly by their distance, so a few sweeps, up and down, find nearly all of them.
  for (let sweep = 0; sweep < SWEEPS && left > 0; sweep++) {
    const before = left;
    for (let i = 0; i < V; i++) {
      const v = sweep % 2 === 0 ? V - 1 - i : i;
      if (absorbed[v]) continue;
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++)
        if (absorbed[targets[e]] && present(e)) {
          absorbed[v] = 1;
          left--;
          break;
        }
    }
    if (left === before) return absorbed;
  }
  if (left > 0) spreadBackwards(graph, present, absorbed);
  return absorbed;
}

/** Marks everything from which a marked vertex is reached over present edges. */
function spreadBackwards(graph: Graph, present: (edge: number) => boolean, marked: Uint8Array): void {
  const { vertexCount: V, rowStart, targets } = graph;
  const start = new Int32Array(V + 1);
  for (let e = 0; e < targets.length; e++) start[targets[e] + 1]++;
  for (let v = 0; v < V; v++) start[v + 1] += start[v];
  const next = start.slice(0, V);
  const sources = new Int32Array(targets.length);
  const edges = new Int32Array(targets.length);
  for (let v = 0; v < V; v++)
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
      const slot = next[targets[e]]++;
      sources[slot] = v;
      edges[slot] = e;
    }
  const stack = new Int32Array(V);
  let height = 0;
  for (let v = 0; v < V; v++) if (marked[v]) stack[height++] = v;
  while (height > 0) {
    const v = stack[--height];
    for (let i = start[v]; i < start[v + 1]; i++)
      if (!marked[sources[i]] && present(edges[i])) {
        marked[sources[i]] = 1;
        stack[height++] = sources[i];
      }
  }
}
