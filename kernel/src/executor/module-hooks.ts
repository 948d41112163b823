/**
 * Hooks of Node's module loader, run in the loader's own thread: resolve what a cell imports as a file in the notebook's
 * folder would, find local TypeScript without or with the extension `.js`, and strip its types.
 */
import type { LoadHook, ResolveHook } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fsPromises } from "@sojourn/engine/file-system";
import { strip } from "../source/strip.js";

const CELL_SCHEME = "sojourn-cell:";
const TYPESCRIPT = /\.[mc]?ts$/;

export const resolve: ResolveHook = async (given, context, next) => {
  const isCell = given.startsWith(CELL_SCHEME);
  const { specifier, folder } = isCell ? JSON.parse(given.slice(CELL_SCHEME.length)) : { specifier: given, folder: "" };
  const inner = isCell ? { ...context, parentURL: pathToFileURL(join(folder, "notebook")).href } : context;
  try {
    return await next(specifier, inner);
  } catch (error) {
    const relative = /^(\.{0,2}\/[^?]*)(\?.*)?$/.exec(specifier);
    if (!relative || !isMissing(error)) throw error;
    const [, path = "", query = ""] = relative;
    for (const candidate of [`${path}.ts`, path.replace(/\.js$/, ".ts"), `${path}.js`, `${path}/index.ts`]) {
      if (candidate === path) continue;
      try {
        return await next(candidate + query, inner);
      } catch (inside) {
        if (!isMissing(inside)) throw inside;
      }
    }
    throw error;
  }
};

export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith("file:") || !TYPESCRIPT.test(new URL(url).pathname)) return next(url, context);
  const source = await fsPromises.readFile(fileURLToPath(url), "utf8");
  return { format: url.endsWith(".cts") ? "commonjs" : "module", source: strip(source).code, shortCircuit: true };
};

function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT";
}
