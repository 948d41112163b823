/** Programs as data: how they are written, checked and differentiated; adjoints and tangents are two ways to one gradient. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discreteFormulaModel, type FormulaModel, formulaModel, PARAMETERS } from "../../../test/support/formulas.js";
import { openEngine } from "../engine.js";
import { adjointProgram, hasAdjoint } from "./adjoint.js";
import {
  conditionalVarianceProgram,
  countsProgram,
  defectProgram,
  endingProgram,
  factorialMomentsProgram,
  momentsProgram,
  sojournProgram,
  visitsProgram,
} from "./build.js";
import { ProgramBuilder } from "./builder.js";
import { checkProgram } from "./check.js";
import { covarianceProgram } from "./covariance.js";
import { operandsOf, resultOf } from "./operands.js";
import { printProgram } from "./print.js";
import type { Program, Step } from "./program.js";
import { tangentProgram } from "./tangent.js";

const REWARDS = ["r1", "r2"];
/** Vertices n and n + 1 absorb. */
const programs = (kind: "continuous" | "discrete", n: number): Program[] => [
  momentsProgram(kind, 1),
  momentsProgram(kind, 4),
  ...(kind === "continuous" ? [momentsProgram(kind, 3, { reward: "r1" })] : []),
  momentsProgram(kind, 2, { given: [n] }),
  conditionalVarianceProgram(kind, { given: [n, n + 1] }),
  covarianceProgram(kind, [undefined, undefined], true),
  endingProgram("ending", [n]),
  defectProgram(),
  sojournProgram(),
  visitsProgram(kind),
  ...(kind === "continuous"
    ? [
        covarianceProgram(kind, ["r1", "r2"], true),
        covarianceProgram(kind, ["r1", "r2", undefined], false),
        countsProgram(
          REWARDS,
          [
            [0, 0],
            [2, 1],
          ],
          0.5,
        ),
      ]
    : [factorialMomentsProgram(3)]),
];

const count = (program: Program, op: Step["op"]): number => program.steps.filter((step) => step.op === op).length;

describe("every program", () => {
  it.each(["continuous", "discrete"] as const)("is sound, and so are its derivatives, of a %s model", (kind) => {
    for (const program of programs(kind, 3)) {
      const derived = [program, tangentProgram(program, 3)];
      if (hasAdjoint(program)) {
        derived.push(adjointProgram(program));
        if (program.valueCount === 1) derived.push(tangentProgram(adjointProgram(program), 1));
      }
      for (const one of derived) {
        expect(checkProgram(one, REWARDS, 5), printProgram(one)).toBeUndefined();
        // registers are dense, and nothing is computed that no output needs
        const read = new Set(
          one.steps.flatMap((step) => operandsOf(step).map(({ bank, register }) => bank + register)),
        );
        const written = one.steps.flatMap((step) => resultOf(step) ?? []).map(({ bank, register }) => bank + register);
        expect(written.filter((name) => !read.has(name))).toEqual([]);
        expect(written.length).toBe(one.vectorCount + one.systemCount + one.scalarCount);
      }
    }
  });

  it("has a gradient that costs as many transposed solves as it has solves", () => {
    for (const order of [1, 3, 6]) {
      const gradient = adjointProgram(momentsProgram("continuous", order));
      expect(count(gradient, "solve")).toBe(order);
      // a pass for each value k goes back over k solves
      expect(count(gradient, "solveTransposed")).toBe((order * (order + 1)) / 2);
    }
    const covariance = covarianceProgram("continuous", ["r1", "r2"], true);
    expect(count(covariance, "solve")).toBe(3);
    expect(count(adjointProgram(covariance), "solveTransposed")).toBe(3);
  });

  it("prints one line a step", () => {
    const program = momentsProgram("continuous", 2);
    const lines = printProgram(program).trimEnd().split("\n");
    expect(lines.length).toBe(1 + program.steps.length);
    expect(lines[0]).toContain("program moments, values: 2 values");
  });
});

