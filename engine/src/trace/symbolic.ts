/** What elimination in an order does to the pattern of a component: the rows of its factors, sorted. */
import { GrowableInts } from "../base/growable.js";
import type { LocalPattern } from "./local-pattern.js";

/** Rows of the factors of all components so far: what a trace holds. */
export interface FactorRows {
  readonly lowerStart: Int32Array;
  readonly lower: GrowableInts;
  readonly upperStart: Int32Array;
  readonly upper: GrowableInts;
}

/** Told how many entries there are. */
export type CheckEntries = (count: number) => void;

/** Memory for components of at most `largest` vertices. */
export interface SymbolicSpace {
  /** Place in the order. */
  readonly rank: Int32Array;
  /** First child of each vertex in the elimination tree, and the next child of the same parent. */
  readonly firstChild: Int32Array;
  readonly sibling: Int32Array;
  /** Vertices that each vertex still leads to when it is eliminated: their place in `later`, and their number. */
  readonly start: Int32Array;
  readonly length: Int32Array;
  readonly later: GrowableInts;
  readonly mark: Int32Array;
  readonly next: Int32Array;
  /** A set of positions, with a bit for every word that is not empty; empty between rows. */
  readonly bits: Int32Array;
  readonly full: Int32Array;
}

export const symbolicSpace = (largest: number): SymbolicSpace => ({
  rank: new Int32Array(largest),
  firstChild: new Int32Array(largest),
  sibling: new Int32Array(largest),
  start: new Int32Array(largest),
  length: new Int32Array(largest),
  later: new GrowableInts(),
  mark: new Int32Array(largest),
  next: new Int32Array(largest + 1),
  bits: new Int32Array((largest + 31) >> 5),
  full: new Int32Array((largest + 1023) >> 10),
});

/**
 * Appends the rows of a component whose first position is `first`. Cost of symmetric patterns: O(entries); of others:
 * O(multiply-adds).
 */
export function appendRows(
  pattern: LocalPattern,
  order: Int32Array,
  first: number,
  rows: FactorRows,
  space: SymbolicSpace,
  check: CheckEntries,
): void {
  for (let p = 0; p < order.length; p++) space.rank[order[p]] = p;
  if (!pattern.symmetric) {
    generalRows(pattern, order, first, rows, space, check);
    return;
  }
  laterNeighbours(pattern, order, space, (entries) => check(rows.lower.length + rows.upper.length + 2 * entries));
  symmetricRows(order, first, rows, space);
}

/**
 * Of a symmetric pattern: a vertex leads to its later neighbours and to what its children in the elimination tree lead to,
 * where its parent is the first of them.
 */
function laterNeighbours(pattern: LocalPattern, order: Int32Array, space: SymbolicSpace, check: CheckEntries): void {
  const { size, outStart, out } = pattern;
  const { rank, firstChild, sibling, start, length, mark, later } = space;
  firstChild.fill(-1, 0, size);
  mark.fill(-1, 0, size);
  later.length = 0;
  for (let p = 0; p < size; p++) {
    const v = order[p];
    later.reserve(size - p);
    const values = later.values;
    let end = later.length;
    let parent = -1;
    let least = size;
    start[v] = end;
    mark[v] = v;
    for (let e = outStart[v]; e < outStart[v + 1]; e++) {
      const w = out[e];
      if (rank[w] < p || mark[w] === v) continue;
      mark[w] = v;
      values[end++] = w;
      if (rank[w] < least) least = rank[(parent = w)];
    }
    for (let child = firstChild[v]; child >= 0; child = sibling[child])
      for (let i = start[child], last = i + length[child]; i < last; i++) {
        const w = values[i];
        if (mark[w] === v) continue;
        mark[w] = v;
        values[end++] = w;
        if (rank[w] < least) least = rank[(parent = w)];
      }
    later.length = end;
    length[v] = end - start[v];
    check(end);
    if (parent < 0) continue;
    sibling[v] = firstChild[parent];
    firstChild[parent] = v;
  }
}

/** Sorts the rows by turning them round twice; once they are turned they are the lower part. */
function symmetricRows(order: Int32Array, first: number, rows: FactorRows, space: SymbolicSpace): void {
  const size = order.length;
  const { rank, start, length, later, next } = space;
  const { lowerStart, upperStart } = rows;
  const entries = later.length;
  const values = later.values;
  const lowerAt = rows.lower.length;
  const upperAt = rows.upper.length;
  rows.lower.reserve(entries);
  rows.upper.reserve(entries);
  const lower = rows.lower.values;
  const upper = rows.upper.values;
  next.fill(0, 0, size + 1);
  for (let i = 0; i < entries; i++) next[rank[values[i]] + 1]++;
  for (let p = 0; p < size; p++) {
    next[p + 1] += next[p];
    lowerStart[first + p + 1] = lowerAt + next[p + 1];
    upperStart[first + p + 1] = upperStart[first + p] + length[order[p]];
  }
  for (let p = 0; p < size; p++) {
    const v = order[p];
    for (let i = start[v], end = i + length[v]; i < end; i++) lower[lowerAt + next[rank[values[i]]]++] = first + p;
  }
  for (let p = 0; p < size; p++) next[p] = upperStart[first + p];
  for (let q = 0; q < size; q++)
    for (let i = lowerStart[first + q]; i < lowerStart[first + q + 1]; i++) upper[next[lower[i] - first]++] = first + q;
  rows.lower.length = lowerAt + entries;
  rows.upper.length = upperAt + entries;
}

/** Of any pattern, row by row: a row is its edges and the later parts of the rows that it is finished against. */
function generalRows(
  pattern: LocalPattern,
  order: Int32Array,
  first: number,
  rows: FactorRows,
  space: SymbolicSpace,
  check: CheckEntries,
): void {
  const { size, outStart, out } = pattern;
  const { rank, bits, full } = space;
  const { lowerStart, upperStart, lower, upper } = rows;
  const blocks = (size + 1023) >> 10;
  for (let p = 0; p < size; p++) {
    const v = order[p];
    for (let e = outStart[v]; e < outStart[v + 1]; e++) addBit(bits, full, rank[out[e]]);
    lower.reserve(size);
    upper.reserve(size);
    const behind = lower.values;
    const ahead = upper.values;
    let lowerEnd = lower.length;
    let upperEnd = upper.length;
    for (let block = 0; block < blocks; block++)
      while (full[block] !== 0) {
        const word = 32 * block + 31 - Math.clz32(full[block] & -full[block]);
        while (bits[word] !== 0) {
          const q = 32 * word + 31 - Math.clz32(bits[word] & -bits[word]);
          bits[word] &= bits[word] - 1;
          if (q > p) ahead[upperEnd++] = first + q;
          else if (q < p) {
            behind[lowerEnd++] = first + q;
            for (let i = upperStart[first + q]; i < upperStart[first + q + 1]; i++)
              addBit(bits, full, ahead[i] - first);
          }
        }
        full[block] &= ~(1 << (word & 31));
      }
    lower.length = lowerEnd;
    upper.length = upperEnd;
    lowerStart[first + p + 1] = lowerEnd;
    upperStart[first + p + 1] = upperEnd;
    check(lowerEnd + upperEnd);
  }
}

function addBit(bits: Int32Array, full: Int32Array, q: number): void {
  bits[q >> 5] |= 1 << (q & 31);
  full[q >> 10] |= 1 << ((q >> 5) & 31);
}
