/**
 * Mixtures by nodes in WebAssembly: the loops of `reference/time/node-loops.ts`, with the same bits. The weights of panels, 12 MB if all
 * were there, stay in memory once they are in it. Plain JavaScript does what memory cannot be had for.
 */
import { PLAIN_LOOPS } from "../../reference/time/node-loops.js";
import { CHUNK, GROUP, NODES, type NodeLoops, type Panel, type Reading } from "../../reference/time/panels.js";
import { RECORD } from "./node-kernels.js";
import { padded, type WorkMemory } from "./work-memory.js";

export class WasmNodeLoops implements NodeLoops {
  readonly #memory: WorkMemory;
  /** Where the weights of a panel lie, in doubles. */
  readonly #places = new Map<Panel, number>();
  /** Of the definition: nodes and barycentric weights, once they are there. */
  #constants = 0;

  constructor(memory: WorkMemory) {
    this.#memory = memory;
  }

  values(panels: readonly Panel[], sequences: readonly Float64Array[], out: Float64Array): void {
    const length = padded(sequences[0].length);
    const more = panels.reduce((sum, panel) => sum + (this.#places.has(panel) ? 0 : padded(panel.weights.length)), 0);
    const kernels = this.#memory.room(more + length * sequences.length + out.length);
    if (kernels === undefined) {
      PLAIN_LOOPS.values(panels, sequences, out);
      return;
    }
    for (const panel of panels) if (!this.#places.has(panel)) this.#places.set(panel, this.#memory.keep(panel.weights));
    const first = this.#memory.end;
    sequences.forEach((q, c) => {
      this.#memory.f64.set(q, first + c * length);
    });
    const to = first + length * sequences.length;
    const known = sequences[0].length;
    for (let slot = 0; slot < panels.length; slot++) {
      const { lows, starts } = panels[slot];
      const weights = this.#places.get(panels[slot])!;
      for (let c = 0; c < sequences.length; c++)
        for (let g = 0; g < lows.length; g++) {
          // terms past the end of the sequence are 0
          const terms = Math.max(0, Math.min(known - lows[g], (starts[g + 1] - starts[g]) / GROUP));
          kernels.values(
            Math.floor(terms / CHUNK),
            terms % CHUNK,
            8 * (first + c * length + lows[g]),
            8 * (weights + starts[g]),
            8 * (to + (slot * sequences.length + c) * NODES + g * GROUP),
          );
        }
    }
    out.set(this.#memory.f64.subarray(to, to + out.length));
  }

  read(reading: Reading): void {
    const { panels, rate, times, places, nodal, out, tangents, pull } = reading;
    const { columns, values, frames, cotangents } = nodal;
    const slots = frames.length / 3;
    const recordSize = RECORD.values / 8 + columns * NODES + NODES;
    const count = times.length;
    const even = padded(count);
    // constants, parts, records, means, places, what is pulled, values and derivatives
    const kernels = this.#memory.room(3 * NODES + slots * recordSize + (3 + columns) * even);
    if (kernels === undefined) {
      PLAIN_LOOPS.read(reading);
      return;
    }
    if (this.#constants === 0) {
      this.#constants = this.#memory.keep(panels.nodes);
      this.#memory.keep(panels.barycentric);
    }
    const parts = this.#memory.end;
    const record = (slot: number): number => parts + NODES + slot * recordSize;
    const x = record(slots);
    const weights = x + even;
    const addresses = weights + even;
    const to = addresses + even;
    const f64 = this.#memory.f64;
    for (let slot = 0; slot < slots; slot++) {
      const at = record(slot);
      for (let i = 0; i < 3; i++) f64[at + i] = frames[3 * slot + i];
      const from = slot * columns * NODES;
      f64.set(values.subarray(from, from + columns * NODES), at + RECORD.values / 8);
      f64.fill(0, at + recordSize - NODES, at + recordSize);
    }
    const i32 = this.#memory.i32;
    for (let n = 0; n < count; n++) {
      f64[x + n] = rate * times[n];
      i32[2 * addresses + n] = places[n] < 0 ? 0 : 8 * record(places[n]);
    }
    if (pull) f64.set(pull.weights, weights);
    f64.fill(Number.NaN, to, to + count);
    const [nodes, barycentric] = [8 * this.#constants, 8 * (this.#constants + NODES)];
    const pulled = pull ? 8 * weights : 0;
    kernels.read(count, 8 * x, 8 * addresses, nodes, barycentric, 8 * to, columns, 8 * even, pulled, 8 * parts);
    for (let n = 0; n < count; n++) {
      const value = f64[to + n];
      // not a number where there is no answer
      if (!(value >= 0)) continue;
      out[n] = value;
      for (let d = 0; d < tangents.length; d++) tangents[d][n] = f64[to + (1 + d) * even + n];
      if (pull) pull.answered[n] = 1;
    }
    if (pull)
      for (let slot = 0; slot < slots; slot++) {
        const at = record(slot) + recordSize - NODES;
        for (let j = 0; j < NODES; j++) cotangents[slot * NODES + j] += f64[at + j];
      }
  }
}
