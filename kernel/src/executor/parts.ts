/** Runs a cell part by part: code and magics in the order in which they stand. The last part's value is the cell's. */
import type { ExecuteOrder } from "../link/messages.js";
import { isWhole } from "../source/completeness.js";
import { type CellPart, partsOfCell } from "../source/magics.js";
import type { Cell, Cells } from "./cells.js";
import { cellFile } from "./errors.js";
import { CellFailure, type CellValue, type Evaluator } from "./evaluate.js";
import type { Wishes } from "./magics/magic.js";
import { runMagic } from "./magics/run.js";
import type { Show } from "./show.js";

export interface PartsContext {
  readonly cell: Cell;
  readonly order: ExecuteOrder;
  readonly cells: Cells;
  readonly evaluator: Evaluator;
  readonly show: Show;
  readonly wishes: Wishes;
}

const NOTHING: CellValue = { value: undefined, shown: false, ms: 0 };

export async function runParts(context: PartsContext): Promise<CellValue> {
  const { order, evaluator } = context;
  // Only a cell with such a line is split, because that needs its text to be read once more.
  const parts: CellPart[] = /^%{1,2}[A-Za-z]/m.test(order.code)
    ? partsOfCell(order.code, isWhole)
    : [{ kind: "code", text: order.code }];
  let last = NOTHING;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (part.kind === "code") {
      last = await evaluator.evaluate(part.text, order.executionCount, order.code);
      continue;
    }
    const next = parts[at + 1];
    const below = next?.kind === "code" ? next : undefined;
    const { value, tookBelow } = await magic(context, part, below);
    if (tookBelow) at++;
    last = value ?? NOTHING;
  }
  return last;
}

async function magic(
  { cell, order, cells, evaluator, show, wishes }: PartsContext,
  line: Extract<CellPart, { kind: "magic" }>,
  below: Extract<CellPart, { kind: "code" }> | undefined,
) {
  const print = (text: string): void => cells.run(cell, () => void process.stdout.write(text));
  const evaluate = (text: string): Promise<CellValue> => evaluator.evaluate(text, order.executionCount, order.code);
  try {
    return await runMagic({ line, order, cell, evaluator, show, wishes, below, print, evaluate });
  } catch (error) {
    if (error instanceof CellFailure) throw error;
    evaluator.remember(order.executionCount, order.code);
    throw new CellFailure(error, { file: cellFile(order.executionCount), line: line.line + 1, column: 1 });
  }
}
