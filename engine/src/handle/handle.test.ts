/** What a handle gives besides quantities: densities kept open, derived models, plots, documents, keys, progress, cancelling. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectRefused } from "../../../test/support/refusals.js";
import { DISPLAY } from "../display/mime.js";
import { openEngine } from "../engine.js";
import type { EngineEvent } from "../engine-types.js";
import type { Weight } from "../expression/weight.js";

const cacheDirectory = mkdtempSync(join(tmpdir(), "sojourn-handle-"));
const engine = openEngine({ cacheDirectory });
// biome-ignore lint/suspicious/noExplicitAny: what is shown, and what the types forbid
type Any = any;
const shown = async (value: Any): Promise<Any> => value[DISPLAY]();

/** 0 → 1 → 2 or 3; starts in 1 with half the mass, a quarter is lacking. */
const document = {
  name: "m",
  parameters: ["a", "b"],
  states: [[0], [1], [2], [3]],
  initial: [
    [0, 0.25],
    [1, 0.5],
  ],
  edges: [
    [0, 1, 0, 1, 0],
    [1, 2, 0, 0, 1],
    [1, 3, "a*b"],
  ],
  rewards: { first: [1, 0, 0, 0], both: ["a", 2, 0, 0] },
};
const h: Any = await engine.load(document);
const T = [2, 3];

describe("a density that is kept open", () => {
  it("answers as the methods do, at any time and in any order", async () => {
    for (const [options, handle] of [
      [{}, h],
      [{ reward: "first" }, h],
      [{ until: [1] }, h],
      [{ given: [2] }, h],
      [{ method: "squaring" }, h],
    ] as const) {
      const density = await handle.density(T, options);
      for (const t of [3, 0.1, 0, 40, Number.POSITIVE_INFINITY])
        for (const name of ["pdf", "cdf", "survival"] as const)
          expect(density[name](t), `${name} at ${t} with ${JSON.stringify(options)}`).toBeCloseTo(
            await handle[name](T, t, options),
            12,
          );
      expect(density.hazard(0.7)).toBeCloseTo(await handle.hazard(T, 0.7, options), 11);
      expect(density.errorBound(1)).toBeGreaterThan(0);
      expect(density.errorBound(1)).toBeLessThan(1e-11);
      expect(density.method(1)).toMatch(/^(uniformization|squaring|quasi-stationary|tail)/);
      if ("given" in options) continue;
      const { given: _, ...more } = options as { given?: number[] };
      expect(density.defect).toBeCloseTo(
        await handle.defect(
          T,
          "reward" in more ? { reward: more.reward } : "until" in more ? { until: more.until } : {},
        ),
        14,
      );
      for (const p of [0, 0.3, 0.9, 0.99999, 1])
        expect(density.quantile(p)).toBeCloseTo(await handle.quantile(T, p, more), 9);
    }
  });

  it("refuses what is no time, step or probability", async () => {
    const density = await h.density(T);
    for (const name of ["pdf", "cdf", "survival", "hazard", "errorBound", "method"])
      for (const at of [-1, Number.NaN, undefined])
        await expectRefused(async () => density[name](at), "bad-time", "a time must be a number ≥ 0 and is");
    await expectRefused(async () => density.quantile(2), "bad-probability", "must lie in [0, 1] and is 2");
    const steps: Any = await engine.load({
      kind: "discrete",
      states: [[0], [1]],
      initial: [[0, 1]],
      edges: [
        [0, 0, 0.5],
        [0, 1, 0.5],
      ],
    });
    const geometric = await steps.density();
    expect([geometric.pdf(3), geometric.cdf(2), geometric.quantile(0.5)]).toEqual([0.125, 0.75, 1]);
    await expectRefused(async () => geometric.pdf(0.5), "bad-time", "a step must be a whole number ≥ 0 and is 0.5");
  });

  it("says when there is none at this θ", async () => {
    await expect(h.density([0, 0])).rejects.toMatchObject({ name: "LaneError", code: "singular" });
    await expect(
      h.density(T, { given: [2], until: [0, 1] }).then((density: Any) => density.pdf(1)),
    ).rejects.toMatchObject({
      code: "impossible",
    });
  });

  it("shows a curve, the atom and quantiles", async () => {
    const bundle = await shown(await h.density(T));
    expect(bundle["text/html"]).toContain("0.250000");
    expect(bundle["text/html"]).toContain("quantile 0.5");
    expect(bundle["image/svg+xml"]).toMatch(/^<svg/);
    expect(bundle["image/svg+xml"]).toContain("density of m at a = 2, b = 3");
  });
});

