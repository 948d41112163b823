/** Models as matrices, there and back, and matrices that are none. */
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { buildGraph } from "./build.js";
import { fromMatrices, toMatrices } from "./matrices.js";

// biome-ignore lint/suspicious/noExplicitAny: the point is to call with what the types forbid
const read = fromMatrices as (model: any) => unknown;
const S = [
  [-3, 1, 2],
  [0.5, -2, 0.25],
  [0, 1, -1.5],
];
const initial = [0.5, 0.25, 0];

describe("matrices", () => {
  it("in one array are those in rows", () => {
    const rows = fromMatrices({ initial, subIntensity: S });
    const flat = fromMatrices({ initial: Float64Array.from(initial), subIntensity: Float64Array.from(S.flat()) });
    expect(flat).toEqual(rows);
  });

  it("of a graph give the graph again", () => {
    const graph = buildGraph(fromMatrices({ initial, subIntensity: S }));
    const { matrix, initial: start, defect, exits } = toMatrices(graph);
    expect([[...matrix], [...start], defect]).toEqual([S.flat(), initial, 0.25]);
    expect(Array.from(exits)).toEqual([0, 1.25, 0.5]);
    expect(buildGraph(fromMatrices({ initial: start, subIntensity: matrix }))).toEqual(graph);
  });

  it("of steps too", () => {
    const T = [
      [0.5, 0.25],
      [0, 0.75],
    ];
    const graph = buildGraph(fromMatrices({ initial: [1, 0], subTransition: Float64Array.from(T.flat()) }));
    expect(graph.kind).toBe("discrete");
    expect(Array.from(toMatrices(graph).matrix)).toEqual(T.flat());
  });
});

describe("matrices are refused", () => {
  it.each<Case>([
    [
      "with a field in small letters",
      () => read({ initial, subintensity: S }),
      "bad-matrix",
      "did you mean subIntensity?",
    ],
    ["with a field of matrices()", () => read({ initial, matrix: S }), "bad-matrix", "no field matrix; there are name"],
    [
      "in a flat list",
      () => read({ initial: [1, 0], subIntensity: [-1, 1, 0, -1] }),
      "bad-matrix",
      "is a list of rows",
    ],
    [
      "in an array of another size",
      () => read({ initial: [1, 0], subIntensity: Float64Array.of(-1, 1, 0) }),
      "bad-matrix",
      "must have 2 × 2 numbers, row by row, and has 3",
    ],
    [
      "in an array of another square",
      () => read({ initial: [1, 0], subIntensity: Float64Array.of(-1) }),
      "bad-matrix",
      "must have 2 × 2 numbers, row by row, and has 1",
    ],
    ["without a start", () => read({ subIntensity: Float64Array.of(-1) }), "bad-matrix", "initial must have 1"],
    ["as a text", () => read("S"), "bad-matrix", 'and not as "S"'],
    ["as a promise", () => read(Promise.resolve()), "bad-matrix", "a promise; write await before it"],
    [
      "with a start of texts",
      () => read({ initial: ["1"], subIntensity: [[-1]] }),
      "bad-initial",
      'initial[0] must be a number and is "1"',
    ],
    [
      "of texts",
      () => read({ initial: [1], subIntensity: [["-1"]] }),
      "bad-rate",
      'entry 0, 0 must be finite and is "-1"',
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));
});
