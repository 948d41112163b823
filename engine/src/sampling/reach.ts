/** Whether every sample comes to an end: found before the first draw, so that no seed decides it. */
import { InputError } from "../base/errors.js";
import type { Chain } from "../graph/chain.js";

/**
 * Throws `InputError` when a vertex that samples can be in during the last epoch cannot reach an end there. In discrete
 * time a vertex counts as reached in an epoch when it lies within as many steps as the epoch has.
 */
export function checkAbsorption(
  epochs: readonly { readonly start: number; readonly chain: Chain }[],
  ends: Uint8Array,
): void {
  const [{ chain: first }] = epochs;
  let reached: Uint8Array = new Uint8Array(first.vertexCount);
  first.initialVertices.forEach((v, k) => {
    if (first.initialProbabilities[k] > 0) reached[v] = 1;
  });
  epochs.forEach(({ chain, start }, m) => {
    const steps = chain.kind === "discrete" && m + 1 < epochs.length ? epochs[m + 1].start - start : Infinity;
    reached = forwards(chain, reached, steps);
  });
  const { chain } = epochs[epochs.length - 1];
  const ending = backwards(chain, ends);
  const trap = reached.findIndex((is, v) => is === 1 && ending[v] === 0);
  if (trap >= 0)
    throw new InputError(
      "no-absorption",
      `Cannot sample: vertex ${trap} is reached and has no way to absorption${epochs.length > 1 ? " in the last epoch" : ""}.`,
    );
}

/** What lies within so many jumps of positive weight, by breadth. */
function forwards(chain: Chain, from: Uint8Array, steps: number): Uint8Array {
  const { rowStart, targets, weights } = chain;
  const found = from.slice();
  let front: number[] = [];
  from.forEach((is, v) => {
    if (is) front.push(v);
  });
  for (let step = 0; step < steps && front.length > 0; step++) {
    const next: number[] = [];
    for (const v of front)
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        if (weights[e] === 0 || found[targets[e]]) continue;
        found[targets[e]] = 1;
        next.push(targets[e]);
      }
    front = next;
  }
  return found;
}

/** Vertices from which an end or a leak can be reached. */
function backwards(chain: Chain, ends: Uint8Array): Uint8Array {
  const { vertexCount, rowStart, targets, weights, leak } = chain;
  const inStart = new Int32Array(vertexCount + 1);
  for (const target of targets) inStart[target + 1]++;
  for (let v = 0; v < vertexCount; v++) inStart[v + 1] += inStart[v];
  const sources = new Int32Array(targets.length);
  const free = inStart.slice();
  for (let v = 0; v < vertexCount; v++)
    for (let e = rowStart[v]; e < rowStart[v + 1]; e++)
      // An edge without weight leads nowhere; as a loop at its target it adds nothing.
      sources[free[targets[e]]++] = weights[e] > 0 ? v : targets[e];
  const found = Uint8Array.from(ends, (is, v) => (is || leak[v] > 0 ? 1 : 0));
  const stack: number[] = [];
  found.forEach((is, v) => {
    if (is) stack.push(v);
  });
  for (let v = stack.pop(); v !== undefined; v = stack.pop())
    for (let k = inStart[v]; k < inStart[v + 1]; k++) {
      if (found[sources[k]]) continue;
      found[sources[k]] = 1;
      stack.push(sources[k]);
    }
  return found;
}
