/** What somebody who tried the caches found: each of these once went wrong. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type EngineEvent, minimize, monteCarlo, openEngine } from "@sojourn/engine";
import { openStore } from "@sojourn/engine/cache";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const cycle = {
  name: "cycle",
  parameters: ["a", "b"],
  initial: () => [2],
  transitions: ([k]: readonly number[], { a, b }: { a: never; b: never }) =>
    k === 2
      ? [
          { to: [1], rate: a },
          { to: [0], rate: b },
        ]
      : k === 1
        ? [
            { to: [2], rate: b },
            { to: [0], rate: a },
          ]
        : [],
};

describe("evaluators", () => {
  it("of one model instantiated twice are two, in memory and on the disk", async () => {
    const directory = temporaryFolder("instantiated");
    const expected: number[][] = [];
    for (const cached of [false, true, true]) {
      const engine = openEngine({ cacheDirectory: directory, cache: { minCompileMs: 0 } });
      const ph = await engine.defineModel(cycle as never).build({}, { cache: cached });
      const answers = [];
      for (const theta of [
        { a: 3, b: 1 },
        { a: 1, b: 2 },
      ])
        answers.push([...((await (await ph.instantiate(theta as never)).moments({}, 3)) as Float64Array)]);
      await engine.close();
      if (cached) expect(answers).toEqual(expected);
      else expected.push(...answers);
    }
    expect(expected[0][0]).not.toBe(expected[1][0]);
  });

  it("are neither looked up nor kept for a build without caches", async () => {
    const directory = temporaryFolder("uncached");
    const events: EngineEvent[] = [];
    const engine = openEngine({
      cacheDirectory: directory,
      cache: { minCompileMs: 0 },
      onEvent: (event) => events.push(event),
    });
    const ph = await engine.families.coalescent.build({ n: 5 }, { cache: false });
    await ph.mean(1);
    await engine.close();
    expect(events.filter((event) => event.type === "lookup" && event.kind === "evaluator")).toEqual([]);
    expect(existsSync(join(directory, "v1", "evaluator"))).toBe(false);
  });
});

describe("a library", () => {
  it("is still there after it was fetched twice", async () => {
    const source = temporaryFolder("twice-source");
    const engine = openEngine({ cacheDirectory: source });
    await engine.families.coalescent.build({ n: 5 });
    await engine.close();
    const folder = join(temporaryFolder("twice"), "ours");
    await openStore({ directory: source }).transfer.exportLibrary(folder, { library: "ours", asFolder: true });
    const directory = temporaryFolder("twice-target");
    for (const fetched of [2, 0, 0]) {
      const store = openStore({ directory });
      expect((await store.transfer.sync(folder, { unsigned: true })).entries).toBe(fetched);
      expect((await store.status()).libraries[0].summary.totals.graph.entries).toBe(1);
    }
    expect(readdirSync(join(directory, "libraries"))).toEqual(["ours-1"]);
  });
});

describe("a verb", () => {
  it.each([
    ["clear", { kind: ["trace"] }, "did you mean kinds?"],
    ["clear", { kinds: ["trance"] }, "did you mean trace?"],
    ["clear", { kinds: "trace" }, "kinds must be a list"],
    ["vacuum", { unused: 3 }, "there is no option unused"],
    ["vacuum", { unusedForMs: "3d" }, "unusedForMs must be a number"],
    ["list", { sort: "foo" }, "there is no order foo"],
    ["verify", { kindz: [] }, "did you mean kinds?"],
    ["publish", { dry: true }, "there is no option dry"],
  ])("%s refuses %j", async (verb, options, words) => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("verbs") });
    const { cache } = engine as unknown as { cache: Record<string, (options: unknown) => Promise<unknown>> };
    await expect(cache[verb](options)).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining(words),
    });
    await engine.close();
  });

  it("configure changes nothing when it refuses, and no folder", async () => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("configure") });
    expect(() => engine.cache.configure({ capBytes: "5 potatoes" as never })).toThrow(/a number of bytes/);
    expect(() => engine.cache.configure({ directory: "/x" })).toThrow(/its folders are open/);
    engine.cache.configure({ capBytes: 7 });
    expect(engine.cache.settings.capBytes).toBe(7);
    await engine.close();
  });
});

describe("an engine", () => {
  it("makes once what is built three times at once", async () => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("at-once") });
    const all = await Promise.all([1, 2, 3].map(() => engine.families["two-island"].build()));
    expect(all.map(({ caches }) => caches.graph.outcome).sort()).toEqual(["hit", "hit", "miss"]);
    await engine.close();
  });

  it("goes on when whoever listens throws", async () => {
    const engine = openEngine({
      cacheDirectory: temporaryFolder("listener"),
      onEvent: () => {
        throw new Error("listener");
      },
    });
    expect((await engine.families.coalescent.build({ n: 4 })).vertices).toBe(4);
    await engine.close();
  });

  it("finds everything warm when it has been prewarmed, whatever compiles fast", async () => {
    const directory = temporaryFolder("warm");
    const spec = { models: [{ model: "coalescent", inputs: { n: [4, 5] }, gradients: true }] };
    const first = openEngine({ cacheDirectory: directory, cache: { minCompileMs: 1e6 } });
    expect((await first.prewarm(spec)).made).toBe(2);
    await first.close();
    const second = openEngine({ cacheDirectory: directory, cache: { minCompileMs: 1e6 } });
    expect((await second.prewarm(spec)).warm).toBe(2);
    await second.close();
  });

  it("benchmarks without touching what others share", async () => {
    const shared = temporaryFolder("shared");
    mkdirSync(shared, { recursive: true });
    const cache = { sharedDirectory: shared, publish: true };
    const engine = openEngine({ cacheDirectory: temporaryFolder("benchmark"), cache });
    await engine.benchmarkCache({ one: (own) => own.families.erlang.build() });
    await engine.close();
    expect(readdirSync(shared)).toEqual([]);
  });
});

it("keeps one's part of the shared layer below its cap", async () => {
  const cache = { sharedDirectory: temporaryFolder("shared-cap"), publish: true, sharedCapBytes: 20_000, graceMs: 0 };
  const engine = openEngine({ cacheDirectory: temporaryFolder("shared-cap-own"), cache });
  for (let n = 2; n < 22; n++) await engine.families.coalescent.build({ n });
  await engine.close();
  const { writers } = await engine.cache.status();
  const held = Object.values(writers[0].summary.totals).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(held).toBeLessThanOrEqual(20_000);
  expect(held).toBeGreaterThan(5_000);
});

describe("loops", () => {
  it("do not take a start without a value for a minimum, nor NaN for a draw", async () => {
    await expect(minimize(() => Number.NaN, { warm: [1] })).rejects.toMatchObject({ code: "bad-start" });
    const { failed, means } = await monteCarlo(
      (_, out, replicate) => {
        out[0] = replicate % 2 === 0 ? Number.NaN : 3;
      },
      { replicates: 10 },
    );
    expect([failed, means[0]]).toEqual([5, 3]);
  });

  it("serve two calls at once of a function whose result cannot be kept", async () => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("functions") });
    const f = engine.cached((n: number) => ({ n, next: () => n + 1 }));
    const [one, other] = await Promise.all([f(1), f(1)]);
    expect([one.next(), other.next()]).toEqual([2, 2]);
    await engine.close();
  });
});
