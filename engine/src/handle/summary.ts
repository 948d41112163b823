/** What a handle shows of itself. */
import { summaryTable } from "../display/drawing.js";
import type { MimeBundle } from "../display/mime.js";
import { edgeCount, type Graph } from "../graph/graph.js";
import type { BuildReport, StageReport } from "./report.js";

export function displayOf(
  graph: Graph,
  caches: BuildReport,
  parameters: readonly string[],
): { readonly text: string; readonly bundle: MimeBundle } {
  const rows: [string, string][] = [
    ["model", graph.name],
    ...(graph.kind === "discrete" ? [["kind", "discrete: time counts steps"] as [string, string]] : []),
    ["vertices", graph.vertexCount.toLocaleString("en")],
    ["edges", edgeCount(graph).toLocaleString("en")],
    ["parameters", parameters.join(", ") || "none"],
    ["rewards", graph.rewardNames.join(", ") || "none"],
    ["graph", stageText(caches.graph)],
    ["trace", stageText(caches.trace)],
  ];
  const text = `PhaseType ${graph.name}: ${graph.vertexCount} vertices, ${edgeCount(graph)} edges; graph ${stageText(caches.graph)}, trace ${stageText(caches.trace)}`;
  return { text, bundle: { "text/plain": text, "text/html": summaryTable(rows) } };
}

function stageText(stage: StageReport): string {
  const time = `${stage.milliseconds.toFixed(stage.milliseconds < 10 ? 1 : 0)} ms`;
  return stage.reason && stage.outcome !== "miss"
    ? `${stage.outcome} (${stage.reason}), ${time}`
    : `${stage.outcome}, ${time}`;
}
