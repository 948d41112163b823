/** Products of vectors that carry derivatives. */
import type { DualVector } from "../system.js";
import type { Dual } from "./distribution.js";

/** row·column with derivatives; undefined of undefined. */
export function dotDual(row: DualVector | undefined, column: DualVector): Dual | undefined {
  if (row === undefined) return undefined;
  return {
    value: dotPlain(row.value, column.value),
    tangents: Float64Array.from(
      row.tangents,
      (x, d) => dotPlain(x, column.value) + dotPlain(row.value, column.tangents[d]),
    ),
  };
}

function dotPlain(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
