/** Derivatives of random models whose numbers are all formulas, against differences of the engine's own values. */
import { openEngine, type Question } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discreteFormulaModel, type FormulaModel, formulaModel, PARAMETERS } from "../support/formulas.js";
import { type Asked, allQuestions, ask, BY_VERTEX, nameOf } from "../support/quantities.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("gradients") });
const RUNS = { numRuns: 6 };

const flat = (nested: unknown): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [Number(nested)]);

/** Values of every question at each θ, undefined where some lane has none. */
async function valuesAt(
  document: unknown,
  questions: readonly Asked[],
  thetas: readonly (readonly number[])[],
): Promise<(number[][] | undefined)[]> {
  const { results } = await engine.compute({ model: document, theta: thetas, quantities: questions });
  return results.map(({ values, status }) => (status.every((s) => s === "ok") ? values.map(flat) : undefined));
}

/** Lanes θ ± h and θ ± h/2 of each parameter. */
const around = (theta: readonly number[], h: number): number[][] =>
  theta.flatMap((_, k) => [h, -h, h / 2, -h / 2].map((step) => theta.map((x, j) => (j === k ? x * (1 + step) : x))));

/** Central differences of one value by each parameter, plain and with the error of second order taken out. */
function differences(lanes: readonly number[][], value: number, theta: readonly number[], h: number) {
  return theta.map((x, k) => {
    const [far, near] = [0, 2].map((i) => {
      const [up, down] = [lanes[4 * k + i][value], lanes[4 * k + i + 1][value]];
      return (up - down) / (2 * x * (i === 0 ? h : h / 2));
    });
    return { plain: far, richardson: (4 * near - far) / 3 };
  });
}

async function checkGradients(
  { model, document, theta }: FormulaModel,
  kind: "continuous" | "discrete",
): Promise<void> {
  const questions = allQuestions(kind, model.n).filter(
    ({ quantity }) => !(kind === "discrete" && quantity === "quantile"),
  );
  const found = await ask(engine, document, questions, { theta, gradient: true });
  const [fine, coarse] = [1e-5, 2e-3];
  const at = await valuesAt(document, questions, around(theta, fine));
  const wide = await valuesAt(document, questions, around(theta, coarse));
  let checked = 0;
  found.forEach(({ asked, status, values, gradients }, i) => {
    if (status !== "ok" || !at[i] || !wide[i]) return;
    expect(gradients!.length, nameOf(asked)).toBe(values.length * PARAMETERS.length);
    const pairs = asked.quantity === "laplace";
    // of probabilities by vertex and of pairs it is the whole row that has a size
    const most = Math.max(...values.map(Math.abs));
    values.forEach((value, j) => {
      const row = BY_VERTEX.includes(asked.quantity) || pairs ? most : Math.abs(value);
      differences(at[i]!, j, theta, fine).forEach(({ plain }, k) => {
        const found = gradients![pairs ? (j - (j % 2)) * 3 + 2 * k + (j % 2) : j * 3 + k];
        const { richardson } = differences(wide[i]!, j, theta, coarse)[k];
        const size = Math.max(Math.abs(found), row / theta[k], 1e-9);
        const what = `${nameOf(asked)}, value ${j} by ${PARAMETERS[k]}: ${found}`;
        // differences have an error of about u/h + h² and u/h + h⁴, times the condition of the quantity
        const slack = asked.quantity === "quantile" ? 100 : 1;
        expect(Math.abs(found - plain), `${what}, difference ${plain}`).toBeLessThan(1e-5 * slack * size);
        expect(Math.abs(found - richardson), `${what}, extrapolated ${richardson}`).toBeLessThan(1e-6 * slack * size);
        checked++;
      });
    });
  });
  expect(checked).toBeGreaterThan(100);
}

