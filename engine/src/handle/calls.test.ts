/** How methods are called: nothing that is given is ignored, no promise is taken for what it becomes, everything has a name. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { openEngine } from "../engine.js";
import { momentsProgram } from "../program/build.js";
import { OPTIONS } from "./question.js";
import { DENSITY_SIGNATURES, PLOT_SIGNATURES, SIGNATURES } from "./signatures.js";

const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-calls-")) });
// biome-ignore lint/suspicious/noExplicitAny: the point is to call with what the types forbid
type Any = any;
const h: Any = await engine.load({
  name: "m",
  states: [[0], [1], [2], [3]],
  initial: [[0, 1]],
  parameters: ["a", "b"],
  rewards: { r: [1, 0, 0, 0], s: [0, "b", 0, 0] },
  edges: [
    [0, 1, 0, 1, 0],
    [1, 2, 0, 0, 1],
    [1, 3, 1, 0, 0],
  ],
});
const T = [2, 3];
const epochs: Any = h.epochs({
  parameters: ["x", "y"],
  epochs: [
    { start: 0, theta: ["x", 1] },
    { start: 1, theta: ["y", 2] },
  ],
});
const concrete: Any = await h.instantiate(T);
const density: Any = await h.density(T);

/** A value for each word of a signature. */
const wordsWith = (theta: unknown): Readonly<Record<string, unknown>> => ({
  θ: theta,
  order: 2,
  reward: "r",
  rewards: ["r"],
  time: 1,
  times: [1],
  steps: [1],
  probability: 0.5,
  probabilities: [0.5],
  points: [[1, 0]],
  data: [1],
  counts: [[1]],
  vertices: [2],
  question: { quantity: "mean" },
  direction: theta ?? [],
  count: 3,
  spec: [{ start: 0, theta: T }],
  starts: [0],
  state: [0],
  program: momentsProgram("continuous", 1, {}),
});

describe("an option that does not exist is refused by", () => {
  const handles: readonly (readonly [string, Any, unknown, Readonly<Record<string, string>>])[] = [
    ["a handle", h, T, SIGNATURES],
    ["a handle with epochs", epochs, T, SIGNATURES],
    ["a handle without parameters", concrete, undefined, SIGNATURES],
    ["a density", density, undefined, DENSITY_SIGNATURES],
    ["the plots of a handle", h.plot, T, PLOT_SIGNATURES],
  ];
  const calls = handles.flatMap(([what, handle, theta, signatures]) =>
    Object.keys(handle)
      .filter((name) => typeof handle[name] === "function")
      .map((name) => [`${what}: ${name}`, handle, name, signatures[name], theta] as const),
  );
  it("every method there is", () => expect(calls.length).toBeGreaterThan(3 * 38));
  it.each(calls)("%s", async (_, handle, name, signature, theta) => {
    expect(signature, "its signature").toBeDefined();
    const words = signature === "" ? [] : signature.split(", ");
    const values = wordsWith(theta);
    const given = words.filter((word) => word !== "options").map((word) => values[word]);
    const one = (): unknown => handle[name](...given, { foo: 1 });
    await expectRefused(one, "bad-option", "there is no option foo; ");
    // after its options nothing is taken for options
    await expectRefused(() => handle[name](...given, undefined, { foo: 1 }), "bad-option", " foo");
  });

  it("a method that could take it as an argument", async () => {
    await expectRefused(() => h.pdf(T, 1, { times: [2] }), "bad-option", "there is no option times; there are method");
    await expectRefused(() => h.moments(T, 1, { order: 2 }), "bad-option", "there are reward, given, until");
    await expectRefused(() => h.mean(T, { quantity: "variance" }), "bad-option", "there is no option quantity");
    await expectRefused(() => h.density(T, { times: [1] }), "bad-option", "there is no option times");
  });

  it("but what the map of a list passes is none", () => {
    expect([0.5, 1].map(density.pdf)).toEqual([density.pdf(0.5), density.pdf(1)]);
    expect(JSON.parse(JSON.stringify({ model: h })).model.name).toBe("m");
  });
});

