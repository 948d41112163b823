/**
 * What the caches cost and save: `npm run bench -- caches`. Every figure is the median of rounds in one process, or of
 * processes where a second session is meant; with `--peers` beside phasic's caches on the same models.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { meanVarianceProgram, openEngine } from "@sojourn/engine";
import { openStore } from "@sojourn/engine/cache";
import type { Context } from "./contender.js";
import { noPeers, preparePeers, type Run } from "./environment.js";
import { thisMachine } from "./machine.js";
import { writeMillion } from "./million.js";
import { type BenchModel, isolation, thetas, twoLocus } from "./models.js";
import { writeNeutral } from "./neutral.js";

const execute = promisify(execFile);

export interface CacheOptions {
  readonly quick: boolean;
  readonly peers: boolean;
  readonly json?: string;
  readonly write: boolean;
}

interface Figure {
  readonly name: string;
  readonly goal: string;
  readonly milliseconds: number;
  readonly met: boolean;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

async function timed(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let r = 0; r < rounds; r++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}

const rule = {
  name: "chain",
  parameters: ["rate"],
  inputs: { n: 20 },
  initial: ({ n }: { n: number }) => [n],
  transitions: ([k]: readonly number[], { rate }: { rate: { times(x: number): never } }) =>
    k > 1 ? [{ to: [k - 1], rate: rate.times((k * (k - 1)) / 2) }] : [],
};

/** Figures of one store and one engine. */
async function figures(folder: string, quick: boolean): Promise<Figure[]> {
  const found: Figure[] = [];
  const add = (name: string, goal: string, milliseconds: number, most: number): void => {
    found.push({ name, goal, milliseconds, met: milliseconds <= most });
  };
  const rounds = quick ? 5 : 60;

  const engine = openEngine({ cacheDirectory: join(folder, "engine") });
  const model = engine.defineModel(rule as never);
  await model.build();
  const inner = 1000;
  const square = engine.cached((x: number) => x * x, { key: () => 1 });
  await square(2);
  add("a build of an unchanged rule, from memory", "≤ 3 ms", await timed(rounds, () => model.build()), 3);
  add("a cached function that hits in memory", "–", await timed(rounds, () => square(2)), Infinity);

  const store = openStore({ directory: join(folder, "store"), config: "" });
  store.memory.keep("graph", "00".repeat(32), { value: {}, bytes: 1, costMs: 1 });
  const key = "00".repeat(32);
  const hits = await timed(rounds, () => {
    for (let i = 0; i < inner; i++) store.memory.get("graph", key);
  });
  add("a memory hit by key", "≤ 20 µs", hits / inner, 0.02);

  const bytes = new Float64Array(2 ** 17).map((_, i) => Math.sin(i));
  const entry = Buffer.alloc(32, 7);
  store.put(
    { kind: "value", key: entry, producer: "bench", components: {}, createdMs: 1, costMs: 1 },
    { attributes: {}, arrays: { bytes } },
  );
  await store.drain(10_000);
  add("a private hit of an entry of 1 MB", "≤ 2 ms", await timed(rounds, () => store.get("value", entry)), 2);
  await store.drain(10_000);

  for (const [name, family, inputs] of [
    ["two-locus 6", "two-locus-arg", { n: 6 }],
    ["isolation with migration (6,6)", "isolation-with-migration", { n1: 6, n2: 6 }],
  ] as const) {
    // paired: the same model without caches and on an empty one, in turn
    const [without, missed]: number[][] = [[], []];
    for (let r = 0; r < (quick ? 2 : 15); r++)
      for (const cached of r % 2 === 0 ? [false, true] : [true, false]) {
        const directory = mkdtempSync(join(folder, "miss-"));
        const own = openEngine({ cacheDirectory: directory });
        const start = performance.now();
        await own.families[family].build(inputs as never, { cache: cached });
        (cached ? missed : without).push(performance.now() - start);
        await own.close();
        rmSync(directory, { recursive: true });
      }
    const overhead = median(missed.map((time, i) => time / without[i] - 1));
    found.push({
      name: `a miss beside no cache at all, ${name} (${median(without).toFixed(0)} ms): overhead, %`,
      goal: "≤ 5 %",
      milliseconds: 100 * overhead,
      met: overhead <= 0.05,
    });
  }

  const million = join(folder, "million");
  writeMillion(million, quick ? 20_000 : 1_000_000);
  const status = async () => {
    const fresh = openStore({ directory: million, config: "" });
    return timed(1, () => fresh.status());
  };
  const times: number[] = [];
  for (let r = 0; r < (quick ? 2 : 7); r++) times.push(await status());
  add("status over 1,000,000 entries, a new process's first", "≤ 200 ms", median(times), 200);
  const large = openStore({ directory: million, config: "" });
  const first = await timed(1, () => large.list({ limit: 50 }));
  add("the first page of a list of them, read from the disk", "–", first, Infinity);
  const pages = await timed(rounds, () => large.list({ limit: 50, offset: 50 }));
  add("a page of a list of them", "≤ 50 ms", pages, 50);
  rmSync(million, { recursive: true });
  await engine.close();
  return found;
}

