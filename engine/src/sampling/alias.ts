/**
 * Alias tables (Walker 1977; Vose 1991, doi 10.1109/32.92917): a draw from n weights in constant time, one uniform
 * number and one comparison. A table is three parallel arrays shared by all rows; a row is a span of them.
 */

export interface AliasTables {
  /** Columns of row v are start[v] … start[v + 1] − 1. */
  readonly start: Int32Array;
  /** What a column yields; below zero for an outcome without a vertex. */
  readonly outcomes: Int32Array;
  /** Part of a column that yields its own outcome; the rest yields that of column `alias`. */
  readonly threshold: Float64Array;
  readonly alias: Int32Array;
}

/**
 * Tables of rows of weights ≥ 0; a row whose weights sum to 0 must not be drawn from. Cost: linear.
 * The outcomes are shared with the caller.
 */
export function buildAliasTables(start: Int32Array, outcomes: Int32Array, weights: Float64Array): AliasTables {
  const threshold = new Float64Array(outcomes.length).fill(1);
  const alias = Int32Array.from(outcomes, (_, c) => c);
  const work = new Int32Array(longestRow(start));
  for (let v = 0; v + 1 < start.length; v++) buildRow(start[v], start[v + 1], weights, threshold, alias, work);
  return { start, outcomes, threshold, alias };
}

function longestRow(start: Int32Array): number {
  let longest = 0;
  for (let v = 0; v + 1 < start.length; v++) longest = Math.max(longest, start[v + 1] - start[v]);
  return longest;
}

/** Small columns stand at the left end of `work`, large ones at the right. */
function buildRow(
  from: number,
  to: number,
  weights: Float64Array,
  threshold: Float64Array,
  alias: Int32Array,
  work: Int32Array,
): void {
  let sum = 0;
  for (let c = from; c < to; c++) sum += weights[c];
  if (!(sum > 0)) return;
  let small = 0;
  let large = to - from;
  for (let c = from; c < to; c++) {
    threshold[c] = (weights[c] / sum) * (to - from);
    if (threshold[c] < 1) work[small++] = c;
    else work[--large] = c;
  }
  while (small > 0 && large < to - from) {
    const poor = work[--small];
    const rich = work[large];
    alias[poor] = rich;
    threshold[rich] = threshold[rich] + threshold[poor] - 1;
    if (threshold[rich] < 1) {
      work[small++] = rich;
      large++;
    }
  }
  // What is left has a whole column but for rounding.
  for (let k = 0; k < small; k++) threshold[work[k]] = 1;
  for (let k = large; k < to - from; k++) threshold[work[k]] = 1;
}

/** The outcome of row v at u in (0, 1). */
export function drawAlias(tables: AliasTables, v: number, u: number): number {
  const from = tables.start[v];
  const scaled = u * (tables.start[v + 1] - from);
  const column = Math.floor(scaled);
  const c = from + column;
  return tables.outcomes[scaled - column < tables.threshold[c] ? c : tables.alias[c]];
}
