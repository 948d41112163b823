/** Models that are none: each is refused with a code and a sentence that names the state, and nothing hangs. */
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { type Any, twoStates } from "../../../test/support/refused-models.js";
import { Weight } from "../expression/weight.js";

const { engine, rule, build } = twoStates("refusals");
const document = (more: object = {}) => ({
  states: [[2], [1], [0]],
  initial: [[0, 1]],
  edges: [
    [0, 1, 1],
    [1, 2, 1],
  ],
  ...more,
});
const discrete = (edges: unknown[], more: object = {}) =>
  engine.load({ kind: "discrete", ...document({ edges }), ...more });

describe("rates are refused", () => {
  it.each<Case>([
    ["negative", () => build(rule(-1)), "negative-rate", "from [1] to [0] must be ≥ 0 and is -1"],
    ["infinite", () => build(rule(Number.POSITIVE_INFINITY)), "bad-rate", "must be finite and is Infinity"],
    ["minus infinite", () => build(rule(Number.NEGATIVE_INFINITY)), "bad-rate", "must be finite and is -Infinity"],
    ["NaN", () => build(rule(Number.NaN)), "bad-rate", "must be finite and is NaN"],
    ["a text", () => build(rule("1")), "bad-rate", "must be a number or a weight and is string"],
    ["missing", () => build(rule(undefined)), "bad-rate", "is undefined"],
    ["a promise", () => build(rule(Promise.resolve(1))), "bad-rate", "rules cannot be async"],
    [
      "negative in a document",
      () =>
        engine.load(
          document({
            edges: [
              [0, 1, -2],
              [1, 2, 1],
            ],
          }),
        ),
      "negative-rate",
      "from vertex 0 ([2]) to vertex 1 ([1]) must be ≥ 0 and is -2",
    ],
    [
      "negative as a formula without parameters",
      () =>
        engine.load(
          document({
            edges: [
              [0, 1, "1 - 3"],
              [1, 2, 1],
            ],
          }),
        ),
      "negative-rate",
      "must be ≥ 0 and is -2",
    ],
    [
      "infinite as a formula",
      () =>
        engine.load(
          document({
            edges: [
              [0, 1, "1/0"],
              [1, 2, 1],
            ],
          }),
        ),
      "bad-rate",
      "must be finite and is Infinity",
    ],
    [
      "NaN in affine form",
      () =>
        build(
          rule(0, {
            transitions: (_: unknown, __: unknown, ___: unknown, emit: Any) => emit.affine([0], Number.NaN, [0, 0]),
          }),
        ),
      "bad-rate",
      "must be finite and is NaN",
    ],
    [
      "affine with too few coefficients",
      () =>
        build(rule(0, { transitions: (_: unknown, __: unknown, ___: unknown, emit: Any) => emit.affine([0], 1, [1]) })),
      "bad-rate",
      "needs 2 coefficients and got 1",
    ],
    [
      "affine without coefficients",
      () => build(rule(0, { transitions: (_: unknown, __: unknown, ___: unknown, emit: Any) => emit.affine([0], 1) })),
      "bad-rate",
      "needs 2 coefficients and got undefined",
    ],
    [
      "of another model",
      () => build(rule(new Weight(0, [1], ["c"]))),
      "foreign-weight",
      "the weight c of a model with other parameters",
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));
});

describe("rates at a θ are refused", () => {
  it.each<Case>([
    [
      "negative",
      async () => (await build(rule(new Weight(1, [-1, 0], ["a", "b"])))).mean([3, 1]),
      "negative-rate",
      "the rate from vertex 0 ([1]) to vertex 1 ([0]) must be finite and ≥ 0 and is -2 at a = 3, b = 1",
    ],
    [
      "negative in one lane",
      async () =>
        (await build(rule(new Weight(1, [-1, 0], ["a", "b"])))).cdf(
          [
            [0, 0],
            [3, 1],
          ],
          1,
        ),
      "negative-rate",
      "is -2 at a = 3, b = 1",
    ],
    [
      "negative by a formula",
      async () =>
        (await build(rule(new Weight(0, [1, 0], ["a", "b"]).times(new Weight(0, [0, 1], ["a", "b"]))))).variance([
          -1, 2,
        ]),
      "negative-rate",
      "is -2",
    ],
    [
      "infinite by a formula",
      async () => (await build(rule(new Weight(0, [1, 0], ["a", "b"]).power(-1)))).pdf([0, 2], 1),
      "bad-rate",
      "is Infinity",
    ],
    [
      "NaN by a formula",
      async () => (await build(rule(new Weight(0, [1, 0], ["a", "b"]).log()))).mean([-1, 2]),
      "bad-rate",
      "is NaN",
    ],
    [
      "a reward that is negative",
      async () =>
        (await build(rule(1, { rewards: { r: (_: unknown, __: unknown, { a }: Any) => a.minus(2) } }))).mean([1, 1], {
          reward: "r",
        }),
      "bad-reward",
      "the reward r of vertex 0 ([1]) must be finite and ≥ 0 and is -1 at a = 1, b = 1",
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));

  it("but not when a sum that cancels falls below zero by rounding alone", async () => {
    const handle = await engine.load({
      parameters: ["a"],
      ...document({
        edges: [
          [0, 1, 0.3, -1],
          [0, 2, 1, 0],
          [1, 2, 1, 0],
        ],
      }),
    });
    expect(await handle.mean(0.1 + 0.2)).toBeCloseTo(1, 14);
  });
});

describe("structures are refused", () => {
  it.each<Case>([
    [
      "no way to absorption",
      () => build(rule(1, { transitions: ([k]: number[]) => [{ to: [1 - k], rate: 1 }] })),
      "no-absorption",
      "vertex 0 ([1]) can be reached from the start but cannot reach absorption",
    ],
    [
      "a part without a way to absorption",
      () =>
        engine.load({
          states: [[0], [1], [2], [3]],
          initial: [[0, 1]],
          edges: [
            [0, 1, 1],
            [0, 2, 1],
            [2, 3, 1],
            [3, 2, 1],
          ],
        }),
      "no-absorption",
      "vertex 2 ([2])",
    ],
    [
      "a discrete row that stays",
      () =>
        discrete([
          [0, 1, 1],
          [1, 1, 1],
        ]),
      "no-absorption",
      "vertex 0 ([2])",
    ],
    [
      "a start that absorbs",
      () => build(rule(1, { initial: () => [0] })),
      "one-vertex",
      "vertex 0 ([0]) is its only state and absorbs",
    ],
    [
      "starts that all absorb",
      () => engine.load(document({ initial: [[2, 1]] })),
      "absorbing-start",
      "it starts in vertex 2 ([0]), where it is absorbed at once",
    ],
    [
      "one vertex",
      () => engine.load({ states: [[0]], initial: [[0, 1]], edges: [] }),
      "one-vertex",
      "is its only state",
    ],
    [
      "one vertex that turns in itself",
      () => engine.load({ states: [[0]], initial: [[0, 1]], edges: [[0, 0, 3]] }),
      "one-vertex",
      "is its only state",
    ],
    [
      "only rates of 0",
      () =>
        engine.load(
          document({
            edges: [
              [0, 1, 0],
              [1, 2, 0],
            ],
          }),
        ),
      "absorbing-start",
      "absorbed at once",
    ],
    [
      "no states",
      () => engine.load({ states: [], initial: [[0, 1]], edges: [] }),
      "bad-request",
      "/states must have at least 1 element",
    ],
    [
      "no matrix rows",
      () => engine.fromMatrices({ initial: [], subIntensity: [] }),
      "empty-model",
      "the matrix has no rows",
    ],
    ["no initial state", () => build(rule(1, { initial: () => [] })), "bad-initial", "must return a state"],
    [
      "an initial state that is a number",
      () => build(rule(1, { initial: () => 3 })),
      "bad-initial",
      "must return a state",
    ],
    [
      "initial mass above 1",
      () =>
        build(
          rule(1, {
            initial: () => [
              [[1], 0.7],
              [[0], 0.5],
            ],
          }),
        ),
      "bad-initial",
      "sum to 1.2",
    ],
    [
      "initial mass below 0",
      () => build(rule(1, { initial: () => [[[1], -0.1]] })),
      "bad-initial",
      "must lie in [0, 1] and is -0.1",
    ],
    ["initial mass that is NaN", () => build(rule(1, { initial: () => [[[1], Number.NaN]] })), "bad-initial", "is NaN"],
    [
      "a state twice",
      () => engine.load(document({ states: [[2], [1], [2]] })),
      "duplicate-state",
      "/states/2 is [2], which is state 0 already",
    ],
    [
      "a vertex that does not exist",
      () => engine.load(document({ edges: [[0, 7, 1]] })),
      "bad-request",
      "/edges/0/1 is 7 and must be a vertex from 0 to 2",
    ],
    [
      "states of different lengths",
      () => engine.load(document({ states: [[2], [1, 1], [0]] })),
      "bad-request",
      "/states/1 has 2 entries and the first state has 1",
    ],
    [
      "a discrete row above 1",
      () =>
        discrete([
          [0, 1, 0.75],
          [0, 0, 0.5],
          [1, 2, 1],
        ]),
      "bad-row",
      "out of vertex 0 ([2]) must sum to at most 1 and sum to 1.25",
    ],
    [
      "a row of S above 0",
      () =>
        engine.fromMatrices({
          initial: [1, 0],
          subIntensity: [
            [-1, 2],
            [0, -1],
          ],
        }),
      "bad-row",
      "row 0 must sum to at most 0 and sums to 1",
    ],
    [
      "a row of T above 1",
      () =>
        engine.fromMatrices({
          initial: [1, 0],
          subTransition: [
            [0.5, 0.6],
            [0, 0.5],
          ],
        }),
      "bad-row",
      "row 0 must sum to at most 1 and sums to 1.1",
    ],
    [
      "a diagonal of S above 0",
      () => engine.fromMatrices({ initial: [1], subIntensity: [[1]] }),
      "negative-rate",
      "entry 0, 0 must be ≤ 0 and is 1",
    ],
    [
      "an entry of S below 0",
      () =>
        engine.fromMatrices({
          initial: [1, 0],
          subIntensity: [
            [-1, -1],
            [0, -1],
          ],
        }),
      "negative-rate",
      "entry 0, 1 must be ≥ 0 and is -1",
    ],
    [
      "an entry that is NaN",
      () => engine.fromMatrices({ initial: [1], subIntensity: [[Number.NaN]] }),
      "bad-rate",
      "entry 0, 0 must be finite and is NaN",
    ],
    [
      "rows of another length",
      () => engine.fromMatrices({ initial: [1, 0], subIntensity: [[-1, 1], [-1]] }),
      "bad-matrix",
      "row 1 must have 2 numbers and has 1",
    ],
    [
      "a row that is missing",
      () => engine.fromMatrices({ initial: [1], subIntensity: [undefined] as Any }),
      "bad-matrix",
      "row 0 must have 1 numbers",
    ],
    [
      "α of another length",
      () =>
        engine.fromMatrices({
          initial: [1],
          subIntensity: [
            [-1, 1],
            [0, -1],
          ],
        }),
      "bad-matrix",
      "initial must have 2 probabilities and has 1",
    ],
    [
      "both matrices",
      () => engine.fromMatrices({ initial: [1], subIntensity: [[-1]], subTransition: [[0.5]] }),
      "bad-matrix",
      "and not both",
    ],
    ["no matrix at all", () => (engine.fromMatrices as Any)(), "bad-matrix", "give subIntensity, or subTransition"],
    [
      "a reward of another length",
      () => engine.fromMatrices({ initial: [1], subIntensity: [[-1]], rewards: { r: [1, 2] } }),
      "bad-reward",
      "the reward r must have 1 values and has 2",
    ],
    [
      "a reward that is NaN",
      () => build(rule(1, { rewards: { r: () => Number.NaN } })),
      "bad-reward",
      "the reward r at vertex 0 ([1]): it must be finite and ≥ 0 and is NaN",
    ],
    [
      "a reward of a foreign weight",
      () => build(rule(1, { rewards: { r: () => new Weight(1, [], []) } })),
      "foreign-weight",
      "the reward r of [1]",
    ],
    [
      "a start of a foreign weight",
      () => build(rule(1, { initial: () => [[[1], new Weight(1, [], [])]] })),
      "foreign-weight",
      "the probability of [1]",
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));

  it("but a rate of 0 is legal, where another way out is left or its source is not reached", async () => {
    const handle = await engine.load(
      document({
        parameters: ["m"],
        edges: [
          [0, 1, 0, 1],
          [0, 2, 2, 0],
          [1, 2, 0, 1],
        ],
      }),
    );
    expect(await handle.mean(0)).toBe(0.5);
    expect(Array.from(await handle.gradient({ quantity: "mean" }, 1))).toHaveLength(1);
    const batch = await handle.cdf([[0], [1]], 1);
    expect(batch.status).toEqual(["ok", "ok"]);
    expect(batch.row(0)[0]).toBeCloseTo(1 - Math.exp(-2), 14);
  });

  it("and a start that depends on θ may be below 0 or above 1 only as a lane without values", async () => {
    const handle = await engine.load({
      parameters: ["p"],
      ...document({
        initial: [[0, "p"]],
        edges: [
          [0, 1, 1, 0],
          [1, 2, 1, 0],
        ],
      }),
    });
    const { status, values } = await handle.mean([[0.5], [-0.5], [1.5]]);
    expect(status).toEqual(["ok", "invalid", "invalid"]);
    expect(Array.from(values)).toEqual([1, Number.NaN, Number.NaN]);
    await expect(handle.cdf(-0.5, 1)).rejects.toMatchObject({ name: "LaneError", code: "invalid" });
  });

  it("and a discrete row may exceed 1 at a θ only as a lane without values", async () => {
    const handle = await engine.load({
      kind: "discrete",
      parameters: ["p"],
      ...document({
        edges: [
          [0, 1, 0, 1],
          [0, 0, 0.5, 0],
          [1, 2, 1, 0],
        ],
      }),
    });
    const { status } = await handle.pmf([[0.5], [0.6]], [1, 2]);
    expect(status).toEqual(["ok", "invalid"]);
  });
});
