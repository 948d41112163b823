/**
 * The log-likelihood of observations, exact, censored, between two times or truncated, each with a weight:
 *
 *     ℓ = Σ_n weight_n (log g_n − log S(t0_n)),   g = f(t), S(t), F(t) or P(a < T ≤ b).
 */
import { InputError, InterruptedError } from "../../base/errors.js";
import type { Observations } from "../evaluator.js";
import type { Curves } from "./curves.js";
import { constant, plus, times } from "./dual.js";
import { LaneFault, need } from "./epochs.js";
import type { Dual } from "./time/distribution.js";
import { openDistribution } from "./time/open.js";

/** A difference that keeps less than this of its operands is computed another way. */
const CANCELLED = 1e-3;
const POLL_EVERY = 256;

/** Throws `LaneFault` `impossible` when an observation has probability 0. Cost: one sweep, and a mixture per observation. */
export function logLikelihood(timeline: Curves, data: Observations, interrupted: () => boolean): Dual {
  let sum = constant(0, timeline.lane.directions);
  const known = new Map<string, Dual>();
  const once = (key: string, make: () => Dual): Dual => {
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
  data.kinds.forEach((kind, i) => {
    if (i % POLL_EVERY === 0 && interrupted())
      throw new InterruptedError(
        `evaluating the likelihood of ${timeline.lane.factory.graph.name} at observation ${i}`,
      );
    const [from, to, weight] = [data.from[i], data.to[i], data.weights[i]];
    if (weight === 0) return;
    const term = once(`${kind} ${from} ${to}`, () => logarithm(probability(timeline, kind, from, to, i)));
    sum = plus(sum, times(term, weight));
    if (data.truncated[i] >= 0) {
      const late = once(`right ${data.truncated[i]} NaN`, () => logarithm(timeline.survival(data.truncated[i])));
      sum = plus(sum, times(late, -weight));
    }
  });
  return sum;
}

function probability(
  timeline: Curves,
  kind: Observations["kinds"][number],
  from: number,
  to: number,
  index: number,
): Dual {
  switch (kind) {
    case "exact":
      if (from > 0 || timeline.discrete) return timeline.density(from);
      return atZero(timeline, index);
    case "right":
      return timeline.survival(from);
    case "left":
      return timeline.cdf(to);
    case "interval":
      return timeline.between(from, to);
    default:
      return kind satisfies never;
  }
}

/** An observation of zero is the atom; a model without one cannot have made it. */
function atZero(timeline: Curves, index: number): Dual {
  const defect = timeline.defect();
  if (defect.value > 0) return defect;
  throw new InputError(
    "impossible-data",
    `Cannot evaluate the likelihood of ${timeline.lane.factory.graph.name}: observation ${index} is 0, and the model has no atom at zero.`,
  );
}

/** P(a < T ≤ b): a difference of the small ones, or where they agree too well, what is absorbed within b − a of a. */
export function between(timeline: Omit<Curves, "between">, from: number, to: number, interrupted: () => boolean): Dual {
  const minus = (a: Dual, b: Dual): Dual => plus(a, times(b, -1));
  const survival = timeline.survival(from);
  const [large, small] =
    survival.value < 0.5 ? [survival, timeline.survival(to)] : [timeline.cdf(to), timeline.cdf(from)];
  const difference = minus(large, small);
  const { lane } = timeline;
  const m = lane.epochAt(from);
  const epoch = lane.epochs[m];
  if (difference.value > CANCELLED * large.value || m !== lane.epochAt(to) || m > 0) return difference;
  const row = need(lane.distribution(m).row(from));
  const exits = { value: epoch.system.exits, tangents: epoch.tangents.map((tangent) => tangent.exits) };
  const later = openDistribution(epoch.system, epoch.tangents, row, [exits], {
    interrupted,
    name: lane.factory.graph.name,
  });
  return need(later.accumulated(0, to - from));
}

function logarithm({ value, tangents }: Dual): Dual {
  if (!(value > 0)) throw new LaneFault("impossible");
  return { value: Math.log(value), tangents: tangents.map((tangent) => tangent / value) };
}

/** Bound on the relative error of a log-likelihood: that of every logarithm's argument, and one rounding each. */
export function likelihoodBound(
  timeline: Curves & { errorBound(time: number): number },
  { from, to, truncated, weights }: Observations,
  value: number,
): number {
  let bound = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    for (const time of [from[i], to[i], truncated[i]])
      if (time >= 0 && time < Infinity)
        bound +=
          weights[i] *
          (timeline.errorBound(time) / (Number.isNaN(from[i]) || Number.isNaN(to[i]) ? 1 : CANCELLED) + 2 ** -52);
  }
  return weights.length === 0 ? 0 : (bound + weights.length * 2 ** -53) / Math.abs(value);
}
