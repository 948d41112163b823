/**
 * Vertices, edges and multiply-adds of the symbolic elimination, counted from the trace. The bounds are the project's
 * reference counts for block elimination in minimum-degree order.
 */
import { countOperations, openEngine } from "@sojourn/engine";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const { families } = openEngine({ cacheDirectory: temporaryFolder("counts") });

it.each([
  ["rabbits N=100", () => families.rabbits.build({ N: 100 }), 5151, 20_200, 5050, 20_200],
  ["two-island (30,30)", () => families["two-island"].build({ a: 30, b: 30 }), 1890, 7198, 1829, 7198],
  ["two-locus n=5", () => families["two-locus-arg"].build({ n: 5 }), 339, 2150, 1308, 2460],
  ["two-locus n=7", () => families["two-locus-arg"].build({ n: 7 }), 2998, 28_167, 38_051, 36_203],
  [
    "isolation with migration (5,5)",
    () => families["isolation-with-migration"].build({ n1: 5, n2: 5 }),
    6770,
    56_106,
    202_216,
    91_056,
  ],
  ["two-locus two-island n=4", () => families["two-locus-two-island"].build({ n: 4 }), 1431, 10_888, 533_497, 40_454],
  ["stepping stone d=50", () => families["stepping-stone"].build({ d: 50 }), 1276, 4950, 233_772, 25_234],
] as const)("%s", async (_, build, vertices, edges, factor, solve) => {
  const handle = await build();
  expect([handle.vertices, handle.edges]).toEqual([vertices, edges]);
  const counts = countOperations(handle.trace, handle.graph);
  expect(counts.factor).toBeLessThanOrEqual(factor);
  expect(counts.solve).toBeLessThanOrEqual(solve);
});

it.each([
  [2, 9],
  [3, 31],
  [4, 109],
  [5, 339],
  [6, 1043],
])("two-locus ancestral recombination graph n=%i has %i vertices", async (n, vertices) => {
  expect((await families["two-locus-arg"].build({ n })).vertices).toBe(vertices);
});

it.each([
  ["block coalescent n=10", () => families["block-coalescent"].build({ n: 10 }), 42],
  ["block coalescent n=20", () => families["block-coalescent"].build({ n: 20 }), 627],
  ["two-island (10,10)", () => families["two-island"].build({ a: 10, b: 10 }), 230],
  ["two-locus two-island n=2", () => families["two-locus-two-island"].build({ n: 2 }), 46],
  ["two-locus two-island n=3", () => families["two-locus-two-island"].build({ n: 3 }), 268],
  ["isolation with migration (2,2)", () => families["isolation-with-migration"].build({ n1: 2, n2: 2 }), 46],
  ["isolation with migration (3,3)", () => families["isolation-with-migration"].build({ n1: 3, n2: 3 }), 268],
])("%s", async (_, build, vertices) => {
  expect((await build()).vertices).toBe(vertices);
});
