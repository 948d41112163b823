/** What a system of weights is made of, and why a weight cannot be used. */
import { InputError } from "../../base/errors.js";
import { tableValues } from "../../expression/evaluate.js";
import { nodeCount } from "../../expression/table.js";
import { printTheta } from "../../expression/weight.js";
import { type Graph, vertexName } from "../../graph/graph.js";

/** A number for each edge of the graph, and by position what leaves a row without an edge. */
export interface SystemNumbers {
  readonly edges: Float64Array;
  readonly leaks: Float64Array;
}

/** A sum of terms that cancel may fall this far below zero, relative to the terms, and still be zero. */
const ROUNDING = 4 * Number.EPSILON;

/** 0 where a negative sum is rounding; throws `InputError` naming the edge and θ otherwise. */
export function whyBadWeight(graph: Graph, theta: Float64Array, edge: number, sum: number): number {
  let size = Math.abs(graph.bases[edge]);
  for (let k = 0; k < theta.length; k++) size += Math.abs(graph.coefficients[edge * theta.length + k] * theta[k]);
  if (graph.formulas.length > 0 && graph.formulas[edge] >= 0) {
    const values = new Float64Array(nodeCount(graph.expressions));
    tableValues(graph.expressions, theta, values);
    size += Math.abs(values[graph.formulas[edge]]);
  }
  if (sum < 0 && -sum <= size * ROUNDING) return 0;
  let from = 0;
  while (graph.rowStart[from + 1] <= edge) from++;
  const at = printTheta(graph.parameterNames, theta);
  const what = graph.kind === "discrete" ? "probability" : "rate";
  const names = `${vertexName(graph, from)} to ${vertexName(graph, graph.targets[edge])}`;
  throw new InputError(
    sum < 0 ? "negative-rate" : "bad-rate",
    `Cannot evaluate ${graph.name}: the ${what} from ${names} must be finite and ≥ 0 and is ${sum} at ${at}.`,
  );
}
