/** Roots of small systems: Newton's method with exact derivatives and halved steps, which is what matching moments to data needs. */
import { InputError } from "../base/errors.js";
import { valueText } from "../base/words.js";
import { breather, type LoopOptions, loopOptions } from "./iterate.js";

export interface SystemOfEquations {
  /** Writes as many values as there are unknowns. */
  values(x: Float64Array, out: Float64Array): void;
  /** Writes the derivative of value i by unknown j at i × n + j. */
  jacobian(x: Float64Array, out: Float64Array): void;
}

export interface SolveOptions extends LoopOptions {
  readonly warm: ArrayLike<number>;
  /** Unknowns that must stay > 0, as rates must: steps are cut short of 0. Default: all. */
  readonly positive?: boolean;
}

export interface Solved {
  readonly x: Float64Array;
  readonly converged: boolean;
  readonly iterations: number;
  /** The largest |value|. */
  readonly residual: number;
  readonly milliseconds: number;
}

const HALVINGS = 40;
/** A step goes at most so far towards 0. */
const TOWARDS_ZERO = 0.9;

/** Finds x where all values are 0 to the tolerance. Cost: an evaluation, a derivative and an n³/3 elimination a step. */
export async function solveIteratively(system: SystemOfEquations, options: SolveOptions): Promise<Solved> {
  const action = "solve a system";
  const { maxIterations, tolerance, signal, onProgress } = loopOptions(action, options, ["positive"]);
  const { positive = true } = options;
  const x = readStart(action, options.warm, positive);
  const n = x.length;
  const start = performance.now();
  const breathe = breather("solving a system", signal);
  const [values, trial, next] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const matrix = new Float64Array(n * n);
  const step = new Float64Array(n);
  system.values(x, values);
  let residual = largest(values);
  const answer = (converged: boolean, iterations: number): Solved => ({
    x,
    converged,
    iterations,
    residual,
    milliseconds: performance.now() - start,
  });
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (residual <= tolerance) return answer(true, iteration);
    system.jacobian(x, matrix);
    for (let i = 0; i < n; i++) step[i] = -values[i];
    if (!solveDense(matrix, step)) return answer(false, iteration);
    let length = 1;
    if (positive)
      for (let i = 0; i < n; i++) if (step[i] < 0) length = Math.min(length, (-TOWARDS_ZERO * x[i]) / step[i]);
    let better = false;
    for (let halving = 0; halving < HALVINGS && !better; halving++, length /= 2) {
      for (let i = 0; i < n; i++) next[i] = x[i] + length * step[i];
      system.values(next, trial);
      const size = largest(trial);
      if (!(size < residual)) continue;
      better = true;
      x.set(next);
      values.set(trial);
      residual = size;
    }
    onProgress?.({ iteration: iteration + 1, residual });
    // rounding is all that is left
    if (!better) return answer(false, iteration + 1);
    await breathe(iteration);
  }
  return answer(residual <= tolerance, maxIterations);
}

/** A start as an array of its own. Throws `InputError`. */
export function readStart(action: string, warm: unknown, positive: boolean): Float64Array {
  const list = warm as ArrayLike<number> | undefined;
  const x = typeof list === "object" && list !== null ? Float64Array.from(list) : new Float64Array(0);
  if (x.length === 0 || x.some((value) => !Number.isFinite(value) || (positive && value <= 0)))
    throw new InputError(
      "bad-start",
      `Cannot ${action}: warm must be numbers${positive ? " > 0" : ""} to begin with and is ${valueText(warm)}.`,
    );
  return x;
}

const largest = (values: Float64Array): number => {
  let most = 0;
  for (const value of values)
    most = Math.max(most, Number.isFinite(value) ? Math.abs(value) : Number.POSITIVE_INFINITY);
  return most;
};

/** Solves in place by elimination with partial pivoting; false when singular. */
function solveDense(a: Float64Array, b: Float64Array): boolean {
  const n = b.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    const diagonal = a[pivot * n + k];
    if (diagonal === 0 || !Number.isFinite(diagonal)) return false;
    if (pivot !== k) {
      for (let j = 0; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j], a[k * n + j]];
      [b[k], b[pivot]] = [b[pivot], b[k]];
    }
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k] / a[k * n + k];
      for (let j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) b[i] -= a[i * n + j] * b[j];
    b[i] /= a[i * n + i];
  }
  return b.every(Number.isFinite);
}
