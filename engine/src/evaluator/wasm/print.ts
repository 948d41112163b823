/** A compiled program as text, for people and for golden files. */
import type { Compiled } from "./compiled.js";

export function printCompiled({
  format,
  code,
  kernels,
  tables,
  tilesStart,
  tileBytes,
  tile,
  classes,
}: Compiled): string {
  const numbers = format.precise ? "double-double" : "doubles";
  const lines = [
    `wasm, ${format.lanes} lanes of ${numbers}${format.fused ? ", fused" : ""}: ${code.before.length + code.after.length} bytes of code`,
    `  ${classes.count} classes of weights for ${classes.ofEdge.length} edges`,
    `  ${tables.length} tables up to ${tilesStart}, tiles of ${tileBytes} bytes: θ at ${tile.theta}, weights at ${tile.weights}`,
    ...kernels.map((kernel, i) => `${String(i).padStart(4)}: ${kernel}`),
    ...tile.reports.map(({ step, operands }) => `  then ${step.op} from ${operands.join(", ") || "nothing"}`),
  ];
  return `${lines.join("\n")}\n`;
}
