/**
 * Every quantity at once: the questions that laws are checked on, the documents that they are put to, and comparison of
 * whole answers. Models have two absorbing vertices, so that conditions mean something.
 */
import type { Engine } from "@sojourn/engine";
import { expect } from "vitest";
import type { RandomModel } from "./models.js";

export interface Document {
  readonly kind?: "continuous" | "discrete";
  readonly parameters?: readonly string[];
  readonly states: readonly (readonly number[])[];
  readonly initial: readonly (readonly [number, number | string])[];
  readonly edges: readonly (readonly (number | string)[])[];
  readonly rewards: Readonly<Record<string, readonly (number | string)[]>>;
}

/** Transient states 0 … n − 1, then two absorbing ones; `order[i]` is the vertex of state i, rates are times `scale`. */
export function endedDocument(
  model: RandomModel,
  order: readonly number[] = identity(model.n + 2),
  scale = 1,
): Document {
  const { n, rates, rewards } = model;
  const edges = rates.flatMap((row, i) =>
    row.flatMap((w, j): number[][] => {
      if (w === 0) return [];
      if (j < n) return [[order[i], order[j], w * scale]];
      const share = 0.25 + 0.5 * (i % 2);
      return [
        [order[i], order[n], w * share * scale],
        [order[i], order[n + 1], w * (1 - share) * scale],
      ];
    }),
  );
  return {
    ...frame(model, order),
    edges,
    initial: startOf(model).map((p, i) => [order[i], p]),
    rewards: named(rewards, order),
  };
}

/**
 * The same pattern in steps: probabilities are rates over 1.25 of the largest exit rate, half of what a row then lacks
 * is a self-loop, the other half is lacking and absorbed in no vertex.
 */
export function discreteDocument(model: RandomModel, order: readonly number[] = identity(model.n + 2)): Document {
  const document = endedDocument(model, order);
  const total = new Map<number, number>();
  for (const [from, , w] of document.edges as number[][]) total.set(from, (total.get(from) ?? 0) + w);
  const most = 1.25 * Math.max(...total.values());
  const stays = [...total].map(([v, sum]) => [v, v, (1 - sum / most) / 2]);
  const steps = (document.edges as number[][]).map(([from, to, w]) => [from, to, w / most]);
  return { ...document, kind: "discrete", edges: [...steps, ...stays] };
}

/** The start in multiples of 2⁻²⁰, so that its sum, and with it a small defect, is exact in any order. */
export const startOf = ({ initial }: RandomModel): number[] => initial.map((p) => Math.floor(p * 2 ** 20) / 2 ** 20);

export const identity = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const frame = ({ n }: RandomModel, order: readonly number[]): { states: number[][] } => {
  const states: number[][] = [];
  for (let i = 0; i < n + 2; i++) states[order[i]] = [i];
  return { states };
};

const named = (rewards: RandomModel["rewards"], order: readonly number[]): Document["rewards"] =>
  Object.fromEntries(
    rewards.map((values, r) => {
      const vector: number[] = new Array(order.length).fill(0);
      values.forEach((value, i) => {
        vector[order[i]] = value;
      });
      return [`r${r + 1}`, vector];
    }),
  );

export type Asked = Record<string, unknown> & { readonly quantity: string };

const TIMES = [0, 0.2, 1, 4];
const STEPS = [0, 1, 4, 11];
const DATA = [0.3, { right: 0.7 }, { left: 2 }, { interval: [0.1, 1] }, { exact: 2, truncated: 0.5, weight: 2 }];
const STEP_DATA = [3, { right: 2 }, { left: 6 }, { interval: [1, 4] }, { exact: 5, truncated: 2, weight: 2 }];

