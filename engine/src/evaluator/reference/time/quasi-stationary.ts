/**
 * The end of a long sweep without sweeping it. Once every component of a_k shrinks by the same factor ρ = 1 − ε per
 * step, the rest of the sequence is geometric, and the mixture over Poisson(Λt) steps has a closed form:
 *
 *     a(t) = a_k e^{−y},  y = εΛt + k log(1 − ε);      ∫_0^t a(u) du = (1/Λ) (Σ_{j<k} a_j + a_k (1 − e^{−y})/ε);
 *
 * discrete: y = (k − n) log(1 − ε) and Λ = 1.
 *
 * ε comes from the exits, ε = a_k·s/(Λ a_k·e), with nothing subtracted, so a rare failure keeps its relative accuracy
 * however fast the repairs are. The stop is certain (Collatz & Wielandt): if all ratios a_{k+1}(i)/a_k(i) lie within
 * ±δ of ρ, they do for ever, and after m more steps every component is right to mδ. Seeing δ below 1e-13/m takes vectors
 * in pairs of doubles, which also hold their derivatives: ȧ_{k+m} = ρ^m (ȧ_k − m ε̇/ρ a_k) once that has settled.
 */

import { InterruptedError } from "../../../base/errors.js";
import { add, divide, dot, multiply, subtract, sum, sumError } from "../../../base/two-double.js";
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import type { DistributionOptions, Dual, Engine } from "./distribution.js";
import { dotDual } from "./dual.js";
import { pollEvery } from "./sequences.js";
import { type StepTable, stepTable, uniformizationRate, workPerStep } from "./step-table.js";
import { Sweep } from "./sweep.js";

/** Allowed in values, and in derivatives relative to the value over θ. */
const TOLERANCE = 1e-13;
const TANGENT_TOLERANCE = 1e-11;
/** Shorter horizons are swept: the closed form takes Poisson(Λt) to be beyond k for certain. */
const HORIZON_MIN = 10_000;
const HORIZON_RATIO = 4;
const STEPS_MAX = 200_000;
/** Edge visits after which the search ends, by default. */
export const QUASI_STATIONARY_WORK_MAX = 4e9;
/** States of the sweep spread wider than this are of no use to any horizon. */
const SPREAD_MAX = 1e-16;
const SMALLEST_NORMAL = 2 ** -1022;

/** A sweep that has become geometric: a_k of step k, and what is known of the rest. */
interface End {
  readonly steps: number;
  /** a_k and its derivatives, and the sums of all before. */
  readonly vectors: readonly Float64Array[];
  readonly sums: readonly Float64Array[];
  /** ε and its derivatives. */
  readonly rate: number;
  readonly rateTangents: readonly number[];
  /** δ, and what stands for it in the derivatives relative to the value over θ. */
  readonly spread: number;
  readonly tangentSpread: number;
  /** Some states hold less than a double can: their part in tiny results is not known. */
  readonly flushed: boolean;
}

export class QuasiStationary implements Engine {
  readonly #table: StepTable;
  readonly #columns: readonly DualVector[];
  readonly #options: DistributionOptions;
  readonly #sweep: Sweep;
  /** Σ_{j<k} a_j and of each derivative, in pairs of doubles. */
  readonly #sums: readonly Float64Array[];
  readonly #sumRests: readonly Float64Array[];
  /** The largest |ẇ|/w of each direction, about 1/θ. */
  readonly #scales: readonly number[];
  readonly #stepsMax: number;
  /** What the sweep was at its checks, as far as of use: an answer takes the first that serves it, whatever came before. */
  readonly #ends: End[] = [];
  #steps = 0;
  #nextCheck = 16;

