/** What reaches what, against repeated marking, and loose edges against the rows that exploration makes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EMPTY_TABLE } from "../expression/table.js";
import type { EdgeList, Explored } from "../model/explored.js";
import { buildGraph } from "./build.js";
import { reach, reachedFromStart, reachesAbsorption } from "./check.js";
import type { Graph } from "./graph.js";

/** A graph of these edges, sound or not. */
function graphOf(size: number, pairs: readonly (readonly [number, number])[]): Graph {
  const rows = Array.from({ length: size }, (_, v) => [
    ...new Set(pairs.filter(([from, to]) => from === v && to !== v).map(([, to]) => to)),
  ]).map((row) => row.sort((a, b) => a - b));
  const rowStart = new Int32Array(size + 1);
  rows.forEach((row, v) => {
    rowStart[v + 1] = rowStart[v] + row.length;
  });
  const count = rowStart[size];
  return {
    name: "random",
    kind: "continuous",
    parameterNames: [],
    vertexCount: size,
    stateLength: 1,
    states: Int32Array.from({ length: size }, (_, v) => v),
    initialVertices: Int32Array.of(0),
    initialProbabilities: Float64Array.of(1),
    initialFormulas: new Int32Array(0),
    rowStart,
    targets: Int32Array.from(rows.flat()),
    bases: new Float64Array(count).fill(1),
    coefficients: new Float64Array(0),
    formulas: new Int32Array(0),
    rewardNames: [],
    rewards: new Float64Array(0),
    rewardFormulas: new Int32Array(0),
    expressions: EMPTY_TABLE,
  };
}

/** Marks on along the edges until nothing changes. */
function closure(graph: Graph, marked: Set<number>, present: (e: number) => boolean, backwards: boolean): Set<number> {
  for (let before = -1; before !== marked.size; ) {
    before = marked.size;
    for (let v = 0; v < graph.vertexCount; v++)
      for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
        const [from, to] = backwards ? [graph.targets[e], v] : [v, graph.targets[e]];
        if (present(e) && marked.has(from)) marked.add(to);
      }
  }
  return marked;
}

const marks = (of: Uint8Array): number[] => Array.from(of.keys()).filter((v) => of[v] === 1);
const sorted = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);

describe("what reaches what", () => {
  it("is what repeated marking finds", () => {
    const sized = fc
      .integer({ min: 1, max: 14 })
      .chain((n) =>
        fc.tuple(fc.constant(n), fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 2 * n, size: "max" })),
      );
    fc.assert(
      fc.property(sized, fc.nat(2 ** 20), fc.nat(2 ** 20), ([size, pairs], edgeBits, leakBits) => {
        const graph = graphOf(size, pairs);
        const present = (e: number): boolean => (edgeBits >> (e % 20)) % 2 === 0;
        const leaks = (v: number): boolean => (leakBits >> (v % 20)) % 4 === 3;
        const ends = [...Array(size).keys()].filter((v) => graph.rowStart[v] === graph.rowStart[v + 1] || leaks(v));
        const absorbed = closure(graph, new Set(ends), present, true);
        const reached = closure(graph, new Set([0]), present, false);
        expect(marks(reachesAbsorption(graph, present, leaks))).toEqual(sorted(absorbed));
        expect(marks(reachedFromStart(graph, present))).toEqual(sorted(reached));
        expect(reach(graph, present, leaks)).toBe(sorted(reached).find((v) => !absorbed.has(v)));
      }),
    );
  });

  it("is found where sweeps up and down the rows gain one vertex each", () => {
    // vertex i leads to the one before it in the order n/2, n/2 − 1, n/2 + 1, n/2 − 2 …
    const size = 101;
    const path = Array.from({ length: size }, (_, i) => 50 + (i % 2 === 0 ? i / 2 : -(i + 1) / 2));
    const graph = graphOf(
      size,
      path.slice(1).map((v, i) => [v, path[i]]),
    );
    const all = reachesAbsorption(
      graph,
      () => true,
      () => false,
    );
    expect(all.indexOf(0)).toBe(-1);
    const cut = reachesAbsorption(
      graph,
      (e) => e !== graph.rowStart[path[80]],
      () => false,
    );
    expect(marks(cut)).toHaveLength(80);
  });
});

describe("loose edges", () => {
  const explored = (edges: Explored["edges"]): Explored => ({
    name: "two",
    kind: "continuous",
    parameterNames: ["a"],
    vertexCount: 3,
    stateLength: 1,
    states: Int32Array.of(2, 1, 0),
    initial: [{ vertex: 0, probability: 1 }],
    edges,
    rewards: { r: { values: Float64Array.of(1, 2, 3) }, s: { values: Float64Array.of(4, 5, 6) } },
    expressions: EMPTY_TABLE,
  });
  const list = (more: Partial<EdgeList> = {}): EdgeList => ({
    sources: [1, 0, 0, 1, 0, 1],
    targets: [2, 1, 2, 1, 1, 0],
    bases: [1, 2, 3, 9, 4, 0],
    coefficients: [0, 1, 0, 9, 5, 0],
    count: 6,
    ...more,
  });

  it("become the graph that rows become, and rows are not copied", () => {
    const loose = buildGraph(explored(list()));
    const rows = {
      rowStart: Int32Array.of(0, 2, 3, 3),
      targets: Int32Array.of(1, 2, 2),
      bases: Float64Array.of(6, 3, 1),
      coefficients: Float64Array.of(6, 0, 0),
      formulas: new Int32Array(0),
      count: 3,
    };
    const all = Float64Array.of(1, 2, 3, 4, 5, 6);
    const rewards = { r: { values: all.subarray(0, 3) }, s: { values: all.subarray(3) } };
    const built = buildGraph({ ...explored(rows), rewards });
    expect(built).toEqual(loose);
    expect(built.targets).toBe(rows.targets);
    expect(built.rewards.buffer).toBe(all.buffer);
    expect(Array.from(all)).toEqual([1, 2, 0, 4, 5, 0]);
    const other = Float64Array.of(0, 0, 0, 4, 5, 6).subarray(3);
    const apart = { r: { values: Float64Array.of(1, 2, 3) }, s: { values: other } };
    expect(buildGraph({ ...explored(rows), rewards: apart })).toEqual(loose);
  });

  it("keep what was given", () => {
    const given = { ...explored(list()), rewards: { r: { values: Float64Array.of(1, 2, 3) } } };
    buildGraph(given);
    expect(Array.from(given.rewards.r.values)).toEqual([1, 2, 3]);
  });

  it.each([
    ["sources", 3],
    ["sources", -1],
    ["targets", 3],
    ["targets", Number.NaN],
  ])("between vertices only: %s %s is refused", (side, vertex) => {
    const edges = list();
    const bad = { ...edges, [side]: [vertex, ...Array.from(edges[side as "sources"]).slice(1)] };
    expect(() => buildGraph(explored(bad))).toThrow(/edge 0 leads from vertex .*, and there are 3/);
  });
});
