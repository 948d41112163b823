/** What quantiles and likelihoods need to know of a lane over time. */
import type { Lane } from "./epochs.js";
import type { Dual } from "./time/distribution.js";
import type { Pull } from "./time/panels.js";

/** Values by time, and their derivatives by direction and time. */
export interface Many {
  readonly values: Float64Array;
  readonly tangents: readonly Float64Array[];
}

export interface Curves {
  readonly lane: Lane;
  readonly discrete: boolean;
  defect(): Dual;
  /** The mass at zero, given where absorption happens if that is given. */
  atom(): Dual;
  /** Density at a time, or probability of a step. */
  density(time: number): Dual;
  /**
   * Densities, or survivals, at many times, for little more than the cost of one sweep; undefined where times are not all
   * of one sweep's making: over epochs, in steps, or given where absorption happens. `byNodes`: those that crowd may be read off a
   * polynomial, within `NODES_ERROR`; `pull` then hears of those.
   */
  many(quantity: "density" | "survival", times: Float64Array, byNodes?: boolean, pull?: Pull): Many | undefined;
  cdf(time: number): Dual;
  survival(time: number): Dual;
  /** P(a < T ≤ b). */
  between(from: number, to: number): Dual;
  /** Whether an interval is so narrow that its probability is no difference of tails. */
  narrow(from: number, to: number): boolean;
}
