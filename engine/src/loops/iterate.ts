/** Iterations until nothing changes any more, with limits, progress and a way out. */
import { InputError, InterruptedError } from "../base/errors.js";
import { isPlainObject, noSuch, valueText } from "../base/words.js";

export interface LoopOptions {
  /** Default: 1000. */
  readonly maxIterations?: number;
  /** What counts as no change; default 1e-10. */
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly iteration: number; readonly residual: number }) => void;
}

export interface IterateOptions<S> extends LoopOptions {
  /** Where to begin, such as the result of a similar iteration. */
  readonly warm: S;
}

export interface Iterated<S> {
  readonly state: S;
  readonly converged: boolean;
  readonly iterations: number;
  /** The last residual. */
  readonly residual: number;
  readonly milliseconds: number;
}

/** Whether two states are alike enough: true or false, or a residual ≥ 0 that is compared with the tolerance. */
export type Converged<S> = (state: S, before: S, iteration: number) => boolean | number;

const LOOP_OPTIONS: readonly string[] = ["warm", "maxIterations", "tolerance", "signal", "onProgress"];

/** Loop options with what was left out; throws `InputError` for what is none. */
export function loopOptions(
  action: string,
  options: unknown,
  more: readonly string[] = [],
): Required<Pick<LoopOptions, "maxIterations" | "tolerance">> & LoopOptions {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot ${action}: ${what}.`);
  };
  if (!isPlainObject(options))
    return refuse(`options are an object such as { warm: [1] } and not ${valueText(options)}`);
  const names = [...LOOP_OPTIONS, ...more];
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(noSuch("option", unknown, names));
  const { maxIterations = 1000, tolerance = 1e-10, signal } = options as LoopOptions;
  if (!(Number.isInteger(maxIterations) && maxIterations >= 1))
    refuse(`maxIterations must be a whole number ≥ 1 and is ${valueText(maxIterations)}`);
  if (!(typeof tolerance === "number" && tolerance >= 0))
    refuse(`tolerance must be a number ≥ 0 and is ${valueText(tolerance)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse("signal must be an AbortSignal");
  return { ...(options as LoopOptions), maxIterations, tolerance };
}

/** Lets others be served and signals arrive, now and then. */
export function breather(action: string, signal: AbortSignal | undefined): (iteration: number) => Promise<void> {
  const EVERY_MS = 50;
  let last = performance.now();
  return async (iteration) => {
    if (signal?.aborted) throw new InterruptedError(`${action} at iteration ${iteration}`);
    if (performance.now() - last < EVERY_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
    if (signal?.aborted) throw new InterruptedError(`${action} at iteration ${iteration}`);
  };
}

/**
 * Repeats `step` from `warm` until `converged` says so; by default until no number of the state changes by more than the
 * tolerance, relative to itself. A step may give back the same arrays that it was given: states are compared by copies.
 * Not converging is no error but `converged: false`. Throws `InterruptedError` when the signal says so.
 */
export async function iterate<S>(
  step: (state: S, iteration: number) => S | Promise<S>,
  converged: Converged<S> | undefined,
  options: IterateOptions<S>,
): Promise<Iterated<S>> {
  const { maxIterations, tolerance, signal, onProgress } = loopOptions("iterate", options);
  if (!("warm" in options))
    throw new InputError("bad-option", "Cannot iterate: warm, the state to begin with, is missing.");
  const start = performance.now();
  const breathe = breather("iterating", signal);
  const done = converged ?? ((state: S, before: S) => relativeChange(state, before));
  let state = options.warm;
  let residual = Number.POSITIVE_INFINITY;
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const before = structuredClone(state);
    state = await step(state, iteration);
    const answer = done(state, before, iteration);
    residual = typeof answer === "number" ? answer : answer ? 0 : residual;
    onProgress?.({ iteration, residual });
    if (typeof answer === "number" ? answer <= tolerance : answer)
      return { state, converged: true, iterations: iteration, residual, milliseconds: performance.now() - start };
    await breathe(iteration);
  }
  return { state, converged: false, iterations: maxIterations, residual, milliseconds: performance.now() - start };
}

/** The largest |a − b| / max(|a|, |b|) over all numbers of two states of one shape; ∞ where shapes or other values differ. */
export function relativeChange(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number")
    return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)) || Number.POSITIVE_INFINITY;
  if (ArrayBuffer.isView(a) || Array.isArray(a)) {
    const [x, y] = [a as ArrayLike<unknown>, b as ArrayLike<unknown>];
    if (x.length !== y?.length) return Number.POSITIVE_INFINITY;
    let most = 0;
    for (let i = 0; i < x.length; i++) most = Math.max(most, relativeChange(x[i], y[i]));
    return most;
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return Number.POSITIVE_INFINITY;
    return Math.max(0, ...keys.map((key) => relativeChange(a[key], b[key])));
  }
  return Object.is(a, b) ? 0 : Number.POSITIVE_INFINITY;
}
