/** The generator against published vectors, its addressing, and the shape of what is drawn. */
import { describe, expect, it } from "vitest";
import { exponential, fromWords, openRandomStream, philox4x32, selectStream, uniform } from "./random.js";

describe("Philox4x32-10", () => {
  // tests/kat_vectors of Random123 1.14.0 (D. E. Shaw Research), the three rows "philox4x32 10": counter, key, block.
  it.each([
    ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ])("gives the published block at counter %s", (counter, key, block) => {
    const words = (text: string): number[] => text.split(" ").map((word) => Number.parseInt(word, 16));
    const state = Uint32Array.from([...words(key), ...words(counter), 0, 0, 0, 0, 4]);
    philox4x32(state);
    expect([...state.subarray(6, 10)]).toEqual(words(block));
  });

  it("is addressed by seed, stream and position with all their bits", () => {
    const expected = (words: readonly number[]): number[] => {
      const state = Uint32Array.from([...words, 0, 0, 0, 0, 4]);
      philox4x32(state);
      return [fromWords(state[6], state[7]), fromWords(state[8], state[9])];
    };
    const random = openRandomStream(7 * 2 ** 32 + 5, 3 * 2 ** 32 + 2);
    const drawn = [uniform(random), uniform(random), uniform(random), uniform(random)];
    expect(drawn).toEqual([...expected([5, 7, 0, 0, 2, 3]), ...expected([5, 7, 1, 0, 2, 3])]);
    random.state[2] = 0xffffffff;
    uniform(random);
    expect([...random.state.subarray(2, 4)]).toEqual([0, 1]);
    selectStream(random, 3 * 2 ** 32 + 2);
    expect([uniform(random), uniform(random)]).toEqual(drawn.slice(0, 2));
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53, "1" as unknown as number])("refuses the seed %s", (seed) => {
    expect(() => openRandomStream(seed)).toThrow(expect.objectContaining({ code: "bad-seed" }));
    expect(() => openRandomStream(0, seed)).toThrow(expect.objectContaining({ code: "bad-seed" }));
  });
});

describe("numbers", () => {
  it("lie inside (0, 1) at the ends of the range and use all 53 bits", () => {
    expect(fromWords(0, 0)).toBe(2 ** -54);
    expect(fromWords(0xffffffff, 0xffffffff)).toBe(1 - 2 ** -53);
    expect(fromWords(1 << 6, 0)).toBe(2 ** -53);
    expect(fromWords(0, 1 << 5)).toBe(2 ** -27);
  });

  it("are uniform, and exponential after inversion", () => {
    const n = 200_000;
    const random = openRandomStream(2026);
    const drawn = Float64Array.from({ length: n }, () => uniform(random)).sort();
    const waits = Float64Array.from({ length: n }, () => exponential(random)).sort();
    expect(distance(drawn, (u) => u)).toBeLessThan(massart(n));
    expect(distance(waits, (t) => -Math.expm1(-t))).toBeLessThan(massart(n));
  });

  it("of neighbouring streams and seeds do not resemble each other", () => {
    const n = 100_000;
    const first = Float64Array.from({ length: n }, (_, i) => uniform(openRandomStream(1, i)));
    const second = Float64Array.from({ length: n }, (_, i) => uniform(openRandomStream(2, i)));
    // A correlation of independent uniforms is normal with deviation 1/√n; 6.5 deviations have probability 8e-11.
    for (const [a, b] of [
      [first, second],
      [first.subarray(1), first.subarray(0, n - 1)],
    ])
      expect(Math.abs(a.reduce((sum, u, i) => sum + 12 * (u - 0.5) * (b[i] - 0.5), 0) / n)).toBeLessThan(
        6.5 / Math.sqrt(n),
      );
    expect(distance(first.sort(), (u) => u)).toBeLessThan(massart(n));
  });
});

/** Largest distance of the empirical distribution from the exact one (Kolmogorov–Smirnov). */
function distance(sorted: Float64Array, cdf: (x: number) => number): number {
  return sorted.reduce((worst, x, i) => {
    const f = cdf(x);
    return Math.max(worst, Math.abs(f - i / sorted.length), Math.abs(f - (i + 1) / sorted.length));
  }, 0);
}

/** Exceeded with probability at most 1e-10 (Massart's form of the Dvoretzky–Kiefer–Wolfowitz inequality). */
const massart = (n: number): number => Math.sqrt(Math.log(2e10) / (2 * n));
