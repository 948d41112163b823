/**
 * Which cell code belongs to. Promises, timers, listeners and callbacks inherit the cell that made them, so output goes to
 * the cell that caused it, also late. Done with V8's promise hooks and wrapped timers rather than Node's async hooks: those
 * keep a stack of async ids, and when a cell is terminated in the middle of it Node 20 aborts the process. What users of
 * `AsyncLocalStorage` keep travels the same way (`async-storage.ts`).
 */
import { promiseHooks } from "node:v8";
import { InterruptedError } from "@sojourn/engine/errors";

export interface Cell {
  readonly number: number;
  readonly executionCount: number;
  readonly silent: boolean;
  /** Displays whose bundle is still being made; the cell ends after them. */
  readonly pending: Set<Promise<void>>;
  /** Tells whether the cell was interrupted, and until then stops what waits for it (`stops`). */
  readonly abort: AbortController;
  /** What an interrupt ends: timers, sleeps, questions. Whoever is done takes itself out. */
  readonly stops: Set<() => void>;
  /**
   * Of a call of a listener, which belongs to the cell and is not the cell's own run: `SLOT.leftovers` when it began.
   * Once that has moved on, the call is to stop.
   */
  readonly turn?: number;
  /** Characters of stream output so far, for the cap. */
  written: number;
  /** Characters of displays so far, for theirs. */
  shown: number;
  /** Calls that were refused because the cell was interrupted. */
  refusals: number;
  /** How often its code asked after it was interrupted. */
  told: number;
}

export function createCell(number: number, executionCount: number, silent: boolean): Cell {
  const abort = new AbortController();
  const stops = new Set<() => void>();
  const stopAll = (): void => {
    for (const stop of [...stops]) stop();
    stops.clear();
  };
  abort.signal.addEventListener("abort", stopAll, { once: true });
  const counts = { written: 0, shown: 0, refusals: 0, told: 0 };
  return { number, executionCount, silent, pending: new Set(), abort, stops, ...counts };
}

/** Calls of an interrupted cell that are refused without delay: so many may be needed until its last `finally` has run. */
const REFUSALS_AT_ONCE = 16;
/** What more such calls wait, twice as long each time, up to what a timer can do. */
const REFUSAL_MS = 1000;
/** Code that was told so often that its cell was interrupted is a loop that takes no notice. */
const TOLD_MAX = 5000;
const TIMER_MS_MAX = 2 ** 31 - 1;

/** What running code belongs to. */
export interface Context {
  /** Absent in code that nobody's cell started. */
  readonly cell: Cell | undefined;
  /** What stores of the user hold here; absent when none does. */
  readonly stores?: ReadonlyMap<object, unknown> | undefined;
  /** An event of the system is being told; listeners of other cells that hear of it on the way run as part of theirs. */
  readonly event?: true;
}

/** Lets a private field be put on an object that exists already; invisible, and faster than a weak map. */
const Existing = itself as unknown as new (object: object) => object;

/** A declaration, because an arrow function is no constructor. */
function itself(object: object): object {
  return object;
}

class Mark extends Existing {
  readonly #context: Context;

  constructor(promise: object, context: Context) {
    super(promise);
    this.#context = context;
  }

  static of(promise: object): Context | undefined {
    return #context in promise ? (promise as Mark).#context : undefined;
  }
}

/** Owns the association of running code with cells. */
export class Cells {
  #current: Context | undefined;
  #last: Cell | undefined;
  #thrower: Cell | undefined;
  readonly #isToStop: (cell: Cell) => boolean;
  readonly #onSpin: () => void;
  /** As it is before cells get theirs, which an interrupt clears. */
  readonly #timers = { setTimeout, setImmediate };

  /**
   * `isToStop` says whether an interrupt of the cell is on its way that the event loop has not seen yet. `onSpin` is called in the
   * middle of code that was told again and again that its cell was interrupted and goes on.
   */
  constructor(isToStop: (cell: Cell) => boolean, onSpin: () => void) {
    this.#isToStop = isToStop;
    this.#onSpin = onSpin;
    promiseHooks.createHook({
      init: (promise) => {
        if (this.#current) new Mark(promise, this.#current);
      },
      before: (promise) => {
        this.#current = Mark.of(promise);
      },
      after: () => {
        this.#current = undefined;
      },
    });
  }

  /** Starts the code of a cell. */
  start<T>(cell: Cell, action: () => T): T {
    this.#last = cell;
    return this.run(cell, action);
  }

  run<T>(cell: Cell, action: () => T): T {
    return this.within({ cell }, action);
  }

  /** Runs the action where another piece of code was. */
  within<T>(context: Context | undefined, action: () => T): T {
    const before = this.#current;
    this.#current = context;
    try {
      return action();
    } catch (error) {
      this.#thrower = context?.cell;
      throw error;
    } finally {
      this.#current = before;
    }
  }

  /** The callback, run as part of the cell that is current now. */
  bind<A extends unknown[]>(callback: (...values: A) => unknown): (...values: A) => unknown {
    const context = this.#current;
    if (!context) return callback;
    const within = this.within.bind(this);
    return function (this: unknown, ...values: A) {
      return within(context, () => callback.apply(this, values));
    };
  }

  /** Where the running code is; undefined in callbacks that nothing was known of. */
  get context(): Context | undefined {
    return this.#current;
  }

  /** For the rest of what runs now, and what it starts. */
  enter(context: Context | undefined): void {
    this.#current = context;
  }

  /** The cell whose code is running, if any. */
  get running(): Cell | undefined {
    return this.#current?.cell;
  }

  /** The cell that output belongs to: that of the running code, else the one that ran last. */
  get current(): Cell | undefined {
    return this.#current?.cell ?? this.#last;
  }

  /** The cell behind an error that nobody caught. */
  behind(promise: Promise<unknown> | undefined): Cell | undefined {
    const cell = (promise && Mark.of(promise)?.cell) ?? this.#thrower ?? this.current;
    this.#thrower = undefined;
    return cell;
  }

  /** Code was terminated: what it would have put back was skipped. Returns the cell that it belonged to. */
  reset(): Cell | undefined {
    const cell = this.#current?.cell;
    this.#current = undefined;
    return cell;
  }

  get cancelled(): boolean {
    const cell = this.#current?.cell;
    if (cell === undefined) return false;
    if (!cell.abort.signal.aborted) return this.#isToStop(cell);
    if (++cell.told % TOLD_MAX === 0) this.#onSpin();
    return true;
  }

  /** Throws inside code whose cell was interrupted. */
  check(): void {
    if (this.cancelled) throw new InterruptedError("running a cell");
  }

  /**
   * The answer to a call that an interrupted cell makes and waits for. It comes from the event loop and ever later, so that a loop
   * which catches it and calls again neither holds the event loop nor goes on.
   */
  refuse(): Promise<never> {
    const cell = this.running;
    const late = cell ? ++cell.refusals - REFUSALS_AT_ONCE : 0;
    const { setTimeout: later, setImmediate: soon } = this.#timers;
    return new Promise((_resolve, reject) => {
      const answer = (): void => reject(new InterruptedError("running a cell"));
      if (late <= 0) soon(answer);
      else later(answer, Math.min(REFUSAL_MS * 2 ** late, TIMER_MS_MAX));
    });
  }
}