describe("adjoints", () => {
  it("are there for scalars only", () => {
    expect([momentsProgram("continuous", 2), defectProgram()].map(hasAdjoint)).toEqual([true, true]);
    expect([sojournProgram(), visitsProgram("discrete"), adjointProgram(defectProgram())].map(hasAdjoint)).toEqual([
      false,
      false,
      false,
    ]);
  });

  const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-programs-")) });
  it.each([
    ["continuous", formulaModel],
    ["discrete", discreteFormulaModel],
  ] as const)("and tangents are the same gradient, of a %s model", async (kind, models) => {
    await fc.assert(
      fc.asyncProperty(models as fc.Arbitrary<FormulaModel>, async ({ model, document, theta }) => {
        const handle = await engine.load(document);
        const run = (program: Program, direction?: Float64Array): Float64Array => {
          const evaluator = handle.evaluator(program);
          const inputs = direction ? { direction } : {};
          const out = new Float64Array(evaluator.outputCount(inputs));
          const status = new Uint8Array(1);
          evaluator.evaluateInto(Float64Array.from(theta), inputs, out, status);
          expect(status[0], program.quantity).toBe(0);
          return out;
        };
        const ends = (await handle.visits(theta)).slice(model.n);
        const d = PARAMETERS.length;
        for (const program of programs(kind, model.n)) {
          if (
            !hasAdjoint(program) ||
            (program.steps.some((s) => s.op === "combine" && s.operation === "quotient") && ends[0] < 1e-3)
          )
            continue;
          const values = run(program);
          const [back, forth] = [run(adjointProgram(program)), run(tangentProgram(program, d))];
          back.forEach((value, i) => {
            const size = Math.max(Math.abs(forth[i]), Math.abs(values[Math.floor(i / d)]) / theta[i % d], 1e-12);
            expect(Math.abs(value - forth[i]), `${program.quantity} ${i}`).toBeLessThan(1e-10 * size);
          });
          if (program.valueCount !== 1) continue;
          // second derivatives are symmetric, unit direction by unit direction
          const second = tangentProgram(adjointProgram(program), 1);
          const rows = PARAMETERS.map((_, k) =>
            run(
              second,
              Float64Array.from(PARAMETERS, (__, j) => (j === k ? 1 : 0)),
            ),
          );
          const most = Math.max(...rows.flatMap((row) => Array.from(row, Math.abs)), Math.abs(values[0]), 1e-12);
          for (let i = 0; i < d; i++)
            for (let j = 0; j < i; j++)
              expect(Math.abs(rows[i][j] - rows[j][i]), program.quantity).toBeLessThan(1e-10 * most);
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe("the builder", () => {
  it("writes equal sources once, drops what nothing needs and numbers registers anew", () => {
    const b = new ProgramBuilder();
    const system = b.make({ op: "system" });
    expect(b.make({ op: "system" })).toBe(system);
    const unused = b.make({ op: "ones" });
    b.make({ op: "solve", system, vector: unused });
    const initial = b.make({ op: "initial" });
    expect(b.make({ op: "initial" })).toBe(initial);
    const [one, other] = [b.reward("r1"), b.reward("r2")];
    expect(b.reward("r1")).toBe(one);
    expect(b.reward(undefined)).toBe(unused);
    b.report({ op: "output", scalar: b.make({ op: "dot", left: initial, right: other, scale: 1 }), value: 0 });
    expect(b.finish("test", 1)).toEqual({
      quantity: "test",
      vectorCount: 2,
      systemCount: 0,
      scalarCount: 1,
      valueCount: 1,
      outputs: "values",
      steps: [
        { op: "initial", to: expect.any(Number) },
        { op: "reward", reward: "r2", to: expect.any(Number) },
        { op: "dot", left: expect.any(Number), right: expect.any(Number), scale: 1, to: 0 },
        { op: "output", scalar: 0, value: 0 },
      ],
    });
  });

  it("continues a program without writing its sources again", () => {
    const program = momentsProgram("continuous", 1);
    const b = new ProgramBuilder(program);
    const known = program.steps.find(({ op }) => op === "initial") as Extract<Step, { op: "initial" }>;
    expect(b.make({ op: "initial" })).toBe(known.to);
    expect(b.make({ op: "indicator", vertices: [1] })).toBe(program.vectorCount);
    expect({ ...b.finish("moments", 1), kind: "continuous" }).toEqual(program);
  });
});

describe("the check finds", () => {
  const sound = countsProgram(["r1"], [[1]], 2);
  const edit = (op: Step["op"], change: object): Program => ({
    ...sound,
    steps: sound.steps.map((step) => (step.op === op ? ({ ...step, ...change } as Step) : step)),
  });
  it.each<[string, Program, string]>([
    [
      "a register that is read before it is written",
      { ...sound, steps: [...sound.steps].reverse() },
      "which is not written before it",
    ],
    ["a register of no number", edit("initial", { to: 99 }), "(initial) writes the vector 99, which does not exist"],
    ["a register below 0", edit("initial", { to: -1 }), "writes the vector -1, which does not exist"],
    ["a register that is written twice", { ...sound, steps: [sound.steps[0], ...sound.steps] }, "again"],
    ["a reward that is none", edit("reward", { reward: "q" }), "names the reward q"],
    ["a scale that is not finite", edit("kill", { scale: Number.NaN }), "has a scale that is not finite"],
    ["an output that is none", edit("output", { value: 1 }), "writes the output 1 of 1"],
    ["a vertex that is none", endingProgram("ending", [5]), "names a vertex that does not exist"],
  ])("%s", (_, program, words) => {
    expect(checkProgram(sound, ["r1"], 5)).toBeUndefined();
    expect(checkProgram(program, ["r1"], 5)).toContain(words);
  });
});
