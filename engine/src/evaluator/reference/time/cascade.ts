/**
 * Uniformization in stages for models without cycles: fast states empty early and are never entered again, so a sweep need not
 * go on at their pace. A stage is a sweep over the states that still matter, at the rate of the fastest of them; where it ends,
 * states are left out whose mass can change no result by more than a relative 2⁻⁶⁰. A genealogy that starts with rates in the
 * hundreds and ends with one takes a tenth of the steps, and most of those over few states.
 *
 * Why it may be left out. Write v_i(s) = (e^{Ss} q)_i for a column q ≥ 0. What starts in i and first enters k after u is worth
 * v_k(s − u) ≤ e^{λ_k u} v_k(s), since it could have stayed in k. So mass δ_i left out of a state that leads to k by jumps
 * through states i with λ_i > λ_k is worth at most δ_i ∏ λ_i / (λ_i − λ_k) v_k(s), and if what arrives so at every k of some set
 * that no path avoids is at most ε times the mass a_k that is there, all results change by at most ε, at all later times, and
 * their integrals over time too. What paths earn before they enter the set is bounded by what the set earns at once, because it
 * decays faster.
 */
import type { DualVector, TransientSystem } from "../system.js";
import type { DistributionOptions, Dual } from "./distribution.js";
import { poissonWeights, quickError, quickMixture, quickScratch, type Window } from "./poisson.js";
import { Sequences } from "./sequences.js";
import { largestRate, stepTable, uniformizationRate } from "./step-table.js";
import { Sweep } from "./sweep.js";
import { Uniformization } from "./uniformization.js";

/** Relative change that leaving states out may make to a result, at one end of a stage. */
const LEFT_OUT = 2 ** -60;
/** Steps of a stage after which it is tried to leave states out, and shares of the fastest rate from which on they might be. */
const TRIES = [48, 64, 88, 120, 168, 240, 336] as const;
const SHARES = [0.3, 0.5, 0.75] as const;
const EPSILON = 2 ** -56;
/** A stage keeps some hundreds of vectors while its end is sought: 50 MB for a system of this size. */
const SIZE_MAX = 10_000;
/** Relative truncation of each entry of a row. */
const ROW_EPSILON = 2 ** -60;
/** Steps below which stages are not worth their beginning. */
export const STAGED_STEPS = 300;

/** Whether every edge leads to a smaller position, and rates differ enough for stages to pay. */
export function hasStages(system: TransientSystem): boolean {
  if (system.kind !== "continuous" || system.size > SIZE_MAX) return false;
  for (let i = 0; i < system.size; i++)
    for (let e = system.rowStart[i]; e < system.rowStart[i + 1]; e++) if (system.targets[e] >= i) return false;
  const rates = ratesOf(system);
  return rates.some((rate) => rate > 0 && 4 * rate <= largestRate(system));
}

export class Cascade {
  readonly #system: TransientSystem;
  readonly #columns: readonly Float64Array[];
  readonly #options: DistributionOptions;
  readonly #stages: Stage[] = [];
  /** Poisson weights of the steps after which stages are tried to end: the same for all stages. */
  readonly #windows = new Map<number, Window>();

  /** Of a system that `hasStages`, without derivatives. */
  constructor(
    system: TransientSystem,
    initial: Float64Array,
    columns: readonly Float64Array[],
    options: DistributionOptions,
  ) {
    this.#system = system;
    this.#columns = columns;
    this.#options = options;
    const all = Int32Array.from({ length: system.size }, (_, i) => i);
    this.#stages.push(new Stage(0, all, system, initial, columns, options, this.#windows));
  }

  at(column: number, time: number): Dual | undefined {
    return this.#stageAt(time).at(column, time);
  }

  accumulated(column: number, time: number): Dual | undefined {
    const last = this.#stageAt(time);
    let sum = 0;
    for (const stage of this.#stages) {
      const part = stage.accumulated(column, stage === last ? time : stage.end);
      if (part === undefined) return undefined;
      sum += part.value;
      if (stage === last) break;
    }
    return { value: sum, tangents: new Float64Array(0) };
  }

