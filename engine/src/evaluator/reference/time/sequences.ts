/**
 * The scalars a_k·q of a sweep, for every column and direction, kept so that one sweep serves all times; and their
 * prefix sums, which give integrals over time: ∫_0^t a(u)·q du = t Σ_k Pois(k; Λt) m_k with m_k the mean of
 * a_0·q … a_k·q (Pois(k + 1; x)/x = Pois(k; x)/(k + 1)): nothing under- or overflows that the result does not.
 */
import { CompensatedSum } from "../../../base/compensated-sum.js";
import { InterruptedError } from "../../../base/errors.js";
import type { DualVector, SparseColumn } from "../system.js";
import type { Terms } from "./poisson.js";
import { type SmallSweep, sparseColumn } from "./small-sweep.js";
import { type StepTable, workPerStep } from "./step-table.js";
import type { Sweep } from "./sweep.js";

/** Edge visits between two polls for an interrupt. */
const WORK_PER_POLL = 4e6;
/** Sweeps of systems small enough go on in pairs of doubles after so many steps, when rounding has not added up yet. */
const REFINE_FROM = 1024;
const REFINE_WORK_MAX = 10_000;

/** A growing sequence; its prefix sums are made when one is asked for. */
class Series {
  #terms: Float64Array = new Float64Array(0);
  #length = 0;
  /** prefixes[k] = Σ_{j<k} terms[j], for k ≤ #summed. */
  #prefixes: Float64Array | undefined;
  #summed = 0;
  readonly #sum = new CompensatedSum();

