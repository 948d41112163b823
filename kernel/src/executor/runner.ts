/**
 * Runs one cell at a time and says how it ended, exactly once. A cell ends by itself, by an interrupt that finds it
 * waiting, or by being terminated; in the last case the very functions that ran it are gone, so the end is settled
 * from outside of them.
 */
import { InterruptedError } from "@sojourn/engine/errors";
import type { CellOutcome, ErrorReport, ExecuteOrder, FromExecutor, UserExpression } from "../link/messages.js";
import { type Cell, type Cells, createCell } from "./cells.js";
import type { BundleOf } from "./display.js";
import { interruptedReport, type Place, reportError } from "./errors.js";
import { CellFailure, type Evaluator } from "./evaluate.js";
import { withAwaitHint } from "./hints.js";
import type { CellLookups } from "./lookups.js";
import type { Wishes } from "./magics/magic.js";
import { runParts } from "./parts.js";
import { type Show, Shown } from "./show.js";
import { SLOT } from "./state.js";

export interface RunnerParts {
  readonly state: Int32Array;
  readonly cells: Cells;
  readonly evaluator: Evaluator;
  readonly show: Show;
  readonly bundleOf: BundleOf;
  readonly emit: (message: FromExecutor) => void;
  readonly lookups: CellLookups;
}

/** Owns the running cell. */
export class Runner {
  readonly #parts: RunnerParts;
  #running: Cell | undefined;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  start(order: ExecuteOrder): void {
    const { cell: number, executionCount, silent } = order;
    const cell = createCell(number, executionCount, silent);
    this.#running = cell;
    Atomics.store(this.#parts.state, SLOT.running, number);
    this.#parts.cells
      .start(cell, () => this.#run(cell, order))
      .then(
        (outcome) => this.#settle(cell, outcome),
        (error) => this.#settle(cell, { status: "error", error: this.#failure(cell, error) }),
      );
  }

  /** An interrupt reached the event loop: the cell waits for something and is let go. */
  interrupt(number: number): void {
    const cell = this.#running;
    if (cell?.number !== number) return;
    cell.abort.abort(new InterruptedError("running a cell"));
    this.#settle(cell, { status: "error", error: interruptedReport() });
  }

  /** The controller terminated code: the running cell's, or what an earlier cell had left behind. */
  terminated(number: number): void {
    const reason = new InterruptedError("running a cell");
    this.#parts.cells.reset()?.abort.abort(reason);
    const cell = this.#running;
    if (cell?.number !== number) return;
    cell.abort.abort(reason);
    this.#finish(cell, { status: "error", error: interruptedReport() });
  }

  /** Something that belongs to a cell failed with nobody waiting for it. */
  lateFailure(error: unknown, promise?: Promise<unknown>): { cell: Cell; text: string } | undefined {
    const cell = this.#parts.cells.behind(promise);
    if (!cell || cell.abort.signal.aborted) return undefined;
    return { cell, text: this.uncaught(error) };
  }

  /** What is printed of an error that no code waited for. */
  uncaught(error: unknown): string {
    return `Uncaught ${this.#report(error).traceback.join("\n")}\n`;
  }

  /** An interrupt that code met on its way may come out as an error of whatever library was being used. */
  #failure(cell: Cell, error: unknown): ErrorReport {
    const interrupted = Atomics.load(this.#parts.state, SLOT.seen) === cell.number;
    return interrupted ? interruptedReport() : this.#report(error);
  }

  async #run(cell: Cell, order: ExecuteOrder): Promise<CellOutcome> {
    const { cells, evaluator, show, bundleOf, emit, lookups } = this.#parts;
    const wishes: Wishes = { payload: [] };
    const { value: last, shown } = await runParts({ cell, order, cells, evaluator, show, wishes });
    await Promise.all(cell.pending);
    // A promise that would be shown is awaited: nobody wants to read `Promise { <pending> }`.
    const value = shown && last instanceof Promise ? await last : last;
    if (shown && !order.silent && value !== undefined && !(value instanceof Shown)) {
      const bundle = lookups.mark(cell, await bundleOf(value));
      if (!cell.abort.signal.aborted) emit({ type: "display", cell: cell.number, kind: "execute_result", bundle });
    }
    const userExpressions: Record<string, UserExpression> = {};
    for (const [name, source] of Object.entries(order.userExpressions)) {
      userExpressions[name] = await this.#userExpression(source);
    }
    return { status: "ok", userExpressions, ...wishes };
  }

  async #userExpression(source: string): Promise<UserExpression> {
    try {
      return { status: "ok", ...(await this.#parts.bundleOf(await this.#parts.evaluator.expression(source))) };
    } catch (error) {
      return { status: "error", ...this.#report(error) };
    }
  }

  #report(error: unknown) {
    const { sources } = this.#parts.evaluator;
    const { thrown, place } = failureOf(error);
    const report = reportError(thrown, sources, place);
    return withAwaitHint(report, sources, (name) => this.#parts.evaluator.peek(name));
  }

  /** Ends the cell unless the controller is terminating it; then `terminated` will. */
  #settle(cell: Cell, outcome: CellOutcome): void {
    if (this.#running !== cell) return;
    const { state } = this.#parts;
    if (Atomics.compareExchange(state, SLOT.running, cell.number, 0) !== cell.number) return;
    this.#finish(cell, outcome);
  }

  #finish(cell: Cell, outcome: CellOutcome): void {
    const { state, emit } = this.#parts;
    this.#running = undefined;
    Atomics.store(state, SLOT.running, 0);
    emit({ type: "done", cell: cell.number, outcome, ...workingFolder() });
  }
}

/** What was thrown, and where if that was told; a person's value may throw at being asked what it is. */
function failureOf(error: unknown): { readonly thrown: unknown; readonly place?: Place | undefined } {
  try {
    if (error instanceof CellFailure) return error;
  } catch {}
  return { thrown: error };
}

/** Where relative imports of the next cell begin; nothing when the folder is gone. */
function workingFolder(): { folder?: string } {
  try {
    return { folder: process.cwd() };
  } catch {
    return {};
  }
}
