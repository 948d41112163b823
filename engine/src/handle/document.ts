/** A graph as an explicit model document: what is saved, sent and read back. */
import { printFormula } from "../expression/formula.js";
import { formulaOf } from "../expression/table.js";
import { type Graph, stateVector } from "../graph/graph.js";

export interface ModelDocument {
  readonly format: "sojourn-model/1";
  readonly name?: string;
  readonly kind?: "continuous" | "discrete";
  readonly parameters?: readonly string[];
  /** One integer vector per vertex; its position is the vertex. */
  readonly states: readonly (readonly number[])[];
  readonly initial: readonly (readonly [number, number | string])[];
  /** `[from, to, base, c_1 … c_d]`, or `[from, to, formula]`. */
  readonly edges: readonly (readonly (number | string)[])[];
  readonly rewards?: Readonly<Record<string, readonly (number | string)[]>>;
}

/** Cost: O(V + E); formulas are written out, shared parts as often as they are used. */
export function modelDocument(graph: Graph): ModelDocument {
  const { parameterNames, rewardNames, vertexCount: V } = graph;
  const d = parameterNames.length;
  const value = (number: number, nodes: Int32Array, i: number): number | string => {
    if (nodes.length === 0 || nodes[i] < 0) return number;
    const text = printFormula(formulaOf(graph.expressions, nodes[i]), parameterNames);
    return number === 0 ? text : `${number} + ${text}`;
  };
  const edges: (number | string)[][] = [];
  for (let v = 0; v < V; v++)
    for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
      const coefficients = Array.from(graph.coefficients.subarray(e * d, (e + 1) * d));
      if (graph.formulas.length === 0 || graph.formulas[e] < 0)
        edges.push([v, graph.targets[e], graph.bases[e], ...coefficients]);
      else {
        const affine = coefficients.flatMap((c, k) => (c === 0 ? [] : [`${c}*${parameterNames[k]}`]));
        edges.push([v, graph.targets[e], [...affine, value(graph.bases[e], graph.formulas, e)].join(" + ")]);
      }
    }
  return {
    format: "sojourn-model/1",
    name: graph.name,
    kind: graph.kind,
    parameters: parameterNames,
    states: Array.from({ length: V }, (_, v) => stateVector(graph, v)),
    initial: Array.from(graph.initialVertices, (v, i) => [
      v,
      value(graph.initialProbabilities[i], graph.initialFormulas, i),
    ]),
    edges,
    rewards: Object.fromEntries(
      rewardNames.map((name, r) => [
        name,
        Array.from({ length: V }, (_, v) => value(graph.rewards[r * V + v], graph.rewardFormulas, r * V + v)),
      ]),
    ),
  };
}
