/** Rows closed one by one against the same edges in a list, sorted and merged by `buildGraph`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binary, constant, parameter } from "../expression/formula.js";
import { TableBuilder } from "../expression/table.js";
import { EdgeRowsBuilder, Row } from "./edge-rows.js";

interface Edge {
  readonly target: number;
  readonly base: number;
  readonly coefficients: readonly number[];
  /** Power of the parameter that is added, 0 for none. */
  readonly power: number;
}

const VERTICES = 12;
const value = fc.constantFrom(0, 0, 1, 2, 0.25, 3e-3);
const edge = fc.record({
  target: fc.nat(VERTICES - 1),
  base: value,
  coefficients: fc.tuple(value, value),
  power: fc.constantFrom(0, 0, 0, 2, 3),
});
/** Short rows, and rows beyond the length up to which they are sorted by insertion. */
const rows = fc.array(fc.oneof(fc.array(edge, { maxLength: 6 }), fc.array(edge, { minLength: 49, maxLength: 120 })), {
  maxLength: VERTICES,
  size: "max",
});

/** Sums by target in the order of the edges, without what is always 0. */
function naive(edges: readonly Edge[], vertex: number, keepsLoops: boolean) {
  const sums = new Map<number, { base: number; coefficients: number[]; powers: number[] }>();
  for (const { target, base, coefficients, power } of edges) {
    if (target === vertex && !keepsLoops) continue;
    const sum = sums.get(target) ?? { base: 0, coefficients: [0, 0], powers: [] };
    sum.base += base;
    sum.coefficients = sum.coefficients.map((c, k) => c + coefficients[k]);
    if (power > 0) sum.powers.push(power);
    sums.set(target, sum);
  }
  return [...sums]
    .filter(
      ([, { base, coefficients, powers }]) => base !== 0 || coefficients.some((c) => c !== 0) || powers.length > 0,
    )
    .sort(([a], [b]) => a - b);
}

describe("rows of edges", () => {
  it("are sorted and merged as one would by hand", () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (lists, keepsLoops) => {
        const table = new TableBuilder();
        const power = (k: number): number => table.add(binary("power", parameter(0), constant(k)));
        const builder = new EdgeRowsBuilder(2, keepsLoops, table);
        const row = new Row(2);
        for (const list of lists) {
          row.clear();
          for (const { target, base, coefficients, power: k } of list)
            row.add(target, base, coefficients, k > 0 ? power(k) : -1);
          builder.close(row);
        }
        const wanted = lists.map((list, v) => naive(list, v, keepsLoops));
        const merged = builder.take();
        expect(builder.count).toBe(0);
        expect(merged.count).toBe(wanted.flat().length);
        expect(Array.from(merged.targets)).toEqual(wanted.flat().map(([target]) => target));
        expect(Array.from(merged.bases)).toEqual(wanted.flat().map(([, { base }]) => base));
        expect(Array.from(merged.coefficients)).toEqual(wanted.flat().flatMap(([, { coefficients }]) => coefficients));
        let end = 0;
        expect(Array.from(merged.rowStart)).toEqual([0, ...wanted.map((list) => (end += list.length))]);
        const nodes = wanted
          .flat()
          .map(([, { powers }]) =>
            powers.reduce((sum, k) => (sum < 0 ? power(k) : table.binary("sum", sum, power(k))), -1),
          );
        expect(Array.from(merged.formulas)).toEqual(nodes.some((node) => node >= 0) ? nodes : []);
      }),
    );
  });

  it("know edges of a fixed weight below 0, and whether two rows are the same", () => {
    const [row, other] = [new Row(1), new Row(1)];
    for (const one of [row, other]) {
      one.add(3, -1, [2], -1);
      one.add(3, -1, undefined, 0);
      one.add(4, 1, undefined, -1);
    }
    expect([row.negative(), row.equals(other)]).toEqual([undefined, true]);
    other.add(5, -2, [0], -1);
    expect([other.negative(), row.equals(other)]).toEqual([3, false]);
    row.add(5, -2, [1], -1);
    expect([row.negative(), row.equals(other)]).toEqual([undefined, false]);
    row.clear();
    expect([row.length, row.negative(), row.someFormula]).toEqual([0, undefined, false]);
  });

  it("keep constants that formulas turn out to be", () => {
    const table = new TableBuilder();
    const builder = new EdgeRowsBuilder(0, false, table);
    const row = new Row(0);
    row.add(1, 1, undefined, table.constant(2));
    row.add(2, 0, undefined, table.constant(0));
    builder.close(row);
    const { targets, bases, formulas } = builder.take();
    expect([Array.from(targets), Array.from(bases), formulas.length]).toEqual([[1], [3], 0]);
  });
});
