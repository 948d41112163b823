/** What a model is does not depend on how it is written: laws that hold for every quantity there is. */
import { openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RandomModel, randomModel } from "../support/models.js";
import {
  allQuestions,
  ask,
  BY_VERTEX,
  type Document,
  discreteDocument,
  endedDocument,
  expectNumbers,
  expectSame,
  type Found,
} from "../support/quantities.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("invariance") });
const RUNS = { numRuns: 5 };
const factor = fc.double({ min: -3, max: 3, noNaN: true }).map((x) => 10 ** x);
const permuted = randomModel.chain((model) =>
  fc.tuple(
    fc.constant(model),
    fc.shuffledSubarray(
      Array.from({ length: model.n + 2 }, (_, i) => i),
      { minLength: model.n + 2 },
    ),
  ),
);
const documents = [
  ["continuous", endedDocument],
  ["discrete", discreteDocument],
] as const;

describe.each(documents)("every %s quantity", (kind, documentOf) => {
  it("does not depend on how states are numbered", async () => {
    await fc.assert(
      fc.asyncProperty(permuted, async ([model, order]: [RandomModel, number[]]) => {
        const plain = await ask(engine, documentOf(model), allQuestions(kind, model.n));
        const other = await ask(engine, documentOf(model, order), allQuestions(kind, model.n, order));
        const back = other.map((found): Found => {
          if (!BY_VERTEX.includes(found.asked.quantity)) return found;
          const V = order.length;
          return { ...found, values: found.values.map((_, k) => found.values[k - (k % V) + order[k % V]]) };
        });
        expectSame(
          back,
          plain.map((found, i) => ({ ...found, asked: back[i].asked })),
          2e-12,
        );
      }),
      RUNS,
    );
  });

  it("does not depend on whether parallel edges are merged", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const document = documentOf(model);
        const loops = kind === "continuous" ? [[0, 0, 3]] : [];
        const split: Document = {
          ...document,
          edges: [
            ...loops,
            ...document.edges.flatMap(([from, to, w]) => [
              [from, to, (w as number) / 4],
              [from, to, `${w}/2`],
              [from, to, (w as number) / 4],
            ]),
          ],
        };
        const questions = allQuestions(kind, model.n);
        expectSame(await ask(engine, split, questions), await ask(engine, document, questions), 2e-12);
      }),
      RUNS,
    );
  });

  it("is the same for a model and for what it becomes as JSON", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const questions = allQuestions(kind, model.n);
        const handle = await engine.load(documentOf(model));
        const again = JSON.parse(JSON.stringify(handle));
        const found = await ask(engine, again, questions);
        expectSame(found, await ask(engine, documentOf(model), questions), 0);
      }),
      { numRuns: 4 },
    );
  });
});

