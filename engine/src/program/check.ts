/** What every program satisfies: a step reads registers that are written before it, and names what the graph has. */
import { operandsOf, resultOf } from "./operands.js";
import type { Program } from "./program.js";

/** The first fault as a phrase, or undefined. Cost: linear in the steps. */
export function checkProgram(
  program: Program,
  rewardNames: readonly string[],
  vertexCount: number,
): string | undefined {
  const { steps, valueCount } = program;
  const count = { vector: program.vectorCount, system: program.systemCount, scalar: program.scalarCount };
  const written = { vector: new Set<number>(), system: new Set<number>(), scalar: new Set<number>() };
  const values = valueCount === "vertices" ? vertexCount : valueCount;
  const fault = (i: number, what: string): string => `step ${i} (${steps[i]?.op}) ${what}`;
  for (const [i, step] of steps.entries()) {
    for (const { bank, register } of operandsOf(step))
      if (!written[bank].has(register))
        return fault(i, `reads the ${bank} ${register}, which is not written before it`);
    const result = resultOf(step);
    if (result) {
      if (!Number.isInteger(result.register) || result.register < 0 || result.register >= count[result.bank])
        return fault(i, `writes the ${result.bank} ${result.register}, which does not exist`);
      if (written[result.bank].has(result.register))
        return fault(i, `writes the ${result.bank} ${result.register} again`);
      written[result.bank].add(result.register);
    }
    if ("reward" in step && !rewardNames.includes(step.reward)) return fault(i, `names the reward ${step.reward}`);
    if ("scale" in step && !Number.isFinite(step.scale)) return fault(i, "has a scale that is not finite");
    if ("value" in step && step.op !== "number" && !(step.value >= 0 && step.value < values))
      return fault(i, `writes the output ${step.value} of ${values}`);
    if ("vertices" in step && step.vertices?.some((v) => !(v >= 0 && v < vertexCount)))
      return fault(i, "names a vertex that does not exist");
  }
  return undefined;
}
