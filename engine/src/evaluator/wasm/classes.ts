/**
 * Edges by what their weight is: two edges with the same constant, coefficients and formula have the same weight at every
 * θ. A model has far fewer such classes than edges, so weights are computed once per class, stay in the nearest cache,
 * and what arrives at edges backwards is summed by class.
 */
import type { Graph } from "../../graph/graph.js";

export interface WeightClasses {
  readonly count: number;
  /** Class of each edge. */
  readonly ofEdge: Int32Array;
  readonly bases: Float64Array;
  /** class × parameter. */
  readonly coefficients: Float64Array;
  /** Node added to each weight, −1 for none; of length 0 when all weights are affine. */
  readonly formulas: Int32Array;
}

/** Cost: one look-up per edge. */
export function weightClasses(graph: Graph): WeightClasses {
  const { bases, coefficients, formulas, targets } = graph;
  const d = graph.parameterNames.length;
  const edges = targets.length;
  const ofEdge = new Int32Array(edges);
  const first: number[] = [];
  let slots = new Int32Array(256).fill(-1);

  // the bits of a double as two integers, so that hashing rounds nothing
  const baseBits = new Int32Array(bases.buffer, bases.byteOffset, 2 * edges);
  const coefficientBits = new Int32Array(coefficients.buffer, coefficients.byteOffset, 2 * edges * d);
  const node = (e: number): number => (formulas.length > 0 ? formulas[e] : -1);
  const hash = (e: number): number => {
    let h = Math.imul(baseBits[2 * e] ^ 0x9e3779b9, 0x85ebca6b) ^ baseBits[2 * e + 1];
    for (let k = 2 * e * d; k < 2 * (e + 1) * d; k++) {
      h = Math.imul(h ^ coefficientBits[k], 0x85ebca6b);
      h ^= h >>> 15;
    }
    h = Math.imul(h ^ node(e), 0xc2b2ae35);
    return h ^ (h >>> 16);
  };
  const same = (a: number, b: number): boolean => {
    if (bases[a] !== bases[b] || node(a) !== node(b)) return false;
    for (let k = 0; k < d; k++) if (coefficients[a * d + k] !== coefficients[b * d + k]) return false;
    return true;
  };
  const place = (e: number): number => {
    const mask = slots.length - 1;
    let slot = hash(e) & mask;
    while (slots[slot] >= 0 && !same(first[slots[slot]], e)) slot = (slot + 1) & mask;
    return slot;
  };
  for (let e = 0; e < edges; e++) {
    const slot = place(e);
    if (slots[slot] < 0) {
      slots[slot] = first.length;
      first.push(e);
    }
    ofEdge[e] = slots[slot];
    if (first.length * 2 > slots.length) {
      slots = new Int32Array(slots.length * 4).fill(-1);
      first.forEach((edge, c) => {
        slots[place(edge)] = c;
      });
    }
  }
  return {
    count: first.length,
    ofEdge,
    bases: Float64Array.from(first, (e) => bases[e]),
    coefficients: Float64Array.from(
      { length: first.length * d },
      (_, i) => coefficients[first[Math.floor(i / d)] * d + (i % d)],
    ),
    formulas: formulas.length > 0 ? Int32Array.from(first, (e) => formulas[e]) : new Int32Array(0),
  };
}
