/**
 * Modules for cells: npm packages and local files, resolved from the notebook's folder with the conditions of ES modules.
 * The loader's hooks (`module-hooks.ts`) run in a thread of Node's own and are registered at the first import that needs
 * them. The engine is the one that the kernel carries, so a notebook and the kernel never hold two.
 */
import { isBuiltin, register } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fs } from "@sojourn/engine/file-system";
import { LOAD_NAME } from "../source/prepare.js";

export interface Modules {
  load(specifier: string): Promise<unknown>;
}

/** Tells the hooks to resolve as a file of this folder would. */
export const CELL_SCHEME = "sojourn-cell:";

export function createModules(hooksFile: string, engine: () => unknown): Modules {
  let registered = false;
  const load = async (specifier: string): Promise<unknown> => {
    const name = String(specifier);
    if (name === "@sojourn/engine") return engine();
    if (isBuiltin(name)) return import(name);
    if (!registered) {
      register(pathToFileURL(hooksFile));
      registered = true;
    }
    return import(CELL_SCHEME + JSON.stringify({ specifier: fresh(name), folder: process.cwd() }));
  };
  const meta = {
    get dirname() {
      return process.cwd();
    },
    get filename() {
      return join(process.cwd(), "notebook");
    },
    get url() {
      return pathToFileURL(join(process.cwd(), "notebook")).href;
    },
  };
  Object.defineProperty(globalThis, LOAD_NAME, { value: Object.assign(load, { meta }), configurable: true });
  return { load };
}

/** A local file gets its time of change in its address, so that importing it again after an edit sees the edit. */
function fresh(specifier: string): string {
  if (!/^\.{1,2}\/|^\//.test(specifier)) return specifier;
  const path = resolve(specifier);
  for (const candidate of [path, `${path}.ts`, path.replace(/\.js$/, ".ts")]) {
    const found = fs.statSync(candidate, { throwIfNoEntry: false });
    if (found?.isFile()) return `${specifier}?mtime=${found.mtimeMs}`;
  }
  return specifier;
}
