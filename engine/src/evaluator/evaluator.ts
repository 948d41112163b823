/** What every backend offers: a program made runnable over batches of θ, one status per lane. */

/** Status of a lane by code: `horizon` is a time so long, for rates so fast, that no method reaches it yet. */
export const LANE_STATUS = ["ok", "singular", "overflow", "horizon"] as const;
export type LaneStatus = (typeof LANE_STATUS)[number];

export interface EvaluatorInputs {
  /** Time grid of programs that have one, any order, every time ≥ 0. */
  readonly times?: Float64Array;
}

export interface Evaluator {
  readonly backend: "reference";
  /** Length of one θ. */
  readonly dimension: number;
  /** Values per lane for these inputs. */
  valueCount(inputs: EvaluatorInputs): number;
  /**
   * Evaluates `status.length` lanes. `thetas` is lane × dimension, `out` is lane × valueCount, both owned by the
   * caller; nothing is allocated that grows with the batch. A lane that is not `ok` has NaN in `out`.
   * Throws `InputError` when a rate is negative or not finite at some θ.
   */
  evaluateInto(thetas: Float64Array, inputs: EvaluatorInputs, out: Float64Array, status: Uint8Array): void;
  /** Bound on the relative error of a lane's values in the last call, where the lane has values and the program states one. */
  errorBound(lane: number): number | undefined;
}
