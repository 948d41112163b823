/**
 * The log-likelihood of observations, exact, censored, between two times or truncated, each with a weight:
 *
 *     ℓ = Σ_n weight_n (log g_n − log S(t0_n)),   g = f(t), S(t), F(t) or P(a < T ≤ b).
 */
import { CompensatedSum } from "../../base/compensated-sum.js";
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
  const quick = exactAndRight(timeline, data);
  if (quick) return quick;
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

/** The same where all observations are times, exact or censored from the right: all of them at once. */
function exactAndRight(timeline: Curves, { kinds, from, truncated, weights }: Observations): Dual | undefined {
  // equal times are one, with the sum of their weights
  const groups = { density: new Map<number, number>(), survival: new Map<number, number>() };
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i];
    if (weights[i] === 0) continue;
    if ((kind !== "exact" && kind !== "right") || (kind === "exact" && from[i] === 0)) return undefined;
    const group = kind === "exact" ? groups.density : groups.survival;
    group.set(from[i], (group.get(from[i]) ?? 0) + weights[i]);
    if (truncated[i] < 0) continue;
    groups.survival.set(truncated[i], (groups.survival.get(truncated[i]) ?? 0) - weights[i]);
  }
  const value = new CompensatedSum();
  const slopes = Array.from({ length: timeline.lane.directions }, () => new CompensatedSum());
  for (const quantity of ["density", "survival"] as const) {
    const many = timeline.many(quantity, Float64Array.from(groups[quantity].keys()));
    if (many === undefined) return undefined;
    const { values, tangents } = many;
    const all = Float64Array.from(groups[quantity].values());
    for (let n = 0; n < values.length; n++) {
      if (!(values[n] > 0)) throw new LaneFault("impossible");
      value.add(all[n] * Math.log(values[n]));
    }
    tangents.forEach((tangent, d) => {
      for (let n = 0; n < tangent.length; n++) slopes[d].add((all[n] * tangent[n]) / values[n]);
    });
  }
  return { value: value.sum, tangents: Float64Array.from(slopes, ({ sum }) => sum) };
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

type Tails = Pick<Curves, "lane" | "cdf" | "survival">;

/** F(b) − F(a) or S(a) − S(b), whichever are the small ones, and how large those are. */
function differenceOf(timeline: Tails, from: number, to: number): { difference: Dual; large: number } {
  const survival = timeline.survival(from);
  const [large, small] =
    survival.value < 0.5 ? [survival, timeline.survival(to)] : [timeline.cdf(to), timeline.cdf(from)];
  return { difference: plus(large, times(small, -1)), large: large.value };
}

export function isNarrow(timeline: Tails, from: number, to: number): boolean {
  const { difference, large } = differenceOf(timeline, from, to);
  return !(difference.value > CANCELLED * large);
}

/** P(a < T ≤ b): a difference of tails, or where they agree too well, what is absorbed within b − a of a. */
export function between(timeline: Tails, from: number, to: number, interrupted: () => boolean): Dual {
  const { difference, large } = differenceOf(timeline, from, to);
  if (difference.value > CANCELLED * large) return difference;
  const { lane } = timeline;
  let sum = constant(0, lane.directions);
  const last = lane.epochAt(to);
  for (let m = lane.epochAt(from); m <= last; m++) {
    const epoch = lane.epochs[m];
    const start = Math.max(from, epoch.start);
    const next = m < last ? lane.epochs[m + 1] : undefined;
    const u = start - epoch.start;
    const since = epoch.startTangents.map((tangent) => -tangent);
    const row = start === epoch.start ? lane.startRow(m) : need(lane.reaching(m, u, since).row(u));
    const exits = { value: epoch.system.exits, tangents: epoch.tangents.map((tangent) => tangent.exits) };
    const part = openDistribution(epoch.system, epoch.tangents, row, [exits], {
      interrupted,
      name: lane.factory.graph.name,
    });
    const length = (next ? next.start : to) - start;
    sum = plus(sum, need(part.accumulated(0, length)));
    // ends that move with θ take along what is absorbed there
    const [atStart, atEnd] = [need(part.at(0, 0)).value, need(part.at(0, length)).value];
    const tangents = sum.tangents.map(
      (tangent, k) =>
        tangent +
        (next ? atEnd * next.startTangents[k] : 0) -
        (start === epoch.start ? atStart * epoch.startTangents[k] : 0),
    );
    sum = { value: sum.value, tangents };
  }
  return sum;
}

function logarithm({ value, tangents }: Dual): Dual {
  if (!(value > 0)) throw new LaneFault("impossible");
  return { value: Math.log(value), tangents: tangents.map((tangent) => tangent / value) };
}

/** Bound on the relative error of a log-likelihood: that of every logarithm's argument, and one rounding each. */
export function likelihoodBound(
  timeline: Curves & { errorBound(time: number): number; errorBoundUntil(time: number): number },
  { kinds, from, to, truncated, weights }: Observations,
  value: number,
): number {
  let bound = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++)
    if (weights[i] !== 0)
      for (const time of [from[i], to[i], truncated[i]]) if (time > last && time < Infinity) last = time;
  // one bound for all where that is no looser than a few digits
  const all = kinds.every((kind) => kind === "exact" || kind === "right") ? timeline.errorBoundUntil(last) : Infinity;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    if (all < Infinity) {
      bound += weights[i] * (all + 2 ** -52) * (truncated[i] >= 0 ? 2 : 1);
      continue;
    }
    for (const time of [from[i], to[i], truncated[i]])
      if (time >= 0 && time < Infinity)
        bound +=
          weights[i] *
          (timeline.errorBound(time) / (Number.isNaN(from[i]) || Number.isNaN(to[i]) ? 1 : CANCELLED) + 2 ** -52);
  }
  return weights.length === 0 ? 0 : (bound + weights.length * 2 ** -53) / Math.abs(value);
}
