/** Formulas and their tables: values, the three kinds of derivatives, folding, and text that reads back as itself. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableAdjoints, tableAdjointTangents, tableTangents, tableValues } from "./evaluate.js";
import {
  affineFormula,
  affineParts,
  type Binary,
  binary,
  constant,
  type Formula,
  parameter,
  printFormula,
  type Unary,
  unary,
} from "./formula.js";
import { parseFormula } from "./parse.js";
import { checkTable, type ExpressionTable, nodeCount, TableBuilder } from "./table.js";
import { writeNodes } from "./write.js";

const NAMES = ["a", "k-1", "N 0"];
const BINARY: readonly Binary[] = ["sum", "product", "quotient", "share", "power", "min", "max"];
const UNARY: readonly Unary[] = ["exp", "log", "sqrt", "lack"];

/** What a formula means, written down once more. */
function meaning(formula: Formula, theta: readonly number[]): number {
  if (formula.op === "constant") return formula.value;
  if (formula.op === "parameter") return theta[formula.index];
  const l = meaning(formula.left, theta);
  switch (formula.op) {
    case "exp":
      return Math.exp(l);
    case "log":
      return Math.log(l);
    case "sqrt":
      return Math.sqrt(l);
    case "lack":
      return 1 - l <= 64 * Number.EPSILON ? 0 : 1 - l;
  }
  const r = meaning(formula.right, theta);
  switch (formula.op) {
    case "sum":
      return l + r;
    case "product":
      return l * r;
    case "quotient":
      return l / r;
    case "share":
      return l === 0 ? 0 : l / r;
    case "power":
      return l ** r;
    case "min":
      return Math.min(l, r);
    case "max":
      return Math.max(l, r);
  }
}

const number = fc.oneof(
  fc.integer({ min: -3, max: 9 }),
  fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
  fc.double({ min: -50, max: -1e-3, noNaN: true }),
);
const anyFormula: fc.Arbitrary<Formula> = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(number.map(constant), fc.nat(NAMES.length - 1).map(parameter)),
    fc.tuple(fc.constantFrom(...UNARY), tie("formula")).map(([op, left]) => unary(op, left)),
    fc
      .tuple(fc.constantFrom(...BINARY), tie("formula"), tie("formula"))
      .map(([op, left, right]) => binary(op, left, right)),
  ),
})).formula;

/** Positive and smooth at positive θ, away from where min and max change sides, and of modest size. */
const smoothFormula: fc.Arbitrary<Formula> = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.double({ min: 0.5, max: 2, noNaN: true }).map(constant), fc.nat(2).map(parameter)),
    tie("formula").map((f) => unary("sqrt", f)),
    tie("formula").map((f) => unary("lack", binary("quotient", f, binary("sum", f, constant(1))))),
    tie("formula").map((f) => unary("exp", binary("quotient", constant(-1), f))),
    tie("formula").map((f) => unary("log", binary("sum", constant(2), f))),
    tie("formula").map((f) => binary("power", f, constant(1.5))),
    fc
      .tuple(tie("formula"), fc.nat(2))
      .map(([f, k]) => binary("power", f, binary("quotient", parameter(k), constant(2)))),
    tie("formula").map((f) => binary("max", f, constant(1e-9))),
    tie("formula").map((f) => binary("min", constant(1e12), f)),
    fc
      .tuple(fc.constantFrom<Binary>("sum", "product", "quotient", "share"), tie("formula"), tie("formula"))
      .map(([op, left, right]) => binary(op, left, right)),
  ),
})).formula;

const theta = fc.tuple(...NAMES.map(() => fc.double({ min: 0.5, max: 1.5, noNaN: true })));
const direction = fc.tuple(...NAMES.map(() => fc.double({ min: -1, max: 1, noNaN: true })));

