/**
 * The vectors a_k = α P^k of a sweep and their derivatives ȧ_{k+1} = ȧ_k P + a_k Ṗ, one step at a time. Vectors are kept
 * scaled by a power of two, so that small survivals lose no state to the rule that what falls out of the normal range is 0.
 *
 * A sweep may be refined: from then on its vectors are pairs of doubles. Near a stationary vector the roundings of
 * plain steps repeat and add up, one ulp per step; refined steps leave nothing to add up.
 *
 * Who multiplies is the system's affair. Where that one has no room left, the sweep goes on in plain JavaScript.
 */
import type { DualVector, StepTable, SweepVectors } from "../system.js";
import { NoRoom, PlainVectors, startOf } from "./sweep-vectors.js";

const RESCALE_BELOW = 2 ** -256;

export class Sweep {
  /** What is not absorbed, a_k·e, unscaled. */
  survival = 0;
  /** a_k is `scale` times the vectors held. */
  scale = 1;
  /** The scale of the vector before the last step. */
  previousScale = 1;
  /** True once nothing is left, derivatives included. */
  ended = false;
  readonly table: StepTable;
  #vectors: SweepVectors;

  /** Starts at a_0 = α, and keeps so many sums beside. */
  constructor(table: StepTable, initial: DualVector, sums = 0) {
    this.table = table;
    this.#vectors =
      table.system.sweeps?.vectors(table, initial, sums) ?? new PlainVectors(table, startOf(initial, sums));
    this.#measure();
  }

  /** To be read at once, as all vectors here: after the next call to this sweep or another it may hold something else. */
  get value(): Float64Array {
    return this.#vectors.value(0);
  }

  get valueRest(): Float64Array | undefined {
    return this.#vectors.rest(0);
  }

  tangent(direction: number): Float64Array {
    return this.#vectors.value(1 + direction);
  }

  tangentRest(direction: number): Float64Array | undefined {
    return this.#vectors.rest(1 + direction);
  }

  /** The vector before the last step, in the scale of that time: for comparing directions. */
  get previous(): { readonly his: readonly Float64Array[]; readonly los: readonly Float64Array[] } {
    const all = [0, ...this.table.tangents.map((_, d) => 1 + d)];
    const los = all.flatMap((x) => this.#vectors.previousRest(x) ?? []);
    return { his: all.map((x) => this.#vectors.previous(x)), los };
  }

  get low(): number {
    return this.#vectors.low;
  }

  get high(): number {
    return this.#vectors.high;
  }

  /** Continues with pairs of doubles. */
  refine(): void {
    this.#vectors.refine();
  }

  /** From a_k to a_{k+1}. Cost: the edges of the positions that carry mass, 1 + 2d times; refined, five times that. */
  step(): void {
    this.#orPlain((vectors) => vectors.step());
    this.previousScale = this.scale;
    this.#measure();
  }

  /** a_k·q, unscaled. */
  dot(q: Float64Array): number {
    return this.scale * this.#orPlain((vectors) => vectors.dot(0, q));
  }

  /** ȧ_k·q + a_k·q̇, unscaled. */
  dotTangent(direction: number, q: Float64Array, qTangent: Float64Array): number {
    return this.scale * this.#orPlain((vectors) => vectors.dot(1 + direction, q) + vectors.dot(0, qTangent));
  }

  /** Adds `weight` times a_k and its derivatives to a sum. */
  addTo(sum: number, weight: number): void {
    if (weight !== 0) this.#orPlain((vectors) => vectors.addTo(sum, this.scale * weight));
  }

  /** What has been added to a sum: of a_k, then of each derivative. */
  total(sum: number): readonly Float64Array[] {
    return this.#vectors.total(sum);
  }

  /** Sums over the span, tightens it, rescales. */
  #measure(): void {
    const survival = this.#orPlain((vectors) => vectors.sum());
    this.ended = this.low > this.high || this.scale === 0;
    this.survival = survival * this.scale;
    if (survival > 0 && survival < RESCALE_BELOW) {
      this.#vectors.rescale(1 / RESCALE_BELOW);
      this.scale *= RESCALE_BELOW;
    }
  }

  #orPlain<T>(run: (vectors: SweepVectors) => T): T {
    const vectors = this.#vectors;
    try {
      return run(vectors);
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      this.#vectors = new PlainVectors(this.table, vectors.state);
      return run(this.#vectors);
    }
  }
}
