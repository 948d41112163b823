/** The analyser on cells as people write them, with the type declarations that the kernel carries. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error: a script of the build
import { typeFiles } from "../../../type-files.mjs";
import type { Analyser } from "../analyser.js";
import type { Diagnostic } from "../messages.js";
import { createTypeScriptAnalyser } from "./create.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const types = new Map<string, string>(Object.entries(typeFiles() as Record<string, string>));
const folder = realpathSync(mkdtempSync(join(tmpdir(), "sojourn-language-")));
afterAll(() => rmSync(folder, { recursive: true }));

/** One for all tests, because the first question costs it a second; each begins without names. */
const analyser: Analyser = createTypeScriptAnalyser(types, 20);
let count = 0;
beforeEach(() => {
  for (const known of analyser.known) analyser.drop(known);
});

/** Runs a cell, as far as types go. */
function cell(code: string, where = folder): readonly Diagnostic[] {
  analyser.declare({ cell: ++count, code, folder: where });
  return analyser.check(count);
}
const seen = (code: string): string[] =>
  cell(code)
    .filter(({ strict }) => !strict)
    .map(({ code: number, message }) => `${number} ${message}`);
function matches(code: string, where = folder): string[] {
  const at = code.includes("|") ? code.indexOf("|") : code.length;
  return analyser.complete(code.replace("|", ""), at, where)?.candidates.map(({ text }) => text) ?? [];
}
function insight(code: string) {
  const at = code.includes("|") ? code.indexOf("|") : code.length;
  return analyser.inspect(code.replace("|", ""), at, folder);
}

const MODEL = `const coalescent = defineModel({
  name: "coalescent", parameters: ["rate"], inputs: { n: 10 }, initial: ({ n }) => [n],
  transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate: rate.times((k * (k - 1)) / 2) }] : []),
  rewards: { branchLength: ([k]) => k },
});
const ph = await coalescent.build({ n: 10 });`;

describe("notebooks and the README", () => {
  const cellsOf = (path: string): string[] =>
    (JSON.parse(readFileSync(path, "utf8")).cells as { cell_type: string; source: string[] }[])
      .filter(({ cell_type }) => cell_type === "code")
      .map(({ source }) => source.join(""));
  const notebooks = readdirSync(join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));

  it.each(notebooks)("%s has no type error", (name) => {
    const cells = cellsOf(join(root, "notebooks", name));
    expect(cells.length).toBeGreaterThan(3);
    expect(cells.flatMap(seen)).toEqual([]);
  });

  it("the README has none either", () => {
    const examples = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(
      ([, text]) => text!,
    );
    expect(examples.length).toBeGreaterThan(1);
    expect(examples.flatMap(seen)).toEqual([]);
  });
});

