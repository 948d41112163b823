/** A chain that stops earlier: at the first vertex of a set. */
import { InputError } from "../base/errors.js";
import type { Chain } from "../graph/chain.js";

/** The chain with these vertices made absorbing; one that carries initial mass ends its samples at time 0. Cost: one pass. */
export function stopChain(chain: Chain, vertices: Iterable<number>): Chain {
  const { vertexCount, rowStart } = chain;
  const stop = new Uint8Array(vertexCount);
  for (const v of vertices) {
    if (!(Number.isInteger(v) && v >= 0 && v < vertexCount))
      throw new InputError(
        "bad-vertex",
        `Cannot stop samples at vertex ${v}: the vertices are 0 to ${vertexCount - 1}.`,
      );
    stop[v] = 1;
  }
  const shorter = new Int32Array(vertexCount + 1);
  const targets = new Int32Array(chain.targets.length);
  const weights = new Float64Array(chain.targets.length);
  let count = 0;
  for (let v = 0; v < vertexCount; v++) {
    if (!stop[v]) {
      targets.set(chain.targets.subarray(rowStart[v], rowStart[v + 1]), count);
      weights.set(chain.weights.subarray(rowStart[v], rowStart[v + 1]), count);
      count += rowStart[v + 1] - rowStart[v];
    }
    shorter[v + 1] = count;
  }
  return {
    ...chain,
    rowStart: shorter,
    targets: targets.slice(0, count),
    weights: weights.slice(0, count),
    leak: chain.leak.map((p, v) => (stop[v] ? 0 : p)),
  };
}
