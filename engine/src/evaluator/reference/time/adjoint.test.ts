/** Adjoints against tangents, Hessians against values of 110-digit arithmetic, checkpoints against none. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../../base/errors.js";
import type { DualVector, SystemTangent } from "../system.js";
import { type Contribution, type SystemAdjoint, sweepAdjoint, sweepAdjointTangent } from "./adjoint.js";
import { calm, type Fixture, type Lane, lane } from "./fixtures.js";
import { openDistribution } from "./open.js";

const REFERENCES: readonly Fixture[] = JSON.parse(
  readFileSync(new URL("references.json", import.meta.url), "utf8"),
).cases;

/** The derivative of ℓ in one direction, from its adjoint; `columns` as tangents of what the columns hold. */
function along(
  adjoint: SystemAdjoint,
  tangent: SystemTangent,
  initial: Float64Array,
  columns: readonly Float64Array[],
) {
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  return (
    dot(adjoint.weights, tangent.weights) +
    dot(adjoint.exits, tangent.exits) +
    dot(adjoint.initial, initial) +
    adjoint.columns.reduce((sum, x, c) => sum + dot(x, columns[c]), 0)
  );
}

function inDirection({ initial, columns }: Lane, d: number): { initial: DualVector; columns: DualVector[] } {
  const only = ({ value, tangents }: DualVector) => ({ value, tangents: [tangents[d]] });
  return { initial: only(initial), columns: columns.map(only) };
}

describe.each(REFERENCES)("$name", (fixture) => {
  const it1 = lane(fixture);
  const { system, tangents, initial, columns } = it1;
  const values = columns.map((q) => q.value);
  const times = fixture.times.filter((time) => time < 1e3).slice(0, 3);

  it("agrees with tangents", () => {
    const engine = openDistribution(system, tangents, initial, columns, { ...calm, method: "uniformization" });
    const contributions: Contribution[] = times.flatMap((time, t) => [
      { column: 0, kind: "at", time, cotangent: 1 / (engine.at(0, time)?.value || 1) },
      { column: 1, kind: "accumulated", time, cotangent: t + 0.5 },
    ]);
    const adjoint = sweepAdjoint(system, initial.value, values, contributions, calm);
    if (adjoint === undefined) throw new Error("no answer");
    tangents.forEach((tangent, d) => {
      let want = 0;
      let scale = 0;
      for (const { column, kind, time, cotangent } of contributions) {
        const dual = engine[kind](column, time);
        want += cotangent * (dual?.tangents[d] ?? Number.NaN);
        scale += Math.abs(cotangent * (dual?.value ?? Number.NaN)) / fixture.theta[d];
      }
      const at = inDirection(it1, d);
      const got = along(
        adjoint,
        tangent,
        at.initial.tangents[0],
        at.columns.map((q) => q.tangents[0]),
      );
      expect(Math.abs(got - want), `direction ${d}`).toBeLessThanOrEqual(1e-11 * Math.max(Math.abs(want), scale));
    });
  });

  it("does not depend on how many vectors are kept", () => {
    const contributions: Contribution[] = [{ column: 0, kind: "at", time: times[times.length - 1], cotangent: 1 }];
    const run = (keptMax: number) => sweepAdjoint(system, initial.value, values, contributions, { ...calm, keptMax });
    const few = run(1);
    const all = run(1e9);
    if (few === undefined || all === undefined) throw new Error("no answer");
    expect(few).toEqual(all);
  });
});

it("leaves exits of a discrete system, which move nothing, without adjoint", () => {
  const { system, initial, columns } = lane(REFERENCES[5]);
  const values = columns.map((q) => q.value);
  const adjoint = sweepAdjoint(system, initial.value, values, [{ column: 0, kind: "at", time: 3, cotangent: 1 }], calm);
  expect(Array.from(adjoint?.exits ?? [1], Math.abs)).toEqual([0, 0, 0]);
  // three steps, two before the last edge out of 2
  expect(adjoint?.weights.every((x) => x > 0)).toBe(true);
});

