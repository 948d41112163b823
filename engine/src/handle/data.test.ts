/** Data, conditions and transforms: what is refused with a sentence, and what is a lane without values. */
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { type Any, fourStates } from "../../../test/support/refused-models.js";

const { engine, h, d, T, P } = await fourStates("data");

describe("data are refused", () => {
  const ll = (data: unknown) => () => h.logLikelihood(T, data);
  it.each<Case>([
    ["that are no list", ll(1), "bad-data", "data must be a list of observations"],
    ["missing", ll(undefined), "bad-data", "data must be a list"],
    ["with a negative time", ll([1, -2]), "bad-data", "observation 1 has the time -2, which must be finite and ≥ 0"],
    ["with NaN", ll([1, 2, Number.NaN]), "bad-data", "observation 2 has the time NaN"],
    ["with infinity", ll([{ right: Number.POSITIVE_INFINITY }]), "bad-data", "observation 0 has the time Infinity"],
    ["with null", ll([null]), "bad-data", "observation 0 must be a number or an object and is null"],
    ["with a text", ll(["1"]), "bad-data", 'observation 0 must be a number or an object and is "1"'],
    [
      "with two kinds at once",
      ll([{ right: 1, left: 2 }]),
      "bad-data",
      "observation 0 must have one of exact, right, left, interval",
    ],
    ["with no kind", ll([1, {}]), "bad-data", "observation 1 must have one of"],
    [
      "with a field that means nothing",
      ll([{ at: 1 }]),
      "bad-data",
      "observation 0 has at, which has no meaning there",
    ],
    ["with an interval that is none", ll([{ interval: 1 }]), "bad-data", "an interval of two times"],
    [
      "with an interval backwards",
      ll([{ interval: [2, 1] }]),
      "bad-data",
      "has an interval that ends at 1, before it begins",
    ],
    ["with an empty interval", ll([{ interval: [2, 2] }]), "bad-data", "before it begins"],
    [
      "truncated after they were seen",
      ll([{ exact: 1, truncated: 2 }]),
      "bad-data",
      "is truncated at 2, after it was seen",
    ],
    [
      "truncated when they were seen",
      ll([{ exact: 1, truncated: 1 }]),
      "bad-data",
      "is truncated at 1, after it was seen",
    ],
    ["until a time, truncated there", ll([{ left: 1, truncated: 1 }]), "bad-data", "observation 0"],
    [
      "with a negative weight",
      ll([{ exact: 1, weight: -1 }]),
      "bad-data",
      "has the weight -1, which must be finite and ≥ 0",
    ],
    [
      "with half a step",
      () => d.logLikelihood(P, [1, 2.5]),
      "bad-data",
      "observation 1 has the time 2.5, which must be a whole number of steps",
    ],
    [
      "that are 0 without an atom",
      ll([1, 0]),
      "impossible-data",
      "observation 1 is 0, and the model has no atom at zero",
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));

  it("and what θ makes impossible is a lane without values", async () => {
    // a reward that is 0 everywhere has the atom alone
    const { status } = await h.logLikelihood([T, [0, 1]], [1]);
    expect(status).toEqual(["ok", "singular"]);
    await expect(h.logLikelihood(T, [1e6])).rejects.toMatchObject({
      name: "LaneError",
      code: "impossible",
      message:
        "Cannot evaluate logLikelihood of m at a = 2, b = 3: an observation, or what it is known to be later than, has probability 0.",
    });
    await expect(d.logLikelihood([1, 1], [1])).rejects.toMatchObject({ code: "impossible" });
  });

  it("of no observation is 0, with a bound of 0", async () => {
    const { values, errorBounds } = await h.evaluate({ quantity: "logLikelihood", data: [] }, T);
    expect([values.values[0], errorBounds]).toEqual([0, [0]]);
  });

  it("that are late and until a time count as between the two", async () => {
    const [from, to] = [0.5, 2];
    const [F, S] = [await h.cdf(T, [from, to]), await h.survival(T, from)];
    expect(await h.logLikelihood(T, [{ left: to, truncated: from }])).toBeCloseTo(Math.log((F[1] - F[0]) / S), 12);
    expect(await d.logLikelihood(P, [{ left: 3, truncated: 2 }])).toBeCloseTo(
      Math.log((await d.pmf(P, 3)) / (await d.survival(P, 2))),
      12,
    );
  });
});

describe("conditions", () => {
  it("of probability 0 are lanes without values, of every quantity that has them", async () => {
    for (const question of [
      { quantity: "mean" },
      { quantity: "moments", order: 2 },
      { quantity: "variance" },
      { quantity: "pdf", times: [1] },
      { quantity: "cdf", times: [1] },
      { quantity: "survival", times: [1] },
      { quantity: "hazard", times: [1] },
    ]) {
      const { values } = await h.evaluate({ ...question, given: [2] }, [[2, 0], T]);
      expect([question.quantity, values.status]).toEqual([question.quantity, ["impossible", "ok"]]);
      expect(values.values[0]).toBeNaN();
    }
    await expect(h.sample([2, 0], 3, { given: [2] })).rejects.toMatchObject({ code: "impossible" });
  });

  it("do not matter when they are certain", async () => {
    expect(await h.mean(T, { given: [2, 3] })).toBeCloseTo(await h.mean(T), 14);
    expect(await h.cdf(T, 1, { given: [[2], [3]] })).toBeCloseTo(await h.cdf(T, 1), 14);
  });
});

describe("the transform", () => {
  it("has no value where it does not converge, and none at a pole", async () => {
    const erlang: Any = await engine.families.erlang.build({ k: 2 });
    expect((await erlang.laplace(1, [[-0.5, 0]]))[0]).toBeCloseTo(4, 13);
    for (const at of [
      [-1, 0],
      [-2, 3],
      [-1.5, 0],
      [-1, 1],
    ])
      await expect(erlang.laplace(1, [at])).rejects.toMatchObject({ code: "invalid" });
    // E[e^{zN}] of a geometric time converges below −log(1 − p)
    expect((await d.laplace([0.5, 1], [[-0.5, 0]]))[0]).toBeCloseTo(
      (0.5 * Math.exp(1)) / (1 - 0.5 * Math.exp(0.5)),
      12,
    );
    await expect(d.laplace([0.5, 1], [[-0.7, 1]])).rejects.toMatchObject({ code: "invalid" });
  });
});
