/**
 * Opens a lane's distribution over time: picks a method for each time by cost, or obeys a forced one. The choice is a
 * function of the system and the time alone, so results do not depend on what was asked before:
 *
 * - without cycles, stages of sweeps from Λt = 300 on;
 * - a sweep while Λt ≤ 500, and up to 1e5 if squaring would not be cheaper;
 * - beyond that squaring, if it is quick;
 * - else the first that reaches of the quasi-stationary tail of a sweep, squaring (or, if that is slow, first a full
 *   sweep), inversion.
 */
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import { Cascade, hasStages, STAGED_STEPS } from "./cascade.js";
import type { Distribution, DistributionOptions, Dual, Engine, Method } from "./distribution.js";
import { Inversion } from "./inversion.js";
import type { Panels, Pull } from "./panels.js";
import { QUASI_STATIONARY_WORK_MAX, QuasiStationary } from "./quasi-stationary.js";
import { Squaring } from "./squaring.js";
import { Uniformization } from "./uniformization.js";

/** Λt up to which a sweep in plain doubles loses no more than 1e-11. */
const SWEEP_STEPS = 1e5;
/** Λt up to which nothing is worth comparing. */
const SHORT_STEPS = 500;
/** Multiplications of a sweep that are less than what stages are set up by. */
const QUICK_SWEEP = 2e6;
/** Multiplications of a squaring in a fraction of a second, and in a minute. */
const QUICK = 1e8;
const SLOW = 6e10;

/**
 * a(t) = α e^{St} (discrete: α T^n) of one lane, with derivatives in the d directions of `tangents`; `initial` and
 * every column hold as many. Columns are ≥ 0. In discrete systems the derivatives of a row, exit included, sum to 0.
 * Nothing is computed before a time is asked for.
 */
export function openDistribution(
  system: TransientSystem,
  tangents: readonly SystemTangent[],
  initial: DualVector,
  columns: readonly DualVector[],
  options: DistributionOptions,
): Distribution {
  return new ChosenDistribution(system, tangents, initial, columns, options);
}

class ChosenDistribution implements Distribution {
  readonly #sweeps: Uniformization;
  readonly #squaring: Squaring;
  readonly #inversion: Inversion;
  readonly #quasiStationary: () => QuasiStationary;
  readonly #options: DistributionOptions;
  /** Made when first wanted; null where there are no stages. */
  #cascade: Cascade | null | undefined;
  readonly #openCascade: () => Cascade | null;
  #tail: QuasiStationary | undefined;

