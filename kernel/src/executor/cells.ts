/**
 * Which cell code belongs to. Every piece of asynchronous work inherits the cell that started it, so output goes to the
 * cell that caused it, also late. When a cell is interrupted its timers are cleared and whatever of it still runs is
 * told so at its next output or engine call.
 */
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { InterruptedError } from "@sojourn/engine/errors";

export interface Cell {
  readonly number: number;
  readonly executionCount: number;
  readonly silent: boolean;
  /** Displays whose bundle is still being made; the cell ends after them. */
  readonly pending: Set<Promise<void>>;
  cancelled: boolean;
  /** Characters of stream output so far, for the cap. */
  written: number;
}

type Timer = NodeJS.Timeout | NodeJS.Immediate;

/** Owns the association of running code with cells. */
export class Cells {
  readonly #storage = new AsyncLocalStorage<Cell>();
  readonly #timers = new Map<Cell, Set<WeakRef<Timer>>>();
  #last: Cell | undefined;

  constructor() {
    const onInit = (_id: number, type: string, _trigger: number, resource: object): void => {
      if (type !== "Timeout" && type !== "Immediate") return;
      const cell = this.#storage.getStore();
      if (!cell) return;
      let timers = this.#timers.get(cell);
      if (!timers) this.#timers.set(cell, (timers = new Set()));
      timers.add(new WeakRef(resource as Timer));
    };
    createHook({ init: onInit }).enable();
  }

  run<T>(cell: Cell, action: () => T): T {
    this.#last = cell;
    return this.#storage.run(cell, action);
  }

  /** The cell that the running code belongs to, else the one that ran last. */
  get current(): Cell | undefined {
    return this.#storage.getStore() ?? this.#last;
  }

  /** Stops what can be stopped of an interrupted cell. */
  cancel(cell: Cell): void {
    cell.cancelled = true;
    for (const reference of this.#timers.get(cell) ?? []) {
      const timer = reference.deref();
      if (!timer) continue;
      if ("refresh" in timer) clearTimeout(timer);
      else clearImmediate(timer as NodeJS.Immediate);
    }
    this.#timers.delete(cell);
  }

  get cancelled(): boolean {
    return this.#storage.getStore()?.cancelled ?? false;
  }

  /** Throws inside code whose cell was interrupted. */
  check(): void {
    if (this.cancelled) throw new InterruptedError("running a cell");
  }
}
