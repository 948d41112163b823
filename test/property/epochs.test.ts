/** Epochs: what changes nothing changes nothing, and the rest is checked on the plain model that it is made of. */
import { openEngine, type PhaseType, type Question } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discreteFormulaModel, type FormulaModel, formulaModel, PARAMETERS } from "../support/formulas.js";
import { expectNumbers } from "../support/quantities.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("epochs") });
const RUNS = { numRuns: 8 };
const kinds = [
  ["continuous", formulaModel, 1],
  ["discrete", discreteFormulaModel, 6],
] as const;

/** Everything that is defined over epochs; times lie in and at the ends of epochs that start at 0.5, 1 and 1.5 units. */
function questions(kind: "continuous" | "discrete", n: number, unit: number): Question[] {
  const times = [0, 0.5, 1, 1.5, 4].map((t) => Math.ceil(t * unit));
  const inside = kind === "continuous" ? [0.2, 0.5, 0.7, 1, 1.2, 3] : times;
  const data = [unit * 2, { right: unit }, { left: unit * 3 }, { interval: [unit, 4 * unit] as [number, number] }];
  const all: Question[] = [
    ...(["pdf", "cdf", "survival", "hazard", "stateProbabilities", "occupancy", "accumulated"] as const).map(
      (quantity) => ({ quantity, times: inside }),
    ),
    { quantity: "moments", order: 3 },
    { quantity: "variance" },
    { quantity: "sojourn" },
    { quantity: "visits" },
    { quantity: "hitting", vertices: [n] },
    { quantity: "hitting", vertices: [0] },
    { quantity: "defect" },
    { quantity: "logLikelihood", data },
    { quantity: "quantile", probabilities: [0.2, 0.6, 0.95] },
  ];
  if (kind === "discrete") return [...all, { quantity: "pmf", steps: times }];
  return [
    ...all,
    { quantity: "accumulated", times: inside, reward: "r1" },
    { quantity: "moments", order: 2, reward: "r1" },
    { quantity: "variance", reward: "r2" },
    { quantity: "covariance", rewards: ["r1", "r2"] },
    { quantity: "covarianceMatrix", rewards: ["r2", "r1"] },
  ];
}

const valuesOf = async (handle: PhaseType, asked: Question, theta?: readonly number[]) => {
  const { values } = await handle.evaluate(asked, theta);
  return { status: values.status[0], values: Array.from(values.values) };
};

async function expectAnswers(
  found: PhaseType,
  expected: PhaseType,
  theta: readonly number[],
  asked: readonly Question[],
) {
  let ok = 0;
  for (const question of asked) {
    const [one, other] = [await valuesOf(found, question), await valuesOf(expected, question, theta)];
    expect([question.quantity, one.status]).toEqual([question.quantity, other.status]);
    if (one.status !== "ok") continue;
    ok++;
    const tolerance = question.quantity === "quantile" ? 1e-8 : 2e-11;
    expectNumbers(JSON.stringify(question), one.values, other.values, tolerance);
  }
  expect(ok).toBeGreaterThan(10);
}

describe.each(kinds)("epochs of a %s model", (kind, models, unit) => {
  it("with the same θ in each are the plain model", async () => {
    await fc.assert(
      fc.asyncProperty(models as fc.Arbitrary<FormulaModel>, async ({ model, document, theta }) => {
        const handle = await engine.load(document);
        const starts = [0, 0.5, 1, 1.5].map((t) => t * unit);
        const epochs = handle.epochs(starts.map((start) => ({ start, theta })));
        await expectAnswers(epochs as PhaseType, handle, theta, questions(kind, model.n, unit));
      }),
      RUNS,
    );
  });

  it("may be split in two with the same θ", async () => {
    await fc.assert(
      fc.asyncProperty(models as fc.Arbitrary<FormulaModel>, async ({ model, document, theta }) => {
        const handle = await engine.load(document);
        const later = theta.map((x, k) => (k === 0 ? 2.2 - x : x / 2 + 0.3));
        const coarse = handle.epochs([
          { start: 0, theta },
          { start: unit, theta: later },
        ]) as PhaseType;
        const fine = handle.epochs([
          { start: 0, theta },
          { start: unit / 2, theta },
          { start: unit, theta: later },
          { start: 1.5 * unit, theta: later },
        ]) as PhaseType;
        await expectAnswers(fine, coarse, [], questions(kind, model.n, unit));
      }),
      RUNS,
    );
  });

  it("begin where the epoch before them ended", async () => {
    // the second epoch as a model of its own that starts from the state probabilities at its start
    await fc.assert(
      fc.asyncProperty(models as fc.Arbitrary<FormulaModel>, async ({ model, document, theta }) => {
        const handle = await engine.load(document);
        const later = theta.map((x) => 2.4 - x);
        const epochs = handle.epochs([
          { start: 0, theta },
          { start: unit, theta: later },
        ]) as PhaseType;
        const reached = await handle.stateProbabilities(theta, unit);
        const rest = await engine.load({ ...document, initial: Array.from(reached, (p, v) => [v, Math.min(1, p)]) });
        for (const t of [unit, 2 * unit, 5 * unit])
          expectNumbers(
            "survival",
            [await epochs.survival(undefined, t)],
            [await rest.survival(later, t - unit)],
            1e-10,
          );
        const before = await handle.accumulated(theta, unit);
        expectNumbers("mean", [await epochs.mean()], [before + (await rest.mean(later))], 1e-10);
        const ends = await rest.visits(later);
        expectNumbers("ends", [await epochs.hitting(undefined, [model.n])], [ends[model.n]], 1e-10);
      }),
      RUNS,
    );
  });
});

