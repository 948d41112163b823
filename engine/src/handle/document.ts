/** A graph as an explicit model document: what is saved, sent and read back. */
import { writeNodes } from "../expression/write.js";
import { type Graph, stateVector } from "../graph/graph.js";

export interface ModelDocument {
  readonly format: "sojourn-model/1";
  readonly name?: string;
  readonly kind?: "continuous" | "discrete";
  readonly parameters?: readonly string[];
  /** Formulas that others refer to by name, each after those it refers to: parts that are shared stand once. */
  readonly definitions?: readonly (readonly [name: string, formula: string])[];
  /** One integer vector per vertex; its position is the vertex. */
  readonly states: readonly (readonly number[])[];
  readonly initial: readonly (readonly [number, number | string])[];
  /** `[from, to, base, c_1 … c_d]`, or `[from, to, formula]`. */
  readonly edges: readonly (readonly (number | string)[])[];
  readonly rewards?: Readonly<Record<string, readonly (number | string)[]>>;
}

/** Cost: O(V + E) and the size of the formulas, of which shared parts are written once. */
export function modelDocument(graph: Graph): ModelDocument {
  const { parameterNames, rewardNames, vertexCount: V } = graph;
  const d = parameterNames.length;
  const used = [graph.initialFormulas, graph.formulas, graph.rewardFormulas].flatMap((nodes) =>
    Array.from(nodes).filter((node) => node >= 0),
  );
  const { definitions, textOf } = writeNodes(graph.expressions, used, parameterNames);
  const value = (number: number, nodes: Int32Array, i: number): number | string => {
    if (nodes.length === 0 || nodes[i] < 0) return number;
    const text = textOf(nodes[i]);
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
    ...(definitions.length > 0 && { definitions }),
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
