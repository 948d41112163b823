import { describe, expect, it } from "vitest";
import { completeness } from "./completeness.js";
import type { NameKind } from "./names.js";
import { prepareCell } from "./prepare.js";
import { SourceError } from "./strip.js";

const prepare = (source: string, known: Record<string, NameKind> = {}) =>
  prepareCell(source, new Map(Object.entries(known)));

describe("prepareCell", () => {
  it("blanks types and keeps every column", () => {
    const source = 'const a: number = f<string>(x as number)!; let é: string = "ü"; boom()';
    const { code } = prepare(source);
    expect(code.length).toBe(source.length);
    expect(code.indexOf("boom")).toBe(source.indexOf("boom"));
    expect(code).not.toMatch(/number|string/);
  });

  it("keeps lines and columns while declarations change kind", () => {
    const source = "function f(x) { return x }\nclass C extends B {}\nconst g = 1\nvar h = 2";
    const { code } = prepare(source, { f: "lexical", C: "property", g: "property", h: "lexical" });
    expect(code).toBe("f=function(x) { return x };\nC=class extends B {};\nvar   g = 1\nlet h = 2");
  });

  it.each([
    ["async function f() {}", "f=async function() {};"],
    ["function* f() {}", "f=function*() {};"],
    ["async function* f() {}", "f=async function*() {};"],
  ])("redeclares %s over a lexical name", (source, code) => {
    expect(prepare(source, { f: "lexical" }).code).toBe(code);
  });

  it("reports the kinds that a cell declares", () => {
    const { declared } = prepare("const {a, b: [c, ...d]} = x; function e() { var no } for (var i = 0; ;) { let no2 }");
    expect(Object.fromEntries(declared)).toEqual({
      a: "lexical",
      c: "lexical",
      d: "lexical",
      e: "property",
      i: "property",
    });
  });

  it("turns a repeated var into an assignment, also in the head of a loop", () => {
    expect(prepare("var a = 1; var a = 2").code).toBe("let a = 1; ;   a = 2");
    expect(prepare("for (var i = 0; i < 3; i++);", { i: "lexical" }).code).toBe("for (    i = 0; i < 3; i++);");
  });

  it("lifts static imports out and leaves blanks", () => {
    const source = 'import d, { x as y, Type } from "m"; import * as all from "n";\nimport "o"; y(d, all)';
    const { code, imports } = prepare(source);
    expect(code.trim()).toBe("y(d, all)");
    expect(code.length).toBe(source.length);
    expect(imports.map((one) => one.specifier)).toEqual(["m", "n", "o"]);
    expect(imports[0]!.bindings).toEqual([
      { local: "d", imported: "default", kind: "lexical", used: true },
      { local: "y", imported: "x", kind: "lexical", used: true },
      { local: "Type", imported: "Type", kind: "lexical", used: false },
    ]);
    expect(imports[1]!.bindings[0]!.imported).toBe("*");
  });

  it("sends import() and import.meta through the executor, at any depth", () => {
    expect(prepare('const f = () => import("m").then(() => import.meta.url)').code).toBe(
      'let   f = () => __load("m").then(() => __load.meta.url)',
    );
  });

  it.each([
    ["1 + 1", true],
    ["1 + 1;", false],
    ["const a = 1", false],
    ["if (a) { 5 }", false],
    ["a = 5", true],
    ["{ a: 1, b: 2 }", true],
    ["{ let a = 1; f(a) }", false],
    ["x // note;", true],
    ["interface A { b: 1 }", false],
  ])("knows whether %j shows a value", (source, shows) => {
    expect(prepare(source).showsValue).toBe(shows);
  });

  it("keeps a transformed enum readable by itself", () => {
    const prepared = prepare("enum Color { Red }\nColor.Red");
    expect(prepared.map).toBeDefined();
    expect(prepared.code).toMatch(/^var Color/);
    expect(prepared.declared.get("Color")).toBe("property");
  });

  it("says what to do instead of using, which nothing at the top level would ever dispose of", () => {
    const refusal = /cannot declare with `using` at its top level|does not know `using`/;
    for (const code of ["using a = open()", "1;\nawait using a = open()"])
      expect(() => prepareCell(code, new Map())).toThrow(refusal);
    expect(prepareCell("const using = 1; using", new Map()).showsValue).toBe(true);
  });

  it("keeps what an import says of its module", () => {
    const { imports } = prepareCell('import a from "./a.json" with { type: "json" }; a', new Map());
    expect(imports).toMatchObject([{ specifier: "./a.json", attributes: { type: "json" } }]);
  });

  it("names the place of a syntax error", () => {
    try {
      prepare("let a = 1;\nlet b: number = ;");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SourceError);
      expect(error).toMatchObject({ line: 2, column: 17, unfinished: false });
    }
  });
});

describe("completeness", () => {
  it.each(["1 + 1", "const a: number = 5", "interface A { b: string }", "await f()", "{ a: 1 }", "", "// note"])(
    "%j is complete",
    (source) => expect(completeness(source)).toEqual({ status: "complete" }),
  );

  it.each([
    "f(",
    "const a = {",
    "`text",
    "/* note",
    "if (x)",
    "type A = string |",
    "for (const a of b) {\n  f(a)\n",
    "a +",
  ])("%j is incomplete", (source) => expect(completeness(source).status).toBe("incomplete"));

  it.each(["f)", "let a = ;", '"text', "const const", "x = )", "let a = ;\n\nf("])("%j is invalid", (source) =>
    expect(completeness(source).status).toBe("invalid"),
  );

  it("indents after an opening bracket and keeps the indentation otherwise", () => {
    expect(completeness("  if (a) {")).toEqual({ status: "incomplete", indent: "    " });
    expect(completeness("f(1,\n    2,")).toEqual({ status: "incomplete", indent: "    " });
  });
});