describe("plots", () => {
  const figure = async (plot: Any) => (await shown(plot))["application/vnd.plotly.v1+json"];

  it("draw the values of the quantity, one curve for each θ", async () => {
    for (const name of ["pdf", "cdf", "survival", "hazard"]) {
      const { data, layout } = await figure(h.plot[name]([T, [1, 1]], { times: [0.5, 1] }));
      expect(data.map((curve: Any) => curve.name)).toEqual(["a = 2, b = 3", "a = 1, b = 1"]);
      expect(data[0].x).toEqual([0.5, 1]);
      expect(data[1].y).toEqual(Array.from(await h[name]([1, 1], [0.5, 1])));
      expect(layout.showlegend).toBe(true);
    }
    const named = await figure(h.plot.cdf({ a: 2, b: 3 }, { title: "mine <b>" }));
    expect(named.layout.title.text).toBe("mine &#60;b&#62;");
    expect(named.data[0].x).toHaveLength(200);
  });

  it("of a reward are of that reward, and say what lies at 0", async () => {
    const { data, layout } = await figure(h.plot.pdf(T, { reward: "first", times: [0, 1] }));
    expect(data[0].y).toEqual(Array.from(await h.pdf(T, [0, 1], { reward: "first" })));
    expect(layout.title.subtitle.text).toBe("an atom of 0.7500 at 0 is not part of the density");
    expect(layout.xaxis.title.text).toBe("first");
    const time = await figure(h.plot.pdf(T));
    expect(time.layout.title.subtitle.text).toContain("an atom of 0.2500 at time 0");
    expect((await figure(h.plot.cdf(T))).layout.title.subtitle).toBeUndefined();
    expect((await figure((await h.until([0, 1])).plot.cdf(T))).data[0].y.every((y: number) => y === 1)).toBe(true);
  });

  it("of steps are at whole steps", async () => {
    const steps: Any = await engine.load({
      kind: "discrete",
      states: [[0], [1]],
      initial: [[0, 1]],
      edges: [
        [0, 0, 0.75],
        [0, 1, 0.25],
      ],
    });
    const { data, layout } = await figure(steps.plot.pdf());
    expect(data[0].x.every(Number.isInteger)).toBe(true);
    expect(data[0].y.slice(0, 3)).toEqual([0, 0.25, 0.1875]);
    expect(layout.xaxis.title.text).toBe("steps until absorption");
  });

  it("draw the graph while it can be read", async () => {
    expect((await shown(h.plot.graph()))["image/svg+xml"]).toContain("a*b");
    const large: Any = await engine.families.erlang.build({ k: 100 });
    expect((await shown(large.plot.graph()))["text/plain"]).toContain("are not drawn");
  });

  it("refuse an unknown reward when they are shown", async () => {
    await expectRefused(() => shown(h.plot.pdf(T, { reward: "q" })), "unknown-reward", "no reward q");
  });
});

describe("derived models", () => {
  it("stop at vertices or states, and answer as questions with until do", async () => {
    const stopped = await h.until([[1]]);
    expect([stopped.vertices, stopped.parameters]).toEqual([4, ["a", "b"]]);
    for (const [question, theta] of [
      [{ quantity: "mean" }, T],
      [{ quantity: "cdf", times: [0.4] }, [1, 5]],
      [{ quantity: "visits" }, T],
    ] as const) {
      const [one, other] = [
        await stopped.evaluate(question, theta),
        await h.evaluate({ ...question, until: [1] }, theta),
      ];
      expect(Array.from(one.values.values)).toEqual(Array.from(other.values.values));
    }
    expect(await stopped.mean(T)).toBe(0.25 / 2);
    expect(await (await h.until([])).mean(T)).toBe(await h.mean(T));
  });

  it("are transformed by a reward, and answer as questions with a reward do", async () => {
    const transformed = await h.transformed("both");
    expect([transformed.name, transformed.rewards]).toEqual(["both of m", []]);
    for (const [own, reward] of [
      [
        { quantity: "pdf", times: [0, 1] },
        { quantity: "pdf", times: [0, 1], reward: "both" },
      ],
      [
        { quantity: "moments", order: 2 },
        { quantity: "moments", order: 2, reward: "both" },
      ],
    ] as Any) {
      const [one, other] = [
        await transformed.evaluate(own, T, { gradient: true }),
        await h.evaluate(reward, T, { gradient: true }),
      ];
      const rounded = (values: Float64Array, digits: number) => Array.from(values, (x) => expect.closeTo(x, digits));
      expect(Array.from(one.values.values)).toEqual(rounded(other.values.values, 12));
      expect(Array.from(one.gradients.values)).toEqual(rounded(other.gradients.values, 10));
    }
  });

  it("are put to numbers", async () => {
    const concrete = await h.instantiate({ b: 3, a: 2 });
    expect([concrete.name, concrete.parameters]).toEqual(["m at a = 2, b = 3", []]);
    expect(await concrete.mean()).toBe(await h.mean(T));
    expect(await concrete.variance({}, { reward: "both" })).toBe(await h.variance(T, { reward: "both" }));
    const { initial, matrix, exits, defect, states, vertices } = h.matrices(T);
    expect([...initial, defect]).toEqual([0.25, 0.5, 0.25]);
    expect([...matrix].map((x) => x + 0)).toEqual([-2, 2, 0, -9]);
    expect([[...exits], states, [...vertices]]).toEqual([
      [0, 9],
      [[0], [1]],
      [0, 1],
    ]);
    await expectRefused(() => concrete.mean([1]), "theta-length", "it has no parameters, so θ is left out");
  });

  it("know their vertices by state", () => {
    expect([
      h.vertexOf([3]),
      h.vertexOf(Int32Array.of(1)),
      h.vertexOf([9]),
      h.vertexOf([1, 1]),
      h.vertexOf(undefined),
    ]).toEqual([3, 1, undefined, undefined, undefined]);
  });
});

