/** A model at one θ as a model without parameters: every formula becomes its value. */
import { tableValues } from "../expression/evaluate.js";
import { EMPTY_TABLE, nodeCount } from "../expression/table.js";
import { printTheta } from "../expression/weight.js";
import type { Graph } from "./graph.js";

/** Cost: O(E · d). The result may break what `checkGraph` asks for; check it. */
export function instantiate(graph: Graph, theta: Float64Array): Graph {
  const d = theta.length;
  const nodes = new Float64Array(nodeCount(graph.expressions));
  tableValues(graph.expressions, theta, nodes);
  const plus = (values: Float64Array, formulas: Int32Array): Float64Array =>
    formulas.length === 0
      ? values.slice()
      : values.map((value, i) => (formulas[i] < 0 ? value : value + nodes[formulas[i]]));
  const bases = plus(graph.bases, graph.formulas);
  for (let e = 0; e < bases.length; e++)
    for (let k = 0; k < d; k++) {
      const c = graph.coefficients[e * d + k];
      if (c !== 0) bases[e] += c * theta[k];
    }
  const none = new Int32Array(0);
  return {
    ...graph,
    name: d === 0 ? graph.name : `${graph.name} at ${printTheta(graph.parameterNames, theta)}`,
    parameterNames: [],
    initialProbabilities: plus(graph.initialProbabilities, graph.initialFormulas),
    initialFormulas: none,
    bases,
    coefficients: new Float64Array(0),
    formulas: none,
    rewards: plus(graph.rewards, graph.rewardFormulas),
    rewardFormulas: none,
    expressions: EMPTY_TABLE,
  };
}
