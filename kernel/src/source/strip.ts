/**
 * TypeScript to JavaScript without moving a character: types become blanks, so positions in errors need no map. Syntax that
 * has a meaning at run time (enums, namespaces, parameter properties) cannot be blanked; such a cell is transformed and
 * comes with a source map. The one importer of the compiler (swc as WebAssembly: loads in 30 ms, where
 * TypeScript itself takes 180 ms and more).
 */
import swc from "@swc/wasm-typescript";

export interface Stripped {
  readonly code: string;
  /** A source map (JSON) when the code was transformed; absent when every position is as written. */
  readonly map?: string;
}

/** Where the source cannot be read. Lines and columns count from 1. */
export class SourceError extends Error {
  readonly line: number;
  readonly column: number;
  /** True when more text could make it right: it ends inside something. */
  readonly unfinished: boolean;

  constructor(message: string, line: number, column: number, unfinished: boolean) {
    super(message);
    this.name = "SyntaxError";
    this.line = line;
    this.column = column;
    this.unfinished = unfinished;
  }
}

interface CompilerFault {
  readonly code: string;
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}

const UNTERMINATED = ["Unterminated template", "Unterminated block comment"];

function isFault(value: unknown): value is CompilerFault {
  return typeof value === "object" && value !== null && "startLine" in value && "code" in value;
}

/** Strips types; throws `SourceError`. */
export function strip(source: string): Stripped {
  try {
    return { code: swc.transformSync(source, { mode: "strip-only", module: true }).code };
  } catch (fault) {
    if (!isFault(fault)) throw fault;
    if (fault.code === "UnsupportedSyntax") return transform(source);
    throw sourceError(source, fault);
  }
}

function transform(source: string): Stripped {
  try {
    const options = { mode: "transform", module: true, sourceMap: true, transform: { noEmptyExport: true } } as const;
    const result = swc.transformSync(source, options);
    return result.map === undefined ? { code: result.code } : { code: result.code, map: result.map };
  } catch (fault) {
    throw isFault(fault) ? sourceError(source, fault) : fault;
  }
}

function sourceError(source: string, fault: CompilerFault): SourceError {
  const lines = source.split("\n");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  const atEnd =
    fault.startLine - 1 > last || (fault.startLine - 1 === last && fault.startColumn >= lines[last]!.trimEnd().length);
  const unfinished = atEnd || UNTERMINATED.some((message) => fault.message.startsWith(message));
  const message = fault.message
    .replaceAll("`<eof>`", "the end of the cell")
    .replaceAll("'<eof>'", "the end of the cell");
  return new SourceError(message, fault.startLine, fault.startColumn + 1, unfinished);
}
