/**
 * The distribution of one lane over time, a(t) = α e^{St} (discrete: α T^n), as products with columns q ≥ 0: exits give
 * the density, ones the survival, hitting probabilities a conditional survival. Values are relative to the result in
 * both tails; each comes with its derivatives in d directions.
 */
import type { DualVector } from "../system.js";
import type { Panels, Pull } from "./panels.js";

export type Method = "uniformization" | "squaring" | "inversion";

export interface Dual {
  readonly value: number;
  readonly tangents: Float64Array;
}

/** α (zI + A)^{-1} q of a column at z = re + i·im (discrete: α (zI − T)^{-1} q), as [re, im]. */
export type Laplace = (re: number, im: number, column: number) => readonly [number, number];

export interface DistributionOptions {
  /** Forced, or chosen by cost (the default). */
  readonly method?: Method | "auto";
  /** Polled now and then; true makes the call in progress throw `InterruptedError`. */
  readonly interrupted: () => boolean;
  /** The model, for messages. */
  readonly name: string;
  /** Without it there is no inversion. */
  readonly laplace?: Laplace;
}

/** What every method answers; `undefined` where it cannot. Times are ≥ 0, whole for discrete systems, and may be infinite. */
export interface Engine {
  /** Whether there are answers at this time. Costs what an answer does. */
  reaches(time: number): boolean;
  /** a(t)·q. */
  at(column: number, time: number): Dual | undefined;
  /** ∫_0^t a(u)·q du; discrete Σ_{k<n} a_k·q. */
  accumulated(column: number, time: number): Dual | undefined;
  /** a(t). */
  row(time: number): DualVector | undefined;
  /** ∫_0^t a(u) du; discrete Σ_{k<n} a_k. */
  occupancy(time: number): DualVector | undefined;
  /** A bound on the relative error of values at this time (not of derivatives): truncation and rounding. */
  errorBound(time: number): number;
}

export interface Distribution extends Engine {
  /** `row` and `occupancy` at several times for the cost of the longest. */
  rows(times: readonly number[]): readonly (DualVector | undefined)[];
  occupancies(times: readonly number[]): readonly (DualVector | undefined)[];
  /**
   * a(t)·q at many times, with derivatives by direction, into arrays of the caller: the same numbers as `at`, or with panels, numbers
   * within `NODES_ERROR` of those. Answers false when some time has no answer.
   */
  atMany(
    column: number,
    times: Float64Array,
    out: Float64Array,
    tangents: readonly Float64Array[],
    panels?: Panels,
    pull?: Pull,
  ): boolean;
  /** A bound on the error of values at all times until this one. */
  errorBoundUntil(time: number): number;
  /** The method that answers at this time. */
  method(time: number): Method;
}