const built = (formula: Formula): { table: ExpressionTable; node: number } => {
  const builder = new TableBuilder();
  const node = builder.add(formula);
  return { table: builder.table(), node };
};
const valuesOf = (table: ExpressionTable, at: readonly number[]): Float64Array => {
  const values = new Float64Array(nodeCount(table));
  tableValues(table, Float64Array.from(at), values);
  return values;
};
const tangentOf = (table: ExpressionTable, node: number, at: readonly number[], along: readonly number[]): number => {
  const tangents = new Float64Array(nodeCount(table));
  tableTangents(table, valuesOf(table, at), Float64Array.from(along), tangents);
  return tangents[node];
};
const gradientOf = (table: ExpressionTable, node: number, at: readonly number[], seed = 1): number[] => {
  const adjoints = new Float64Array(nodeCount(table));
  adjoints[node] = seed;
  const gradient = new Float64Array(NAMES.length);
  tableAdjoints(table, valuesOf(table, at), adjoints, gradient);
  return Array.from(gradient);
};
/** The value of a node as its text says, definitions first. */
function reread(table: ExpressionTable, node: number, at: readonly number[]): number {
  const { definitions, textOf } = writeNodes(table, [node], NAMES);
  const [names, values] = [[...NAMES], [...at]];
  for (const [name, text] of definitions) {
    values.push(meaning(parseFormula(text, names), values));
    names.push(name);
  }
  return meaning(parseFormula(textOf(node), names), values);
}
/** A fixed seed: once in many thousand formulas it matters that tables do not tell −0 from 0. */
const SIGNED_ZEROS = { numRuns: 600, seed: 20261121 };
const same = (a: number, b: number): boolean => Object.is(a, b) || a === b;

describe("a formula as text", () => {
  it("reads back as what it means, whatever the names are", () => {
    fc.assert(
      fc.property(anyFormula, theta, (formula, at) => {
        const text = printFormula(formula, NAMES);
        const again = parseFormula(text, NAMES);
        const [found, expected] = [meaning(again, at), meaning(formula, at)];
        expect(same(found, expected), `${text} at ${at}: ${found} instead of ${expected}`).toBe(true);
        // and once it was read it prints as itself
        expect(printFormula(parseFormula(printFormula(again, NAMES), NAMES), NAMES)).toBe(printFormula(again, NAMES));
      }),
      SIGNED_ZEROS,
    );
  });

  it.each<[string, number]>([
    ["2 + 3*4", 14],
    ["2 - 3 - 4", -5],
    ["2/4/2", 0.25],
    ["2^3^2", 512],
    ["-2^2", -4],
    ["(-2)^2", 4],
    ["2^-1", 0.5],
    ["2*-3", -6],
    ["--3", 3],
    ["+3", 3],
    ["min(3, 1, 2) + max(1, 5)", 6],
    ["exp(0) + log(1) + sqrt(9)", 4],
    ["1e3 + 1.5E-1 + .5", 1000.65],
    ["share(0, 0) + share(1, 4)", 0.25],
    [" ( 1 ) ", 1],
    ["1e16 - 1e16 + 1", 1],
    ["1e16 + (1 - 1e16)", 0],
    [new Array(5000).fill("1").join(" + "), 5000],
    ["a*2 - k-1", 5],
    ["N 0/k-1", 7],
  ])("%s is %d", (text, expected) => {
    expect(meaning(parseFormula(text, NAMES), [3, 1, 7])).toBe(expected);
  });

  it("takes the longest name, and none that goes on", () => {
    const names = ["k", "k-1", "k-10"];
    const at = (text: string) => meaning(parseFormula(text, names), [100, 7, 3]);
    expect([at("k-1"), at("k-10"), at("k - 1"), at("k-2"), at("k-1-1")]).toEqual([7, 3, 99, 98, 6]);
    expect(() => parseFormula("k-1x", names)).toThrow("Cannot read the formula");
    expect(meaning(parseFormula("x-y-z - x-y", ["x-y", "x-y-z"]), [1, 5])).toBe(4);
  });
});

