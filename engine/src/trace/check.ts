/**
 * What every trace satisfies with respect to its pattern, whoever made it. A trace that passes cannot make a replay
 * read or write out of bounds or leave out an edge; checked after every load from a cache.
 */
import type { EliminationTrace, Pattern } from "./trace.js";

/** The first fault as a phrase, or undefined. Cost: O(V + E + fill · degree). */
export function checkTrace(trace: EliminationTrace, pattern: Pattern): string | undefined {
  const { order, rank, componentStart, componentLevel, lowerStart, lower, upperStart, upper } = trace;
  const { vertexCount: V, rowStart, targets } = pattern;
  if (trace.vertexCount !== V || rank.length !== V) return "it is the trace of another pattern";
  const n = order.length;
  let transient = 0;
  for (let v = 0; v < V; v++) {
    if (rowStart[v] === rowStart[v + 1]) {
      if (rank[v] !== -1) return `vertex ${v} absorbs and has a place in the order`;
      continue;
    }
    transient++;
    if (!(rank[v] >= 0 && rank[v] < n) || order[rank[v]] !== v) return `order and rank disagree at vertex ${v}`;
  }
  if (transient !== n) return "the order does not hold every transient vertex";
  const count = componentStart.length - 1;
  if (count < 0 || componentStart[0] !== 0 || componentStart[count] !== n || componentLevel.length !== count)
    return "the components do not cover the order";
  if (!rowsAreSound(lowerStart, lower, n) || !rowsAreSound(upperStart, upper, n))
    return "the rows are not sorted positions";

  const mark = new Int32Array(n).fill(-1);
  for (let c = 0; c < count; c++) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    if (end <= first) return `component ${c} is empty`;
    for (let p = first; p < end; p++) {
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
        if (lower[i] < first || lower[i] >= p) return `row ${p} has a lower entry outside its component`;
        mark[lower[i]] = p;
      }
      for (let i = upperStart[p]; i < upperStart[p + 1]; i++) {
        if (upper[i] <= p || upper[i] >= end) return `row ${p} has an upper entry outside its component`;
        mark[upper[i]] = p;
      }
      mark[p] = p;
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= end) return `row ${p} leads to a component that comes later`;
        if (q >= first && mark[q] !== p) return `row ${p} lacks the edge to position ${q}`;
      }
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++)
        for (let j = upperStart[lower[i]]; j < upperStart[lower[i] + 1]; j++)
          if (mark[upper[j]] !== p) return `row ${p} lacks the fill at position ${upper[j]}`;
    }
  }
  return undefined;
}

function rowsAreSound(start: Int32Array, values: Int32Array, n: number): boolean {
  if (start.length !== n + 1 || start[0] !== 0 || start[n] !== values.length) return false;
  for (let p = 0; p < n; p++) {
    if (start[p + 1] < start[p]) return false;
    for (let i = start[p] + 1; i < start[p + 1]; i++) if (values[i] <= values[i - 1]) return false;
  }
  return values.every((value) => value >= 0 && value < n);
}
