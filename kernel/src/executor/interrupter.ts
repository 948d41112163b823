/**
 * Interrupts in three stages. First a flag in shared memory that long loops of the engine poll, and a word to the event
 * loop, which lets a waiting cell go. After 150 ms the cell's code is terminated where it stands; that skips its `catch`
 * and `finally`, which is why it comes second, and later where a loop has seen the flag and is on its way out. After 3 s an
 * honest notice: code inside a native call cannot be stopped. Once an interrupted cell has ended, the main thread must show that
 * its event loop turns; code of the cell that holds it (a loop that caught the interrupt) is terminated as well.
 */
import type { Session } from "node:inspector";
import { HATCH, SLOT, type ToMain } from "./state.js";

const TERMINATE_MS = 150;
/** For code that has seen the flag: its `finally` may have something to put away. */
const TERMINATE_SEEN_MS = 300;
const RETRY_MS = 50;
/** An event loop that has not turned for so long is held by a loop. */
const WATCH_MS = 300;
const NOTICE_MS = 3000;
const BEFORE = `${HATCH}.beforeTermination()`;

export interface Interrupter {
  /** Stops a cell; 0 when none runs: then only what an earlier cell left spinning is stopped. */
  interrupt(cell: number): void;
  /**
   * Code is being terminated. What is terminated is the JavaScript that comes next on the main thread, so until it has ended nothing
   * else may be evaluated there, or the cell would go on and that be stopped in its place.
   */
  readonly terminating: boolean;
  /** The cell ended; what an interrupted one has left spinning is still to be stopped. */
  ended(): void;
  /** An interrupted cell has ended and the event loop has not turned since; until `free` is called no cell may start. */
  readonly watching: boolean;
  /** A loop of an interrupted cell holds the main thread. */
  stopSpinning(): void;
  /** The main thread answered a nudge. */
  beat(): void;
}

export interface InterrupterParts {
  readonly state: Int32Array;
  readonly session: Session;
  readonly toMain: (message: ToMain) => void;
  readonly notice: (cell: number, text: string) => void;
  /** The next cell may start. */
  readonly free: () => void;
}

export function createInterrupter({ state, session, toMain, notice, free }: InterrupterParts): Interrupter {
  let timers: NodeJS.Timeout[] = [];
  let stopping = 0;
  let terminating = false;
  let watcher: NodeJS.Timeout | undefined;

  const terminate = (cell: number): void => {
    Atomics.add(state, SLOT.leftovers, 1);
    session.post("Runtime.evaluate", { expression: BEFORE, silent: true });
    terminating = true;
    session.post("Runtime.terminateExecution", () => {
      terminating = false;
      toMain({ type: "terminated", cell });
    });
    toMain({ type: "nudge" });
  };

  /** Terminates the cell only while it still runs: code of the kernel itself must not be terminated. */
  const terminateCell = (cell: number): void => {
    if (Atomics.compareExchange(state, SLOT.running, cell, -cell) === cell) terminate(cell);
    else timers.push(setTimeout(terminateCell, RETRY_MS, cell));
  };

  /** When no cell has the main thread and yet it does not answer, something that an earlier cell left is spinning. */
  const terminateLeftover = (): void => {
    Atomics.add(state, SLOT.leftovers, 1);
    const beat = Atomics.load(state, SLOT.beat);
    toMain({ type: "nudge" });
    setTimeout(() => {
      if (Atomics.load(state, SLOT.beat) === beat && Atomics.load(state, SLOT.running) === 0) terminate(0);
    }, TERMINATE_MS);
  };

  const watch = (): void => {
    toMain({ type: "nudge" });
    watcher = setInterval(() => {
      if (!terminating) terminate(0);
    }, WATCH_MS);
  };

  return {
    get watching() {
      return watcher !== undefined;
    },
    stopSpinning() {
      if (!terminating) terminate(0);
    },
    beat() {
      if (watcher === undefined) return;
      clearInterval(watcher);
      watcher = undefined;
      free();
    },
    get terminating() {
      return terminating;
    },
    interrupt(cell) {
      if (watcher === undefined && Atomics.load(state, SLOT.running) === 0) terminateLeftover();
      if (cell === 0 || stopping === cell) return;
      stopping = cell;
      Atomics.store(state, SLOT.interrupt, cell);
      Atomics.add(state, SLOT.answers, 1);
      Atomics.notify(state, SLOT.answers);
      toMain({ type: "interrupt", cell });
      timers.push(
        setTimeout(() => {
          const seen = Atomics.load(state, SLOT.seen) === cell;
          if (seen) timers.push(setTimeout(terminateCell, TERMINATE_SEEN_MS - TERMINATE_MS, cell));
          else terminateCell(cell);
        }, TERMINATE_MS),
      );
      timers.push(
        setTimeout(
          notice,
          NOTICE_MS,
          cell,
          "The cell has not stopped after 3 s: it is inside a native call, which cannot be interrupted. " +
            "Wait for it, or restart the kernel (variables are then lost).\n",
        ),
      );
    },
    ended() {
      for (const timer of timers) clearTimeout(timer);
      timers = [];
      if (stopping !== 0 && watcher === undefined) watch();
      stopping = 0;
    },
  };
}
