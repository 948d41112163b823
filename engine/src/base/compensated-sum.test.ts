/** Sums that plain addition gets wrong. */
import { expect, it } from "vitest";
import { CompensatedSum } from "./compensated-sum.js";

function sumOf(terms: readonly number[]): number {
  const sum = new CompensatedSum();
  for (const term of terms) sum.add(term);
  return sum.sum;
}

it("keeps what large terms hide, in whichever order they come", () => {
  expect(sumOf([1, 1e100, 1, -1e100])).toBe(2);
  expect(sumOf([1e100, 1, -1e100, 1])).toBe(2);
  expect(sumOf(Array<number>(1e5).fill(0.1))).toBe(1e4);
});

it("of nothing is 0", () => {
  expect(sumOf([])).toBe(0);
});
