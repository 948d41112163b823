/** Whether a piece of input is a whole cell: what a console asks before it runs a line or offers the next one. */
import { helpTarget } from "./help.js";
import { withoutMagics } from "./magics.js";
import { prepareCell } from "./prepare.js";
import { SourceError } from "./strip.js";

export type Completeness =
  | { readonly status: "complete" }
  | { readonly status: "incomplete"; readonly indent: string }
  | { readonly status: "invalid" };

export function completeness(source: string): Completeness {
  if (helpTarget(source) !== undefined) return { status: "complete" };
  try {
    prepareCell(withoutMagics(source, isWhole), new Map());
    return { status: "complete" };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (!error.unfinished) return { status: "invalid" };
    return { status: "incomplete", indent: nextIndent(source) };
  }
}

/** Whether code ends where a statement ends. */
export function isWhole(code: string): boolean {
  try {
    prepareCell(code, new Map());
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return false;
  }
}

/** The indentation to start the next line with: that of the last line, deeper after an opening bracket. */
function nextIndent(source: string): string {
  const last = source.trimEnd().split("\n").at(-1) ?? "";
  const indent = /^\s*/.exec(last)?.[0] ?? "";
  return /[{([]$/.test(last) ? `${indent}  ` : indent;
}
