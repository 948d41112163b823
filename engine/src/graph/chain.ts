/** A graph with numbers instead of weights over θ, in the same compressed rows: what evaluators make and sampling draws from. */

export interface Chain {
  readonly kind: "continuous" | "discrete";
  readonly vertexCount: number;
  /** Edges of vertex v are rowStart[v] … rowStart[v + 1] − 1; length vertexCount + 1. */
  readonly rowStart: Int32Array;
  /** Target of each edge, a vertex. */
  readonly targets: Int32Array;
  /** Rate (continuous; self-loops are ignored) or probability (discrete; self-loops count) of each edge, ≥ 0. */
  readonly weights: Float64Array;
  /** Discrete: probability of absorption in no named vertex, by vertex; 0 in continuous time. */
  readonly leak: Float64Array;
  /** Vertices that carry initial mass, absorbing ones included, and that mass; with `defect` it sums to 1. */
  readonly initialVertices: Int32Array;
  readonly initialProbabilities: Float64Array;
  /** Mass that starts in no vertex: an atom at zero. */
  readonly defect: number;
}
