/** What a beginner writes wrong in a cell: one sentence with a stable code, never a number that answers something else. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../engine.js";
import { Weight } from "../expression/weight.js";
import { linspace } from "./plots.js";

const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-usage-")) });
const handle = await engine.families.coalescent.build({ n: 4 });
// biome-ignore lint/suspicious/noExplicitAny: the point is to call with what the types forbid
const loose = handle as any;
// biome-ignore lint/suspicious/noExplicitAny: as above
const define = engine.defineModel as (spec: any) => any;
const rule = (rate: unknown) => ({
  parameters: ["a"],
  initial: () => [1],
  transitions: ([k]: number[]) => (k > 0 ? [{ to: [0], rate }] : []),
});

describe("the methods of a handle refuse", () => {
  it.each<[string, () => Promise<unknown>, string, string]>([
    ["a reward given as a text", () => loose.mean(1, "branchLength"), "bad-option", '{ reward: "name" }'],
    ["an unknown option", () => loose.mean(1, { rewrd: "branchLength" }), "bad-option", "no option rewrd"],
    ["options that are null", () => loose.moments(1, 2, null), "bad-option", "not null"],
    ["an unknown reward", () => loose.mean(1, { reward: "height" }), "unknown-reward", "its rewards are branchLength"],
    ["a covariance of nothing", () => loose.covariance(1), "no-reward", "names of two rewards"],
    ["a density without times", () => loose.pdf(1), "no-times", "needs a time"],
    ["a time that is null", () => loose.pdf(1, [1, null]), "bad-time", "the time at index 1 must be a number"],
    ["a time that is a text", () => loose.pdf(1, ["3"]), "bad-time", '"3"'],
    ["a time that is NaN", () => loose.cdf(1, Number.NaN), "bad-time", "NaN"],
    ["a Float32Array", () => loose.mean(Float32Array.of(1)), "bad-theta", "Float32Array"],
    ["an order of 0", () => loose.moments(1, 0), "bad-order", "from 1 to 170"],
    ["a reward that is a list", () => loose.mean(1, { reward: ["branchLength"] }), "bad-option", "name of one reward"],
    [
      "a grid without a number of points",
      async () => linspace(0, 5, undefined as never),
      "bad-grid",
      "linspace(0, 5, 100)",
    ],
    ["times in the place of options", async () => loose.plot.pdf(1, [1, 2]), "bad-option", "options are an object"],
    ["one time for a plot", async () => loose.plot.pdf(1, { times: 5 }), "no-times", "times are a list and are 5"],
    [
      "a nonsense for a program",
      async () => loose.evaluator({}),
      "bad-program",
      "what momentsProgram and the like make",
    ],
    ["an option that plots do not have", async () => loose.plot.cdf(1, { from: 1 }), "bad-option", "no option from"],
    [
      "a θ at which nothing moves",
      () => loose.mean({ rate: 0 }),
      "singular",
      "at rate = 0: a state that is reached cannot reach absorption",
    ],
    [
      "a family that does not exist",
      async () => (engine.families as Record<string, never>).rabits,
      "unknown-family",
      "family rabits (did you mean rabbits?): there are erlang",
    ],
  ])("%s", async (_, call, code, words) => {
    await expect(call()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });
});

describe("an engine refuses", () => {
  const open = openEngine as (options: unknown) => unknown;
  it.each<[string, unknown, string]>([
    [
      "an option that is nearly one",
      { cacheDir: "x" },
      "there is no option cacheDir (did you mean cacheDirectory?); there",
    ],
    ["an option in small letters", { cachedirectory: "x" }, "(did you mean cacheDirectory?)"],
    ["an option that is none", { zork: 1 }, "there is no option zork; there are cacheDirectory, cache, environment"],
    ["a folder that is a number", { cacheDirectory: 5 }, "cacheDirectory must be the path of a folder and is 5"],
    ["a folder without a name", { cacheDirectory: "" }, 'must be the path of a folder and is ""'],
    ["events told to nobody", { onEvent: 1 }, "onEvent must be a function of an event and is 1"],
    ["an interrupt that is no function", { interrupted: true }, "interrupted must be a function"],
    ["an environment that is none", { environment: 3 }, "environment must be variables by name and is 3"],
    ["a path", "x", 'options are an object such as { cacheDirectory: "…" } and not "x"'],
    ["null", null, "and not null"],
    ["a promise", Promise.resolve({}), "and not a promise; write await before it"],
  ])("%s", (_, options, words) => {
    expect(() => open(options)).toThrow(
      expect.objectContaining({ code: "bad-option", message: expect.stringContaining(words) }),
    );
  });

  it("but not what is left out", () => {
    expect(openEngine({ onEvent: undefined as never, interrupted: undefined as never }).version).toBe(engine.version);
  });
});

describe("models refuse", () => {
  it.each<[string, () => unknown, string, string]>([
    ["no definition at all", () => define(undefined), "bad-model", "must be an object"],
    [
      "a default that is NaN",
      () => define({ ...rule(1), inputs: { n: Number.NaN } }),
      "bad-model",
      "default of its input n",
    ],
    [
      "a field that is nearly one",
      () => define({ ...rule(1), inital: 1 }),
      "bad-model",
      "no field inital (did you mean initial?)",
    ],
    [
      "parameters that are a text",
      () => define({ ...rule(1), parameters: "a" }),
      "bad-model",
      'list of names and is "a"',
    ],
    [
      "a function of Math on a weight",
      () =>
        define({
          ...rule(1),
          transitions: (_: unknown, { a }: { a: number }) => [{ to: [0], rate: Math.exp(a) }],
        }).build(),
      "bad-weight",
      "the weight a in arithmetic or a comparison: it has no value before θ is known; write",
    ],
    [
      "a comparison of a weight",
      () =>
        define({
          ...rule(1),
          transitions: (_: unknown, { a }: { a: number }) => (a > 1 ? [{ to: [0], rate: 1 }] : []),
        }).build(),
      "bad-weight",
      "the weight a in arithmetic or a comparison",
    ],
    [
      "a weight times a promise",
      () =>
        define({
          ...rule(1),
          transitions: (_: unknown, { a }: { a: Weight }) => [{ to: [0], rate: a.times(Promise.resolve(1) as never) }],
        }).build(),
      "bad-weight",
      "Cannot multiply the weight a by a promise; write await before it; a number is needed",
    ],
    [
      "an async start",
      () => define({ ...rule(1), initial: async () => [1] }).build(),
      "bad-initial",
      "and returned a promise; it cannot be async",
    ],
    [
      "inputs that are a promise",
      () => engine.families.erlang.build(Promise.resolve({ k: 1 }) as never),
      "bad-input",
      "are a promise; write await before it",
    ],
    [
      "an operator on a weight",
      () =>
        define({ ...rule(1), transitions: (_: unknown, { a }: { a: number }) => [{ to: [0], rate: a * 2 }] }).build(),
      "bad-weight",
      "the weight a in arithmetic",
    ],
    [
      "a weight times a text",
      () =>
        define({
          ...rule(1),
          transitions: (_: unknown, { a }: { a: Weight }) => [{ to: [0], rate: a.times("2" as never) }],
        }).build(),
      "bad-weight",
      "a string (2)",
    ],
    [
      "a weight of another model",
      () => define(rule(new Weight(0, [1, 1], ["b", "c"]))).build(),
      "foreign-weight",
      "b + c",
    ],
    [
      "a rule that returns nothing",
      () => define({ ...rule(1), transitions: () => undefined }).build(),
      "bad-rule",
      "returned undefined",
    ],
    [
      "a state of another length",
      () => define({ ...rule(1), transitions: () => [{ to: [0, 1], rate: 1 }] }).build(),
      "bad-state",
      "2 entries instead of 1",
    ],
    ["a negative rate", () => define(rule(-1)).build(), "negative-rate", "is -1"],
    ["a rate that is NaN", () => define(rule(Number.NaN)).build(), "bad-rate", "is NaN"],
    [
      "a reward that is no number",
      () => define({ ...rule(1), rewards: { r: () => 1n } }).build(),
      "bad-reward",
      "bigint",
    ],
    [
      "an input called as if inherited",
      () => engine.families.erlang.build({ toString: 1 } as never),
      "unknown-input",
      "no input toString",
    ],
    ["inputs that are null", () => engine.families.erlang.build(null as never), "bad-input", "{ n: 10 }"],
    [
      "a cache mode that does not exist",
      () => engine.families.erlang.build({}, { cache: "rebuilt" as never }),
      "bad-option",
      "rebuilt",
    ],
    [
      "a size that makes no sense",
      () => engine.families.erlang.build({ k: -2 }),
      "bad-input",
      "whole number from 1 on",
    ],
  ])("%s", async (_, call, code, words) => {
    await expect((async () => call())()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });
});
