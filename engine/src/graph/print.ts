/** A graph as text: one line per vertex with its edges, for people and for golden files. */
import { nodeText } from "../expression/write.js";
import { edgeCount, edgeText, type Graph, isAbsorbing, stateText } from "./graph.js";

export function printGraph(graph: Graph): string {
  const varying = (value: number, nodes: Int32Array, i: number): string =>
    nodes.length > 0 && nodes[i] >= 0
      ? `${value === 0 ? "" : `${value} + `}${nodeText(graph.expressions, nodes[i], graph.parameterNames)}`
      : String(value);
  const lines = [
    `graph ${graph.name} (${graph.kind}): ${graph.vertexCount} vertices, ${edgeCount(graph)} edges`,
    `parameters: ${graph.parameterNames.join(", ") || "none"}`,
    `initial: ${Array.from(graph.initialVertices, (v, i) => `${v} with ${varying(graph.initialProbabilities[i], graph.initialFormulas, i)}`).join(", ")}`,
  ];
  for (let v = 0; v < graph.vertexCount; v++) {
    const edges: string[] = [];
    for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
      edges.push(`${graph.targets[e]} [${edgeText(graph, e)}]`);
    }
    lines.push(
      `${String(v).padStart(4)} ${stateText(graph, v)} ${isAbsorbing(graph, v) ? "absorbs" : `→ ${edges.join(", ")}`}`,
    );
  }
  graph.rewardNames.forEach((name, r) => {
    const first = r * graph.vertexCount;
    const values = Array.from({ length: graph.vertexCount }, (_, v) =>
      varying(graph.rewards[first + v], graph.rewardFormulas, first + v),
    );
    lines.push(`reward ${name}: ${values.join(" ")}`);
  });
  return `${lines.join("\n")}\n`;
}
