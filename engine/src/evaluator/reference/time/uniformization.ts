/**
 * The sweep engine: uniformization (Jensen 1953) of a continuous system, P = I + S/Λ and a_k = α P^k,
 *
 *     a(t)·q = Σ_k Pois(k; Λt) a_k·q        ∫_0^t a(u)·q du = t Σ_k Pois(k; Λt) Σ_{j≤k} a_j·q / (k + 1),
 *
 * and the plain recursion a_{k+1} = a_k T of a discrete one. Sums of non-negative terms, truncated relative to the
 * result. Λ is the next 2^{j/4} above the lane's largest rate, so that no result depends on its neighbours in a batch.
 */

import { InterruptedError } from "../../../base/errors.js";
import { twoProduct } from "../../../base/two-double.js";
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import type { DistributionOptions, Dual, Engine } from "./distribution.js";
import {
  poissonMixture,
  poissonStays,
  poissonWeights,
  quickError,
  quickMixture,
  quickScratch,
  SPREAD,
  type Terms,
  type Window,
} from "./poisson.js";
import { pollEvery, Sequences } from "./sequences.js";
import { type StepTable, stepTable, uniformizationRate, workPerStep } from "./step-table.js";
import { Sweep } from "./sweep.js";

/** Vector steps, and edge visits in all of them, beyond which a sweep is refused: minutes of work. */
export const STEPS_MAX = 20_000_000;
const WORK_MAX = 2e11;
const SEARCH_STEPS = 200_000;
/** Numbers kept for all columns and directions. */
const KEPT_MAX = 2 ** 26;
const EPSILON = 2 ** -56;
/** Of derivatives: how much smaller than the last weight that the value needs a weight must be. */
const BEYOND = 2 ** -64;

export class Uniformization implements Engine {
  readonly table: StepTable;
  readonly #initial: DualVector;
  readonly #sequences: Sequences;
  readonly #options: DistributionOptions;
  readonly #directions: number;
  readonly #stepsMax: number;
  readonly #sums: Float64Array;
  readonly #scratch = quickScratch();

