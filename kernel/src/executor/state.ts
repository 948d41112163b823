/**
 * What main thread and controller worker share: a few integers that either can read while the other is busy, and the
 * messages between them.
 */
import type { FromExecutor, ToExecutor } from "../link/messages.js";

/** Slots of the shared Int32Array. */
export const SLOT = {
  /** 1 while an interrupt is wanted; long loops of the engine poll it. */
  interrupt: 0,
  /** Number of the running cell, 0 when idle, negated once the controller has begun to terminate it. */
  running: 1,
  /** Counts the nudges that the main thread has answered; standing still means that it is busy. */
  beat: 2,
} as const;

export function createState(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

/** What the worker is started with. */
export interface ControllerSetup {
  readonly state: Int32Array<SharedArrayBuffer>;
  /** File descriptor of the pipe to the supervisor. */
  readonly pipe: number;
}

export type ToMain =
  | Extract<ToExecutor, { type: "execute" | "close" }>
  /** Stop the cell if it is waiting for something. */
  | { readonly type: "interrupt"; readonly cell: number }
  /** The cell's code was terminated. */
  | { readonly type: "terminated"; readonly cell: number }
  /** Runs a line of JavaScript: a sign of life, and what a termination that found nothing to stop takes effect on. */
  | { readonly type: "nudge" };

export type FromMain = FromExecutor;