describe("a document", () => {
  const again = async (handle: Any): Promise<Any> => engine.load(JSON.parse(JSON.stringify(handle)));

  it("of every derived model reads back as it", async () => {
    for (const handle of [
      h,
      await h.until([1]),
      await h.transformed("both"),
      await h.transformed("first"),
      await h.instantiate(T),
    ]) {
      const theta = handle.parameters.length > 0 ? [T] : [];
      for (const at of [...theta, ...(handle.parameters.length > 0 ? [[0.5, 1e-9]] : [undefined])]) {
        const [one, other] = [await handle.moments(at, 2), await (await again(handle)).moments(at, 2)];
        expect(Array.from(other)).toEqual(Array.from(one, (x) => expect.closeTo(x, 13)));
      }
      if (theta.length === 0) continue;
      const question = { quantity: "cdf", times: [0.3, 2] };
      const [one, other] = [await handle.gradient(question, T), await (await again(handle)).gradient(question, T)];
      expect(Array.from(other)).toEqual(Array.from(one as Float64Array, (x) => expect.closeTo(x, 12)));
    }
  });

  it("of a flow that may vanish reads back as 0, not as 0/0", async () => {
    const vanishing: Any = await engine.load({
      parameters: ["a"],
      states: [[0], [1], [2]],
      initial: [[0, 1]],
      edges: [
        [0, 1, 0, 1],
        [0, 2, 1, 0],
        [1, 2, 0, 1],
      ],
      rewards: { r: [1, 0, 0] },
    });
    const transformed = await vanishing.transformed("r");
    expect([await transformed.mean(0), await (await again(transformed)).mean(0)]).toEqual([1, 1]);
  });

  it("keeps names that formulas would read otherwise", async () => {
    const names = ["k-1", "k", "exp", "N 0", "2"];
    const odd: Any = await engine.load({
      parameters: names,
      states: [[0], [1]],
      initial: [[0, 1]],
      edges: [[0, 1, "k-1*k-1 + k*exp(exp) + N 0/2"]],
    });
    const theta = [2, 3, 0.5, 7, 4];
    expect(await odd.mean(theta)).toBeCloseTo(1 / (4 + 3 * Math.exp(0.5) + 7 / 4), 14);
    expect(await (await again(odd)).mean(theta)).toBe(await odd.mean(theta));
    const viaRule: Any = await engine
      .defineModel({
        parameters: ["k-1", "k"],
        initial: () => [1],
        transitions: ([s], p) => (s > 0 ? [{ to: [0], rate: p["k-1"].power(2) }] : []),
      })
      .build();
    expect([await viaRule.mean([2, 3]), await (await again(viaRule)).mean([2, 3])]).toEqual([0.25, 0.25]);
  });

  it("does not grow with formulas that share their parts", async () => {
    let shared: Any;
    const deep: Any = await engine
      .defineModel({
        parameters: ["a"],
        initial: () => [1],
        transitions: ([s], { a }) => {
          shared = a;
          for (let i = 0; i < 60; i++) shared = shared.times(shared).sqrt();
          return s > 0 ? [{ to: [0], rate: shared }] : [];
        },
      })
      .build({}, { cache: false });
    expect(await deep.mean(4)).toBeCloseTo(0.25, 12);
    const text = JSON.stringify(deep);
    expect(text.length).toBeLessThan(20_000);
    expect(await (await engine.load(JSON.parse(text))).mean(4)).toBeCloseTo(0.25, 12);
    expect((await engine.load(JSON.parse(text))).toJSON()).toEqual(deep.toJSON());
  });
});

