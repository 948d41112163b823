/**
 * Gathers the type declarations that travel with the kernel (see `src/language/types-file.ts` for their paths): what cells
 * find without an import, the engine's and the kernel's own as `tsc` wrote them, and those of Node and of JavaScript.
 *
 * The compiler merges what several files declare each time a cell changes. So whatever is global stands in one file, where
 * it is merged once: JavaScript's libraries and Node's modules, without the parts of Node's comments that are whole manuals.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "@sojourn/engine";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const ROOT = "/^sojourn";
/** What Node 20 has; `next` is what later ones have besides. */
const LIBRARY = "es2023";
const LIBRARY_ALSO = ["decorators", "decorators.legacy", "esnext.disposable"];
const NEXT = "esnext";
const FAMILIES = "model/families/index.d.ts";
/** Modules of Node that few import and no other one needs: a fifth of its text, read when they are imported. */
const LATER = ["cluster", "domain", "http2", "inspector", "punycode", "repl", "sea", "test", "trace_events", "wasi"];
const IMPORTED = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;
const DIRECTIVE = /^\/\/\/\s*<reference\s[^>]*>\s*$/gm;

/** Packages whose declarations are handed on, for their licences. */
export const TYPED_PACKAGES = ["typescript", "@types/node", "undici-types"];

const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));
const read = (...path) => readFileSync(join(...path), "utf8");

/** Our own declarations begin at `entry` and go wherever it leads; nothing else of them is needed. */
function reachable(folder, entry, found = new Map()) {
  if (found.has(entry)) return found;
  if (!existsSync(join(folder, entry))) {
    throw new Error(`Cannot gather types: ${join(folder, entry)} is missing; run tsc -b first.`);
  }
  const text = read(folder, entry).replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  found.set(entry, text);
  for (const [, target] of text.matchAll(IMPORTED)) {
    reachable(folder, posix.join(posix.dirname(entry), target).replace(/\.js$/, ".d.ts"), found);
  }
  return found;
}

/** A library of JavaScript and those that it names, each once, in the order in which the compiler reads them. */
function library(name, found) {
  if (found.has(name)) return;
  const text = read(packageFolder("typescript"), "lib", `lib.${name}.d.ts`);
  found.set(name, undefined);
  for (const [, other] of text.matchAll(/<reference lib="([^"]+)"/g)) library(other, found);
  found.set(name, text);
}

function declarationsBelow(folder, wanted) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.d\.[cm]?ts$/.test(file))
    .map((file) => file.split(sep).join("/"))
    .filter(wanted)
    .sort()
    .map((file) => [file, read(folder, file)]);
}

function isModule(text) {
  return ts.isExternalModule(ts.createSourceFile("file.d.ts", text, ts.ScriptTarget.ESNext));
}

/** Comments with their first paragraph only, and whether something is deprecated. */
function brief(text) {
  return text.replace(/^([ \t]*)\/\*\*([\s\S]*?)\*\//gm, (_all, indent, inside) => {
    const lines = inside.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
    const start = lines.findIndex((line) => line.trim() !== "");
    if (start < 0) return "";
    const rest = lines.slice(start);
    const end = rest.findIndex((line, at) => line.trim() === "" || (at > 0 && /^\s*@|^```/.test(line)));
    const first = (end < 0 ? rest : rest.slice(0, end)).filter((line) => !/^\s*@(since|see)\b/.test(line));
    const deprecated = rest.find((line) => /^\s*@deprecated\b/.test(line));
    const kept = [...first, ...(deprecated && !first.includes(deprecated) ? [deprecated] : [])].map((line) =>
      line.trim(),
    );
    return kept.length === 0 ? "" : `${indent}/** ${kept.join(`\n${indent} * `)} */`;
  });
}

/** What the library says of its families, where the compiler finds it. */
function withDescriptions(text) {
  let result = text;
  for (const [name, { description }] of Object.entries(openEngine().families)) {
    const declared = new RegExp(`^( *)(readonly "?${name}"?:)`, "m");
    if (!declared.test(text)) throw new Error(`Cannot gather types: the family ${name} is not declared.`);
    result = result.replace(declared, (_all, indent, rest) => `${indent}/** ${description}. */\n${indent}${rest}`);
  }
  return result;
}

/** One text, with the notice that many of them begin with once. */
function joined(texts) {
  const [notice] = /^\/\*![\s\S]*?\*\//.exec(texts[0]) ?? [""];
  return [notice, ...texts.map((text) => text.replace(notice, "").replace(DIRECTIVE, "").trim())].join("\n\n");
}

/** An object from path to text. */
export function typeFiles() {
  const files = new Map([["globals.d.ts", read(here, "kernelspec", "globals.d.ts")]]);
  const put = (place, texts) => {
    for (const [file, text] of texts) files.set(posix.join(place, file), text);
  };
  const engine = reachable(join(here, "..", "engine", "dist"), "index.d.ts");
  engine.set(FAMILIES, withDescriptions(engine.get(FAMILIES)));
  put("engine", engine);
  for (const entry of ["executor/show.d.ts", "executor/input.d.ts", "executor/widgets/api.d.ts"])
    put("kernel", reachable(join(here, "lib"), entry));

  const node = packageFolder("@types/node");
  // Declarations for compilers of old stand in folders of their own.
  const ofNode = declarationsBelow(node, (file) => !/^ts\d/.test(file)).map(([file, text]) => [file, brief(text)]);
  put(
    "node_modules/@types/node",
    ofNode.filter(([, text]) => isModule(text)),
  );
  const undici = packageFolder("undici-types");
  put("node_modules/undici-types", [
    ...declarationsBelow(undici, () => true).map(([file, text]) => [file, brief(text)]),
    ["package.json", read(undici, "package.json")],
  ]);

  const libraries = new Map();
  for (const name of [LIBRARY, ...LIBRARY_ALSO]) library(name, libraries);
  const later = (file) => LATER.find((name) => file.split(/[./]/)[0] === name);
  // Node's list of its own modules names them all.
  const listed = new RegExp(`^ *"(?:node:)?(?:${LATER.join("|")})(?:/[^"]*)?": typeof import\\(.*$`, "gm");
  const scripts = ofNode
    .filter(([file, text]) => !isModule(text) && later(file) === undefined)
    .map(([file, text]) => [file, file === "process.d.ts" ? text.replace(listed, "") : text]);
  for (const name of LATER) {
    files.set(`node/${name}.d.ts`, joined(ofNode.filter(([file]) => later(file) === name).map(([, text]) => text)));
  }
  files.set("platform.d.ts", joined([...libraries.values(), ...scripts.map(([, text]) => text)]));
  const before = libraries.size;
  library(NEXT, libraries);
  const next = [...libraries].slice(before);
  files.set("next.d.ts", joined(next.filter(([, text]) => !isModule(text)).map(([, text]) => text)));
  put(
    "next",
    next.filter(([, text]) => isModule(text)).map(([name, text]) => [`${name}.d.ts`, text]),
  );
  return Object.fromEntries([...files].map(([file, text]) => [posix.join(ROOT, file), text]));
}
