/** Classes of states that behave alike: what is one, what is not, and that times until absorption do not change. */
import { describe, expect, it } from "vitest";
import { openEngine } from "../engine.js";
import { checkGraph } from "./check.js";
import type { Graph } from "./graph.js";
import { lumped } from "./lump.js";

const engine = openEngine({ environment: { SOJOURN_CACHE_DIR: "/nonexistent" } });

interface Handle {
  readonly graph: Graph;
  readonly trace: { readonly order: Int32Array; readonly componentStart: Int32Array };
}

const classesOf = ({ graph, trace: { order, componentStart } }: Handle): Graph | undefined =>
  lumped(graph, order, componentStart.length - 1 === order.length);

async function load(document: object): Promise<Handle> {
  return engine.load({ format: "sojourn-model/1", ...document }, { cache: false });
}

describe("lumped", () => {
  it("makes the block coalescent one of lineages", async () => {
    const blocks = await engine.families["block-coalescent"].build({ n: 9 }, { cache: false });
    const lines = await engine.families.coalescent.build({ n: 9 }, { cache: false });
    const graph = classesOf(blocks)!;
    expect(checkGraph(graph)).toBeUndefined();
    expect(graph.vertexCount).toBe(9);
    const rates = (of: Graph): number[] => Array.from(of.coefficients).sort((a, b) => a - b);
    expect(rates(graph)).toEqual(rates(lines.graph));
    expect(Array.from(graph.initialProbabilities)).toEqual([1]);
  });

  it("finds classes of models with cycles", async () => {
    // two copies of a pair of states that lead to each other
    const states = [[0], [1], [2], [3], [9]];
    const edges = [
      [0, 1, 2],
      [1, 0, 0.5],
      [0, 4, 1],
      [2, 3, 2],
      [3, 2, 0.5],
      [2, 4, 1],
    ];
    const graph = classesOf(
      await load({
        states,
        edges,
        initial: [
          [0, 0.25],
          [2, 0.5],
        ],
      }),
    );
    expect(graph).toBeUndefined();
    const more = await load({
      states: [...states, [4], [5]],
      edges: [...edges, [5, 6, 2], [6, 5, 0.5], [5, 4, 1]],
      initial: [
        [0, 0.25],
        [2, 0.5],
      ],
    });
    const classes = classesOf(more)!;
    expect(classes.vertexCount).toBe(3);
    expect(Array.from(classes.initialProbabilities)).toEqual([0.75]);
  });

  it("keeps apart what is not the same at every θ", async () => {
    const states = [[0], [1], [2], [3], [9]];
    const leave = (...weights: unknown[]): unknown[] => weights.map((w, v) => [v, 4, ...(w as unknown[])]);
    const parameters = ["a", "b"];
    const initial = [[0, 1]];
    // base + a, base + b: the same only where a = b
    const edges = leave([1, 1, 0], [1, 0, 1], [1, 1, 0], [1, 0, 1]);
    const two = classesOf(await load({ states, parameters, initial, edges }));
    expect(two).toBeUndefined();
    const same = classesOf(
      await load({ states, parameters, initial, edges: leave(...[0, 1, 2, 3].map(() => [1, 1, 0])) }),
    )!;
    expect(same.vertexCount).toBe(2);
    const formulas = leave(["a*b"], ["a*b"], ["a*b"], ["a*b"]);
    expect(classesOf(await load({ states, parameters, initial, edges: formulas }))!.vertexCount).toBe(2);
    const others = leave(["a*b"], ["a/b"], ["a+b^2"], ["a*b^2"]);
    expect(classesOf(await load({ states, parameters, initial, edges: others }))).toBeUndefined();
  });

  it("changes no density, distribution or likelihood, nor their derivatives", async () => {
    const ph = await engine.families["two-locus-arg"].build({ n: 5 }, { cache: false });
    expect(classesOf(ph)).toBeDefined();
    const times = [0.01, 0.3, 1, 4, 20];
    const theta = { R: 0.7 };
    // given that it ends where it always ends, the question is the same and is asked of all states
    const end = Array.from({ length: ph.vertices }, (_, v) => v).filter(
      (v) => ph.graph.rowStart[v] === ph.graph.rowStart[v + 1],
    );
    const [few, all] = [await ph.pdf(theta, times), await ph.pdf(theta, times, { given: end })];
    few.forEach((f, i) => {
      expect(Math.abs(f - all[i])).toBeLessThanOrEqual(1e-12 * all[i]);
    });
    const gradient = async (given?: number[]): Promise<Float64Array> =>
      (await ph.gradient({ quantity: "survival", times, ...(given && { given }) }, theta)) as Float64Array;
    const [g, wanted] = [await gradient(), await gradient(end)];
    g.forEach((x, i) => {
      // hardly anything has happened at the first time: rounding of the survival, 1e-16, is 1e-7 of its derivative there, so what is
      // kept is measured against 60 digits (a Taylor series of 60 terms in decimal arithmetic)
      if (i === 0)
        for (const one of [x, wanted[0]]) expect(Math.abs(one / 1.937998722504039e-9 - 1)).toBeLessThanOrEqual(2e-10);
      else expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(1e-10 * Math.abs(wanted[i]));
    });
  });

  it("does not take a self-loop of a discrete model for absorption", async () => {
    const states = [[0], [1], [2], [3], [4], [9]];
    const edges = [[0, 0, 0.5], [0, 5, 0.5], ...[1, 2, 3, 4].map((v) => [v, 5, 1])];
    const ph = (await engine.load(
      {
        format: "sojourn-model/1",
        kind: "discrete",
        states,
        edges,
        initial: [
          [0, 0.5],
          [1, 0.5],
        ],
      },
      { cache: false },
    )) as Awaited<ReturnType<typeof engine.load>>;
    expect(classesOf(ph)!.vertexCount).toBe(3);
    expect(Array.from((await ph.pmf(undefined, [1, 2, 3])) as Float64Array)).toEqual([0.75, 0.125, 0.0625]);
  });

  it("makes a sound graph where nothing absorbs but what rows lack to 1", async () => {
    const ring = Array.from({ length: 6 }, (_, k) => [k, (k + 1) % 6, 0.5]);
    const states = Array.from({ length: 6 }, (_, k) => [k]);
    const graph = classesOf(await load({ kind: "discrete", states, edges: ring, initial: [[0, 1]] }))!;
    expect(graph.vertexCount).toBe(1);
    expect(checkGraph(graph)).toBeUndefined();
  });

  it("answers nothing where weights are negative that would cancel in a class", async () => {
    const ph = (await load({
      parameters: ["a"],
      states: [[0], [1], [2], [3], [4], [9]],
      edges: [[0, 1, 1, -1], [0, 2, 0, 1], ...[1, 2, 3, 4].map((v) => [v, 5, 1, 0])],
      initial: [[0, 1]],
    })) as unknown as Awaited<ReturnType<typeof engine.load>>;
    expect(classesOf(ph)).toBeDefined();
    await expect(ph.survival([2], [1])).rejects.toThrow(
      "vertex 0 ([0]) to vertex 1 ([1]) must be finite and ≥ 0 and is -1",
    );
    expect(((await ph.survival([0.5], [1])) as Float64Array)[0]).toBeCloseTo(2 * Math.exp(-1), 14);
    const start = (await load({
      parameters: ["a"],
      states: [[0], [1], [2], [3], [9]],
      edges: [0, 1, 2, 3].map((v) => [v, 4, 1, 0]),
      initial: [
        [0, "a"],
        [1, "1-a"],
      ],
    })) as unknown as Awaited<ReturnType<typeof engine.load>>;
    await expect(start.survival([2], [1])).rejects.toThrow("probability to start");
  });

  it("leaves faults to the model itself", async () => {
    const ph = await engine.families["block-coalescent"].build({ n: 6 }, { cache: false });
    const message = (await ph.pdf([-1], [1]).catch((error: Error) => error.message)) as string;
    const told = (await ph.mean([-1]).catch((error: Error) => error.message)) as string;
    expect(message).toBe(told);
  });
});
