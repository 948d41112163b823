/**
 * The graph: a model's states and transitions by index, free of any value of θ. Every vertex is identified by its
 * id; a vertex without out-edges absorbs. Rows are sorted by target, parallel edges are merged, self-loops dropped.
 */

export interface Graph {
  readonly name: string;
  readonly kind: "continuous";
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
  /** Compressed sparse rows: edges of vertex v are rowStart[v] … rowStart[v + 1] − 1. Length vertexCount + 1. */
  readonly rowStart: Int32Array;
  /** Target of each edge. */
  readonly targets: Int32Array;
  /** Constant part of each edge's weight. */
  readonly bases: Float64Array;
  /** Coefficients of θ, edgeCount × parameterNames.length. */
  readonly coefficients: Float64Array;
  readonly rewardNames: readonly string[];
  /** Rewards, rewardNames.length × vertexCount; 0 at absorbing vertices. */
  readonly rewards: Float64Array;
}

export const edgeCount = (graph: Graph): number => graph.targets.length;

export const isAbsorbing = (graph: Pick<Graph, "rowStart">, vertex: number): boolean =>
  graph.rowStart[vertex] === graph.rowStart[vertex + 1];

/** The mass that the start does not put on a transient vertex: an atom at time 0. */
export function defect(graph: Graph): number {
  let transient = 0;
  graph.initialVertices.forEach((v, i) => {
    if (!isAbsorbing(graph, v)) transient += graph.initialProbabilities[i];
  });
  return Math.max(0, 1 - transient);
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

/** The reward vector of that name, a view of length vertexCount. Undefined when there is none. */
export function rewardVector(graph: Graph, name: string): Float64Array | undefined {
  const index = graph.rewardNames.indexOf(name);
  if (index < 0) return undefined;
  return graph.rewards.subarray(index * graph.vertexCount, (index + 1) * graph.vertexCount);
}
