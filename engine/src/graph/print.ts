/** A graph as text: one line per vertex with its edges, for people and for golden files. */
import { printWeight } from "../expression/weight.js";
import { edgeCount, type Graph, isAbsorbing, stateText } from "./graph.js";

export function printGraph(graph: Graph): string {
  const dimension = graph.parameterNames.length;
  const lines = [
    `graph ${graph.name} (${graph.kind}): ${graph.vertexCount} vertices, ${edgeCount(graph)} edges`,
    `parameters: ${graph.parameterNames.join(", ") || "none"}`,
    `initial: ${Array.from(graph.initialVertices, (v, i) => `${v} with ${graph.initialProbabilities[i]}`).join(", ")}`,
  ];
  for (let v = 0; v < graph.vertexCount; v++) {
    const edges: string[] = [];
    for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
      const coefficients = graph.coefficients.subarray(e * dimension, (e + 1) * dimension);
      edges.push(`${graph.targets[e]} [${printWeight(graph.bases[e], coefficients, graph.parameterNames)}]`);
    }
    lines.push(
      `${String(v).padStart(4)} ${stateText(graph, v)} ${isAbsorbing(graph, v) ? "absorbs" : `→ ${edges.join(", ")}`}`,
    );
  }
  graph.rewardNames.forEach((name, r) => {
    const values = graph.rewards.subarray(r * graph.vertexCount, (r + 1) * graph.vertexCount);
    lines.push(`reward ${name}: ${values.join(" ")}`);
  });
  return `${lines.join("\n")}\n`;
}
