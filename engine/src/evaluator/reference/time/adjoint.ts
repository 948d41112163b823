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
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
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

export interface SystemAdjoint {
  /** Per edge. */
  readonly weights: Float64Array;
  readonly exits: Float64Array;
  readonly initial: Float64Array;
  readonly columns: readonly Float64Array[];
}

export interface AdjointOptions {
  readonly interrupted: () => boolean;
  readonly name: string;
  /** Numbers of forward vectors kept at once; more are recomputed. Default 2^24. */
  readonly keptMax?: number;
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
): SystemAdjoint[] | undefined {
  const table = stepTable(system, directions, uniformizationRate(system));
  const coefficients = mixtureCoefficients(table, columns.length, 1 + directions.length, contributions);
  if (coefficients === undefined) return undefined;
  const steps = coefficients[0][0].length;
  const adjoints = Array.from({ length: 1 + directions.length }, () => ({
    weights: new Float64Array(system.weights.length),
    exits: new Float64Array(system.size),
    initial: new Float64Array(system.size),
    columns: columns.map(() => new Float64Array(system.size)),
  }));
  const backs = adjoints.map((adjoint) => adjoint.initial);
  const scratch = backs.map((x) => new Float64Array(x.length));
  const forward = new Forward(table, initial, steps, options);
  for (let k = steps - 1; k >= 0; k--) {
    const a = forward.vectors(k);
    adjoints.forEach((adjoint, x) => {
      addOuter(table, a[0], backs[x], adjoint);
      if (x > 0) addOuter(table, a[x], backs[0], adjoint);
    });
    stepBack(table, backs, scratch);
    columns.forEach((column, c) => {
      const weight = coefficients[c][0][k];
      const weightTangent = coefficients[c][1]?.[k] ?? 0;
      addScaled(backs[0], column.value, weight);
      addScaled(adjoints[0].columns[c], a[0], weight);
      if (directions.length === 0) return;
      addScaled(backs[1], column.value, weightTangent);
      addScaled(backs[1], column.tangents[0], weight);
      addScaled(adjoints[1].columns[c], a[0], weightTangent);
      addScaled(adjoints[1].columns[c], a[1], weight);
    });
  }
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
): Float64Array[][] | undefined {
  const windows = new Map<number, Window>();
  let last = 0;
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

/** The vectors a_k (and derivatives) from the last to the first, from checkpoints. */
class Forward {
  readonly #table: StepTable;
  readonly #segment: number;
  readonly #checkpoints: DualVector[] = [];
  readonly #options: AdjointOptions;
  #first = 0;
  #held: Float64Array[][] = [];

  constructor(table: StepTable, initial: DualVector, steps: number, options: AdjointOptions) {
    this.#table = table;
    this.#options = options;
    const numbers = steps * table.system.size * (1 + table.tangents.length);
    const fits = numbers <= (options.keptMax ?? KEPT_MAX);
    this.#segment = fits ? steps : Math.ceil(Math.sqrt(steps));
    this.#checkpoints.push(initial);
    for (let k = this.#segment; k < steps; k += this.#segment) {
      this.#fill(k - this.#segment, this.#segment + 1, false);
      const [value, ...tangents] = this.#held[0];
      this.#checkpoints.push({ value, tangents });
    }
    this.#fill(
      (this.#checkpoints.length - 1) * this.#segment,
      steps - (this.#checkpoints.length - 1) * this.#segment,
      true,
    );
  }

  vectors(k: number): readonly Float64Array[] {
    if (k < this.#first) this.#fill(this.#first - this.#segment, this.#segment, true);
    return this.#held[k - this.#first];
  }

  /** Holds a_first … a_{first + count − 1}, or only the last of them. */
  #fill(first: number, count: number, all: boolean): void {
    const sweep = new Sweep(this.#table, this.#checkpoints[first / this.#segment]);
    const poll = pollEvery(sweep);
    const copy = (): Float64Array[] => {
      const tangents = this.#table.tangents.map((_, d) => sweep.tangent(d));
      return [sweep.value, ...tangents].map((x) => x.map((v) => v * sweep.scale));
    };
    this.#first = first;
    this.#held = [];
    for (let k = 0; k < count; k++) {
      if (k > 0) sweep.step();
      if (k % poll === 0 && this.#options.interrupted())
        throw new InterruptedError(`sweeping ${this.#options.name} at step ${first + k}`);
      if (all || k === count - 1) this.#held.push(copy());
    }
  }
}

/** adjoint += what one step's use of the weights contributes, but for 1/Λ. */
function addOuter(table: StepTable, a: Float64Array, b: Float64Array, adjoint: SystemAdjoint): void {
  const { size, rowStart, targets, kind } = table.system;
  const { weights, exits } = adjoint;
  const continuous = kind === "continuous";
  for (let i = 0; i < size; i++) {
    const mass = a[i];
    if (mass === 0) continue;
    const own = continuous ? b[i] : 0;
    exits[i] -= mass * own;
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) weights[e] += mass * (b[targets[e]] - own);
  }
}

/** b ← P b, ḃ ← P ḃ + Ṗ b. */
function stepBack(table: StepTable, backs: readonly Float64Array[], scratch: readonly Float64Array[]): void {
  const { size, rowStart, targets } = table.system;
  const apply = (matrix: StepTable["value"], from: Float64Array, to: Float64Array) => {
    const { moves, stays, stayRests } = matrix;
    for (let i = 0; i < size; i++) {
      let sum = from[i] * stays[i] + from[i] * stayRests[i];
      for (let e = rowStart[i]; e < rowStart[i + 1]; e++) sum += moves[e] * from[targets[e]];
      to[i] += sum;
    }
  };
  for (const x of scratch) x.fill(0);
  backs.forEach((from, x) => {
    apply(table.value, from, scratch[x]);
    if (x > 0) apply(table.tangents[x - 1], backs[0], scratch[x]);
  });
  backs.forEach((to, x) => {
    to.set(scratch[x]);
  });
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  if (factor !== 0) for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}
