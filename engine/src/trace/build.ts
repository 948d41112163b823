/** From a pattern to its elimination trace: components, order inside each, fill, levels. */
import { type Components, components } from "./components.js";
import { minimumDegree } from "./minimum-degree.js";
import type { EliminationTrace, Pattern } from "./trace.js";

/**
 * Cost: O(V + E) for acyclic patterns; otherwise the symbolic elimination of each component. Throws `InterruptedError`,
 * and `InputError` when the fill needs more than `maxBytes`.
 */
export function buildTrace(pattern: Pattern, interrupted: () => boolean, maxBytes = Infinity): EliminationTrace {
  const { vertexCount: V, rowStart, targets } = pattern;
  const parts = components(pattern);
  const transient = parts.members.length;
  const order = new Int32Array(transient);
  const rank = new Int32Array(V).fill(-1);
  const lowerRows: number[][] = Array.from({ length: transient }, () => []);
  const upperRows: number[][] = Array.from({ length: transient }, () => []);

  for (let c = 0; c + 1 < parts.start.length; c++) {
    const first = parts.start[c];
    const members = parts.members.subarray(first, parts.start[c + 1]).sort();
    if (members.length === 1) {
      order[first] = members[0];
      rank[members[0]] = first;
      continue;
    }
    const local = new Map<number, number>();
    members.forEach((v, i) => {
      local.set(v, i);
    });
    const out = Array.from(members, (v) => {
      const successors = new Set<number>();
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const w = local.get(targets[e]);
        if (w !== undefined && targets[e] !== v) successors.add(w);
      }
      return successors;
    });
    const elimination = minimumDegree(out, interrupted, maxBytes);
    elimination.order.forEach((i, step) => {
      order[first + step] = members[i];
      rank[members[i]] = first + step;
    });
    elimination.order.forEach((_, step) => {
      const p = first + step;
      for (const w of elimination.successors[step]) upperRows[p].push(rank[members[w]]);
      for (const u of elimination.predecessors[step]) lowerRows[rank[members[u]]].push(p);
    });
  }
  const [lowerStart, lower] = pack(lowerRows);
  const [upperStart, upper] = pack(upperRows);
  return {
    vertexCount: V,
    order,
    rank,
    componentStart: parts.start,
    componentLevel: levels(pattern, parts),
    lowerStart,
    lower,
    upperStart,
    upper,
  };
}

/** A component's level is one more than the highest level it leads to. */
function levels(pattern: Pattern, parts: Components): Int32Array {
  const count = parts.start.length - 1;
  const level = new Int32Array(count);
  for (let c = 0; c < count; c++)
    for (let i = parts.start[c]; i < parts.start[c + 1]; i++) {
      const v = parts.members[i];
      for (let e = pattern.rowStart[v]; e < pattern.rowStart[v + 1]; e++) {
        const d = parts.of[pattern.targets[e]];
        if (d >= 0 && d !== c) level[c] = Math.max(level[c], level[d] + 1);
      }
    }
  return level;
}

function pack(rows: number[][]): [Int32Array, Int32Array] {
  const start = new Int32Array(rows.length + 1);
  rows.forEach((row, p) => {
    start[p + 1] = start[p] + row.length;
  });
  const values = new Int32Array(start[rows.length]);
  rows.forEach((row, p) => {
    values.set(
      row.sort((a, b) => a - b),
      start[p],
    );
  });
  return [start, values];
}
