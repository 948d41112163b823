/** A trace as text: one line per eliminated vertex, for people and for golden files. */
import { countOperations, type EliminationTrace, type Pattern } from "./trace.js";

export function printTrace(trace: EliminationTrace, pattern: Pattern): string {
  const { order, componentStart, componentLevel, lower, lowerStart, upper, upperStart } = trace;
  const counts = countOperations(trace, pattern);
  const count = componentStart.length - 1;
  const lines = [
    `trace: ${order.length} transient vertices, ${count} components, fill ${counts.fill}`,
    `multiply-adds: ${counts.factor} to factorise, ${counts.solve} per solve`,
  ];
  for (let c = 0; c < count; c++) {
    lines.push(`component ${c}, level ${componentLevel[c]}`);
    for (let p = componentStart[c]; p < componentStart[c + 1]; p++) {
      const row = (start: Int32Array, values: Int32Array) => values.subarray(start[p], start[p + 1]).join(" ") || "–";
      lines.push(
        `${String(p).padStart(4)}: vertex ${order[p]}, against ${row(lowerStart, lower)}, then ${row(upperStart, upper)}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
