/**
 * Names at the top level of a cell, and how V8 keeps them. A `let`, `const` or `class` of the notebook is *lexical*: it can
 * be declared again as `let` or `class`. A `function` or nested `var` is a *property* of the global object for good.
 * One name must never be declared both ways; `prepare.ts` edits declarations so that it is not.
 */
import type { AnyNode, Pattern } from "acorn";

export type NameKind = "lexical" | "property";

/** What earlier cells declared. */
export type KnownNames = ReadonlyMap<string, NameKind>;

export function namesOfPattern(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesOfPattern(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : namesOfPattern(element)));
    case "RestElement":
      return namesOfPattern(pattern.argument);
    case "AssignmentPattern":
      return namesOfPattern(pattern.left);
    case "MemberExpression":
      return [];
  }
}

/** Calls `visit` for every node below `node`, outermost first; `false` keeps it from going further down. */
export function walk(node: AnyNode, visit: (node: AnyNode) => boolean): void {
  if (!visit(node)) return;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && typeof (child as AnyNode).type === "string") {
        walk(child as AnyNode, visit);
      }
    }
  }
}

export function isFunction(node: AnyNode): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|StaticBlock|PropertyDefinition)$/.test(
    node.type,
  );
}
