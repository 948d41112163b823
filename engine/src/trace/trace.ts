/**
 * The elimination trace: what elimination does to a pattern, free of numbers, devices and meaning. Two models whose
 * graphs have the same pattern share one trace, and no constant can ever make it wrong.
 *
 * Positions are places in the elimination order: `order[position] = vertex`, `rank[vertex] = position`, −1 for
 * absorbing vertices. Components stand sink-first, so everything that leaves a component leads to smaller positions
 * or to absorption; elimination happens inside a component only.
 *
 * Row p of the factors has a lower part (positions eliminated before p that its row is finished against) and an
 * upper part (positions of its component after p). What leaves the component is not stored: it is the external
 * edges of the pattern, which enter as right-hand side, and the exit column, which carries their sum.
 *
 * A self-loop of the pattern, as discrete models have them, takes no part: pivots are sums of what leaves.
 */

export interface Pattern {
  readonly vertexCount: number;
  readonly rowStart: Int32Array;
  readonly targets: Int32Array;
}

export interface EliminationTrace {
  readonly vertexCount: number;
  /** Vertices in elimination order; its length is the number of transient vertices. */
  readonly order: Int32Array;
  /** Position of each vertex, −1 when it absorbs. */
  readonly rank: Int32Array;
  /** First position of each component, sink-first; length componentCount + 1. */
  readonly componentStart: Int32Array;
  /** Components of one level are independent of each other; level 0 needs none before it. */
  readonly componentLevel: Int32Array;
  /** Positions a row is finished against, ascending; lowerStart has length order.length + 1. */
  readonly lowerStart: Int32Array;
  readonly lower: Int32Array;
  /** Positions of the component that come later, ascending. */
  readonly upperStart: Int32Array;
  readonly upper: Int32Array;
}

export interface OperationCounts {
  /** Multiply-adds of one numeric factorisation. */
  readonly factor: number;
  /** Multiply-adds of one solve, external edges included. */
  readonly solve: number;
  /** Entries of the factors that are no edges of the pattern. */
  readonly fill: number;
}

/** Counts from the trace alone. Cost: O(fill + E). */
export function countOperations(trace: EliminationTrace, pattern: Pattern): OperationCounts {
  const { order, rank, lower, lowerStart, upper, upperStart, componentStart } = trace;
  let factor = 0;
  for (let p = 0; p < order.length; p++)
    for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
      const v = lower[i];
      // every upper entry of v but the one that would be a self-loop, and the exit column
      let updates = upperStart[v + 1] - upperStart[v] + 1;
      for (let j = upperStart[v]; j < upperStart[v + 1]; j++) if (upper[j] === p) updates--;
      factor += updates;
    }
  let external = 0;
  let internal = 0;
  for (let c = 0; c + 1 < componentStart.length; c++)
    for (let p = componentStart[c]; p < componentStart[c + 1]; p++) {
      const v = order[p];
      for (let e = pattern.rowStart[v]; e < pattern.rowStart[v + 1]; e++) {
        const q = rank[pattern.targets[e]];
        if (q < 0 || q === p) continue;
        if (q >= componentStart[c]) internal++;
        else external++;
      }
    }
  return { factor, solve: lower.length + upper.length + external, fill: lower.length + upper.length - internal };
}
