/**
 * The squaring engine, for long or stiff horizons of systems of moderate size: powers E(2^j h) of one step of length h
 * with Λh ≤ 1 (discrete: of T) are squared from each other once, and a(t) is the product of α with those that the
 * binary digits of t/h name; what is left below h is a short sweep. So one ladder serves all times: n³ (1 + 2d) a
 * level, then n² (1 + 2d) a level and time.
 *
 * Occupancies need no more matrices: ∫_0^{2^j h} a e^{Su} du = a (I + E_{j−1}) … (I + E_0) ∫_0^h e^{Su} du.
 */
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import type { DistributionOptions, Dual, Engine } from "./distribution.js";
import { dotDual } from "./dual.js";
import { poissonTails, poissonWeights, type Window } from "./poisson.js";
import { addInPlace, applied, emptyPower, type Power, settle, squared } from "./power.js";
import { largestRate, type StepTable, stepTable } from "./step-table.js";
import { Sweep } from "./sweep.js";

/** Beyond this many states a squaring takes too long. */
export const SQUARING_SIZE_MAX = 400;
/** Numbers held by all levels. */
const KEPT_MAX = 2 ** 27;
/** Enough for every double of time where anything is absorbed. */
const LEVELS_MAX = 2200;

export class Squaring implements Engine {
  readonly #initial: DualVector;
  readonly #columns: readonly DualVector[];
  readonly #options: DistributionOptions;
  readonly #system: TransientSystem;
  readonly #tangents: readonly SystemTangent[];
  /** Of one step of length h: 1/h, a power of two. */
  readonly #rate: number;
  #stepTable: StepTable | undefined;
  readonly #levels: Power[] = [];
  readonly #levelsMax: number;
  /** The power after the last level is 0. */
  #spent = false;
  #lastRow: { readonly time: number; readonly row: DualVector | undefined } | undefined;
  #lastOccupancy: { readonly time: number; readonly row: DualVector | undefined } | undefined;

  constructor(
    system: TransientSystem,
    tangents: readonly SystemTangent[],
    initial: DualVector,
    columns: readonly DualVector[],
    options: DistributionOptions,
  ) {
    this.#initial = initial;
    this.#columns = columns;
    this.#options = options;
    this.#system = system;
    this.#tangents = tangents;
    this.#rate = stepRate(system);
    this.#levelsMax = Math.min(LEVELS_MAX, Math.floor(KEPT_MAX / (system.size ** 2 * (1 + tangents.length))));
  }

