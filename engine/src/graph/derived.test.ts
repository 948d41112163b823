/** Graphs made of graphs: stopped at vertices, transformed by a reward, put to numbers. Each is a sound graph again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formulaModel } from "../../../test/support/formulas.js";
import { randomModel } from "../../../test/support/models.js";
import { type Document, discreteDocument } from "../../../test/support/quantities.js";
import type { ModelDocument } from "../handle/document.js";
import { readExplicit } from "../interchange/explicit.js";
import { buildGraph } from "./build.js";
import { checkGraph } from "./check.js";
import { edgeCount, edgeText, type Graph, isAbsorbing, stateVector } from "./graph.js";
import { instantiate } from "./instantiate.js";
import { rewardTransformed } from "./reward.js";
import { stopAt } from "./stop.js";

const graphOf = (document: object): Graph => buildGraph(readExplicit({ name: "m", ...document } as ModelDocument));
const edgesOf = (graph: Graph): [number, number, string][] => {
  const edges: [number, number, string][] = [];
  for (let v = 0; v < graph.vertexCount; v++)
    for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++)
      edges.push([v, graph.targets[e], edgeText(graph, e)]);
  return edges;
};

/** 0 ⇄ 1 → 2 → 3, with a way from 0 to 3. */
const chain = (more: object = {}): Graph =>
  graphOf({
    parameters: ["a"],
    states: [[0], [1], [2], [3]],
    initial: [
      [0, 0.5],
      [1, 0.25],
    ],
    edges: [
      [0, 1, 2, 0],
      [1, 0, 0, 1],
      [1, 2, 1, 0],
      [2, 3, "a^2"],
      [0, 3, 4, 0],
    ],
    rewards: { r: [2, 0, 5, 0], zero: [0, 0, 0, 0], all: [1, 1, 1, 1], formula: ["a", 0, "a*a", 0] },
    ...more,
  });

describe("a stopped graph", () => {
  it("keeps its vertices, loses the ways out of some, and earns nothing there", () => {
    const graph = chain();
    const stopped = stopAt(graph, [1, 3]);
    expect(checkGraph(stopped)).toBeUndefined();
    expect([1, 3].map((v) => isAbsorbing(stopped, v))).toEqual([true, true]);
    expect(edgesOf(stopped)).toEqual(edgesOf(graph).filter(([from]) => from !== 1));
    const V = graph.vertexCount;
    expect(Array.from(stopped.rewards.subarray(2 * V, 3 * V))).toEqual([1, 0, 1, 0]);
    const formulaAt2 = stopAt(graph, [2]);
    expect(formulaAt2.rewardFormulas[3 * V + 2]).toBe(-1);
    expect(formulaAt2.rewardFormulas[3 * V]).toBeGreaterThanOrEqual(0);
    // what it was made from is as it was
    expect(edgeCount(graph)).toBe(5);
    expect(graph.rewards[2 * V + 1]).toBe(1);
  });

  it("is the graph itself when nothing stops", () => {
    const graph = chain();
    expect(stopAt(graph, [3])).toBe(graph);
    expect(stopAt(graph, [])).toBe(graph);
  });
});

