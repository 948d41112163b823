/**
 * Derivatives of a log-likelihood by one sweep forwards and one backwards, however many parameters there are, and their
 * derivative in a direction of θ. Every observation is a sum of products a(t)·q with its own cotangent weight / g; see
 * `time/adjoint.ts`.
 */
import { CompensatedSum } from "../../base/compensated-sum.js";
import type { Observations } from "../evaluator.js";
import type { Curves } from "./curves.js";
import { COLUMN, LaneFault } from "./epochs.js";
import { addLogarithms, exactAndRight } from "./likelihood.js";
import type { SystemTangent } from "./system.js";
import { type Contribution, type SystemAdjoint, sweepAdjoint, sweepAdjointTangent } from "./time/adjoint.js";
import type { Dual } from "./time/distribution.js";
import type { Pull } from "./time/panels.js";
import { uniformizationRate } from "./time/step-table.js";

/** Steps up to which a sweep in doubles keeps derivatives to about 1e-12. */
const STEPS_MAX = 2e4;

/** Whether adjoints answer as accurately as tangents: one epoch, not too many steps, no interval that cancels. */
export function adjointServes(timeline: Curves, { kinds, from, to, truncated }: Observations): boolean {
  if (timeline.lane.epochs.length > 1) return false;
  if (kinds.some((kind, i) => kind === "interval" && timeline.narrow(from[i], to[i]))) return false;
  const rate = uniformizationRate(timeline.lane.epochs[0].system);
  const reaches = (time: number): boolean => !(time >= 0) || rate * time <= STEPS_MAX;
  return from.every(reaches) && to.every(reaches) && truncated.every(reaches);
}

/** What the observations ask of the sweep, and of the mass at zero. */
interface Asked {
  readonly contributions: Contribution[];
  /** What is known already of the mixtures of some contributions, by column. */
  readonly mixtures: (Float64Array | undefined)[];
  /** ℓ. */
  readonly value: CompensatedSum;
  /** ∂ℓ/∂defect and its derivative in the direction, if there is one. */
  defect: number;
  defectTangent: number;
}

/** gradient[k] += ∂ℓ/∂θ_k, and ℓ itself. The timeline needs no directions. Throws `LaneFault`. */
export function likelihoodGradient(
  timeline: Curves,
  data: Observations,
  gradient: Float64Array,
  interrupted: () => boolean,
): number {
  const { lane } = timeline;
  const { numbers, system } = lane.epochs[0];
  const asked = quickContributions(timeline, data) ?? contributionsOf(timeline, data);
  const [exits, ones] = lane.columns(0);
  const adjoint = sweepAdjoint(system, lane.startRow(0).value, [exits.value, ones.value], asked.contributions, {
    interrupted,
    name: lane.factory.graph.name,
    mixtures: asked.mixtures,
  });
  if (adjoint === undefined) throw new LaneFault("horizon");
  numbers.pullSystem(lane.factory.layout.pullBack(adjoint.weights, leaving(adjoint)), gradient);
  numbers.pullInitial(adjoint.initial, gradient);
  numbers.pullDefect(asked.defect, undefined, gradient);
  return asked.value.sum;
}

/** gradient += the second derivatives of ℓ times the one direction that the timeline has. Throws `LaneFault`. */
export function likelihoodHessianVector(
  timeline: Curves,
  data: Observations,
  gradient: Float64Array,
  interrupted: () => boolean,
): void {
  const { lane } = timeline;
  const { numbers, system, tangents } = lane.epochs[0];
  const asked = contributionsOf(timeline, data);
  const columns = lane.columns(0).slice(0, 2);
  const result = sweepAdjointTangent(
    system,
    tangents[0] as SystemTangent,
    lane.startRow(0),
    columns,
    asked.contributions,
    { interrupted, name: lane.factory.graph.name },
  );
  if (result === undefined) throw new LaneFault("horizon");
  const { adjoint, tangent } = result;
  const { layout } = lane.factory;
  const back = (of: SystemAdjoint) => layout.pullBack(of.weights, leaving(of));
  numbers.pullSystemTangent(back(adjoint), back(tangent), 0, gradient);
  numbers.pullInitialTangent(adjoint.initial, tangent.initial, 0, gradient);
  numbers.pullDefectTangent(asked.defect, asked.defectTangent, undefined, 0, gradient);
}

/** Exits are what leaves, and the entries of their own column. */
const leaving = ({ exits, columns }: SystemAdjoint): Float64Array =>
  exits.map((value, p) => value + columns[COLUMN.exits][p]);

const nothingAsked = (): Asked => ({
  contributions: [],
  mixtures: [],
  value: new CompensatedSum(),
  defect: 0,
  defectTangent: 0,
});

const largestExit = (timeline: Curves): number =>
  timeline.lane.columns(0)[COLUMN.exits].value.reduce((most, x) => Math.max(most, x), 0);

/** Where all observations are times, exact or censored from the right: all of them at once, most by nodes. */
function quickContributions(timeline: Curves, data: Observations): Asked | undefined {
  const parts = exactAndRight(data);
  if (parts === undefined) return undefined;
  const asked = nothingAsked();
  const none = new Float64Array(0);
  for (const quantity of ["density", "survival"] as const) {
    const { times, weights } = parts[quantity];
    if (times.length === 0) continue;
    const pull: Pull = { weights, coefficients: none, answered: new Uint8Array(times.length) };
    const many = timeline.many(quantity, times, true, pull);
    if (many === undefined) return undefined;
    const { values } = many;
    addLogarithms(values, weights, asked.value);
    const column = quantity === "density" ? COLUMN.exits : COLUMN.ones;
    const largest = quantity === "density" ? largestExit(timeline) : 1;
    asked.mixtures[column] = pull.coefficients;
    for (let n = 0; n < times.length; n++) {
      if (pull.answered[n] === 1) continue;
      const least = NEGLIGIBLE * Math.min(1, values[n] / largest);
      asked.contributions.push({ column, kind: "at", time: times[n], cotangent: weights[n] / values[n], least });
    }
  }
  return asked;
}