  /** Every stage rounds as a sweep does; states left out and entries truncated add 2⁻⁵⁹ a stage. */
  errorBound(time: number): number {
    const last = this.#stageAt(time);
    let bound = 0;
    for (const stage of this.#stages) {
      bound += stage.errorBound(stage === last ? time : stage.end) + LEFT_OUT + ROW_EPSILON;
      if (stage === last) break;
    }
    return bound;
  }

  #stageAt(time: number): Stage {
    for (let k = 0; ; k++) {
      const stage = this.#stages[k];
      if (time < stage.end) return stage;
      if (k + 1 < this.#stages.length) continue;
      const members = stage.next!.local.map((i) => stage.members[i]);
      const columns = this.#columns.map((q) => Float64Array.from(members, (i) => q[i]));
      const system = restricted(this.#system, members);
      this.#stages.push(new Stage(stage.end, members, system, stage.next!.row, columns, this.#options, this.#windows));
    }
  }
}

/** One sweep from a time on: products with columns for times within it, and the row where it ends. */
class Stage {
  readonly start: number;
  /** Positions of the whole system that are still there. */
  readonly members: Int32Array;
  /** Where it ends; Infinity when nothing can be left out any more. */
  readonly end: number;
  /** Positions of this stage that go on, and what they hold at the end. */
  readonly next: { readonly local: Int32Array; readonly row: Float64Array } | undefined;
  readonly #windows: Map<number, Window>;
  readonly #rate: number;
  readonly #sweep: Sweep;
  readonly #sequences: Sequences;
  readonly #whole: () => Uniformization;
  #uniformization: Uniformization | undefined;
  readonly #out = new Float64Array(1);
  readonly #scratch = quickScratch();
  readonly #inDegreeMax: number;

  constructor(
    start: number,
    members: Int32Array,
    system: TransientSystem,
    initial: Float64Array,
    columns: readonly Float64Array[],
    options: DistributionOptions,
    windows: Map<number, Window>,
  ) {
    this.start = start;
    this.#windows = windows;
    this.members = members;
    const plain = (value: Float64Array): DualVector => ({ value, tangents: [] });
    const table = stepTable(system, [], uniformizationRate(system));
    this.#rate = table.rate;
    this.#inDegreeMax = table.inDegreeMax;
    this.#sweep = new Sweep(table, plain(initial));
    this.#sequences = new Sequences(this.#sweep, columns.map(plain), options.interrupted, options.name, false);
    this.#whole = () => new Uniformization(system, [], plain(initial), columns.map(plain), options);
    const end = this.#findEnd(system, initial, columns);
    this.end = end === undefined ? Infinity : start + end.length;
    this.next = end;
  }

  steps(time: number): number {
    return this.#rate * (time - this.start);
  }

