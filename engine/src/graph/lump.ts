/**
 * Exact lumping: states whose weights to every class of states are the same at every θ behave as one, so that the time until
 * absorption can be asked of the classes (ordinary lumpability). Genealogies of many block sizes become those of as many lineages. Weights are compared as they are written, coefficient by coefficient: sums that differ by
 * a rounding keep their states apart, and nothing is ever approximated.
 *
 * Absorbing vertices are one class and rewards are dropped: for quantities of the absorption time alone. Weights that are
 * negative at a θ may cancel inside a class: whoever asks the classes first checks every weight of the model itself.
 */
import { TableBuilder } from "../expression/table.js";
import { type Graph, isAbsorbing } from "./graph.js";

/** Edge visits that looking for classes may take. */
const WORK_MAX = 2e6;

/**
 * The graph of the classes; undefined when there are no fewer than half as many as vertices, or when they cannot be found
 * quickly. `order` holds the transient vertices, of a model without cycles the sinks first. Cost: one pass over the edges of a model without cycles, else one per refinement.
 */
export function lumped(graph: Graph, order: Int32Array, acyclic: boolean): Graph | undefined {
  const classes = acyclic ? byOrder(graph, order) : byRefinement(graph, order);
  if (classes === undefined || classes.count * 2 > graph.vertexCount) return undefined;
  return quotient(graph, classes);
}

const OWN = -1;

interface Classes {
  readonly of: Int32Array;
  readonly count: number;
}

/** Sinks first: what a state leads to has its class already. */
function byOrder(graph: Graph, order: Int32Array): Classes | undefined {
  if (graph.targets.length > WORK_MAX) return undefined;
  const of = new Int32Array(graph.vertexCount);
  const known = new Map<string, number>();
  // class 0 absorbs
  for (const v of order) {
    // a self-loop of a discrete model leads to the class that is being found, which is none of the others
    of[v] = OWN;
    const key = signature(graph, v, of);
    const found = known.get(key) ?? known.size + 1;
    known.set(key, found);
    of[v] = found;
    if (2 * known.size > graph.vertexCount) return undefined;
  }
  return { of, count: known.size + 1 };
}

/** All states are one class, then those that lead elsewhere than others of their class are another, until none does. */
function byRefinement(graph: Graph, order: Int32Array): Classes | undefined {
  let of = Int32Array.from({ length: graph.vertexCount }, (_, v) => (isAbsorbing(graph, v) ? 0 : 1));
  let count = 2;
  for (let work = graph.targets.length; work <= WORK_MAX; work += graph.targets.length) {
    const known = new Map<string, number>();
    const next = new Int32Array(of.length);
    for (const v of order) {
      const key = `${of[v]}:${signature(graph, v, of)}`;
      const found = known.get(key) ?? known.size + 1;
      known.set(key, found);
      next[v] = found;
    }
    if (2 * known.size > graph.vertexCount) return undefined;
    of = next;
    if (known.size + 1 === count) return { of, count };
    count = known.size + 1;
  }
  return undefined;
}

/** What leads out of a vertex, by class: weights in the order of classes. */
function signature(graph: Graph, vertex: number, of: Int32Array): string {
  return [...outOf(graph, vertex, of)]
    .sort(([a], [b]) => a - b)
    .map(([to, { numbers, nodes }]) => `${to}=${numbers.join()}|${nodes.sort((a, b) => a - b).join()}`)
    .join(";");
}

interface Sum {
  /** Base and coefficients. */
  readonly numbers: Float64Array;
  readonly nodes: number[];
}

function outOf(graph: Graph, vertex: number, of: Int32Array): Map<number, Sum> {
  const { rowStart, targets, bases, coefficients, formulas } = graph;
  const d = graph.parameterNames.length;
  const sums = new Map<number, Sum>();
  for (let e = rowStart[vertex]; e < rowStart[vertex + 1]; e++) {
    const to = of[targets[e]];
    let sum = sums.get(to);
    if (sum === undefined) {
      sum = { numbers: new Float64Array(1 + d), nodes: [] };
      sums.set(to, sum);
    }
    sum.numbers[0] += bases[e];
    for (let k = 0; k < d; k++) sum.numbers[1 + k] += coefficients[e * d + k];
    if (formulas.length > 0 && formulas[e] >= 0) sum.nodes.push(formulas[e]);
  }
  return sums;
}

/** One vertex per class, in the order of their first members, with that one's label. */
function quotient(graph: Graph, { of, count }: Classes): Graph {
  const { kind, stateLength, expressions } = graph;
  const d = graph.parameterNames.length;
  const table = new TableBuilder(expressions);
  const first = new Int32Array(count).fill(-1);
  const place = new Int32Array(count).fill(-1);
  const members: number[] = [];
  of.forEach((c, v) => {
    if (first[c] >= 0) return;
    first[c] = v;
    place[c] = members.length;
    members.push(v);
  });
  const placed = of.map((c) => place[c]);
  const states = new Int32Array(members.length * stateLength);
  members.forEach((v, k) => {
    states.set(graph.states.subarray(v * stateLength, (v + 1) * stateLength), k * stateLength);
  });
  const rowStart = new Int32Array(members.length + 1);
  const [targets, bases, coefficients, formulas] = [[], [], [], []] as number[][];
  members.forEach((v, k) => {
    const row = [...outOf(graph, v, placed)].sort(([a], [b]) => a - b);
    for (const [to, { numbers, nodes }] of row) {
      if (to === k && kind === "continuous") continue;
      targets.push(to);
      bases.push(numbers[0]);
      for (let i = 0; i < d; i++) coefficients.push(numbers[1 + i]);
      formulas.push(nodes.length === 0 ? -1 : nodes.reduce((a, b) => table.binary("sum", a, b)));
    }
    rowStart[k + 1] = targets.length;
  });
  const starts = new Map<number, { probability: number; node: number }>();
  graph.initialVertices.forEach((v, i) => {
    const start = starts.get(placed[v]) ?? { probability: 0, node: -1 };
    const node = graph.initialFormulas.length > 0 ? graph.initialFormulas[i] : -1;
    start.probability += graph.initialProbabilities[i];
    if (node >= 0) start.node = start.node < 0 ? node : table.binary("sum", start.node, node);
    starts.set(placed[v], start);
  });
  const initialVertices = Int32Array.from(starts.keys()).sort();
  const initialFormulas = Int32Array.from(initialVertices, (v) => starts.get(v)!.node);
  return {
    name: graph.name,
    kind,
    parameterNames: graph.parameterNames,
    vertexCount: members.length,
    stateLength,
    states,
    initialVertices,
    initialProbabilities: Float64Array.from(initialVertices, (v) => starts.get(v)!.probability),
    initialFormulas: initialFormulas.some((node) => node >= 0) ? initialFormulas : new Int32Array(0),
    rowStart,
    targets: Int32Array.from(targets),
    bases: Float64Array.from(bases),
    coefficients: Float64Array.from(coefficients),
    formulas: formulas.some((node) => node >= 0) ? Int32Array.from(formulas) : new Int32Array(0),
    rewardNames: [],
    rewards: new Float64Array(0),
    rewardFormulas: new Int32Array(0),
    expressions: table.table(),
    ...(graph.derived && { derived: true }),
  };
}