describe("weights", () => {
  const rateOf = async (make: (p: Record<"a" | "b", Weight>) => number | Weight, theta: number[]): Promise<number> => {
    const handle = await engine
      .defineModel({
        parameters: ["a", "b"],
        initial: () => [1],
        transitions: ([s], p) => (s > 0 ? [{ to: [0], rate: make(p) }] : []),
      })
      .build({}, { cache: false });
    return 1 / (await handle.mean(theta));
  };
  it.each<[string, (p: Record<"a" | "b", Weight>) => number | Weight, number]>([
    ["times", ({ a, b }) => a.times(2).times(b), 2 * 1.5 * 4],
    ["times a constant weight", ({ a, b }) => a.times(b.minus(b).plus(3)), 4.5],
    ["times 0 of a formula", ({ a, b }) => a.times(b).times(0).plus(7), 7],
    ["over", ({ a, b }) => a.over(4).over(b), 1.5 / 16],
    ["one over", ({ a }) => a.minus(a).plus(1).over(a), 1 / 1.5],
    ["plus", ({ a, b }) => a.plus(1).plus(b).plus(a.times(b)), 12.5],
    ["minus", ({ a, b }) => b.minus(1).minus(a).minus(a.over(b)), 1.125],
    ["power", ({ a, b }) => a.power(2).plus(b.power(-0.5)).plus(a.power(b)), 2.25 + 0.5 + 1.5 ** 4],
    ["exp, log, sqrt", ({ a, b }) => a.exp().plus(b.log()).plus(b.sqrt()), Math.exp(1.5) + Math.log(4) + 2],
    ["min and max", ({ a, b }) => a.min(b).plus(a.max(b)).plus(a.min(1)).plus(b.max(9)), 1.5 + 4 + 1 + 9],
  ])("know %s", async (_, make, expected) => {
    expect(await rateOf(make, [1.5, 4])).toBeCloseTo(expected, 12);
  });

  it("stay affine as long as they can", async () => {
    const handle = await engine
      .defineModel({
        parameters: ["a", "b"],
        initial: () => [1],
        transitions: ([s], { a, b }) =>
          s > 0 ? [{ to: [0], rate: a.times(2).plus(b.over(4)).minus(0.5).power(1).times(a.times(0).plus(2)) }] : [],
      })
      .build({}, { cache: false });
    expect(handle.graph.formulas.length).toBe(0);
    expect([...handle.graph.bases, ...handle.graph.coefficients]).toEqual([-1, 4, 0.5]);
  });

  const misuse = (make: (p: Any) => unknown): Promise<unknown> => rateOf(make as never, [1, 1]);
  it.each<[string, (p: Any) => unknown, string, string]>([
    ["an operator", ({ a }) => a * 2, "bad-weight", "write .times(2), .over(2) or .plus(other) instead of an operator"],
    ["a comparison", ({ a }) => (a > 2 ? 1 : 2), "bad-weight", "Cannot use the weight a in arithmetic"],
    ["times NaN", ({ a }) => a.times(Number.NaN), "bad-weight", "Cannot multiply the weight a by NaN"],
    ["times a text", ({ a }) => a.times("2"), "bad-weight", "a string (2); a number is needed"],
    ["over 0", ({ a }) => a.over(0), "bad-weight", "Cannot divide the weight a by 0"],
    ["over a weight that is 0", ({ a, b }) => a.over(b.minus(b)), "bad-weight", "by 0"],
    [
      "plus infinity",
      ({ a }) => a.plus(Number.POSITIVE_INFINITY),
      "bad-weight",
      "Cannot add to the weight a: Infinity",
    ],
    ["minus nothing", ({ a }) => a.minus(), "bad-weight", "Cannot subtract from the weight a"],
    [
      "the power of a text",
      ({ a }) => a.power("2"),
      "bad-weight",
      "Cannot raise the weight a to the power a string (2)",
    ],
    ["the minimum with nothing", ({ a }) => a.min(), "bad-weight", "Cannot compare the weight a with undefined;"],
  ])("refuse %s", async (_, make, code, words) => {
    await expectRefused(() => misuse(make), code, words);
  });

  it("refuse those of another model in every operation", async () => {
    let foreign: Any;
    const keep = {
      parameters: ["c"],
      initial: () => [1],
      transitions: (_: Any, { c }: Any): Any => {
        foreign = c;
        return [];
      },
    };
    await engine
      .defineModel(keep as Any)
      .build({}, { cache: false })
      .catch(() => {});
    for (const op of ["times", "over", "plus", "minus", "power", "min", "max"])
      await expectRefused(
        () => misuse(({ a }) => a[op](foreign)),
        "foreign-weight",
        "they belong to models with different parameters",
      );
  });
});