  at(column: number, time: number): Dual | undefined {
    const x = this.steps(time);
    const quick =
      this.end < Infinity && quickMixture(x, this.#sequences.terms(column), EPSILON, 1, this.#out, this.#scratch);
    return quick ? { value: this.#out[0], tangents: new Float64Array(0) } : this.#exact().at(column, time - this.start);
  }

  accumulated(column: number, time: number): Dual | undefined {
    return this.#exact().accumulated(column, time - this.start);
  }

  errorBound(time: number): number {
    if (this.end === Infinity) return this.#exact().errorBound(time - this.start);
    const x = this.steps(time);
    const steps = x + 10 * Math.sqrt(x) + 40;
    return 2 ** -53 * ((this.#inDegreeMax + 4) * steps + this.members.length) + EPSILON + quickError(x);
  }

  /** The sweep of the last stage, and what integrals need. */
  #exact(): Uniformization {
    this.#uniformization ??= this.#whole();
    return this.#uniformization;
  }

  /**
   * The first of some times at which states can be left out, and what the others hold then. The row of each such time is summed
   * beside the sweep until what may still come is small beside every entry.
   */
  #findEnd(
    system: TransientSystem,
    initial: Float64Array,
    columns: readonly Float64Array[],
  ): { readonly length: number; readonly local: Int32Array; readonly row: Float64Array } | undefined {
    const rates = ratesOf(system);
    const fastest = largestRate(system);
    if (!rates.some((rate) => 2 * rate <= fastest)) return undefined;
    const reachable = reachableFrom(system, initial);
    const vectors: Vectors = { data: new Float64Array(256 * system.size), count: 0 };
    for (const x of TRIES) {
      const length = x / this.#rate;
      // entries that may stay must be right, each relative to itself; of the others a bound will do
      const wanted = (p: number): boolean => reachable[p] === 1 && rates[p] < SHARES[0] * fastest;
      let { row, rest } = this.#rowAt(x, vectors, wanted);
      for (const share of SHARES) {
        const kept = leaveOut(system, rates, row, rest, columns, share * fastest);
        if (kept === undefined) continue;
        const stays = new Uint8Array(system.size);
        for (const p of kept) stays[p] = reachable[p];
        if (kept.some((p) => stays[p] === 1 && rest > ROW_EPSILON * row[p]))
          ({ row, rest } = this.#rowAt(x, vectors, (p) => stays[p] === 1));
        const local = Int32Array.from(kept);
        return { length, local, row: Float64Array.from(local, (p) => row[p]) };
      }
    }
    return undefined;
  }

  /** a(Δ) after x steps, summed until what may still come is small beside every entry that is wanted, and a bound on that. */
  #rowAt(
    x: number,
    vectors: Vectors,
    wanted: (p: number) => boolean,
  ): { readonly row: Float64Array; readonly rest: number } {
    const known = this.#windows.get(x) ?? poissonWeights([x, 0]);
    this.#windows.set(x, known);
    const { low, weights } = known;
    const n = this.members.length;
    const row = new Float64Array(n);
    const positions = Int32Array.from(row.keys()).filter(wanted);
    for (let k = 0; k < low + weights.length; k++) {
      if (k === vectors.count && !this.#record(vectors)) return { row, rest: 0 };
      if (k < low) continue;
      const weight = weights[k - low];
      const { data } = vectors;
      for (let p = 0, at = k * n; p < n; p++, at++) row[p] += weight * data[at];
      // past the mode weights fall at least as k grows: the rest is below weight · ratio / (1 − ratio)
      const ratio = x / (k + 1);
      if (k % 4 !== 3 || ratio >= 1) continue;
      const rest = ((weight * ratio) / (1 - ratio)) * this.#sequences.survival(k);
      let enough = true;
      for (let i = 0; enough && i < positions.length; i++) enough = rest <= ROW_EPSILON * row[positions[i]];
      if (enough) return { row, rest };
    }
    return { row, rest: 0 };
  }

  /** One more vector of the sweep; false when nothing is left. */
  #record(vectors: Vectors): boolean {
    const k = vectors.count;
    const n = this.members.length;
    this.#sequences.extend(k);
    if (this.#sequences.length <= k) return false;
    if ((k + 1) * n > vectors.data.length) {
      const more = new Float64Array(2 * vectors.data.length);
      more.set(vectors.data);
      vectors.data = more;
    }
    const { value, scale } = this.#sweep;
    for (let p = 0, at = k * n; p < n; p++, at++) vectors.data[at] = value[p] * scale;
    vectors.count++;
    return true;
  }
}

/** a_0 … a_{count − 1}, one after the other. */
interface Vectors {
  data: Float64Array;
  count: number;
}

function ratesOf({ size, rowStart, weights, exits }: TransientSystem): Float64Array {
  const rates = exits.slice();
  for (let i = 0; i < size; i++) for (let e = rowStart[i]; e < rowStart[i + 1]; e++) rates[i] += weights[e];
  return rates;
}

/** The system of some positions, ascending, out of which no edge leads to another. */
function restricted(system: TransientSystem, members: Int32Array): TransientSystem {
  const local = new Int32Array(system.size).fill(-1);
  members.forEach((i, k) => {
    local[i] = k;
  });
  const rowStart = new Int32Array(members.length + 1);
  const targets: number[] = [];
  const weights: number[] = [];
  members.forEach((i, k) => {
    for (let e = system.rowStart[i]; e < system.rowStart[i + 1]; e++) {
      // an edge that is 0 at this θ may lead anywhere
      if (system.weights[e] === 0) continue;
      targets.push(local[system.targets[e]]);
      weights.push(system.weights[e]);
    }
    rowStart[k + 1] = targets.length;
  });
  return {
    sweeps: system.sweeps,
    kind: system.kind,
    size: members.length,
    rowStart,
    targets: Int32Array.from(targets),
    weights: Float64Array.from(weights),
    exits: Float64Array.from(members, (i) => system.exits[i]),
  };
}

/** 1 at positions that mass can reach; edges lead to smaller ones. */
function reachableFrom({ size, rowStart, targets, weights }: TransientSystem, initial: Float64Array): Uint8Array {
  const reached = Uint8Array.from(initial, (mass) => (mass > 0 ? 1 : 0));
  for (let i = size - 1; i >= 0; i--)
    if (reached[i] === 1)
      for (let e = rowStart[i]; e < rowStart[i + 1]; e++) if (weights[e] > 0) reached[targets[e]] = 1;
  return reached;
}

/**
 * Positions that are kept when those with rates of at least `threshold` that only such ones lead to are left out; undefined
 * when there are none, or when results could change. Entries of the row may be too small by `rest`.
 */
function leaveOut(
  system: TransientSystem,
  rates: Float64Array,
  row: Float64Array,
  rest: number,
  columns: readonly Float64Array[],
  threshold: number,
): number[] | undefined {
  const { size, rowStart, targets, weights } = system;
  const out = new Uint8Array(size);
  const entered = new Uint8Array(size);
  const kept: number[] = [];
  for (let i = size - 1; i >= 0; i--) {
    out[i] = rates[i] >= threshold && entered[i] === 0 ? 1 : 0;
    if (out[i] === 1) continue;
    kept.push(i);
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) if (weights[e] > 0) entered[targets[e]] = 1;
  }
  if (kept.length === size || kept.length === 0) return undefined;

  // the set: kept positions with far more mass than what was left out brings there; the others hand it on
  const inSet = new Uint8Array(size);
  const flow = new Float64Array(size);
  let fastest = 0;
  for (let i = size - 1; i >= 0; i--) {
    if (out[i] === 1) flow[i] += row[i] + rest;
    if (flow[i] === 0) continue;
    if (out[i] === 0 && flow[i] <= LEFT_OUT * row[i]) {
      inSet[i] = 1;
      fastest = Math.max(fastest, rates[i]);
      continue;
    }
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) flow[targets[e]] += (flow[i] * weights[e]) / rates[i];
  }
  // the same flows, each jump at its worst
  flow.fill(0);
  const before = columns.map(() => 0);
  const within = columns.map(() => 0);
  for (let i = size - 1; i >= 0; i--) {
    if (out[i] === 1) flow[i] += row[i] + rest;
    if (inSet[i] === 1) {
      if (flow[i] > LEFT_OUT * row[i]) return undefined;
      columns.forEach((value, c) => {
        within[c] += row[i] * value[i];
      });
      continue;
    }
    if (flow[i] === 0) continue;
    if (rates[i] <= fastest) return undefined;
    const worst = flow[i] / (rates[i] - fastest);
    columns.forEach((value, c) => {
      before[c] += worst * rates[i] * value[i];
    });
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) flow[targets[e]] += worst * weights[e];
  }
  if (before.some((earned, c) => earned > LEFT_OUT * within[c])) return undefined;
  return kept.reverse();
}
