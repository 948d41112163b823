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
  /** Place in the order of first visits, from 1 on; 0 before the visit. */
  const index = new Int32Array(V);
  /** The smallest place that is known to be reached from here; `CLOSED` once the component is complete. */
  const low = new Int32Array(V);
  const nextEdge = new Int32Array(V);
  const path = new Int32Array(V);
  const members = new Int32Array(V);
  const start = new Int32Array(V + 1);
  // Vertices that are visited and in no component yet fill `members` from its end; complete components from its start.
  // Together they are at most V, so neither runs into the other.
  let open = V;
  let closed = 0;
  let count = 0;
  let counter = 0;

  for (let root = 0; root < V; root++) {
    if (index[root] > 0 || rowStart[root] === rowStart[root + 1]) continue;
    let depth = 0;
    path[depth++] = root;
    while (depth > 0) {
      const v = path[depth - 1];
      if (index[v] === 0) {
        index[v] = low[v] = ++counter;
        nextEdge[v] = rowStart[v];
        members[--open] = v;
      }
      const end = rowStart[v + 1];
      let e = nextEdge[v];
      let least = low[v];
      let deeper = -1;
      for (; e < end; e++) {
        const w = targets[e];
        if (index[w] === 0) {
          if (rowStart[w] === rowStart[w + 1]) continue; // absorbs
          deeper = w;
          break;
        }
        if (low[w] < least) least = low[w];
      }
      nextEdge[v] = e;
      low[v] = least;
      if (deeper >= 0) {
        path[depth++] = deeper;
        continue;
      }
      depth--;
      if (least < index[v]) continue;
      for (let w = -1; w !== v; ) {
        w = members[open++];
        low[w] = CLOSED;
        of[w] = count;
        members[closed++] = w;
      }
      start[++count] = closed;
    }
  }
  return { members: members.slice(0, closed), start: start.slice(0, count + 1), of };
}

/** Larger than every place: a component that is complete does not count. */
const CLOSED = 2 ** 31 - 1;
