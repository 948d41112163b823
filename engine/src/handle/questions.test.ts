/** Questions that are none: every quantity refuses what it cannot mean, with a code and a sentence, and says what it can. */
import { describe, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { fourStates } from "../../../test/support/refused-models.js";
import { OPTIONS } from "./question.js";

const { engine, h, d, T, P } = await fourStates("questions");

describe("θ is refused", () => {
  it.each<Case>([
    ["missing", () => h.mean(), "no-theta", "it needs a, b, and no θ was given"],
    ["too short", () => h.mean([1]), "theta-length", "must have 2 values (a, b) and has 1"],
    ["too long", () => h.mean([1, 2, 3]), "theta-length", "has 3"],
    ["one number for two", () => h.mean(1), "theta-length", "has 1"],
    ["NaN", () => h.mean([1, Number.NaN]), "theta-not-finite", "b must be finite and is NaN"],
    [
      "infinite in a lane",
      () =>
        h.mean([
          [1, 1],
          [Number.POSITIVE_INFINITY, 1],
        ]),
      "theta-not-finite",
      "is Infinity",
    ],
    [
      "a name it does not have",
      () => h.mean({ a: 1, b: 2, c: 3 }),
      "unknown-parameter",
      "no parameter c; its parameters are a, b",
    ],
    ["a name that is missing", () => h.mean({ a: 1 }), "missing-parameter", "θ lacks b"],
    [
      "a name that is missing in a lane",
      () => h.mean([{ a: 1, b: 1 }, { b: 1 }]),
      "missing-parameter",
      "θ in lane 1 lacks a",
    ],
    ["a text by name", () => h.mean({ a: 1, b: "2" }), "bad-theta", 'b must be a number and is "2"'],
    ["a text", () => h.mean("1, 2"), "bad-theta", 'must be numbers and is "1, 2"'],
    ["a list with a text", () => h.mean([1, "2"]), "bad-theta", "must hold numbers only"],
    ["null", () => h.mean(null), "bad-theta", "is null"],
    ["integers typed", () => h.mean(Int32Array.of(1, 2)), "bad-theta", "Int32Array"],
    ["missing for a gradient", () => h.gradient({ quantity: "mean" }), "no-theta", "it needs a, b"],
    ["missing for a density", () => h.density(), "no-theta", "it needs a, b"],
    [
      "a batch for a density",
      () =>
        h.density([
          [1, 2],
          [2, 3],
        ]),
      "bad-theta",
      "one θ is needed, not a batch",
    ],
    [
      "a batch for samples",
      () =>
        h.sample(
          [
            [1, 2],
            [2, 3],
          ],
          5,
        ),
      "bad-theta",
      "one θ is needed, not a batch",
    ],
    [
      "a batch for matrices",
      () =>
        h.matrices([
          [1, 2],
          [2, 3],
        ]),
      "bad-theta",
      "one θ is needed, not a batch",
    ],
    [
      "a batch to instantiate",
      () =>
        h.instantiate([
          [1, 2],
          [2, 3],
        ]),
      "bad-theta",
      "one θ is needed, not a batch",
    ],
    [
      "a batch for a Hessian",
      () =>
        h.hessianVector(
          { quantity: "mean" },
          [
            [1, 2],
            [2, 3],
          ],
          T,
        ),
      "bad-theta",
      "not batches",
    ],
    [
      "a batch of directions",
      () =>
        h.hessianVector({ quantity: "mean" }, T, [
          [1, 2],
          [2, 3],
        ]),
      "bad-theta",
      "not batches",
    ],
    [
      "no direction",
      () => h.hessianVector({ quantity: "mean" }, T),
      "no-theta",
      "it needs a, b, and no direction was given",
    ],
    [
      "a direction that is a text",
      () => h.hessianVector({ quantity: "mean" }, T, "x"),
      "bad-theta",
      'the direction must be numbers and is "x"',
    ],
    [
      "a direction that is NaN",
      () => h.hessianVector({ quantity: "mean" }, T, [1, Number.NaN]),
      "theta-not-finite",
      "b of the direction must be finite and is NaN",
    ],
    [
      "a direction that lacks a name",
      () => h.hessianVector({ quantity: "mean" }, T, { a: 1 }),
      "missing-parameter",
      "the direction lacks b",
    ],
    ["a direction that is too short", () => h.hessianVector({ quantity: "mean" }, T, [1]), "theta-length", "has 1"],
    ["negative for matrices", () => h.matrices([-1, 1]), "negative-rate", "must be ≥ 0 and is -1"],
    ["negative to instantiate", () => h.instantiate([-1, 1]), "negative-rate", "must be ≥ 0 and is -1"],
    ["negative for samples", () => h.sample([-1, 1], 5), "negative-rate", "is -1 at a = -1, b = 1"],
    ["negative for a density", () => h.density([-1, 1]), "negative-rate", "is -1 at a = -1, b = 1"],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));
});

describe("options are refused", () => {
  it.each(Object.keys(OPTIONS))("that %s does not have", async (quantity) => {
    const known = OPTIONS[quantity as keyof typeof OPTIONS][0];
    await expectRefused(() => h.evaluate({ quantity, colour: 1 }, T), "bad-option", `there is no option colour`);
    await expectRefused(() => h.evaluate({ quantity, colour: 1 }, T), "bad-option", known);
    await expectRefused(
      () => engine.compute({ model: { family: "erlang" }, theta: 1, quantities: [{ quantity, colour: 1 }] }),
      "bad-request",
      "/quantities/0",
    );
  });

  it.each<Case>([
    ["an order of 1.5", () => h.moments(T, 1.5), "bad-order", "from 1 to 170 and is 1.5"],
    ["an order of 171", () => h.moments(T, 171), "bad-order", "is 171"],
    ["an order of 0 of factorial moments", () => d.factorialMoments(P, 0), "bad-order", "is 0"],
    [
      "an unknown reward",
      () => h.cdf(T, 1, { reward: "q" }),
      "unknown-reward",
      "it has no reward q; its rewards are r, s",
    ],
    [
      "an unknown reward of samples",
      () => h.sample(T, 1, { rewards: ["q"] }),
      "unknown-reward",
      "its rewards are r, s",
    ],
    [
      "rewards of samples that are no list",
      () => h.sample(T, 1, { rewards: "r" }),
      "bad-option",
      'rewards must be a list of names and is "r"',
    ],
    ["an unknown reward to transform by", () => h.transformed("q"), "unknown-reward", "it has no reward q"],
    ["one reward of a covariance", () => h.covariance(T, "r"), "no-reward", "the names of two rewards"],
    ["no rewards of a matrix", () => h.covarianceMatrix(T, []), "no-reward", "a list of rewards"],
    ["a number as a reward of a matrix", () => h.covarianceMatrix(T, [1]), "no-reward", "a list of rewards"],
    ["no time", () => h.pdf(T), "no-times", "it needs a time or a list of times and got undefined"],
    [
      "one time in a question",
      () => h.evaluate({ quantity: "pdf", times: 1 }, T),
      "no-times",
      "times of a question are a list, such as [1]",
    ],
    [
      "time for times",
      () => h.gradient({ quantity: "pdf", time: [1] }, T),
      "bad-option",
      "there is no option time (did you mean times?); there are times",
    ],
    ["a negative time", () => h.pdf(T, -1), "bad-time", "the time must be a number ≥ 0 and is -1"],
    [
      "a negative time in a list",
      () => h.occupancy(T, [1, -0.5]),
      "bad-time",
      "the time at index 1 must be a number ≥ 0 and is -0.5",
    ],
    ["half a step", () => d.cdf(P, 1.5), "bad-time", "the step must be a whole number and is 1.5"],
    ["a negative step", () => d.pmf(P, [-1]), "bad-time", "the step must be a number ≥ 0"],
    [
      "a probability above 1",
      () => h.quantile(T, 1.1),
      "bad-probability",
      "the probability must lie in [0, 1] and is 1.1",
    ],
    ["a probability below 0", () => h.quantile(T, [0.5, -0.1]), "bad-probability", "the probability at index 1"],
    ["no probability", () => h.quantile(T), "no-times", "a probability or a list"],
    [
      "a real point of a transform",
      () => h.laplace(T, [1]),
      "bad-point",
      "point 0 must be a pair [re, im] of finite numbers",
    ],
    ["a point at infinity", () => h.laplace(T, [[Number.POSITIVE_INFINITY, 0]]), "bad-point", "point 0"],
    ["no points", () => h.laplace(T), "bad-point", "at must be a list"],
    [
      "a method that does not exist",
      () => h.evaluate({ quantity: "cdf", times: [1], method: "guess" }, T),
      "bad-option",
      'method must be one of auto, uniformization, squaring, inversion and is "guess"',
    ],
    [
      "a vertex that does not exist",
      () => h.hitting(T, [4]),
      "bad-vertex",
      "vertices[0] is 4 and must be a vertex from 0 to 3 or a state of the model",
    ],
    ["a state that does not exist", () => h.hitting(T, [[7]]), "bad-vertex", "vertices[0] is [7]"],
    [
      "no stop",
      () => h.mean(T, { until: [] }),
      "bad-vertex",
      "until must be a list of vertices or states and names none",
    ],
    [
      "a condition on 0",
      () => h.mean(T, { given: 0 }),
      "bad-vertex",
      "given must be a list of vertices or states and is 0; write [0] for the vertex 0",
    ],
    ["samples given 0", () => h.sample(T, 1, { given: 0 }), "bad-vertex", "given must be a list of vertices or states"],
    ["samples until nowhere", () => h.sample(T, 1, { until: [] }), "bad-vertex", "names none"],
    ["no vertices", () => h.hitting(T, []), "bad-vertex", "must be a list of vertices or states"],
    ["one vertex that is no list", () => h.hitting(T, 2), "bad-vertex", "must be a list of vertices or states"],
    ["a stop that is no vertex", () => h.mean(T, { until: [1.5] }), "bad-vertex", "until[0] is 1.5"],
    [
      "a condition that does not absorb",
      () => h.mean(T, { given: [1] }),
      "bad-vertex",
      "vertex 1 does not absorb; stop there with until",
    ],
    ["a condition on a state that is none", () => h.pdf(T, 1, { given: [[9]] }), "bad-vertex", "given[0] is [9]"],
    [
      "a stopped model at no list",
      () => h.until(2),
      "bad-vertex",
      "until must be a list of vertices or states and is 2; write [2] for the vertex 2",
    ],
    [
      "a stopped model at no vertex",
      () => h.until([2, 8]),
      "bad-vertex",
      "Cannot stop m: until[1] is 8 and must be a vertex from 0 to 3 or a state of the model, such as [3]",
    ],
    ["samples until no list", () => h.sample(T, 2, { until: 1 }), "bad-vertex", "until must be a list"],
    [
      "samples until no vertex",
      () => h.sample(T, 2, { until: [[5]] }),
      "bad-vertex",
      "until[0] is [5] and must be a vertex from 0 to 3",
    ],
    [
      "samples given a state that does not absorb",
      () => h.sample(T, 2, { given: [1] }),
      "bad-condition",
      "never ends there",
    ],
    [
      "an option of samples",
      () => h.sample(T, 2, { sed: 1 }),
      "bad-option",
      "there is no option sed (did you mean seed?); there are seed, first, until, given, rewards",
    ],
    ["rewards of paths", () => h.samplePaths(T, 2, { rewards: ["r"] }), "bad-option", "there is no option rewards"],
    [
      "a seed that is no whole number",
      () => h.sample(T, 2, { seed: 0.5 }),
      "bad-option",
      "seed must be a whole number and is 0.5",
    ],
    [
      "fewer samples than none",
      () => h.sample(T, -5),
      "bad-draw",
      "the number of samples must be a whole number from 0",
    ],
    ["samples counted by a text", () => h.sample(T, "5"), "bad-draw", 'and is "5"'],
    [
      "a number of samples that is none",
      () => h.sample(T, 2.5),
      "bad-draw",
      "must be a whole number from 0 to 268435456 and is 2.5",
    ],
    [
      "samples without a number",
      () => h.sample(T),
      "bad-draw",
      "the number of samples must be a whole number from 0 to 268435456 and is undefined",
    ],
    ["too many samples", () => h.sample(T, 2 ** 40), "bad-draw", "from 0 to 268435456 and is 1099511627776"],
    [
      "a first sample below 0",
      () => h.sample(T, 1, { first: -1 }),
      "bad-draw",
      "first must be a whole number from 0 to",
    ],
    [
      "counts of another length",
      () => h.countProbabilities(T, ["r", "s"], [[1]]),
      "bad-count",
      "counts[0] must be 2 whole numbers ≥ 0 and is [1]",
    ],
    ["counts that are texts", () => h.countProbabilities(T, ["r"], [["1"]]), "bad-count", 'in a list and is ["1"]'],
    ["counts without lists", () => h.countProbabilities(T, ["r"], [1]), "bad-count", "in a list and is 1"],
    ["counts below 0", () => h.countProbabilities(T, ["r"], [[-1]]), "bad-count", "counts[0]"],
    ["counts that are no list", () => h.countProbabilities(T, ["r"], 1), "bad-count", "a list of count vectors"],
    [
      "counts that need too much memory",
      () => h.countProbabilities(T, ["r", "s"], [[1e5, 1e5]]),
      "too-much-memory",
      "ask for smaller counts",
    ],
    [
      "a rate of events below 0",
      () => h.countProbabilities(T, ["r"], [[1]], { rate: -1 }),
      "bad-rate",
      "rate must be finite and ≥ 0 and is -1",
    ],
    [
      "an infinite rate of events",
      () => h.countProbabilities(T, ["r"], [[1]], { rate: Number.POSITIVE_INFINITY }),
      "bad-rate",
      "is Infinity",
    ],
    [
      "steps of a continuous model",
      () => h.pmf(T, [1]),
      "wrong-kind",
      "it is for discrete models, and this one is continuous",
    ],
    [
      "factorial moments of a continuous model",
      () => h.factorialMoments(T, 1),
      "wrong-kind",
      "it is for discrete models",
    ],
    [
      "counts of a discrete model",
      () => d.countProbabilities(P, ["r"], [[1]]),
      "wrong-kind",
      "it is for continuous models",
    ],
    [
      "derivatives of discrete quantiles",
      () => d.gradient({ quantity: "quantile", probabilities: [0.5] }, P),
      "no-gradient",
      "it takes whole steps",
    ],
    [
      "second derivatives of many values",
      () => h.hessianVector({ quantity: "moments", order: 2 }, T, T),
      "no-hessian",
      "Cannot give second derivatives of moments",
    ],
    [
      "second derivatives of a curve",
      () => h.hessianVector({ quantity: "pdf", times: [1] }, T, T),
      "no-hessian",
      "of pdf",
    ],
    [
      "second derivatives over epochs",
      () => h.epochs([{ start: 0, theta: T }]).hessianVector({ quantity: "mean" }),
      "no-hessian",
      "Cannot give second derivatives of mean of m: there are none over epochs, only gradients",
    ],
    [
      "a quantity in capitals",
      () => h.evaluate({ quantity: "Mean" }, T),
      "unknown-quantity",
      'there is no quantity "Mean" (did you mean mean?); there are moments',
    ],
    [
      "a reward without a name",
      () => h.mean(T, { reward: "" }),
      "unknown-reward",
      'no reward ""; its rewards are r, s',
    ],
    [
      "a quantity that does not exist",
      () => h.evaluate({ quantity: "median" }, T),
      "unknown-quantity",
      'there is no quantity "median"; there are moments',
    ],
    [
      "a quantity named like what objects inherit",
      () => h.evaluate({ quantity: "toString" }, T),
      "unknown-quantity",
      '"toString"',
    ],
    [
      "no question",
      () => h.evaluate(undefined, T),
      "bad-option",
      'a question is an object such as { quantity: "mean" }',
    ],
    [
      "an option of evaluate",
      () => h.evaluate({ quantity: "mean" }, T, { gradiant: true }),
      "bad-option",
      "there is no option gradiant",
    ],
    ["an option of a density", () => h.density(T, { rewrd: "r" }), "bad-option", "there is no option rewrd"],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));
});
