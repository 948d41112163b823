/** One sample: from a drawn start to where it ends, sojourn by sojourn. */
import { InterruptedError } from "../base/errors.js";
import { exponential, type RandomStream, selectStream, uniform } from "../base/random.js";
import { drawAlias } from "./alias.js";
import { NO_VERTEX } from "./chain.js";
import type { Sampler } from "./sampler.js";

/** Told of every sojourn, in order; one that reaches over the start of an epoch comes in pieces. */
export type Visit = (vertex: number, from: number, to: number, epoch: number) => void;

/** Where a sample stands; used again for the next one. */
export interface Walker {
  readonly random: RandomStream;
  /** Called at the start and at every sojourn; throws when the user wants to stop. */
  readonly poll: () => void;
  /** The vertex that ended the sample, or `NO_VERTEX`. */
  vertex: number;
  /** When it ended. */
  time: number;
}

const CALLS_BETWEEN_POLLS = 4096;

/** A poll that asks now and then, and throws `InterruptedError` when the answer is yes. */
export function createPoll(interrupted: (() => boolean) | undefined, what: string): () => void {
  let left = CALLS_BETWEEN_POLLS;
  return () => {
    if (--left > 0) return;
    left = CALLS_BETWEEN_POLLS;
    if (interrupted?.()) throw new InterruptedError(what);
  };
}

/** Draws sample `index` from stream `index`: one number for the start, then one for each sojourn and one for each jump. */
export function walk(sampler: Sampler, walker: Walker, index: number, visit: Visit): void {
  const { starts, ends, initial, epochs, kind } = sampler;
  const { random, poll } = walker;
  const discrete = kind === "discrete";
  poll();
  selectStream(random, index);
  let vertex = drawAlias(initial, 0, uniform(random));
  let time = 0;
  let epoch = 0;
  while (vertex !== NO_VERTEX && ends[vertex] === 0) {
    poll();
    if (epoch + 1 < epochs.length && time >= starts[epoch + 1]) epoch++;
    const { scale, jumps } = epochs[epoch];
    const drawn = exponential(random) * scale[vertex];
    const left = time + (discrete ? Math.max(1, Math.ceil(drawn)) : drawn);
    const border = starts[epoch + 1];
    if (left > border) {
      // Memoryless: what is left of the sojourn is drawn anew with the rates of the next epoch.
      visit(vertex, time, border, epoch);
      time = border;
      continue;
    }
    visit(vertex, time, left, epoch);
    time = left;
    vertex = drawAlias(jumps, vertex, uniform(random));
  }
  walker.vertex = vertex;
  walker.time = time;
}