describe("a transformed graph", () => {
  it("divides by rewards and goes past states without", () => {
    const { graph, place } = rewardTransformed(chain(), "r");
    expect(checkGraph(graph)).toBeUndefined();
    expect(Array.from(place)).toEqual([0, -1, 1, 2]);
    expect([graph.name, graph.rewardNames, graph.parameterNames]).toEqual(["r of m", [], ["a"]]);
    expect([0, 1, 2].map((v) => stateVector(graph, v))).toEqual([[0], [2], [3]]);
    // out of 0: to 2 through 1 at 2·1/(a + 1), to 3 at 4, both halved; back to 0 through 1 is dropped
    const at = instantiate(graph, Float64Array.of(3));
    expect(edgesOf(at).map(([from, to, text]) => [from, to, Number(text)])).toEqual([
      [0, 1, expect.closeTo(2 / 4 / 2, 15)],
      [0, 2, 2],
      [1, 2, expect.closeTo(9 / 5, 15)],
    ]);
    // what starts in 1 goes to 0 with probability a/(a + 1), and to 2 with the rest
    expect(Array.from(at.initialVertices)).toEqual([0, 1]);
    expect(Array.from(at.initialProbabilities)).toEqual([
      expect.closeTo(0.5 + 0.25 * 0.75, 15),
      expect.closeTo(0.0625, 15),
    ]);
  });

  it("by ones everywhere has the same edges", () => {
    const graph = chain();
    expect(edgesOf(instantiate(rewardTransformed(graph, "all").graph, Float64Array.of(3)))).toEqual(
      edgesOf(instantiate(graph, Float64Array.of(3))),
    );
  });

  it("by zeros everywhere starts where it ends", () => {
    const { graph, place } = rewardTransformed(chain(), "zero");
    expect([graph.vertexCount, edgeCount(graph), Array.from(place)]).toEqual([1, 0, [-1, -1, -1, 0]]);
    expect(instantiate(graph, Float64Array.of(3)).initialProbabilities[0]).toBeCloseTo(0.75, 15);
  });

  it("keeps a state whose reward depends on θ, though it may be 0", () => {
    const { graph } = rewardTransformed(chain(), "formula");
    const at = instantiate(graph, Float64Array.of(2));
    expect(edgesOf(at).map(([from, to, text]) => [from, to, Number(text)])).toEqual([
      [0, 1, expect.closeTo(2 / 3 / 2, 15)],
      [0, 2, 2],
      [1, 2, 1],
    ]);
  });

  it("loses nothing: what leaves a state and what starts is what it was", () => {
    fc.assert(
      fc.property(formulaModel, ({ document, theta }) => {
        const whole = graphOf(document);
        const graph = rewardTransformed(whole, "r1").graph;
        expect(checkGraph(graph)).toBeUndefined();
        const [at, before] = [
          instantiate(graph, Float64Array.from(theta)),
          instantiate(whole, Float64Array.from(theta)),
        ];
        const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
        expect(Math.abs(sum(at.initialProbabilities) - sum(before.initialProbabilities))).toBeLessThan(1e-13);
        for (const base of at.bases) expect(base).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  describe("in steps", () => {
    const steps = (rewards: object): Graph =>
      graphOf({
        kind: "discrete",
        states: [[0], [1], [2]],
        initial: [[0, 1]],
        edges: [
          [0, 0, 0.25],
          [0, 1, 0.5],
          [1, 1, 0.5],
          [1, 0, 0.25],
          [1, 2, 0.25],
          [0, 2, 0.125],
        ],
        rewards,
      });

    it("has copies of a state, of which the last has its edges and leads back to the first", () => {
      const { graph, place } = rewardTransformed(steps({ r: [3, 1, 0] }), "r");
      expect(checkGraph(graph)).toBeUndefined();
      expect(Array.from(place)).toEqual([0, 3, 4]);
      expect(edgesOf(graph)).toEqual([
        [0, 1, "1"],
        [1, 2, "1"],
        [2, 0, "0.25"],
        [2, 3, "0.5"],
        [2, 4, "0.125"],
        [3, 0, "0.25"],
        [3, 3, "0.5"],
        [3, 4, "0.25"],
      ]);
    });

    it("keeps what returns to a state past one without reward", () => {
      const { graph } = rewardTransformed(steps({ r: [1, 0, 0] }), "r");
      // 0 → 1 → 0 is a step that stays: 0.25 + 0.5 · 0.25 / (1 − 0.5)
      expect(edgesOf(graph)).toEqual([
        [0, 0, "0.5"],
        [0, 1, "0.375"],
      ]);
    });

    it("keeps what rows lack", () => {
      fc.assert(
        fc.property(randomModel, (model) => {
          const document: Document = discreteDocument(model);
          const { graph } = rewardTransformed(graphOf(document), "r1");
          expect(checkGraph(graph)).toBeUndefined();
          for (const base of graph.bases) expect(base).toBeGreaterThan(0);
        }),
        { numRuns: 60 },
      );
    });

    it("refuses rewards that are no whole numbers, and too many copies", () => {
      expect(() => rewardTransformed(steps({ r: [1.5, 0, 0] }), "r")).toThrow(
        "must be a whole number everywhere and is not at vertex 0 ([0])",
      );
      expect(() => rewardTransformed(steps({ r: [1e9, 0, 0] }), "r")).toThrow(
        "needs more than 5000000 copies of states",
      );
    });
  });
});

describe("a graph at one θ", () => {
  it("has numbers for weights, masses and rewards, and no parameters", () => {
    const at = instantiate(chain({ initial: [[0, "a/4"]] }), Float64Array.of(3));
    expect(checkGraph(at)).toBeUndefined();
    expect([at.name, at.parameterNames, at.initialFormulas.length, at.formulas.length]).toEqual([
      "m at a = 3",
      [],
      0,
      0,
    ]);
    expect(Array.from(at.initialProbabilities)).toEqual([0.75]);
    expect(edgesOf(at).map(([, , text]) => Number(text))).toEqual([2, 4, 3, 1, 9]);
    expect(Array.from(at.rewards.slice(12))).toEqual([3, 0, 9, 0]);
    expect(checkGraph(instantiate(chain(), Float64Array.of(-1)))?.code).toBe("negative-rate");
  });
});
