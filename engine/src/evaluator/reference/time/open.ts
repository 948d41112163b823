/**
 * Opens a lane's distribution over time: picks a method for each time by cost, or obeys a forced one. The choice is a
 * function of the system and the time alone, so results do not depend on what was asked before:
 *
 * - a sweep while Λt ≤ 500, and up to 1e5 if squaring would not be cheaper;
 * - beyond that squaring, if it is quick;
 * - else the first that reaches of the quasi-stationary tail of a sweep, squaring (or, if that is slow, first a full
 *   sweep), inversion.
 */
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import type { Distribution, DistributionOptions, Dual, Engine, Method } from "./distribution.js";
import { Inversion } from "./inversion.js";
import { QUASI_STATIONARY_WORK_MAX, QuasiStationary } from "./quasi-stationary.js";
import { Squaring } from "./squaring.js";
import { Uniformization } from "./uniformization.js";

/** Λt up to which a sweep in plain doubles loses no more than 1e-11. */
const SWEEP_STEPS = 1e5;
/** Λt up to which nothing is worth comparing. */
const SHORT_STEPS = 500;
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
    this.#options = options;
  }

  at(column: number, time: number): Dual | undefined {
    return this.#first(time, (engine) => engine.at(column, time));
  }

  accumulated(column: number, time: number): Dual | undefined {
    return this.#first(time, (engine) => engine.accumulated(column, time));
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

  reaches(time: number): boolean {
    return this.#first(time, (engine) => engine.reaches(time) || undefined) ?? false;
  }

  method(time: number): Method {
    const reached = this.#first(time, (engine) => (engine.reaches(time) ? engine : undefined));
    if (reached === this.#squaring) return "squaring";
    return reached === this.#inversion ? "inversion" : "uniformization";
  }

  errorBound(time: number): number {
    return this.#first(time, (engine) => (engine.reaches(time) ? engine.errorBound(time) : undefined)) ?? Infinity;
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
