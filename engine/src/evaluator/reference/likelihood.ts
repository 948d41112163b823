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
import { MANY, NODES_ERROR } from "./time/by-nodes.js";
import type { Dual } from "./time/distribution.js";
import { openDistribution } from "./time/open.js";

/** A difference that keeps less than this of its operands is computed another way. */
const CANCELLED = 1e-3;
const POLL_EVERY = 256;

/** Throws `LaneFault` `impossible` when an observation has probability 0. Cost: one sweep, and a mixture per observation. */
export function logLikelihood(timeline: Curves, data: Observations, interrupted: () => boolean): Dual {
  const quick = allAtOnce(timeline, data);
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

/** Times, and how often each counts. */
export interface Weighed {
  readonly times: Float64Array;
  readonly weights: Float64Array;
}

/** Exact times and survivals where there is nothing else, and no time of zero: what all of one sweep's mixtures answer. */
export function exactAndRight(
  data: Observations,
): { readonly density: Weighed; readonly survival: Weighed } | undefined {
  const { kinds, from, truncated, weights } = data;
  const n = kinds.length;
  if (data.plain && areLater(from)) return { density: { times: from, weights }, survival: weighed(0) };
  let [densities, survivals] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    const kind = kinds[i];
    if (kind === "exact" && from[i] > 0) densities++;
    else if (kind === "right") survivals++;
    else return undefined;
    if (truncated[i] >= 0) survivals++;
  }
  if (densities === n && survivals === 0) return { density: { times: from, weights }, survival: weighed(0) };
  const [density, survival] = [weighed(densities), weighed(survivals)];
  let [d, s] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    if (kinds[i] === "exact") {
      density.times[d] = from[i];
      density.weights[d++] = weights[i];
    } else {
      survival.times[s] = from[i];
      survival.weights[s++] = weights[i];
    }
    if (truncated[i] < 0) continue;
    survival.times[s] = truncated[i];
    survival.weights[s++] = -weights[i];
  }
  return { density, survival };
}

/** Not `every`, which makes an object of every number that it hands over. */
function areLater(times: Float64Array): boolean {
  for (let i = 0; i < times.length; i++) if (!(times[i] > 0)) return false;
  return true;
}

const weighed = (count: number): Weighed => ({ times: new Float64Array(count), weights: new Float64Array(count) });

/** Their log-likelihood: all of them at once. */
function allAtOnce(timeline: Curves, data: Observations): Dual | undefined {
  const parts = exactAndRight(data);
  if (parts === undefined) return undefined;
  const value = new CompensatedSum();
  const slopes = new Float64Array(timeline.lane.directions);
  for (const quantity of ["density", "survival"] as const) {
    const { times, weights } = parts[quantity];
    if (times.length === 0) continue;
    const many = timeline.many(quantity, times, true);
    if (many === undefined) return undefined;
    addLogarithms(many.values, weights, value);
    for (let d = 0; d < slopes.length; d++) slopes[d] += slopeOfLogarithms(many.values, many.tangents[d], weights);
  }
  return { value: value.sum, tangents: slopes };
}

/** sum += Σ weight log value. Throws `LaneFault` `impossible` for a value that is 0. */
export function addLogarithms(values: Float64Array, weights: Float64Array, sum: CompensatedSum): void {
  for (let n = 0; n < values.length; n++) {
    if (!(values[n] > 0)) throw new LaneFault("impossible");
    sum.add(weights[n] * Math.log(values[n]));
  }
}

function slopeOfLogarithms(values: Float64Array, tangent: Float64Array, weights: Float64Array): number {
  const sum = new CompensatedSum();
  for (let n = 0; n < values.length; n++) sum.add((weights[n] * tangent[n]) / values[n]);
  return sum.sum;
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
  data: Observations,
  value: number,
): number {
  const { kinds, from, to, truncated, weights } = data;
  let bound = 0;
  let last = 0;
  let simple = true;
  if (data.plain) for (let i = 0; i < from.length; i++) last = Math.max(last, from[i]);
  else
    for (let i = 0; i < weights.length; i++) {
      if (kinds[i] !== "exact" && kinds[i] !== "right") simple = false;
      if (weights[i] === 0) continue;
      if (from[i] > last && from[i] < Infinity) last = from[i];
      if (to[i] > last && to[i] < Infinity) last = to[i];
      if (truncated[i] > last) last = truncated[i];
    }
  // one bound for all where that is no looser than a few digits
  let all = simple ? timeline.errorBoundUntil(last) : Infinity;
  if (weights.length >= MANY) all += NODES_ERROR;
  const count = weights.length;
  if (count === 0) return 0;
  if (data.plain && all < Infinity) return (count * (all + 2 ** -52) + count * 2 ** -53) / Math.abs(value);
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
  return (bound + count * 2 ** -53) / Math.abs(value);
}
