/**
 * What a cell declares at its top level, in the compiler's tree: variables (`var` in blocks too), functions, classes, types,
 * namespaces and imported names. Pure.
 */
import ts from "typescript";

/**
 * How a later cell gets at a name: `variable` may be assigned there, so it becomes a variable of the same type;
 * everything else is imported, which keeps its documentation and all that one name can mean.
 */
export type DeclaredAs = "variable" | "alias";

export type Declared = ReadonlyMap<string, DeclaredAs>;

export function declaredNames(file: ts.SourceFile): Declared {
  const found = new Map<string, DeclaredAs>();
  for (const statement of file.statements) declare(statement, found);
  return found;
}

function declare(statement: ts.Statement, found: Map<string, DeclaredAs>): void {
  if (ts.isVariableStatement(statement)) {
    list(statement.declarationList, found);
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement)
  ) {
    if (statement.name && ts.isIdentifier(statement.name) && statement.name.text !== "global") {
      found.set(statement.name.text, "alias");
    }
  } else if (ts.isImportDeclaration(statement)) {
    imported(statement.importClause, found);
  } else {
    nested(statement, found);
  }
}

function list({ declarations, flags }: ts.VariableDeclarationList, found: Map<string, DeclaredAs>): void {
  const as: DeclaredAs = flags & ts.NodeFlags.Const ? "alias" : "variable";
  for (const { name } of declarations) for (const one of namesIn(name)) found.set(one, as);
}

function namesIn(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return name.text === "" ? [] : [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : namesIn(element.name)));
}

function imported(clause: ts.ImportClause | undefined, found: Map<string, DeclaredAs>): void {
  if (!clause) return;
  if (clause.name) found.set(clause.name.text, "alias");
  const { namedBindings } = clause;
  if (!namedBindings) return;
  if (ts.isNamespaceImport(namedBindings)) found.set(namedBindings.name.text, "alias");
  else for (const { name } of namedBindings.elements) found.set(name.text, "alias");
}

/** A `var` in a block or the head of a loop belongs to the cell, one in a function does not. */
function nested(node: ts.Node, found: Map<string, DeclaredAs>): void {
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
  if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)) list(node, found);
  ts.forEachChild(node, (child) => nested(child, found));
}
