/**
 * A program: one quantity as a schedule of steps over a trace. It knows shapes, not values, and no device. Vectors
 * are indexed by position in the elimination order and stand for values at transient vertices; the value at
 * absorption is 0. Lengths of time grids are run-time inputs, never part of a program.
 *
 * | step                | effect                                                               |
 * |---------------------|----------------------------------------------------------------------|
 * | `factor`            | weights at θ, then the rows and pivots of the trace                  |
 * | `ones`              | vector ← 1                                                           |
 * | `reward`            | vector ← the reward of that name                                     |
 * | `multiply`          | to ← scale · left ∘ right                                            |
 * | `solve`             | vector ← U vector, with U = (−S)⁻¹                                   |
 * | `gamma`             | to_i ← Σ_j w_ij (left_j − left_i)(right_j − right_i)                 |
 * | `initialProduct`    | output += α · vector                                                 |
 * | `initialCovariance` | output += covariance of left and right under α, defect included      |
 * | `uniformize`        | outputs ← the function at each time of the grid                      |
 */

export type TimeFunction = "pdf" | "cdf" | "survival";

export type Step =
  | { readonly op: "factor" }
  | { readonly op: "ones"; readonly to: number }
  | { readonly op: "reward"; readonly to: number; readonly reward: string }
  | {
      readonly op: "multiply";
      readonly to: number;
      readonly left: number;
      readonly right: number;
      readonly scale: number;
    }
  | { readonly op: "solve"; readonly vector: number }
  | { readonly op: "gamma"; readonly to: number; readonly left: number; readonly right: number }
  | { readonly op: "initialProduct"; readonly vector: number; readonly output: number }
  | { readonly op: "initialCovariance"; readonly left: number; readonly right: number; readonly output: number }
  | { readonly op: "uniformize"; readonly function: TimeFunction; readonly output: number };

export interface Program {
  readonly quantity: "moments" | "covariance" | TimeFunction;
  /** Number of vectors the steps use. */
  readonly vectorCount: number;
  /** Number of outputs, or `times` for one output per time of the grid. */
  readonly outputCount: number | "times";
  readonly steps: readonly Step[];
}

/** How many values a lane has. */
export const valueCount = (program: Program, timeCount: number): number =>
  program.outputCount === "times" ? timeCount : program.outputCount;
