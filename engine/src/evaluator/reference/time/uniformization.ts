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
import { mixturesByNodes } from "./by-nodes.js";
import type { DistributionOptions, Dual, Engine } from "./distribution.js";
import { PANEL_MEAN_MAX, type Panels, type Pull } from "./panels.js";
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
import { isSmall, SmallSweep } from "./small-sweep.js";
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
  #scratch: Float64Array = new Float64Array(0);
  /** The largest mean that there is room for. */
  #scratchMean = -1;
  /** Steps after which a sweep had nothing left, where one came so far. */
  #emptyFrom = Infinity;
  /** What was asked last: row and occupancy at that time. */
  #last: { readonly time: number; readonly vectors: readonly (DualVector | undefined)[] } | undefined;

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
    this.#sequences = new Sequences(
      isSmall(this.table) ? new SmallSweep(this.table, initial) : new Sweep(this.table, initial),
      columns,
      options.interrupted,
      options.name,
    );
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
    // what is swept in any case need not be swept to know that
    return this.steps(time) <= this.#stepsMax || this.#end(time) !== "beyond";
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
    return this.#both(time)[0];
  }

  occupancy(time: number): DualVector | undefined {
    return this.#both(time)[1];
  }

  rows(times: readonly number[]): (DualVector | undefined)[] {
    return this.#vectors(times.map((time) => this.#wanted("row", time)));
  }

  occupancies(times: readonly number[]): (DualVector | undefined)[] {
    return this.#vectors(times.map((time) => this.#wanted("occupancy", time)));
  }

  /** Row and occupancy at a time by one sweep: who asks for one often asks for the other next. */
  #both(time: number): readonly (DualVector | undefined)[] {
    if (this.#last?.time !== time) {
      const wanted = [this.#wanted("row", time), this.#wanted("occupancy", time)];
      this.#last = { time, vectors: this.#vectors(wanted) };
    }
    return this.#last.vectors;
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
    const x = Math.min(this.steps(time), this.#sequences.ended ? this.#sequences.length : Infinity, this.#emptyFrom);
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
    if (x > this.#scratchMean) {
      this.#scratchMean = 2 * x;
      this.#scratch = quickScratch(this.#scratchMean);
    }
    const some = this.#directions === 0;
    return quickMixture(x, terms, some ? EPSILON : EPSILON / (1 + x), some ? 1 : BEYOND, this.#sums, this.#scratch);
  }

  /**
   * Values a(t)·q at many times, into `out`; NaN for times that are NaN or that this cannot do quickly. With panels, times that crowd
   * are answered by nodes, and `pull` hears of those.
   */
  quickly(
    column: number,
    times: Float64Array,
    out: Float64Array,
    tangents: readonly Float64Array[],
    panels?: Panels,
    pull?: Pull,
  ): void {
    const terms = this.#sequences.terms(column);
    const { rate, system } = this.table;
    const continuous = system.kind === "continuous";
    out.fill(Number.NaN);
    if (panels && continuous && this.#stepsMax > 2 * PANEL_MEAN_MAX)
      mixturesByNodes(panels, rate, times, terms, workPerStep(this.table), out, tangents, pull);
    for (let n = 0; n < times.length; n++) {
      if (!Number.isNaN(out[n]) || Number.isNaN(times[n])) continue;
      const done = continuous && this.#end(times[n]) === "within" && this.#quick(rate * times[n], terms);
      out[n] = done ? this.#sums[0] : Number.NaN;
      for (let d = 0; d < tangents.length; d++) tangents[d][n] = this.#sums[1 + d];
    }
  }

  /** The weights of a sum over the steps of a sweep; undefined where they are too many. */
  #wanted(kind: "row" | "occupancy", time: number): Wanted | undefined {
    const x = this.steps(time);
    // what is swept anyway says itself when nothing is left
    if (!(x <= this.#stepsMax) && this.#end(time) === "beyond") return undefined;
    const before = kind === "row" ? 0 : 1 / this.table.rate;
    if (x > 2 * STEPS_MAX) return { low: Infinity, weights: new Float64Array(0), before };
    const discrete = this.table.system.kind === "discrete";
    const window = discrete
      ? { low: x, weights: Float64Array.of(1) }
      : poissonWeights(twoProduct(this.table.rate, time));
    if (kind === "row") return { ...window, before };
    // of n steps, those before n
    return { low: window.low, weights: discrete ? new Float64Array(1) : poissonStays(window, time), before };
  }

  /** The sums that are wanted, from one sweep. */
  #vectors(wanted: readonly (Wanted | undefined)[]): (DualVector | undefined)[] {
    const { table } = this;
    /** Steps that each sum still needs, as far as is known. */
    const ends = wanted.map((w) => (w === undefined ? 0 : w.low + w.weights.length));
    const sweep = new Sweep(table, this.#initial, wanted.length);
    const poll = pollEvery(sweep);
    let steps = 0;
    for (let k = 0; !sweep.ended && ends.some((end) => k < end); k++) {
      if (k > 0) sweep.step();
      steps = k + 1;
      if (k % poll === 0 && this.#options.interrupted())
        throw new InterruptedError(`sweeping ${this.#options.name} at step ${k}`);
      const growth = k > 0 && k % SATED_EVERY === 0 && this.#directions === 0 ? growthOf(sweep) : Infinity;
      wanted.forEach((weights, i) => {
        if (weights === undefined || k >= ends[i]) return;
        sweep.addTo(i, k < weights.low ? weights.before : weights.weights[k - weights.low]);
        if (growth < Infinity && k >= weights.low) {
          const rest = sweep.scale * restOf(weights.weights, k - weights.low, growth);
          if (isSated(sweep.total(i)[0], sweep, rest)) ends[i] = k;
        }
      });
    }
    if (sweep.ended) this.#emptyFrom = steps;
    return wanted.map((weights, i): DualVector | undefined => {
      if (weights === undefined) return undefined;
      const [value, ...tangents] = sweep.total(i).map((x) => x.slice());
      return { value, tangents };
    });
  }
}

/** Steps between two looks at whether sums have all they need. */
const SATED_EVERY = 16;

/** c with a_{k+1} ≤ c a_k in every component, for this k and then for all: P is non-negative. Infinity while states still fill. */
function growthOf({ value, previous, low, high, previousScale, scale }: Sweep): number {
  const before = previous.his[0];
  if (previousScale !== scale) return Infinity;
  let growth = 0;
  for (let i = low; i <= high; i++) if (value[i] > growth * before[i]) growth = value[i] / before[i];
  return growth;
}

/** Σ_{m>0} weights[at + m] growth^m, what components may still get for each of theirs; Infinity where weights rise. */
function restOf(weights: Float64Array, at: number, growth: number): number {
  let sum = 0;
  let power = 1;
  for (let k = at + 1; k < weights.length; k++) {
    power *= growth;
    const term = weights[k] * power;
    sum += term;
    if (term < 2 ** -20 * EPSILON * sum && growth * weights[k] < weights[k - 1] / 2) break;
  }
  return sum;
}

/** Whether no component can still grow by more than a relative ε. */
function isSated(sums: Float64Array, { value, low, high }: Sweep, rest: number): boolean {
  for (let i = low; i <= high; i++) if (value[i] * rest > EPSILON * sums[i]) return false;
  return true;
}

/** Weights of a sum over steps: `before` up to `low`, then these, then none. */
interface Wanted extends Window {
  readonly before: number;
}