  /** Made when first stepped: many are opened, few are asked. */
  get #table(): StepTable {
    this.#stepTable ??= stepTable(this.#system, this.#tangents, this.#rate);
    return this.#stepTable;
  }

  reaches(time: number): boolean {
    return this.#plan(time) !== undefined;
  }

  at(column: number, time: number): Dual | undefined {
    if (this.#lastRow?.time !== time) this.#lastRow = { time, row: this.row(time) };
    return dotDual(this.#lastRow.row, this.#columns[column]);
  }

  accumulated(column: number, time: number): Dual | undefined {
    if (this.#lastOccupancy?.time !== time) this.#lastOccupancy = { time, row: this.occupancy(time) };
    return dotDual(this.#lastOccupancy.row, this.#columns[column]);
  }

  row(time: number): DualVector | undefined {
    const plan = this.#plan(time);
    if (plan === undefined) return undefined;
    let vector = this.#short(this.#start(), plan.rest, (window) => window);
    for (const level of plan.digits)
      vector =
        level === this.#levels.length
          ? vector.map((x) => new Float64Array(x.length))
          : applied(vector, this.#levels[level]);
    return { value: vector[0], tangents: vector.slice(1) };
  }

  occupancy(time: number): DualVector | undefined {
    const plan = this.#plan(time);
    if (plan === undefined) return undefined;
    const tails = (window: Window) => ({ low: window.low, weights: poissonTails(window) });
    const head = this.#short(this.#start(), plan.rest, tails);
    let vector = this.#short(this.#start(), plan.rest, (window) => window);
    const starts = new Map<number, Float64Array[]>();
    for (const level of plan.digits) {
      starts.set(level, vector);
      if (level < this.#levels.length) vector = applied(vector, this.#levels[level]);
    }
    const sum = vector.map((x) => new Float64Array(x.length));
    for (let level = plan.digits.at(-1) ?? -1; level >= 0; level--) {
      starts.get(level)?.forEach((x, i) => {
        addInPlace(sum[i], x);
      });
      if (level > 0)
        applied(sum, this.#levels[level - 1]).forEach((x, i) => {
          addInPlace(sum[i], x);
        });
    }
    const body = this.#system.kind === "discrete" ? sum : this.#short(sum, 1, tails);
    const whole = body.map((x, i) => x.map((v, j) => (v + head[i][j]) / this.#rate));
    return { value: whole[0], tangents: whole.slice(1) };
  }

  /** About how many multiplications an answer takes; Infinity where there is none. A function of the time alone. */
  work(time: number): number {
    const system = this.#system;
    const levels = Math.max(0, Math.log2(Math.min(time * this.#rate, 2 ** 1023)));
    if (system.size > SQUARING_SIZE_MAX) return Infinity;
    const first = 60 * system.size * (system.size + system.targets.length);
    return (1 + 2 * this.#tangents.length) * (first + levels * (system.size ** 3 + 2000));
  }

  /**
   * To first order: each level rounds an entry n + 8 times, and the logarithm of a result feels the rounding of one
   * probability about as often as the result is e times smaller than 1.
   */
  errorBound(time: number): number {
    const row = this.row(time);
    if (row === undefined) return Infinity;
    const { size } = this.#system;
    const survival = row.value.reduce((a, b) => a + b, 0);
    const depth = survival > 0 ? -Math.log(survival) : 745;
    return 2 ** -53 * (size + 8) * (2 * this.#levels.length + 2 * Math.max(0, depth) + 30);
  }

  #start(): Float64Array[] {
    return [this.#initial.value, ...this.#initial.tangents];
  }

  /** The levels whose product is e^{S·time} but for a rest of `rest` steps < 1; ascending. */
  #plan(time: number): { readonly rest: number; readonly digits: number[] } | undefined {
    if (this.#system.size > SQUARING_SIZE_MAX) return undefined;
    const steps = time * this.#rate;
    const whole = Math.floor(steps);
    const digits: number[] = [];
    for (let level = 0; 2 ** level <= whole; level++) {
      if (!this.#reach(level)) return undefined;
      // a power that is 0, whatever the other digits
      if (level === this.#levels.length) return { rest: 0, digits: [level] };
      if (Math.floor(whole / 2 ** level) % 2 === 1) digits.push(level);
    }
    return { rest: steps - whole, digits };
  }

  /** Makes a level known, or known to be 0 (then it is the one after the last). */
  #reach(level: number): boolean {
    while (this.#levels.length <= level && !this.#spent) {
      if (this.#levels.length >= this.#levelsMax) return false;
      const { interrupted, name } = this.#options;
      const last = this.#levels.at(-1);
      const next = last === undefined ? this.#first() : squared(last, interrupted, name);
      this.#spent = next.survival.every((y) => y === 0);
      if (!this.#spent) this.#levels.push(next);
    }
    return true;
  }

  /** One step: e^{Sh} row by row as a short sweep, or T. */
  #first(): Power {
    const { system, value, tangents } = this.#table;
    const { size, rowStart, targets } = system;
    const power = emptyPower(size, tangents.length);
    const all = [power, ...power.tangents];
    const matrices = [value, ...tangents];
    const tails = (window: Window) => ({ low: window.low, weights: poissonTails(window) });
    for (let i = 0; i < size; i++) {
      if (system.kind === "discrete") {
        all.forEach(({ moves, absorbed, survival }, m) => {
          for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
            moves[i * size + targets[e]] += matrices[m].moves[e];
            survival[i] += matrices[m].moves[e];
          }
          absorbed[i] = matrices[m].exitMoves[i];
        });
        continue;
      }
      const start = all.map(() => new Float64Array(size));
      start[0][i] = 1;
      const row = this.#short(start, 1, (window) => window);
      const occupied = this.#short(start, 1, tails);
      all.forEach(({ moves, absorbed, survival }, m) => {
        moves.set(row[m], i * size);
        for (let j = 0; j < size; j++) {
          survival[i] += row[m][j];
          absorbed[i] += occupied[m][j] * value.exitMoves[j] + (m > 0 ? occupied[0][j] * matrices[m].exitMoves[j] : 0);
        }
      });
    }
    settle(power);
    return power;
  }

  /** Σ_k weight_k x P^k over `steps` ≤ 1 of the table's steps; weights made from Poisson ones. */
  #short(start: readonly Float64Array[], steps: number, weigh: (w: Window) => Window): Float64Array[] {
    const { weights } = weigh(poissonWeights([steps, 0]));
    if (steps === 0) return start.map((x) => x.map((v) => v * weights[0]));
    const sweep = new Sweep(this.#table, { value: start[0], tangents: start.slice(1) }, 1);
    for (let k = 0; k < weights.length && !sweep.ended; k++) {
      if (k > 0) sweep.step();
      sweep.addTo(0, weights[k]);
    }
    return sweep.total(0).map((x) => x.slice());
  }
}

/** The power of two above the largest rate; 1 for discrete systems. */
export function stepRate(system: TransientSystem): number {
  const largest = largestRate(system);
  if (largest === 0) return 1;
  const rate = 2 ** Math.ceil(Math.log2(largest));
  return rate < largest ? 2 * rate : rate;
}
