/**
 * What leaves the executor, in order, and not faster than a Jupyter server lets through: it drops output beyond a thousand
 * messages in a second. After a burst, displays wait their turn here, and the code that makes them waits too (`backlog`).
 * Updates of one display that wait replace each other. Messages that are no output pass at once.
 */
import type { FromExecutor } from "../link/messages.js";
import { SLOT } from "./state.js";

/** Output messages that may go at once, and that become allowed in a second. */
export const BURST = 1000;
export const PER_SECOND = 900;
/** Displays that may wait here before the code that makes more of them waits. */
export const BACKLOG_MAX = 200;
const DRAIN_MS = 20;

type Output = Extract<FromExecutor, { type: "stream" | "display" | "clear" | "input" | "done" | "widget" }>;

export interface Outbox {
  send(message: FromExecutor): void;
  /** The cell was interrupted: what waits of its displays is dropped. */
  drop(cell: number): void;
}

export interface OutboxParts {
  readonly write: (message: FromExecutor) => void;
  readonly state: Int32Array;
  readonly now: () => number;
  /** Calls back once, later. */
  readonly schedule: (callback: () => void, ms: number) => void;
}

/** What code waits for when there is too much of it. */
export const isPaced = ({ type }: FromExecutor): boolean => type === "display" || type === "widget";

export function createOutbox({ write, state, now, schedule }: OutboxParts): Outbox {
  let waiting: Output[] = [];
  let tokens = BURST;
  let filledAt = now();
  let scheduled = false;

  const released = (count: number): void => {
    Atomics.sub(state, SLOT.backlog, count);
    Atomics.notify(state, SLOT.backlog);
  };

  function allowed(message: Output): boolean {
    const time = now();
    tokens = Math.min(BURST, tokens + ((time - filledAt) * PER_SECOND) / 1000);
    filledAt = time;
    if (message.type === "done" || message.type === "input") return true;
    if (tokens < 1) return false;
    tokens--;
    return true;
  }

  function put(message: Output): void {
    write(message);
    if (isPaced(message)) released(1);
  }

  function drain(): void {
    scheduled = false;
    let count = 0;
    while (count < waiting.length && allowed(waiting[count]!)) put(waiting[count++]!);
    waiting = waiting.slice(count);
    if (waiting.length > 0) later();
  }

  function later(): void {
    if (scheduled) return;
    scheduled = true;
    schedule(drain, DRAIN_MS);
  }

  /** An update that waits is of no use once a newer one is there; of a widget's state the newer values are taken. */
  function replaces(message: Output): boolean {
    if (message.type === "widget") return joins(message);
    if (message.type !== "display" || message.kind !== "update_display_data") return false;
    const at = waiting.findLastIndex(
      (one) => one.type === "display" && one.kind === message.kind && one.displayId === message.displayId,
    );
    if (at < 0) return false;
    waiting[at] = message;
    released(1);
    return true;
  }

  function joins({ cell, model, word }: Extract<Output, { type: "widget" }>): boolean {
    const at = waiting.findLastIndex((one) => one.type === "widget" && one.model === model);
    const before = waiting[at];
    if (before?.type !== "widget" || before.word.word !== "change" || word.word !== "change") return false;
    waiting[at] = { type: "widget", cell, model, word: { ...word, state: { ...before.word.state, ...word.state } } };
    released(1);
    return true;
  }

  return {
    send(message) {
      if (
        message.type === "widget-heard" ||
        message.type === "event" ||
        message.type === "warmed" ||
        message.type === "model" ||
        message.type === "answer" ||
        message.type === "ready" ||
        message.type === "closed"
      ) {
        write(message);
      } else if (waiting.length === 0 && allowed(message)) put(message);
      else if (!replaces(message)) {
        waiting.push(message);
        later();
      }
    },
    drop(cell) {
      const kept = waiting.filter((one) => one.type !== "display" || one.cell !== cell);
      released(waiting.length - kept.length);
      waiting = kept;
    },
  };
}
