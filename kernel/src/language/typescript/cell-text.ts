/**
 * From a cell to the text of a TypeScript module, character for character where it was, as the kernel will read it: magics
 * are blanks, `export` says nothing, a cell that is one object literal is an expression. Pure.
 */
import ts from "typescript";
import { partsOfCell } from "../../source/magics.js";
import { type Declared, declaredNames } from "./declared.js";

export interface CellModule {
  /** As long as the cell. */
  readonly text: string;
  /** Whether the text stands in parentheses. */
  readonly isObject: boolean;
  readonly declared: Declared;
  /** Every word, names among them. */
  readonly words: ReadonlySet<string>;
  /** Whether it can be read; what cannot is told by the run. */
  readonly isWhole: boolean;
}

/** Magics whose argument is code. */
const TIMES = new Set(["time", "timeit"]);
const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;

export function cellModule(source: string): CellModule {
  const code = withoutQuestion(withoutMagics(source));
  const plain = parse(code);
  const object = objectIn(code);
  const file = object ?? plain;
  const text = object ? code : withoutExports(code, plain);
  return {
    text,
    isObject: object !== undefined,
    declared: declaredNames(file),
    words: new Set(text.match(WORD)),
    isWhole: faultsOf(file) === 0,
  };
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.TS);
}

/** Errors of syntax; the compiler keeps them on the file, under a name that its types do not tell. */
function faultsOf(file: ts.SourceFile): number {
  return (file as unknown as { parseDiagnostics: readonly unknown[] }).parseDiagnostics.length;
}

function withoutMagics(source: string): string {
  if (!/^%{1,2}[A-Za-z]/m.test(source)) return source;
  const lines = source.split("\n");
  for (const part of partsOfCell(source, (text) => faultsOf(parse(text)) === 0)) {
    if (part.kind !== "magic") continue;
    const line = lines[part.line]!;
    const isCode = TIMES.has(part.name) && part.argument !== "";
    const at = isCode ? line.indexOf(part.argument, line.indexOf(part.name) + part.name.length) : line.length;
    lines[part.line] = blank(line.slice(0, at)) + line.slice(at);
  }
  return lines.join("\n");
}

/** `?name` and `name?` while they are written. */
function withoutQuestion(code: string): string {
  return code.replace(/^\s*\?{1,2}/, blank).replace(/^([\p{ID_Continue}$.\s]*)(\?{1,2}\s*)$/u, (_all, name, signs) => {
    return name + blank(signs);
  });
}

function objectIn(code: string): ts.SourceFile | undefined {
  const text = code.trim();
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
  const file = parse(`(${code}\n)`);
  const [only] = file.statements;
  if (faultsOf(file) > 0 || file.statements.length !== 1 || !only || !ts.isExpressionStatement(only)) return undefined;
  const { expression } = only;
  const inner = ts.isParenthesizedExpression(expression) ? expression.expression : expression;
  return ts.isObjectLiteralExpression(inner) ? file : undefined;
}

/** Pasted code of a module: what is exported is declared. */
function withoutExports(code: string, file: ts.SourceFile): string {
  let text = code;
  const cut = (start: number, end: number): void => {
    text = text.slice(0, start) + blank(text.slice(start, end)) + text.slice(end);
  };
  for (const statement of file.statements) {
    if (ts.isExportAssignment(statement)) cut(statement.getStart(file), statement.expression.getStart(file));
    else if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier) {
      cut(statement.getStart(file), statement.end);
    } else if (ts.canHaveModifiers(statement)) {
      for (const modifier of ts.getModifiers(statement) ?? []) {
        const { kind, end } = modifier;
        const exporting = kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword;
        if (exporting) cut(modifier.getStart(file), end);
      }
    }
  }
  return text;
}

function blank(text: string): string {
  return text.replace(/[^\n\r]/g, " ");
}
