/** The same model, stopped at a set of vertices: they absorb. Vertices keep their ids. */
import { edgeCount, type Graph } from "./graph.js";

/** Cost: O(V + E). */
export function stopAt(graph: Graph, vertices: readonly number[]): Graph {
  const { vertexCount: V, parameterNames, rowStart, formulas } = graph;
  const d = parameterNames.length;
  const stops = new Set(vertices);
  const kept: number[] = [];
  const nextStart = new Int32Array(V + 1);
  for (let v = 0; v < V; v++) {
    if (!stops.has(v)) for (let e = rowStart[v]; e < rowStart[v + 1]; e++) kept.push(e);
    nextStart[v + 1] = kept.length;
  }
  if (kept.length === edgeCount(graph)) return graph;
  const coefficients = new Float64Array(kept.length * d);
  kept.forEach((e, i) => {
    coefficients.set(graph.coefficients.subarray(e * d, (e + 1) * d), i * d);
  });
  const rewards = graph.rewards.slice();
  const rewardFormulas = graph.rewardFormulas.slice();
  for (let r = 0; r < graph.rewardNames.length; r++)
    for (const v of stops) {
      rewards[r * V + v] = 0;
      if (rewardFormulas.length > 0) rewardFormulas[r * V + v] = -1;
    }
  return {
    ...graph,
    rowStart: nextStart,
    targets: Int32Array.from(kept, (e) => graph.targets[e]),
    bases: Float64Array.from(kept, (e) => graph.bases[e]),
    coefficients,
    formulas: formulas.length > 0 ? Int32Array.from(kept, (e) => formulas[e]) : formulas,
    rewards,
    rewardFormulas,
  };
}