describe("the key of a model", () => {
  const spec = (more: object = {}): Any => ({
    inputs: { n: 3 },
    parameters: ["a"],
    initial: ({ n }: Any) => [n],
    transitions: ([k]: number[], { a }: Any) => (k > 0 ? [{ to: [k - 1], rate: a }] : []),
    ...more,
  });
  const keyOf = (more: object = {}, inputs?: object): string => engine.defineModel(spec(more)).key(inputs as Any);

  it("is 64 hexadecimal digits, and the same for the same model", () => {
    expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
    expect([keyOf(), keyOf({ name: "other", description: "…" }), keyOf({}, { n: 3 })]).toEqual([
      keyOf(),
      keyOf(),
      keyOf(),
    ]);
    expect(openEngine({ cacheDirectory }).defineModel(spec()).key()).toBe(keyOf());
  });

  it("differs where the model does", () => {
    const keys = [
      keyOf(),
      keyOf({}, { n: 4 }),
      keyOf({ kind: "discrete" }),
      keyOf({ parameters: ["b"] }),
      keyOf({ parameters: ["a", "b"] }),
      keyOf({ rewards: { r: () => 1 } }),
      keyOf({ initial: ({ n }: Any) => [[[n], 0.5]] }),
      keyOf({ transitions: ([k]: number[], { a }: Any) => (k > 0 ? [{ to: [k - 1], rate: a.times(2) }] : []) }),
      engine.families.erlang.key(),
      engine.families.erlang.key({ k: 7 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("is refused for what cannot be told apart, and for inputs that are none", async () => {
    await expectRefused(
      async () => keyOf({ transitions: () => [{ to: [0], rate: Math.random() }] }),
      "no-key",
      "transitions uses Math.random",
    );
    await expectRefused(async () => keyOf({}, { m: 1 }), "unknown-input", "no input m");
  });
});

describe("a long exploration", () => {
  const line = (length: number) => ({
    name: "line",
    initial: () => [0],
    transitions: ([k]: readonly number[]) => (k < length ? [{ to: [k + 1], rate: 1 }] : []),
  });

  it("tells how far it is, and lets other work run", async () => {
    const events: EngineEvent[] = [];
    const loud = openEngine({ cacheDirectory, onEvent: (event) => events.push(event) });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await loud.defineModel(line(120_000)).build({}, { cache: false });
    clearInterval(timer);
    const progress = events.filter((event) => event.type === "progress");
    expect(progress.length).toBeGreaterThan(0);
    expect(ticks).toBeGreaterThan(0);
    progress.forEach((event, i) => {
      expect(event).toMatchObject({ stage: "explore", model: "line" });
      expect(event.found).toBeGreaterThanOrEqual(event.explored);
      if (i > 0) expect(event.explored).toBeGreaterThan(progress[i - 1].explored);
    });
  });

  it("stops when its signal says so, and the engine goes on", async () => {
    const stop = new AbortController();
    const work = engine.defineModel(line(3_000_000)).build({}, { cache: false, signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    const started = performance.now();
    await expect(work).rejects.toMatchObject({
      name: "InterruptedError",
      code: "interrupted",
      message: expect.stringMatching(/^Interrupted while exploring line at \d+ states\.$/),
    });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(await (await engine.defineModel(line(3)).build()).mean()).toBe(3);
    await expectRefused(
      () => engine.defineModel(line(3)).build({}, { signal: 1 as never }),
      "bad-option",
      "signal must be an AbortSignal",
    );
    for (const [option, value] of [
      ["maxStates", 0],
      ["maxBytes", -1],
      ["maxBytes", "1"],
      ["size", 1],
    ])
      await expectRefused(
        () => engine.defineModel(line(3)).build({}, { [option]: value } as never),
        "bad-option",
        String(option),
      );
  });
});
