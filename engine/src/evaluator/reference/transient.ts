/** Between the graph's edges and a `TransientSystem`: which slot an edge has, and the way back for adjoints. */
import type { Graph } from "../../graph/graph.js";
import type { EliminationTrace } from "../../trace/trace.js";
import type { DualVector, SweepService, SystemTangent, TransientSystem } from "./system.js";
import type { SystemNumbers } from "./weights.js";

export class TransientLayout {
  readonly size: number;
  readonly rowStart: Int32Array;
  readonly targets: Int32Array;
  /** Graph edge of each slot. */
  readonly #edgeOf: Int32Array;
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #sweeps: SweepService | undefined;

  /** `sweeps`: who multiplies with its systems, where that is not plain JavaScript. */
  constructor(graph: Graph, trace: EliminationTrace, sweeps?: SweepService) {
    this.#sweeps = sweeps;
    this.#graph = graph;
    this.#trace = trace;
    this.size = trace.order.length;
    this.rowStart = new Int32Array(this.size + 1);
    const { rank, order } = trace;
    const [edgeOf, targets] = [new Int32Array(graph.targets.length), new Int32Array(graph.targets.length)];
    let count = 0;
    for (let p = 0; p < this.size; p++) {
      const v = order[p];
      for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
        const to = rank[graph.targets[e]];
        if (to < 0) continue;
        edgeOf[count] = e;
        targets[count++] = to;
      }
      this.rowStart[p + 1] = count;
    }
    this.#edgeOf = edgeOf.slice(0, count);
    this.targets = targets.slice(0, count);
  }

  /** Copies of the numbers, by slot. */
  system(numbers: SystemNumbers): TransientSystem {
    return {
      kind: this.#graph.kind,
      size: this.size,
      rowStart: this.rowStart,
      targets: this.targets,
      sweeps: this.#sweeps,
      ...this.tangent(numbers),
    };
  }

  tangent({ edges, leaks }: SystemNumbers): SystemTangent {
    const weights = new Float64Array(this.#edgeOf.length);
    for (let slot = 0; slot < weights.length; slot++) weights[slot] = edges[this.#edgeOf[slot]];
    return { weights, exits: this.exits(edges, leaks) };
  }

  /** Σ over edges to absorbing vertices, to those listed alone when there is a list; leaks belong to no vertex. */
  exits(edges: Float64Array, leaks: Float64Array, vertices?: ReadonlySet<number>): Float64Array {
    const { rowStart, targets } = this.#graph;
    const { order, rank } = this.#trace;
    const exits = new Float64Array(this.size);
    for (let p = 0; p < this.size; p++) {
      const v = order[p];
      let sum = vertices ? 0 : leaks[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++)
        if (rank[targets[e]] < 0 && (!vertices || vertices.has(targets[e]))) sum += edges[e];
      exits[p] = sum;
    }
    return exits;
  }

  /** Adjoints of weights and exits as adjoints of edges and leaks. */
  pullBack(weights: Float64Array, exits: Float64Array): SystemNumbers {
    const { rowStart, targets } = this.#graph;
    const { order, rank } = this.#trace;
    const edges = new Float64Array(targets.length);
    this.#edgeOf.forEach((e, slot) => {
      edges[e] = weights[slot];
    });
    for (let p = 0; p < this.size; p++)
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) if (rank[targets[e]] < 0) edges[e] = exits[p];
    return { edges, leaks: exits.slice() };
  }

  /** Expected flow into each absorbing vertex for a vector of expected times: Σ_i y_i w_iv, added to `to` by vertex. */
  arrivals(edges: Float64Array, y: Float64Array, to: Float64Array): void {
    const { rowStart, targets } = this.#graph;
    const { order, rank } = this.#trace;
    for (let p = 0; p < this.size; p++) {
      if (y[p] === 0) continue;
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++)
        if (rank[targets[e]] < 0) to[targets[e]] += y[p] * edges[e];
    }
  }
}

/** A vector that does not depend on θ. */
export const constantDual = (value: Float64Array, directions: number): DualVector => ({
  value,
  tangents: Array.from({ length: directions }, () => new Float64Array(value.length)),
});
