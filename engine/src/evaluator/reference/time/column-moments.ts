/**
 * Moments of a reward over one epoch, from the columns at its end to those at its start. Y is the reward earned from
 * now until absorption. Continuous:
 *
 *     M^(k)_x = E_x[Y^k; counted] / k!,   dM^(0)/dτ = S M^(0) + g,   dM^(k)/dτ = S M^(k) + r∘M^(k−1)
 *
 * with τ the time to the epoch's end and g the rate into those absorbing states that count (all: g = exits, then
 * M^(0) = e stays e). Discrete: M^(k)_x = E_x[Y^k; counted], and r_i is earned at each step spent in i, the last one
 * included: Y = r_i + Y'. Sums of non-negative terms for r ≥ 0, by a sweep of the block-bidiagonal system or, on long and
 * stiff epochs, by squaring: a step acts as M^(j) ← Σ_i F_i M^(j−i) + c_j, and steps of that form compose.
 */

import { InterruptedError } from "../../../base/errors.js";
import { twoProduct } from "../../../base/two-double.js";
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import { applyBlockPower, firstBlockPower, squaredBlockPower } from "./block-power.js";
import { addBlocks, type BlockColumns, type BlockStep, stepBlocks, toBlocks, zeroBlocks } from "./block-step.js";
import { poissonWeights } from "./poisson.js";
import { stepRate } from "./squaring.js";
import { stepTable, uniformizationRate } from "./step-table.js";

export interface ColumnMomentsOptions {
  readonly method?: "uniformization" | "squaring" | "auto";
  readonly interrupted: () => boolean;
  readonly name: string;
}

const WORK_MAX = 2e11;
/** Of the rates that only a short epoch asks for; those of the system may be larger. */
const FASTEST = 2 ** 1000;
/** Steps up to which plain doubles lose nothing that matters. */
const SWEEP_STEPS = 2e4;

/**
 * M^(0) … M^(k) at the start of an epoch of length Δ ≥ 0 (discrete: whole steps) from those at its end (`terminal`).
 * Cost: Λ Δ sweeps of k + 1 columns, or n³ (k + 1)(k + 2)/2 log₂ ΛΔ, each 1 + 2d times; undefined out of reach.
 */
export function columnMoments(
  system: TransientSystem,
  tangents: readonly SystemTangent[],
  terminal: readonly DualVector[],
  reward: DualVector,
  counted: DualVector,
  length: number,
  options: ColumnMomentsOptions,
): readonly DualVector[] | undefined {
  const discrete = system.kind === "discrete";
  const scaled = terminal.map((m, k) => (discrete ? timesFactor(m, 1 / factorial(k)) : m));
  const parts = 1 + tangents.length;
  // no slower than one step per epoch: else (ΛΔ)²/2 underflows where r/Λ overflows
  const sweepRate = discrete ? 1 : Math.max(uniformizationRate(system), Math.min(1 / length, FASTEST));
  const steps = length * sweepRate;
  const perStep = (system.targets.length + system.size) * (2 * parts - 1) * terminal.length;
  const products = (terminal.length * (terminal.length + 1)) / 2;
  const squarings = (2 * parts - 1) * products * system.size ** 3 * Math.max(1, Math.log2(steps));
  const method = options.method ?? "auto";
  const sweeps =
    method === "auto"
      ? steps < 64 || (steps <= SWEEP_STEPS && steps * perStep <= squarings)
      : method === "uniformization" || steps < 2;
  let result: BlockColumns | undefined;
  const start = toBlocks(scaled);
  if (sweeps || (method === "auto" && squarings > WORK_MAX)) {
    if (!(steps * perStep <= WORK_MAX)) return undefined;
    result = swept(blockStep(sweepRate), start, length, options);
  } else {
    if (!(squarings <= WORK_MAX && steps < 2 ** 1000)) return undefined;
    result = powered(blockStep(stepRate(system)), start, length, options);
  }
  return result.map((block, k): DualVector => {
    const m = { value: block[0], tangents: block.slice(1) };
    return discrete ? timesFactor(m, factorial(k)) : m;
  });

  function blockStep(rate: number): BlockStep {
    const exits = { value: system.exits, tangents: tangents.map((tangent) => tangent.exits) };
    return { table: stepTable(system, tangents, rate), reward, counted, exits };
  }
}

/** Σ_k Pois(k; ΛΔ) of k steps. */
function swept(
  step: BlockStep,
  start: BlockColumns,
  length: number,
  options: ColumnMomentsOptions,
  absorbing = true,
): BlockColumns {
  const discrete = step.table.system.kind === "discrete";
  const { low, weights } = discrete
    ? { low: length, weights: Float64Array.of(1) }
    : poissonWeights(twoProduct(step.table.rate, length));
  const result = zeroBlocks(start);
  const { size, targets } = step.table.system;
  const poll = Math.ceil(4e6 / ((size + targets.length) * start.length * (1 + 2 * step.table.tangents.length)));
  let current = start;
  for (let k = 0; k < low + weights.length; k++) {
    if (k % poll === 0 && options.interrupted()) throw new InterruptedError(`sweeping ${options.name} at step ${k}`);
    if (k > 0) current = stepBlocks(step, current, absorbing);
    if (k >= low) addBlocks(result, current, weights[k - low]);
  }
  return result;
}

/** By the binary digits of Δ/h; what is left below h is a sweep. */
function powered(step: BlockStep, start: BlockColumns, length: number, options: ColumnMomentsOptions): BlockColumns {
  const steps = length * step.table.rate;
  const whole = Math.floor(steps);
  const rest = (steps - whole) / step.table.rate;
  let current = rest > 0 ? swept(step, start, rest, options) : start;
  let power =
    whole > 0
      ? firstBlockPower(step, start.length, (of, x, absorbing) => swept(of, x, 1 / step.table.rate, options, absorbing))
      : undefined;
  for (let level = 0; power !== undefined && 2 ** level <= whole; level++) {
    if (level > 0) power = squaredBlockPower(power, options.interrupted, options.name);
    if (Math.floor(whole / 2 ** level) % 2 === 1) current = applyBlockPower(power, current);
  }
  return current;
}

function timesFactor({ value, tangents }: DualVector, factor: number): DualVector {
  return { value: value.map((x) => x * factor), tangents: tangents.map((t) => t.map((x) => x * factor)) };
}

function factorial(k: number): number {
  return k < 2 ? 1 : k * factorial(k - 1);
}
