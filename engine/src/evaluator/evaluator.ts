/** What every backend offers: a program made runnable over batches of θ, one status per lane. */

/**
 * Status of a lane by code: `singular`, a state that is reached cannot reach absorption; `overflow`, numbers leave the
 * range of double precision; `horizon`, no method reaches a time so long for rates so fast; `invalid`, probabilities
 * exceed 1 or are negative; `impossible`, an observation has probability 0.
 */
export const LANE_STATUS = ["ok", "singular", "overflow", "horizon", "invalid", "impossible"] as const;
export type LaneStatus = (typeof LANE_STATUS)[number];

/** Observations by kind; the arrays are parallel. */
export interface Observations {
  /** `exact`: at `from`; `right`: after `from`; `left`: until `to`; `interval`: after `from` and until `to`. */
  readonly kinds: readonly ("exact" | "right" | "left" | "interval")[];
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Known to be after this time (left truncation); −1 for none. */
  readonly truncated: Float64Array;
  readonly weights: Float64Array;
  /** All are exact times that count once: what many need not be looked at for. */
  readonly plain?: true;
}

export interface EvaluatorInputs {
  /** Time grid (discrete: steps), any order, every time ≥ 0. */
  readonly times?: Float64Array;
  readonly probabilities?: Float64Array;
  /** Arguments of the Laplace transform, [re, im] pairs. */
  readonly points?: Float64Array;
  readonly data?: Observations;
  /** Direction of θ for Hessian-vector products. */
  readonly direction?: Float64Array;
  /** Of gradients of a likelihood: state the bound of the value that comes with them, which may cost as much again. */
  readonly valueBound?: boolean;
}

export const BACKENDS = ["reference", "wasm"] as const;
export type BackendName = (typeof BACKENDS)[number];
/** `auto`: the fastest that the machine has for a program. */
export const BACKEND_CHOICES = ["auto", ...BACKENDS] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

export interface Evaluator {
  readonly backend: BackendName;
  /** Length of one θ. */
  readonly dimension: number;
  /** Values per lane for these inputs. */
  valueCount(inputs: EvaluatorInputs): number;
  /** Numbers per lane in `out`: values, values × parameters for gradients, parameters for a Hessian-vector product. */
  outputCount(inputs: EvaluatorInputs): number;
  /**
   * Evaluates `status.length` lanes. `thetas` is lane × dimension, `out` is lane × outputCount, both owned by the
   * caller; nothing is allocated that grows with the batch. A lane that is not `ok` has NaN in `out`.
   * Throws `InputError` when a rate is negative or not finite at some θ, naming the lane where there are several; what
   * earlier lanes had is then in `out`, and the rest is as it was.
   */
  evaluateInto(thetas: Float64Array, inputs: EvaluatorInputs, out: Float64Array, status: Uint8Array): void;
  /** Compiles what a batch of so many lanes needs, where anything is compiled and no cache has it, without evaluating it. */
  prepare?(batchSize: number): void;
  /** How often it has compiled, where it compiles: a loop over it that is set up well does not raise it. */
  readonly compilations?: number;
  /** Bound on the relative error of a lane's values in the last call, where the lane has values and the program states one. */
  errorBound(lane: number): number | undefined;
  /** Of gradients of one value: that value in the last call, where it came with them and is as good as if asked for alone. */
  value?(lane: number): number | undefined;
  /** Why a lane of the last call has no values, where more can be said than its status says. */
  reason?(lane: number): string | undefined;
  /** Methods that the last call used for a lane, where there is a choice. */
  methods(lane: number): readonly string[];
}