  constructor(
    system: TransientSystem,
    tangents: readonly SystemTangent[],
    initial: DualVector,
    columns: readonly DualVector[],
    options: DistributionOptions,
    workMax = QUASI_STATIONARY_WORK_MAX,
  ) {
    this.#table = stepTable(system, tangents, uniformizationRate(system));
    this.#columns = columns;
    this.#options = options;
    this.#sweep = new Sweep(this.#table, initial);
    this.#sweep.refine();
    this.#stepsMax = Math.min(STEPS_MAX, workMax / workPerStep(this.#table));
    const zeros = () => [initial.value, ...initial.tangents].map((x) => new Float64Array(x.length));
    this.#sums = zeros();
    this.#sumRests = zeros();
    this.#scales = tangents.map((tangent) =>
      Math.max(largestRatio(tangent.weights, system.weights), largestRatio(tangent.exits, system.exits)),
    );
  }

  reaches(time: number): boolean {
    return this.#tail(time) !== undefined;
  }

  at(column: number, time: number): Dual | undefined {
    return dotDual(this.row(time), this.#columns[column]);
  }

  accumulated(column: number, time: number): Dual | undefined {
    return dotDual(this.occupancy(time), this.#columns[column]);
  }

  row(time: number): DualVector | undefined {
    const tail = this.#tail(time);
    if (tail === undefined) return undefined;
    const { end, decay, slope } = tail;
    return {
      value: end.vectors[0].map((x) => x * decay),
      tangents: end.rateTangents.map((rateTangent, d) => {
        const growth = decay === 0 ? 0 : -slope * rateTangent;
        return end.vectors[1 + d].map((x, i) => (x + growth * end.vectors[0][i]) * decay);
      }),
    };
  }

  occupancy(time: number): DualVector | undefined {
    const tail = this.#tail(time);
    if (tail === undefined) return undefined;
    const { end, decay, exponent, slope } = tail;
    const { rate, rateTangents, vectors, sums } = end;
    const length = rate > 0 ? -Math.expm1(-exponent) / rate : slope;
    const lengthSlope = rate > 0 ? ((decay === 0 ? 0 : decay * slope) - length) / rate : (-slope * slope) / 2;
    const { rate: stepRate } = this.#table;
    return {
      value: vectors[0].map((x, i) => (sums[0][i] + x * length) / stepRate),
      tangents: rateTangents.map((rateTangent, d) =>
        vectors[1 + d].map(
          (x, i) => (sums[1 + d][i] + x * length + vectors[0][i] * lengthSlope * rateTangent) / stepRate,
        ),
      ),
    };
  }

  errorBound(time: number): number {
    if (this.#tail(time) === undefined) return Infinity;
    return TOLERANCE + 2 ** -53 * (4 * this.#table.system.size + 800);
  }

  /** The geometric tail at a time: where it starts, e^{−y}, y and dy/dε; undefined where it is not reached. */
  #tail(time: number) {
    const steps = time * this.#table.rate;
    if (steps < HORIZON_MIN) return undefined;
    const end = this.#reach(steps);
    if (end === undefined) return undefined;
    const discrete = this.#table.system.kind === "discrete";
    // Poisson(x) steps shrink by e^{−εx}, n steps by (1 − ε)^n
    const perStep = discrete ? -Math.log1p(-end.rate) : end.rate;
    const exponent = steps === Infinity ? Infinity : perStep * steps + end.steps * Math.log1p(-end.rate);
    const decay = Math.exp(-exponent);
    if (end.flushed && decay < 2 ** -900) return undefined;
    const slope = (discrete ? steps / (1 - end.rate) : steps) - end.steps / (1 - end.rate);
    return { end, decay, exponent, slope };
  }

  /** The first end known well enough for a horizon. */
  #reach(steps: number): End | undefined {
    const serves = ({ rate, spread, tangentSpread }: End) => {
      const rest = Math.min(steps, 745 / rate);
      return rate <= 0.5 && rest * spread <= TOLERANCE && rest * tangentSpread <= TANGENT_TOLERANCE;
    };
    const latest = Math.min(this.#stepsMax, steps / HORIZON_RATIO);
    const poll = pollEvery(this.#sweep);
    const known = this.#ends.find(serves);
    if (known !== undefined) return known.steps <= latest ? known : undefined;
    while (this.#steps < latest && !this.#sweep.ended) {
      if (this.#steps % poll === 0 && this.#options.interrupted())
        throw new InterruptedError(`sweeping ${this.#options.name} at step ${this.#steps}`);
      const end = this.#step();
      if (end !== undefined && serves(end) && end.steps <= latest) return end;
    }
    return undefined;
  }

  /** One step; at checks of use, what was found. */
  #step(): End | undefined {
    const sweep = this.#sweep;
    const { scale } = sweep;
    this.#sums.forEach((total, x) => {
      addFine(total, this.#sumRests[x], x === 0 ? sweep.value : sweep.tangent(x - 1), scale, sweep.low, sweep.high);
    });
    const check = this.#steps + 1 >= this.#nextCheck;
    const before = check ? this.#decayRate() : undefined;
    sweep.step();
    this.#steps++;
    if (before === undefined) return undefined;
    this.#nextCheck = this.#steps + Math.max(16, this.#steps >> 3);
    const found = sweep.scale === scale && !sweep.ended ? this.#measure(before.rate, before.rateTangents) : undefined;
    if (found === undefined || !(found.spread <= SPREAD_MAX)) return undefined;
    const vectors = this.#sums.map((_, x) => (x === 0 ? sweep.value : sweep.tangent(x - 1)).map((v) => v * scale));
    const end: End = {
      ...found,
      ...this.#decayRate(),
      steps: this.#steps,
      vectors,
      sums: this.#sums.map((x) => x.slice()),
    };
    this.#ends.push(end);
    return end;
  }

  /** How far the last step was from a multiplication by 1 − ε; undefined while states still fill. */
  #measure(
    rate: number,
    rateTangents: readonly number[],
  ): Pick<End, "spread" | "tangentSpread" | "flushed"> | undefined {
    const { his, los } = this.#sweep.previous;
    const { value, valueRest } = this.#sweep;
    let spread = 0;
    let tangentSpread = 0;
    let flushed = false;
    for (let i = 0; i < value.length; i++) {
      const mass = his[0][i];
      if (mass < SMALLEST_NORMAL && value[i] < SMALLEST_NORMAL) {
        flushed ||= value[i] > 0 || mass > 0;
        continue;
      }
      if (mass < SMALLEST_NORMAL) return undefined;
      const change = value[i] - mass + ((valueRest?.[i] ?? 0) - los[0][i]);
      spread = Math.max(spread, Math.abs(change + rate * mass) / mass);
      for (let d = 0; d < rateTangents.length; d++) {
        const slope = his[1 + d][i];
        const slopeChange =
          this.#sweep.tangent(d)[i] - slope + ((this.#sweep.tangentRest(d)?.[i] ?? 0) - los[1 + d][i]);
        const off = Math.abs(slopeChange + rate * slope + rateTangents[d] * mass);
        if (off > 0) tangentSpread = Math.max(tangentSpread, off / Math.max(this.#scales[d] * mass, Math.abs(slope)));
      }
    }
    return { spread, tangentSpread, flushed };
  }

  /** ε = a·s/(Λ a·e) and its derivatives. */
  #decayRate(): { readonly rate: number; readonly rateTangents: number[] } {
    const { value, valueRest, table } = this.#sweep;
    const { exitMoves } = table.value;
    const mass = sum(value);
    const rate = divide(dot(value, exitMoves, valueRest), mass);
    const rateTangents = table.tangents.map((matrix, d) => {
      const tangent = this.#sweep.tangent(d);
      const rest = this.#sweep.tangentRest(d);
      const tangentMass = rest === undefined ? sum(tangent) : add(sum(tangent), sum(rest));
      const flow = add(dot(tangent, exitMoves, rest), dot(value, matrix.exitMoves, valueRest));
      return divide(subtract(flow, multiply(rate, tangentMass)), mass)[0];
    });
    return { rate: rate[0], rateTangents };
  }
}

/** total += factor x in pairs of doubles. */
function addFine(
  total: Float64Array,
  rest: Float64Array,
  x: Float64Array,
  factor: number,
  low: number,
  high: number,
): void {
  for (let i = low; i <= high; i++) {
    const term = x[i] * factor;
    rest[i] += sumError(total[i], term);
    total[i] += term;
    const settled = total[i] + rest[i];
    rest[i] -= settled - total[i];
    total[i] = settled;
  }
}

function largestRatio(tangent: Float64Array, value: Float64Array): number {
  return tangent.reduce((most, x, i) => (value[i] > 0 ? Math.max(most, Math.abs(x) / value[i]) : most), 0);
}
