/**
 * Double-double arithmetic: a number as the unevaluated sum of two doubles hi + lo with |lo| ≤ ulp(hi)/2, about 106
 * bits. For quantities that cancel: derivatives on stiff models, residuals, the last digits of a stay probability.
 *
 * JavaScript has no fused multiply-add, so exact products come from Dekker's splitting (Dekker 1971; Knuth's two-sum;
 * the algorithms as in Hida, Li & Bailey 2001). Splitting overflows above 2^996: numbers of that size are not for here.
 * Results are exact to about 2^-104 relative as long as nothing underflows.
 *
 * Functions ending in `Into` write hi and lo to `out[at]` and `out[at + 1]` and allocate nothing.
 */

/** [hi, lo]. */
export type TwoDouble = readonly [hi: number, lo: number];

/** 2^27 + 1. */
export const SPLITTER = 134217729;

/** The upper half of x: 26 bits; x − upperHalf(x) is the lower half, exactly. */
export function upperHalf(x: number): number {
  const scaled = SPLITTER * x;
  return scaled - (scaled - x);
}

/** The rounding error of a + b: a + b = fl(a + b) + sumError(a, b) exactly. */
export function sumError(a: number, b: number): number {
  const sum = a + b;
  const rest = sum - a;
  return a - (sum - rest) + (b - rest);
}

/** The rounding error of a · b: a · b = fl(a · b) + productError(a, b) exactly, barring underflow. */
export function productError(a: number, b: number): number {
  const aHigh = upperHalf(a);
  const aLow = a - aHigh;
  const bHigh = upperHalf(b);
  const bLow = b - bHigh;
  return aLow * bLow - (a * b - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

export function twoSum(a: number, b: number): TwoDouble {
  return [a + b, sumError(a, b)];
}

/** Of numbers too large to be split, a product without its error. */
export function twoProduct(a: number, b: number): TwoDouble {
  const error = productError(a, b);
  return [a * b, Number.isFinite(error) ? error : 0];
}

export function addInto(out: Float64Array, at: number, aHi: number, aLo: number, bHi: number, bLo: number): void {
  const high = aHi + bHi;
  const highError = sumError(aHi, bHi);
  const low = aLo + bLo;
  const lowError = sumError(aLo, bLo);
  // both errors are carried: the sum stays accurate when hi parts cancel
  const carry = highError + low;
  const middle = high + carry;
  const rest = carry - (middle - high) + lowError;
  out[at] = middle + rest;
  out[at + 1] = rest - (out[at] - middle);
}

export function multiplyInto(out: Float64Array, at: number, aHi: number, aLo: number, bHi: number, bLo: number): void {
  const high = aHi * bHi;
  const rest = productError(aHi, bHi) + (aHi * bLo + aLo * bHi);
  out[at] = high + rest;
  out[at + 1] = rest - (out[at] - high);
}

export function divideInto(out: Float64Array, at: number, aHi: number, aLo: number, bHi: number, bLo: number): void {
  const quotient = aHi / bHi;
  // a − quotient · b, exactly enough for one correction
  const product = quotient * bHi;
  const rest = aHi - product - productError(quotient, bHi) + aLo - quotient * bLo;
  const correction = rest / bHi;
  out[at] = quotient + correction;
  out[at + 1] = correction - (out[at] - quotient);
}

export function add(a: TwoDouble, b: TwoDouble): TwoDouble {
  return allocated(addInto, a, b);
}

export function subtract(a: TwoDouble, b: TwoDouble): TwoDouble {
  return allocated(addInto, a, [-b[0], -b[1]]);
}

export function multiply(a: TwoDouble, b: TwoDouble): TwoDouble {
  return allocated(multiplyInto, a, b);
}

export function divide(a: TwoDouble, b: TwoDouble): TwoDouble {
  return allocated(divideInto, a, b);
}

/** Σ xs in double-double. */
export function sum(xs: ArrayLike<number>): TwoDouble {
  let high = 0;
  let low = 0;
  for (let i = 0; i < xs.length; i++) {
    low += sumError(high, xs[i]);
    high += xs[i];
  }
  return twoSum(high, low);
}

/** Σ (xHi + xLo)_i y_i in double-double; `xLo` may be absent. Error about 2^-104 Σ|x_i y_i|. */
export function dot(xHi: Float64Array, y: Float64Array, xLo?: Float64Array): TwoDouble {
  let high = 0;
  let low = 0;
  for (let i = 0; i < xHi.length; i++) {
    const product = xHi[i] * y[i];
    low += sumError(high, product) + (productError(xHi[i], y[i]) + (xLo === undefined ? 0 : xLo[i] * y[i]));
    high += product;
  }
  return twoSum(high, low);
}

function allocated(into: typeof addInto, a: TwoDouble, b: TwoDouble): TwoDouble {
  const out = new Float64Array(2);
  into(out, 0, a[0], a[1], b[0], b[1]);
  return [out[0], out[1]];
}
