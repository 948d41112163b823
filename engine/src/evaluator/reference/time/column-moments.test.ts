/** Moments over an epoch against values of 120-digit arithmetic, by sweep and by squaring. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../../base/errors.js";
import type { DualVector } from "../system.js";
import { columnMoments } from "./column-moments.js";
import { calm, lane } from "./fixtures.js";

interface Case {
  readonly kind: "continuous" | "discrete";
  readonly theta: readonly [number, number, number, number];
  readonly length: number;
  readonly values: readonly (readonly number[])[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("column-references.json", import.meta.url), "utf8"),
).cases;

/** [from, to, coefficient, parameter]; absorption likewise. */
const MODELS = {
  continuous: {
    edges: [
      [0, 1, 1, 0],
      [1, 2, 1, 1],
      [2, 0, 1, 2],
      [1, 0, 2, 0],
    ],
    exits: [
      [2, 1, 3],
      [0, 0.25, 3],
    ],
  },
  discrete: {
    edges: [
      [0, 0, 0.5, 0],
      [0, 1, 0.25, 0],
      [1, 2, 0.5, 1],
      [2, 0, 0.375, 2],
      [1, 0, 0.125, 3],
    ],
    exits: [],
  },
} as const;

function model({ kind, theta }: Case) {
  const { edges, exits } = MODELS[kind];
  const exitOf = (parts: readonly (readonly number[])[], value: (c: number, k: number) => number, sign: number) => {
    const x = [0, 0, 0];
    for (const part of parts) x[part[0]] += sign * value(part.at(-2) ?? 0, part.at(-1) ?? 0);
    return x;
  };
  const discrete = kind === "discrete";
  const only = (d: number) => (c: number, k: number) => (k === d ? c : 0);
  const rate = (c: number, k: number) => c * theta[k];
  return lane({
    kind,
    size: 3,
    edges: edges.map(([from, to, c, k]) => [from, to, c * theta[k]] as const),
    exits: discrete ? exitOf(edges, rate, -1).map((x) => 1 + x) : exitOf(exits, rate, 1),
    tangents: theta.map((_, d) => ({
      weights: edges.map(([, , c, k]) => only(d)(c, k)),
      exits: discrete ? exitOf(edges, only(d), -1) : exitOf(exits, only(d), 1),
    })),
  });
}

function dual(
  of: (theta: readonly number[]) => readonly number[],
  slopes: readonly (readonly number[])[],
  theta: readonly number[],
): DualVector {
  return { value: Float64Array.from(of(theta)), tangents: slopes.map((x) => Float64Array.from(x)) };
}

describe.each(cases)("a $kind epoch of length $length at θ = $theta", (c) => {
  const { system, tangents } = model(c);
  const none = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  const reward = dual((t) => [1, t[0] / 16, 2.5 + t[0] / 8], [[0, 1 / 16, 1 / 8], ...none.slice(1)], c.theta);
  const terminal = [
    dual(() => [1, 1, 1], none, c.theta),
    dual(() => [0.5, 1.5, 2.5], none, c.theta),
    dual((t) => [2, 2 + t[1], 2 + 2 * t[1]], [none[0], [0, 1, 2], none[2], none[3]], c.theta),
  ];
  const counted = { value: system.exits, tangents: tangents.map((tangent) => tangent.exits) };
  // plain sweeps lose an ulp a step
  const short = c.length * Math.max(...system.weights) < 1e5;

  it.each(short ? (["uniformization", "squaring", "auto"] as const) : (["squaring", "auto"] as const))(
    "is right by %s",
    (method) => {
      const result = columnMoments(system, tangents, terminal, reward, counted, c.length, { ...calm, method });
      if (result === undefined) throw new Error("no answer");
      for (let k = 0; k < 3; k++)
        for (let i = 0; i < 3; i++) {
          const want = c.values[0][3 * k + i];
          expect(Math.abs(result[k].value[i] - want), `order ${k}, state ${i}`).toBeLessThanOrEqual(2e-13 * want);
          c.theta.forEach((theta, d) => {
            const slope = c.values[1 + d][3 * k + i];
            const scale = Math.max(Math.abs(slope), want / theta);
            const off = Math.abs(result[k].tangents[d][i] - slope);
            expect(off, `order ${k}, state ${i}, direction ${d}`).toBeLessThanOrEqual(2e-12 * scale);
          });
        }
    },
  );

  it("gives back what it was given over no time", () => {
    const result = columnMoments(system, tangents, terminal, reward, counted, 0, calm);
    expect(result).toEqual(terminal);
  });
});

describe("counting and limits", () => {
  const { system, tangents } = model(cases[0]);
  const zero = { value: new Float64Array(3), tangents: tangents.map(() => new Float64Array(3)) };
  const exits = { value: system.exits, tangents: tangents.map((tangent) => tangent.exits) };

  it("splits the probability of having been absorbed among what counts", () => {
    const parts = [0, 2].map((only) => {
      const keep = (x: Float64Array) => x.map((v, i) => (i === only ? v : 0));
      const counted = { value: keep(exits.value), tangents: exits.tangents.map(keep) };
      return columnMoments(system, tangents, [zero], zero, counted, 1e4, calm)?.[0].value[1] ?? Number.NaN;
    });
    const whole = columnMoments(system, tangents, [zero], zero, exits, 1e4, calm)?.[0].value[1] ?? Number.NaN;
    expect(parts[0] + parts[1]).toBeCloseTo(whole, 14);
    expect(whole).toBeGreaterThan(0.5);
  });

  it("stops when interrupted, and refuses what it cannot reach", () => {
    const interrupted = { ...calm, interrupted: () => true };
    expect(() => columnMoments(system, tangents, [zero], zero, exits, 1, interrupted)).toThrow(InterruptedError);
    expect(
      columnMoments(system, tangents, [zero], zero, exits, 1e12, { ...calm, method: "uniformization" }),
    ).toBeUndefined();
  });
});
