/** What comes out of a cache is what went in, for every model; what changes a model changes its key. */
import { type EngineEvent, openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelDocument, randomModel } from "../support/models.js";
import { temporaryFolder } from "../support/sojourn.js";

const chain = (rate: number) => ({
  name: "chain",
  inputs: { n: 3 },
  initial: ({ n }: { n: number }) => [n],
  transitions: ([k]: readonly number[]) => (k > 0 ? [{ to: [k - 1], rate }] : []),
});

describe("the caches", () => {
  it("give the same numbers on a miss, on a hit from another engine and without a cache", async () => {
    const cacheDirectory = temporaryFolder("same");
    const request = (model: unknown) => ({
      model,
      quantities: [
        { quantity: "moments", order: 3 },
        { quantity: "pdf", times: [0.3, 2] },
      ],
    });
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const answers = [];
        for (let i = 0; i < 2; i++) {
          const engine = openEngine({ cacheDirectory });
          answers.push((await engine.compute(request(modelDocument(model)))).results);
          await engine.close();
        }
        expect(answers[1]).toEqual(answers[0]);
      }),
      { numRuns: 25 },
    );
  });

  it("tell rules apart that differ only in what they capture", async () => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("captured") });
    const means = [];
    for (const rate of [1, 5, 1]) means.push(await (await engine.defineModel(chain(rate)).build()).mean());
    expect(means).toEqual([3, 3 / 5, 3]);
  });

  it("hit for the same rule, miss for another input, and say why they were not asked", async () => {
    const events: EngineEvent[] = [];
    const engine = openEngine({ cacheDirectory: temporaryFolder("events"), onEvent: (event) => events.push(event) });
    const outcomes = async (build: () => Promise<unknown>): Promise<string[]> => {
      events.length = 0;
      await build();
      return events.flatMap((event) =>
        event.type === "lookup"
          ? [`${event.kind} ${event.outcome}${event.outcome === "bypass" ? `: ${event.reason}` : ""}`]
          : [],
      );
    };
    const model = engine.defineModel(chain(2));
    expect(await outcomes(() => model.build())).toEqual(["graph miss", "trace miss"]);
    expect(await outcomes(() => engine.defineModel(chain(2)).build())).toEqual(["graph hit", "trace hit"]);
    expect(await outcomes(() => model.build({ n: 4 }))).toEqual(["graph miss", "trace miss"]);
    expect(await outcomes(() => model.build({}, { cache: "rebuild" }))).toEqual(["graph miss", "trace miss"]);
    expect(await outcomes(() => model.build({}, { cache: false }))).toEqual([
      "graph bypass: switched off for this build",
      "trace bypass: switched off for this build",
    ]);
    const random = {
      ...chain(1),
      transitions: ([k]: readonly number[]) => (k > 0 ? [{ to: [k - 1], rate: Math.random() < 2 ? 1 : 2 }] : []),
    };
    expect(await outcomes(() => engine.defineModel(random).build())).toEqual([
      "graph bypass: transitions uses Math.random",
      "trace hit",
    ]);
  });

  it.each<[string, (chainOf: ReturnType<typeof chain>) => object]>([
    [
      "the transitions",
      (spec) => ({ ...spec, transitions: ([k]: readonly number[]) => (k > 0 ? [{ to: [0], rate: 2 }] : []) }),
    ],
    ["the initial distribution", (spec) => ({ ...spec, initial: ({ n }: { n: number }) => [[[n], 0.5]] })],
    ["the default of an input", (spec) => ({ ...spec, inputs: { n: 4 } })],
    ["the order of the inputs", (spec) => ({ ...spec, inputs: { m: 1, n: 3 } })],
    ["a parameter", (spec) => ({ ...spec, parameters: ["rate"] })],
    ["the name of a parameter", (spec) => ({ ...spec, parameters: ["r"] })],
    ["a reward", (spec) => ({ ...spec, rewards: { stage: ([k]: readonly number[]) => k } })],
    ["the value of a reward", (spec) => ({ ...spec, rewards: { stage: ([k]: readonly number[]) => 2 * k } })],
    ["the name of a reward", (spec) => ({ ...spec, rewards: { step: ([k]: readonly number[]) => k } })],
  ])("have another graph for another model when only %s changes", async (_, change) => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("sensitive") });
    const build = async (spec: object) => (await engine.defineModel(spec as never).build()).caches.graph.outcome;
    const base = { ...chain(2), inputs: { n: 3, m: 1 } };
    const others = [
      base,
      { ...base, parameters: ["rate"] },
      { ...base, rewards: { stage: ([k]: readonly number[]) => k } },
    ].filter(
      (other) => JSON.stringify(Object.keys(change(base))) !== JSON.stringify(Object.keys(other)) || other === base,
    );
    for (const other of others) await build(other);
    expect(await build(base)).toBe("hit");
    expect(await build(change(base))).toBe("miss");
    expect(await build(change(base))).toBe("hit");
  });

  it("do not serve a helper's old property", async () => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("helper") });
    const helper = Object.assign(() => 1, { rate: 1 });
    const model = engine.defineModel({
      ...chain(1),
      transitions: ([k]) => (k > 0 ? [{ to: [k - 1], rate: helper.rate }] : []),
    });
    expect(await (await model.build()).mean()).toBe(3);
    helper.rate = 6;
    expect(await (await model.build()).mean()).toBe(0.5);
  });

  it("do not keep a graph whose rule changed what it captures while it ran", async () => {
    const engine = openEngine({ cacheDirectory: temporaryFolder("changing") });
    const log: number[] = [];
    const model = engine.defineModel({
      ...chain(1),
      transitions: ([k]) => {
        log.push(k);
        return k > 0 ? [{ to: [k - 1], rate: 1 }] : [];
      },
    });
    expect((await model.build()).caches.graph).toMatchObject({
      outcome: "bypass",
      reason: "what the rule captures changed while it ran",
    });
  });
});