describe("the documentation has every option of every quantity", () => {
  const names = new Set(Object.values(OPTIONS).flat());
  const words = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, word]) => word);
  /** Rows of the table with this head: quantities and the options that the cells between name. */
  const table = (file: string, head: string, columns: number): Record<string, string[]> => {
    const lines = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), "utf8").split("\n");
    const first = lines.indexOf(head) + 2;
    expect(first).toBeGreaterThan(2);
    const rows = lines.slice(first, lines.indexOf("", first)).map((line) => line.split("|").slice(1, -1));
    return Object.fromEntries(
      rows.flatMap(([quantities, ...cells]) =>
        words(quantities).map((quantity) => [
          quantity,
          words(cells.slice(0, columns).join(" "))
            .flatMap((word) => word.split(", "))
            .filter((word) => names.has(word))
            .sort(),
        ]),
      ),
    );
  };
  const there = Object.fromEntries(
    Object.entries(OPTIONS).map(([quantity, options]) => [quantity, [...options].sort()]),
  );
  it.each([
    ["library.md", "| quantity | arguments | options |", 2],
    ["compute.md", "| quantity | fields | values per θ |", 1],
  ])("in %s", (file, head, columns) => expect(table(file, head, columns)).toEqual(there));
});

describe("a promise is not what it becomes", () => {
  const build = (): Any => engine.families.erlang.build({ k: 2 });
  it.each<Case>([
    [
      "a build",
      () => build().mean(1),
      "not-awaited",
      "Cannot use mean of a promise: write await before what makes it, as in (await model.build()).mean(θ, options)",
    ],
    ["a build whose graph is read", () => build().graph, "not-awaited", "as in (await model.build()).graph"],
    ["a loaded model", () => (engine.load(h.toJSON()) as Any).pdf(T, 1), "not-awaited", "pdf(θ, times, options)"],
    [
      "matrices",
      () => (engine.fromMatrices({ initial: [1], subIntensity: [[-1]] }) as Any).plot,
      "not-awaited",
      "plot",
    ],
    ["a stopped model", () => h.until([2]).visits(T), "not-awaited", "visits"],
    ["a transformed model", () => h.transformed("r").mean(T), "not-awaited", "mean"],
    ["numbers", () => h.instantiate(T).matrices(), "not-awaited", "matrices(θ)"],
    ["a density", () => h.density(T).errorBound(1), "not-awaited", "errorBound(time)"],
    [
      "as θ",
      () => h.mean(Promise.resolve(T)),
      "bad-theta",
      "θ must be numbers and is a promise; write await before it",
    ],
    ["in θ", () => h.mean([Promise.resolve(1), 2]), "bad-theta", "θ in lane 0 must be numbers and is a promise"],
    ["as a value by name", () => h.mean({ a: h.mean(T), b: 1 }), "bad-theta", "a must be a number and is a promise"],
    ["as times", () => h.pdf(T, h.quantile(T, [0.5])), "no-times", "got a promise; write await before it"],
    ["as a time", () => h.pdf(T, [h.quantile(T, 0.5)]), "bad-time", "the time must be a number ≥ 0 and is a promise"],
    ["as data", () => h.logLikelihood(T, h.sample(T, 3)), "bad-data", "is a promise; write await before it"],
    ["as vertices", () => h.until(Promise.resolve([2])), "bad-vertex", "is a promise; write await before it"],
    ["as options", () => h.mean(T, Promise.resolve({})), "bad-option", "not a promise; write await before it"],
    ["as a number of samples", () => h.sample(T, Promise.resolve(3)), "bad-draw", "is a promise"],
    ["as a document", () => engine.load(build()), "bad-request", "it must be an object and is a promise"],
    ["a handle as θ", () => h.mean(h), "bad-theta", "θ must be numbers and is PhaseType m"],
    ["a handle as a document", () => engine.load(h), "bad-request", "it is built already (PhaseType m"],
    [
      "a text as a document",
      () => engine.load(JSON.stringify(h)),
      "bad-request",
      "as in engine.load(JSON.parse(text))",
    ],
    ["a text as a request", () => engine.compute("{}"), "bad-request", "as in engine.compute(JSON.parse(text))"],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));

  it("and is still a promise", async () => {
    const promise = build();
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise.then((handle: Any) => handle.mean(1))).toBe(2);
    expect(Object.keys(promise)).toEqual([]);
    await expectRefused(() => engine.families.erlang.build({ k: -1 }), "bad-input", "whole number from 1 on");
    expect(await (await h.until([2])).hitting(T, [2])).toBeCloseTo(0.75, 14);
  });
});

it("everything has a text", async () => {
  const path = await h.samplePaths(T, 1);
  for (const [value, text] of [
    [h, "PhaseType m: 4 vertices, 3 edges"],
    [engine.families.erlang, "Model erlang(rate)"],
    [density, "Density: density of m at a = 2, b = 3"],
    [await h.sample(T, 2), "2 samples of m"],
    [path, "1 paths of m"],
    [h.plot.pdf(T), "Plot of pdf of m"],
  ]) {
    expect(`${value}`).toContain(text);
    expect(inspect(value)).toContain(text);
  }
});
