/** What a magic is given and may give back. */
import type { ExecuteOrder, Payload, RestartWish } from "../../link/messages.js";
import type { CodePart, MagicLine } from "../../source/magics.js";
import type { Cell } from "../cells.js";
import type { CellValue, Evaluator } from "../evaluate.js";
import type { Show } from "../show.js";

/** What the cell asks of the front end and of the supervisor once it has ended. */
export interface Wishes {
  readonly payload: Payload[];
  restart?: RestartWish;
}

export interface MagicCall {
  readonly line: MagicLine;
  readonly order: ExecuteOrder;
  readonly cell: Cell;
  readonly evaluator: Evaluator;
  readonly show: Show;
  readonly wishes: Wishes;
  /** Code below the line, up to the next magic; a magic that takes it runs it. */
  readonly below: CodePart | undefined;
  /** Writes text as output of the cell, whatever called back. */
  print(text: string): void;
  /** Runs code in the cell's name: a part of it, or its line `line.line` with the argument where it stands. */
  evaluate(text: string): Promise<CellValue>;
}

export interface MagicResult {
  /** A value for the cell to show when the magic is the last of it. */
  readonly value?: CellValue;
  /** The code below was run. */
  readonly tookBelow?: boolean;
}

export type Magic = (call: MagicCall) => Promise<MagicResult | undefined> | MagicResult | undefined;

/** The argument as code at its own line and column, so that positions in errors are right. */
export function argumentAsCode({ line, order }: MagicCall): string {
  const text = order.code.split("\n")[line.line] ?? "";
  const at = text.indexOf(line.argument, 1 + line.name.length);
  return "\n".repeat(line.line) + " ".repeat(Math.max(0, at)) + line.argument;
}
