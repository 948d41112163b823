/** Lanes without values say why, each in its own words: alone as an error, in batches beside their status, in documents too. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectRefused } from "../../../test/support/refusals.js";
import { openEngine } from "../engine.js";

const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-lanes-")) });
// biome-ignore lint/suspicious/noExplicitAny: the point is to call with what the types forbid
type Any = any;
const two = (name: string, more: object): Promise<Any> =>
  engine.load({ name, states: [[0], [1]], initial: [[0, 1]], parameters: ["p"], edges: [[0, 1, 1, 0]], ...more });

const cost = await two("cost", { rewards: { r: ["p", 0] } });
const start = await two("start", { initial: [[0, "p"]] });
const row = await engine.load({
  name: "row",
  kind: "discrete",
  states: [[0], [1], [2]],
  initial: [[0, 1]],
  parameters: ["p"],
  edges: [
    [0, 1, "p"],
    [0, 2, "p"],
  ],
});
const stays = [
  [0, 0, "1 - p"],
  [0, 1, "p"],
];
const steps: Any = await two("steps", { kind: "discrete", edges: stays });
const rate = await two("rate", { edges: [[0, 1, 0, 1]] });
const moving = (m: Any): Any =>
  m.epochs({
    parameters: ["s", "t"],
    epochs: [
      { start: 0, theta: 0.25 },
      { start: "s", theta: 0.5 },
      { start: "t", theta: 0.25 },
    ],
  });

describe("a lane without values says why", () => {
  it.each<readonly [string, Any, unknown, Any, string, string]>([
    [
      "a reward that is 0",
      cost,
      { quantity: "pdf", times: [1], reward: "r" },
      0,
      "invalid",
      "the formula of the reward is 0 in state [0], and the distribution of the reward divides by it; moments do not",
    ],
    ["a start above 1", start, { quantity: "mean" }, 2, "invalid", "the initial probabilities sum to 2, more than 1"],
    [
      "a start below 0",
      start,
      { quantity: "cdf", times: [1] },
      -1,
      "invalid",
      "the probability to start in vertex 0 ([0]) is -1 and must be ≥ 0",
    ],
    [
      "a row above 1",
      row,
      { quantity: "pmf", steps: [1] },
      0.75,
      "invalid",
      "the probabilities out of vertex 0 ([0]) sum to 1.5, more than 1",
    ],
    [
      "a transform that does not converge",
      rate,
      {
        quantity: "laplace",
        at: [
          [1, 0],
          [-3, 1],
        ],
      },
      2,
      "invalid",
      "the transform does not converge at point 1, [-3, 1]",
    ],
    [
      "epochs out of order",
      moving(rate),
      { quantity: "mean" },
      [2, 1],
      "invalid",
      "epoch 2 starts at 1, before epoch 1, which starts at 2",
    ],
    [
      "an epoch before the first",
      moving(rate),
      { quantity: "cdf", times: [1] },
      [-1, 1],
      "invalid",
      "epoch 1 starts at -1, before epoch 0, which starts at 0",
    ],
    [
      "an epoch between two steps",
      moving(row),
      { quantity: "mean" },
      [1.5, 3],
      "invalid",
      "epoch 1 starts at 1.5, which is no whole number of steps",
    ],
    [
      "a rate of 0",
      rate,
      { quantity: "mean" },
      0,
      "singular",
      "a state that is reached cannot reach absorption, because rates are 0",
    ],
    [
      "data that cannot be",
      rate,
      { quantity: "logLikelihood", data: [1e6] },
      1,
      "impossible",
      "an observation, or what it is known to be later than, has probability 0",
    ],
    [
      "a hazard where nothing survives",
      rate,
      { quantity: "hazard", times: [1e6] },
      1,
      "impossible",
      "the hazard divides by the survival, or by what is given, and that is 0 in double precision",
    ],
  ])("%s", async (_, handle, question, theta, status, reason) => {
    const one = Array.isArray(theta) ? theta : [theta];
    const { values } = await handle.evaluate(question, [one]);
    expect([values.status, values.reasons]).toEqual([[status], [reason]]);
    expect(() => values.row(0)).toThrow(
      expect.objectContaining({ name: "LaneError", code: status, message: expect.stringContaining(reason) }),
    );
    const { quantity } = question as { quantity: string };
    const { at, times, steps, data, ...options } = question as Any;
    const points = at ?? times ?? steps ?? data;
    await expect(
      points ? handle[quantity](one, points, ...("reward" in options ? [{ reward: "r" }] : [])) : handle[quantity](one),
    ).rejects.toMatchObject({ name: "LaneError", code: status, message: expect.stringMatching(/^Cannot evaluate /) });
  });

  it("beside lanes that have them, in batches and documents", async () => {
    const batch = await start.mean([[0.5], [2], [-1]]);
    expect(batch.status).toEqual(["ok", "invalid", "invalid"]);
    expect(batch.reasons).toEqual([undefined, expect.stringContaining("sum to 2"), expect.stringContaining("is -1")]);
    const request = { model: start.toJSON(), theta: [[0.5], [2]], quantities: [{ quantity: "mean" }] };
    const { results } = await engine.compute(request);
    expect(results[0].reasons).toEqual([null, "the initial probabilities sum to 2, more than 1"]);
    expect((await engine.compute({ ...request, theta: [[0.5]] })).results[0]).not.toHaveProperty("reasons");
  });

  it("to a density and to samples", async () => {
    const epochs = moving(rate);
    for (const call of [() => epochs.density([2, 1]), () => epochs.sample([2, 1], 3)])
      await expect(call()).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringContaining("epoch 2 starts at 1, before epoch 1, which starts at 2"),
      });
    await expect(start.density(2)).rejects.toMatchObject({ message: expect.stringContaining("sum to 2") });
  });
});

describe("a θ that is no θ is refused with its lane", () => {
  it.each([
    ["by a moment", (thetas: unknown) => rate.mean(thetas)],
    ["over time", (thetas: unknown) => rate.pdf(thetas, 1)],
    ["by a gradient", (thetas: unknown) => rate.gradient({ quantity: "mean" }, thetas)],
  ])("%s", async (_, call) => {
    const words = "Cannot evaluate rate in lane 1: the rate from vertex 0 ([0]) to vertex 1 ([1])";
    await expectRefused(() => call([[1], [-1]]), "negative-rate", words);
    await expectRefused(() => call(Float64Array.of(1, -1, 2)), "negative-rate", words);
    await expectRefused(() => call([[1], [Number.NaN]]), "theta-not-finite", "p in lane 1 must be finite and is NaN");
    await expectRefused(() => call(Float64Array.of(1, 2, Infinity)), "theta-not-finite", "p in lane 2");
    await expectRefused(() => call([-1]), "negative-rate", "Cannot evaluate rate: the rate");
  });

  it("and a list of numbers is no batch, but says how to write one", async () => {
    await expectRefused(() => rate.mean([10, 20]), "theta-length", "a batch is a list of lists, [[10], [20]]");
    await expectRefused(() => rate.mean([1, 2, 3]), "theta-length", "[[1], [2], …]");
    const pairs = moving(rate);
    await expectRefused(() => pairs.mean([1, 2, 3, 4]), "theta-length", "a list of lists, [[1, 2], [3, 4]]");
  });
});

describe("an epoch of a discrete model that begins at a parameter", () => {
  const epochs = moving(row);
  it("has values, and no derivatives, by any way", async () => {
    expect(await epochs.mean([1, 3])).toBeGreaterThan(0);
    const words = "the start of epoch 1 depends on parameters, and the starts of a discrete model are whole steps";
    const mean = { quantity: "mean" };
    await expectRefused(() => epochs.gradient(mean, [1, 3]), "no-gradient", words);
    await expectRefused(() => epochs.evaluate(mean, [1, 3], { gradient: true }), "no-gradient", words);
    await expectRefused(() => epochs.hessianVector(mean, [1, 3], [1, 0]), "no-gradient", words);
    const named = steps.separateEpochs([0, "p"]);
    await expectRefused(() => named.gradient(mean, [0.25, 0.5]), "no-gradient", words);
  });

  it("is a number where it is separate, and derivatives are by the rest", async () => {
    const separate = steps.separateEpochs([0, 2]);
    expect(separate.parameters).toEqual(["p@0", "p@1"]);
    // E[N] = 1 + q + q²/b with q = 1 − a
    const [a, b] = [0.25, 0.125];
    const q = 1 - a;
    expect(await separate.mean([a, b])).toBeCloseTo(1 + q + (q * q) / b, 13);
    const [da, db] = await separate.gradient({ quantity: "mean" }, [a, b]);
    expect([da, db]).toEqual([expect.closeTo(-1 - (2 * q) / b, 11), expect.closeTo(-(q * q) / (b * b), 11)]);
    const epochs = [
      { start: 0, theta: [a] },
      { start: 2, theta: [b] },
    ];
    const request = { model: steps.toJSON(), epochs, gradient: true, quantities: [{ quantity: "mean" }] };
    const { parameters, results } = await engine.compute(request);
    expect([parameters, results[0].gradients]).toEqual([["p@0", "p@1"], [[[da, db]]]]);
  });
});
