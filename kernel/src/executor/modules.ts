/**
 * Modules for cells: npm packages and local files, resolved from the notebook's folder with the conditions of ES modules.
 * The loader's hooks (`module-hooks.ts`) run in a thread of Node's own and are registered at the first import that needs
 * them. The engine is the one that the kernel carries, so a notebook and the kernel never hold two.
 */
import { isBuiltin, register } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LOAD_NAME } from "../source/prepare.js";
import type { Cells } from "./cells.js";

export interface Modules {
  load(specifier: string, options?: ImportCallOptions): Promise<unknown>;
}

/** Tells the hooks to resolve as a file of this folder would. */
export const CELL_SCHEME = "sojourn-cell:";

const LOCAL = /^\.{0,2}\//;
/** Node's own code, which a cell that catches the error may look at. */
const MISSING = "ERR_MODULE_NOT_FOUND";

export function createModules(hooksFile: string, engine: () => unknown, cells: Cells): Modules {
  let registered = false;
  const load = async (specifier: string, options?: ImportCallOptions): Promise<unknown> => {
    if (cells.cancelled) return cells.refuse();
    const name = String(specifier);
    if (name === "@sojourn/engine") return engine();
    if (isBuiltin(name)) return import(name);
    if (!registered) {
      register(pathToFileURL(hooksFile));
      registered = true;
    }
    const folder = process.cwd();
    try {
      return await import(CELL_SCHEME + JSON.stringify({ specifier: name, folder }), withType(name, options));
    } catch (error) {
      throw explainMissing(error, name, folder);
    }
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

/** TypeScript imports JSON without saying so; Node wants to be told. */
function withType(specifier: string, options: ImportCallOptions | undefined): ImportCallOptions {
  const isPlain = options?.with === undefined && specifier.endsWith(".json");
  return isPlain ? { with: { type: "json" } } : (options ?? {});
}

/** Says what a cell's own import did not find, and what to do; any other error, and one of a file it imports, stays. */
function explainMissing(error: unknown, specifier: string, folder: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== MISSING || !message.endsWith(`imported from ${join(folder, "notebook")}`)) return error;
  if (LOCAL.test(specifier)) {
    const path = resolve(folder, specifier);
    return missing(`Cannot import "${specifier}": there is no such file in ${dirname(path)}.`);
  }
  const [name] = /^(?:@[^/]+\/)?[^/#]+/.exec(specifier) ?? [];
  if (name === undefined || !message.startsWith(`Cannot find package '${name}'`)) return error;
  return missing(
    `Cannot import "${specifier}": no package of that name is found from ${folder}; run %npm install ${name} in a cell.`,
  );
}

function missing(message: string): Error {
  return Object.assign(new Error(message), { code: MISSING });
}
