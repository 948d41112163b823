/**
 * The type declarations that travel with the kernel, in one file: a JSON object from path to text. Paths begin with
 * `TYPES_ROOT`, a folder that is on no disk:
 *
 *   /^sojourn/globals.d.ts                     what cells find without an import
 *   /^sojourn/kernel/executor/show.d.ts …      the kernel's part of it
 *   /^sojourn/engine/…                          the engine
 *   /^sojourn/platform.d.ts                    JavaScript and Node, all that is global
 *   /^sojourn/next.d.ts, next/…                what JavaScript has besides from Node 22 on
 *   /^sojourn/node/http2.d.ts …                modules of Node that are read once they are imported
 *   /^sojourn/node_modules/@types/node/…       what of Node is not global
 */
import { isBuiltin } from "node:module";

export const TYPES_ROOT = "/^sojourn";

export type TypeFiles = ReadonlyMap<string, string>;

export function readTypeFiles(json: string): TypeFiles {
  return new Map(Object.entries(JSON.parse(json) as Record<string, string>));
}

export const ENGINE_TYPES = `${TYPES_ROOT}/engine/index.d.ts`;
export const PLATFORM = `${TYPES_ROOT}/platform.d.ts`;

/** Where a module of Node is declared that is not among what every cell sees. */
export function laterModule(types: TypeFiles, specifier: string): string | undefined {
  if (!isBuiltin(specifier)) return undefined; // a package may have the name
  const path = `${TYPES_ROOT}/node/${specifier.replace(/^node:/, "").split("/")[0]}.d.ts`;
  return types.has(path) ? path : undefined;
}

const NODE_OF_NEXT = 22;

/** What every cell sees, for a Node of that version. */
export function globalFiles(types: TypeFiles, nodeMajor: number): string[] {
  const modules = [...types.keys()].filter((path) => path.startsWith(`${TYPES_ROOT}/node_modules/@types/node/`));
  const next = [...types.keys()].filter((path) => path.startsWith(`${TYPES_ROOT}/next`));
  return [PLATFORM, ...(nodeMajor >= NODE_OF_NEXT ? next : []), ...modules, `${TYPES_ROOT}/globals.d.ts`];
}
