/** What exploration found, or what a document lists: states and edges in the order they came. */

/** Edges as they are found; the arrays are parallel, `coefficients` is edge × parameter. */
export interface EdgeList {
  readonly sources: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly bases: ArrayLike<number>;
  readonly coefficients: ArrayLike<number>;
  readonly count: number;
}

/** A model whose states are known, before it is indexed. */
export interface Explored {
  readonly name: string;
  readonly parameterNames: readonly string[];
  readonly vertexCount: number;
  readonly stateLength: number;
  readonly states: Int32Array;
  /** Vertex → probability; the same vertex may come twice. */
  readonly initial: readonly (readonly [number, number])[];
  readonly edges: EdgeList;
  readonly rewards: Readonly<Record<string, Float64Array>>;
}
