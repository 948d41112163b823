/** Strongly connected components of the transient vertices, sink-first: Tarjan's algorithm without recursion. */
import type { Pattern } from "./trace.js";

export interface Components {
  /** Vertices grouped by component, sinks first. */
  readonly members: Int32Array;
  /** First index in `members` of each component; length count + 1. */
  readonly start: Int32Array;
  /** Component of each vertex, −1 when it absorbs. */
  readonly of: Int32Array;
}

/** Cost: O(V + E) time, O(V) memory. */
export function components(pattern: Pattern): Components {
  const { vertexCount: V, rowStart, targets } = pattern;
  const of = new Int32Array(V).fill(-1);
  const index = new Int32Array(V).fill(-1);
  const low = new Int32Array(V);
  const nextEdge = new Int32Array(V);
  const open: number[] = [];
  const path: number[] = [];
  const onStack = new Uint8Array(V);
  const members: number[] = [];
  const start: number[] = [0];
  const absorbs = (v: number): boolean => rowStart[v] === rowStart[v + 1];
  let counter = 0;

  for (let root = 0; root < V; root++) {
    if (index[root] >= 0 || absorbs(root)) continue;
    path.push(root);
    while (path.length > 0) {
      const v = path[path.length - 1];
      if (index[v] < 0) {
        index[v] = low[v] = counter++;
        nextEdge[v] = rowStart[v];
        open.push(v);
        onStack[v] = 1;
      }
      let descended = false;
      while (nextEdge[v] < rowStart[v + 1]) {
        const w = targets[nextEdge[v]];
        if (!absorbs(w) && index[w] < 0) {
          path.push(w);
          descended = true;
          break;
        }
        if (onStack[w]) low[v] = Math.min(low[v], index[w], low[w]);
        nextEdge[v]++;
      }
      if (descended) continue;
      path.pop();
      if (low[v] === index[v]) {
        for (let w = -1; w !== v; ) {
          w = open.pop()!;
          onStack[w] = 0;
          of[w] = start.length - 1;
          members.push(w);
        }
        start.push(members.length);
      }
    }
  }
  return { members: Int32Array.from(members), start: Int32Array.from(start), of };
}
