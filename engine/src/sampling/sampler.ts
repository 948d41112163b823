/**
 * Chains made ready for drawing: mean sojourns and alias tables of the jumps, once for every epoch. In discrete time a
 * self-loop prolongs the sojourn, whose length is geometric; jumps go elsewhere or into the leak.
 */
import { InputError } from "../base/errors.js";
import type { Chain } from "../graph/chain.js";
import { isAbsorbing } from "../graph/graph.js";
import { type AliasTables, buildAliasTables } from "./alias.js";
import { checkChain, NO_VERTEX } from "./chain.js";
import { checkAbsorption } from "./reach.js";

/** Weights that hold from `start` on; every epoch has the same vertices and edges. */
export interface SamplingEpoch {
  /** Time, in discrete time a whole number of steps. The first is 0, and they ascend. */
  readonly start: number;
  readonly chain: Chain;
}

export interface Sampler {
  readonly kind: Chain["kind"];
  readonly vertexCount: number;
  /** Where each epoch begins, and Infinity. */
  readonly starts: Float64Array;
  /** One row: the vertex in which a sample begins, or `NO_VERTEX`. */
  readonly initial: AliasTables;
  /** 1 at the vertices that end a sample. */
  readonly ends: Uint8Array;
  readonly epochs: readonly SamplerEpoch[];
}

export interface SamplerEpoch {
  /**
   * What a standard exponential is multiplied by to give the sojourn: 1/λ in continuous time, −1/log T_vv in discrete
   * time, where the product is rounded up. Infinity where nothing leaves in this epoch.
   */
  readonly scale: Float64Array;
  readonly jumps: AliasTables;
}

/**
 * Throws `InputError` for numbers that are no rates or probabilities, for epochs that do not follow each other, and when
 * a vertex that samples reach cannot reach absorption. Cost: a few passes over the edges of each epoch.
 */
export function createSampler(epochs: readonly SamplingEpoch[]): Sampler {
  checkEpochs(epochs);
  const [{ chain }] = epochs;
  const { kind, vertexCount } = chain;
  const ends = Uint8Array.from({ length: vertexCount }, (_, v) => (isAbsorbing(chain, v) ? 1 : 0));
  checkAbsorption(epochs, ends);
  return {
    kind,
    vertexCount,
    starts: Float64Array.from([...epochs.map(({ start }) => start), Number.POSITIVE_INFINITY]),
    initial: initialTable(chain),
    ends,
    epochs: epochs.map((epoch) => prepare(epoch.chain)),
  };
}

function checkEpochs(epochs: readonly SamplingEpoch[]): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-epochs", `Cannot sample: ${what}.`);
  };
  if (epochs.length === 0 || epochs[0].start !== 0) refuse("the first epoch must start at 0");
  const [{ chain: first }] = epochs;
  epochs.forEach(({ start, chain }, m) => {
    if (!Number.isFinite(start) || (m > 0 && !(start > epochs[m - 1].start)))
      refuse(`epoch ${m} starts at ${start}, and starts must ascend`);
    if (first.kind === "discrete" && !Number.isSafeInteger(start))
      refuse(`epoch ${m} of a discrete model starts at ${start}, which is no whole number of steps`);
    if (chain.kind !== first.kind || !same(chain.rowStart, first.rowStart) || !same(chain.targets, first.targets))
      refuse(`epoch ${m} has other vertices or edges than the first`);
    checkChain(chain);
  });
}

const same = (a: Int32Array, b: Int32Array): boolean =>
  a === b || (a.length === b.length && a.every((x, k) => x === b[k]));

function initialTable(chain: Chain): AliasTables {
  const outcomes = Int32Array.from([...chain.initialVertices, NO_VERTEX]);
  const weights = Float64Array.from([...chain.initialProbabilities, chain.defect]);
  return buildAliasTables(Int32Array.of(0, outcomes.length), outcomes, weights);
}

/** Rows without self-loops and without edges of weight 0; the leak is a column of its own. */
function prepare(chain: Chain): SamplerEpoch {
  const { vertexCount, rowStart, targets, leak } = chain;
  const scale = new Float64Array(vertexCount);
  const start = new Int32Array(vertexCount + 1);
  const outcomes = new Int32Array(targets.length + vertexCount);
  const weights = new Float64Array(targets.length + vertexCount);
  let count = 0;
  for (let v = 0; v < vertexCount; v++) {
    let leaving = leak[v];
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
      if (targets[e] === v || chain.weights[e] === 0) continue;
      outcomes[count] = targets[e];
      weights[count++] = chain.weights[e];
      leaving += chain.weights[e];
    }
    if (leak[v] > 0) {
      outcomes[count] = NO_VERTEX;
      weights[count++] = leak[v];
    }
    start[v + 1] = count;
    // T_vv is 1 minus what leaves; taken from what leaves, because the difference would lose its digits near 1.
    scale[v] = 1 / (chain.kind === "continuous" ? leaving : -Math.log1p(-Math.min(1, leaving)));
  }
  return { scale, jumps: buildAliasTables(start, outcomes.slice(0, count), weights.subarray(0, count)) };
}
