/** What an engine does with its caches: where hits come from, what a miss says, what is kept and what is not. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type EngineEvent, openEngine } from "@sojourn/engine";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const chain = (factor = 1) => ({
  name: "chain",
  parameters: ["rate"],
  inputs: { n: 3, label: "a" },
  initial: ({ n }: { n: number; label: string }) => [n],
  transitions: ([k]: readonly number[], { rate }: { rate: { times(x: number): never } }) =>
    k > 0 ? [{ to: [k - 1], rate: rate.times(factor * k) }] : [],
});

type Lookup = Extract<EngineEvent, { type: "lookup" }>;

function open(cacheDirectory: string, cache = {}) {
  const events: EngineEvent[] = [];
  const engine = openEngine({ cacheDirectory, cache, onEvent: (event) => events.push(event) });
  const lookups = (kind: string): string[] =>
    events
      .filter((event): event is Lookup => event.type === "lookup" && event.kind === kind)
      .map(({ outcome, layer }) => (layer ? `${outcome} ${layer}` : outcome));
  return { engine, events, lookups };
}

describe("an engine", () => {
  it("finds in memory what it has built, and on the disk what another one has", async () => {
    const directory = temporaryFolder("layers");
    const first = open(directory);
    const model = first.engine.defineModel(chain());
    const { caches, graph } = await model.build();
    expect(caches.graph).toMatchObject({ outcome: "miss", key: model.key() });
    expect((await model.build()).caches).toMatchObject({
      graph: { outcome: "hit", layer: "memory" },
      trace: { outcome: "hit", layer: "memory" },
    });
    expect(await (await model.build()).mean(2)).toBe((1 + 1 / 2 + 1 / 3) / 2);
    await first.engine.close();
    const second = open(directory);
    const again = await second.engine.defineModel(chain()).build();
    expect(again.caches).toMatchObject({ graph: { layer: "private" }, trace: { layer: "private" } });
    expect(again.graph).toEqual(graph);
    expect(await again.mean(2)).toBe((1 + 1 / 2 + 1 / 3) / 2);
    await second.engine.close();
  });

  it("keeps apart what it shows of a model and what others are served", async () => {
    const { engine } = open(temporaryFolder("apart"));
    const model = engine.defineModel(chain());
    const { graph, trace } = await model.build();
    graph.coefficients.fill(1e9);
    trace.order.fill(0);
    expect(await (await model.build()).mean(2)).toBe((1 + 1 / 2 + 1 / 3) / 2);
    await engine.close();
  });

  it("says what changed since the look-up before, and looks for it among what is stored", async () => {
    const directory = temporaryFolder("explain");
    const first = open(directory);
    await first.engine.defineModel(chain()).build();
    const changed = await first.engine.defineModel(chain()).build({ n: 5 });
    expect(changed.caches.graph.reason).toBe("not in the cache: inputs.n was 3, is 5");
    const captured = await first.engine.defineModel(chain(7)).build({ n: 5 });
    expect(captured.caches.graph.reason).toBe("not in the cache: factor was 1, is 7");
    await first.engine.close();

    const { engine } = open(directory);
    const model = engine.defineModel(chain());
    expect(await model.explain({ n: 5 })).toMatchObject({ layer: "private", differences: [] });
    const other = await model.explain({ n: 4, label: "b" });
    expect(other.layer).toBeUndefined();
    expect(other.differences.map(({ component }) => component).sort()).toEqual(["inputs.label", "inputs.n"]);
    expect(other.text).toMatch(/^The graph of chain is not in the cache; compared with the one made \d+ s ago: inputs/);
    expect((await engine.defineModel({ ...chain(), name: "other" }).explain({ n: 99 })).text).toBe(
      "The graph of other is not in the cache, and no other graph of this model is.",
    );
    const random = engine.defineModel({ ...chain(), transitions: () => (Math.random() < 2 ? [] : []) });
    expect((await random.explain()).text).toContain("never cached: transitions uses Math.random");
    await engine.close();
  });

  it("does not compile again what it or another one has compiled, when that took long enough", async () => {
    const directory = temporaryFolder("evaluators");
    const theta = Float64Array.of(1, 2);
    const values = [];
    const seen = [];
    for (const minCompileMs of [0, 0]) {
      const { engine, lookups } = open(directory, { minCompileMs });
      const handle = await engine.defineModel(chain()).build();
      values.push(await handle.meanVariance([[theta[0]], [theta[1]], [3]]));
      await engine.close();
      seen.push(lookups("evaluator"));
    }
    expect(seen).toEqual([["miss"], ["hit private"]]);
    expect(values[1]).toEqual(values[0]);
    const kept = (folder: string): string[] => readdirSync(join(folder, "v1")).sort();
    expect(kept(directory)).toEqual(["evaluator", "graph", "ledger", "trace"]);
    const choosy = temporaryFolder("choosy");
    const { engine } = open(choosy, { minCompileMs: 1e6, minCostMs: 1e6 });
    await (await engine.defineModel(chain()).build()).mean(1);
    await engine.close();
    expect(kept(choosy)).toEqual(["ledger"]);
  });

  it("counts over sessions what was looked up, made and saved", async () => {
    const directory = temporaryFolder("counters");
    for (let session = 0; session < 3; session++) {
      const { engine } = open(directory);
      await engine.defineModel(chain()).build();
      await engine.close();
    }
    const { engine } = open(directory);
    const status = await engine.cache.status();
    expect(status.statistics[0]).toMatchObject({ kind: "graph", hits: 2, misses: 1, made: 1, byLayer: { private: 2 } });
    expect(status.layers.map(({ layer }) => layer)).toEqual(["memory", "private"]);
    expect(status.kinds.map(({ entries }) => entries).slice(0, 2)).toEqual([1, 1]);
    expect(String(status)).toContain("graph: 2 hits, 1 misses");
    await engine.close();
  });
});

describe("a profile", () => {
  it("says where the time of the last calls went, as a table and as a timeline", async () => {
    const { engine } = open(temporaryFolder("profile"), { minCompileMs: 0 });
    const handle = await engine.defineModel(chain()).build();
    await handle.meanVariance([[1], [2], [3]]);
    await handle.pdf(1, [0.5]);
    const { spans, totals } = engine.profile();
    expect(spans.map(({ kind }) => kind).filter((kind) => kind !== "cache write")).toEqual([
      "cache read",
      "graph",
      "cache read",
      "trace",
      "cache read",
      "compile",
      "evaluate",
      "evaluate",
    ]);
    expect(spans.at(-1)).toMatchObject({ model: "chain", detail: "pdf" });
    expect(
      spans.every(({ start, milliseconds }, i) => milliseconds >= 0 && start >= (spans[i - 1]?.start ?? 0) - 50),
    ).toBe(true);
    expect(totals.evaluate.count).toBe(2);
    const shown = engine.profile({ reset: true });
    expect(String(shown)).toMatch(/^graph +1 +[\d.]+ (µs|ms)\n/);
    const bundle = (shown as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]();
    expect(bundle["image/svg+xml"].match(/<rect /g)).toHaveLength(1 + shown.spans.length);
    expect(bundle["text/html"]).toContain("cache read: 3".slice(0, 10));
    expect(engine.profile().spans).toEqual([]);
    await engine.close();
  });
});

describe("SOJOURN_LOG=cache", () => {
  it("says on standard error why an entry was or was not read or written", () => {
    const script = `
      import { openEngine } from ${JSON.stringify(join(process.cwd(), "engine/dist/index.js"))};
      const engine = openEngine();
      await engine.families.coalescent.build({ n: 4 });
      await engine.families.coalescent.build({ n: 4 });
      await engine.families.coalescent.build({ n: 5 });
      await engine.close();`;
    const run = (log: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        encoding: "utf8",
        env: { ...process.env, SOJOURN_CACHE_DIR: temporaryFolder("log"), SOJOURN_LOG: log },
      }).stderr;
    const lines = run("cache").split("\n");
    expect(lines[0]).toMatch(/^sojourn: graph of coalescent \([0-9a-f]{12}\): miss: not in the cache, [\d.]+ ms$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^sojourn: graph of coalescent .*: hit in memory, .* saved -?[\d.]+ ms$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/miss: not in the cache: inputs\.n was 4, is 5/));
    expect(lines).toContainEqual(expect.stringMatching(/^sojourn: trace written, [\d.]+ kB$/));
    expect(run("off")).toBe("");
  });
});

describe("the verbs", () => {
  it("list, show, pin, remove and clear", async () => {
    const { engine } = open(temporaryFolder("verbs"));
    const { cache } = engine;
    const model = engine.defineModel(chain());
    for (const n of [2, 3, 4]) await model.build({ n });
    await engine.prewarm({ models: [] });
    await expect.poll(async () => (await cache.list()).total).toBe(6);
    const { entries } = await cache.list({ kinds: ["graph"], sort: "bytes", filter: "CHAIN" });
    expect(entries.map(({ bytes }) => bytes)).toEqual(entries.map(({ bytes }) => bytes).sort((a, b) => b - a));
    expect((await cache.list({ limit: 2, offset: 4 })).entries).toHaveLength(2);

    const key = model.key({ n: 3 });
    const shown = await cache.show(key.slice(0, 12));
    expect(shown).toMatchObject({ key, kind: "graph", details: { "inputs.n": "3", "captures.factor": "1" } });
    await cache.pin(key);
    expect((await cache.vacuum({ kinds: ["graph"], dryRun: true })).entries).toBe(2);
    expect(await cache.vacuum({ kinds: ["graph"] })).toMatchObject({ entries: 2, found: 0, missing: 0 });
    expect((await model.explain({ n: 4 })).layer).toBeUndefined();
    expect((await model.explain({ n: 3 })).layer).toBe("memory");
    expect((await cache.list({ kinds: ["graph"] })).entries).toMatchObject([{ key, pinned: true }]);
    expect((await cache.unpin(key)).pinned).toBe(false);
    await cache.remove(key);
    expect((await model.explain({ n: 3 })).layer).toBeUndefined();
    expect((await cache.clear()).entries).toBe(3);
    expect((await cache.list()).total).toBe(0);
    expect((await cache.status()).evictions.map(({ cause }) => cause)).toEqual([
      "asked for",
      "asked for",
      "removed by hand",
    ]);
    await engine.close();
  });

  it.each([
    ["xyz", "bad-key"],
    ["abc", "bad-key"],
    [undefined, "bad-key"],
    ["0123456789", "unknown-key"],
  ])("refuse the key %j", async (key, code) => {
    const { engine } = open(temporaryFolder("keys"));
    await expect(engine.cache.show(key as string)).rejects.toMatchObject({ code });
    await engine.close();
  });

  it("keep the layer below its cap", async () => {
    const { engine } = open(temporaryFolder("caps"), { capBytes: 20_000, graceMs: 0, eviction: "lru" });
    const model = engine.defineModel(chain());
    for (let n = 1; n <= 20; n++) await model.build({ n });
    await engine.close();
    const status = await engine.cache.status();
    const held = status.kinds.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(held).toBeLessThanOrEqual(20_000);
    expect(held).toBeGreaterThan(5_000);
    expect(status.evictions[0].cause).toBe("the layer is over its cap of 20.0 kB");
    expect(status.statistics[0].evicted).toBeGreaterThan(5);
  });
});

describe("prewarming", () => {
  it("makes what is missing, passes over what is there, and goes on after a fault", async () => {
    const directory = temporaryFolder("prewarm");
    const first = open(directory, { minCompileMs: 0 });
    const spec = (engine: typeof first.engine) => ({
      models: [
        {
          model: engine.defineModel(chain()),
          inputs: { n: [2, 3], label: ["a", "b"] },
          questions: ["meanVariance", "logLikelihood", { quantity: "moments", order: 3 }] as const,
          gradients: true,
          batches: [1, 100],
        },
        { model: "erlang", inputs: { k: [3, -1] } },
      ],
    });
    expect(await first.engine.estimatePrewarm(spec(first.engine))).toMatchObject({ warm: 0, cold: 5, unknown: 5 });
    const progress: string[] = [];
    const result = await first.engine.prewarm(spec(first.engine), {
      onProgress: ({ done, total, item }) => progress.push(`${done}/${total} ${item.outcome}`),
    });
    expect(progress).toEqual(["1/6 made", "2/6 made", "3/6 made", "4/6 made", "5/6 made", "6/6 failed"]);
    expect(result).toMatchObject({ made: 5, warm: 0, failed: 1, cancelled: 0 });
    expect(result.items[5].reason).toMatch(/^Cannot /);
    await first.engine.close();

    const second = open(directory, { minCompileMs: 0 });
    expect(await second.engine.estimatePrewarm(spec(second.engine))).toMatchObject({ warm: 5, cold: 0 });
    expect(await second.engine.prewarm(spec(second.engine))).toMatchObject({ made: 0, warm: 5, failed: 1 });
    const handle = await second.engine.defineModel(chain()).build({ n: 3, label: "b" });
    const { lookups } = second;
    const before = lookups("evaluator").length;
    const { values, gradients } = await handle.evaluate({ quantity: "moments", order: 3 }, [[1], [2], [3]], {
      gradient: true,
    });
    expect([values.rows, gradients?.rows]).toEqual([3, 3]);
    expect(
      lookups("evaluator")
        .slice(before)
        .every((outcome) => outcome.startsWith("hit")),
    ).toBe(true);
    await second.engine.close();
  });

  it("stops when it is told to, and the rest is cancelled", async () => {
    const { engine } = open(temporaryFolder("cancelled"));
    const controller = new AbortController();
    const result = await engine.prewarm(
      { models: [{ model: engine.defineModel(chain()), inputs: { n: [1, 2, 3] } }] },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    expect(result.items.map(({ outcome }) => outcome)).toEqual(["made", "cancelled", "cancelled"]);
    await engine.close();
  });

  it.each([
    [undefined, "a specification is an object"],
    [{ models: [{ modle: "erlang" }] }, "there is no field modle (did you mean model?)"],
    [{ models: [{ model: 3 }] }, "models[0].model is 3 and no model"],
    [{ models: [{ model: "erlang", questions: ["maen"] }] }, "there is no quantity maen (did you mean mean?)"],
    [{ models: [{ model: "erlang", batches: [0] }] }, "batches must be whole numbers"],
    [{ models: [{ model: "erlang", inputs: { k: Array(1e6).fill(1) } }] }, "more than 100000 combinations"],
    [
      { models: [{ model: "two-island", inputs: { a: Array(9e4).fill(1), b: Array(9e4).fill(1) } }] },
      "more than 100000 combinations",
    ],
  ])("refuses what is no specification: case %#", async (spec, words) => {
    const { engine } = open(temporaryFolder("refused"));
    await expect(engine.prewarm(spec as never)).rejects.toMatchObject({
      code: "bad-prewarm",
      message: expect.stringContaining(words),
    });
    await engine.close();
  });
});
