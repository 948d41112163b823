/**
 * Evaluators as functions of one θ at a time, for loops that ask them thousands of times: buffers are made once, nothing is
 * compiled again, and `compilations` proves it.
 */
import { InputError, LaneError } from "../base/errors.js";
import { type Evaluator, type EvaluatorInputs, LANE_STATUS } from "../evaluator/evaluator.js";

export interface OverEvaluator {
  readonly dimension: number;
  readonly count: number;
  /** The numbers at θ, in a buffer that the next call uses again. Throws `LaneError` where θ has none. */
  at(theta: Float64Array): Float64Array;
  /** The same, or undefined where θ has none. */
  try(theta: Float64Array): Float64Array | undefined;
  /** How often its evaluator has compiled. */
  readonly compilations: number;
}

/** Throws `InputError` when `evaluator` is none. */
export function overEvaluator(evaluator: Evaluator, inputs: EvaluatorInputs = {}): OverEvaluator {
  if (typeof evaluator?.evaluateInto !== "function")
    throw new InputError(
      "bad-evaluator",
      "Cannot use an evaluator in a loop: what evaluator() of a handle answers is needed.",
    );
  const out = new Float64Array(evaluator.outputCount(inputs));
  const status = new Uint8Array(1);
  const attempt = (theta: Float64Array): Float64Array | undefined => {
    evaluator.evaluateInto(theta, inputs, out, status);
    return status[0] === 0 ? out : undefined;
  };
  return {
    dimension: evaluator.dimension,
    count: out.length,
    try: attempt,
    at(theta) {
      const found = attempt(theta);
      if (found) return found;
      const name = LANE_STATUS[status[0]];
      throw new LaneError(
        name,
        `Cannot evaluate at θ = [${theta.join(", ")}]: ${evaluator.reason?.(0) ?? `it is ${name}`}.`,
      );
    },
    get compilations() {
      return evaluator.compilations ?? 0;
    },
  };
}