describe("names across cells", () => {
  it("are known with their types", () => {
    expect(seen(MODEL)).toEqual([]);
    expect(matches("await ph.mean")).toEqual(["mean", "meanVariance"]);
    expect(matches('await ph.mean({ rate: 1 }, { reward: "|" })')).toEqual(["branchLength"]);
    expect(seen("await ph.mean({ rte: 1 })")).toHaveLength(1);
    expect(seen("await ph.maen({ rate: 1 })")).toEqual([
      "2339 Property 'maen' does not exist on type 'PhaseType<\"rate\", \"branchLength\">'.",
    ]);
  });

  it("keep their types once they are settled", () => {
    cell(
      `${MODEL}\n/** Half of it. */\nfunction half(x: number) { return x / 2 }\nlet n = 4; class Box<T> { constructor(readonly value: T) {} }\ntype Pair = [number, number]`,
    );
    while (analyser.settle());
    expect(matches("await ph.varian")).toEqual(["variance"]);
    expect(insight("half")).toMatchObject({
      signature: "function half(x: number): number",
      documentation: "Half of it.",
    });
    expect(seen("n = 5; const pair: Pair = [1, n]; new Box(pair).value[1].toFixed()")).toEqual([]);
    expect(seen("n = 'text'")).toHaveLength(1);
    expect(seen("new Box(1).value.at(0)")).toHaveLength(1);
  });

  it("may be declared again, and what was made earlier keeps what it was made with", () => {
    cell("const x = 1; const getX = () => x;");
    cell('const x = "text";');
    expect(seen("x.toUpperCase()")).toEqual([]);
    expect(seen("getX().toFixed(x.length)")).toEqual([]);
    expect(seen("x.toFixed()")).toHaveLength(1);
    cell("function x() { return [1] }");
    expect(seen("x().at(0)")).toEqual([]);
    expect(seen("let x = { deep: 1 }; x.deep")).toEqual([]);
    expect(matches("x.d")).toEqual(["deep"]);
  });

  it("fall back when the cell that declared them again did not run", () => {
    cell("let y = 1");
    cell('let y = "text"');
    analyser.drop(count);
    expect(seen("y.toFixed()")).toEqual([]);
  });

  it("hide globals", () => {
    cell("const show = 5");
    expect(seen("show.toFixed()")).toEqual([]);
  });

  it("come from imports too", () => {
    cell('import { readFileSync, type Stats } from "node:fs"; import * as path from "node:path"');
    expect(seen('const text: string = readFileSync("a", "utf8"); path.join(text); let s: Stats | undefined')).toEqual(
      [],
    );
    expect(matches("path.joi")).toEqual(["join"]);
    cell(
      'import { Session } from "node:inspector"; import { connect } from "http2"; import * as promises from "node:inspector/promises"',
    );
    expect(matches("new Session().disc")).toEqual(["disconnect"]);
    expect(matches("new promises.Session().disc")).toEqual(["disconnect"]);
    expect(seen("connect(5)")).toHaveLength(1);
  });

  it("are forgotten when nothing can reach them any more", () => {
    for (let i = 0; i < 120; i++) cell(`let again = ${i}; const late${i % 3} = again`);
    expect(analyser.known.length).toBeLessThan(60);
    expect(seen("again.toFixed(late1)")).toEqual([]);
  });
});

describe("completion", () => {
  it("knows what needs no import", () => {
    expect(matches("families.coal")).toEqual(["coalescent"]);
    expect(matches('families["two-loc')).toEqual(["two-locus-arg", "two-locus-two-island"]);
    expect(matches("Number.isSafe")).toEqual(["isSafeInteger"]);
    expect(matches("show.mark")).toEqual(["markdown"]);
    expect(matches("nowhere.at.all")).toEqual([]);
    expect(matches("requir")).toEqual([]);
  });

  it("tells functions from values", () => {
    const kinds = Object.fromEntries(
      analyser.complete("Math.", 5, folder)!.candidates.map(({ text, type }) => [text, type]),
    );
    expect([kinds.max, kinds.PI]).toEqual(["function", "property"]);
    const kindOf = (code: string) => analyser.complete(code, code.length, folder)!.candidates.map(({ type }) => type);
    cell(MODEL);
    expect(kindOf("ph.mean")).toEqual(["function", "function"]);
    expect(kindOf("ph.vertic")).toEqual(["property"]);
    expect(kindOf("Float64Arr")).toEqual(["class"]);
    expect(kindOf("linspa")).toEqual(["function"]);
  });

  it("works in magics, questions and objects that are not finished", () => {
    cell(MODEL);
    expect(matches("%time await ph.varia")).toEqual(["variance"]);
    expect(matches("?ph.varia")).toEqual(["variance"]);
    expect(matches("const f = () => { if (true) { return ph.varia")).toEqual(["variance"]);
    expect(matches("{ a: 1, b: ph.varia| }")).toEqual(["variance"]);
  });

  it("in texts gives only what fits there", () => {
    cell(MODEL);
    expect(matches('await ph.gradient({ quantity: "loglik')).toEqual(["logLikelihood"]);
    expect(matches('const a = "fam')).toEqual([]);
    expect(analyser.complete('"fam', 4, folder)).toMatchObject({ inText: true });
    expect(analyser.complete("// fam", 6, folder)).toMatchObject({ inText: true });
    expect(analyser.complete("/fam/", 4, folder)).toMatchObject({ inText: true });
    expect(analyser.complete("`${fam", 6, folder)).toMatchObject({ inText: false });
  });

  it("replaces what was typed, in the cell's own places", () => {
    cell(MODEL);
    const code = "let a = 1;\nawait ph.vari";
    expect(analyser.complete(code, code.length, folder)).toMatchObject({ start: code.length - 4, end: code.length });
    const inside = '({ a: await ph.mean({ rate: 1 }, { reward: "bra';
    expect(analyser.complete(inside, inside.length, folder)).toMatchObject({
      start: inside.length - 3,
      end: inside.length,
    });
    expect(analyser.complete("{ a: ph.vari }", 12, folder)).toMatchObject({ start: 8, end: 12 });
  });
});

