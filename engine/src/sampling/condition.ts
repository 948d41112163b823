/**
 * A chain conditioned on where it ends (Doob's h-transform). With h_i the probability to end in the wanted vertices from
 * i, a jump from i has weight w_ij h_j / h_i (discrete: T_ij h_j / h_i) and the start α_i h_i / α·h. In continuous time
 * sojourns keep their rate, because Σ_j w_ij h_j = λ_i h_i.
 */
import { InputError } from "../base/errors.js";
import type { Chain } from "../graph/chain.js";
import { isAbsorbing } from "../graph/graph.js";

/** How far h may be from what its neighbours say, relative to it. */
const HARMONIC_TOLERANCE = 1e-6;

/**
 * The chain given that its end lies where h = 1. `h` has one value per vertex: at absorbing vertices 1 for wanted ones and
 * 0 for the others, elsewhere the probability to end in a wanted one. Throws `InputError` when h is no such vector or the
 * wanted vertices are never reached. Cost: one pass.
 */
export function conditionChain(chain: Chain, h: Float64Array): Chain {
  const refuse = (what: string): never => {
    throw new InputError("bad-condition", `Cannot condition the chain on its end: ${what}.`);
  };
  const { vertexCount, rowStart, targets, initialVertices, initialProbabilities } = chain;
  if (h.length !== vertexCount) refuse(`it has ${vertexCount} vertices and h has ${h.length} values`);
  const weights = new Float64Array(chain.weights.length);
  for (let v = 0; v < vertexCount; v++) {
    if (!(h[v] >= 0 && h[v] <= 1 + HARMONIC_TOLERANCE)) refuse(`h of vertex ${v} must be a probability and is ${h[v]}`);
    if (isAbsorbing(chain, v)) {
      if (h[v] !== 0 && h[v] !== 1) refuse(`h of the absorbing vertex ${v} must be 0 or 1 and is ${h[v]}`);
      continue;
    }
    let rate = chain.leak[v];
    let wanted = 0;
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
      if (chain.kind === "continuous" && targets[e] === v) continue;
      rate += chain.weights[e];
      wanted += chain.weights[e] * h[targets[e]];
    }
    if (!(Math.abs(wanted - rate * h[v]) <= HARMONIC_TOLERANCE * rate * h[v]))
      refuse(`h of vertex ${v} is ${h[v]} and its neighbours say ${wanted / rate}`);
    if (wanted === 0) continue;
    // Divided by what the row sums to and not by h_i, so that the rate of the sojourn stays what it was.
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++)
      if (chain.kind === "discrete" || targets[e] !== v)
        weights[e] = ((chain.weights[e] * h[targets[e]]) / wanted) * rate;
  }
  const mass = Float64Array.from(initialVertices, (v, k) => initialProbabilities[k] * h[v]);
  const total = mass.reduce((sum, p) => sum + p, 0);
  if (!(total > 0)) refuse("it never ends there");
  return {
    ...chain,
    weights,
    leak: new Float64Array(vertexCount),
    initialProbabilities: mass.map((p) => p / total),
    defect: 0,
  };
}
