/** Nodes of a table as text: for people, and for documents that are read back. */
import {
  type Binary,
  binary,
  constant,
  type Formula,
  isUnary,
  OPERATIONS,
  parameter,
  printFormula,
  type Unary,
  unary,
} from "./formula.js";
import { type ExpressionTable, nodeCount } from "./table.js";

/** Longer formulas are not for reading; as trees they may also be exponentially larger than the table. */
const PRINTED_MAX = 200;

/** The formula of one node in words of its parameters, or how large it is when nobody could read it. */
export function nodeText(table: ExpressionTable, id: number, names: readonly string[]): string {
  const size = treeSize(table, id, PRINTED_MAX);
  return size > PRINTED_MAX
    ? `(a formula of more than ${PRINTED_MAX} operations)`
    : printFormula(treeOf(table, id), names);
}

/** Nodes of the tree below a node, counted up to a limit. */
function treeSize(table: ExpressionTable, id: number, most: number): number {
  const open = [id];
  let size = 0;
  while (open.length > 0 && size <= most) {
    const k = open.pop()!;
    const op = OPERATIONS[table.operations[k]];
    size++;
    if (op === "constant" || op === "parameter") continue;
    open.push(table.left[k]);
    if (!isUnary(op)) open.push(table.right[k]);
  }
  return size;
}

function treeOf(table: ExpressionTable, id: number): Formula {
  const op = OPERATIONS[table.operations[id]];
  if (op === "constant") return constant(table.constants[id]);
  if (op === "parameter") return parameter(table.left[id]);
  const left = treeOf(table, table.left[id]);
  return isUnary(op) ? unary(op, left) : binary(op, left, treeOf(table, table.right[id]));
}

/** Formulas below this depth get a name of their own when they are written out. */
const DEPTH_MAX = 60;

/** Nodes as texts in which shared parts have names, each defined before it is used: linear in the table. */
export interface WrittenNodes {
  readonly definitions: readonly (readonly [name: string, formula: string])[];
  textOf(id: number): string;
}

/** `wanted` are the nodes whose texts are needed. Names are `$0`, `$1`, … or with more dollars where those are taken. */
export function writeNodes(table: ExpressionTable, wanted: Iterable<number>, names: readonly string[]): WrittenNodes {
  const count = nodeCount(table);
  const uses = new Int32Array(count);
  for (const id of wanted) uses[id]++;
  for (let k = count - 1; k >= 0; k--) {
    const op = OPERATIONS[table.operations[k]];
    if (uses[k] === 0 || op === "constant" || op === "parameter") continue;
    uses[table.left[k]]++;
    if (!isUnary(op)) uses[table.right[k]]++;
  }
  let prefix = "$";
  while (names.some((name) => name.startsWith(prefix))) prefix += "$";
  const known = [...names];
  const definitions: (readonly [string, string])[] = [];
  const trees = new Map<number, Formula>();
  const depths = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    if (uses[k] === 0) continue;
    const op = OPERATIONS[table.operations[k]];
    if (op === "constant" || op === "parameter") {
      trees.set(k, op === "constant" ? constant(table.constants[k]) : parameter(table.left[k]));
      continue;
    }
    const left = trees.get(table.left[k])!;
    const right = isUnary(op) ? undefined : trees.get(table.right[k])!;
    const tree = right === undefined ? unary(op as Unary, left) : binary(op as Binary, left, right);
    depths[k] = 1 + Math.max(depths[table.left[k]], right === undefined ? 0 : depths[table.right[k]]);
    if (uses[k] === 1 && depths[k] < DEPTH_MAX) {
      trees.set(k, tree);
      continue;
    }
    const name = `${prefix}${definitions.length}`;
    definitions.push([name, printFormula(tree, known)]);
    trees.set(k, parameter(known.length));
    depths[k] = 0;
    known.push(name);
  }
  return { definitions, textOf: (id) => printFormula(trees.get(id)!, known) };
}