describe("inspection", () => {
  it("has documentation and signatures", () => {
    cell(MODEL);
    expect(insight("families.coalescent")!.documentation).toMatch(/^Kingman's coalescent/);
    expect(insight("ph.varian|ce")!.documentation).toContain("without cancellation");
    expect(insight("linspace")).toMatchObject({
      isName: true,
      documentation: "So many equally spaced numbers from start to end, both included.",
    });
    expect(insight("linspace(0, |")).toMatchObject({
      isName: false,
      signature: "linspace(start: number, end: number, count: number): Float64Array",
    });
    expect(insight("linspace(0, |")!.documentation).toMatch(/^\*\*end\*\*/);
    expect(insight("ph")!.signature).toBe('const ph: PhaseType<"rate", "branchLength">');
  });

  it("says nothing where there is nothing", () => {
    expect(insight("nowhere")).toBeUndefined();
    expect(insight(" ")).toBeUndefined();
    expect(insight("")).toBeUndefined();
  });
});

describe("type errors", () => {
  const strict = (code: string): string[] =>
    cell(code).map(({ code: number, strict: only }) => `${number}${only ? " strict" : ""}`);

  it("are in their places", () => {
    expect(cell("let a = 1;\n\n  const s: string = a;")[0]).toMatchObject({
      line: 3,
      column: 9,
      length: 1,
      code: 2322,
    });
    expect(cell("%cd .\nlet b: string = 1")[0]).toMatchObject({ line: 2, column: 5 });
    expect(cell("{ a: 1, b: 'x'.lenght }")[0]).toMatchObject({ line: 1, column: 16, length: 6 });
    expect(cell("nowhere + 1")[0]).toMatchObject({ missing: "nowhere" });
  });

  it.each([
    ["[1, 2].find((x) => x > 5).toFixed()", ["2532 strict"]],
    ["function f(x) { return x }", ["7006 strict"]],
    ["const c = 1; c = 2", ["2588 strict"]],
    ["let a: number; a.toFixed()", ["2454 strict"]],
    ['const o = { cache: "rebuild" }; await families.coalescent.build({}, o)', ["2345 strict"]],
    ["const f = (x: number) => x; f(new Map([[1, 2]]).get(1))", ["2345 strict"]],
    ["const f = (x: number) => x; f(new Map([[1, '2']]).get(1))", ["2345"]],
    ["try { null } catch (e) { e.message }", []],
    ['import x from "not-there"; x.anything', []],
    ['import { a } from "./not-there.js"; a()', []],
    ["f(", []],
    ["await new Promise((r) => setTimeout(r, 10))", []],
    ["for await (const line of process.stdin) line", []],
    ["// @ts-nocheck\nconst s: string = 1", []],
    ["// @ts-ignore\nconst s: string = 1", []],
    ["label: for (;;) { break label; }", []],
    ["const { a, ...rest } = { a: 1, b: 2 }; rest.b", []],
    ["process.version + Buffer.from('a') + structuredClone(1) + (await fetch('x')).status", []],
    ["import.meta.dirname + import.meta.url", []],
    ["new Set([1]).union(new Set([2]))", ["2550"]],
    ["let q: string = 1", ["2322"]],
  ])("of %j are %j", (code, errors) => {
    expect(strict(code)).toEqual(errors);
  });

  it("know what newer versions of Node have", () => {
    const code = "new Set([1]).union(new Set([2])).values().map((x) => x + 1)";
    expect(strict(code)).not.toEqual([]);
    const newer = createTypeScriptAnalyser(types, 22);
    newer.declare({ cell: 1, code, folder });
    expect(newer.check(1)).toEqual([]);
  });
});

describe("packages and files", () => {
  const put = (path: string, text: string): void => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  it("are found from the notebook's folder", () => {
    put(
      "node_modules/typed/package.json",
      JSON.stringify({ name: "typed", version: "1.0.0", types: "index.d.ts", main: "index.js" }),
    );
    put("node_modules/typed/index.d.ts", "/** Doubles. */\nexport declare function double(x: number): number;");
    put("local.ts", "export const size: number = 3; export interface Shape { sides: number }");
    expect(
      seen(
        'import { double } from "typed"; import { size, type Shape } from "./local.ts"; import { size as s2 } from "./local.js"',
      ),
    ).toEqual([]);
    expect(seen("double(size + s2).toFixed()")).toEqual([]);
    expect(seen('double("x")')).toHaveLength(1);
    expect(insight("double")).toMatchObject({ documentation: "Doubles." });
    expect(matches("const s: Shape = { si")).toEqual(["sides"]);
    expect(matches('import { d|} from "typed"')).toEqual(["double"]);
    expect(matches('import { double } from "./loc')).toEqual(["local"]);
    expect(matches('import { double } from "typ')).toEqual(["typed"]);
  });

  it("are read again when they change", () => {
    put("changing.ts", "export const value = 1;");
    expect(seen('import { value } from "./changing.ts"; value.toFixed()')).toEqual([]);
    put("changing.ts", 'export const value = "text";');
    utimesSync(join(folder, "changing.ts"), new Date(), new Date(Date.now() + 5000));
    expect(seen('import { value } from "./changing.ts"; value.toUpperCase()')).toEqual([]);
  });

  it("are looked for again, and in another folder after %cd", () => {
    expect(seen('import { late } from "./late.ts"; late()')).toEqual([]);
    put("late.ts", "export const late = 5;");
    // By the import of the cell before, which did not find it.
    expect(seen("late()")).toHaveLength(1);
    expect(seen('import { late } from "./late.ts"; late()')).toHaveLength(1);
    put("inner/there.ts", "export const there = 5;");
    expect(cell('import { there } from "./there.ts"; there()', join(folder, "inner"))).toHaveLength(1);
    expect(matches("there.toFi", join(folder, "inner"))).toEqual(["toFixed"]);
  });
});

describe("what cells find without an import", () => {
  it("is what the executor puts there", () => {
    const text = readFileSync(join(root, "kernel/src/executor/globals.ts"), "utf8");
    const [, names] = /const names = \{([^}]*)\};/.exec(text)!;
    const put = [...names!.matchAll(/^\s*(\w+)[,:]/gm)].map(([, name]) => name);
    const declared = [...types.get("/^sojourn/globals.d.ts")!.matchAll(/^declare const (\w+)/gm)].map(
      ([, name]) => name,
    );
    expect(put.toSorted()).toEqual(declared.toSorted());
    expect(put.flatMap((name) => seen(`${name} satisfies object; ${name}.nothing`)).length).toBe(put.length);
  });
});
