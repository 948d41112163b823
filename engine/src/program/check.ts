/** What every program satisfies: steps name vectors, outputs and rewards that exist, and `factor` comes first. */
import type { Program } from "./program.js";

/** The first fault as a phrase, or undefined. */
export function checkProgram(program: Program, rewardNames: readonly string[]): string | undefined {
  const { steps, vectorCount, outputCount } = program;
  if (steps[0]?.op !== "factor") return "the first step is not factor";
  const vector = (v: number): boolean => Number.isInteger(v) && v >= 0 && v < vectorCount;
  const output = (o: number): boolean => outputCount !== "times" && Number.isInteger(o) && o >= 0 && o < outputCount;
  for (const [i, step] of steps.entries()) {
    const sound = (): boolean => {
      switch (step.op) {
        case "factor":
          return i === 0;
        case "ones":
          return vector(step.to);
        case "reward":
          return vector(step.to) && rewardNames.includes(step.reward);
        case "multiply":
          return vector(step.to) && vector(step.left) && vector(step.right) && Number.isFinite(step.scale);
        case "solve":
          return vector(step.vector);
        case "gamma":
          return (
            vector(step.to) &&
            vector(step.left) &&
            vector(step.right) &&
            step.to !== step.left &&
            step.to !== step.right
          );
        case "initialProduct":
          return vector(step.vector) && output(step.output);
        case "initialCovariance":
          return vector(step.left) && vector(step.right) && output(step.output);
        case "uniformize":
          return outputCount === "times" && step.output === 0;
        default:
          return step satisfies never;
      }
    };
    if (!sound()) return `step ${i} (${step.op}) does not fit the program`;
  }
  return undefined;
}
