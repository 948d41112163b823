/**
 * Graphs of phasic as explicit models: real ones against what phasic itself answers (test/conformance/phasic, with
 * their provenance), others written by hand after the format. Answers come from dense elimination on the document.
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../engine.js";
import type { Formula } from "../expression/formula.js";
import { parseFormula } from "../expression/parse.js";
import { type PhasicAssumptions, type PhasicModel, readPhasicGraph } from "./phasic.js";

interface Answer {
  readonly theta: readonly number[];
  readonly moments?: readonly number[];
  readonly mean?: number;
  readonly pmf?: readonly number[];
}

const real = (name: string): { document: Record<string, unknown>; answers: readonly Answer[] } =>
  JSON.parse(readFileSync(new URL(`../../../test/conformance/phasic/${name}.json`, import.meta.url), "utf8"));

function evaluate(formula: Formula, theta: readonly number[]): number {
  switch (formula.op) {
    case "constant":
      return formula.value;
    case "parameter":
      return theta[formula.index];
    case "exp":
    case "log":
    case "sqrt":
      return Math[formula.op](evaluate(formula.left, theta));
    default: {
      const [a, b] = [evaluate(formula.left, theta), evaluate(formula.right, theta)];
      const values = { sum: a + b, product: a * b, quotient: a / b, share: a / b, power: a ** b };
      return formula.op === "max" || formula.op === "min" ? Math[formula.op](a, b) : values[formula.op];
    }
  }
}

/** Weights as a dense matrix, vertex × vertex. */
function matrixOf({ states, edges, parameters }: PhasicModel, theta: readonly number[]): number[][] {
  const matrix = states.map(() => states.map(() => 0));
  for (const [from, to, ...weight] of edges as [number, number, ...(number | string)[]][])
    matrix[from][to] +=
      typeof weight[0] === "string"
        ? evaluate(parseFormula(weight[0], parameters), theta)
        : (weight as number[]).reduce((sum, c, k) => sum + (k === 0 ? c : c * theta[k - 1]), 0);
  return matrix;
}

/** E[Y^k] for k = 1 … order (continuous), or the mean (discrete); Y is the absorption time. */
function momentsOf(model: PhasicModel, theta: readonly number[], order: number): number[] {
  const matrix = matrixOf(model, theta);
  const transient = matrix.flatMap((row, v) => (row.some((w) => w > 0) ? [v] : []));
  const system = transient.map((v) =>
    transient.map((u) => (u === v ? matrix[v].reduce((a, b) => a + b, 0) : 0) - matrix[v][u]),
  );
  let v: number[] = transient.map(() => 1);
  return Array.from({ length: order }, (_, k) => {
    v = solve(
      system,
      v.map((x) => (k + 1) * x),
    );
    return model.initial.reduce((sum, [at, p]) => sum + p * (v[transient.indexOf(at)] ?? 0), 0);
  });
}

function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const a = matrix.map((row, i) => [...row, right[i]]);
  for (let c = 0; c < a.length; c++)
    for (let i = 0; i < a.length; i++) {
      if (i === c) continue;
      const f = a[i][c] / a[c][c];
      for (let j = c; j <= a.length; j++) a[i][j] -= f * a[c][j];
    }
  return a.map((row, i) => row[a.length] / row[i]);
}

/** P(N = n) for n = 1, 2, …; absorption is arrival in a vertex without out-edges. */
function pmfOf(model: PhasicModel, theta: readonly number[], count: number): number[] {
  const matrix = matrixOf(model, theta);
  const absorbs = matrix.map((row) => row.every((w) => w === 0));
  let at = model.states.map((_, v) => model.initial.reduce((sum, [u, p]) => sum + (u === v ? p : 0), 0));
  return Array.from({ length: count }, () => {
    at = model.states.map((_, to) => at.reduce((sum, p, from) => sum + (absorbs[from] ? 0 : p * matrix[from][to]), 0));
    return at.reduce((sum, p, v) => sum + (absorbs[v] ? p : 0), 0);
  });
}

/** Digits of phasic's own elimination. */
const close = (value: number, expected: number): void => {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));
};

const REAL: [string, PhasicAssumptions][] = [
  ["coalescent", {}],
  ["two-island", {}],
  ["product-of-terms", {}],
  ["cache-entry", {}],
  ["discrete", { discrete: true, normalised: false }],
  ["discretized", { discrete: true }],
];

