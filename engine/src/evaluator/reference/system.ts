/**
 * One lane's numbers at one θ, on transient states only, and what is derived from them in one direction of θ. Every
 * numerical method of the reference evaluator works on these and knows neither graphs nor formulas.
 */

/** One lane's numbers at one θ on transient states only, by position 0 … size − 1. */
export interface TransientSystem {
  readonly kind: "continuous" | "discrete";
  readonly size: number;
  /** Edges between transient states, compressed sparse rows; continuous: no self-loops; discrete: self-loops included. */
  readonly rowStart: Int32Array;
  readonly targets: Int32Array;
  /** Rate (continuous) or probability (discrete) of each such edge, ≥ 0. */
  readonly weights: Float64Array;
  /** Rate or probability of absorption from each position, ≥ 0. */
  readonly exits: Float64Array;
}

/** Derivatives of a system in one direction of θ (pattern shared with the system). */
export interface SystemTangent {
  readonly weights: Float64Array;
  readonly exits: Float64Array;
}

/** A vector over positions with its derivatives in each of d directions. */
export interface DualVector {
  readonly value: Float64Array;
  readonly tangents: readonly Float64Array[];
}
