/**
 * Minimum fill with bit sets, for components of up to some hundred vertices, where sets are a few words each. The order
 * is that of `minimum-fill.ts`, which says what is counted.
 */
import type { LocalPattern } from "./local-pattern.js";

/** Components up to this size are ordered here. */
export const BITS_MAX = 256;
const WORDS_MAX = BITS_MAX / 32;

export interface BitSpace {
  readonly out: Int32Array;
  readonly into: Int32Array;
  readonly outDegree: Int32Array;
  readonly intoDegree: Int32Array;
  readonly fill: Int32Array;
  readonly left: Int32Array;
}

export const bitSpace = (): BitSpace => ({
  out: new Int32Array(BITS_MAX * WORDS_MAX),
  into: new Int32Array(BITS_MAX * WORDS_MAX),
  outDegree: new Int32Array(BITS_MAX),
  intoDegree: new Int32Array(BITS_MAX),
  fill: new Int32Array(BITS_MAX),
  left: new Int32Array(BITS_MAX),
});

/** Writes the order of a component of at most `BITS_MAX` vertices. Cost: O(size² + fill · size / 32). */
export function minimumFillBits(pattern: LocalPattern, space: BitSpace, order: Int32Array): void {
  const { size, symmetric } = pattern;
  const words = (size + 31) >> 5;
  const out = sets(pattern.outStart, pattern.out, size, words, space.out, space.outDegree);
  const into = symmetric ? out : sets(pattern.intoStart, pattern.into, size, words, space.into, space.intoDegree);
  const outDegree = space.outDegree;
  const intoDegree = symmetric ? outDegree : space.intoDegree;
  const { fill, left } = space;
  countFill(pattern, words, out, fill);
  for (let v = 0; v < size; v++) left[v] = v;

  for (let step = 0; step < size; step++) {
    const remaining = size - step;
    let at = 0;
    for (let i = 1; i < remaining; i++) {
      const v = left[i];
      const w = left[at];
      const less = fill[v] - fill[w] || outDegree[v] * intoDegree[v] - outDegree[w] * intoDegree[w] || v - w;
      if (less < 0) at = i;
    }
    const v = left[at];
    order[step] = v;
    left[at] = left[remaining - 1];
    if (fill[v] === 0 && outDegree[v] === remaining - 1 && intoDegree[v] === remaining - 1) {
      // everything leads to everything that is left
      left.subarray(0, remaining - 1).sort();
      for (let i = 0; i < remaining - 1; i++) order[step + 1 + i] = left[i];
      return;
    }
    const grows = fill[v] > 0;
    removeFrom(v, words, into, out, outDegree, fill);
    if (!symmetric) removeFrom(v, words, out, into, intoDegree, fill);
    if (grows) join(v, words, symmetric, out, into, outDegree, intoDegree, fill);
  }
}

function sets(
  start: Int32Array,
  values: Int32Array,
  size: number,
  words: number,
  bits: Int32Array,
  degree: Int32Array,
): Int32Array {
  bits.fill(0, 0, size * words);
  for (let v = 0; v < size; v++) {
    degree[v] = start[v + 1] - start[v];
    for (let e = start[v]; e < start[v + 1]; e++) bits[v * words + (values[e] >> 5)] |= 1 << (values[e] & 31);
  }
  return bits;
}

/** How many edges each vertex would make; of symmetric patterns, how many pairs of edges. */
function countFill(pattern: LocalPattern, words: number, out: Int32Array, fill: Int32Array): void {
  const { size, into, intoStart, symmetric } = pattern;
  for (let v = 0; v < size; v++) {
    let count = 0;
    for (let e = intoStart[v]; e < intoStart[v + 1]; e++) {
      const u = into[e];
      for (let k = 0; k < words; k++) count += bitCount(out[v * words + k] & ~out[u * words + k]);
      if ((out[v * words + (u >> 5)] >>> (u & 31)) & 1) count--; // u itself
    }
    fill[v] = symmetric ? count / 2 : count;
  }
}

/**
 * Takes v out of the sets of those that `near` says lead to it, or of those that it leads to: what they would have joined to it
 * no longer counts.
 */
function removeFrom(
  v: number,
  words: number,
  near: Int32Array,
  far: Int32Array,
  farDegree: Int32Array,
  fill: Int32Array,
): void {
  const word = v >> 5;
  const bit = 1 << (v & 31);
  const ofV = v * words;
  for (let k = 0; k < words; k++)
    for (let set = near[ofV + k]; set !== 0; set &= set - 1) {
      const u = 32 * k + 31 - Math.clz32(set & -set);
      const ofU = u * words;
      let count = 0;
      for (let q = 0; q < words; q++) count += bitCount(near[ofU + q] & ~near[ofV + q]);
      if (near[ofU + word] & bit) count--; // v itself
      fill[u] -= count;
      far[ofU + word] &= ~bit;
      farDegree[u]--;
    }
}

/** Joins the predecessors of v to its successors; of symmetric patterns, every pair both ways at once. */
function join(
  v: number,
  words: number,
  symmetric: boolean,
  out: Int32Array,
  into: Int32Array,
  outDegree: Int32Array,
  intoDegree: Int32Array,
  fill: Int32Array,
): void {
  const ofV = v * words;
  for (let k = 0; k < words; k++)
    for (let set = into[ofV + k]; set !== 0; set &= set - 1) {
      const u = 32 * k + 31 - Math.clz32(set & -set);
      const ofU = u * words;
      for (let q = 0; q < words; q++) {
        let fresh = out[ofV + q] & ~out[ofU + q];
        if (q === u >> 5) fresh &= ~(1 << (u & 31));
        for (; fresh !== 0; fresh &= fresh - 1) {
          const w = 32 * q + 31 - Math.clz32(fresh & -fresh);
          addEdge(u, w, words, out, into, fill);
          if (symmetric) {
            out[w * words + (u >> 5)] |= 1 << (u & 31);
            outDegree[w]++;
          } else {
            into[w * words + (u >> 5)] |= 1 << (u & 31);
            intoDegree[w]++;
          }
          out[ofU + q] |= 1 << (w & 31);
          outDegree[u]++;
        }
      }
    }
}

/** What an edge u → w changes in the counts, before it is there. */
function addEdge(u: number, w: number, words: number, out: Int32Array, into: Int32Array, fill: Int32Array): void {
  const ofU = u * words;
  const ofW = w * words;
  let ofSource = 0;
  let ofTarget = 0;
  for (let k = 0; k < words; k++) {
    const outU = out[ofU + k];
    const intoW = into[ofW + k];
    // who stands between u and w need not join them any more
    for (let set = outU & intoW; set !== 0; set &= set - 1) fill[32 * k + 31 - Math.clz32(set & -set)]--;
    ofSource += bitCount(into[ofU + k] & ~intoW);
    ofTarget += bitCount(out[ofW + k] & ~outU);
  }
  const back = (out[ofW + (u >> 5)] >>> (u & 31)) & 1; // w → u: u and w are no pair with themselves
  fill[u] += ofSource - back;
  fill[w] += ofTarget - back;
}

function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
