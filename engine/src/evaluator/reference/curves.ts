/** What quantiles and likelihoods need to know of a lane over time. */
import type { Lane } from "./epochs.js";
import type { Dual } from "./time/distribution.js";

export interface Curves {
  readonly lane: Lane;
  readonly discrete: boolean;
  defect(): Dual;
  /** The mass at zero, given where absorption happens if that is given. */
  atom(): Dual;
  /** Density at a time, or probability of a step. */
  density(time: number): Dual;
  cdf(time: number): Dual;
  survival(time: number): Dual;
  /** P(a < T ≤ b). */
  between(from: number, to: number): Dual;
  /** Whether an interval is so narrow that its probability is no difference of tails. */
  narrow(from: number, to: number): boolean;
}
