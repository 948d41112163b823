/** The harness' own arithmetic. */
import { expect, it } from "vitest";
import { growthExponent, largestDifference, median, pairedRatio, spread } from "./statistics.js";

it("takes the middle of an odd number of values and between the middle two of an even one", () => {
  expect(median([3, 1, 10])).toBe(3);
  expect(median([4, 1, 10, 2])).toBe(3);
  expect(median([])).toBeNaN();
  expect(spread([5, 1, 2])).toEqual({ median: 2, low: 1, high: 5 });
});

it("leaves the values it is given in their order", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

it("takes ratios round by round, so that a machine that slows down in the middle changes nothing", () => {
  expect(pairedRatio([2, 20, 4], [1, 10, 2])).toEqual({ median: 2, low: 2, high: 2, best: 2 });
  expect(pairedRatio([6], [2, 1, 1])).toEqual({ median: 3, low: 3, high: 3, best: 6 });
  expect(() => pairedRatio([], [1])).toThrow(/no round/);
});

it("finds the largest relative difference, by number or against the largest of a row", () => {
  const of = (...values: number[]) => Float64Array.from(values);
  expect(largestDifference(of(1, 2), of(1, 2))).toBe(0);
  expect(largestDifference(of(1.5, 2), of(1, 2))).toBe(0.5);
  expect(largestDifference(of(1e-9, 2), of(2e-9, 2), 2)).toBeCloseTo(5e-10, 15);
  expect(largestDifference(of(1e-9, 2), of(2e-9, 2))).toBe(0.5);
  expect(largestDifference(of(0, 0), of(0, 0))).toBe(0);
  expect(largestDifference(of(1, 2, 3, 5), of(1, 2, 3, 4), 2)).toBe(0.25);
});

it("takes what is no number, or another number of numbers, for as far apart as can be", () => {
  const of = (...values: number[]) => Float64Array.from(values);
  expect(largestDifference(of(1, Number.NaN), of(1, 2))).toBe(Infinity);
  expect(largestDifference(of(1, 2), of(1, Number.NaN))).toBe(Infinity);
  expect(largestDifference(of(1, 2), of(0, 2))).toBe(Infinity);
  expect(largestDifference(of(1), of(1, 2))).toBe(Infinity);
  expect(largestDifference(of(1, 2), of(1))).toBe(Infinity);
});

it("finds the exponent of a power law", () => {
  expect(growthExponent([10, 100, 1000], [2e2, 2e4, 2e6])).toBeCloseTo(2, 12);
});
