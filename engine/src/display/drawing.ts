/** A drawing of a graph of modest size, and small tables. */
import { Graph as Layout, layout } from "@dagrejs/dagre";
import { curveBasis, line } from "d3-shape";
import { edgeCount, edgeText, type Graph, isAbsorbing, stateText } from "../graph/graph.js";
import { DISPLAY, escapeText, type MimeBundle } from "./mime.js";

/** More vertices than this are not drawn: nobody could read them. */
export const DRAWN_VERTICES_MAX = 60;

export function graphDrawing(graph: Graph): { [DISPLAY](): MimeBundle } {
  return { [DISPLAY]: () => drawingBundle(graph) };
}

function drawingBundle(graph: Graph): MimeBundle {
  const size = `${graph.name}: ${graph.vertexCount} vertices, ${edgeCount(graph)} edges`;
  if (graph.vertexCount > DRAWN_VERTICES_MAX)
    return {
      "text/plain": `${size}. More than ${DRAWN_VERTICES_MAX} vertices are not drawn; build with smaller inputs to see the structure.`,
    };
  return { "image/svg+xml": svg(graph), "text/plain": `Drawing of ${size}` };
}

function svg(graph: Graph): string {
  const sheet = new Layout({ directed: true });
  sheet.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 44, edgesep: 12, marginx: 8, marginy: 8 });
  for (let v = 0; v < graph.vertexCount; v++) {
    const label = stateText(graph, v);
    sheet.setNode(String(v), { label, width: 16 + 7.2 * label.length, height: 28 });
  }
  for (let v = 0; v < graph.vertexCount; v++)
    for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
      const label = edgeText(graph, e);
      sheet.setEdge(String(v), String(graph.targets[e]), {
        label,
        width: 6.4 * label.length,
        height: 14,
        labelpos: "c",
      });
    }
  layout(sheet);
  const { width = 0, height = 0 } = sheet.graph() as { width?: number; height?: number };
  const curve = line<{ x: number; y: number }>(
    (p) => p.x,
    (p) => p.y,
  ).curve(curveBasis);
  const initial = new Set(graph.initialVertices);
  const title = escapeText(`${graph.name}: ${graph.vertexCount} vertices`);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" width="${width.toFixed(0)}" height="${height.toFixed(0)}" style="max-width:100%;height:auto" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12">`,
    `<defs><marker id="sojourn-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
  ];
  for (const edge of sheet.edges()) {
    const { points, label, x, y } = sheet.edge(edge) as {
      points: { x: number; y: number }[];
      label: string;
      x: number;
      y: number;
    };
    parts.push(`<path d="${curve(points) ?? ""}" fill="none" stroke="#666" marker-end="url(#sojourn-arrow)"/>`);
    parts.push(
      `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" dy="4" text-anchor="middle" font-size="11" fill="#333" stroke="#fff" stroke-width="3" paint-order="stroke">${escapeText(label)}</text>`,
    );
  }
  for (const name of sheet.nodes()) {
    const node = sheet.node(name) as { x: number; y: number; width: number; height: number; label: string };
    const v = Number(name);
    const fill = isAbsorbing(graph, v) ? "#eee" : initial.has(v) ? "#dcedf8" : "#fff";
    parts.push(
      `<rect x="${(node.x - node.width / 2).toFixed(1)}" y="${(node.y - node.height / 2).toFixed(1)}" width="${node.width.toFixed(1)}" height="${node.height}" rx="6" fill="${fill}" stroke="#0072b2" stroke-width="${isAbsorbing(graph, v) ? 2.5 : 1.2}"/>`,
      `<text x="${node.x.toFixed(1)}" y="${node.y.toFixed(1)}" dy="4" text-anchor="middle" fill="#111">${escapeText(node.label)}</text>`,
    );
  }
  parts.push("</svg>");
  return parts.join("");
}

/** A small two-column table. */
export function summaryTable(rows: readonly (readonly [string, string])[]): string {
  const body = rows.map(
    ([name, value]) =>
      `<tr><th style="text-align:left">${escapeText(name)}</th><td style="text-align:left">${escapeText(value)}</td></tr>`,
  );
  return `<table>${body.join("")}</table>`;
}

/** A table with a head, and a sentence before it. */
export function gridTable(sentence: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell) => `<${tag} style="text-align:left">${escapeText(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line(row, "td")).join("");
  return `<p>${escapeText(sentence)}</p>${rows.length > 0 ? `<table><thead>${line(head, "th")}</thead><tbody>${body}</tbody></table>` : ""}`;
}
