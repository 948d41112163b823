/** Edge weights at one θ, checked. */
import { InputError } from "../../base/errors.js";
import { printTheta } from "../../expression/weight.js";
import { type Graph, vertexName } from "../../graph/graph.js";

/** A sum of terms that cancel may fall this far below zero, relative to the terms, and still be zero. */
const ROUNDING = 4 * Number.EPSILON;

/**
 * weights[e] = base_e + Σ_k c_ek θ_k. Throws `InputError` naming the edge and θ when one is negative or not finite.
 * Cost: E · d multiply-adds.
 */
export function weightsAt(graph: Graph, theta: Float64Array, weights: Float64Array): void {
  const { bases, coefficients } = graph;
  const d = theta.length;
  for (let e = 0; e < bases.length; e++) {
    let sum = bases[e];
    for (let k = 0; k < d; k++) sum += coefficients[e * d + k] * theta[k];
    if (!(sum >= 0 && sum < Infinity)) sum = mend(graph, theta, e, sum);
    weights[e] = sum;
  }
}

function mend(graph: Graph, theta: Float64Array, edge: number, sum: number): number {
  let size = Math.abs(graph.bases[edge]);
  for (let k = 0; k < theta.length; k++) size += Math.abs(graph.coefficients[edge * theta.length + k] * theta[k]);
  if (sum < 0 && -sum <= size * ROUNDING) return 0;
  let from = 0;
  while (graph.rowStart[from + 1] <= edge) from++;
  const at = printTheta(graph.parameterNames, theta);
  const names = `${vertexName(graph, from)} to ${vertexName(graph, graph.targets[edge])}`;
  throw new InputError(
    sum < 0 ? "negative-rate" : "bad-rate",
    `Cannot evaluate ${graph.name}: the rate from ${names} must be finite and ≥ 0 and is ${sum} at ${at}.`,
  );
}
