/**
 * The graph: a model's states and transitions by index, free of any value of θ. Every vertex is identified by its
 * id; a vertex without out-edges absorbs. Rows are sorted by target and parallel edges merged. Self-loops of a
 * continuous model are dropped, those of a discrete one are kept; what the row of a discrete model lacks to 1 at a θ
 * is absorbed too, in no vertex of its own.
 *
 * A weight is base + Σ coefficients θ + the node of `expressions` that `formulas` names; most graphs have no formulas.
 */
import { sum as exactSum } from "../base/two-double.js";
import type { ExpressionTable } from "../expression/table.js";
import { printWeight } from "../expression/weight.js";
import { nodeText } from "../expression/write.js";

export interface Graph {
  readonly name: string;
  readonly kind: "continuous" | "discrete";
  readonly parameterNames: readonly string[];
  /** Number of vertices, absorbing ones included. */
  readonly vertexCount: number;
  /** Length of one state vector. */
  readonly stateLength: number;
  /** State vectors, vertexCount × stateLength. */
  readonly states: Int32Array;
  /** Vertices that carry initial mass, ascending, and their probabilities; what is missing to 1 is the defect. */
  readonly initialVertices: Int32Array;
  readonly initialProbabilities: Float64Array;
  /** Node added to each probability, −1 for none; of length 0 when none depends on θ. */
  readonly initialFormulas: Int32Array;
  /** Compressed sparse rows: edges of vertex v are rowStart[v] … rowStart[v + 1] − 1. Length vertexCount + 1. */
  readonly rowStart: Int32Array;
  /** Target of each edge. */
  readonly targets: Int32Array;
  /** Constant part of each edge's weight. */
  readonly bases: Float64Array;
  /** Coefficients of θ, edgeCount × parameterNames.length. */
  readonly coefficients: Float64Array;
  /** Node added to each edge's weight, −1 for none; of length 0 when all weights are affine. */
  readonly formulas: Int32Array;
  readonly rewardNames: readonly string[];
  /** Rewards, rewardNames.length × vertexCount; 0 at absorbing vertices. */
  readonly rewards: Float64Array;
  /** Node added to each reward, −1 for none; of length 0 when none depends on θ. */
  readonly rewardFormulas: Int32Array;
  /** What the nodes mean. */
  readonly expressions: ExpressionTable;
  /** Made of another graph by elimination: its weights are quotients, which may have no value at some θ. */
  readonly derived?: true;
}

export const edgeCount = (graph: Graph): number => graph.targets.length;

export const isAbsorbing = (graph: Pick<Graph, "rowStart">, vertex: number): boolean =>
  graph.rowStart[vertex] === graph.rowStart[vertex + 1];

/** Whether initial probabilities depend on θ. */
const initialVaries = (graph: Graph): boolean => graph.initialFormulas.length > 0;

/** The mass that the start does not put on a transient vertex, an atom at time 0; undefined when it depends on θ. */
export function defect(graph: Graph): number | undefined {
  return initialVaries(graph) ? undefined : defectOf(graph, graph.initialProbabilities);
}

/** Differences to 1 below this are rounding of the probabilities themselves. */
const ROUNDING = 64 * Number.EPSILON;

/** The defect for these initial probabilities: what lies on absorbing vertices, and what is missing to 1. */
export function defectOf(graph: Graph, probabilities: Float64Array): number {
  let absorbed = 0;
  graph.initialVertices.forEach((v, i) => {
    if (isAbsorbing(graph, v)) absorbed += probabilities[i];
  });
  const missing = missingTo1(probabilities);
  return missing > ROUNDING ? absorbed + missing : absorbed;
}

/** 1 − Σ, rounded once: the same in whatever order the probabilities stand. */
function missingTo1(probabilities: Float64Array): number {
  const [sum] = exactSum([-1, ...probabilities]);
  return -sum;
}

/** The weight of an edge in words of its parameters. */
export function edgeText(graph: Graph, edge: number): string {
  const d = graph.parameterNames.length;
  const node = graph.formulas.length > 0 ? graph.formulas[edge] : -1;
  return printWeight(
    graph.bases[edge],
    graph.coefficients.subarray(edge * d, (edge + 1) * d),
    graph.parameterNames,
    node < 0 ? undefined : nodeText(graph.expressions, node, graph.parameterNames),
  );
}

/** `vertex 12 ([3,0,1])`, the way every message names a vertex. */
export function vertexName(graph: Pick<Graph, "states" | "stateLength">, vertex: number): string {
  return `vertex ${vertex} (${stateText(graph, vertex)})`;
}

/** `[3,0,1]` */
export function stateText(graph: Pick<Graph, "states" | "stateLength">, vertex: number): string {
  return `[${stateVector(graph, vertex).join(",")}]`;
}

/** The label of a vertex. */
export function stateVector(graph: Pick<Graph, "states" | "stateLength">, vertex: number): number[] {
  const start = vertex * graph.stateLength;
  return Array.from(graph.states.subarray(start, start + graph.stateLength));
}
