/** The numeric replay, counted while it runs, against the table of the design and against the symbolic count. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngine } from "../../engine.js";
import { countOperations } from "../../trace/trace.js";
import { allocateFactors, factor } from "./factor.js";
import { ModelNumbers } from "./numbers.js";
import { solve } from "./solve.js";

const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-counts-")) });

/** Multiply-adds to factorise and per solve: block triangular, minimum degree. */
const TABLE = [
  ["rabbits", { N: 100 }, 5_050, 20_200],
  ["two-island", { a: 30, b: 30 }, 1_829, 7_198],
  ["two-locus-arg", { n: 5 }, 1_308, 2_460],
  ["two-locus-arg", { n: 7 }, 38_051, 36_203],
  ["isolation-with-migration", { n1: 5, n2: 5 }, 202_216, 91_056],
  ["two-locus-two-island", { n: 4 }, 533_497, 40_454],
  ["stepping-stone", { d: 50 }, 233_772, 25_234],
] as const;

it.each(TABLE)("%s %o needs at most %i to factorise and %i per solve", async (name, inputs, factorMost, solveMost) => {
  const { graph, trace } = await engine.families[name].build(inputs as never);
  const numbers = new ModelNumbers(graph, trace);
  numbers.set(Float64Array.from(graph.parameterNames, (_, k) => 1 + k / 3));
  const factors = allocateFactors(trace);
  expect(factor(trace, graph, numbers.system.edges, numbers.system.leaks, factors)).toBe(true);
  solve(trace, graph, numbers.system.edges, factors, new Float64Array(trace.order.length).fill(1));
  const { factor: factorCount, solve: solveCount } = countOperations(trace, graph);
  expect(factors.done).toEqual({ factor: factorCount, solve: solveCount });
  expect(factors.done.factor).toBeLessThanOrEqual(factorMost);
  expect(factors.done.solve).toBeLessThanOrEqual(solveMost);
});
