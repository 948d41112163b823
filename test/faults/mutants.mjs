/**
 * Makes mutants of the store's sources, one small change of the syntax tree each, and lists those that no test notices:
 *
 *     node test/faults/mutants.mjs [file.ts …] [--sample N] [--seed N] [--fast] [--json FILE]
 *
 * Without `--sample` all of them, which takes hours. A mutator of our own: the changes fit on a page, and a tool for it would bring more
 * packages than the rest of the tests together.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { CACHE, copySources, noticed, SUITES } from "./planted.mjs";

const FILES = ["entry.ts", "read.ts", "publish.ts", "folder.ts", "ledger.ts", "catalogue.ts", "evict.ts"];
const OPERATORS = new Map([
  ["===", "!=="],
  ["!==", "==="],
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["&&", "||"],
  ["||", "&&"],
  ["??", "&&"],
  ["+=", "-="],
  ["&", "|"],
]);

/** Every change that can be made in a text: where, and what stands there then. */
export function mutationsOf(text) {
  const source = ts.createSourceFile("x.ts", text, ts.ScriptTarget.ES2022, true);
  const all = [];
  const add = (node, to, what) => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    all.push({ start, end, to, line, what: `${what}: ${text.slice(start, end).replace(/\s+/g, " ").slice(0, 70)}` });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.getText(source);
      const to = OPERATORS.get(operator);
      if (to) add(node.operatorToken, to, `${operator} is ${to}`);
    }
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      const inner = `(${condition.getText(source)})`;
      add(condition, `!${inner}`, "the opposite");
      add(condition, `(${inner} && false)`, "never");
    }
    // a call, or an await of one, whose value nobody takes
    if (ts.isExpressionStatement(node) && !node.getText(source).startsWith("super")) add(node, ";", "not done");
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) add(node, `(${node.text} + 1)`, "one more");
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false", "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true", "true");
    if (ts.isBreakStatement(node) || ts.isContinueStatement(node)) add(node, ";", "not done");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return all;
}

async function main(args) {
  const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const named = args.filter((arg) => arg.endsWith(".ts"));
  const suites = args.includes("--fast") ? SUITES.slice(0, 2) : SUITES;
  let state = Number(option("--seed") ?? 1);
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const copy = copySources();
  const results = [];
  try {
    for (const file of named.length > 0 ? named : FILES) {
      const path = join(copy, CACHE, file);
      const text = readFileSync(path, "utf8");
      const all = mutationsOf(text);
      const sample = Number(option("--sample") ?? all.length);
      const chosen = all.map((mutation) => ({ mutation, by: next() })).sort((a, b) => a.by - b.by);
      for (const { mutation } of chosen.slice(0, sample)) {
        const { start, end, to, line, what } = mutation;
        writeFileSync(path, text.slice(0, start) + to + text.slice(end));
        const by = await noticed(copy, suites);
        results.push({ file, line, what, by });
        process.stdout.write(`${by === undefined ? "survived" : "caught  "} ${file}:${line} ${what}\n`);
      }
      cpSync(join(copy, "before", file), path);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  if (option("--json")) writeFileSync(option("--json"), `${JSON.stringify(results, null, 1)}\n`);
  const survivors = results.filter(({ by }) => by === undefined);
  process.stdout.write(`${results.length - survivors.length} of ${results.length} mutants caught\n`);
}

await main(process.argv.slice(2));
