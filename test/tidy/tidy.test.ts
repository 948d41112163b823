/** The shape of the project, held by tests. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ENGINE_VERSION } from "@sojourn/engine";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { findCycle, ROOT, readSources } from "./imports.js";

const files = readSources();
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter(Boolean);
const readJson = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

/** Folders in the order of the flow: a folder imports folders before it, and itself. */
const ENGINE_FLOW = [
  "base",
  "expression",
  "model",
  "graph",
  "trace",
  "program",
  "evaluator",
  "sampling",
  "display",
  "handle",
  "cache",
  "stages",
  "loops",
  "interchange",
];

/** What each folder of the kernel may import of the others. */
const KERNEL_FLOW: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  link: [],
  source: [],
  language: ["source"],
  prewarm: ["link"],
  executor: ["link", "source", "prewarm", "panel-protocol.ts"],
  supervisor: ["protocol", "link", "source", "language", "panel-protocol.ts"],
  cli: [],
};

describe("imports", () => {
  it("run one way through the engine", () => {
    const place = (path: string): number => {
      const folder = path.slice("engine/src/".length).split("/");
      if (folder.length === 1) return ENGINE_FLOW.length + (folder[0] === "index.ts" ? 1 : 0);
      return ENGINE_FLOW.indexOf(folder[0]);
    };
    const engine = files.filter(({ path }) => path.startsWith("engine/src/"));
    expect(engine.filter(({ path }) => place(path) < 0).map(({ path }) => path)).toEqual([]);
    const against = engine.flatMap(({ path, local }) =>
      local
        .filter((target) => !target.startsWith("engine/") || place(target) > place(path))
        .map((target) => `${path} → ${target}`),
    );
    expect(against).toEqual([]);
  });

  it("keep the two processes of the kernel apart", () => {
    const folderOf = (path: string): string => path.split("/")[2];
    const kernel = files.filter(({ path }) => path.startsWith("kernel/src/") && path.split("/").length > 3);
    const against = kernel.flatMap(({ path, local }) =>
      local
        .filter((target) => target.startsWith("kernel/") && folderOf(target) !== folderOf(path))
        .filter((target) => !KERNEL_FLOW[folderOf(path)]?.includes(folderOf(target)))
        .map((target) => `${path} → ${target}`),
    );
    expect(against).toEqual([]);
  });

  it("keep the caches from knowing a stage", () => {
    const known = files.filter(({ path }) => path.startsWith("engine/src/cache/")).flatMap(({ local }) => local);
    expect(known.filter((target) => !/^engine\/src\/(cache|base)\//.test(target))).toEqual([]);
  });

  it("have no cycles", () => {
    expect(findCycle(files)).toBeUndefined();
  });

  it.each([
    ["zeromq", "kernel/src/protocol/sockets.ts"],
    ["msgpackr", "engine/src/base/msgpack.ts"],
    ["node:fs", "engine/src/cache/file-system.ts"],
  ])("of %s stand in one file", (name, owner) => {
    const importers = files.filter(({ packages }) =>
      packages.some((used) => used === name || used.startsWith(`${name}/`) || used === name.replace("node:", "")),
    );
    expect(importers.map(({ path }) => path)).toEqual([owner]);
  });

  it("let the panel see of the kernel only the protocol between them", () => {
    const seen = files
      .filter(({ path }) => path.startsWith("labextension/"))
      .flatMap(({ local }) => local.filter((target) => !target.startsWith("labextension/")));
    expect([...new Set(seen)]).toEqual(["kernel/src/panel-protocol.ts"]);
    expect(files.find(({ path }) => path === "kernel/src/panel-protocol.ts")).toMatchObject({
      local: [],
      packages: [],
    });
  });

  it("keep the compiler where it can be replaced, and out of the supervisor's bundle", () => {
    const importers = files.filter(({ packages }) => packages.includes("typescript"));
    const folders = new Set(importers.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
    expect([...folders]).toEqual(["kernel/src/language/typescript"]);
    const users = files.filter(({ local }) => local.some((path) => path.startsWith("kernel/src/language/typescript/")));
    const outside = users.map(({ path }) => path).filter((path) => !path.startsWith("kernel/src/language/typescript/"));
    expect(outside).toEqual(["kernel/src/language/worker.ts"]);
    expect(files.filter(({ local }) => local.includes("kernel/src/language/worker.ts"))).toEqual([]);
  });

  it("keep plotly in charts", () => {
    const importers = files.filter(({ packages }) => packages.some((name) => name.startsWith("plotly.js")));
    expect(importers.map(({ path }) => path.split("/").slice(0, 3).join("/"))).toEqual(["labextension/src/charts"]);
  });
});

describe("source files", () => {
  it("have no variable at module level", () => {
    const mutable = files.flatMap(({ path, text }) =>
      ts
        .createSourceFile(path, text, ts.ScriptTarget.ES2022)
        .statements.filter(
          (statement) =>
            ts.isVariableStatement(statement) &&
            !(statement.declarationList.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)),
        )
        .map(() => path),
    );
    expect(mutable).toEqual([]);
  });

  it("open with a paragraph that says what they are", () => {
    expect(files.filter(({ text }) => !/^(#![^\n]*\n)?\/\*\*/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("are short enough to hold in mind", () => {
    expect(files.filter(({ text }) => text.split("\n").length > 500).map(({ path }) => path)).toEqual([]);
  });
});

describe("the project", () => {
  it("has at its top only what belongs there", () => {
    const top = new Set(tracked.map((path) => path.split("/")[0]));
    const allowed =
      /^(package\.json|package-lock\.json|kernel|labextension|engine|notebooks|test|docs|README\.md|LICENSE|CHANGELOG\.md|tsconfig[a-z.]*\.json|biome\.json|vitest[a-z.]*\.ts|\..*)$/;
    expect([...top].filter((name) => !allowed.test(name))).toEqual([]);
  });

  it("has a README in every folder of its sources", () => {
    const folders = ["engine", "kernel", "labextension"].flatMap((name) => [
      name,
      ...readdirSync(join(ROOT, name, "src"), { recursive: true, encoding: "utf8" })
        .map((entry) => `${name}/src/${entry}`)
        .filter((entry) => statSync(join(ROOT, entry)).isDirectory()),
    ]);
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder, "README.md")))).toEqual([]);
  });

  it("has one version", () => {
    const versions = ["package.json", "engine/package.json", "kernel/package.json", "labextension/package.json"].map(
      (path) => readJson(path).version,
    );
    expect(new Set([...versions, ENGINE_VERSION]).size).toBe(1);
  });

  it("names no download host in its lock files", () => {
    for (const path of tracked.filter((name) => name.endsWith("package-lock.json")))
      expect(readFileSync(join(ROOT, path), "utf8")).not.toMatch(/"resolved": *"http/);
  });
});
