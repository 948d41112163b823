/** The numbers of a model at one θ as chains to sample from, one per epoch. */
import type { Chain } from "../../graph/chain.js";
import { type Graph, isAbsorbing } from "../../graph/graph.js";
import { stopAt } from "../../graph/stop.js";
import type { Schedule } from "../../program/time-program.js";
import { buildTrace } from "../../trace/build.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { solveDual } from "./dual.js";
import { type Epoch, LaneFactory, LaneFault } from "./epochs.js";
import { TransientLayout } from "./transient.js";

export interface EpochChains {
  readonly epochs: readonly { readonly start: number; readonly chain: Chain }[];
  /** Reward × vertex, one matrix per epoch. */
  rewardsOf(names: readonly string[]): Float64Array[];
  /** By vertex: the probability to end in these vertices when the process stops at those. Of the first epoch. */
  endingIn(wanted: ReadonlySet<number>, stops: ReadonlySet<number>): Float64Array;
}

/** Throws `InputError`; answers why, where θ has no chain. */
export function epochChains(
  graph: Graph,
  trace: EliminationTrace,
  schedule: Schedule | undefined,
  theta: Float64Array,
): EpochChains | LaneFault {
  const factory = new LaneFactory(graph, trace, {
    quantity: "pdf",
    outputs: "values",
    ...(schedule && { epochs: schedule }),
  });
  let epochs: readonly Epoch[];
  try {
    epochs = factory.epochs(theta, []);
  } catch (error) {
    if (error instanceof LaneFault) return error;
    throw error;
  }
  const { kind, vertexCount, rowStart, targets, initialVertices } = graph;
  return {
    epochs: epochs.map(({ start, numbers }) => {
      const leak = new Float64Array(vertexCount);
      trace.order.forEach((v, p) => {
        leak[v] = numbers.system.leaks[p];
      });
      const weights = numbers.system.edges.slice();
      const initialProbabilities = numbers.probabilities.slice();
      const missing = Math.max(0, 1 - initialProbabilities.reduce((a, b) => a + b, 0));
      const chain = {
        kind,
        vertexCount,
        rowStart,
        targets,
        weights,
        leak,
        initialVertices,
        initialProbabilities,
        defect: missing,
      };
      return { start, chain };
    }),
    rewardsOf: (names) =>
      epochs.map((epoch) => {
        const matrix = new Float64Array(names.length * vertexCount);
        names.forEach((name, q) => {
          const { value } = factory.reward(epoch, name);
          trace.order.forEach((v, p) => {
            matrix[q * vertexCount + v] = value[p];
          });
        });
        return matrix;
      }),
    endingIn(wanted, stops) {
      const stopped = stops.size > 0 ? stopAt(graph, [...stops]) : graph;
      const stoppedTrace = stops.size > 0 ? buildTrace(stopped, () => false) : trace;
      const [epoch] =
        stops.size > 0
          ? new LaneFactory(stopped, stoppedTrace, { quantity: "pdf", outputs: "values" }).epochs(theta, [])
          : epochs;
      const { edges, leaks } = epoch.numbers.system;
      const value = new TransientLayout(stopped, stoppedTrace).exits(edges, leaks, wanted);
      const h = new Float64Array(vertexCount);
      const solved = solveDual(stoppedTrace, stopped, epoch.numbers.system, [], { value, tangents: [] }, false).value;
      for (let v = 0; v < vertexCount; v++)
        h[v] = isAbsorbing(stopped, v) ? (wanted.has(v) ? 1 : 0) : Math.min(1, solved[stoppedTrace.rank[v]]);
      return h;
    },
  };
}
