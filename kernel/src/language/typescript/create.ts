/** The analyser by TypeScript's language service. Owns its caches; loading this file loads the compiler. */
import ts from "typescript";
import type { Analyser } from "../analyser.js";
import type { TypeFiles } from "../types-file.js";
import { complete } from "./complete.js";
import { diagnose } from "./diagnose.js";
import { createHost } from "./host.js";
import { inspect } from "./inspect.js";
import { type CellFile, Notebook } from "./notebook.js";

export function createTypeScriptAnalyser(types: TypeFiles, nodeMajor: number): Analyser {
  const notebook = new Notebook();
  const host = createHost(notebook, types, nodeMajor);
  const service = ts.createLanguageService(host, ts.createDocumentRegistry(host.useCaseSensitiveFileNames?.()));
  let checked: CellFile | undefined;
  const unsettled = new Set<number>();

  /** Both stay in the program, so that going from one to the other does not read every cell anew. */
  const look = (): void => {
    host.roots = [notebook.edited, checked].flatMap((file) => (file ? [file.path] : []));
  };
  const edit = (code: string, folder: string): CellFile => {
    const file = notebook.edit(code, folder);
    look();
    return file;
  };

  return {
    declare(cell) {
      const { module } = notebook.declare(cell);
      if (module.isWhole && module.declared.size > 0) unsettled.add(cell.cell);
      host.lookAgain();
    },
    drop: (cell) => notebook.drop(cell),
    check(cell) {
      const file = notebook.cell(cell);
      if (!file) return [];
      checked = file;
      look();
      return diagnose(service, file);
    },
    settle() {
      if (unsettled.size === 0) return false;
      const program = service.getProgram();
      const inProgram = (cell: number): boolean => {
        const file = notebook.cell(cell);
        if (!file) unsettled.delete(cell);
        return file !== undefined && program?.getSourceFile(file.path) !== undefined;
      };
      // The latest first: it is what comes next that asks for it.
      const cell = [...unsettled].findLast(inProgram);
      if (cell === undefined) return false;
      unsettled.delete(cell);
      settle(service, notebook, cell);
      return true;
    },
    complete: (code, cursor, folder) => complete(service, edit(code, folder), cursor),
    inspect: (code, cursor, folder) => inspect(service, edit(code, folder), cursor),
    refresh: () => host.refresh(),
    get known() {
      return notebook.known;
    },
  };
}

/** Lets the compiler write down what a cell declares, so that it need not be inferred again for every later question. */
function settle(service: ts.LanguageService, notebook: Notebook, cell: number): void {
  const file = notebook.cell(cell);
  if (!file) return;
  const { outputFiles, emitSkipped } = service.getEmitOutput(file.path, true, true);
  const [declarations] = outputFiles;
  // What has no name outside of the cell cannot be written down; such a cell is read each time.
  if (!emitSkipped && declarations) notebook.settle(cell, declarations.text);
}
