/** Alias tables hold exactly the probabilities that they were built from. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildAliasTables, drawAlias } from "./alias.js";

/** The probability of every outcome of row v, summed over the columns. */
function probabilities(tables: ReturnType<typeof buildAliasTables>, v: number, outcomes: number): number[] {
  const { start, threshold, alias } = tables;
  const sums: number[] = new Array(outcomes).fill(0);
  const columns = start[v + 1] - start[v];
  for (let c = start[v]; c < start[v + 1]; c++) {
    sums[tables.outcomes[c]] += threshold[c] / columns;
    sums[tables.outcomes[alias[c]]] += (1 - threshold[c]) / columns;
  }
  return sums;
}

const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e12, noNaN: true }), fc.constant(1));

it("hold the probabilities of their rows to rounding, and nothing for weight 0", () => {
  fc.assert(
    fc.property(fc.array(fc.array(weight, { minLength: 0, maxLength: 9 }), { maxLength: 5 }), (rows) => {
      const start = new Int32Array(rows.length + 1);
      rows.forEach((row, v) => {
        start[v + 1] = start[v] + row.length;
      });
      const outcomes = Int32Array.from(rows.flatMap((row) => row.map((_, k) => k)));
      const tables = buildAliasTables(start, outcomes, Float64Array.from(rows.flat()));
      rows.forEach((row, v) => {
        const sum = row.reduce((a, b) => a + b, 0);
        if (sum === 0) return;
        probabilities(tables, v, row.length).forEach((p, k) => {
          if (row[k] === 0) expect(p).toBe(0);
          expect(Math.abs(p - row[k] / sum)).toBeLessThan(1e-14);
        });
      });
    }),
    { seed: 4, numRuns: 500 },
  );
});

it("give the outcome of the column in which a number falls, up to the ends of (0, 1)", () => {
  const tables = buildAliasTables(Int32Array.of(0, 2, 5), Int32Array.of(7, 8, 1, 2, 3), Float64Array.of(1, 3, 5, 5, 5));
  expect([0.2, 0.26, 0.6, 1 - 2 ** -53].map((u) => drawAlias(tables, 0, u))).toEqual([7, 8, 8, 8]);
  expect([2 ** -54, 0.34, 1 - 2 ** -53].map((u) => drawAlias(tables, 1, u))).toEqual([1, 2, 3]);
});
