/**
 * Minima of smooth functions with exact gradients: limited-memory BFGS with steps that satisfy the strong Wolfe conditions, found
 * by bisection. Positive unknowns, such as rates, are searched for on the scale of their logarithms.
 */
import { InputError } from "../base/errors.js";
import { breather, type LoopOptions, loopOptions } from "./iterate.js";
import { readStart } from "./solve.js";

/** The value at x; writes the gradient. What is no number is taken for a point that is not allowed. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions extends LoopOptions {
  readonly warm: ArrayLike<number>;
  /** Whether all unknowns are > 0. Default: true. */
  readonly positive?: boolean;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly converged: boolean;
  readonly iterations: number;
  readonly evaluations: number;
  /** The largest |derivative|, of positive unknowns by their logarithms, relative to max(1, |value|). */
  readonly residual: number;
  readonly milliseconds: number;
}

/** Pairs that are remembered. */
const MEMORY = 10;
const DECREASE = 1e-4;
const CURVATURE = 0.9;
const SEARCH_MAX = 60;

/** Finds a local minimum. Not converging is no error but `converged: false`. Default tolerance: 1e-8. */
export async function minimize(objective: Objective, options: MinimizeOptions): Promise<Minimum> {
  const action = "minimize a function";
  const { maxIterations, signal, onProgress } = loopOptions(action, options, ["positive"]);
  const { positive = true, tolerance = 1e-8 } = options;
  const x = readStart(action, options.warm, positive);
  const n = x.length;
  const start = performance.now();
  const breathe = breather("minimizing", signal);
  const u = positive ? x.map(Math.log) : x.slice();
  const gradient = new Float64Array(n);
  let evaluations = 0;

  /** The value at u and the gradient by u. */
  function evaluate(at: Float64Array, slope: Float64Array): number {
    for (let i = 0; i < n; i++) x[i] = positive ? Math.exp(at[i]) : at[i];
    evaluations++;
    const value = objective(x, gradient);
    for (let i = 0; i < n; i++) slope[i] = positive ? gradient[i] * x[i] : gradient[i];
    return Number.isFinite(value) && slope.every(Number.isFinite) ? value : Number.POSITIVE_INFINITY;
  }

  const slope = new Float64Array(n);
  let value = evaluate(u, slope);
  const steps: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  const direction = new Float64Array(n);
  const [next, nextSlope] = [new Float64Array(n), new Float64Array(n)];
  const residualOf = (): number =>
    slope.reduce((most, s) => Math.max(most, Math.abs(s)), 0) / Math.max(1, Math.abs(value));
  let iteration = 0;
  if (!Number.isFinite(value))
    throw new InputError(
      "bad-start",
      `Cannot ${action}: its value or gradient is no number at [${[...x].join(", ")}], where it begins.`,
    );
  let stuck = false;
  while (!stuck && iteration < maxIterations && residualOf() > tolerance) {
    iteration++;
    descent(slope, steps, direction);
    let along = dot(direction, slope);
    if (!(along < 0)) {
      steps.length = 0;
      for (let i = 0; i < n; i++) direction[i] = -slope[i];
      along = -dot(slope, slope);
    }
    // without memory a step of the gradient's length may go anywhere
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-along)) : 1;
    let [low, high] = [0, Number.POSITIVE_INFINITY];
    let nextValue = value;
    let found = false;
    for (let trial = 0; trial < SEARCH_MAX && !found; trial++) {
      for (let i = 0; i < n; i++) next[i] = u[i] + length * direction[i];
      nextValue = evaluate(next, nextSlope);
      const nextAlong = dot(direction, nextSlope);
      if (!(nextValue <= value + DECREASE * length * along)) high = length;
      else if (nextAlong < CURVATURE * along) low = length;
      else if (nextAlong > -CURVATURE * along) high = length;
      else found = true;
      if (!found) length = high === Number.POSITIVE_INFINITY ? 2 * length : (low + high) / 2;
      if (high - low < 1e-16 * high) break;
    }
    // rounding is all that is left
    if (!found && !(nextValue < value)) stuck = true;
    else {
      const [s, y] = [new Float64Array(n), new Float64Array(n)];
      for (let i = 0; i < n; i++) {
        s[i] = next[i] - u[i];
        y[i] = nextSlope[i] - slope[i];
      }
      const curvature = dot(s, y);
      if (curvature > 0) {
        steps.push({ s, y, rho: 1 / curvature });
        if (steps.length > MEMORY) steps.shift();
      }
      u.set(next);
      slope.set(nextSlope);
      value = nextValue;
    }
    onProgress?.({ iteration, residual: residualOf() });
    await breathe(iteration);
  }
  const final = evaluate(u, slope);
  const residual = residualOf();
  return {
    x: x.slice(),
    value: final,
    gradient: gradient.slice(),
    converged: Number.isFinite(final) && residual <= tolerance,
    iterations: iteration,
    evaluations,
    residual,
    milliseconds: performance.now() - start,
  };
}

/** −H⁻¹ slope by the two loops over remembered pairs. */
function descent(
  slope: Float64Array,
  steps: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
  out: Float64Array,
): void {
  const n = slope.length;
  out.set(slope);
  const alphas = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, rho } = steps[k];
    alphas[k] = rho * dot(s, out);
    for (let i = 0; i < n; i++) out[i] -= alphas[k] * y[i];
  }
  const last = steps.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < n; i++) out[i] *= scale;
  }
  steps.forEach(({ s, y, rho }, k) => {
    const beta = rho * dot(y, out);
    for (let i = 0; i < n; i++) out[i] += (alphas[k] - beta) * s[i];
  });
  for (let i = 0; i < n; i++) out[i] = -out[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
