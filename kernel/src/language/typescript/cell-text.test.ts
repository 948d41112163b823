/** From cells to the text of modules. */
import { describe, expect, it } from "vitest";
import { cellModule } from "./cell-text.js";

const textOf = (source: string): string => cellModule(source).text;

describe("the text of a cell's module", () => {
  it("is the cell, where it is code", () => {
    expect(textOf("let a = 1;\nawait a")).toBe("let a = 1;\nawait a");
  });

  it.each([
    ["%cd ..\nconst a = 1", "      \nconst a = 1"],
    ["%time await f()", "      await f()"],
    ["%%timeit\nf()", "        \nf()"],
    ["const t = `\n%who\n`", "const t = `\n%who\n`"],
    ["7\n  % 4", "7\n  % 4"],
    ["?families.co", " families.co"],
    ["ph?", "ph "],
    ["??ph", "  ph"],
    ["export const a = 1", "       const a = 1"],
    ["export default 5", "               5"],
    ["export { a };\nlet b", "             \nlet b"],
    ["export async function f() {}", "       async function f() {}"],
  ])("of %j keeps every place: %j", (source, text) => {
    expect(textOf(source)).toBe(text);
    expect(text).toHaveLength(source.length);
  });

  it("stands in parentheses when it is one object", () => {
    expect(cellModule("{ a: 1, b: [2] }").isObject).toBe(true);
    expect(cellModule("{ let a = 1 }").isObject).toBe(false);
    expect(cellModule("({ a: 1 })").isObject).toBe(false);
    expect(cellModule("{ a: 1 }.a").isObject).toBe(false);
  });

  it("is whole when it can be read", () => {
    expect(cellModule("f(").isWhole).toBe(false);
    expect(cellModule("f()").isWhole).toBe(true);
  });
});

describe("names that a cell declares", () => {
  it.each([
    ["let a = 1, { b, c: [d, ...e] } = f()", { a: "variable", b: "variable", d: "variable", e: "variable" }],
    ["const a = 1", { a: "alias" }],
    ["function f() { var inner } async function* g() {}", { f: "alias", g: "alias" }],
    [
      "class A {} interface B {} type C = 1; enum D { x } namespace E {}",
      { A: "alias", B: "alias", C: "alias", D: "alias", E: "alias" },
    ],
    [
      'import a, { b as c, type D } from "m"; import * as e from "m"',
      { a: "alias", c: "alias", D: "alias", e: "alias" },
    ],
    [
      "for (var i = 0; ;) { var j; let k } if (1) { var l } (() => { var m })()",
      { i: "variable", j: "variable", l: "variable" },
    ],
    ["export const a = 1; declare global { var b: number }", { a: "alias" }],
    ["a = 1; for (const b of c) {}", {}],
  ])("in %j", (source, names) => {
    expect(Object.fromEntries(cellModule(source).declared)).toEqual(names);
  });
});