describe("at its start", () => {
  it("an epoch has its own rates already, and the probabilities of the one before", async () => {
    const handle = await engine.families.erlang.build({ k: 1 });
    const epochs = handle.epochs([
      { start: 0, theta: 1 },
      { start: 1, theta: 3 },
      { start: 2, theta: 0.5 },
    ]);
    const at = async (t: number): Promise<number[]> => [
      await epochs.hazard(undefined, t),
      await epochs.pdf(undefined, t),
      await epochs.survival(undefined, t),
    ];
    expectNumbers("at 1", await at(1), [3, 3 * Math.exp(-1), Math.exp(-1)], 1e-13);
    expectNumbers("before 1", await at(1 - 1e-9), [1, Math.exp(-1), Math.exp(-1)], 1e-8);
    expectNumbers("at 2", await at(2), [0.5, 0.5 * Math.exp(-4), Math.exp(-4)], 1e-13);
    const mean = 1 - Math.exp(-1) + (Math.exp(-1) - Math.exp(-4)) / 3 + 2 * Math.exp(-4);
    expectNumbers("mean", [await epochs.mean()], [mean], 1e-14);
    const starts = await epochs.quantile(undefined, [1 - Math.exp(-1), 1 - Math.exp(-4)]);
    expectNumbers("quantiles", Array.from(starts), [1, 2], 1e-13);
  });
});

describe("gradients over epochs", () => {
  it("agree with differences, starts and tied parameters included", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, async ({ model, document, theta }) => {
        const handle = await engine.load(document);
        const epochs = handle.epochs({
          parameters: ["x", "y", "split"],
          epochs: [
            { start: 0, theta: { a: "x", b: "y", c: theta[2] } },
            { start: "split", theta: { a: "x*y", b: "1 + x", c: "y^2" } },
            { start: "2*split", theta: { a: "x", b: "exp(-y)", c: 0.7 } },
          ],
        });
        const at = [theta[0], theta[1], 0.45];
        const h = 2e-3;
        const asked = questions("continuous", model.n, 1).filter(({ quantity }) => quantity !== "hazard");
        for (const question of asked) {
          // a time at the very start of an epoch is on both sides of it when the start moves
          const moved = "times" in question ? { ...question, times: [0.2, 0.6, 1.2, 3] } : question;
          const value = await epochs.evaluate(moved, at, { gradient: true });
          if (value.values.status[0] !== "ok") continue;
          const columns = value.values.columns;
          for (let k = 0; k < at.length; k++) {
            const lanes = [h, -h, h / 2, -h / 2].map((s) => at.map((x, j) => (j === k ? x * (1 + s) : x)));
            const { values, status } = (await epochs.evaluate(moved, lanes)).values;
            if (status.some((one) => one !== "ok")) continue;
            for (let j = 0; j < columns; j++) {
              const lane = (i: number): number => values[i * columns + j];
              const far = (lane(0) - lane(1)) / (2 * at[k] * h);
              const near = (lane(2) - lane(3)) / (at[k] * h);
              const expected = (4 * near - far) / 3;
              const found = value.gradients!.values[j * at.length + k];
              const most = Math.max(...Array.from(value.values.values, Math.abs));
              const size = Math.max(Math.abs(expected), most / at[k], 1e-9);
              const slack = question.quantity === "quantile" ? 1e-4 : 1e-6;
              expect(Math.abs(found - expected), `${JSON.stringify(moved)}, value ${j} by ${k}`).toBeLessThan(
                slack * size,
              );
            }
          }
        }
      }),
      { numRuns: 5 },
    );
  });

  it("of equal epochs add up to the gradient of the plain model", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, async ({ document, theta }) => {
        const handle = await engine.load(document);
        const epochs = handle.separateEpochs([0, 0.4, 1.3]);
        expect(epochs.parameters.slice(-2)).toEqual(["start@1", "start@2"]);
        const all = [...theta, ...theta, ...theta, 0.4, 1.3];
        for (const question of [
          { quantity: "moments", order: 2 },
          { quantity: "survival", times: [0.2, 2] },
        ] as const) {
          const plain = await handle.gradient(question, theta);
          const separate = await epochs.gradient(question, all);
          for (let j = 0; j < 2; j++) {
            const row = separate.subarray(j * all.length, (j + 1) * all.length);
            const size = Math.max(...row.map(Math.abs), 1e-12);
            for (let k = 0; k < PARAMETERS.length; k++)
              expect(Math.abs(row[k] + row[3 + k] + row[6 + k] - plain[j * 3 + k])).toBeLessThan(1e-10 * size);
            // with equal θ it does not matter when an epoch begins
            for (const start of [9, 10]) expect(Math.abs(row[start])).toBeLessThan(1e-10 * size);
          }
        }
      }),
      RUNS,
    );
  });
});
