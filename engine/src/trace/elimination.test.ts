/** Components, orders and rows against definitions written with sets, on random patterns. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildTrace } from "./build.js";
import { checkTrace } from "./check.js";
import { components } from "./components.js";
import type { LocalPattern } from "./local-pattern.js";
import { MinimumFill } from "./minimum-fill.js";
import { bitSpace, minimumFillBits } from "./minimum-fill-bits.js";
import { countOperations, type Pattern } from "./trace.js";

type Pairs = readonly (readonly [number, number])[];

/** Rows of these pairs: sorted, each once. */
function patternOf(size: number, pairs: Pairs): Pattern {
  const rows = Array.from({ length: size }, () => new Set<number>());
  for (const [from, to] of pairs) rows[from].add(to);
  const rowStart = new Int32Array(size + 1);
  rows.forEach((row, v) => {
    rowStart[v + 1] = rowStart[v] + row.size;
  });
  return {
    vertexCount: size,
    rowStart,
    targets: Int32Array.from(rows.flatMap((row) => [...row].sort((a, b) => a - b))),
  };
}

function localOf(size: number, pairs: Pairs): LocalPattern {
  const proper = pairs.filter(([from, to]) => from !== to);
  const { rowStart: outStart, targets: out } = patternOf(size, proper);
  const { rowStart: intoStart, targets: into } = patternOf(
    size,
    proper.map(([from, to]) => [to, from]),
  );
  const symmetric = outStart.join() === intoStart.join() && out.join() === into.join();
  return { size, outStart, out, intoStart: symmetric ? outStart : intoStart, into: symmetric ? out : into, symmetric };
}

const successors = ({ rowStart, targets }: Pattern, v: number): Set<number> =>
  new Set(targets.subarray(rowStart[v], rowStart[v + 1]));

const sized = (max: number, density: number) =>
  fc
    .integer({ min: 1, max })
    .chain((n) =>
      fc.tuple(
        fc.constant(n),
        fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: Math.ceil(density * n), size: "max" }),
      ),
    );
const bothWays = (pairs: Pairs): Pairs => pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);

/** Minimum fill by its definition: fewest new edges, then the smaller product, then the smaller number. */
function naiveOrder(size: number, pairs: Pairs): number[] {
  const out = Array.from(
    { length: size },
    (_, v) => new Set(pairs.filter(([a, b]) => a === v && b !== v).map(([, b]) => b)),
  );
  const left = new Set(out.keys());
  const order: number[] = [];
  const before = (v: number): number[] => [...left].filter((u) => out[u].has(v));
  const fresh = (v: number): [number, number][] =>
    before(v).flatMap((u) => [...out[v]].filter((w) => w !== u && !out[u].has(w)).map((w): [number, number] => [u, w]));
  while (left.size > 0) {
    const cost = (v: number): number[] => [fresh(v).length, before(v).length * out[v].size, v];
    const less = (a: number[], b: number[]): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
    const v = [...left].sort((a, b) => less(cost(a), cost(b)))[0];
    for (const [u, w] of fresh(v)) out[u].add(w);
    for (const u of before(v)) out[u].delete(v);
    left.delete(v);
    order.push(v);
  }
  return order;
}

describe("components", () => {
  it("hold what reaches each other, and stand sink-first", () => {
    fc.assert(
      fc.property(sized(14, 2.5), ([size, pairs]) => {
        const pattern = patternOf(size, pairs);
        const reaches = Array.from({ length: size }, (_, v) => new Set([v]));
        for (let round = 0; round < size; round++)
          for (const set of reaches) for (const v of [...set]) for (const w of successors(pattern, v)) set.add(w);
        const { members, start, of } = components(pattern);
        const transient = [...Array(size).keys()].filter((v) => pattern.rowStart[v] < pattern.rowStart[v + 1]);
        expect(Array.from(members).sort((a, b) => a - b)).toEqual(transient);
        expect([start[0], start[start.length - 1]]).toEqual([0, transient.length]);
        for (let c = 0; c + 1 < start.length; c++) {
          expect(start[c + 1]).toBeGreaterThan(start[c]);
          for (const v of members.subarray(start[c], start[c + 1])) expect(of[v]).toBe(c);
        }
        for (let v = 0; v < size; v++) if (!transient.includes(v)) expect(of[v]).toBe(-1);
        for (const v of transient)
          for (const w of transient) {
            expect(of[v] === of[w]).toBe(reaches[v].has(w) && reaches[w].has(v));
            if (reaches[v].has(w)) expect(of[w]).toBeLessThanOrEqual(of[v]);
          }
      }),
    );
  });
});

