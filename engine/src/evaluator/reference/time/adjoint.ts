/**
 * Adjoints of a sweep: of ℓ = Σ y·(value) over values a(t)·q and ∫_0^t a(u)·q du with cotangents y, the derivatives by
 * every weight, exit, initial probability and column entry, at the cost of one sweep forwards and one backwards however
 * many parameters there are. With C_k the sum of the mixture weights of all contributions,
 *
 *     b_k = C_k q + P b_{k+1},   ∂ℓ/∂w_ij = (1/Λ) Σ_k a_k(i) (b_{k+1}(j) − b_{k+1}(i)),   ∂ℓ/∂s_i = −(1/Λ) Σ_k a_k(i) b_{k+1}(i),
 *     ∂ℓ/∂α = b_0,   ∂ℓ/∂q = Σ_k C_k a_k.
 *
 * Exits count here only as what leaves; as entries of a column they have that column's adjoint. Discrete: P = T, and
 * ∂ℓ/∂T_ij = Σ_k a_k(i) b_{k+1}(j), every entry by itself. Λ is a constant. Of the a_k only √K are kept when all would not fit.
 *
 * The tangent of all this in one direction of system, initial, columns and cotangents gives Hessian-vector products.
 */

import { InterruptedError } from "../../../base/errors.js";
import { twoProduct } from "../../../base/two-double.js";
import type { BackSums, DualVector, SystemTangent, TransientSystem } from "../system.js";
import { PlainBack } from "./back-steps.js";
import { poissonTails, poissonWeights, quickWeights, type Window } from "./poisson.js";
import { pollEvery } from "./sequences.js";
import { type StepTable, stepTable, uniformizationRate, workPerStep } from "./step-table.js";
import { Sweep } from "./sweep.js";

export interface Contribution {
  readonly column: number;
  readonly kind: "at" | "accumulated";
  readonly time: number;
  /** ∂ℓ/∂(value), and its derivative in the direction of the tangent. */
  readonly cotangent: number;
  readonly cotangentTangent?: number;
  /** Of a value at a time: mixture weights smaller than this, relative to the largest, make no difference to it. */
  readonly least?: number;
}

/** Per edge, per exit and per column entry; `initial` is ∂ℓ/∂α. */
export type SystemAdjoint = BackSums;

export interface AdjointOptions {
  readonly interrupted: () => boolean;
  readonly name: string;
  /** Numbers of forward vectors kept at once; more are recomputed. Default 2^24. */
  readonly keptMax?: number;
  /** By column, what other contributions than those listed add to its C_k. */
  readonly mixtures?: readonly (Float64Array | undefined)[];
}

/** Edge visits beyond which there is no answer. */
const WORK_MAX = 2e11;
const KEPT_MAX = 2 ** 24;

/** Cost: K steps of a sweep, three times. undefined where K is out of reach, and for an integral to infinity. */
export function sweepAdjoint(
  system: TransientSystem,
  initial: Float64Array,
  columns: readonly Float64Array[],
  contributions: readonly Contribution[],
  options: AdjointOptions,
): SystemAdjoint | undefined {
  const plain = (value: Float64Array): DualVector => ({ value, tangents: [] });
  return sweepBack(system, [], plain(initial), columns.map(plain), contributions, options)?.[0];
}

/** The adjoint and its derivative in one direction; `initial` and `columns` hold one tangent. Cost: three adjoints. */
export function sweepAdjointTangent(
  system: TransientSystem,
  direction: SystemTangent,
  initial: DualVector,
  columns: readonly DualVector[],
  contributions: readonly Contribution[],
  options: AdjointOptions,
): { readonly adjoint: SystemAdjoint; readonly tangent: SystemAdjoint } | undefined {
  const result = sweepBack(system, [direction], initial, columns, contributions, options);
  return result && { adjoint: result[0], tangent: result[1] };
}

/** Adjoint, then its tangent if there is a direction. */
function sweepBack(
  system: TransientSystem,
  directions: readonly SystemTangent[],
  initial: DualVector,
  columns: readonly DualVector[],
  contributions: readonly Contribution[],
  options: AdjointOptions,
): readonly SystemAdjoint[] | undefined {
  const table = stepTable(system, directions, uniformizationRate(system));
  const coefficients = mixtureCoefficients(
    table,
    columns.length,
    1 + directions.length,
    contributions,
    options.mixtures ?? [],
  );
  if (coefficients === undefined) return undefined;
  const steps = coefficients[0][0].length;
  const back = system.sweeps?.back(table, columns) ?? new PlainBack(table, columns);
  const forward = new Forward(table, initial, steps, options);
  for (let k = steps - 1; k >= 0; k--) {
    const { vectors, scale } = forward.at(k);
    back.step(
      vectors,
      scale,
      coefficients.map((parts) => parts.map((part) => part[k])),
    );
  }
  const adjoints = back.finish();
  for (const { weights, exits } of adjoints)
    for (const x of [weights, exits]) for (let i = 0; i < x.length; i++) x[i] /= table.rate;
  return adjoints;
}

