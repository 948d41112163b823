/**
 * Powers of a block step, dense: M^(j) ← Σ_i F_i M^(j−i) + c_j. Two of them compose as F'_i = Σ F_a F_{i−a} and
 * c'_j = c_j + Σ F_i c_{j−i}; all are ≥ 0. F_0 is a power of the transition matrix and kept in the form that
 * squaring does not wear out; the others are sums of it and need no care of their own.
 */
import { addBlocks, type BlockColumns, type BlockStep, zeroBlocks } from "./block-step.js";
import { addInPlace, addMatrixProduct, emptyPower, type Power, settle, squared } from "./power.js";

export interface BlockPower {
  readonly first: Power;
  /** F_1 … F_k: the value and each derivative, row-major. */
  readonly others: readonly (readonly Float64Array[])[];
  readonly constants: BlockColumns;
}

/** From what `run`, one step, does to columns, with and without what is counted. Cost: n + 2 short sweeps. */
export function firstBlockPower(
  step: BlockStep,
  orders: number,
  run: (step: BlockStep, start: BlockColumns, absorbing: boolean) => BlockColumns,
): BlockPower {
  const { size } = step.table.system;
  const parts = 1 + step.table.tangents.length;
  const blank = Array.from({ length: orders }, () => Array.from({ length: parts }, () => new Float64Array(size)));
  const first = emptyPower(size, parts - 1);
  const all = [first, ...first.tangents];
  const others = blank.slice(1).map((block) => block.map(() => new Float64Array(size * size)));
  for (let j = 0; j < size; j++) {
    const start = zeroBlocks(blank);
    start[0][0][j] = 1;
    run(step, start, false).forEach((block, order) => {
      block.forEach((x, p) => {
        const to = order === 0 ? all[p].moves : others[order - 1][p];
        for (let i = 0; i < size; i++) to[i * size + j] = x[i];
      });
    });
  }
  const absorbed = run({ ...step, counted: step.exits }, [zeroBlocks(blank)[0]], true)[0];
  all.forEach((numbers, p) => {
    numbers.absorbed.set(absorbed[p]);
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) numbers.survival[i] += numbers.moves[i * size + j];
  });
  settle(first);
  return { first, others, constants: run(step, blank, true) };
}

export function squaredBlockPower(power: BlockPower, interrupted: () => boolean, name: string): BlockPower {
  const { first, others, constants } = power;
  const { size } = first;
  const matrices = [[first.moves, ...first.tangents.map((x) => x.moves)], ...others];
  const nextOthers = others.map((block, o) => {
    const result = block.map(() => new Float64Array(size * size));
    for (let a = 0; a <= o + 1; a++) {
      const [left, right] = [matrices[a], matrices[o + 1 - a]];
      result.forEach((to, p) => {
        addMatrixProduct(left[p], right[0], to, size, interrupted, name);
        if (p > 0) addMatrixProduct(left[0], right[p], to, size, interrupted, name);
      });
    }
    return result;
  });
  return {
    first: squared(first, interrupted, name),
    others: nextOthers,
    constants: applyBlockPower(power, constants),
  };
}

/** One use of the power on columns. */
export function applyBlockPower({ first, others, constants }: BlockPower, columns: BlockColumns): BlockColumns {
  const matrices = [[first.moves, ...first.tangents.map((x) => x.moves)], ...others];
  const result = zeroBlocks(columns);
  addBlocks(result, constants, 1);
  result.forEach((block, j) => {
    for (let i = 0; i <= j; i++)
      block.forEach((to, p) => {
        addInPlace(to, columnProduct(matrices[i][p], columns[j - i][0]));
        if (p > 0) addInPlace(to, columnProduct(matrices[i][0], columns[j - i][p]));
      });
  });
  return result;
}

function columnProduct(matrix: Float64Array, x: Float64Array): Float64Array {
  const size = x.length;
  return Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += matrix[i * size + j] * x[j];
    return sum;
  });
}
