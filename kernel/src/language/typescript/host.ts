/**
 * What the compiler sees of the world: cells, the type declarations that travel with the kernel, and the disk for packages
 * and local files. Files in `node_modules` are taken to stay as they are until `refresh`; others are looked at each time.
 */
import { basename, dirname } from "node:path";
import ts from "typescript";
import { ENGINE_TYPES, globalFiles, laterModule, PLATFORM, TYPES_ROOT, type TypeFiles } from "../types-file.js";
import type { Notebook } from "./notebook.js";

export interface Host extends ts.LanguageServiceHost {
  /** Asked for each file; known to the compiler, and not to its types. */
  hasInvalidatedResolutions(path: ts.Path): boolean;
  /** The files that the compiler starts from, besides those of every notebook. */
  roots: readonly string[];
  /** Modules that were not found may be there now. */
  lookAgain(): void;
  /** Packages that were found may be others now. */
  refresh(): void;
}

/**
 * As cells are run: modules of today, resolved as a bundler does, which is Node's way with `.ts` and without extensions. Only what
 * a person could answer is asked: nothing about unused names, and errors that are caught may be anything.
 */
function compilerOptions(): ts.CompilerOptions {
  return {
    target: ts.ScriptTarget.ESNext,
    noLib: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    customConditions: ["node"],
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    allowJs: true,
    maxNodeModuleJsDepth: 0,
    esModuleInterop: true,
    types: [],
    strict: true,
    useUnknownInCatchVariables: false,
    allowUnreachableCode: true,
    allowUnusedLabels: true,
    skipLibCheck: true,
  };
}

export function createHost(notebook: Notebook, types: TypeFiles, nodeMajor: number): Host {
  const options = compilerOptions();
  const globals = globalFiles(types, nodeMajor);
  const folders = new Set([...types.keys()].flatMap(foldersOf));
  let epoch = 0;
  let cache: ts.ModuleResolutionCache | undefined;
  /** Cells with an import that was not found, and those of them that are to be looked at once more. */
  const unresolved = new Set<string>();
  const again = new Set<string>();
  const own = (path: string): boolean => path === TYPES_ROOT || path.startsWith(`${TYPES_ROOT}/`);
  const textOf = (path: string): string | undefined => notebook.at(path)?.text ?? types.get(path);

  const host: Host = {
    roots: [],
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...globals, ...host.roots],
    getScriptVersion: (path) => {
      const cell = notebook.at(path);
      if (cell) return cell.version;
      if (own(path)) return "1";
      if (path.includes("/node_modules/")) return String(epoch);
      return String(ts.sys.getModifiedTime?.(path)?.getTime() ?? 0);
    },
    getScriptSnapshot: (path) => {
      const text = textOf(path) ?? (own(path) ? undefined : ts.sys.readFile(path));
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => dirname(host.roots[0] ?? "/"),
    getDefaultLibFileName: () => PLATFORM,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    fileExists: (path) => textOf(path) !== undefined || (!own(path) && ts.sys.fileExists(path)),
    readFile: (path) => textOf(path) ?? (own(path) ? undefined : ts.sys.readFile(path)),
    directoryExists: (path) => (own(path) ? folders.has(path) : ts.sys.directoryExists(path)),
    getDirectories: (path) => (own(path) ? [] : ts.sys.getDirectories(path)),
    readDirectory: (path, ...rest) => (own(path) ? [] : ts.sys.readDirectory(path, ...rest)),
    realpath: (path) => (textOf(path) !== undefined || !ts.sys.realpath ? path : ts.sys.realpath(path)),
    hasInvalidatedResolutions: (path) => again.has(path),
    resolveModuleNameLiterals: (literals, containing) => {
      cache ??= ts.createModuleResolutionCache(host.getCurrentDirectory(), (name) => name, options);
      const known = cache;
      unresolved.delete(containing);
      again.delete(containing);
      return literals.map(({ text }) => {
        const cell = notebook.resolve(text);
        if (cell !== undefined) return found(cell);
        if (text === "@sojourn/engine") return found(ENGINE_TYPES);
        const later = laterModule(types, text);
        if (later !== undefined) return found(later);
        const resolved = ts.resolveModuleName(text, containing, options, host, known);
        if (!resolved.resolvedModule && notebook.at(containing)) unresolved.add(containing);
        return resolved;
      });
    },
    resolveTypeReferenceDirectiveReferences: (references, containing, _redirect, settings) =>
      references.map((reference) => {
        const name = typeof reference === "string" ? reference : reference.fileName;
        if (name === "node") {
          return { resolvedTypeReferenceDirective: { primary: true, resolvedFileName: PLATFORM } };
        }
        return ts.resolveTypeReferenceDirective(name, containing, settings, host);
      }),
    lookAgain: () => {
      cache = undefined;
      for (const path of unresolved) again.add(path);
    },
    refresh: () => {
      epoch++;
      host.lookAgain();
    },
  };
  return host;
}

function found(path: string): ts.ResolvedModuleWithFailedLookupLocations {
  const extension = /\.d\.[cm]?ts$/.test(basename(path)) ? ts.Extension.Dts : ts.Extension.Ts;
  return { resolvedModule: { resolvedFileName: path, extension } };
}

function foldersOf(path: string): string[] {
  const all: string[] = [];
  for (let folder = dirname(path); folder.length > 1; folder = dirname(folder)) all.push(folder);
  return all;
}
