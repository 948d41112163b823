/** Transforms at points and rates of every size: closed forms, and gradients against differences. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../../engine.js";
import { complexDivide } from "./complex.js";

type Complex = readonly [re: number, im: number];
const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-laplace-")) });

const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const plus = (...terms: readonly Complex[]): Complex => [
  terms.reduce((sum, x) => sum + x[0], 0),
  terms.reduce((sum, x) => sum + x[1], 0),
];
const exp = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];

function expectClose(got: ArrayLike<number>, want: Complex, tolerance: number): void {
  const scale = Math.hypot(...want);
  expect(Math.abs(got[0] - want[0])).toBeLessThanOrEqual(tolerance * scale);
  expect(Math.abs(got[1] - want[1])).toBeLessThanOrEqual(tolerance * scale);
}

/** 3 leads to 0 ⇄ 1, and a quarter starts in no state. */
const steps = await engine.load({
  kind: "discrete",
  parameters: ["a", "b"],
  states: [[0], [1], [2], [3]],
  initial: [
    [3, 0.5],
    [0, 0.25],
  ],
  edges: [
    [0, 0, "1 - a"],
    [0, 1, "a / 2"],
    [0, 2, "a / 2"],
    [1, 0, "a / 4"],
    [1, 1, "1/4"],
    [1, 2, "3/4 - a / 4"],
    [3, 0, "1"],
  ],
  rewards: { r: ["b", 0.5, 0, "b^2"] },
});

describe("complexDivide", () => {
  it.each<[Complex, Complex, Complex]>([
    [
      [1, 2],
      [3, -4],
      [-0.2, 0.4],
    ],
    [
      [-0.5, 0.25],
      [0.5, 4],
      [0.75 / 16.25, 2.125 / 16.25],
    ],
    [
      [1e-170, 1e-170],
      [1e-170, -1e-170],
      [0, 1],
    ],
    [
      [1e200, 0],
      [1e200, 1e200],
      [0.5, -0.5],
    ],
    [
      [1, 0],
      [0, 1e-200],
      [0, -1e200],
    ],
    [
      [1, 1],
      [0, 0],
      [0, 0],
    ],
  ])("%j over %j", (a, b, want) => {
    expectClose(complexDivide(...a, ...b), want, 1e-15);
  });
});

describe("in continuous time", () => {
  const chain = (rate: number) => ({
    kind: "continuous",
    parameters: ["a"],
    states: [[0], [1], [2]],
    initial: [[0, 1]],
    // 0 ⇄ 1, so that rows are eliminated through each other
    edges: [
      [0, 1, rate, 0],
      [1, 0, rate, 0],
      [1, 2, rate, 0],
      [0, 2, 0, rate],
    ],
  });

  it.each([1e-170, 1e-300, 1, 1e170, 1e300])("the transform at z = the rate %f knows no scale", async (rate) => {
    const handle = await engine.load(chain(rate));
    // in units of the rate: x0 (1 + a + z) = x1 + a, x1 (2 + z) = x0 + 1
    const want = (z: Complex, a: number): Complex => {
      const left: Complex = [1 + a + z[0], z[1]];
      const right: Complex = [2 + z[0], z[1]];
      const determinant = plus(times(left, right), [-1, 0]);
      return complexDivide(...plus(times([a, 0], right), [1, 0]), ...determinant);
    };
    for (const z of [
      [1, 0],
      [1, 1],
      [0, 3],
      [0.25, -40],
    ] as const) {
      const found = await handle.laplace(2, [[z[0] * rate, z[1] * rate]]);
      expectClose(found, want(z, 2), 1e-14);
    }
  });
});

describe("in steps", () => {
  const want = ([a, b]: readonly number[], z: Complex): Complex => {
    const q = (r: number): Complex => exp([-z[0] * r, -z[1] * r]);
    const [q0, q1, q3] = [q(b), q(0.5), q(b * b)];
    const real = (x: number): Complex => [x, 0];
    // x0 = q0 ((1 − a) x0 + (a/2) x1 + a/2), x1 = q1 ((a/4) x0 + x1/4 + 3/4 − a/4)
    const own0 = plus(real(1), times(real(a - 1), q0));
    const own1 = plus(real(1), times(real(-1 / 4), q1));
    const determinant = plus(times(own0, own1), times(real((-a * a) / 8), times(q0, q1)));
    const above = times(q0, plus(times(real(a / 2), own1), times(real((a / 2) * (3 / 4 - a / 4)), q1)));
    const x0 = complexDivide(...above, ...determinant);
    return plus(real(0.25), times(real(0.25), x0), times(real(0.5), times(q3, x0)));
  };
  const points: readonly Complex[] = [
    [-0.05, 0],
    [-0.05, 0.3],
    [0, 0],
    [0, 2],
    [0.3, -1.2],
    [5, 2],
    [30, 1],
    [710, 0],
    [1600, 3],
    [1e300, 0],
  ];
  const theta = [0.6, 0.01];

  it.each(points)("has the value of the closed form at %f + %fi", async (...z) => {
    const found = await steps.laplace(theta, [z], { reward: "r" });
    expectClose(found, want(theta, z), 1e-14);
  });

  it.each(points)("has its derivatives at %f + %fi", async (...z) => {
    // by part of the value, then by parameter
    const flat = await steps.gradient({ quantity: "laplace", at: [z], reward: "r" }, theta);
    theta.forEach((at, k) => {
      const h = 1e-5 * at;
      const moved = (sign: number) =>
        want(
          theta.map((x, j) => (j === k ? x + sign * h : x)),
          z,
        );
      const [up, down] = [moved(1), moved(-1)];
      [0, 1].forEach((part) => {
        const slope = (up[part] - down[part]) / (2 * h);
        const scale = Math.max(Math.abs(slope), 1 / at);
        expect(Math.abs(flat[part * 2 + k] - slope), `part ${part} by ${k}`).toBeLessThanOrEqual(1e-7 * scale);
      });
    });
  });

  it("is the defect where nothing else is left", async () => {
    const found = await steps.laplace([0.6, 3], [[710, 0]], { reward: "r" });
    expect(Array.from(found)).toEqual([0.25, 0]);
  });
});