function contributionsOf(timeline: Curves, data: Observations): Asked {
  const asked = nothingAsked();
  const known = { exact: valuesOf(timeline, data, "exact"), right: valuesOf(timeline, data, "right") };
  const largest = largestExit(timeline);
  data.kinds.forEach((kind, i) => {
    const [from, to, weight] = [data.from[i], data.to[i], data.weights[i]];
    if (weight === 0) return;
    if (kind === "exact") {
      if (from === 0) atZero(asked, timeline, weight);
      else {
        const whole = known.exact?.(i) ?? timeline.density(from);
        add(asked, COLUMN.exits, "at", timeline.discrete ? from - 1 : from, whole, weight, largest);
      }
    } else if (kind === "right")
      add(asked, COLUMN.ones, "at", from, known.right?.(i) ?? timeline.survival(from), weight, 1);
    else if (kind === "left") below(asked, timeline, to, timeline.cdf(to), weight);
    else between(asked, timeline, from, to, weight);
    const late = data.truncated[i];
    if (late >= 0) add(asked, COLUMN.ones, "at", late, timeline.survival(late), -weight, 1);
  });
  return asked;
}

/** Values of all observations of a kind from one sweep, by index; undefined where they have to be asked for one by one. */
function valuesOf(
  timeline: Curves,
  { kinds, from, weights }: Observations,
  wanted: "exact" | "right",
): ((i: number) => Dual) | undefined {
  const chosen = new Int32Array(kinds.length).fill(-1);
  const times: number[] = [];
  kinds.forEach((kind, i) => {
    if (kind !== wanted || weights[i] === 0 || (kind === "exact" && from[i] === 0)) return;
    chosen[i] = times.length;
    times.push(from[i]);
  });
  const many = timeline.many(wanted === "exact" ? "density" : "survival", Float64Array.from(times));
  if (many === undefined) return undefined;
  const { values, tangents } = many;
  return (i) => ({
    value: values[chosen[i]],
    tangents: Float64Array.from(tangents, (tangent) => tangent[chosen[i]]),
  });
}

/** Mixture weights that are this much smaller than what a value needs change no digit of its derivatives. */
const NEGLIGIBLE = 2 ** -80;

/**
 * One term log g of the likelihood, g a product of the sweep: its cotangent is weight · sign / whole. `most` bounds the
 * entries of the column.
 */
function add(
  asked: Asked,
  column: number,
  kind: Contribution["kind"],
  time: number,
  whole: Dual,
  weight: number,
  most: number,
): void {
  const { cotangent, cotangentTangent } = cotangents(asked, whole, weight);
  const least = NEGLIGIBLE * Math.min(1, whole.value / most);
  asked.contributions.push({ column, kind, time, cotangent, cotangentTangent, least });
}

function cotangents(
  asked: Asked,
  { value, tangents }: Dual,
  weight: number,
): { cotangent: number; cotangentTangent: number } {
  if (!(value > 0)) throw new LaneFault("impossible");
  const cotangent = weight / value;
  asked.value.add(weight * Math.log(value));
  return { cotangent, cotangentTangent: tangents.length > 0 ? (-cotangent * tangents[0]) / value : 0 };
}

function atZero(asked: Asked, timeline: Curves, weight: number): void {
  const { cotangent, cotangentTangent } = cotangents(asked, timeline.defect(), weight);
  asked.defect += cotangent;
  asked.defectTangent += cotangentTangent;
}

/** F(t) = defect + ∫ a·s while it is small, else 1 − a(t)·e. */
function below(asked: Asked, timeline: Curves, time: number, whole: Dual, weight: number): void {
  const { cotangent, cotangentTangent } = cotangents(asked, whole, weight);
  if (timeline.survival(time).value < 0.5) {
    asked.contributions.push({
      column: COLUMN.ones,
      kind: "at",
      time,
      cotangent: -cotangent,
      cotangentTangent: -cotangentTangent,
    });
    return;
  }
  asked.contributions.push({ column: COLUMN.exits, kind: "accumulated", time, cotangent, cotangentTangent });
  asked.defect += cotangent;
  asked.defectTangent += cotangentTangent;
}

/** P(a < T ≤ b) = ∫_a^b a(u)·s du. */
function between(asked: Asked, timeline: Curves, from: number, to: number, weight: number): void {
  const { cotangent, cotangentTangent } = cotangents(asked, timeline.between(from, to), weight);
  const push = (column: number, kind: Contribution["kind"], time: number, sign: number): void => {
    asked.contributions.push({
      column,
      kind,
      time,
      cotangent: sign * cotangent,
      cotangentTangent: sign * cotangentTangent,
    });
  };
  if (timeline.survival(from).value < 0.5) {
    push(COLUMN.ones, "at", from, 1);
    if (to < Infinity) push(COLUMN.ones, "at", to, -1);
    return;
  }
  if (to === Infinity) {
    push(COLUMN.ones, "at", from, 1);
    return;
  }
  push(COLUMN.exits, "accumulated", to, 1);
  push(COLUMN.exits, "accumulated", from, -1);
}
