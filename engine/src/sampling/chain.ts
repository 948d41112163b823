/** What sampling asks of a chain before it draws from it. */
import { InputError } from "../base/errors.js";
import type { Chain } from "../graph/chain.js";
import { isAbsorbing } from "../graph/graph.js";

/** Ends of samples that no vertex absorbed: by a leak, or because they began in the defect. */
export const NO_VERTEX = -1;

/** How far sums of probabilities may be from 1. */
const SUM_TOLERANCE = 1e-9;

/** Throws `InputError` naming the first number that cannot be a rate or probability. Cost: one pass. */
export function checkChain(chain: Chain): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-chain", `Cannot sample: ${what}.`);
  };
  const { vertexCount, rowStart, targets, weights, leak, initialVertices, initialProbabilities, defect } = chain;
  const discrete = chain.kind === "discrete";
  if (rowStart.length !== vertexCount + 1 || leak.length !== vertexCount || rowStart[vertexCount] !== targets.length)
    refuse(`its rows do not fit ${vertexCount} vertices`);
  if (weights.length !== targets.length) refuse(`it has ${targets.length} edges and ${weights.length} weights`);
  for (let v = 0; v < vertexCount; v++) {
    let sum = leak[v];
    if (!(sum >= 0) || (sum > 0 && (!discrete || isAbsorbing(chain, v)))) refuse(`the leak of vertex ${v} is ${sum}`);
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
      if (!(weights[e] >= 0 && weights[e] < Number.POSITIVE_INFINITY))
        refuse(`the weight from vertex ${v} to vertex ${targets[e]} must be ≥ 0 and finite and is ${weights[e]}`);
      sum += weights[e];
    }
    if (sum === Number.POSITIVE_INFINITY) refuse(`the exit rate of vertex ${v} leaves the range of numbers`);
    if (discrete && !isAbsorbing(chain, v) && !(Math.abs(sum - 1) <= SUM_TOLERANCE))
      refuse(`the probabilities to leave vertex ${v} sum to ${sum} and must sum to 1, leak included`);
  }
  if (initialVertices.length !== initialProbabilities.length) refuse("its initial distribution is not one");
  let mass = defect;
  initialProbabilities.forEach((p, k) => {
    if (!(p >= 0)) refuse(`the initial probability of vertex ${initialVertices[k]} is ${p}`);
    mass += p;
  });
  if (!(defect >= 0) || !(Math.abs(mass - 1) <= SUM_TOLERANCE))
    refuse(`its initial probabilities and the defect sum to ${mass} and must sum to 1`);
}
