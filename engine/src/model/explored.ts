/** What exploration found, or what a document lists: states and edges in the order they came. */
import type { ExpressionTable } from "../expression/table.js";

/** Time runs on (rates) or steps (probabilities). */
export type ModelKind = "continuous" | "discrete";

/** Edges in any order; the arrays are parallel, `coefficients` is edge × parameter. */
export interface EdgeList {
  readonly sources: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly bases: ArrayLike<number>;
  readonly coefficients: ArrayLike<number>;
  /** Node of the part that is not affine, −1 for none; absent when no edge has one. */
  readonly formulas?: ArrayLike<number>;
  readonly count: number;
}

/**
 * Edges as a graph has them: by rows, sorted by target, merged, none of weight 0 and no self-loops of a continuous model.
 * They become the graph's without a copy, so whoever made them must not keep them.
 */
export interface EdgeRows {
  /** Edges of vertex v are rowStart[v] … rowStart[v + 1] − 1. */
  readonly rowStart: Int32Array;
  readonly targets: Int32Array;
  readonly bases: Float64Array;
  readonly coefficients: Float64Array;
  /** Node of the part that is not affine, −1 for none; of length 0 when no edge has one. */
  readonly formulas: Int32Array;
  readonly count: number;
}

/** Initial mass of a vertex: a number, plus the node `formula` where it depends on θ. */
export interface InitialMass {
  readonly vertex: number;
  readonly probability: number;
  readonly formula?: number;
}

/** Rewards by vertex; `formulas` holds a node where a reward depends on θ, else −1. */
export interface RewardValues {
  readonly values: Float64Array;
  readonly formulas?: Int32Array;
}

/** A model whose states are known, before it is indexed. */
export interface Explored {
  readonly name: string;
  readonly kind: ModelKind;
  readonly parameterNames: readonly string[];
  readonly vertexCount: number;
  readonly stateLength: number;
  readonly states: Int32Array;
  /** The same vertex may come twice. */
  readonly initial: readonly InitialMass[];
  readonly edges: EdgeList | EdgeRows;
  readonly rewards: Readonly<Record<string, RewardValues>>;
  /** The formulas that nodes are ids of. */
  readonly expressions: ExpressionTable;
}