describe("real graphs", () => {
  it.each(REAL)("%s answers as phasic does", (name, assume) => {
    const { document, answers } = real(name);
    const model = readPhasicGraph(document, assume);
    for (const { theta, moments = [], mean, pmf = [] } of answers) {
      for (const [k, moment] of momentsOf(model, theta, moments.length).entries()) close(moment, moments[k]);
      if (mean !== undefined) close(momentsOf(model, theta, 1)[0], mean);
      for (const [n, p] of pmfOf(model, theta, pmf.length).entries()) close(p, pmf[n]);
    }
  });

  it.each(REAL)("%s does so in the engine", async (name, assume) => {
    const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-phasic-")) });
    const { document, answers } = real(name);
    const model = readPhasicGraph(document, assume);
    for (const { theta, moments, mean = Number.NaN, pmf = [] } of answers) {
      const expected = moments ?? [mean];
      const quantities = [
        { quantity: "moments", order: expected.length },
        ...(pmf.length > 0 ? [{ quantity: "pmf", steps: pmf.map((_, k) => k + 1) }] : []),
      ];
      const { results } = await engine.compute({ model, theta, quantities });
      const [first, second = []] = results.map(({ values }) => values[0] as number[]);
      for (const [k, moment] of expected.entries()) close(first[k], moment);
      for (const [k, p] of pmf.entries()) close(second[k], p);
    }
    await engine.close();
  });

  it("become documents without the artificial start", () => {
    expect(readPhasicGraph(real("coalescent").document)).toEqual({
      format: "sojourn-model/1",
      name: "phasic graph",
      kind: "continuous",
      parameters: ["theta0"],
      states: [[4], [3], [2], [1]],
      initial: [[0, 1]],
      edges: [
        [0, 1, 0, 6],
        [1, 2, 0, 3],
        [2, 3, 0, 1],
      ],
    });
  });
});

it("vertices with one state vector get one more entry that tells them apart", () => {
  const states = readPhasicGraph(real("discretized").document, { discrete: true }).states;
  expect(states).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
    [0, 0],
    [0, 1],
  ]);
});

/** Start, [2], [1], as newer versions write it. */
const small = (more: object = {}): Record<string, unknown> => ({
  states: [[0], [2], [1]],
  vertex_indices: [0, 1, 2],
  edges: [],
  constant_edges: [],
  start_edges: [[1, 1]],
  param_edges: [[1, 2, 3, 0.5]],
  start_param_edges: [],
  param_length: 2,
  state_length: 1,
  n_vertices: 3,
  weight_mode: "linear",
  dyn_ordering: false,
  is_discrete: false,
  was_dph: false,
  ...more,
});
const edgesOf = (more: object, assume?: PhasicAssumptions): unknown => readPhasicGraph(small(more), assume).edges;

describe("what newer versions write", () => {
  it("says itself that a graph is discrete, and whether its rows are divided by their sums", () => {
    const discrete = { is_discrete: true, was_dph: false };
    expect(readPhasicGraph(small(discrete)).kind).toBe("discrete");
    expect(edgesOf(discrete)).toEqual([
      [0, 1, 0, 3, 0.5],
      [0, 0, "max(0,1-(3*theta0+0.5*theta1))"],
    ]);
    expect(edgesOf({ is_discrete: true, was_dph: true })).toEqual([[0, 1, 1, 0, 0]]);
    expect(edgesOf({ was_dph: true }, { discrete: true })).toEqual([[0, 1, 0, 3, 0.5]]);
  });

  it("may have weights without parameters, alone or beside others", () => {
    const constant = { edges: [[1, 2, 0.25]], param_edges: [], param_length: 0 };
    expect(edgesOf(constant)).toEqual([[0, 1, 0.25]]);
    expect(edgesOf({ ...constant, is_discrete: true })).toEqual([
      [0, 1, 0.25],
      [0, 0, 0.75],
    ]);
    expect(edgesOf({ ...constant, edges: [[1, 2, 1 - 2 ** -53]], is_discrete: true })).toEqual([[0, 1, 1 - 2 ** -53]]);
    const pair = { edges: [], constant_edges: [[1, 2, 2]], is_discrete: true, was_dph: true };
    expect(edgesOf(pair)).toEqual([
      [0, 1, "(2)/(2+3*theta0+0.5*theta1)"],
      [0, 1, "(3*theta0+0.5*theta1)/(2+3*theta0+0.5*theta1)"],
    ]);
    const both = [
      [1, 2, 1],
      [1, 2, 3],
    ];
    expect(edgesOf({ ...constant, edges: both, is_discrete: true, was_dph: true })).toEqual([
      [0, 1, 0.25],
      [0, 1, 0.75],
    ]);
  });

  it.each([
    // t0*c0 + logistic(t1 - 2)
    ["a sum", [0, 0, 1, 0, 5, 0, 1, 2, 0, 4, 12, 3], [2], (a: number, b: number) => 3 * a + 1 / (1 + Math.exp(2 - b))],
    // select(c1 < 1, -sqrt(t0)*c1 ** 2, t1) + exp(log(t1) / 2)
    [
      "a choice",
      [1, 1, 2, 0, 15, 0, 0, 11, 8, 1, 1, 2, 1, 7, 5, 0, 1, 22, 0, 1, 10, 2, 1, 6, 9, 3],
      [1, 2],
      (a: number, b: number) => -Math.sqrt(a) * 0.25 + Math.exp(Math.log(b) / 2),
    ],
    // select(and(c0 > 2, not(c1 == c0)), t0 ** t1, 7)
    [
      "a power",
      [1, 0, 2, 0, 16, 1, 1, 1, 0, 13, 21, 19, 0, 0, 0, 1, 7, 2, 1, 22],
      [2, 7],
      (a: number, b: number) => a ** b,
    ],
  ])("may give weights by a formula: %s", (_, ops, consts, exact) => {
    const model = readPhasicGraph(small({ weight_mode: "formula", weight_formula_tape: { ops, consts, src: "" } }));
    close(matrixOf(model, [1.7, 0.6])[0][1], exact(1.7, 0.6));
  });

  it("decides a formula without parameters", () => {
    const tape = { ops: [1, 0, 1, 1, 5], consts: [] };
    expect(edgesOf({ weight_mode: "formula", weight_formula_tape: tape })).toEqual([[0, 1, 1.5, 0, 0]]);
  });
});

