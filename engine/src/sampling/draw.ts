/** Many samples: times and ends, rewards, whole paths, as typed arrays. */
import { InputError } from "../base/errors.js";
import { GrowableFloats, GrowableInts } from "../base/growable.js";
import { openRandomStream } from "../base/random.js";
import { NO_VERTEX } from "./chain.js";
import type { Sampler } from "./sampler.js";
import { createPoll, type Walker, walk } from "./walk.js";

/** Which samples: numbers first … first + count − 1 of a seed. Two batches of a seed are what one batch of both would be. */
export interface Draw {
  readonly seed: number;
  readonly count: number;
  /** Default 0. */
  readonly first?: number;
  /** Polled now and then; true makes the draw throw `InterruptedError`. */
  readonly interrupted?: () => boolean;
}

export interface SampledTimes {
  /** When each sample ended; whole steps in discrete time. */
  readonly times: Float64Array;
  /** The vertex that ended it, or `NO_VERTEX`. */
  readonly ends: Int32Array;
}

export interface SampledRewards extends SampledTimes {
  /** Sample × reward. */
  readonly rewards: Float64Array;
}

export interface SampledPaths {
  /** Entries of sample i are start[i] … start[i + 1] − 1; the last of them is where and when it ended. */
  readonly start: Int32Array;
  /** Vertices in the order in which they were entered; the last of a sample may be `NO_VERTEX`. */
  readonly vertices: Int32Array;
  /** When each was entered, from 0. A stay over several steps or epochs is one entry. */
  readonly times: Float64Array;
}

/** Absorption times. Throws `InputError`, `InterruptedError`. Cost: about 0.2 µs for each jump. */
export function sampleTimes(sampler: Sampler, draw: Draw): SampledTimes {
  const { times, ends, each } = open(draw, "sampling times");
  each((walker, index) => walk(sampler, walker, index, ignore));
  return { times, ends };
}

const ignore = (): void => {};

/**
 * Accumulated rewards, all of a sample from one path. `rewards` holds one matrix, reward × vertex, or one for each epoch;
 * in discrete time a reward is earned at every step. Throws `InputError`, `InterruptedError`.
 */
export function sampleRewards(sampler: Sampler, rewards: readonly Float64Array[], draw: Draw): SampledRewards {
  const { vertexCount } = sampler;
  const rewardCount = rewards.length === 0 ? 0 : rewards[0].length / vertexCount;
  if (
    (rewards.length !== 1 && rewards.length !== sampler.epochs.length) ||
    !Number.isInteger(rewardCount) ||
    rewards.some(({ length }) => length !== rewards[0].length)
  )
    throw new InputError(
      "bad-rewards",
      `Cannot sample rewards: they must be one matrix of reward × ${vertexCount} vertices, or one for each of ${sampler.epochs.length} epochs.`,
    );
  const { times, ends, each } = open(draw, "sampling rewards");
  const earned = new Float64Array(draw.count * rewardCount);
  let base = 0;
  const visit = (vertex: number, from: number, to: number, epoch: number): void => {
    const matrix = rewards.length === 1 ? rewards[0] : rewards[epoch];
    const stay = to - from;
    for (let q = 0; q < rewardCount; q++) earned[base + q] += matrix[q * vertexCount + vertex] * stay;
  };
  each((walker, index, i) => {
    base = i * rewardCount;
    walk(sampler, walker, index, visit);
  });
  return { times, ends, rewards: earned };
}

const ENTRIES_MAX = 2 ** 26;

/** Whole paths. Throws `InputError` when they would fill more than 2²⁶ entries, `InterruptedError`. */
export function samplePaths(sampler: Sampler, draw: Draw): SampledPaths {
  const { each } = open(draw, "sampling paths");
  const start = new Int32Array(draw.count + 1);
  const vertices = new GrowableInts();
  const times = new GrowableFloats();
  let done = 0;
  let last = NO_VERTEX;
  const enter = (vertex: number, time: number): void => {
    if (vertices.length >= ENTRIES_MAX)
      throw new InputError(
        "paths-too-long",
        `Cannot sample ${draw.count} paths: after ${done} of them they fill ${ENTRIES_MAX} entries.`,
      );
    vertices.push(vertex);
    times.push(time);
    last = vertex;
  };
  const visit = (vertex: number, from: number): void => {
    // The second piece of a stay over the start of an epoch: no jump enters the vertex that it leaves, and no sample
    // begins in a vertex that ended the one before.
    if (vertex !== last) enter(vertex, from);
  };
  each((walker, index, i) => {
    walk(sampler, walker, index, visit);
    enter(walker.vertex, walker.time);
    start[i + 1] = vertices.length;
    done = i + 1;
  });
  return { start, vertices: vertices.toArray(), times: times.toArray() };
}

/** More samples than this are refused. */
export const SAMPLES_MAX = 2 ** 28;

/** Checks a draw, and makes what all kinds of draws share. */
function open(draw: Draw, what: string) {
  const { seed, count, first = 0, interrupted } = draw;
  const whole = Number.isSafeInteger(count) && Number.isSafeInteger(first) && Number.isSafeInteger(first + count);
  if (!whole || count < 0 || count > SAMPLES_MAX || first < 0)
    throw new InputError(
      "bad-draw",
      `Cannot draw samples: count must be a whole number from 0 to ${SAMPLES_MAX} and first one from 0 on, and they are ${count} and ${first}.`,
    );
  const walker: Walker = { random: openRandomStream(seed), poll: createPoll(interrupted, what), vertex: 0, time: 0 };
  const times = new Float64Array(count);
  const ends = new Int32Array(count);
  const each = (one: (walker: Walker, index: number, i: number) => void): void => {
    for (let i = 0; i < count; i++) {
      one(walker, first + i, i);
      times[i] = walker.time;
      ends[i] = walker.vertex;
    }
  };
  return { times, ends, each };
}
