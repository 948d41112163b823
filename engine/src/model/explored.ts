/** What exploration found, or what a document lists: states and edges in the order they came. */
import type { ExpressionTable } from "../expression/table.js";

/** Time runs on (rates) or steps (probabilities). */
export type ModelKind = "continuous" | "discrete";

/** Edges as they are found; the arrays are parallel, `coefficients` is edge × parameter. */
export interface EdgeList {
  readonly sources: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly bases: ArrayLike<number>;
  readonly coefficients: ArrayLike<number>;
  /** Node of the part that is not affine, −1 for none; absent when no edge has one. */
  readonly formulas?: ArrayLike<number>;
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
  readonly edges: EdgeList;
  readonly rewards: Readonly<Record<string, RewardValues>>;
  /** The formulas that nodes are ids of. */
  readonly expressions: ExpressionTable;
}
