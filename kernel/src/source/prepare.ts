/**
 * A cell made ready to be evaluated by V8's REPL mode, line for line and column for column as it was written. REPL mode
 * brings top-level await and redeclaration; what it lacks is covered by small edits that keep the length:
 *
 *   written                              evaluated as             because
 *   const a / var a / let a              let                      `const` cannot become `let` in a later cell
 *   the same, when a is a property       var                      a name is never both kinds
 *   function f(…) {…}, f lexical         f=function(…) {…};       same
 *   class C {…}, C a property            C=class {…};             same
 *   import … from "m"                    blanks                   bound before the cell runs, by the executor
 *   import("m"), import.meta             __load("m"), __load.meta resolved from the notebook's folder
 *   export const a                       const a                  pasted module code runs
 *
 * Wrapping a cell in a function or module instead would be wrong: after `n = 10` an earlier closure must see 10.
 */
import {
  type AnyNode,
  type ImportDeclaration,
  type Program,
  parse,
  type Statement,
  type VariableDeclaration,
} from "acorn";
import { isFunction, type KnownNames, type NameKind, namesOfPattern, walk } from "./names.js";
import { SourceError, strip } from "./strip.js";

/** Name of the global function that stands in for `import(…)`; as long as `import`. */
export const LOAD_NAME = "__load";

export interface ImportBinding {
  readonly local: string;
  /** The exported name; "*" for the whole namespace. */
  readonly imported: string;
  readonly kind: NameKind;
  /** Whether the rest of the cell mentions the name; one that is not may have been a type. */
  readonly used: boolean;
}

