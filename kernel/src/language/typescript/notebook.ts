/**
 * Cells as modules that see each other. Every cell is a file of its own; what it uses of earlier cells stands in front of its
 * text, bound to the newest cell that declares it, and what it declares is exported behind it:
 *
 *   export {}; import { f, Shape } from "sojourn:cell/3"; declare let n: typeof import("sojourn:cell/4").n;
 *   … the cell …
 *   ;export { a, b };
 *
 * So a name may be declared again with another type, a function made earlier keeps the types it was made with, and a change
 * of one cell costs the compiler that cell. Positions in the file are those in the cell plus the length of the front.
 */
import { join } from "node:path";
import type { CellText } from "../messages.js";
import { type CellModule, cellModule } from "./cell-text.js";
import type { DeclaredAs } from "./declared.js";

/** A cell's file. */
export interface CellFile {
  readonly path: string;
  readonly text: string;
  /** Where the cell's own text begins. */
  readonly offset: number;
  readonly source: string;
  readonly module: CellModule;
  readonly version: string;
}

interface Provider {
  readonly cell: number;
  readonly as: DeclaredAs;
}

interface KnownCell {
  readonly file: CellFile;
  /** Cells whose names it uses. */
  readonly uses: ReadonlySet<number>;
}

const SPECIFIER = "sojourn:cell/";
/** Cells that nothing can reach any more are looked for so often. */
const SWEEP_CELLS = 50;
/** For each name the cell that has it, and the one before, to which it falls back when a cell did not run. */
const PROVIDERS_MAX = 2;

/** Owns the cells. */
export class Notebook {
  readonly #cells = new Map<number, KnownCell>();
  readonly #paths = new Map<string, CellFile>();
  readonly #providers = new Map<string, Provider[]>();
  #edited: CellFile | undefined;
  #edits = 0;
  #declared = 0;

  declare({ cell, code, folder }: CellText): CellFile {
    const module = cellModule(code);
    const { front, uses } = this.#front(module, module.words);
    const file = cellFile(join(folder, `^cell-${cell}.ts`), code, module, front, "1");
    this.#cells.set(cell, { file, uses });
    this.#paths.set(file.path, file);
    if (module.isWhole) {
      for (const [name, as] of module.declared) {
        const all = [...(this.#providers.get(name) ?? []).filter((one) => one.cell !== cell), { cell, as }];
        this.#providers.set(name, all.slice(-PROVIDERS_MAX));
      }
    }
    if (++this.#declared % SWEEP_CELLS === 0) this.#sweep(cell);
    return file;
  }

  /** Puts a cell's declarations, as the compiler has worked them out, in the place of its text. */
  settle(cell: number, declarations: string): void {
    const known = this.#cells.get(cell);
    if (!known) return;
    const file = { ...known.file, text: declarations, version: "settled" };
    this.#cells.set(cell, { ...known, file });
    this.#paths.set(file.path, file);
  }

  drop(cell: number): void {
    for (const [name, all] of this.#providers) {
      const rest = all.filter((one) => one.cell !== cell);
      if (rest.length === 0) this.#providers.delete(name);
      else this.#providers.set(name, rest);
    }
  }

  /** The cell that is being written, which sees every name. */
  edit(code: string, folder: string): CellFile {
    const before = this.#edited;
    const module = before?.source === code ? before.module : cellModule(code);
    const { front } = this.#front(module, undefined);
    const file = cellFile(join(folder, "^cell.ts"), code, module, front, String(this.#edits + 1));
    if (before?.path === file.path && before.text === file.text) return before;
    if (before) this.#paths.delete(before.path);
    this.#edits++;
    this.#edited = file;
    this.#paths.set(file.path, file);
    return file;
  }

  get edited(): CellFile | undefined {
    return this.#edited;
  }

  cell(number: number): CellFile | undefined {
    return this.#cells.get(number)?.file;
  }

  at(path: string): CellFile | undefined {
    return this.#paths.get(path);
  }

  /** The file behind the specifier of a front; undefined for any other. */
  resolve(specifier: string): string | undefined {
    if (!specifier.startsWith(SPECIFIER)) return undefined;
    return this.#cells.get(Number(specifier.slice(SPECIFIER.length)))?.file.path;
  }

  /** Names of earlier cells, all of them or those among `words`. */
  #front({ declared }: CellModule, words: ReadonlySet<string> | undefined): { front: string; uses: Set<number> } {
    const aliases = new Map<number, string[]>();
    const uses = new Set<number>();
    let variables = "";
    const add = (name: string): void => {
      const provider = this.#providers.get(name)?.at(-1);
      if (!provider || declared.has(name)) return;
      uses.add(provider.cell);
      if (provider.as === "variable") {
        variables += ` declare let ${name}: typeof import("${SPECIFIER}${provider.cell}").${name};`;
      } else aliases.set(provider.cell, [...(aliases.get(provider.cell) ?? []), name]);
    };
    for (const name of words ?? this.#providers.keys()) add(name);
    const imports = [...aliases].map(([cell, names]) => ` import { ${names.join(", ")} } from "${SPECIFIER}${cell}";`);
    return { front: `export {};${imports.join("")}${variables}`, uses };
  }

  /** Forgets cells whose names are all declared anew and that no living cell uses. */
  #sweep(latest: number): void {
    const living = new Set<number>();
    const visit = (cell: number): void => {
      if (living.has(cell)) return;
      living.add(cell);
      for (const used of this.#cells.get(cell)?.uses ?? []) visit(used);
    };
    visit(latest);
    for (const all of this.#providers.values()) for (const { cell } of all) visit(cell);
    for (const [cell, { file }] of this.#cells) {
      if (living.has(cell)) continue;
      this.#cells.delete(cell);
      this.#paths.delete(file.path);
    }
  }

  /** Numbers of the cells that are still known. */
  get known(): number[] {
    return [...this.#cells.keys()];
  }
}

function cellFile(path: string, source: string, module: CellModule, front: string, version: string): CellFile {
  const { text, isObject, declared } = module;
  const head = `${front}\n${isObject ? "(" : ""}`;
  const names = [...declared.keys()];
  const behind = `\n${isObject ? ")" : ""};${names.length > 0 ? `export { ${names.join(", ")} };` : ""}`;
  return { path, text: head + text + behind, offset: head.length, source, module, version };
}