describe("gradients", () => {
  it("of every continuous quantity agree with differences", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, (model) => checkGradients(model, "continuous")),
      RUNS,
    );
  });

  it("of every discrete quantity agree with differences", async () => {
    await fc.assert(
      fc.asyncProperty(discreteFormulaModel, (model) => checkGradients(model, "discrete")),
      RUNS,
    );
  });

  it("are the same from JSON, up to how formulas are put together", async () => {
    await fc.assert(
      fc.asyncProperty(formulaModel, async ({ model, document, theta }) => {
        const handle = await engine.load(document);
        const again = JSON.parse(JSON.stringify(handle));
        const questions = allQuestions("continuous", model.n);
        const more = { theta, gradient: true };
        const [found, expected] = [
          await ask(engine, again, questions, more),
          await ask(engine, document, questions, more),
        ];
        found.forEach(({ asked, status, values, gradients }, i) => {
          expect([nameOf(asked), status]).toEqual([nameOf(asked), expected[i].status]);
          const near = (a: number, b: number, size: number): void =>
            expect(Math.abs(a - b), nameOf(asked)).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(b), size, 1e-12));
          values.forEach((value, j) => {
            near(value, expected[i].values[j], 0);
          });
          const most = Math.max(0, ...values.map(Math.abs)) / Math.min(...theta);
          gradients?.forEach((value, j) => {
            near(value, expected[i].gradients![j], most);
          });
        });
      }),
      RUNS,
    );
  });
});

const SECOND: readonly Question[] = [
  { quantity: "mean" },
  { quantity: "mean", reward: "r1" },
  { quantity: "variance" },
  { quantity: "variance", reward: "r2" },
  { quantity: "covariance", rewards: ["r1", "r2"] },
  { quantity: "mean", until: [0] },
  { quantity: "defect" },
  { quantity: "logLikelihood", data: [0.3, { right: 0.7 }, { left: 2 }, { interval: [0.1, 1] }] },
];

describe("Hessian-vector products", () => {
  it("agree with differences of gradients, and are symmetric", async () => {
    await fc.assert(
      fc.asyncProperty(
        formulaModel,
        fc.tuple(...PARAMETERS.map(() => fc.double({ min: -1, max: 1, noNaN: true }))),
        async ({ document, theta }, direction) => {
          const handle = await engine.load(document);
          const along = (step: number): number[] => theta.map((x, k) => x + step * direction[k]);
          for (const question of SECOND) {
            const value = Math.abs((await handle.evaluate(question, [...theta])).values.values[0]);
            const product = await handle.hessianVector(question, [...theta], direction);
            const h = 1e-3;
            const gradients = [];
            for (const step of [h, -h, h / 2, -h / 2]) gradients.push(await handle.gradient(question, along(step)));
            product.forEach((found, k) => {
              const far = (gradients[0][k] - gradients[1][k]) / (2 * h);
              const near = (gradients[2][k] - gradients[3][k]) / h;
              const expected = (4 * near - far) / 3;
              const size =
                Math.max(Math.abs(expected), Math.abs(gradients[0][k]), value, 1e-9) / Math.min(...theta) ** 2;
              expect(Math.abs(found - expected), `${JSON.stringify(question)} by ${PARAMETERS[k]}`).toBeLessThan(
                1e-6 * size,
              );
            });
          }
          const question = { quantity: "variance" } as const;
          const other = [direction[1], 1, direction[0] - direction[2]];
          const [hv, hw] = [
            await handle.hessianVector(question, [...theta], direction),
            await handle.hessianVector(question, [...theta], other),
          ];
          const dot = (x: ArrayLike<number>, y: readonly number[]): number => y.reduce((s, v, k) => s + v * x[k], 0);
          const size = dot(hv.map(Math.abs), other.map(Math.abs)) + dot(hw.map(Math.abs), direction.map(Math.abs));
          expect(Math.abs(dot(hv, other) - dot(hw, direction))).toBeLessThanOrEqual(1e-9 * size + 1e-300);
        },
      ),
      RUNS,
    );
  });
});