interface Second {
  readonly model: string;
  readonly missMs: number;
  readonly hitMs: number;
  /** With the mean at one θ. */
  readonly meanMs: number;
  readonly bytes: number;
  readonly phasic?: { readonly missMs: number; readonly hitMs: number; readonly bytes: number };
}

const SCRIPT = `
import { openEngine } from "@sojourn/engine";
const [family, inputs, directory, thetas] = JSON.parse(process.argv[1]);
const engine = openEngine({ cacheDirectory: directory, threads: 1 });
const start = performance.now();
const ph = await engine.families[family].build(inputs);
const built = performance.now() - start;
const mean = await ph.mean(thetas);
const milliseconds = performance.now() - start;
await engine.close();
console.log(JSON.stringify({ built, milliseconds, mean }));`;

/** From the first line of a model to its mean at one θ, in processes of their own: the first finds nothing, the others everything. */
async function secondProcess(root: string, folder: string, model: BenchModel, quick: boolean): Promise<Second> {
  const directory = mkdtempSync(join(folder, "second-"));
  const engine = openEngine({ cacheDirectory: join(folder, "models") });
  const handle = await engine.families[model.family as "coalescent"].build(model.inputs as never);
  const theta = [...thetas(1, handle.parameters.length, 3)];
  const words = JSON.stringify([model.family, model.inputs, directory, theta]);
  const once = async (): Promise<{ built: number; milliseconds: number; mean: number }> => {
    const { stdout } = await execute(process.execPath, ["--input-type=module", "-e", SCRIPT, words], { cwd: root });
    return JSON.parse(stdout);
  };
  const first = await once();
  const hits: { built: number; milliseconds: number }[] = [];
  for (let r = 0; r < (quick ? 2 : 7); r++) hits.push(await once());
  await engine.close();
  const bytes = readdirSync(join(directory, "v1"), { recursive: true })
    .map((name) => join(directory, "v1", String(name)))
    .filter((path) => path.endsWith(".sjn") && !path.includes("ledger"))
    .reduce((sum, path) => sum + statSync(path).size, 0);
  const hitMs = median(hits.map(({ built }) => built));
  const meanMs = median(hits.map(({ milliseconds }) => milliseconds));
  return { model: model.name, missMs: first.built, hitMs, meanMs, bytes };
}

async function phasicSecond(
  root: string,
  python: string,
  folder: string,
  model: BenchModel,
): Promise<NonNullable<Second["phasic"]>> {
  const engine = openEngine({ cacheDirectory: join(folder, "models") });
  const handle = await engine.families[model.family as "coalescent"].build(model.inputs as never);
  const place = join(folder, `neutral-${model.name}`);
  writeNeutral(place, handle.graph, handle.trace, { thetas: thetas(1, handle.parameters.length, 3) });
  await engine.close();
  const home = mkdtempSync(join(folder, "phasic-"));
  const env = {
    ...process.env,
    HOME: home,
    PHASIC_CACHE_DIR: join(home, ".phasic_cache"),
    PHASIC_REWARD_COMPUTE_CACHE: "1",
  };
  const script = join(root, "test", "bench", "peers", "phasic_cache.py");
  const once = async (): Promise<{ build: number; eliminate: number; bytes: number }> => {
    const { stdout } = await execute(python, [script, place], { env, maxBuffer: 2 ** 26 });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  };
  const miss = await once();
  const again = [await once(), await once(), await once()];
  const total = ({ build, eliminate }: { build: number; eliminate: number }): number => 1000 * (build + eliminate);
  const { bytes } = again[0];
  rmSync(home, { recursive: true });
  return { missMs: total(miss), hitMs: median(again.map(total)), bytes };
}

interface Workflow {
  readonly caches: string;
  readonly milliseconds: number;
}

/** Ten notebooks' worth of work: a model is built, and asked for mean and variance at 10,000 θ in batches of 100. */
async function workflow(folder: string, quick: boolean): Promise<Workflow[]> {
  const rows: Workflow[] = [];
  const directory = mkdtempSync(join(folder, "workflow-"));
  const batches = quick ? 10 : 100;
  const ways = [
    { caches: "none", build: false as const, cache: { memoryBytes: 0, minCostMs: Infinity, minCompileMs: Infinity } },
    { caches: "graphs and traces", build: true as const, cache: { memoryBytes: 0, minCompileMs: Infinity } },
    { caches: "evaluators too", build: true as const, cache: { memoryBytes: 0 } },
  ];
  // fills both
  for (const fill of [true, false])
    for (const { caches, build, cache } of ways) {
      const settings = fill ? {} : cache;
      const start = performance.now();
      for (let session = 0; session < 10; session++) {
        const engine = openEngine({
          cacheDirectory: directory,
          cache: { minCompileMs: 0, ...settings },
          threads: 1,
        });
        const ph = await engine.families["two-locus-arg"].build({ n: 5 } as never, { cache: build });
        const evaluator = ph.evaluator(meanVarianceProgram("continuous"));
        const out = new Float64Array(200);
        const status = new Uint8Array(100);
        const all = thetas(100 * (batches / 10), evaluator.dimension, 3);
        for (let b = 0; b < batches / 10; b++)
          evaluator.evaluateInto(
            all.subarray(b * 100 * evaluator.dimension, (b + 1) * 100 * evaluator.dimension),
            {},
            out,
            status,
          );
        await engine.close();
      }
      if (!fill) rows.push({ caches, milliseconds: performance.now() - start });
    }
  return rows;
}