  constructor(
    system: TransientSystem,
    tangents: readonly SystemTangent[],
    initial: DualVector,
    columns: readonly DualVector[],
    options: DistributionOptions,
  ) {
    this.table = stepTable(system, tangents, uniformizationRate(system));
    this.#initial = initial;
    this.#options = options;
    this.#directions = tangents.length;
    this.#sums = new Float64Array(1 + tangents.length);
    this.#sequences = new Sequences(new Sweep(this.table, initial), columns, options.interrupted, options.name);
    this.#stepsMax = Math.min(
      STEPS_MAX,
      WORK_MAX / workPerStep(this.table),
      KEPT_MAX / (1 + 2 * columns.length * (1 + tangents.length)),
    );
  }

  /** Steps to the middle of the mixture at a time. */
  steps(time: number): number {
    return this.table.rate * time;
  }

  reaches(time: number): boolean {
    return this.#end(time) !== "beyond";
  }

  at(column: number, time: number): Dual | undefined {
    const end = this.#end(time);
    if (end === "beyond") return undefined;
    if (end === "nothing") return { value: 0, tangents: new Float64Array(this.#directions) };
    const sequences = this.#sequences;
    return this.#mixture(time, sequences.terms(column), (k, d) => sequences.term(column, k, d), 1);
  }

  accumulated(column: number, time: number): Dual | undefined {
    const end = this.#end(time);
    if (end === "beyond") return undefined;
    const sequences = this.#sequences;
    const prefix = (k: number, d: number) => sequences.prefix(column, k, d);
    const { rate } = this.table;
    if (end === "nothing") {
      const tangents = Float64Array.from({ length: this.#directions }, (_, d) => prefix(Infinity, 1 + d) / rate);
      return { value: prefix(Infinity, 0) / rate, tangents };
    }
    if (this.table.system.kind === "discrete") return this.#mixture(time, sequences.terms(column), prefix, 1);
    return this.#mixture(time, sequences.meanTerms(column), (k, d) => sequences.mean(column, k, d), time);
  }

  row(time: number): DualVector | undefined {
    return this.rows([time])[0];
  }

  occupancy(time: number): DualVector | undefined {
    return this.occupancies([time])[0];
  }

  rows(times: readonly number[]): (DualVector | undefined)[] {
    return this.#vectors(times, (window) => window, 0);
  }

  occupancies(times: readonly number[]): (DualVector | undefined)[] {
    const discrete = this.table.system.kind === "discrete";
    // of n steps, those before n
    const stays = (window: Window, time: number) => ({
      low: window.low,
      weights: discrete ? new Float64Array(1) : poissonStays(window, time),
    });
    return this.#vectors(times, stays, 1 / this.table.rate);
  }

  /** About how many multiplications an answer takes. A function of the time alone. */
  work(time: number): number {
    const steps = this.steps(time) + 40;
    const perStep = workPerStep(this.table);
    return steps * (1000 + perStep * (this.#sequences.refinedFrom < steps ? 5 : 1));
  }

  /** Every step not refined rounds at most (in-degree + 4) times, the last sums n times. */
  errorBound(time: number): number {
    const { system, inDegreeMax } = this.table;
    const x = Math.min(this.steps(time), this.#sequences.ended ? this.#sequences.length : Infinity);
    const steps = Math.min(this.#sequences.refinedFrom, system.kind === "discrete" ? x : x + 10 * Math.sqrt(x) + 40);
    const mixing = system.kind === "discrete" ? 0 : quickError(this.steps(time));
    return 2 ** -53 * ((inDegreeMax + 4) * steps + system.size) + EPSILON + mixing;
  }

  /** Whether the sums at a time can be had; "nothing" when all of a(t) is 0. */
  #end(time: number): "within" | "nothing" | "beyond" {
    const x = this.steps(time);
    const sequences = this.#sequences;
    // a horizon out of reach is only worth the steps in which everything may be absorbed
    const most = x <= this.#stepsMax ? x : Math.min(this.#stepsMax, SEARCH_STEPS);
    sequences.extend(Math.floor(most));
    if (sequences.ended) {
      const last = sequences.length - 1;
      const discrete = this.table.system.kind === "discrete";
      // Poisson(x) puts less than exp(−SPREAD²/2) below x − SPREAD √x: nothing that a double could hold
      if (x === Infinity || last <= (discrete ? x : x - SPREAD * Math.sqrt(x))) return "nothing";
      return "within";
    }
    return x <= this.#stepsMax ? "within" : "beyond";
  }

  #mixture(time: number, terms: Terms, term: (k: number, direction: number) => number, factor: number): Dual {
    const tangents = new Float64Array(this.#directions);
    if (this.table.system.kind === "discrete") {
      for (let d = 0; d < tangents.length; d++) tangents[d] = term(time, 1 + d);
      return { value: term(time, 0), tangents };
    }
    const x = twoProduct(this.table.rate, time);
    if (terms.dense && this.#quick(x[0], terms)) {
      const [value, ...slopes] = this.#sums;
      return { value: value * factor, tangents: tangents.map((_, d) => slopes[d] * factor) };
    }
    // derivatives grow by a factor of k relative to the terms: their sums need a wider window
    const epsilon = this.#directions === 0 ? EPSILON : EPSILON / (1 + x[0]);
    // and where the next term of the value is small only because next to nothing stays, that of a derivative is not
    const { value, low, weights } = poissonMixture(x, terms, epsilon, this.#directions === 0 ? 1 : BEYOND);
    for (let d = 0; d < tangents.length; d++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * term(low + k, 1 + d);
      tangents[d] = sum * factor;
    }
    return { value: value * factor, tangents };
  }

  /** Into `#sums`: derivatives grow by a factor of k relative to the terms, so their sums need a wider window. */
  #quick(x: number, terms: Terms): boolean {
    const some = this.#directions === 0;
    return quickMixture(x, terms, some ? EPSILON : EPSILON / (1 + x), some ? 1 : BEYOND, this.#sums, this.#scratch);
  }

  /** Values a(t)·q at many times, into `out`; NaN for times that are NaN or that this cannot do quickly. */
  quickly(column: number, times: Float64Array, out: Float64Array, tangents: readonly Float64Array[]): void {
    const terms = this.#sequences.terms(column);
    for (let n = 0; n < times.length; n++) {
      out[n] = Number.NaN;
      if (Number.isNaN(times[n])) continue;
      const x = this.table.rate * times[n];
      const done = this.table.system.kind === "continuous" && this.#end(times[n]) === "within" && this.#quick(x, terms);
      out[n] = done ? this.#sums[0] : Number.NaN;
      for (let d = 0; d < tangents.length; d++) tangents[d][n] = this.#sums[1 + d];
    }
  }

  /** Σ_k weight_k a_k at each time from one sweep; terms before a window have the weight `before`. */
  #vectors(
    times: readonly number[],
    weigh: (window: Window, time: number) => Window,
    before: number,
  ): (DualVector | undefined)[] {
    const { table } = this;
    const discrete = table.system.kind === "discrete";
    const results = times.map((time): DualVector | undefined => {
      if (this.#end(time) === "beyond") return undefined;
      return {
        value: new Float64Array(table.system.size),
        tangents: Array.from({ length: this.#directions }, () => new Float64Array(table.system.size)),
      };
    });
    const windows = times.map((time, i) => {
      if (results[i] === undefined) return undefined;
      const x = this.steps(time);
      if (x > 2 * STEPS_MAX) return { low: Infinity, weights: new Float64Array(0) };
      const window = discrete ? { low: x, weights: Float64Array.of(1) } : poissonWeights(twoProduct(table.rate, time));
      return weigh(window, time);
    });
    const last = Math.max(0, ...windows.map((w) => (w === undefined ? 0 : w.low + w.weights.length - 1)));
    const sweep = new Sweep(table, this.#initial);
    const poll = pollEvery(sweep);
    for (let k = 0; k <= last && !sweep.ended; k++) {
      if (k > 0) sweep.step();
      if (k % poll === 0 && this.#options.interrupted())
        throw new InterruptedError(`sweeping ${this.#options.name} at step ${k}`);
      windows.forEach((window, i) => {
        const result = results[i];
        if (window === undefined || result === undefined || k >= window.low + window.weights.length) return;
        const weight = sweep.scale * (k < window.low ? before : window.weights[k - window.low]);
        if (weight === 0) return;
        addScaled(result.value, sweep.value, weight, sweep.low, sweep.high);
        result.tangents.forEach((tangent, d) => {
          addScaled(tangent, sweep.tangent(d), weight, sweep.low, sweep.high);
        });
      });
    }
    return results;
  }
}

function addScaled(to: Float64Array, from: Float64Array, factor: number, low: number, high: number): void {
  for (let i = low; i <= high; i++) to[i] += factor * from[i];
}
