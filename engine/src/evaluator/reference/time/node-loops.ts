/**
 * The loops of mixtures by nodes: values at the nodes of panels, and means read off the polynomials through them, by the barycentric
 * formula. This is the definition; `evaluator/wasm/time/nodes.ts` has the same sums in the same order.
 */
import { CHUNK, GROUP, NODES, type NodeLoops, type Panel, type Reading } from "./panels.js";

export const PLAIN_LOOPS: NodeLoops = {
  values(panels, sequences, out) {
    panels.forEach((panel, slot) => {
      const at = slot * sequences.length * NODES;
      for (let c = 0; c < sequences.length; c++) valuesAtNodes(panel, sequences[c], out, at + c * NODES);
    });
  },
  read,
};

function read({ panels, rate, times, places, nodal, out, tangents, pull }: Reading): void {
  const { nodes, barycentric } = panels;
  const { columns, values, frames, cotangents } = nodal;
  const parts = new Float64Array(NODES);
  const width = columns * NODES;
  for (let n = 0; n < times.length; n++) {
    const place = places[n];
    if (place < 0) continue;
    const s = (rate * times[n] - frames[3 * place]) / frames[3 * place + 1];
    const at = place * width;
    let whole0 = 0;
    let whole1 = 0;
    let sum0 = 0;
    let sum1 = 0;
    for (let j = 0; j < NODES; j += 2) {
      const part0 = barycentric[j] / (s - nodes[j]);
      const part1 = barycentric[j + 1] / (s - nodes[j + 1]);
      parts[j] = part0;
      parts[j + 1] = part1;
      whole0 += part0;
      whole1 += part1;
      sum0 += part0 * values[at + j];
      sum1 += part1 * values[at + j + 1];
    }
    const whole = whole0 + whole1;
    const value = (sum0 + sum1) / whole;
    // not at a node either, where it is not a number
    if (!(value >= frames[3 * place + 2])) continue;
    out[n] = value;
    for (let d = 0; d < tangents.length; d++) tangents[d][n] = dot(parts, values, at + (1 + d) * NODES) / whole;
    if (pull === undefined) continue;
    pull.answered[n] = 1;
    const factor = pull.weights[n] / (value * whole);
    const first = place * NODES;
    for (let j = 0; j < NODES; j++) cotangents[first + j] += factor * parts[j];
  }
}

function dot(parts: Float64Array, values: Float64Array, at: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let j = 0; j < NODES; j += 4) {
    sum0 += parts[j] * values[at + j];
    sum1 += parts[j + 1] * values[at + j + 1];
    sum2 += parts[j + 2] * values[at + j + 2];
    sum3 += parts[j + 3] * values[at + j + 3];
  }
  return sum0 + sum1 + (sum2 + sum3);
}

/** Σ_k Pois(k; x_j) q_k for every node j; terms past the end of the sequence are 0. */
function valuesAtNodes(panel: Panel, q: Float64Array, out: Float64Array, at: number): void {
  const { lows, starts, weights } = panel;
  for (let g = 0; g < lows.length; g++) {
    const low = lows[g];
    const end = Math.min(q.length, low + (starts[g + 1] - starts[g]) / GROUP);
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let w = starts[g];
    for (let k = low; k < end; ) {
      const until = Math.min(end, k + CHUNK);
      let part0 = 0;
      let part1 = 0;
      let part2 = 0;
      let part3 = 0;
      for (; k < until; k++, w += GROUP) {
        const term = q[k];
        part0 += weights[w] * term;
        part1 += weights[w + 1] * term;
        part2 += weights[w + 2] * term;
        part3 += weights[w + 3] * term;
      }
      sum0 += part0;
      sum1 += part1;
      sum2 += part2;
      sum3 += part3;
    }
    const first = at + g * GROUP;
    out[first] = sum0;
    out[first + 1] = sum1;
    out[first + 2] = sum2;
    out[first + 3] = sum3;
  }
}