describe("minimum fill", () => {
  const space = bitSpace();
  const lists = new MinimumFill(300);
  const byBits = (pattern: LocalPattern): number[] => {
    const order = new Int32Array(pattern.size);
    minimumFillBits(pattern, space, order);
    return Array.from(order);
  };
  const byLists = (pattern: LocalPattern): number[] => {
    const order = new Int32Array(pattern.size);
    lists.order(pattern, order, () => {});
    return Array.from(order);
  };

  it.each([
    ["any pattern", (pairs: Pairs) => pairs],
    ["symmetric patterns", bothWays],
  ])("of %s is what its definition says, by bits and by lists", (_, shape) => {
    fc.assert(
      fc.property(sized(13, 3), ([size, pairs]) => {
        const wanted = naiveOrder(size, shape(pairs));
        const pattern = localOf(size, shape(pairs));
        expect(byBits(pattern)).toEqual(wanted);
        expect(byLists(pattern)).toEqual(wanted);
      }),
    );
  });

  it.each([
    ["any pattern", (pairs: Pairs) => pairs],
    ["symmetric patterns", bothWays],
  ])("of %s is the same by bits and by lists, over many words", (_, shape) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 256 }),
        fc.integer(),
        fc.integer({ min: 2, max: 9 }),
        (size, seed, density) => {
          let state = seed;
          const next = (): number => {
            state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
            return (state >>> 8) % size;
          };
          const pairs = Array.from({ length: (size * density) / 2 }, () => [next(), next()] as const);
          const pattern = localOf(size, shape(pairs));
          expect(byLists(pattern)).toEqual(byBits(pattern));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("a trace", () => {
  /** Rows by elimination with sets, in the order of the trace. */
  function naiveRows(pattern: Pattern, order: Int32Array, rank: Int32Array, start: Int32Array) {
    const rows = Array.from(order, (v) => new Set([...successors(pattern, v)].map((w) => rank[w])));
    const lower: number[] = [];
    const upper: number[] = [];
    for (let c = 0; c + 1 < start.length; c++)
      for (let p = start[c]; p < start[c + 1]; p++) {
        for (let q = start[c]; q < p; q++) if (rows[p].has(q)) for (const j of rows[q]) if (j > q) rows[p].add(j);
        const inside = [...rows[p]].filter((q) => q >= start[c] && q < start[c + 1] && q !== p).sort((a, b) => a - b);
        lower.push(...inside.filter((q) => q < p));
        upper.push(...inside.filter((q) => q > p));
        rows[p] = new Set(inside);
      }
    return { lower, upper };
  }

  it.each([
    ["any pattern", (pairs: Pairs) => pairs],
    ["symmetric patterns", bothWays],
  ])("of %s holds exactly the rows that elimination makes", (_, shape) => {
    fc.assert(
      fc.property(sized(24, 2.5), ([size, pairs]) => {
        const pattern = patternOf(size, shape(pairs)); // self-loops included
        const trace = buildTrace(pattern, () => false);
        expect(checkTrace(trace, pattern)).toBeUndefined();
        const { lower, upper } = naiveRows(pattern, trace.order, trace.rank, trace.componentStart);
        expect(Array.from(trace.lower)).toEqual(lower);
        expect(Array.from(trace.upper)).toEqual(upper);
      }),
    );
  });

  it("is the same with self-loops as without", () => {
    fc.assert(
      fc.property(sized(24, 2.5), ([size, pairs]) => {
        const proper = pairs.filter(([from, to]) => from !== to);
        const loops = proper.map(([from]) => [from, from] as const);
        const without = buildTrace(patternOf(size, proper), () => false);
        expect(buildTrace(patternOf(size, [...proper, ...loops]), () => false)).toEqual(without);
      }),
    );
  });

  it("holds components of both shapes, one after the other, as it holds each of them alone", () => {
    const part = fc.tuple(fc.boolean(), sized(7, 2.5)).map(([symmetric, [size, pairs]]) => ({
      size,
      // a ring makes it one component, and one that is not symmetric where it is longer than two
      pairs: [...Array(size).keys()]
        .map((v) => [v, (v + 1) % size] as const)
        .concat(pairs)
        .flatMap(([a, b]) => (symmetric ? [[a, b] as const, [b, a] as const] : [[a, b] as const])),
    }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6, size: "max" }), (parts) => {
        let offset = 0;
        const all: (readonly [number, number])[] = [];
        const rows: number[] = [];
        for (const { size, pairs } of parts) {
          const alone = buildTrace(patternOf(size, pairs), () => false);
          for (let p = 0; p < alone.order.length; p++)
            rows.push(
              ...alone.lower.subarray(alone.lowerStart[p], alone.lowerStart[p + 1]).map((q) => q + offset),
              ...alone.upper.subarray(alone.upperStart[p], alone.upperStart[p + 1]).map((q) => q + offset),
            );
          for (const [a, b] of pairs) all.push([a + offset, b + offset]);
          offset += size;
        }
        const pattern = patternOf(offset, all);
        const trace = buildTrace(pattern, () => false);
        expect(checkTrace(trace, pattern)).toBeUndefined();
        const together = Array.from(trace.order.keys()).flatMap((p) => [
          ...trace.lower.subarray(trace.lowerStart[p], trace.lowerStart[p + 1]),
          ...trace.upper.subarray(trace.upperStart[p], trace.upperStart[p + 1]),
        ]);
        expect(together).toEqual(rows);
      }),
    );
  });

  /** Cells of a grid, each leading to its neighbours, or only right, down and back up to the left. */
  const grid = (k: number, oneWay: boolean): Pairs =>
    [...Array(k * k).keys()].flatMap((v) => {
      const [x, y] = [v % k, Math.floor(v / k)];
      const to: [boolean, number][] = oneWay
        ? [
            [x + 1 < k, v + 1],
            [y + 1 < k, v + k],
            [x > 0 && y > 0, v - k - 1],
            [x > 0, v - 1],
          ]
        : [
            [x + 1 < k, v + 1],
            [x > 0, v - 1],
            [y + 1 < k, v + k],
            [y > 0, v - k],
          ];
      return to.filter(([is]) => is).map(([, w]) => [v, w] as const);
    });

  it.each([
    ["a grid", grid(40, false)],
    ["a grid that is not symmetric", grid(40, true)],
  ])("of %s beyond the size of bit sets is sound", (_, pairs) => {
    const pattern = patternOf(1600, pairs);
    expect(
      checkTrace(
        buildTrace(pattern, () => false),
        pattern,
      ),
    ).toBeUndefined();
  });

  /** Everything may fall back to vertex 0, or every other vertex hangs on it alone. */
  it.each([
    ["a chain that may fall back", (v: number) => [v + 1, v - 1, 0], 4],
    ["a star", (v: number) => (v === 0 ? [...Array(3000).keys()] : [0]), 1],
  ])("of %s keeps its hub for last and costs a few multiply-adds per vertex", (_, to, each) => {
    const size = 3000;
    const pairs = [...Array(size).keys()].flatMap((v) =>
      to(v)
        .filter((w) => w >= 0 && w < size && w !== v)
        .map((w) => [v, w] as const),
    );
    const pattern = patternOf(size, pairs);
    const trace = buildTrace(pattern, () => false);
    expect(checkTrace(trace, pattern)).toBeUndefined();
    expect(trace.order[size - 1]).toBe(0);
    expect(countOperations(trace, pattern).factor).toBeLessThanOrEqual(each * size);
  });
});