/** The whole table of quantities with its options, for a document of n transient states in this order. */
export function allQuestions(kind: "continuous" | "discrete", n: number, order = identity(n + 2)): Asked[] {
  const [start, end, other] = [[order[0]], [order[n]], [order[n + 1]]];
  const times = kind === "continuous" ? TIMES : STEPS;
  const curves = ["pdf", "cdf", "survival", "hazard"].map((quantity) => ({ quantity, times }));
  const both: Asked[] = [
    { quantity: "moments", order: 3 },
    { quantity: "moments", order: 3, reward: "r1" },
    { quantity: "moments", order: 2, given: end },
    { quantity: "mean", until: start },
    { quantity: "variance" },
    { quantity: "variance", reward: "r2" },
    { quantity: "variance", given: other },
    { quantity: "covariance", rewards: ["r1", "r2"] },
    { quantity: "covarianceMatrix", rewards: ["r2", "r1"] },
    ...curves,
    ...curves.map((curve) => ({ ...curve, reward: "r1" })),
    ...curves.map((curve) => ({ ...curve, given: end })),
    { quantity: "quantile", probabilities: [0, 0.55, 0.9, 0.999] },
    {
      quantity: "laplace",
      at: [
        [0, 0],
        [0.5, 0],
        [0.1, 2],
      ],
    },
    { quantity: "laplace", at: [[0.5, -1]], reward: "r2" },
    { quantity: "stateProbabilities", times },
    { quantity: "occupancy", times },
    { quantity: "accumulated", times },
    { quantity: "accumulated", times, reward: "r1" },
    { quantity: "sojourn" },
    { quantity: "visits" },
    { quantity: "hitting", vertices: start },
    { quantity: "hitting", vertices: end },
    { quantity: "defect" },
    { quantity: "defect", reward: "r1" },
    { quantity: "logLikelihood", data: kind === "continuous" ? DATA : STEP_DATA },
  ];
  const counts = [
    [0, 0],
    [1, 0],
    [2, 1],
  ];
  const own: Asked[] =
    kind === "continuous"
      ? [{ quantity: "countProbabilities", rewards: ["r1", "r2"], counts, rate: 0.7 }]
      : [
          { quantity: "pmf", steps: times },
          { quantity: "factorialMoments", order: 3 },
        ];
  return [...both, ...own];
}

/** Values of these quantities hold one number for each vertex, at each time. */
export const BY_VERTEX: readonly string[] = ["stateProbabilities", "occupancy", "sojourn", "visits"];

export interface Found {
  readonly asked: Asked;
  readonly status: string;
  readonly values: readonly number[];
  /** Value by parameter, flat. */
  readonly gradients?: readonly number[];
}

const flat = (nested: unknown): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [Number(nested)]);

/** Answers of one lane. */
export async function ask(
  engine: Engine,
  model: unknown,
  quantities: readonly Asked[],
  more: Record<string, unknown> = {},
): Promise<Found[]> {
  const { results } = await engine.compute({ model, quantities, ...more });
  return results.map(({ status, values, gradients }, i) => ({
    asked: quantities[i],
    status: status[0],
    values: values[0] === null ? [] : flat(values[0]),
    ...(gradients?.[0] && { gradients: flat(gradients[0]) }),
  }));
}

export const nameOf = (asked: Asked): string => JSON.stringify(asked);

/** Both answers are the same up to a relative error of each number; quantiles near the atom are worse conditioned. */
export function expectSame(found: readonly Found[], expected: readonly Found[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  // a reward that is 0 everywhere has no hazard and no such data; the rest has values
  expect(found.filter(({ status }) => status === "ok").length).toBeGreaterThan(0.9 * found.length - 1);
  found.forEach(({ asked, status, values, gradients }, i) => {
    expect([nameOf(asked), status]).toEqual([nameOf(asked), expected[i].status]);
    expectNumbers(nameOf(asked), values, expected[i].values, asked.quantity === "quantile" ? 1e-8 : tolerance);
    if (gradients) expectNumbers(`gradient of ${nameOf(asked)}`, gradients, expected[i].gradients!, tolerance);
  });
}

export function expectNumbers(
  what: string,
  found: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  expect(found.length, what).toBe(expected.length);
  expected.forEach((value, k) => {
    if (found[k] === value) return;
    const allowed = tolerance * Math.max(Math.abs(value), 1e-12);
    expect(Math.abs(found[k] - value), `${what}, number ${k}: ${found[k]} instead of ${value}`).toBeLessThanOrEqual(
      allowed,
    );
  });
}
