/** A program as text, for people and for golden files. */
import { resultOf } from "./operands.js";
import type { Centred, Program, Step } from "./program.js";

const PREFIX = { vector: "v", system: "w", scalar: "s" } as const;
const BANKS: Readonly<Record<string, keyof typeof PREFIX>> = { system: "system", scalar: "scalar" };

export function printProgram(program: Program): string {
  const values = program.valueCount === "vertices" ? "one value per vertex" : `${program.valueCount} values`;
  const lines = [
    `program ${program.quantity}, ${program.outputs}: ${values}, ${program.vectorCount} vectors, ${program.systemCount} systems, ${program.scalarCount} scalars`,
  ];
  program.steps.forEach((step, i) => {
    const result = resultOf(step);
    const target = result ? `${PREFIX[result.bank]}${result.register} ← ` : "";
    lines.push(`${String(i).padStart(4)}: ${target}${[step.op, ...fields(step)].join(" ")}`);
  });
  return `${lines.join("\n")}\n`;
}

function fields(step: Step): string[] {
  return Object.entries(step)
    .filter(([name]) => name !== "op" && name !== "to")
    .map(([name, value]) => {
      if (typeof value === "object" && "centre" in value)
        return `${name}=v${(value as Centred).vector}−v${(value as Centred).centre}`;
      if (typeof value === "object") return `${name}=${(value as readonly number[]).join(",")}`;
      const prefix = name === "left" || name === "right" || name === "vector" ? sideOf(step) : PREFIX[BANKS[name]];
      return `${name}=${typeof value === "number" ? (prefix ?? "") : ""}${value}`;
    });
}

function sideOf({ op }: Step): string {
  if (op === "combine") return PREFIX.scalar;
  return op === "sum" ? PREFIX.system : PREFIX.vector;
}