/** Answers whether every goal was met. */
export async function cachesMain(
  context: Context,
  run: Run,
  folders: { readonly folder: string; readonly runFolder: string },
  options: CacheOptions,
): Promise<boolean> {
  const { quick } = options;
  const work = mkdtempSync(join(folders.runFolder, "caches-"));
  mkdirSync(work, { recursive: true });
  const peers = options.peers ? await preparePeers(context, run, folders.folder) : noPeers();
  context.say("figures");
  const one = await figures(work, quick);
  const second: Second[] = [];
  for (const model of quick ? [twoLocus(3)] : [twoLocus(5), twoLocus(7), isolation(5, 5)]) {
    context.say(`second process: ${model.name}`);
    const mine = await secondProcess(context.root, work, model, quick);
    const theirs =
      peers.phasic.is === "there" ? await phasicSecond(context.root, peers.phasic.use, work, model) : undefined;
    second.push({ ...mine, ...(theirs && { phasic: theirs }) });
  }
  context.say("workflow");
  const flow = await workflow(work, quick);
  const text = markdown(one, second, flow, quick);
  process.stdout.write(`${text}\n`);
  const report = {
    format: "sojourn-bench-caches/1",
    date: new Date().toISOString(),
    quick,
    figures: one,
    second,
    workflow: flow,
  };
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(report, null, 2));
  if (options.write) writeFileSync(join(context.root, "docs", "benchmarks-caches.md"), `${text}\n`);
  const goals = second.flatMap(({ hitMs, bytes, phasic }) =>
    phasic ? [phasic.hitMs / hitMs >= 50, phasic.bytes / bytes >= 200] : [],
  );
  return one.every(({ met }) => met) && goals.every(Boolean);
}

function markdown(
  one: readonly Figure[],
  second: readonly Second[],
  flow: readonly Workflow[],
  quick: boolean,
): string {
  const { cpu, cores, memoryGiB, node } = thisMachine();
  const milli = (value: number): string =>
    value < 0.1 ? `${(1000 * value).toPrecision(2)} µs` : `${Number(value.toPrecision(3))} ms`;
  const size = (bytes: number): string =>
    bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const rows = one.map(({ name, goal, milliseconds, met }) => {
    const value = name.endsWith("%") ? `${milliseconds.toFixed(1)} %` : milli(milliseconds);
    return `| ${name} | ${goal} | ${value} | ${goal === "–" ? "" : met ? "yes" : "**no**"} |`;
  });
  const seconds = second.map(({ model, missMs, hitMs, meanMs, bytes, phasic }) => {
    const theirs = phasic
      ? `${milli(phasic.missMs)} | ${milli(phasic.hitMs)} | ${size(phasic.bytes)} | ${(phasic.hitMs / hitMs).toFixed(1)} × | ${(phasic.bytes / bytes).toFixed(0)} ×`
      : "– | – | – | – | –";
    return `| ${model} | ${milli(missMs)} | ${milli(hitMs)} | ${milli(meanMs)} | ${size(bytes)} | ${theirs} |`;
  });
  const flows = flow.map(
    ({ caches, milliseconds }) =>
      `| ${caches} | ${milli(milliseconds)} | ${(flow[0].milliseconds / milliseconds).toFixed(2)} × |`,
  );
  return `# Benchmarks of the caches

Written by \`npm run bench -- caches --peers --write\`${quick ? " (--quick: whether it works, not how fast)" : ""}. ${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}.

| figure | goal | measured | met |
| --- | --- | --- | --- |
${rows.join("\n")}

## A second session

State space and elimination in a process of its own, without the start of Node or Python; then with the mean at one θ, which phasic's times have in
them. phasic builds its graph from raw arrays, which is faster than by its callbacks, and finds its elimination in its cache
(\`PHASIC_REWARD_COMPUTE_CACHE=1\`). Goals: a hit ≥ 50 × as fast, entries ≥ 200 × smaller.

| model | ours, miss | ours, hit | with the mean | ours, bytes | phasic, miss | phasic, hit | phasic, bytes | faster on a hit | smaller |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${seconds.join("\n")}

## Ten thousand evaluations

Ten sessions, each of which builds two-locus 5 and asks for mean and variance at 1,000 θ.

| caches | ten sessions | |
| --- | --- | --- |
${flows.join("\n")}
`;
}
