/**
 * Our side of a comparison: one process per backend and question, that talks like every peer (see peers/peer.h), so that
 * neither side has an advantage of warm caches, of an optimising compiler that saw other work, or of the clock.
 *
 * usage: ours.mjs '{ "task", "model", "choice", "folder", "cacheDirectory" }'
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PhaseType } from "@sojourn/engine";
import { build, type Choice, open, type Phases, phasesOf, type Summary, summaryOf } from "./backend.js";
import type { BenchModel } from "./models.js";
import { median } from "./statistics.js";

export type Task = "moments" | "density" | "likelihood" | "gradient";

interface Config {
  readonly task: Task;
  readonly model: BenchModel;
  readonly choice: Choice;
  readonly folder: string;
  readonly cacheDirectory: string;
}

/** What a task is to the conversation. */
interface Work {
  /** Numbers per theta. */
  readonly width: number;
  readonly laneWidth: number;
  /** Evaluates thetas `first` … `first + count − 1`. */
  run(first: number, count: number): Promise<void> | void;
  /** Seconds by phase of evaluating the first thetas once. */
  phases?(count: number): Readonly<Record<string, number>>;
}

const config: Config = JSON.parse(process.argv[2]);

function numbers(name: string): Float64Array {
  const bytes = readFileSync(join(config.folder, name));
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function momentsWork(summary: Summary, phases: Phases, thetas: Float64Array, results: Float64Array): Work {
  const d = summary.evaluator.dimension;
  const status = new Uint8Array(thetas.length / d);
  return {
    width: 2,
    laneWidth: summary.laneWidth,
    run: (first, count) =>
      summary.evaluator.evaluateInto(
        thetas.subarray(first * d, (first + count) * d),
        {},
        results.subarray(2 * first, 2 * (first + count)),
        status.subarray(0, count),
      ),
    phases: (count) => phases(thetas.subarray(0, count * d)),
  };
}

/** Questions that the handle is asked one θ at a time. */
function handleWork(task: Task, handle: PhaseType, thetas: Float64Array, results: Float64Array): Work {
  const d = handle.parameters.length;
  const ask = question(task, handle);
  const width = task === "density" ? numbers("times.f64").length : task === "gradient" ? 1 + d : 1;
  return {
    width,
    laneWidth: 1,
    async run(first, count) {
      for (let i = first; i < first + count; i++)
        results.set(await ask(Array.from(thetas.subarray(i * d, (i + 1) * d))), i * width);
    },
  };
}

function question(task: Task, handle: PhaseType): (theta: readonly number[]) => Promise<ArrayLike<number>> {
  if (task === "density") {
    const times = numbers("times.f64");
    return (theta) => handle.pdf(theta, times);
  }
  const data = numbers("observations.f64");
  if (task === "likelihood") return async (theta) => [await handle.logLikelihood(theta, data)];
  return async (theta) => {
    const { values, gradients } = await handle.evaluate({ quantity: "logLikelihood", data }, theta, { gradient: true });
    return [...values.row(0), ...gradients!.row(0)];
  };
}

function workOf(handle: PhaseType, thetas: Float64Array, results: Float64Array): Work {
  const { task, choice } = config;
  if (task !== "moments") return handleWork(task, handle, thetas, results);
  return momentsWork(summaryOf(handle, choice), phasesOf(handle, choice), thetas, results);
}

/** What passes are timed by, see peers/peer.h; threads are there to make the time that passes shorter. */
function spent({ threads }: Choice): number {
  if (process.env.BENCH_CLOCK !== "cpu" || threads > 1) return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

async function main(): Promise<void> {
  const { task, model, choice, cacheDirectory } = config;
  const engine = open(choice, cacheDirectory);
  const handle = await build(engine, model);
  const thetas = numbers("thetas.f64");
  const total = thetas.length / handle.parameters.length;
  const results = new Float64Array(total * Math.max(2, 1 + handle.parameters.length, task === "density" ? 100 : 0));
  const work = workOf(handle, thetas, results);

  const perPass = async (count: number, least: number): Promise<number> => {
    const [start, before] = [performance.now(), spent(choice)];
    let done = 0;
    do {
      await work.run(0, count);
      done++;
    } while (seconds(start) < least);
    return (spent(choice) - before) / done;
  };
  const answer = async (verb: string, words: readonly string[]): Promise<object> => {
    switch (verb) {
      case "batch":
        return { seconds: await perPass(Number(words[0]), Number(words[1])) };
      case "single": {
        const times: number[] = [];
        for (let i = 0; i < Number(words[0]); i++) {
          const start = performance.now();
          await work.run(i % total, 1);
          times.push(seconds(start));
        }
        return { seconds: median(times) };
      }
      case "phases":
        return work.phases?.(Number(words[0])) ?? {};
      case "write": {
        const all = results.subarray(0, total * work.width);
        writeFileSync(words.join(" "), Buffer.from(all.buffer, 0, all.byteLength));
        return {};
      }
      default:
        throw new RangeError(`unknown request ${verb}`);
    }
  };

  const { vertices, edges } = handle;
  process.stdout.write(`${JSON.stringify({ version: engine.version, lanes: work.laneWidth, vertices, edges })}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, ...words] = line.split(" ");
    process.stdout.write(`${JSON.stringify(await answer(verb, words))}\n`);
  }
  await engine.close();
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
