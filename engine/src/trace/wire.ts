/** A trace on the wire and back; `rank` and nothing else is recomputed. Whoever reads one back checks it with `checkTrace`. */
import { type Wire, wireArray, wireCount } from "../base/wire.js";
import type { EliminationTrace } from "./trace.js";

/** Increase with every change of the elimination algorithm, of the order policy or of the arrays. */
export const TRACE_VERSION = 2;
export const ORDER_POLICY = "tarjan+minimum-fill";

export function traceToWire(trace: EliminationTrace): Wire {
  const { vertexCount, order, componentStart, componentLevel, lowerStart, lower, upperStart, upper } = trace;
  return {
    attributes: { vertexCount },
    arrays: { order, componentStart, componentLevel, lowerStart, lower, upperStart, upper },
  };
}

/** Throws TypeError when something is missing or of the wrong type. */
export function traceFromWire(wire: Wire): EliminationTrace {
  const vertexCount = wireCount(wire, "vertexCount");
  const order = wireArray(wire, "order", "i32");
  const rank = new Int32Array(vertexCount).fill(-1);
  order.forEach((v, p) => {
    if (v < 0 || v >= vertexCount) throw new TypeError(`the order names vertex ${v}`);
    rank[v] = p;
  });
  return {
    vertexCount,
    order,
    rank,
    componentStart: wireArray(wire, "componentStart", "i32"),
    componentLevel: wireArray(wire, "componentLevel", "i32"),
    lowerStart: wireArray(wire, "lowerStart", "i32"),
    lower: wireArray(wire, "lower", "i32"),
    upperStart: wireArray(wire, "upperStart", "i32"),
    upper: wireArray(wire, "upper", "i32"),
  };
}
