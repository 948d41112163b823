/** Every case of `cases/*.json`, one request each, and the judge itself. */
import { openEngine } from "@sojourn/engine";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";
import { type Answered, type DataCase, faultsOf, readThemes, requestOf } from "./cases-data.js";

const themes = readThemes();

/** Quantities that are programs, which every backend runs for itself; those over time have one implementation. */
const PROGRAMS = new Set([
  "moments",
  "mean",
  "variance",
  "meanVariance",
  "covariance",
  "covarianceMatrix",
  "factorialMoments",
  "sojourn",
  "visits",
  "hitting",
  "countProbabilities",
]);

const isProgram = ({ quantity, epochs }: DataCase): boolean =>
  epochs === undefined && PROGRAMS.has((quantity as { quantity: string }).quantity);

type Results = { results: readonly Answered[]; backend: string };

describe.each(themes.map((theme) => [theme.name, theme] as const))("%s", (_, { cases }) => {
  const engine = openEngine({ cacheDirectory: temporaryFolder("cases") });
  const ask = async (one: DataCase, backend: string): Promise<Results> =>
    (await engine.compute({ ...(requestOf(one) as object), backend })) as unknown as Results;

  it.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const { results } = await ask(one, "reference");
    expect(results.length).toBe(1);
    expect(faultsOf(one, results[0])).toEqual([]);
  });

  const programs = cases.filter(isProgram);
  if (programs.length > 0)
    it.each(programs.map((one) => [one.name, one] as const))("%s, by wasm", async (_, one) => {
      const { results, backend } = await ask(one, "wasm");
      expect(backend).toBe("wasm");
      expect(faultsOf(one, results[0])).toEqual([]);
    });
});

describe("the files", () => {
  it("cover every theme, and say where values come from", () => {
    expect(themes.map(({ name, cases }) => [name, cases.length >= 10])).toEqual(
      [
        "conditioned",
        "counts",
        "densities",
        "discrete",
        "epochs",
        "likelihoods",
        "moments-gradients",
        "moments-stiff",
        "rewards",
      ].map((name) => [name, true]),
    );
    for (const { note } of themes) expect(note.length).toBeGreaterThan(40);
  });

  it("have a row of derivatives for each value, a column for each parameter", () => {
    for (const { cases } of themes)
      for (const { name, gradient, gradients, values, theta, epochs } of cases) {
        expect(gradients === undefined, name).toBe(gradient === undefined);
        if (gradients === undefined) continue;
        const width = epochs ? epochs.length * epochs[0].theta.length + epochs.length - 1 : theta!.length;
        expect(
          gradients.map((row) => row.length),
          name,
        ).toEqual(values.map(() => width));
      }
  });
});

describe("the judge", () => {
  const one: DataCase = {
    name: "two values",
    model: {},
    theta: [2, 0],
    gradient: true,
    quantity: { quantity: "moments" },
    values: [3, 0, "1e-310"],
    gradients: [
      [1, 2],
      [0, 1],
      ["1e-310", 0],
    ],
    tolerance: 1e-12,
  };
  const right: Answered = {
    status: ["ok"],
    values: [[3, 0, 1e-310]],
    gradients: [
      [
        [1, 2],
        [0, 1],
        [1e-310, 0],
      ],
    ],
    errorBound: 1e-14,
  };
  const withValue = (k: number, x: number): Answered => ({
    ...right,
    values: [right.values[0]!.map((v, i) => (i === k ? x : v))],
  });
  const withGradient = (k: number, p: number, x: number): Answered => ({
    ...right,
    gradients: [right.gradients![0]!.map((row, i) => row.map((g, j) => (i === k && j === p ? x : g)))],
  });

  it("passes what is right, and what is off by less than is allowed", () => {
    expect(faultsOf(one, right)).toEqual([]);
    expect(faultsOf(one, withValue(0, 3 + 2e-12))).toEqual([]);
    expect(faultsOf(one, withGradient(0, 0, 1 + 1.4e-9))).toEqual([]); // value / θ is 1.5
    expect(faultsOf({ ...one, scale: 1 }, withValue(1, 5e-13))).toEqual([]);
    expect(faultsOf({ ...one, bound: true }, right)).toEqual([]);
  });

  it.each([
    ["a value", faultsOf(one, withValue(0, 3 + 4e-12))],
    ["an exact zero", faultsOf(one, withValue(1, 1e-300))],
    ["a value that is not a number", faultsOf(one, withValue(0, Number.NaN))],
    ["a value below the normal range", faultsOf(one, withValue(2, 0))],
    ["a derivative", faultsOf(one, withGradient(0, 0, 1 + 2e-9))],
    ["a derivative at θ = 0", faultsOf(one, withGradient(0, 1, 2 + 3e-9))],
    ["a derivative that is not a number", faultsOf(one, withGradient(1, 1, Number.NaN))],
    ["gradients that are missing", faultsOf(one, { ...right, gradients: [null] })],
    ["a lane without values", faultsOf(one, { ...right, status: ["singular"], values: [null] })],
    ["too few values", faultsOf(one, { ...right, values: [[3, 0]] })],
    [
      "no bound",
      faultsOf({ ...one, bound: true }, { status: ["ok"], values: right.values, gradients: right.gradients! }),
    ],
    ["a bound beyond 1e-9", faultsOf({ ...one, bound: true }, { ...right, errorBound: 2e-9 })],
    [
      "a bound that does not hold",
      faultsOf({ ...one, tolerance: 1e-6, bound: true }, { ...withValue(0, 3 + 1e-12), errorBound: 1e-13 }),
    ],
  ])("refuses %s", (_, faults) => {
    expect(faults).not.toEqual([]);
  });

  it("reads pairs of complex values and their derivatives", () => {
    const pair: DataCase = {
      ...one,
      theta: [2],
      quantity: { quantity: "laplace" },
      values: [3, 1e-13],
      gradients: [[1], [4]],
    };
    const answer: Answered = { status: ["ok"], values: [[[3, 0]]], gradients: [[[[1, 4]]]] };
    expect(faultsOf(pair, answer)).toEqual([]);
    expect(faultsOf(pair, { ...answer, gradients: [[[[1, 4.1]]]] })).not.toEqual([]);
    expect(faultsOf(pair, { ...answer, values: [[[3, 1e-11]]] })).not.toEqual([]);
  });
});
