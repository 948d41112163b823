/**
 * What main thread and controller worker share: a few integers that either can read while the other is busy, and the
 * messages between them.
 */
import type { MessagePort } from "node:worker_threads";
import type { FromExecutor, ToExecutor } from "../link/messages.js";

/**
 * Where evaluated code and the kernel meet: a property of the global object that no listing shows. A plain name, because a
 * cell may declare `Symbol` or `globalThis` for itself.
 */
export const HATCH = "__sojournKernel";

/** Slots of the shared Int32Array. */
export const SLOT = {
  /** Number of the cell that is to stop, 0 for none; polled by long loops of the engine and whatever else a cell calls. */
  interrupt: 0,
  /** Number of the running cell, 0 when idle, negated once the controller has begun to terminate it. */
  running: 1,
  /** Counts the nudges that the main thread has answered; standing still means that it is busy. */
  beat: 2,
  /** Counts what may end the wait of a blocking `input()`: an answer, an interrupt. */
  answers: 3,
  /** Displays that were made and have not left yet. */
  backlog: 4,
  /** Number of the cell whose code has seen that it is to stop, and is on its way out. */
  seen: 5,
  /** How often code was terminated, or interrupted while no cell ran: calls of listeners that began before are to stop. */
  leftovers: 6,
} as const;

/** Whether the cell is to stop; tells the controller that code which can stop by itself has heard. */
export function isToStop(state: Int32Array, cell: number): boolean {
  if (cell === 0 || Atomics.load(state, SLOT.interrupt) !== cell) return false;
  Atomics.store(state, SLOT.seen, cell);
  return true;
}

/** The same of the cell that runs, also while it is being terminated. */
export function runningIsToStop(state: Int32Array): boolean {
  return isToStop(state, Math.abs(Atomics.load(state, SLOT.running)));
}

export function createState(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Object.keys(SLOT).length * Int32Array.BYTES_PER_ELEMENT));
}

/** What the worker is started with. */
export interface ControllerSetup {
  readonly state: Int32Array<SharedArrayBuffer>;
  /** The controller's end of the way on which answers to a blocking `input()` come. */
  readonly answers: MessagePort;
  /** File descriptor of the pipe to the supervisor. */
  readonly pipe: number;
}

export type ToMain =
  | Extract<ToExecutor, { type: "execute" | "close" | "input-reply" | "widget" | "warm" | "configure" }>
  /** Stop the cell if it is waiting for something. */
  | { readonly type: "interrupt"; readonly cell: number }
  /** The cell's code was terminated. */
  | { readonly type: "terminated"; readonly cell: number }
  /** Runs a line of JavaScript: a sign of life, and what a termination that found nothing to stop takes effect on. */
  | { readonly type: "nudge" };

/** `beat`: the answer to a nudge. `spinning`: said by a loop of an interrupted cell that holds the main thread. */
export type FromMain = FromExecutor | { readonly type: "beat" } | { readonly type: "spinning" };