describe("a table", () => {
  it("has the values of its formulas", () => {
    fc.assert(
      fc.property(anyFormula, theta, (formula, at) => {
        const { table, node } = built(formula);
        expect(checkTable(table, NAMES.length)).toBeUndefined();
        const [found, expected] = [valuesOf(table, at)[node], meaning(formula, at)];
        // folding drops a factor of 0 before it meets what is not finite
        if (Number.isFinite(expected))
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-14 * Math.abs(expected));
        const read = reread(table, node, at);
        expect(same(read, found) || Math.abs(read - found) <= 1e-13 * Math.abs(found)).toBe(true);
      }),
      SIGNED_ZEROS,
    );
  });

  it("has tangents that are differences, and adjoints that are tangents", () => {
    fc.assert(
      fc.property(smoothFormula, theta, direction, (formula, at, along) => {
        const { table, node } = built(formula);
        const value = (step: number): number =>
          valuesOf(
            table,
            at.map((x, k) => x + step * along[k]),
          )[node];
        const h = 1e-3;
        const slope = (step: number): number => (value(step) - value(-step)) / (2 * step);
        const expected = (4 * slope(h / 2) - slope(h)) / 3;
        const tangent = tangentOf(table, node, at, along);
        const gradient = gradientOf(table, node, at);
        const size = Math.max(Math.abs(value(0)), ...gradient.map(Math.abs));
        expect(Math.abs(tangent - expected)).toBeLessThanOrEqual(1e-7 * size);
        const dot = gradient.reduce((sum, g, k) => sum + g * along[k], 0);
        expect(Math.abs(tangent - dot)).toBeLessThanOrEqual(1e-12 * size);
        expect(gradientOf(table, node, at, -2.5)).toEqual(gradient.map((g) => expect.closeTo(-2.5 * g, 6)));
      }),
      { numRuns: 300 },
    );
  });

  it("has tangents of adjoints that are differences of adjoints", () => {
    fc.assert(
      fc.property(
        smoothFormula,
        theta,
        direction,
        fc.double({ min: -2, max: 2, noNaN: true }),
        (formula, at, along, moved) => {
          const { table, node } = built(formula);
          const count = nodeCount(table);
          const values = valuesOf(table, at);
          const tangents = new Float64Array(count);
          tableTangents(table, values, Float64Array.from(along), tangents);
          const adjoints = new Float64Array(count);
          const adjointTangents = new Float64Array(count);
          adjoints[node] = 1;
          adjointTangents[node] = moved;
          const found = new Float64Array(NAMES.length);
          tableAdjointTangents(table, values, tangents, adjoints, adjointTangents, found);
          // the seed is 1 + moved · step
          const gradient = (step: number): number[] =>
            gradientOf(
              table,
              node,
              at.map((x, k) => x + step * along[k]),
              1 + moved * step,
            );
          const h = 1e-3;
          const [far, near] = [h, h / 2].map((step) => {
            const [up, down] = [gradient(step), gradient(-step)];
            return up.map((g, k) => (g - down[k]) / (2 * step));
          });
          const size = Math.max(Math.abs(values[node]), ...gradient(0).map(Math.abs), ...near.map(Math.abs));
          found.forEach((value, k) => {
            expect(Math.abs(value - (4 * near[k] - far[k]) / 3)).toBeLessThanOrEqual(1e-6 * size);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has equal nodes once, and folds what is constant", () => {
    const builder = new TableBuilder();
    const [a, one, zero] = [builder.parameter(0), builder.constant(1), builder.constant(0)];
    expect(builder.parameter(0)).toBe(a);
    expect(builder.constant(-0)).toBe(zero);
    expect([builder.binary("sum", a, zero), builder.binary("sum", zero, a)]).toEqual([a, a]);
    expect([builder.binary("product", one, a), builder.binary("product", a, one)]).toEqual([a, a]);
    expect([builder.binary("product", zero, a), builder.binary("product", a, zero)]).toEqual([zero, zero]);
    expect([builder.binary("quotient", a, one), builder.binary("share", a, one)]).toEqual([a, a]);
    expect(builder.binary("share", zero, a)).toBe(zero);
    // 0 / a is left alone: at a = 0 it has no value
    expect(builder.constantOf(builder.binary("quotient", zero, a))).toBeUndefined();
    const three = builder.binary("sum", one, builder.constant(2));
    expect([builder.constantOf(three), builder.constantOf(builder.unary("exp", zero)), builder.constantOf(a)]).toEqual([
      3,
      1,
      undefined,
    ]);
    const square = builder.binary("product", a, a);
    expect(builder.binary("product", a, a)).toBe(square);
    expect(builder.affine(0, [0, 0], square)).toBe(square);
    const copy = new TableBuilder(builder.table());
    expect([copy.parameter(0), copy.binary("product", a, a)]).toEqual([a, square]);
    expect(copy.table()).toEqual(builder.table());
  });

  it("writes a shared tree once", () => {
    let formula: Formula = parameter(0);
    for (let i = 0; i < 200; i++) formula = binary("sum", formula, formula);
    const { table, node } = built(formula);
    expect(nodeCount(table)).toBe(201);
    const { definitions, textOf } = writeNodes(table, [node], NAMES);
    expect(JSON.stringify([definitions, textOf(node)]).length).toBeLessThan(10_000);
    expect(reread(table, node, [1, 0, 0])).toBe(2 ** 200);
    expect(valuesOf(table, [1])[node]).toBe(2 ** 200);
  });

  it("has derivatives of 0 where nothing arrives, at 0 and beyond too", () => {
    const at0 = (text: string): number[] => {
      const { table, node } = built(parseFormula(text, NAMES));
      return [...valuesOf(table, [0, 0, 2]).slice(node, node + 1), ...gradientOf(table, node, [0, 0, 2])];
    };
    expect(at0("a^2")).toEqual([0, 0, 0, 0]);
    expect(at0("a^1")).toEqual([0, 1, 0, 0]);
    expect(at0("a^0")).toEqual([1, 0, 0, 0]);
    expect(at0("share(a, k-1)")).toEqual([0, 0, 0, 0]);
    expect(at0("share(a, N 0)")).toEqual([0, 0.5, 0, 0]);
    expect(at0("min(a, N 0)")).toEqual([0, 1, 0, 0]);
    expect(at0("max(a, N 0)")).toEqual([2, 0, 0, 1]);
    // log a does not count where max takes the other side
    expect(at0("max(N 0, log(a))")).toEqual([2, 0, 0, 1]);
  });
});

describe("the check of a table", () => {
  const sound = built(parseFormula("a*exp(k-1) + 2", NAMES)).table;
  const changed = (more: Partial<ExpressionTable>): ExpressionTable => ({ ...sound, ...more });
  const at = (from: Int32Array, k: number, value: number): Int32Array => from.with(k, value) as Int32Array;

  it("passes what was built", () => {
    expect(checkTable(sound, 2)).toBeUndefined();
  });

  it.each<[string, ExpressionTable, string]>([
    ["arrays of different lengths", changed({ left: sound.left.slice(1) }), "do not fit each other"],
    [
      "an operation that is none",
      changed({ operations: sound.operations.with(2, 200) as Uint8Array }),
      "node 2 has no operation",
    ],
    [
      "a node that stands after",
      changed({ left: at(sound.left, 2, 3) }),
      "node 2 needs a node that does not stand before it",
    ],
    ["itself", changed({ left: at(sound.left, 2, 2) }), "node 2 needs a node"],
    ["a right operand that is missing", changed({ right: at(sound.right, 3, -1) }), "node 3 needs a node"],
    ["a parameter below 0", changed({ left: at(sound.left, 0, -1) }), "node 0 is of a parameter that does not exist"],
  ])("finds %s", (_, table, words) => {
    expect(checkTable(table, 2)).toContain(words);
  });

  it("finds a parameter that the model does not have", () => {
    expect(checkTable(sound, 1)).toContain("node 1 is of a parameter that does not exist");
  });
});

describe("affine parts", () => {
  it.each<[string, number[] | undefined]>([
    ["3", [3, 0, 0, 0]],
    ["2*a - (N 0 + 1)/4", [-0.25, 2, 0, -0.25]],
    ["(1 + 1)*(a + k-1)*3", [0, 6, 6, 0]],
    ["-a", [0, -1, 0, 0]],
    ["a*a", undefined],
    ["a/k-1", undefined],
    ["1/0", undefined],
    ["exp(1)", undefined],
    ["a^1", undefined],
  ])("of %s", (text, expected) => {
    const parts = affineParts(parseFormula(text, NAMES), 3);
    expect(parts && Array.from(parts, (x) => x + 0)).toEqual(expected);
    if (expected === undefined) return;
    const again = affineParts(affineFormula(expected[0], expected.slice(1)), 3)!;
    expect(Array.from(again, (x) => x + 0)).toEqual(expected);
  });
});
