/** Every source file with what it imports, read by the TypeScript scanner. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface SourceFile {
  /** Path from the root with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Files of the project that it imports, as paths from the root. */
  readonly local: readonly string[];
  /** Packages and built-in modules that it imports, as written. */
  readonly packages: readonly string[];
}

const PACKAGES: Readonly<Record<string, string>> = {
  "@sojourn/engine": "engine/src/index.ts",
  "@sojourn/engine/cache": "engine/src/cache/index.ts",
  "@sojourn/engine/errors": "engine/src/base/errors.ts",
  "@sojourn/engine/file-system": "engine/src/cache/file-system.ts",
  "@sojourn/engine/msgpack": "engine/src/base/msgpack.ts",
  "@sojourn/kernel/panel-protocol": "kernel/src/panel-protocol.ts",
};

/** All product sources of the three packages; tests beside the code are left out. */
export function readSources(): SourceFile[] {
  const files = ["engine/src", "kernel/src", "labextension/src"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|\.d\.ts$/.test(name))
      .map((name) => `${folder}/${name}`.replaceAll("\\", "/")),
  );
  const known = new Set(files);
  return files.sort().map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const local: string[] = [];
    const packages: string[] = [];
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (fileName.startsWith(".")) {
        const target = relative(ROOT, resolve(ROOT, dirname(path), fileName)).replaceAll("\\", "/");
        const found = [
          target.replace(/\.js$/, ".ts"),
          target.replace(/\.js$/, ".tsx"),
          `${target}.ts`,
          `${target}.tsx`,
        ].find((name) => known.has(name));
        if (found !== undefined) local.push(found);
      } else if (PACKAGES[fileName] !== undefined) local.push(PACKAGES[fileName]);
      else packages.push(fileName);
    }
    return { path, text, local, packages };
  });
}

/** One cycle of imports as a list of paths, or undefined. */
export function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const imports = new Map(files.map(({ path, local }) => [path, local]));
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (state.get(file) === "done") return undefined;
    if (state.get(file) === "open") return [...path.slice(path.indexOf(file)), file];
    state.set(file, "open");
    path.push(file);
    for (const next of imports.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    state.set(file, "done");
    return undefined;
  };
  for (const { path: file } of files) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return undefined;
}
