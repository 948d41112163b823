/** What a few noisy timings say: medians, and ratios taken round by round, so that a drifting machine cancels. */

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

export interface PairedRatio extends Spread {
  /** Of the best rounds of both, which others on the machine disturbed least. */
  readonly best: number;
}

/** How many times as long `slow` took as `fast`, pair by pair of the rounds that both were in. */
export function pairedRatio(slow: readonly number[], fast: readonly number[]): PairedRatio {
  const rounds = Math.min(slow.length, fast.length);
  if (rounds === 0) throw new RangeError("Cannot take a ratio: there is no round that both were in.");
  const ratios = Array.from({ length: rounds }, (_, r) => slow[r] / fast[r]);
  return { ...spread(ratios), best: Math.min(...slow) / Math.min(...fast) };
}

/**
 * How far two lists of numbers are apart: the largest |a − b| over |b|, or, with `rowLength`, over the largest |b| of its row,
 * which is what an error of a curve is compared with. Infinity where one of them is no number.
 */
export function largestDifference(a: Float64Array, b: Float64Array, rowLength = 1): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let row = 0; row < b.length; row += rowLength) {
    const end = Math.min(row + rowLength, b.length);
    let scale = 0;
    for (let i = row; i < end; i++) scale = Math.max(scale, Math.abs(b[i]));
    for (let i = row; i < end; i++) {
      const difference = a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]) / scale;
      largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
    }
  }
  return largest;
}

/** The exponent of growth y ~ x^e, by least squares over the logarithms. */
export function growthExponent(x: readonly number[], y: readonly number[]): number {
  const [lx, ly] = [x.map(Math.log), y.map(Math.log)];
  const mean = (v: readonly number[]): number => v.reduce((sum, value) => sum + value, 0) / v.length;
  const [mx, my] = [mean(lx), mean(ly)];
  let [top, bottom] = [0, 0];
  lx.forEach((value, i) => {
    top += (value - mx) * (ly[i] - my);
    bottom += (value - mx) ** 2;
  });
  return top / bottom;
}