  push(term: number): void {
    this.reserve(this.#length + 1)[this.#length++] = term;
  }

  /** Terms, with room for so many; those past the end are for whoever calls `lengthen` then. */
  reserve(count: number): Float64Array {
    if (count > this.#terms.length) {
      const longer = new Float64Array(Math.max(count, 64, 2 * this.#length));
      longer.set(this.#terms);
      this.#terms = longer;
    }
    return this.#terms;
  }

  lengthen(count: number): void {
    this.#length = count;
  }

  term(k: number): number {
    return k < this.#length ? this.#terms[k] : 0;
  }

  /** All terms so far. */
  get terms(): Float64Array {
    return this.#terms.subarray(0, this.#length);
  }

  prefix(k: number): number {
    const count = Math.min(k, this.#length);
    let prefixes = this.#prefixes ?? new Float64Array(this.#terms.length + 1);
    if (prefixes.length <= count) {
      const longer = new Float64Array(this.#terms.length + 1);
      longer.set(prefixes);
      prefixes = longer;
    }
    this.#prefixes = prefixes;
    for (; this.#summed < count; prefixes[this.#summed] = this.#sum.sum) this.#sum.add(this.#terms[this.#summed++]);
    return prefixes[count];
  }
}

export class Sequences {
  /** Known are k = 0 … length − 1. */
  length = 0;
  readonly #sweep: Sweep | SmallSweep;
  readonly #columns: readonly DualVector[];
  /** The same for sweeps that are small. */
  readonly #sparse: readonly SparseColumn[];
  /** A bound on a·q for a·e ≤ 1, per column. */
  readonly #columnMax: readonly number[];
  /** Per column: of its values, then of its derivatives. */
  readonly #series: readonly (readonly Series[])[];
  readonly #survival = new Series();
  /** Of each column, what `#dense` gave last. */
  readonly #views: (readonly Float64Array[])[] = [];
  readonly #pollEvery: number;
  /** Steps from here on are in pairs of doubles. */
  readonly refinedFrom: number;
  readonly #interrupted: () => boolean;
  readonly #name: string;

  /** `refined`: long sequences go on in pairs of doubles where that is cheap. */
  constructor(
    sweep: Sweep | SmallSweep,
    columns: readonly DualVector[],
    interrupted: () => boolean,
    name: string,
    refined = true,
  ) {
    this.#sweep = sweep;
    this.#columns = columns;
    this.#sparse = "write" in sweep ? columns.map(sparseColumn) : [];
    this.#columnMax = columns.map((q) => q.value.reduce((a, b) => Math.max(a, b), 0));
    this.#series = columns.map(() => Array.from({ length: 1 + sweep.table.tangents.length }, () => new Series()));
    this.#pollEvery = pollEvery(sweep);
    this.refinedFrom = refined && workPerStep(sweep.table) <= REFINE_WORK_MAX ? REFINE_FROM : Infinity;
    this.#interrupted = interrupted;
    this.#name = name;
  }

  /** Nothing is left: terms from `length` on are 0. */
  get ended(): boolean {
    return this.#sweep.ended;
  }

  /** Makes the sequences known up to k, or to where nothing is left. */
  extend(k: number): void {
    if (k < this.length || (this.length > 0 && this.ended)) return;
    if ("write" in this.#sweep) this.#extendSmall(this.#sweep, k);
    else this.#extendBy(this.#sweep, k);
  }

  #extendSmall(sweep: SmallSweep, k: number): void {
    this.#poll();
    const room = Math.min(k + 1, this.length + this.#pollEvery);
    const to = {
      survival: this.#survival.reserve(room),
      columns: this.#series.map((all) => all.map((series) => series.reserve(room))),
    };
    if (this.length === 0) sweep.write(this.#sparse, to, this.length++);
    while (this.length < room && !sweep.ended) {
      if (this.length === this.refinedFrom) sweep.refine();
      const until = this.length < this.refinedFrom ? Math.min(room, this.refinedFrom) : room;
      this.length += sweep.advance(this.#sparse, to, this.length, until - this.length);
    }
    this.#survival.lengthen(this.length);
    for (const all of this.#series) for (const series of all) series.lengthen(this.length);
    if (this.length <= k && !sweep.ended) this.#extendSmall(sweep, k);
  }

  #poll(): void {
    if (this.#interrupted()) throw new InterruptedError(`sweeping ${this.#name} at step ${this.length}`);
  }

  #extendBy(sweep: Sweep, k: number): void {
    while (this.length <= k) {
      if (this.length > 0 && sweep.ended) return;
      if (this.length % this.#pollEvery === 0) this.#poll();
      if (this.length === this.refinedFrom) sweep.refine();
      if (this.length > 0) sweep.step();
      this.length++;
      this.#survival.push(sweep.survival);
      for (let c = 0; c < this.#columns.length; c++) {
        const { value, tangents } = this.#columns[c];
        const series = this.#series[c];
        series[0].push(sweep.dot(value));
        for (let d = 0; d < tangents.length; d++) series[1 + d].push(sweep.dotTangent(d, value, tangents[d]));
      }
    }
  }

  /** a_k·q, or its derivative in direction − 1; direction 0 is the value. */
  term(column: number, k: number, direction: number): number {
    this.extend(k);
    return this.#series[column][direction].term(k);
  }

  /** Σ_{j<k} of the terms. */
  prefix(column: number, k: number, direction: number): number {
    this.extend(k);
    return this.#series[column][direction].prefix(k);
  }

  survival(k: number): number {
    this.extend(k);
    return this.#survival.term(k);
  }

  /** What a mixture for a(t)·q needs. */
  terms(column: number): Terms {
    const most = this.survival(0) * this.#columnMax[column];
    return {
      term: (k) => this.term(column, k, 0),
      boundFrom: (k) => this.survival(k) * this.#columnMax[column],
      growthFrom: () => 0,
      boundUntil: () => most,
      dense: (k) => this.#dense(column, k),
    };
  }

  /** Terms and their derivatives, as far as they are known, 0 … k at least. */
  #dense(column: number, k: number): readonly Float64Array[] {
    this.extend(k);
    const made = this.#views[column];
    if (made !== undefined && made[0].length === this.length) return made;
    this.#views[column] = this.#series[column].map((series) => series.terms);
    return this.#views[column];
  }

  /** m_k, the mean of the terms 0 … k, or its derivative. */
  mean(column: number, k: number, direction: number): number {
    return this.prefix(column, k + 1, direction) / (k + 1);
  }

  /** What a mixture for the integral of a·q over t needs. */
  meanTerms(column: number): Terms {
    const mean = (k: number) => this.mean(column, k, 0);
    const most = this.survival(0) * this.#columnMax[column];
    return {
      term: mean,
      boundFrom: mean,
      // Σ_{i≤j} a_i·q ≤ Σ_{i≤k} a_i·q + (j − k) max q a_k·e
      growthFrom: (k) => (this.survival(k) * this.#columnMax[column]) / (k + 1),
      boundUntil: (k) => Math.min(most, this.prefix(column, k + 1, 0)),
    };
  }
}

/** Steps between two polls for an interrupt. */
export function pollEvery(sweep: { readonly table: StepTable }): number {
  return Math.ceil(WORK_PER_POLL / workPerStep(sweep.table));
}
