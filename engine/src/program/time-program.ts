/**
 * Quantities that times, steps, points or data decide: no schedule of solves, but products of a(t) = α e^{St} with
 * columns. They are described here as data and answered by the time-domain part of an evaluator.
 *
 * | quantity             | inputs          | values                                                      |
 * |----------------------|-----------------|-------------------------------------------------------------|
 * | `pdf` (`pmf`)        | times (steps)   | a(t)·s                                                      |
 * | `cdf`, `survival`    | times           | defect + ∫ a·s; a(t)·e                                      |
 * | `hazard`             | times           | pdf / survival                                              |
 * | `quantile`           | probabilities   | the time (step) at which cdf reaches each                   |
 * | `stateProbabilities` | times           | times × vertices                                            |
 * | `occupancy`          | times           | times × vertices: expected time in each until t             |
 * | `accumulated`        | times           | expected reward until t                                     |
 * | `logLikelihood`      | data            | one                                                         |
 * | `laplace`            | points          | points × (re, im) of E[e^{−zY}]                             |
 * | `moments`            | –               | with epochs: E[Y], …, E[Y^order]                            |
 * | `variance`           | –               | with epochs                                                 |
 * | `covariance`         | –               | with epochs: of a pair of `rewards`, or all of them m × m   |
 * | `sojourn`, `visits`  | –               | with epochs: one per vertex                                 |
 * | `ending`, `defect`   | –               | with epochs: probability to end in `given`; mass at zero    |
 */
import type { ExpressionTable } from "../expression/table.js";

export const TIME_QUANTITIES = [
  "pdf",
  "pmf",
  "cdf",
  "survival",
  "hazard",
  "quantile",
  "stateProbabilities",
  "occupancy",
  "accumulated",
  "logLikelihood",
  "laplace",
  "moments",
  "variance",
  "covariance",
  "sojourn",
  "visits",
  "ending",
  "defect",
] as const;
export type TimeQuantity = (typeof TIME_QUANTITIES)[number];

export const METHODS = ["auto", "uniformization", "squaring", "inversion"] as const;
export type MethodChoice = (typeof METHODS)[number];

export interface TimeProgram {
  readonly quantity: TimeQuantity;
  /** `gradients`: value × parameter; `hessianVector`: the derivative of the gradient in a direction. */
  readonly outputs: "values" | "gradients" | "hessianVector";
  readonly reward?: string;
  /** Of a covariance; one entry of the pair, or the whole matrix. */
  readonly rewards?: readonly string[];
  readonly pair?: boolean;
  /** Absorbing vertices: the quantity given that absorption happens in one of them. */
  readonly given?: readonly number[];
  readonly order?: number;
  readonly method?: MethodChoice;
  readonly epochs?: Schedule;
}

/**
 * Piecewise-constant parameters: epoch m runs from its start to the next one with its own θ, the last for ever. Starts
 * and θ are nodes over the schedule's own parameters, so that they may be tied, and derivatives are with respect to
 * these.
 */
export interface Schedule {
  readonly parameterNames: readonly string[];
  readonly expressions: ExpressionTable;
  /** One node per epoch; the first is 0. */
  readonly starts: Int32Array;
  /** Nodes, epoch × parameter of the model. */
  readonly thetas: Int32Array;
}

export const epochCount = (schedule: Schedule): number => schedule.starts.length;