describe("time", () => {
  it("may be measured in another unit", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, factor, async (model, c) => {
        const document = endedDocument(model);
        const scaled = endedDocument(model, undefined, c);
        const times = [0.1, 1, 3];
        const questions = (unit: number) => [
          { quantity: "moments", order: 3 },
          { quantity: "variance", reward: "r1" },
          ...["pdf", "cdf", "survival", "hazard", "stateProbabilities", "occupancy"].map((quantity) => ({
            quantity,
            times: times.map((t) => t * unit),
          })),
          { quantity: "quantile", probabilities: [0.55, 0.99] },
          { quantity: "laplace", at: [[0.5 / unit, 2 / unit]] },
          { quantity: "sojourn" },
          { quantity: "visits" },
        ];
        const powers = [[1, 2, 3], [2], [-1, -1, -1], [0], [0], [-1, -1, -1], [0], [1], [1], [0], [1], [0]];
        const [plain, other] = [await ask(engine, document, questions(1)), await ask(engine, scaled, questions(1 / c))];
        plain.forEach(({ asked, values }, i) => {
          const expected = values.map((value, k) => value / c ** (powers[i][k] ?? powers[i][0]));
          const tolerance = asked.quantity === "quantile" ? 1e-8 : 1e-11;
          expectNumbers(JSON.stringify(asked), other[i].values, expected, tolerance);
        });
      }),
      RUNS,
    );
  });

  it("has derivatives that scale with it", async () => {
    // rates c·θ: by Euler, what has the unit of time to the power k has the derivative −k · value / c
    await fc.assert(
      fc.asyncProperty(randomModel, factor, async (model, c) => {
        const document = endedDocument(model);
        const homogeneous = {
          ...document,
          parameters: ["c"],
          edges: document.edges.map(([from, to, w]) => [from, to, 0, w as number]),
        };
        const t = 0.7 / c;
        const found = await ask(
          engine,
          homogeneous,
          [
            { quantity: "moments", order: 3 },
            { quantity: "variance" },
            { quantity: "quantile", probabilities: [0.6, 0.95] },
            { quantity: "visits" },
            { quantity: "sojourn" },
            { quantity: "survival", times: [t] },
            { quantity: "pdf", times: [t] },
          ],
          { theta: [c], gradient: true },
        );
        const power = [[1, 2, 3], [2, 2, 2], [1, 1], [], []];
        for (const [i, one] of found.slice(0, 5).entries()) {
          const k = (j: number): number => power[i][j] ?? (one.asked.quantity === "sojourn" ? 1 : 0);
          const scale = Math.max(...one.values.map(Math.abs)) / c;
          one.values.forEach((value, j) => {
            expect(Math.abs(one.gradients![j] + (k(j) * value) / c), JSON.stringify(one.asked)).toBeLessThan(
              1e-9 * scale,
            );
          });
        }
        const [survival, pdf] = found.slice(5);
        // d/dc of S at a fixed time is −(t/c) f
        expect(Math.abs(survival.gradients![0] + (t / c) * pdf.values[0])).toBeLessThan(1e-11 / c);
      }),
      RUNS,
    );
  });
});

describe("a reward of one everywhere", () => {
  it.each(documents)("is the time itself, of a %s model", async (kind, documentOf) => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const document = documentOf(model);
        const ones = document.states.map((_, v) => (v < model.n ? 1 : 0));
        const plain = allQuestions(kind, model.n).filter(
          ({ quantity, reward, until, rewards }) =>
            reward === undefined &&
            rewards === undefined &&
            until === undefined &&
            [
              "moments",
              "variance",
              "pdf",
              "cdf",
              "survival",
              "hazard",
              "pmf",
              "quantile",
              "laplace",
              "accumulated",
              "defect",
              "logLikelihood",
            ].includes(quantity),
        );
        expect(plain.length).toBeGreaterThan(14);
        const found = await ask(
          engine,
          { ...document, rewards: { one: ones } },
          plain.map((asked) => ({ ...asked, reward: "one" })),
        );
        expectSame(
          found,
          (await ask(engine, document, plain)).map((one, i) => ({ ...one, asked: found[i].asked })),
          1e-13,
        );
      }),
      RUNS,
    );
  });
});

describe("methods", () => {
  it("agree with each other", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const document = endedDocument(model);
        const questions = ["pdf", "cdf", "survival", "hazard", "stateProbabilities", "occupancy", "accumulated"].map(
          (quantity) => ({ quantity, times: [0.05, 0.8, 3, 20] }),
        );
        const by = (method: string) =>
          ask(
            engine,
            document,
            questions.map((asked) => ({ ...asked, method })),
          );
        const [uniformization, squaring] = [await by("uniformization"), await by("squaring")];
        expectSame(
          squaring,
          uniformization.map((one, i) => ({ ...one, asked: squaring[i].asked })),
          1e-10,
        );
        // inversion has an absolute error
        const inverted = await ask(engine, document, [{ quantity: "survival", times: [0.8, 3], method: "inversion" }]);
        expect(["ok", "horizon"]).toContain(inverted[0].status);
        inverted[0].values.forEach((value, i) => {
          expect(Math.abs(value - uniformization[2].values[i + 1])).toBeLessThan(1e-7);
        });
      }),
      RUNS,
    );
  });
});