export interface CellImport {
  readonly specifier: string;
  readonly bindings: readonly ImportBinding[];
  /** `with { type: "json" }`; absent where nothing was written. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface PreparedCell {
  readonly code: string;
  readonly imports: readonly CellImport[];
  /** Names that the cell declares at its top level, to be known to later cells. */
  readonly declared: KnownNames;
  /** Whether the last statement is an expression whose value is to be shown. */
  readonly showsValue: boolean;
  /** Source map when positions moved (enums and the like), else absent. */
  readonly map?: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Prepares a cell; throws `SourceError` when it cannot be read. */
export function prepareCell(source: string, known: KnownNames): PreparedCell {
  const { code, program, map } = read(source);
  const edits: Edit[] = [];
  const imports: CellImport[] = [];
  const declared = new Map<string, NameKind>();
  const kindOf = (name: string): NameKind | undefined => declared.get(name) ?? known.get(name);

  for (const statement of program.body) {
    switch (statement.type) {
      case "ImportDeclaration":
        edits.push(blank(code, statement));
        imports.push(importOf(statement, kindOf));
        break;
      case "ExportNamedDeclaration":
        if (statement.source) throw refusal(code, statement, "A cell cannot re-export; import the names instead");
        edits.push(blank(code, { start: statement.start, end: statement.declaration?.start ?? statement.end }));
        if (statement.declaration) declare(statement.declaration as Statement);
        break;
      case "ExportDefaultDeclaration":
        edits.push(blank(code, { start: statement.start, end: statement.declaration.start }));
        break;
      case "ExportAllDeclaration":
        throw refusal(code, statement, "A cell cannot re-export; import the names instead");
      default:
        declare(statement);
    }
  }
  walk(program, (node) => {
    if (node.type === "VariableDeclaration" && node.kind.endsWith("using") && !knowsUsing())
      throw refusal(code, node, usingText(false));
    if (node.type === "ImportExpression") edits.push({ start: node.start, end: node.start + 6, text: LOAD_NAME });
    if (node.type === "MetaProperty" && node.meta.name === "import") {
      edits.push({ start: node.start, end: node.start + 6, text: LOAD_NAME });
    }
    return true;
  });
  for (const { bindings } of imports) for (const binding of bindings) declared.set(binding.local, binding.kind);
  const edited = applyEdits(code, edits);
  return {
    code: edited,
    imports: imports.map(({ bindings, ...others }) => ({
      ...others,
      bindings: bindings.map((binding) => ({ ...binding, used: mentions(edited, binding.local) })),
    })),
    declared,
    showsValue: showsValue(map === undefined ? code : source, program, map !== undefined),
    ...(map !== undefined && { map }),
  };

  /** Edits one top-level statement so that the kinds of names stay as they are. */
  function declare(statement: Statement): void {
    switch (statement.type) {
      case "VariableDeclaration":
        if (statement.kind.endsWith("using")) throw refusal(code, statement, usingText(true));
        edits.push(...declareVariables(code, statement, kindOf, declared, map !== undefined));
        break;
      case "FunctionDeclaration": {
        const { name, end } = statement.id;
        if (kindOf(name) === "lexical") {
          const head = `${name}=${statement.async ? "async " : ""}function${statement.generator ? "*" : ""}`;
          edits.push({ start: statement.start, end, text: head.padEnd(end - statement.start) });
          edits.push({ start: statement.end, end: statement.end, text: ";" });
        } else declared.set(name, "property");
        break;
      }
      case "ClassDeclaration": {
        const { name, end } = statement.id;
        if (kindOf(name) === "property") {
          edits.push({ start: statement.start, end, text: `${name}=class`.padEnd(end - statement.start) });
          edits.push({ start: statement.end, end: statement.end, text: ";" });
        } else declared.set(name, "lexical");
        break;
      }
      default:
        walk(statement, (node) => {
          if (isFunction(node)) return false;
          if (node.type === "VariableDeclaration" && node.kind === "var") {
            edits.push(...declareNested(code, node, kindOf, declared));
          }
          return true;
        });
    }
  }
}

/** A cell's variables live on, so that at its top level there is no end at which to dispose of them. */
const usingText = (atTop: boolean): string =>
  atTop && knowsUsing()
    ? "A cell cannot declare with `using` at its top level; put it into a block"
    : `Node ${process.versions.node} does not know \`using\`; dispose in a \`finally\``;

/** Whether V8 reads `using`, which acorn does. */
function knowsUsing(): boolean {
  try {
    new Function("{ using nothing = null; }");
    return true;
  } catch {
    return false;
  }
}

function declareVariables(
  code: string,
  statement: VariableDeclaration,
  kindOf: (name: string) => NameKind | undefined,
  declared: Map<string, NameKind>,
  transformed: boolean,
): Edit[] {
  const names = statement.declarations.flatMap((declarator) => namesOfPattern(declarator.id));
  const { start, kind: word } = statement;
  const put = (text: string): Edit[] => [{ start, end: start + word.length, text: text.padEnd(word.length) }];
  if (word === "var" && names.some((name) => declared.has(name))) {
    // `var a` twice in one cell: the second is an assignment.
    return names.every((name) => declared.get(name) === "lexical") ? put(";") : [];
  }
  // A transformed enum reads its own `var` before it is set.
  const property = names.some((name) => kindOf(name) === "property") || (transformed && word === "var");
  if (property && names.some((name) => kindOf(name) === "lexical")) {
    throw refusal(
      code,
      statement,
      `Cannot declare ${names.join(", ")} together; declare each in a statement of its own`,
    );
  }
  for (const name of names) declared.set(name, property ? "property" : "lexical");
  return put(property ? "var" : "let");
}

/** A `var` inside a block or the head of a loop reaches the top level too. */
function declareNested(
  code: string,
  node: VariableDeclaration,
  kindOf: (name: string) => NameKind | undefined,
  declared: Map<string, NameKind>,
): Edit[] {
  const names = node.declarations.flatMap((declarator) => namesOfPattern(declarator.id));
  const simple = node.declarations.every((declarator) => declarator.id.type === "Identifier");
  if (simple && names.every((name) => kindOf(name) === "lexical")) {
    return [blank(code, { start: node.start, end: node.start + node.kind.length })];
  }
  for (const name of names) if (kindOf(name) === undefined) declared.set(name, "property");
  return [];
}

function importOf(statement: ImportDeclaration, kindOf: (name: string) => NameKind | undefined): CellImport {
  const bindings = statement.specifiers.map((specifier): ImportBinding => {
    const local = specifier.local.name;
    const imported =
      specifier.type === "ImportDefaultSpecifier"
        ? "default"
        : specifier.type === "ImportNamespaceSpecifier"
          ? "*"
          : specifier.imported.type === "Literal"
            ? String(specifier.imported.value)
            : specifier.imported.name;
    return { local, imported, kind: kindOf(local) ?? "lexical", used: true };
  });
  const attributes = Object.fromEntries(
    statement.attributes.map(({ key, value }) => [
      key.type === "Literal" ? String(key.value) : key.name,
      String(value.value),
    ]),
  );
  const specifier = String(statement.source.value);
  return { specifier, bindings, ...(statement.attributes.length > 0 && { attributes }) };
}

/** Strips and parses. A cell that is one object literal is read as that, not as a block with labels. */
function read(source: string): { code: string; program: Program; map?: string } {
  const text = source.trim();
  if (text.startsWith("{") && text.endsWith("}")) {
    try {
      const wrapped = readModule(`(${source}\n)`);
      const [only] = wrapped.program.body;
      const isObject = only?.type === "ExpressionStatement" && only.expression.type === "ObjectExpression";
      if (isObject && wrapped.program.body.length === 1) return wrapped;
    } catch {
      // A block then.
    }
  }
  return readModule(source);
}

function readModule(source: string): { code: string; program: Program; map?: string } {
  const stripped = strip(source);
  try {
    return { ...stripped, program: parse(stripped.code, { ecmaVersion: "latest", sourceType: "module" }) };
  } catch (error) {
    const at = (error as { loc?: { line: number; column: number } }).loc;
    if (!at) throw error;
    throw new SourceError((error as Error).message.replace(/ \(\d+:\d+\)$/, ""), at.line, at.column + 1, false);
  }
}

/** A transformed program ends every statement with a semicolon; whether the person wrote one is seen in the source. */
function showsValue(code: string, program: Program, transformed: boolean): boolean {
  const last = program.body.at(-1);
  if (last?.type === "ExportDefaultDeclaration") return true;
  if (last?.type !== "ExpressionStatement") return false;
  return transformed ? !code.trimEnd().endsWith(";") : code[last.end - 1] !== ";";
}

function refusal(code: string, node: AnyNode, message: string): SourceError {
  const before = code.slice(0, node.start).split("\n");
  return new SourceError(message, before.length, before.at(-1)!.length + 1, false);
}

function mentions(code: string, name: string): boolean {
  return new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(code);
}

function blank(code: string, { start, end }: { start: number; end: number }): Edit {
  return { start, end, text: code.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, " ") };
}

function applyEdits(code: string, edits: readonly Edit[]): string {
  let result = code;
  for (const { start, end, text } of edits.toSorted((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + text + result.slice(end);
  }
  return result;
}
