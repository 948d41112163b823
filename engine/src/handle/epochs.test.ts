/** Epochs and formulas that are none, each refused with a sentence that names its place. */
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { type Any, fourStates } from "../../../test/support/refused-models.js";

const { engine, frame, edges, h, d, T, P } = await fourStates("epochs");

describe("epochs are refused", () => {
  it.each<Case>([
    ["none", () => h.epochs([]), "bad-epochs", "epochs must be a list of { start, theta }"],
    ["nothing", () => h.epochs(undefined), "bad-epochs", "epochs must be a list"],
    ["null", () => h.epochs([null]), "bad-epochs", "epoch 0 must be { start, theta }"],
    [
      "a first that starts late",
      () => h.epochs([{ start: 1, theta: T }]),
      "bad-epochs",
      "the first epoch must start at 0",
    ],
    [
      "without a start",
      () => h.epochs([{ theta: T }]),
      "bad-epochs",
      "the start of epoch 0 must be a finite number or a formula and is undefined",
    ],
    [
      "an endless start",
      () =>
        h.epochs([
          { start: 0, theta: T },
          { start: Number.POSITIVE_INFINITY, theta: T },
        ]),
      "bad-epochs",
      "the start of epoch 1",
    ],
    [
      "that do not ascend",
      () =>
        h.epochs([
          { start: 0, theta: T },
          { start: 2, theta: T },
          { start: 1, theta: T },
        ]),
      "bad-epochs",
      "epoch 2 starts at 1, and starts must ascend",
    ],
    ["without θ", () => h.epochs([{ start: 0 }]), "bad-epochs", "θ of epoch 0 is missing; it needs a, b"],
    [
      "with too few values",
      () => h.epochs([{ start: 0, theta: [1] }]),
      "bad-epochs",
      "must have 2 values (a, b) and has 1",
    ],
    [
      "with a name that is none",
      () => h.epochs([{ start: 0, theta: { a: 1, b: 1, q: 1 } }]),
      "bad-epochs",
      "has q, which is no parameter; there are a, b",
    ],
    ["with a name that lacks", () => h.epochs([{ start: 0, theta: { a: 1 } }]), "bad-epochs", "θ of epoch 0 lacks b"],
    [
      "with NaN",
      () => h.epochs([{ start: 0, theta: [1, Number.NaN] }]),
      "bad-epochs",
      "b of epoch 0 must be a finite number or a formula and is NaN",
    ],
    [
      "with a field that means nothing",
      () => h.epochs([{ start: 0, theta: T, end: 3 }]),
      "bad-epochs",
      "epoch 0 has end, which has no meaning there",
    ],
    [
      "with a formula of unknown names",
      () => h.epochs({ parameters: ["x"], epochs: [{ start: 0, theta: ["x", "y"] }] }),
      "bad-formula",
      'there is no parameter y (there are x) at character 1 ("y")',
    ],
    [
      "with a parameter twice",
      () => h.epochs({ parameters: ["x", "x"], epochs: [{ start: 0, theta: ["x", 1] }] }),
      "bad-epochs",
      "the parameter x comes twice",
    ],
    [
      "with parameters that are no list",
      () => h.epochs({ parameters: "x", epochs: [{ start: 0, theta: ["x", 1] }] }),
      "bad-epochs",
      "parameters must be a list of names",
    ],
    [
      "with a field that is nearly one",
      () => h.epochs({ parameter: ["x"], epochs: [{ start: 0, theta: ["x", 1] }] }),
      "bad-epochs",
      "there is no field parameter (did you mean parameters?); there are parameters, epochs",
    ],
    [
      "with a θ that is a promise",
      () => h.epochs([{ start: 0, theta: Promise.resolve(T) }]),
      "bad-epochs",
      "θ of epoch 0 is a promise; write await before it",
    ],
    [
      "at half a step",
      () =>
        d.epochs([
          { start: 0, theta: P },
          { start: 1.5, theta: P },
        ]),
      "bad-epochs",
      "starts at 1.5, which is no whole number of steps",
    ],
    [
      "separate, at a name that is none",
      () => h.separateEpochs([0, "c"]),
      "bad-epochs",
      'epoch 1 starts at "c", which is no parameter; there are a, b',
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));

  const e: Any = h.epochs([
    { start: 0, theta: T },
    { start: 1, theta: [1, 1] },
  ]);
  it.each<Case>([
    [
      "a condition",
      () => e.mean(undefined, { given: [2] }),
      "not-available",
      "a condition on where absorption happens",
    ],
    [
      "a condition on samples",
      () => e.sample(undefined, 2, { given: [2] }),
      "not-available",
      "a condition on where absorption happens",
    ],
    ["a density of a reward", () => e.pdf(undefined, 1, { reward: "r" }), "not-available", "its clock is not time"],
    ["a transform", () => e.laplace(undefined, [[1, 0]]), "not-available", "the Laplace transform is not available"],
    [
      "counts",
      () => e.countProbabilities(undefined, ["r"], [[1]]),
      "not-available",
      "countProbabilities is not available",
    ],
    ["a transformed model", () => e.transformed("r"), "not-available", "a reward's clock is not the time"],
    ["matrices", () => e.matrices(), "not-available", "each with a θ of its own"],
    ["one θ", () => e.instantiate(), "not-available", "each with a θ of its own"],
  ])("with %s, which epochs do not have", (_, call, code, words) => expectRefused(call, code, words));

  it("and starts that formulas put in the wrong order are a lane without values", async () => {
    const tied: Any = h.epochs({
      parameters: ["x"],
      epochs: [
        { start: 0, theta: T },
        { start: "x - 1", theta: T },
        { start: "log(x)", theta: T },
      ],
    });
    const { status } = await tied.mean([[1.5], [0.5], [-1], [4]]);
    expect(status).toEqual(["invalid", "invalid", "invalid", "invalid"]);
    const late: Any = h.epochs({
      parameters: ["x"],
      epochs: [
        { start: 0, theta: T },
        { start: "1/x", theta: T },
      ],
    });
    expect((await late.mean([[1], [0]])).status).toEqual(["ok", "invalid"]);
  });
});

describe("formulas are refused", () => {
  const formula = (text: string) => () => engine.load({ ...frame, edges: [[0, 1, text], ...edges.slice(1)] });
  it.each<Case>([
    ["with nothing", formula(" "), "bad-formula", "/edges/0/2 is no formula"],
    ["cut off", formula("a +"), "bad-formula", "a number, a parameter or a bracket is missing at its end"],
    ["with a sign too many", formula("a */ b"), "bad-formula", 'at character 4 ("/")'],
    ["with an open bracket", formula("(a + b"), "bad-formula", 'a ")" is missing at its end'],
    ["with a closed bracket", formula("a + b)"), "bad-formula", 'something is left over at character 6 (")")'],
    [
      "with an unknown name",
      formula("a*rate"),
      "bad-formula",
      'there is no parameter rate (there are a, b) at character 3 ("rate")',
    ],
    [
      "with an unknown function",
      formula("sin(a)"),
      "bad-formula",
      "there is no function sin; there are exp, log, sqrt, min and max",
    ],
    ["with min of one", formula("min(a)"), "bad-formula", 'a "," is missing at character 6 (")")'],
    ["with a strange character", formula("a # b"), "bad-formula", 'the character 3 ("#") has no meaning there'],
    ["with two numbers in a row", formula("2 a"), "bad-formula", 'something is left over at character 3 ("a")'],
    ["with code", formula("a; process.exit()"), "bad-formula", 'the character 2 (";")'],
    ["nested without end", formula(`${"(".repeat(5000)}a`), "bad-formula", "it is nested too deeply"],
    ["signed without end", formula(`${"-".repeat(5000)}a`), "bad-formula", "it is nested too deeply"],
    [
      "of a start",
      () => engine.load({ ...frame, initial: [[0, "a b"]], edges }),
      "bad-formula",
      "/initial/0/1 is no formula",
    ],
    [
      "of a reward",
      () => engine.load({ ...frame, rewards: { r: [0, 0, "a+", 0] }, edges }),
      "bad-formula",
      "/rewards/r/2 is no formula",
    ],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));
});
