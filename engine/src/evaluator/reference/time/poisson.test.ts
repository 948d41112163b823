/** Poisson weights and mixtures: sums with closed forms, both tails, truncation. */
import { describe, expect, it } from "vitest";
import { poissonMixture, poissonTails, poissonWeights } from "./poisson.js";

const FULL = 2 ** -56;

describe("poissonWeights", () => {
  it.each([1e-3, 0.5, 1, 30, 1e4])("sums to 1 with mean and variance x = %f", (x) => {
    const { low, weights } = poissonWeights([x, 0]);
    const sum = (power: number) => weights.reduce((s, w, i) => s + w * (low + i - x) ** power, 0);
    expect(sum(0)).toBeCloseTo(1, 14);
    expect(Math.abs(sum(1))).toBeLessThanOrEqual(1e-13 * x);
    expect(Math.abs(sum(2) - x)).toBeLessThanOrEqual(1e-12 * x);
  });

  it("is right far from the mode", () => {
    // mpmath: exp(-1000) 1000^k / k! at k = 100 and k = 2200
    const { low, weights } = poissonWeights([1000, 0]);
    const off = (k: number, want: number) => Math.abs(weights[k - low] / want - 1);
    expect(off(100, 5.438942180826246e-293)).toBeLessThanOrEqual(2e-15);
    expect(off(2200, 5.664515244376513e-235)).toBeLessThanOrEqual(2e-15);
    // 1200 more than the mean: a change of the mean by 1e-17 of it shows 1200 times
    const shifted = poissonWeights([1000, 1e-13]).weights[2200 - low] / weights[2200 - low] - 1;
    expect(Math.abs(shifted - 1.2e-13)).toBeLessThanOrEqual(1e-15);
    expect(poissonTails({ low, weights })[weights.length - 1]).toBe(0);
  });
});

describe("poissonMixture", () => {
  const powers = (ratio: number) => ({
    term: (k: number) => ratio ** k,
    boundFrom: (k: number) => ratio ** k,
    growthFrom: () => 0,
    boundUntil: () => 1,
  });

  it.each([
    [1e-4, 0.5],
    [20, 0.9],
    [700, 0.25],
    [1e4, 0.99],
  ])("of powers at x = %f is e^{−(1 − ρ)x} for ρ = %f", (x, ratio) => {
    const { value } = poissonMixture([x, 0], powers(ratio), FULL);
    const want = Math.exp(-(1 - ratio) * x);
    expect(Math.abs(value - want)).toBeLessThanOrEqual(1e-12 * want);
  });

  it("of a sequence that starts late is relative to the little that is left", () => {
    // one term at k = 60: the weight e^{-x} x^60/60! (mpmath at x = 1e-3)
    const late = { ...powers(1), term: (k: number) => (k === 60 ? 1 : 0), boundFrom: (k: number) => (k <= 60 ? 1 : 0) };
    const { value } = poissonMixture([1e-3, 0], late, FULL);
    expect(value / 1.200579313845675e-262).toBeCloseTo(1, 13);
  });

  it("of growing terms goes on until their growth is beaten", () => {
    // Σ Pois(k; x) k = x
    const linear = {
      term: (k: number) => k,
      boundFrom: (k: number) => k,
      growthFrom: () => 1,
      boundUntil: (k: number) => k,
    };
    for (const x of [1e-6, 0.3, 17, 2000]) {
      expect(Math.abs(poissonMixture([x, 0], linear, FULL).value - x)).toBeLessThanOrEqual(1e-14 * x);
    }
  });

  it("does not stop before terms that grow out of nothing", () => {
    // 1e-60 up to k = 40, then k − 40, at x = 1
    const term = (k: number) => Math.max(1e-60, k - 40);
    const { value } = poissonMixture([1, 0], { term, boundFrom: term, growthFrom: () => 1, boundUntil: term }, FULL);
    let want = 0;
    for (let k = 0, weight = Math.exp(-1); k < 100; k++, weight /= k) want += weight * term(k);
    expect(value / want).toBeCloseTo(1, 13);
  });
});