  constructor(
    system: TransientSystem,
    tangents: readonly SystemTangent[],
    initial: DualVector,
    columns: readonly DualVector[],
    options: DistributionOptions,
  ) {
    this.#sweeps = new Uniformization(system, tangents, initial, columns, options);
    this.#squaring = new Squaring(system, tangents, initial, columns, options);
    this.#inversion = new Inversion(system, columns, tangents.length, options);
    this.#quasiStationary = () => {
      // a twentieth of what squaring would take, unless nothing else is wanted
      const instead =
        options.method === "uniformization" ? Infinity : this.#squaring.work(2 ** 40 / this.#sweeps.table.rate);
      const workMax = Math.min(QUASI_STATIONARY_WORK_MAX, instead / 20);
      this.#tail ??= new QuasiStationary(system, tangents, initial, columns, options, workMax);
      return this.#tail;
    };
    const staged = tangents.length === 0 && (options.method ?? "auto") === "auto";
    this.#openCascade = () =>
      staged && hasStages(system)
        ? new Cascade(
            system,
            initial.value,
            columns.map(({ value }) => value),
            options,
          )
        : null;
    this.#options = options;
  }

  /** What answers for a time in stages, if that pays. */
  #staged(time: number): Cascade | undefined {
    if (this.#sweeps.steps(time) <= STAGED_STEPS || time === Infinity) return undefined;
    if (this.#cascade === undefined) this.#cascade = this.#openCascade();
    return this.#cascade ?? undefined;
  }

  at(column: number, time: number): Dual | undefined {
    const staged = this.#staged(time)?.at(column, time);
    return staged ?? this.#first(time, (engine) => engine.at(column, time));
  }

  accumulated(column: number, time: number): Dual | undefined {
    const staged = this.#staged(time)?.accumulated(column, time);
    return staged ?? this.#first(time, (engine) => engine.accumulated(column, time));
  }

  row(time: number): DualVector | undefined {
    return this.#first(time, (engine) => engine.row(time));
  }

  occupancy(time: number): DualVector | undefined {
    return this.#first(time, (engine) => engine.occupancy(time));
  }

  rows(times: readonly number[]): readonly (DualVector | undefined)[] {
    return this.#all(
      times,
      (swept) => this.#sweeps.rows(swept),
      (time) => this.row(time),
    );
  }

  occupancies(times: readonly number[]): readonly (DualVector | undefined)[] {
    return this.#all(
      times,
      (swept) => this.#sweeps.occupancies(swept),
      (time) => this.occupancy(time),
    );
  }

  atMany(
    column: number,
    times: Float64Array,
    out: Float64Array,
    tangents: readonly Float64Array[],
    panels?: Panels,
    pull?: Pull,
  ): boolean {
    // what a sweep in plain doubles answers, it answers for all at once
    const swept = times.slice();
    for (let n = 0; n < swept.length; n++)
      if (!this.#swept(swept[n], panels === undefined ? 0 : QUICK_SWEEP)) swept[n] = Number.NaN;
    this.#sweeps.quickly(column, swept, out, tangents, panels, pull);
    const known = new Map<number, Dual>();
    for (let n = 0; n < times.length; n++) {
      if (!Number.isNaN(out[n])) continue;
      const one = known.get(times[n]) ?? this.#bySweep(column, swept[n]) ?? this.at(column, times[n]);
      if (one === undefined) return false;
      known.set(times[n], one);
      out[n] = one.value;
      one.tangents.forEach((tangent, d) => {
        tangents[d][n] = tangent;
      });
    }
    return true;
  }

  /** What the quick way to a swept time could not answer; nothing for NaN. */
  #bySweep(column: number, time: number): Dual | undefined {
    return Number.isNaN(time) ? undefined : this.#sweeps.at(column, time);
  }

  /** Whether a time is a sweep's; also where stages or squaring would do, if the sweep takes less than `quick` multiplications. */
  #swept(time: number, quick: number): boolean {
    const { method = "auto" } = this.#options;
    // nothing to compare
    const sweeps = method === "auto" || method === "uniformization";
    const steps = this.#sweeps.steps(time);
    if (sweeps && (steps <= STAGED_STEPS || (steps <= SWEEP_STEPS && this.#sweeps.work(time) <= quick))) return true;
    return this.#staged(time) === undefined && this.#engines(time)[0]() === this.#sweeps;
  }

  reaches(time: number): boolean {
    return this.#first(time, (engine) => engine.reaches(time) || undefined) ?? false;
  }

  method(time: number): Method {
    if (this.#staged(time)) return "uniformization";
    const reached = this.#first(time, (engine) => (engine.reaches(time) ? engine : undefined));
    if (reached === this.#squaring) return "squaring";
    return reached === this.#inversion ? "inversion" : "uniformization";
  }

  errorBound(time: number): number {
    const staged = this.#staged(time);
    if (staged) return staged.errorBound(time);
    return this.#first(time, (engine) => (engine.reaches(time) ? engine.errorBound(time) : undefined)) ?? Infinity;
  }

  errorBoundUntil(time: number): number {
    const steps = this.#sweeps.steps(time);
    if (this.#swept(time, QUICK_SWEEP)) return this.#sweeps.errorBound(time);
    // bounds of one method grow with time; which method answers may change at any time between the two
    const swept = this.#sweeps.errorBound(steps > SWEEP_STEPS ? SWEEP_STEPS / this.#sweeps.table.rate : time);
    const other = steps > SHORT_STEPS && this.#squaring.work(time) < Infinity ? this.#squaring.errorBound(time) : 0;
    return Math.max(swept, other, this.errorBound(time));
  }

  /** Times that are swept anyway share one sweep. */
  #all(
    times: readonly number[],
    sweep: (times: readonly number[]) => (DualVector | undefined)[],
    one: (time: number) => DualVector | undefined,
  ): (DualVector | undefined)[] {
    const swept = times.filter((time) => this.#engines(time)[0]() === this.#sweeps);
    const rows = sweep(swept);
    let next = 0;
    return times.map((time) => (this.#engines(time)[0]() === this.#sweeps ? rows[next++] : one(time)));
  }

  #first<T>(time: number, answer: (engine: Engine) => T | undefined): T | undefined {
    for (const engine of this.#engines(time)) {
      const result = answer(engine());
      if (result !== undefined) return result;
    }
    return undefined;
  }

  /** In the order in which they are tried. */
  #engines(time: number): readonly (() => Engine)[] {
    const sweeps = () => this.#sweeps;
    const squaring = () => this.#squaring;
    const inversion = () => this.#inversion;
    const sweepWork = this.#sweeps.work(time);
    const squaringWork = this.#squaring.work(time);
    const far = this.#sweeps.steps(time) > SWEEP_STEPS;
    switch (this.#options.method) {
      case "uniformization":
        return far ? [this.#quasiStationary, sweeps] : [sweeps];
      case "squaring":
        return [squaring];
      case "inversion":
        return [inversion];
      default:
        if (!far)
          return this.#sweeps.steps(time) <= SHORT_STEPS || sweepWork <= 2 * squaringWork
            ? [sweeps]
            : [squaring, sweeps];
        if (squaringWork <= QUICK) return [squaring, sweeps];
        return squaringWork <= SLOW
          ? [this.#quasiStationary, squaring, sweeps, inversion]
          : [this.#quasiStationary, sweeps, squaring, inversion];
    }
  }
}
