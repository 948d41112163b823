/** A graph on the wire and back. Whoever reads one back checks it with `checkGraph` before use. */
import { type Wire, wireArray, wireCount, wireText, wireTexts } from "../base/wire.js";
import type { Graph } from "./graph.js";

/** Increase with every change of what a graph means or of how it is built. */
export const GRAPH_VERSION = 4;

export function graphToWire(graph: Graph): Wire {
  const { name, kind, parameterNames, rewardNames, vertexCount, stateLength } = graph;
  const { states, initialVertices, initialProbabilities, initialFormulas, rowStart, targets } = graph;
  const { bases, coefficients, formulas, rewards, rewardFormulas, expressions } = graph;
  return {
    attributes: { name, kind, parameterNames, rewardNames, vertexCount, stateLength },
    arrays: {
      states,
      initialVertices,
      initialProbabilities,
      initialFormulas,
      rowStart,
      targets,
      bases,
      coefficients,
      formulas,
      rewards,
      rewardFormulas,
      expressionOperations: expressions.operations,
      expressionLeft: expressions.left,
      expressionRight: expressions.right,
      expressionConstants: expressions.constants,
    },
  };
}

/** Throws TypeError when something is missing or of the wrong type. */
export function graphFromWire(wire: Wire): Graph {
  const kind = wireText(wire, "kind");
  if (kind !== "continuous" && kind !== "discrete") throw new TypeError("the graph has a kind that does not exist");
  return {
    name: wireText(wire, "name"),
    kind,
    parameterNames: wireTexts(wire, "parameterNames"),
    vertexCount: wireCount(wire, "vertexCount"),
    stateLength: wireCount(wire, "stateLength"),
    states: wireArray(wire, "states", "i32"),
    initialVertices: wireArray(wire, "initialVertices", "i32"),
    initialProbabilities: wireArray(wire, "initialProbabilities", "f64"),
    initialFormulas: wireArray(wire, "initialFormulas", "i32"),
    rowStart: wireArray(wire, "rowStart", "i32"),
    targets: wireArray(wire, "targets", "i32"),
    bases: wireArray(wire, "bases", "f64"),
    coefficients: wireArray(wire, "coefficients", "f64"),
    formulas: wireArray(wire, "formulas", "i32"),
    rewardNames: wireTexts(wire, "rewardNames"),
    rewards: wireArray(wire, "rewards", "f64"),
    rewardFormulas: wireArray(wire, "rewardFormulas", "i32"),
    expressions: {
      operations: wireArray(wire, "expressionOperations", "u8"),
      left: wireArray(wire, "expressionLeft", "i32"),
      right: wireArray(wire, "expressionRight", "i32"),
      constants: wireArray(wire, "expressionConstants", "f64"),
    },
  };
}
