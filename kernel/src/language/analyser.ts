/**
 * What a compiler has to do for the kernel. Everything else of the language service, its worker, its budgets and what is shown, knows only
 * this, so that another compiler can take the place of TypeScript 5.9, the last but one whose service is a library.
 */
import type { Candidates, CellText, Diagnostic, Insight } from "./messages.js";

export interface Analyser {
  /** Makes a cell's names known to later ones; whoever declared them before is forgotten. */
  declare(cell: CellText): void;
  /** Takes a cell's names away again. */
  drop(cell: number): void;
  /** Type errors of a declared cell, in the order of its text. */
  check(cell: number): readonly Diagnostic[];
  /** Does a piece of work that makes later answers quicker; false when there is none left. */
  settle(): boolean;
  complete(code: string, cursor: number, folder: string): Candidates | undefined;
  inspect(code: string, cursor: number, folder: string): Insight | undefined;
  /** Looks for modules anew. */
  refresh(): void;
  /** Cells whose names can still be reached; the others need not be told again. */
  readonly known: readonly number[];
}
