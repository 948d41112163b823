/**
 * What the supervisor and the worker of the language service say to each other. Positions are UTF-16 code units in the
 * text of the cell as the person wrote it; lines and columns count from 1.
 */

/** A cell that was run, or is about to be. */
export interface CellText {
  /** The supervisor's number of the cell. */
  readonly cell: number;
  readonly code: string;
  /** The folder from which the cell's imports are resolved. */
  readonly folder: string;
}

/** Where a cell contradicts its types. */
export interface Diagnostic {
  /** The compiler's own number, as in TS2551. */
  readonly code: number;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** Characters on that line that the message is about; at least 1. */
  readonly length: number;
  /** The name that was not found, where the message says that one was not. */
  readonly missing?: string;
  /** Only wrong under `%types strict`: what may go well when it runs. */
  readonly strict: boolean;
}

/** One candidate; `type` is one of Jupyter's words (function, instance, keyword, …). */
export interface Candidate {
  readonly text: string;
  readonly type: string;
}

export interface Candidates {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly Candidate[];
  /** Inside a text, a comment or an import's specifier, where names of variables have no place. */
  readonly inText: boolean;
}

/** What is known of a place in a cell. */
export interface Insight {
  /** As TypeScript writes it: `const ph: PhaseType<"rate">`; for a call, its signature. */
  readonly signature: string;
  /** Markdown; empty when nothing is written about it. */
  readonly documentation: string;
  /** Whether the value that the name has at run time says more; not for a call's arguments. */
  readonly isName: boolean;
}

export interface WorkerSetup {
  /** The file of type declarations beside the bundle. */
  readonly types: string;
}

export type Request =
  /** A cell is run: its names are known from now on. */
  | { readonly type: "cell"; readonly cell: CellText }
  | { readonly type: "check"; readonly cell: number }
  | { readonly type: "complete"; readonly code: string; readonly cursor: number; readonly folder: string }
  | { readonly type: "inspect"; readonly code: string; readonly cursor: number; readonly folder: string }
  /** Cells whose names are gone: it did not run after all. */
  | { readonly type: "drop"; readonly cell: number }
  /** Packages may have come or gone. */
  | { readonly type: "refresh" };

/** What a check answers. */
export interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  /** Cells whose names can still be reached; the others need not be told again. */
  readonly known: readonly number[];
}

export interface Asked {
  readonly id: number;
  readonly request: Request;
}

export type Answered =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: string }
  /** The worker has loaded the compiler. */
  | { readonly ready: true };
