/**
 * A model as a folder of raw little-endian arrays, free of anything of ours: what the peers read.
 *
 *     row-start.i32      n + 1      edges of transient vertex v are row-start[v] … row-start[v + 1] − 1
 *     targets.i32        E          transient vertex, −1 where the edge absorbs
 *     bases.f64          E          constant part of each rate
 *     coefficients.f64   E × d      of the parameters
 *     initial.f64        n          initial distribution over transient vertices
 *     thetas.f64         count × d  the batch
 *     times.f64, observations.f64   what densities and likelihoods are asked for
 *
 * Only `native` also reads our trace, in the same numbers: order, component-start, lower-start, lower, upper-start, upper.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EliminationTrace, Graph } from "@sojourn/engine";

export interface Asked {
  readonly thetas: Float64Array;
  readonly times?: Float64Array;
  readonly observations?: Float64Array;
}

/** Throws where the model is more than affine rates and a fixed start, which no peer of this benchmark needs. */
export function writeNeutral(folder: string, graph: Graph, trace: EliminationTrace, asked: Asked): void {
  if (graph.formulas.length > 0 || graph.initialFormulas.length > 0 || graph.kind !== "continuous")
    throw new TypeError(
      `Cannot hand ${graph.name} to peers: its rates are not affine, its start varies or it is discrete.`,
    );
  mkdirSync(folder, { recursive: true });
  const V = graph.vertexCount;
  const number = new Int32Array(V).fill(-1);
  let n = 0;
  for (let v = 0; v < V; v++) if (graph.rowStart[v + 1] > graph.rowStart[v]) number[v] = n++;
  const rowStart = new Int32Array(n + 1);
  for (let v = 0; v < V; v++)
    if (number[v] >= 0) rowStart[number[v] + 1] = rowStart[number[v]] + graph.rowStart[v + 1] - graph.rowStart[v];
  const initial = new Float64Array(n);
  graph.initialVertices.forEach((v, i) => {
    if (number[v] < 0) throw new TypeError(`Cannot hand ${graph.name} to peers: it may start absorbed.`);
    initial[number[v]] = graph.initialProbabilities[i];
  });
  const write = (name: string, values: Int32Array | Float64Array): void =>
    writeFileSync(join(folder, name), Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  // vertices keep their order and absorbing ones have no edges, so edges keep their places
  write("row-start.i32", rowStart);
  write(
    "targets.i32",
    graph.targets.map((v) => number[v]),
  );
  write("bases.f64", graph.bases);
  write("coefficients.f64", graph.coefficients);
  write("initial.f64", initial);
  write("thetas.f64", asked.thetas);
  if (asked.times) write("times.f64", asked.times);
  if (asked.observations) write("observations.f64", asked.observations);
  write(
    "order.i32",
    trace.order.map((v) => number[v]),
  );
  write("component-start.i32", trace.componentStart);
  write("lower-start.i32", trace.lowerStart);
  write("lower.i32", trace.lower);
  write("upper-start.i32", trace.upperStart);
  write("upper.i32", trace.upper);
}
