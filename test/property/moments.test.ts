/** Laws of moments and covariances on random cyclic models. */
import { openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denseMoments, modelDocument, type RandomModel, randomModel } from "../support/models.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("moments") });
const RUNS = { numRuns: 60 };

async function values(model: unknown, ...quantities: Record<string, unknown>[]): Promise<number[][]> {
  const answer = await engine.compute({ model, quantities });
  return answer.results.map((result) => result.values[0] as number[]);
}

const close = (computed: number, expected: number, tolerance = 1e-9): void => {
  expect(Math.abs(computed - expected)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(expected), 1e-12));
};

const permutation = (n: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length: n + 1 }, (_, i) => i),
    { minLength: n + 1 },
  );

describe("moments", () => {
  it("agree with dense elimination, of the time and of rewards", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const [time, reward] = await values(
          modelDocument(model),
          { quantity: "moments", order: 4 },
          { quantity: "moments", order: 3, reward: "r1" },
        );
        denseMoments(model, 4).forEach((expected, k) => {
          close(time[k], expected);
        });
        denseMoments(model, 3, model.rewards[0]).forEach((expected, k) => {
          close(reward[k], expected);
        });
      }),
      RUNS,
    );
  });

  it("do not depend on how states are numbered", async () => {
    const numbered = randomModel.chain((model) => fc.tuple(fc.constant(model), permutation(model.n)));
    await fc.assert(
      fc.asyncProperty(numbered, async ([model, order]: [RandomModel, number[]]) => {
        const quantity = { quantity: "moments", order: 3 };
        const [[a], [b]] = [
          await values(modelDocument(model), quantity),
          await values(modelDocument(model, order), quantity),
        ];
        a.forEach((value, k) => {
          close(b[k], value, 1e-13);
        });
      }),
      RUNS,
    );
  });

  it("do not depend on whether parallel edges are merged, nor on self-loops", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const document = modelDocument(model) as { edges: number[][] };
        const split = {
          ...document,
          edges: document.edges.flatMap(([i, j, w]) => [
            [i, j, w / 4],
            [i, j, w / 4],
            [i, j, w / 2],
            [i, i, 3 * w],
          ]),
        };
        const [[a], [b]] = [await values(document, { quantity: "mean" }), await values(split, { quantity: "mean" })];
        close(b[0], a[0], 1e-14);
      }),
      RUNS,
    );
  });

  it("do not depend on whether a rate is a number or split over parameters and parallel edges", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, fc.double({ min: 0.1, max: 0.9, noNaN: true }), async (model, share) => {
        const document = modelDocument(model) as { edges: number[][] };
        const split = {
          ...document,
          parameters: ["a", "b"],
          edges: document.edges.flatMap(([i, j, w]) => [
            [i, j, w / 4, w / 2, 0],
            [i, j, w / 4, 0, w / 2],
          ]),
        };
        const quantities = [
          { quantity: "moments", order: 2 },
          { quantity: "pdf", times: [0.7] },
        ];
        const plain = (await engine.compute({ model: document, quantities })).results.flatMap(
          ({ values }) => values[0] as number[],
        );
        const thetas = [
          [share, 1 - share],
          [1 - share, share],
        ];
        const answer = await engine.compute({ model: split, theta: thetas, quantities });
        const lanes = [0, 1].map((lane) => answer.results.flatMap(({ values }) => values[lane] as number[]));
        for (const lane of lanes)
          lane.forEach((value, k) => {
            close(value, plain[k], 1e-12);
          });
      }),
      RUNS,
    );
  });

  it("do not see edges that cancel at every θ: their source may absorb", async () => {
    const model = {
      parameters: ["a"],
      states: [[0], [1]],
      initial: [[0, 1]],
      edges: [
        [0, 1, 4, 0],
        [1, 0, 0, 1],
        [1, 0, 0, -1],
      ],
    };
    const { results, edges } = await engine.compute({ model, theta: [7], quantities: [{ quantity: "mean" }] });
    expect([edges, results[0].values]).toEqual([1, [[0.25]]]);
  });

  it("scale with time", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), async (model, scale) => {
        const quantity = { quantity: "moments", order: 3 };
        const [[a], [b]] = [
          await values(modelDocument(model), quantity),
          await values(modelDocument(model, undefined, scale), quantity),
        ];
        a.forEach((value, k) => {
          close(b[k] * scale ** (k + 1), value, 1e-12);
        });
      }),
      RUNS,
    );
  });
});

describe("covariance", () => {
  it("agrees with moments of sums, and variance with second minus first squared", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const sum = model.rewards[0].map((r, i) => r + model.rewards[1][i]);
        const [[m1, m2], [variance], [covariance], [v1], [v2]] = await values(
          modelDocument(model),
          { quantity: "moments", order: 2 },
          { quantity: "variance" },
          { quantity: "covariance", rewards: ["r1", "r2"] },
          { quantity: "variance", reward: "r1" },
          { quantity: "variance", reward: "r2" },
        );
        expect(Math.abs(variance - (m2 - m1 * m1))).toBeLessThanOrEqual(1e-10 * m2);
        const [s1, s2] = denseMoments(model, 2, sum);
        expect(Math.abs(v1 + v2 + 2 * covariance - (s2 - s1 * s1))).toBeLessThanOrEqual(1e-9 * Math.max(s2, 1e-12));
      }),
      RUNS,
    );
  });

  it("keeps its digits where the variance is a millionth of the squared mean", async () => {
    const handle = await engine.families.erlang.build({ k: 100_000 });
    expect(Math.abs((await handle.variance(1)) / 100_000 - 1)).toBeLessThan(1e-11);
  });

  it("keeps its digits on rates over twelve orders", async () => {
    // a fast loop of rate 1e6 left at rate 1e-6: the mean is 2e6 + 1e-6 to first order, exactly computable by hand
    const model = {
      states: [[0], [1], [2]],
      initial: [[0, 1]],
      edges: [
        [0, 1, 1e6],
        [1, 0, 1e6],
        [1, 2, 1e-6],
      ],
    };
    const [[mean], [variance]] = await values(model, { quantity: "mean" }, { quantity: "variance" });
    // m0 = 1/a + m1, m1 = 1/(a+e) + a/(a+e) m0  ⇒  m1 = (1 + 1)/e, m0 = 2/e + 1/a
    close(mean, 2e6 + 1e-6, 1e-15);
    // nearly exponential: its variance is the squared mean up to terms of relative size e/a
    close(variance, 4e12, 1e-11);
  });
});
