/** Exact draws from a handle: times, rewards and paths at one θ, also over epochs or given where they end. */
import { InputError } from "../base/errors.js";
import { nameText, valueText } from "../base/words.js";
import { DISPLAY, type Displayable, escapeText } from "../display/mime.js";
import { epochChains } from "../evaluator/reference/chains.js";
import { conditionChain } from "../sampling/condition.js";
import {
  type Draw,
  SAMPLES_MAX,
  type SampledPaths,
  samplePaths,
  sampleRewards,
  sampleTimes,
} from "../sampling/draw.js";
import { createSampler, type Sampler, type SamplingEpoch } from "../sampling/sampler.js";
import { stopChain } from "../sampling/stop.js";
import type { Asker } from "./ask.js";
import { readVertices, type Vertex } from "./question.js";
import { laneError } from "./result.js";
import { readOptions } from "./signatures.js";
import type { Lanes } from "./theta.js";

export interface PathOptions {
  /** Default 1. The same seed gives the same draws, in any order and any batches. */
  readonly seed?: number;
  /** Number of the first sample: two batches of a seed are what one batch of both would be. */
  readonly first?: number;
  /** Vertices, by id or state vector, that end a sample. */
  readonly until?: readonly Vertex[];
  /** Absorbing vertices: samples given that they end in one of them. */
  readonly given?: readonly Vertex[];
}

export interface SampleOptions<R extends string = string> extends PathOptions {
  /** Rewards to accumulate along each sample. */
  readonly rewards?: readonly R[];
}

export interface Sample extends Displayable {
  readonly times: Float64Array;
  /** Vertex in which each sample ended, −1 when it was absorbed in none. */
  readonly ends: Int32Array;
  /** One array per reward asked for. */
  readonly rewards: Readonly<Record<string, Float64Array>>;
}

/** Entries of sample i are start[i] … start[i + 1] − 1; the last is where and when it ended. */
export type SampledPathsOf = SampledPaths & Displayable;

export async function sampleFrom(
  asker: Asker,
  lanes: Lanes,
  count: unknown,
  given: unknown,
  interrupted: () => boolean,
): Promise<Sample> {
  const { graph } = asker.model;
  const options = readOptions(`sample ${graph.name}`, given, [...OPTIONS, "rewards"]) as SampleOptions;
  const { rewards: names = [], ...more } = options;
  if (!Array.isArray(names))
    throw new InputError(
      "bad-option",
      `Cannot sample ${graph.name}: rewards must be a list of names and is ${valueText(names)}.`,
    );
  const unknown = names.find((name) => !graph.rewardNames.includes(name));
  if (unknown !== undefined)
    throw new InputError(
      "unknown-reward",
      `Cannot sample ${graph.name}: it has no reward ${nameText(unknown)}; its rewards are ${graph.rewardNames.join(", ") || "none"}.`,
    );
  const { sampler, draw, rewardsOf } = await prepare(asker, lanes, count, more, interrupted);
  const drawn =
    names.length === 0
      ? { ...sampleTimes(sampler, draw), rewards: new Float64Array(0) }
      : sampleRewards(sampler, rewardsOf(names), draw);
  const { times, ends } = drawn;
  const rewards = Object.fromEntries(
    names.map((name, q) => [name, times.map((_, i) => drawn.rewards[i * names.length + q])]),
  );
  const mean = times.reduce((a, b) => a + b, 0) / Math.max(1, times.length);
  const text = `${times.length} samples of ${graph.name}, mean time ${mean.toPrecision(6)}`;
  return { times, ends, rewards, ...shown(text) };
}

export async function pathsFrom(
  asker: Asker,
  lanes: Lanes,
  count: unknown,
  given: unknown,
  interrupted: () => boolean,
): Promise<SampledPathsOf> {
  const options = readOptions(`sample paths of ${asker.model.graph.name}`, given, OPTIONS) as PathOptions;
  const { sampler, draw } = await prepare(asker, lanes, count, options, interrupted);
  const paths = samplePaths(sampler, draw);
  return { ...paths, ...shown(`${draw.count} paths of ${asker.model.graph.name}, ${paths.vertices.length} entries`) };
}

const shown = (text: string) => ({
  toString: () => text,
  [DISPLAY]: () => ({ "text/plain": text, "text/html": `<p>${escapeText(text)}</p>` }),
  [Symbol.for("nodejs.util.inspect.custom")]: () => text,
});

const OPTIONS: readonly string[] = ["seed", "first", "until", "given"];

async function prepare(
  asker: Asker,
  lanes: Lanes,
  count: unknown,
  options: PathOptions,
  interrupted: () => boolean,
): Promise<{ sampler: Sampler; draw: Draw; rewardsOf: (names: readonly string[]) => Float64Array[] }> {
  const { graph, trace } = asker.model;
  const refuse = (code: string, what: string): never => {
    throw new InputError(code, `Cannot sample ${graph.name}: ${what}.`);
  };
  if (!lanes.single) refuse("bad-theta", "one θ is needed, not a batch");
  const { seed = 1, first = 0, until, given } = options;
  const whole = (what: string, value: unknown, from: number, to: number): number =>
    Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to
      ? (value as number)
      : refuse("bad-draw", `${what} must be a whole number from ${from} to ${to} and is ${valueText(value)}`);
  if (!Number.isSafeInteger(seed)) refuse("bad-option", `seed must be a whole number and is ${valueText(seed)}`);
  const samples = whole("the number of samples", count, 0, SAMPLES_MAX);
  const draw = {
    seed,
    first: whole("first", first, 0, Number.MAX_SAFE_INTEGER - samples),
    count: samples,
    interrupted,
  };
  const vertices = (field: string, list: unknown): number[] =>
    readVertices(graph, field, list, (what) => refuse("bad-vertex", what));
  const lane = epochChains(graph, trace, asker.schedule, lanes.thetas);
  if ("status" in lane) throw laneError(`samples of ${graph.name}`, lane);
  let epochs: SamplingEpoch[] = [...lane.epochs];
  if (until !== undefined) {
    const stops = vertices("until", until);
    epochs = epochs.map(({ start, chain }) => ({ start, chain: stopChain(chain, stops) }));
  }
  if (given !== undefined) {
    if (asker.schedule)
      refuse("not-available", "a condition on where absorption happens is not available for a model with epochs");
    const wanted = vertices("given", given);
    const h = new Float64Array(graph.vertexCount);
    const answer = await asker.ask({ quantity: "visits", ...(until && { until }) }, lanes);
    if (!wanted.some((v) => answer.numbers[v] > 0))
      throw laneError(`samples of ${graph.name}`, { status: "impossible" });
    h.set(lane.endingIn(new Set(wanted), until ? new Set(vertices("until", until)) : new Set()));
    epochs = epochs.map(({ start, chain }) => ({ start, chain: conditionChain(chain, h) }));
  }
  return { sampler: createSampler(epochs), draw, rewardsOf: lane.rewardsOf };
}
