/** A graph on the wire and back. Whoever reads one back checks it with `checkGraph` before use. */
import { type Wire, wireArray, wireCount, wireText, wireTexts } from "../base/wire.js";
import type { Graph } from "./graph.js";

/** Increase with every change of what a graph means or of how it is built. */
export const GRAPH_VERSION = 1;

export function graphToWire(graph: Graph): Wire {
  const { name, kind, parameterNames, rewardNames, vertexCount, stateLength } = graph;
  const { states, initialVertices, initialProbabilities, rowStart, targets, bases, coefficients, rewards } = graph;
  return {
    attributes: { name, kind, parameterNames, rewardNames, vertexCount, stateLength },
    arrays: { states, initialVertices, initialProbabilities, rowStart, targets, bases, coefficients, rewards },
  };
}

/** Throws TypeError when something is missing or of the wrong type. */
export function graphFromWire(wire: Wire): Graph {
  if (wireText(wire, "kind") !== "continuous") throw new TypeError("the kind of the graph is not continuous");
  return {
    name: wireText(wire, "name"),
    kind: "continuous",
    parameterNames: wireTexts(wire, "parameterNames"),
    vertexCount: wireCount(wire, "vertexCount"),
    stateLength: wireCount(wire, "stateLength"),
    states: wireArray(wire, "states", "i32"),
    initialVertices: wireArray(wire, "initialVertices", "i32"),
    initialProbabilities: wireArray(wire, "initialProbabilities", "f64"),
    rowStart: wireArray(wire, "rowStart", "i32"),
    targets: wireArray(wire, "targets", "i32"),
    bases: wireArray(wire, "bases", "f64"),
    coefficients: wireArray(wire, "coefficients", "f64"),
    rewardNames: wireTexts(wire, "rewardNames"),
    rewards: wireArray(wire, "rewards", "f64"),
  };
}
