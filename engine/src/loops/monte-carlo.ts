/**
 * Means over random draws with their standard errors. Every replicate has a random stream of its own, so results depend neither on
 * the batch nor on where a run was stopped and begun again.
 */
import { InputError } from "../base/errors.js";
import { openRandomStream, type RandomStream, selectStream } from "../base/random.js";
import { valueText } from "../base/words.js";
import type { Evaluator, EvaluatorInputs } from "../evaluator/evaluator.js";
import { breather, type LoopOptions, loopOptions } from "./iterate.js";

export interface MonteCarloOptions extends Pick<LoopOptions, "signal"> {
  /** Default: 10,000. */
  readonly replicates?: number;
  /** Default: 1. */
  readonly seed?: number;
  /** Numbers of one replicate; default 1. With an evaluator its own count. */
  readonly width?: number;
  /** Replicates that are evaluated at once; default 1000. */
  readonly batch?: number;
  readonly onProgress?: (progress: { readonly replicates: number; readonly total: number }) => void;
}

export interface MonteCarloResult {
  readonly means: Float64Array;
  /** Of the means. */
  readonly standardErrors: Float64Array;
  readonly replicates: number;
  /** Replicates without values, or with some that are no numbers; they count for nothing. */
  readonly failed: number;
  readonly milliseconds: number;
}

/** Draws one replicate: writes its numbers. */
export type Draw = (random: RandomStream, out: Float64Array, replicate: number) => void;

export interface OverThetas {
  readonly evaluator: Evaluator;
  readonly inputs?: EvaluatorInputs;
  /** Draws one θ. */
  readonly draw: Draw;
}

const OPTIONS = ["replicates", "seed", "width", "batch"];

/** The mean of what is drawn, or of what an evaluator answers at θ that are drawn. Throws `InputError`, `InterruptedError`. */
export async function monteCarlo(what: Draw | OverThetas, options: MonteCarloOptions = {}): Promise<MonteCarloResult> {
  const action = "sample a mean";
  const { onProgress, ...rest } = options;
  const { signal } = loopOptions(action, rest, OPTIONS);
  const { replicates = 10_000, seed = 1, width = 1, batch = 1000 } = options;
  for (const [name, value] of Object.entries({ replicates, width, batch }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new InputError(
        "bad-option",
        `Cannot ${action}: ${name} must be a whole number ≥ 1 and is ${valueText(value)}.`,
      );
  if (typeof what !== "function" && typeof what?.evaluator?.evaluateInto !== "function")
    throw new InputError("bad-option", `Cannot ${action}: a function that draws is needed, or an evaluator with one.`);
  const start = performance.now();
  const breathe = breather("sampling a mean", signal);
  const random = openRandomStream(seed);
  const evaluating = typeof what === "function" ? undefined : what;
  const inputs = evaluating?.inputs ?? {};
  const count = evaluating ? evaluating.evaluator.outputCount(inputs) : width;
  const dimension = evaluating ? evaluating.evaluator.dimension : 0;
  const means = new Float64Array(count);
  const squares = new Float64Array(count);
  const thetas = new Float64Array(batch * dimension);
  const numbers = new Float64Array(batch * count);
  const status = new Uint8Array(batch);
  let [done, failed] = [0, 0];
  for (let first = 0; first < replicates; first += batch) {
    const some = Math.min(batch, replicates - first);
    for (let r = 0; r < some; r++) {
      selectStream(random, first + r);
      if (evaluating) evaluating.draw(random, thetas.subarray(r * dimension, (r + 1) * dimension), first + r);
      else (what as Draw)(random, numbers.subarray(r * count, (r + 1) * count), first + r);
    }
    evaluating?.evaluator.evaluateInto(
      thetas.subarray(0, some * dimension),
      inputs,
      numbers.subarray(0, some * count),
      status.subarray(0, some),
    );
    for (let r = 0; r < some; r++) {
      const row = numbers.subarray(r * count, (r + 1) * count);
      if ((evaluating && status[r] !== 0) || !row.every(Number.isFinite)) {
        failed++;
        continue;
      }
      done++;
      // means and sums of squared deviations by updates, which do not cancel
      for (let i = 0; i < count; i++) {
        const value = numbers[r * count + i];
        const change = value - means[i];
        means[i] += change / done;
        squares[i] += change * (value - means[i]);
      }
    }
    onProgress?.({ replicates: first + some, total: replicates });
    await breathe(first + some);
  }
  const standardErrors = squares.map((sum) =>
    done > 1 ? Math.sqrt(sum / (done - 1) / done) : Number.POSITIVE_INFINITY,
  );
  return { means, standardErrors, replicates: done, failed, milliseconds: performance.now() - start };
}