describe("the Hessian of a log-likelihood", () => {
  const THETA = [40, 7, 0.5, 1e-3];
  const TIMES = [0.01, 0.7, 11];
  const edges = [
    [0, 1, 1, 0],
    [1, 2, 1, 1],
    [2, 0, 1, 2],
    [1, 0, 2, 0],
  ] as const;
  const exits = [
    [2, 1, 3],
    [0, 0.25, 3],
  ] as const;
  const exitsOf = (value: (c: number, k: number) => number) => {
    const x = [0, 0, 0];
    for (const [i, c, k] of exits) x[i] += value(c, k);
    return x;
  };
  const exitValues = exitsOf((c, k) => c * THETA[k]);
  const exitTangents = THETA.map((_, d) => exitsOf((c, k) => (k === d ? c : 0)));
  const model = lane({
    kind: "continuous",
    size: 3,
    edges: edges.map(([from, to, c, k]) => [from, to, c * THETA[k]] as const),
    exits: exitValues,
    tangents: THETA.map((_, d) => ({ weights: edges.map(([, , c, k]) => (k === d ? c : 0)), exits: exitTangents[d] })),
    initial: [0.5, 0.25, 0.125],
    initialTangents: THETA.map(() => [0, 0, 0]),
    columns: [
      { value: exitValues, tangents: exitTangents },
      { value: [1, 2, 3], tangents: THETA.map(() => [0, 0, 0]) },
    ],
  });
  /** Of Σ_n log f(t_n) + log ∫_0^11 a·(1,2,3) du; central differences of 1e-25 at 110 digits. */
  const GRADIENT = [0.0005751808523710391, 0.08390402893931757, -0.6782250794632873, 2985.813879788829];
  const HESSIAN = [
    [-3.0665704813492704e-5, 2.3979515212344744e-5, 0.0005882665266293399, -0.0025416932405770533],
    [2.3979515212344744e-5, -0.01867828138458653, 0.0554314285923256, -0.3026993537147464],
    [0.0005882665266293399, 0.0554314285923256, 0.2678580810006019, 3.8161602390404847],
    [-0.0025416932405770533, -0.3026993537147464, 3.8161602390404847, -2999991.7295646686],
  ];

  it.each(THETA.map((_, d) => d))("is right in direction %i", (d) => {
    const { system, tangents, initial, columns } = model;
    const engine = openDistribution(system, tangents, initial, columns, calm);
    const values = [
      ...TIMES.map((time) => ({ column: 0, kind: "at" as const, time })),
      { column: 1, kind: "accumulated" as const, time: 11 },
    ];
    const contributions = values.map((which): Contribution => {
      const dual = engine[which.kind](which.column, which.time);
      if (dual === undefined) throw new Error("no answer");
      return { ...which, cotangent: 1 / dual.value, cotangentTangent: -dual.tangents[d] / dual.value ** 2 };
    });
    const at = inDirection(model, d);
    for (const keptMax of [1e9, 1]) {
      const result = sweepAdjointTangent(system, tangents[d], at.initial, at.columns, contributions, {
        ...calm,
        keptMax,
      });
      if (result === undefined) throw new Error("no answer");
      tangents.forEach((tangent, other) => {
        const columnTangents = columns.map((q) => q.tangents[other]);
        const first = along(result.adjoint, tangent, initial.tangents[other], columnTangents);
        const second = along(result.tangent, tangent, initial.tangents[other], columnTangents);
        const unit = 1 / THETA[other];
        expect(Math.abs(first - GRADIENT[other])).toBeLessThanOrEqual(
          1e-12 * Math.max(Math.abs(GRADIENT[other]), unit),
        );
        const scale = Math.max(Math.abs(HESSIAN[d][other]), unit / THETA[d]);
        expect(Math.abs(second - HESSIAN[d][other]), `entry ${d}, ${other}`).toBeLessThanOrEqual(1e-12 * scale);
      });
    }
  });

  it("stops when interrupted, and refuses what it cannot reach", () => {
    const { system, initial, columns } = model;
    const run = (time: number, kind: "at" | "accumulated", interrupted: boolean) =>
      sweepAdjoint(
        system,
        initial.value,
        columns.map((q) => q.value),
        [{ column: 0, kind, time, cotangent: 1 }],
        { ...calm, interrupted: () => interrupted },
      );
    expect(() => run(1, "at", true)).toThrow(InterruptedError);
    expect(run(1e15, "at", false)).toBeUndefined();
    expect(run(Infinity, "accumulated", false)).toBeUndefined();
    expect(run(Infinity, "at", false)?.weights.every((x) => x === 0)).toBe(true);
  });
});
