/**
 * From nothing to an answer, in a process of its own with an empty cache: seconds since the process began, and the most
 * memory that it held.
 *
 * usage: scratch.mjs '{ "task", "size", "choice", "cacheDirectory" }'
 */
import type { PhaseType } from "@sojourn/engine";
import { build, type Choice, open, summaryOf } from "./backend.js";
import { type BenchModel, rabbits } from "./models.js";

export interface Scratch {
  readonly task: "rabbits" | "spectrum";
  readonly size: number;
  readonly choice: Choice;
  readonly cacheDirectory: string;
}

export interface ScratchResult {
  readonly vertices: number;
  readonly edges: number;
  /** Seconds since the process began, start of Node included. */
  readonly seconds: number;
  readonly exploreSeconds: number;
  readonly traceSeconds: number;
  readonly evaluateSeconds: number;
  readonly peakMiB: number;
  /** Mean and variance, or the total of the spectrum: to be compared between runs and backends. */
  readonly numbers: readonly number[];
}

function meanAndVariance(handle: PhaseType, choice: Choice): number[] {
  const out = new Float64Array(2);
  summaryOf(handle, choice).evaluator.evaluateInto(Float64Array.of(1, 2, 4), {}, out, new Uint8Array(1));
  return [...out];
}

/**
 * Expected length of branches by numbers of descendants in both samples, over an epoch with migration and the ancestral
 * one before it: the expected time in every state, times every reward.
 */
async function spectrum(handle: PhaseType): Promise<number[]> {
  const epochs = handle.epochs([
    { start: 0, theta: { c1: 1, c2: 0.5, c12: 0, m12: 0.3, m21: 0.5 } },
    { start: 3, theta: { c1: 1, c2: 1, c12: 1, m12: 0, m21: 0 } },
  ]);
  const sojourn = await epochs.sojourn(undefined);
  const { rewards, rewardNames, vertexCount } = handle.graph;
  return rewardNames.map((_, r) => {
    let sum = 0;
    for (let v = 0; v < vertexCount; v++) sum += rewards[r * vertexCount + v] * sojourn[v];
    return sum;
  });
}

const { task, size, choice, cacheDirectory }: Scratch = JSON.parse(process.argv[2]);
const model: BenchModel =
  task === "rabbits"
    ? rabbits(size)
    : { name: "spectrum", family: "isolation-with-migration-jsfs", inputs: { n1: size, n2: size } };
const engine = open(choice, cacheDirectory);
const handle = await build(engine, model);
const evaluated = performance.now();
const numbers = task === "rabbits" ? meanAndVariance(handle, choice) : await spectrum(handle);
const result: ScratchResult = {
  vertices: handle.vertices,
  edges: handle.edges,
  seconds: performance.now() / 1000,
  exploreSeconds: handle.caches.graph.milliseconds / 1000,
  traceSeconds: handle.caches.trace.milliseconds / 1000,
  evaluateSeconds: (performance.now() - evaluated) / 1000,
  peakMiB: process.resourceUsage().maxRSS / 1024,
  numbers,
};
await engine.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
