/**
 * The inner loops of sweeps, on primitives and typed arrays: to += from·M over a span of rows, in doubles, and with
 * vectors held as two doubles.
 */
import { SPLITTER } from "../../../base/two-double.js";

const SMALLEST_NORMAL = 2 ** -1022;

/** to += from M for rows low … high; the diagonal of M is stays + stayRests. */
export function addProduct(
  from: Float64Array,
  to: Float64Array,
  low: number,
  high: number,
  rowStart: Int32Array,
  targets: Int32Array,
  moves: Float64Array,
  stays: Float64Array,
  stayRests: Float64Array,
): void {
  for (let i = low; i <= high; i++) {
    const mass = from[i];
    if (mass < SMALLEST_NORMAL && mass > -SMALLEST_NORMAL) continue;
    to[i] += mass * stays[i] + mass * stayRests[i];
    const end = rowStart[i + 1];
    for (let e = rowStart[i]; e < end; e++) to[targets[e]] += mass * moves[e];
  }
}

/** The same for vectors as pairs (hi, lo), to about 2^-104; `to` is left for `renormalize`. Five times the cost. */
export function addProductFine(
  fromHi: Float64Array,
  fromLo: Float64Array,
  toHi: Float64Array,
  toLo: Float64Array,
  low: number,
  high: number,
  rowStart: Int32Array,
  targets: Int32Array,
  moves: Float64Array,
  moveRests: Float64Array,
  stays: Float64Array,
  stayRests: Float64Array,
): void {
  for (let i = low; i <= high; i++) {
    const hi = fromHi[i];
    if (hi < SMALLEST_NORMAL && hi > -SMALLEST_NORMAL) continue;
    const lo = fromLo[i];
    const scaled = SPLITTER * hi;
    const upper = scaled - (scaled - hi);
    const lower = hi - upper;
    const end = rowStart[i + 1];
    for (let e = rowStart[i] - 1; e < end; e++) {
      // the diagonal goes first, as if it were an edge
      const diagonal = e < rowStart[i];
      const m = diagonal ? stays[i] : moves[e];
      const j = diagonal ? i : targets[e];
      const mScaled = SPLITTER * m;
      const mUpper = mScaled - (mScaled - m);
      const mLower = m - mUpper;
      const product = hi * m;
      let error = lower * mLower - (product - upper * mUpper - lower * mUpper - upper * mLower) + lo * m;
      error += hi * (diagonal ? stayRests[i] : moveRests[e]);
      const before = toHi[j];
      const sum = before + product;
      const rest = sum - before;
      toHi[j] = sum;
      toLo[j] += before - (sum - rest) + (product - rest) + error;
    }
  }
}

/** Makes |lo| ≤ ulp(hi)/2 again. */
export function renormalize(hi: Float64Array, lo: Float64Array, low: number, high: number): void {
  for (let i = low; i <= high; i++) {
    const sum = hi[i] + lo[i];
    lo[i] -= sum - hi[i];
    hi[i] = sum;
  }
}

export function dotOver(x: Float64Array, y: Float64Array, low: number, high: number): number {
  let sum = 0;
  for (let i = low; i <= high; i++) sum += x[i] * y[i];
  return sum;
}

export function addScaled(to: Float64Array, from: Float64Array, factor: number, low: number, high: number): void {
  for (let i = low; i <= high; i++) to[i] += factor * from[i];
}