/** Per column: C_k for k = 0 … K, then their derivatives. */
function mixtureCoefficients(
  table: StepTable,
  columns: number,
  parts: number,
  contributions: readonly Contribution[],
  mixtures: readonly (Float64Array | undefined)[],
): Float64Array[][] | undefined {
  const windows = new Map<number, Window>();
  let last = 0;
  for (const mixture of mixtures) last = Math.max(last, (mixture?.length ?? 0) - 1);
  for (const { kind, time, least } of contributions) {
    if (time === Infinity && kind === "at") continue;
    const steps = time * table.rate;
    if (!(steps * workPerStep(table) <= WORK_MAX)) return undefined;
    const window =
      table.system.kind === "discrete"
        ? { low: time, weights: Float64Array.of(1) }
        : (windows.get(time) ??
          (kind === "at" && least !== undefined ? quickWeights(table.rate * time, least) : undefined) ??
          poissonWeights(twoProduct(table.rate, time)));
    windows.set(time, window);
    last = Math.max(last, window.low + window.weights.length - 1);
  }
  const result = Array.from({ length: columns }, () => Array.from({ length: parts }, () => new Float64Array(last + 1)));
  mixtures.forEach((mixture, column) => {
    mixture?.forEach((weight, k) => {
      result[column][0][k] += weight;
    });
  });
  for (const { column, kind, time, cotangent, cotangentTangent } of contributions) {
    const window = windows.get(time);
    if (window === undefined) continue;
    const { low } = window;
    const weights = kind === "at" ? window.weights : poissonTails(window).map((w) => w / table.rate);
    for (let part = 0; part < parts; part++) {
      const factor = part === 0 ? cotangent : (cotangentTangent ?? 0);
      const to = result[column][part];
      if (kind === "accumulated") for (let k = 0; k < low; k++) to[k] += factor / table.rate;
      for (let k = 0; k < weights.length; k++) to[low + k] += factor * weights[k];
    }
  }
  return result;
}

/** a_k and its derivative, but for a scale. */
interface Held {
  readonly vectors: readonly Float64Array[];
  readonly scale: number;
}

/** The vectors a_k (and derivatives) from the last to the first, from checkpoints. */
class Forward {
  readonly #table: StepTable;
  readonly #segment: number;
  readonly #checkpoints: Held[] = [];
  readonly #options: AdjointOptions;
  /** Room for a segment. */
  readonly #room: Float64Array;
  #first = 0;
  #held: Held[] = [];

  constructor(table: StepTable, initial: DualVector, steps: number, options: AdjointOptions) {
    this.#table = table;
    this.#options = options;
    const perStep = table.system.size * (1 + table.tangents.length);
    const fits = steps * perStep <= (options.keptMax ?? KEPT_MAX);
    this.#segment = fits ? steps : Math.ceil(Math.sqrt(steps));
    const numbers = Math.min(steps, this.#segment + 1) * perStep;
    this.#room = table.system.sweeps?.room(numbers) ?? new Float64Array(numbers);
    this.#checkpoints.push({ vectors: [initial.value, ...initial.tangents], scale: 1 });
    for (let k = this.#segment; k < steps; k += this.#segment) {
      this.#fill(k - this.#segment, this.#segment + 1, false);
      const [{ vectors, scale }] = this.#held;
      this.#checkpoints.push({ vectors: vectors.map((x) => x.slice()), scale });
    }
    this.#fill(
      (this.#checkpoints.length - 1) * this.#segment,
      steps - (this.#checkpoints.length - 1) * this.#segment,
      true,
    );
  }

  at(k: number): Held {
    if (k < this.#first) this.#fill(this.#first - this.#segment, this.#segment, true);
    return this.#held[k - this.#first];
  }

  /** Holds a_first … a_{first + count − 1}, or only the last of them. */
  #fill(first: number, count: number, all: boolean): void {
    const from = this.#checkpoints[first / this.#segment];
    const sweep = new Sweep(this.#table, { value: from.vectors[0], tangents: from.vectors.slice(1) });
    const poll = pollEvery(sweep);
    this.#first = first;
    this.#held = [];
    for (let k = 0; k < count; k++) {
      if (k > 0) sweep.step();
      if (k % poll === 0 && this.#options.interrupted())
        throw new InterruptedError(`sweeping ${this.#options.name} at step ${first + k}`);
      if (all || k === count - 1)
        this.#held.push({ vectors: this.#copy(sweep, this.#held.length), scale: from.scale * sweep.scale });
    }
  }

  #copy(sweep: Sweep, place: number): Float64Array[] {
    const { size } = this.#table.system;
    const parts = 1 + this.#table.tangents.length;
    return Array.from({ length: parts }, (_, x) => {
      const to = this.#room.subarray((place * parts + x) * size, (place * parts + x + 1) * size);
      to.set(x === 0 ? sweep.value : sweep.tangent(x - 1));
      return to;
    });
  }
}
