/**
 * One step of the block-bidiagonal system of an epoch's moments, on blocks of columns: continuous V^(j) ← P V^(j) +
 * (r/Λ)∘V^(j−1), discrete V^(j) ← Σ_m (r^m/m!)∘T V^(j−m), with g added where the block of order 0 is absorbed.
 */
import type { DualVector } from "../system.js";
import { addMatrixColumn } from "./back-steps.js";
import type { StepTable } from "./step-table.js";

export interface BlockStep {
  readonly table: StepTable;
  readonly reward: DualVector;
  /** Rate (discrete: probability) into the absorbing states that count. */
  readonly counted: DualVector;
  /** The same into all of them. */
  readonly exits: DualVector;
}

/** By order, then the value and each derivative. */
export type BlockColumns = readonly (readonly Float64Array[])[];

export function toBlocks(columns: readonly DualVector[]): BlockColumns {
  return columns.map(({ value, tangents }) => [value, ...tangents]);
}

export function zeroBlocks(like: BlockColumns): BlockColumns {
  return like.map((block) => block.map((x) => new Float64Array(x.length)));
}

export function addBlocks(to: BlockColumns, from: BlockColumns, factor: number): void {
  to.forEach((block, j) => {
    block.forEach((x, p) => {
      for (let i = 0; i < x.length; i++) x[i] += factor * from[j][p][i];
    });
  });
}

/** One step; `absorbing` adds what is counted. */
export function stepBlocks(step: BlockStep, from: BlockColumns, absorbing: boolean): BlockColumns {
  const { table, reward, counted } = step;
  const moved = from.map((block) => movedBlock(table, block));
  if (absorbing)
    [counted.value, ...counted.tangents].forEach((g, p) => {
      addProductOf(moved[0][p], g, undefined, 1 / table.rate);
    });
  const rewards = [reward.value, ...reward.tangents];
  if (table.system.kind === "continuous") {
    for (let j = 1; j < from.length; j++) addDualProduct(moved[j], rewards, from[j - 1], 1 / table.rate);
    return moved;
  }
  const result = moved.map((block) => block.map((x) => x.slice()));
  // r^m/m! and its derivatives
  let factors = rewards;
  for (let m = 1; m < from.length; m++) {
    for (let j = m; j < from.length; j++) addDualProduct(result[j], factors, moved[j - m], 1);
    const next = factors.map((x) => new Float64Array(x.length));
    addDualProduct(next, rewards, factors, 1 / (m + 1));
    factors = next;
  }
  return result;
}

function movedBlock(table: StepTable, block: readonly Float64Array[]): Float64Array[] {
  const result = block.map((x) => new Float64Array(x.length));
  block.forEach((x, p) => {
    addColumn(table, 0, x, result[p]);
    if (p > 0) addColumn(table, p, block[0], result[p]);
  });
  return result;
}

function addColumn(table: StepTable, matrix: number, from: Float64Array, to: Float64Array): void {
  if (table.system.sweeps?.addColumn(table, matrix, from, to) !== true) addMatrixColumn(table, matrix, from, to);
}

/** to += factor x∘y with derivatives. */
function addDualProduct(
  to: readonly Float64Array[],
  x: readonly Float64Array[],
  y: readonly Float64Array[],
  factor: number,
): void {
  addProductOf(to[0], x[0], y[0], factor);
  for (let p = 1; p < to.length; p++) {
    addProductOf(to[p], x[p], y[0], factor);
    addProductOf(to[p], x[0], y[p], factor);
  }
}

function addProductOf(to: Float64Array, x: Float64Array, y: Float64Array | undefined, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * x[i] * (y === undefined ? 1 : y[i]);
}
