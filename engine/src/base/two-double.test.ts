/** Double-double arithmetic against exact integers: every double is an integer over a power of two. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  divide,
  dot,
  multiply,
  productError,
  subtract,
  sum,
  sumError,
  type TwoDouble,
  twoProduct,
  twoSum,
} from "./two-double.js";

/** x · 2^SHIFT, exactly; x must have no bits below 2^−SHIFT. */
const SHIFT = 400n;
function scaled(x: number): bigint {
  if (x === 0) return 0n;
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  const mantissa = BigInt(x * 2 ** (60 - exponent));
  const shift = SHIFT + BigInt(exponent) - 60n;
  return shift >= 0n ? mantissa << shift : mantissa >> -shift;
}

const exact = ([hi, lo]: TwoDouble): bigint => scaled(hi) + scaled(lo);
const size = (x: bigint): bigint => (x < 0n ? -x : x);

const double = fc
  .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -30, max: 30 }))
  .map(([x, e]) => (Math.abs(x) < 2 ** -20 ? 1 : x) * 2 ** e);
const pair = fc.tuple(double, fc.double({ min: -0.5, max: 0.5, noNaN: true })).map(([hi, part]): TwoDouble => {
  const lo = Math.abs(part) < 2 ** -20 ? 0 : part * hi * 2 ** -53;
  return twoSum(hi, lo);
});

/** |got − want| ≤ 2^−bits of `of`, all scaled. */
function expectNear(got: bigint, want: bigint, of: bigint, bits: bigint): void {
  expect(size(got - want) << bits <= size(of)).toBe(true);
}

describe("exact pieces", () => {
  it("sumError makes a sum exact", () => {
    fc.assert(fc.property(double, double, (a, b) => scaled(a + b) + scaled(sumError(a, b)) === scaled(a) + scaled(b)));
  });

  it("productError makes a product exact", () => {
    fc.assert(
      fc.property(double, double, (a, b) => {
        return (scaled(a * b) + scaled(productError(a, b))) << SHIFT === scaled(a) * scaled(b);
      }),
    );
  });
});

describe("operations on pairs", () => {
  it("add and subtract to 2^-103, however the high parts cancel", () => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const whole = exact(a) + exact(b);
        expectNear(exact(add(a, b)), whole, size(whole) + 1n, 103n);
        expect(exact(subtract(add(a, b), b)) - exact(a) <= (size(exact(a)) + size(exact(b))) >> 102n).toBe(true);
      }),
    );
    const near: TwoDouble = [1, 2 ** -60];
    expect(subtract(near, [1, 0])).toEqual([2 ** -60, 0]);
    expect(add(near, [-1, 2 ** -118])).toEqual([2 ** -60, 2 ** -118]);
  });

  it("multiply and divide to 2^-101", () => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const product = exact(a) * exact(b);
        expectNear(exact(multiply(a, b)) << SHIFT, product, product, 101n);
        expectNear(exact(divide(a, b)) * exact(b), exact(a) << SHIFT, exact(a) << SHIFT, 101n);
      }),
    );
  });

  it("sums and products of vectors keep what plain ones lose", () => {
    expect(sum([1e16, 1, -1e16, 2 ** -40])).toEqual([1 + 2 ** -40, 0]);
    const x = Float64Array.of(1 + 2 ** -30, 1);
    const y = Float64Array.of(1 - 2 ** -30, -1);
    expect(dot(x, y)).toEqual([-(2 ** -60), 0]);
    expect(dot(x, y, Float64Array.of(2 ** -60, 0))[0]).toBeCloseTo(-(2 ** -90), 40);
    expect(twoProduct(1 + 2 ** -30, 1 - 2 ** -30)).toEqual([1, -(2 ** -60)]);
    // beyond 2^996 nothing can be split: the product without its error
    expect(twoProduct(1.5e300, 1e-300)).toEqual([1.5e300 * 1e-300, 0]);
  });
});
