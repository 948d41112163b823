/**
 * What a sweep backwards does at each step, b_k = C_k q + P b_{k+1}, and the sums that it leaves behind: per edge, exit and
 * column entry, with the derivative of all that in one direction where there is one. In plain JavaScript here.
 */
import type { BackSteps, BackSums, DualVector, StepTable } from "../system.js";

export class PlainBack implements BackSteps {
  readonly #table: StepTable;
  readonly #columns: readonly DualVector[];
  readonly #sums: readonly BackSums[];
  readonly #scratch: readonly Float64Array[];

  constructor(table: StepTable, columns: readonly DualVector[]) {
    const { size, targets } = table.system;
    this.#table = table;
    this.#columns = columns;
    const parts = 1 + table.tangents.length;
    this.#sums = Array.from({ length: parts }, () => ({
      weights: new Float64Array(targets.length),
      exits: new Float64Array(size),
      initial: new Float64Array(size),
      columns: columns.map(() => new Float64Array(size)),
    }));
    this.#scratch = Array.from({ length: parts }, () => new Float64Array(size));
  }

  step(a: readonly Float64Array[], scale: number, weights: readonly (readonly number[])[]): void {
    const sums = this.#sums;
    const backs = sums.map(({ initial }) => initial);
    sums.forEach((sum, x) => {
      addOuter(this.#table, a[0], scale, backs[x], sum);
      if (x > 0) addOuter(this.#table, a[x], scale, backs[0], sum);
    });
    stepBack(this.#table, backs, this.#scratch);
    this.#columns.forEach((column, c) => {
      const [weight, weightTangent] = weights[c];
      addScaled(backs[0], column.value, weight);
      addScaled(sums[0].columns[c], a[0], weight * scale);
      if (sums.length === 1) return;
      addScaled(backs[1], column.value, weightTangent);
      addScaled(backs[1], column.tangents[0], weight);
      addScaled(sums[1].columns[c], a[0], weightTangent * scale);
      addScaled(sums[1].columns[c], a[1], weight * scale);
    });
  }

  finish(): readonly BackSums[] {
    return this.#sums;
  }
}

/** Adds what one step's use of the weights contributes, but for 1/Λ. */
function addOuter(table: StepTable, a: Float64Array, scale: number, b: Float64Array, sums: BackSums): void {
  const { size, rowStart, targets, kind } = table.system;
  const { weights, exits } = sums;
  const continuous = kind === "continuous";
  for (let i = 0; i < size; i++) {
    const mass = a[i] * scale;
    if (mass === 0) continue;
    const own = continuous ? b[i] : 0;
    exits[i] -= mass * own;
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) weights[e] += mass * (b[targets[e]] - own);
  }
}

/** b ← P b, ḃ ← P ḃ + Ṗ b. */
function stepBack(table: StepTable, backs: readonly Float64Array[], scratch: readonly Float64Array[]): void {
  for (const x of scratch) x.fill(0);
  backs.forEach((from, x) => {
    addMatrixColumn(table, 0, from, scratch[x]);
    if (x > 0) addMatrixColumn(table, x, backs[0], scratch[x]);
  });
  backs.forEach((to, x) => {
    to.set(scratch[x]);
  });
}

/** to += M from, of a table's value or of derivative `matrix` − 1. */
export function addMatrixColumn(table: StepTable, matrix: number, from: Float64Array, to: Float64Array): void {
  const { size, rowStart, targets } = table.system;
  const { moves, stays, stayRests } = matrix === 0 ? table.value : table.tangents[matrix - 1];
  for (let i = 0; i < size; i++) {
    let sum = from[i] * stays[i] + from[i] * stayRests[i];
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) sum += moves[e] * from[targets[e]];
    to[i] += sum;
  }
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  if (factor !== 0) for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}