describe("faults are named by their place", () => {
  it.each<[string, unknown, string]>([
    ["no object", [1], "the document must be an object"],
    ["no states", small({ states: undefined }), "/states is missing"],
    ["an old version", (({ vertex_indices: _, ...rest }) => rest)(small()), "a version before 0.22"],
    ["too few states", small({ states: [[0], [2]] }), "/states must have 3 rows and has 2"],
    ["a state of another length", small({ states: [[0], [2, 1], [1]] }), "/states/1 must be a list of 1 numbers"],
    ["a broken state", small({ states: [[0], [2.5], [1]] }), "/states/1/0 must be a whole number and is 2.5"],
    ["two starts", small({ vertex_indices: [0, 0, 2] }), "/vertex_indices/1 is a second start"],
    ["no vertex that exists", small({ edges: [[1, 3, 1]] }), "/edges/0/1 is 3 and must be a vertex from 0 to 2"],
    ["an edge back to the start", small({ edges: [[1, 0, 1]] }), "/edges/0/1 is the start"],
    ["text for a weight", small({ edges: [[1, 2, "x"]] }), '/edges/0/2 must be a finite number and is "x"'],
    ["an edge too short", small({ edges: [[1, 2]] }), "/edges/0 must be a list of 3 numbers"],
    [
      "too few coefficients",
      small({ param_edges: [[1, 2, 3]] }),
      "/param_edges/0 has 1 coefficients and param_length is 2",
    ],
    ["too many coefficients", small({ param_edges: [[1, 2, 3, 1, 1]] }), "/param_edges/0 has 3 coefficients"],
    ["half a start", small({ start_edges: [[1, 0.5]] }), "/start_edges sums to 0.5"],
    ["no start", small({ start_edges: [] }), "/start_edges sums to 0"],
    ["a start with parameters", small({ start_param_edges: [[1, 1, 1]] }), "/start_param_edges is not empty"],
    ["weights by callback", small({ weight_mode: "callback" }), '/weight_mode is "callback"'],
    ["a product with 0", small({ weight_mode: "log", param_edges: [[1, 2, 0, 1]] }), "/param_edges/0 must have"],
    ["no tape", small({ weight_mode: "formula" }), "/weight_formula_tape is not a tape"],
    ["a flag that is none", small({ is_discrete: 1 }), "/is_discrete must be true or false and is 1"],
    ["a size that is none", small({ n_vertices: -1 }), "/n_vertices must be a whole number"],
    ["a cache entry", { graph_data: small({ param_length: "2" }) }, "/graph_data/param_length must be a whole number"],
    [
      "a condition on parameters",
      small({ weight_mode: "formula", weight_formula_tape: { ops: [0, 0, 1, 0, 15], consts: [] } }),
      "/param_edges/0 has a weight formula with a condition on parameters",
    ],
    [
      "a tape that runs out",
      small({ weight_mode: "formula", weight_formula_tape: { ops: [0, 0, 3], consts: [] } }),
      "takes more than it has",
    ],
    [
      "a tape with more than a value",
      small({ weight_mode: "formula", weight_formula_tape: { ops: [0, 0, 0, 1], consts: [] } }),
      "does not end with one value",
    ],
    [
      "a tape of another age",
      small({ weight_mode: "formula", weight_formula_tape: { ops: [0, 0, 23], consts: [] } }),
      "an operation 23",
    ],
    [
      "a parameter that is not there",
      small({ weight_mode: "formula", weight_formula_tape: { ops: [0, 2], consts: [] } }),
      "that is not there",
    ],
  ])("%s", (_, document, words) => {
    expect(() => readPhasicGraph(document)).toThrow(
      expect.objectContaining({ code: "bad-phasic-graph", message: expect.stringContaining(words) }),
    );
    expect(() => readPhasicGraph(document)).toThrow(/^Cannot read the phasic graph: .*\.$/);
  });
});

it.each([
  ["a text", "discrete", 'assume is an object such as { discrete: true } and not "discrete"'],
  ["a name that is nearly one", { discret: true }, "there is no assumption discret (did you mean discrete?)"],
  ["a value that is none", { normalised: 1 }, "the assumption normalised must be true or false and is 1"],
])("assumptions are refused that are %s", (_, assume, words) => {
  expect(() => readPhasicGraph(small(), assume as never)).toThrow(
    expect.objectContaining({ code: "bad-option", message: expect.stringContaining(words) }),
  );
});
