/** A program as text, for people and for golden files. */
import type { Program } from "./program.js";

export function printProgram(program: Program): string {
  const outputs = program.outputCount === "times" ? "one output per time" : `${program.outputCount} outputs`;
  const lines = [`program ${program.quantity}: ${program.vectorCount} vectors, ${outputs}`];
  program.steps.forEach((step, i) => {
    const { op, ...operands } = step;
    const text = Object.entries(operands).map(([name, value]) => `${name}=${value}`);
    lines.push(`${String(i).padStart(4)}: ${[op, ...text].join(" ")}`);
  });
  return `${lines.join("\n")}\n`;
}
