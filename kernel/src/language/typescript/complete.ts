/** What may be written at a place in the edited cell. */
import ts from "typescript";
import type { Candidates } from "../messages.js";
import type { CellFile } from "./notebook.js";

const CANDIDATES_MAX = 2000;
/** Of more than these only the kind of declaration is told, because their types would have to be worked out. */
const TOLD_MAX = 100;

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const TYPED = /[\p{ID_Continue}$]*$/u;
/** Declared by the types of Node for CommonJS; no cell has them. */
const ABSENT = new Set(["require", "module", "exports", "__dirname", "__filename", "globalThis.require"]);
/** `includeSymbol` is known to the compiler, and not to its types. */
const PREFERENCES: ts.UserPreferences & { readonly includeSymbol: boolean } = {
  includeSymbol: true,
  includeCompletionsForModuleExports: false,
  quotePreference: "double",
};

/** Jupyter's words, which front ends have pictures for. */
const TYPES: Readonly<Record<string, string>> = {
  [ts.ScriptElementKind.keyword]: "keyword",
  [ts.ScriptElementKind.moduleElement]: "module",
  [ts.ScriptElementKind.externalModuleName]: "module",
  [ts.ScriptElementKind.classElement]: "class",
  [ts.ScriptElementKind.interfaceElement]: "class",
  [ts.ScriptElementKind.typeElement]: "class",
  [ts.ScriptElementKind.enumElement]: "class",
  [ts.ScriptElementKind.functionElement]: "function",
  [ts.ScriptElementKind.localFunctionElement]: "function",
  [ts.ScriptElementKind.memberFunctionElement]: "function",
  [ts.ScriptElementKind.memberVariableElement]: "property",
  [ts.ScriptElementKind.memberGetAccessorElement]: "property",
  [ts.ScriptElementKind.memberSetAccessorElement]: "property",
  [ts.ScriptElementKind.memberAccessorVariableElement]: "property",
  [ts.ScriptElementKind.enumMemberElement]: "property",
  [ts.ScriptElementKind.parameterElement]: "param",
  [ts.ScriptElementKind.directory]: "path",
  [ts.ScriptElementKind.scriptElement]: "path",
  [ts.ScriptElementKind.string]: "text",
};

const VALUES = new Set<ts.ScriptElementKind>([
  ts.ScriptElementKind.memberVariableElement,
  ts.ScriptElementKind.memberGetAccessorElement,
  ts.ScriptElementKind.constElement,
  ts.ScriptElementKind.letElement,
  ts.ScriptElementKind.variableElement,
]);

export function complete(service: ts.LanguageService, file: CellFile, cursor: number): Candidates | undefined {
  const at = file.offset + cursor;
  const info = service.getCompletionsAtPosition(file.path, at, PREFERENCES);
  const inText = isInText(service, file, at);
  if (!info) return inText ? { start: cursor, end: cursor, candidates: [], inText } : undefined;
  const entries = info.entries.filter((entry) => isWanted(entry, inText));
  const start = startOf(file, info, entries[0], cursor, inText);
  const typed = file.source.slice(start, cursor);
  const begin = entries.filter(({ name }) => name.startsWith(typed));
  const folded = typed.toLowerCase();
  // Where nothing begins with it as it was typed, letters may be large or small.
  const fitting = begin.length > 0 ? begin : entries.filter(({ name }) => name.toLowerCase().startsWith(folded));
  const sorted = fitting.toSorted((a, b) => compare(a.sortText, b.sortText) || compare(a.name, b.name));
  const unique = sorted.filter(({ name }, i) => name !== sorted[i - 1]?.name).slice(0, CANDIDATES_MAX);
  const typeOf = unique.length <= TOLD_MAX ? typesOfValues(service, file) : () => undefined;
  const candidates = unique.map((entry) => ({
    text: entry.name,
    type: typeOf(entry) ?? TYPES[entry.kind] ?? "instance",
  }));
  return { start, end: cursor, candidates, inText };
}

/** Properties and variables that can be called or made are functions and classes to whoever writes. */
function typesOfValues(service: ts.LanguageService, file: CellFile): (entry: ts.CompletionEntry) => string | undefined {
  const program = service.getProgram();
  const checker = program?.getTypeChecker();
  const source = program?.getSourceFile(file.path);
  return ({ kind, symbol }) => {
    if (!checker || !source || !symbol || !VALUES.has(kind)) return undefined;
    const type = checker.getTypeOfSymbolAtLocation(symbol, source);
    if (type.getConstructSignatures().length > 0) return "class";
    return type.getCallSignatures().length > 0 ? "function" : undefined;
  };
}

function isWanted({ name, kind, source }: ts.CompletionEntry, inText: boolean): boolean {
  if (source !== undefined || kind === ts.ScriptElementKind.warning) return false;
  return inText || (NAME.test(name) && !ABSENT.has(name));
}

/** Where what the candidates replace begins. */
function startOf(
  file: CellFile,
  info: ts.CompletionInfo,
  first: ts.CompletionEntry | undefined,
  cursor: number,
  inText: boolean,
): number {
  const span = first?.replacementSpan ?? (inText ? info.optionalReplacementSpan : undefined);
  if (span) return Math.max(0, span.start - file.offset);
  if (!inText) return cursor - TYPED.exec(file.source.slice(0, cursor))![0].length;
  const before = file.source.slice(0, cursor);
  return (
    Math.max(before.lastIndexOf('"'), before.lastIndexOf("'"), before.lastIndexOf("`"), before.lastIndexOf("/")) + 1
  );
}

/** Whether the place is inside a text, a comment or a regular expression, where names of variables mean nothing. */
export function isInText(service: ts.LanguageService, file: CellFile, at: number): boolean {
  const source = service.getProgram()?.getSourceFile(file.path);
  if (!source) return false;
  const token = tokenBefore(source, at);
  if (token) {
    const inside = at > token.getStart(source) && (at < token.end || isOpen(token, source));
    if (inside && (ts.isStringLiteralLike(token) || ts.isRegularExpressionLiteral(token))) return true;
    if (inside && (ts.isTemplateHead(token) || ts.isTemplateMiddle(token) || ts.isTemplateTail(token))) return true;
  }
  return service.getSpanOfEnclosingComment(file.path, at, false) !== undefined;
}

/** A text without its closing sign goes on to the end of its line. */
function isOpen(token: ts.Node, source: ts.SourceFile): boolean {
  if (!ts.isStringLiteralLike(token)) return false;
  const text = token.getText(source);
  return text.length < 2 || text.at(-1) !== text[0];
}

/** The innermost node without children that ends at or goes over the place. */
function tokenBefore(source: ts.SourceFile, at: number): ts.Node | undefined {
  let node: ts.Node = source;
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(node, (child) =>
      child.getStart(source) < at && at <= child.end ? child : undefined,
    );
    if (!inner) return node === source ? undefined : node;
    node = inner;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
