/** The time at which the distribution function reaches a probability: Newton steps kept inside a bracket. */

import type { Curves } from "./curves.js";
import { constant, plus, times } from "./dual.js";
import type { Dual } from "./time/distribution.js";

const STEPS_MAX = 200;
/** A step of a discrete model counts as reached when its probability is short by rounding alone. */
const REACHED = 1e-13;

/**
 * p ≤ the mass at zero gives 0, p = 1 infinity. Above one half the survival is compared, so both tails keep their digits.
 * Derivative: −Ḟ / f. Throws `LaneFault` `horizon` where no time can be told.
 */
export function quantileAt(timeline: Curves, p: number): Dual {
  const none = timeline.lane.directions;
  if (p <= timeline.atom().value) return constant(0, none);
  if (p === 1) return constant(Infinity, none);
  const upper = p > 0.5;
  /** Positive once the probability is reached. */
  const past = (time: number): number => (upper ? 1 - p - timeline.survival(time).value : timeline.cdf(time).value - p);
  let high = 1;
  while (past(high) < 0) high *= 2;
  if (timeline.discrete) return constant(firstStep(past, high, p), none);
  let low = high / 2;
  while (low > 0 && past(low) > 0) {
    high = low;
    low = low > 2 ** -1000 ? low / 2 : 0;
  }
  let time = low === 0 ? high / 2 : Math.sqrt(low) * Math.sqrt(high);
  for (let step = 0; step < STEPS_MAX; step++) {
    const excess = past(time);
    if (excess === 0) break;
    if (excess < 0) low = time;
    else high = time;
    const newton = time - excess / timeline.density(time).value;
    const next = newton > low && newton < high ? newton : low === 0 ? high / 2 : Math.sqrt(low) * Math.sqrt(high);
    if (Math.abs(next - time) <= 2 ** -52 * time || next === low || next === high) {
      time = next;
      break;
    }
    time = next;
  }
  if (none === 0) return constant(time, 0);
  const slope = timeline.density(time).value;
  const moved = upper ? times(timeline.survival(time), -1) : timeline.cdf(time);
  return plus(constant(time, none), { value: 0, tangents: moved.tangents.map((tangent) => -tangent / slope) });
}

/** The smallest whole number that is past, known to be at most `high`. */
function firstStep(past: (step: number) => number, high: number, p: number): number {
  const reached = (step: number): boolean => past(step) >= -REACHED * Math.min(p, 1 - p);
  let low = 0;
  let top = Math.min(high, Number.MAX_VALUE);
  if (reached(0)) return 0;
  while (top - low > 1) {
    const middle = low + Math.floor((top - low) / 2);
    // beyond 2^53 neighbouring doubles are further apart than steps
    if (middle === low || middle === top) break;
    if (reached(middle)) top = middle;
    else low = middle;
  }
  return top;
}
