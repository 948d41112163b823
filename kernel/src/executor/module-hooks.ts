/**
 * Hooks of Node's module loader, run in the loader's own thread: resolve what a cell imports as a file in the notebook's
 * folder would, find local TypeScript without or with the extension `.js`, strip its types, and give a file that has
 * changed, or that imports one that has, a new address, because Node never loads an address twice.
 */
import type { LoadHook, ResolveHook } from "node:module";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fsPromises } from "@sojourn/engine/file-system";
import { SourceError, strip } from "../source/strip.js";

const CELL_SCHEME = "sojourn-cell:";
const TYPESCRIPT = /\.[mc]?ts$/;
const RELATIVE = /^\.{0,2}\//;

function createHooks(): { resolve: ResolveHook; load: LoadHook } {
  const files = new LocalFiles();
  return {
    async resolve(given, context, next) {
      const isCell = given.startsWith(CELL_SCHEME);
      const { specifier, folder } = isCell
        ? (JSON.parse(given.slice(CELL_SCHEME.length)) as { specifier: string; folder: string })
        : { specifier: given, folder: "" };
      const parentURL = isCell ? pathToFileURL(join(folder, "notebook")).href : context.parentURL;
      const found = await candidates(specifier, (one) => next(one, { ...context, parentURL }));
      if (!RELATIVE.test(specifier) || !found.url.startsWith("file:") || found.url.includes("?")) return found;
      if (isCell) await files.look();
      const version = await files.note(fileURLToPath(found.url), isCell ? undefined : parentURL);
      return version === 0 ? found : { ...found, url: `${found.url}?version=${version}` };
    },
    async load(url, context, next) {
      if (!url.startsWith("file:") || !TYPESCRIPT.test(new URL(url).pathname)) return next(url, context);
      const path = fileURLToPath(url);
      const source = stripped(await fsPromises.readFile(path, "utf8"), path);
      return { format: path.endsWith(".cts") ? "commonjs" : "module", source, shortCircuit: true };
    },
  };
}

/** What the loader finds for a specifier as written, or as TypeScript means it. */
async function candidates<T>(specifier: string, find: (specifier: string) => T | Promise<T>): Promise<T> {
  try {
    return await find(specifier);
  } catch (error) {
    if (!RELATIVE.test(specifier) || !isMissing(error)) throw error;
    for (const one of [
      `${specifier}.ts`,
      specifier.replace(/\.js$/, ".ts"),
      `${specifier}.js`,
      `${specifier}/index.ts`,
    ]) {
      if (one === specifier) continue;
      try {
        return await find(one);
      } catch (inside) {
        if (!isMissing(inside)) throw inside;
      }
    }
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT";
}

/** Throws an error that says where: it is told in another thread, which knows its message alone. */
function stripped(source: string, path: string): string {
  try {
    return strip(source).code;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SyntaxError(`${error.message} (${path}:${error.line}:${error.column})`);
  }
}

interface LocalFile {
  readonly importers: Set<string>;
  changed: number;
  version: number;
}

/** The files of the notebook's own that were imported, and who imports them. */
class LocalFiles {
  readonly #files = new Map<string, LocalFile>();
  #versions = 0;

  /** Gives files that have changed, and all that import them, a version of their own. */
  async look(): Promise<void> {
    for (const [path, file] of this.#files) {
      const changed = await changeOf(path);
      if (changed === file.changed) continue;
      file.changed = changed;
      this.#renew(path, ++this.#versions);
    }
  }

  /** Answers the version of a file; 0 at first. */
  async note(path: string, importer: string | undefined): Promise<number> {
    if (path.includes(`${sep}node_modules${sep}`)) return 0;
    let file = this.#files.get(path);
    if (file === undefined) {
      file = { importers: new Set(), changed: await changeOf(path), version: 0 };
      this.#files.set(path, file);
    }
    if (importer?.startsWith("file:")) file.importers.add(fileURLToPath(importer));
    return file.version;
  }

  #renew(path: string, version: number): void {
    const file = this.#files.get(path);
    if (file === undefined || file.version === version) return;
    file.version = version;
    for (const importer of file.importers) this.#renew(importer, version);
  }
}

/** When a file was changed last, ms; 0 for one that is gone. */
const changeOf = async (path: string): Promise<number> =>
  fsPromises.stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

export const { resolve, load } = createHooks();
