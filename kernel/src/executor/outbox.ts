/**
 * What leaves the executor, in order, and not faster than a Jupyter server lets through: it drops output beyond a thousand
 * messages in a second. After a burst, output waits its turn here, and the code that makes it waits too (`backlog`).
 * Updates of one display that wait replace each other, text that follows text of the same stream joins it. Messages that are no
 * output pass at once.
 */
import type { FromExecutor } from "../link/messages.js";
import { SLOT } from "./state.js";

/** Output messages that may go at once, and that become allowed in a second. */
export const BURST = 1000;
export const PER_SECOND = 900;
/** Displays that may wait here before the code that makes more of them waits. */
export const BACKLOG_MAX = 200;
const DRAIN_MS = 20;
/** Text that waits grows up to so much in one message. */
const JOINED_CHARACTERS_MAX = 64_000;

type Output = Extract<FromExecutor, { type: "stream" | "display" | "clear" | "input" | "done" | "widget" }>;

export interface Outbox {
  /** `slots` is what the message holds of the backlog. */
  send(message: FromExecutor, slots?: number): void;
  /** The cell was interrupted: what waits of its output is dropped, and so is what it makes while there is too much. */
  drop(cell: number): void;
}

export interface OutboxParts {
  readonly write: (message: FromExecutor) => void;
  readonly state: Int32Array;
  readonly now: () => number;
  /** Calls back once, later. */
  readonly schedule: (callback: () => void, ms: number) => void;
}

/** What code waits for when there is too much of it; of a stream only a piece that opens a message of its own. */
export const isPaced = (message: FromExecutor): boolean =>
  message.type === "display" || message.type === "widget" || (message.type === "stream" && message.opens === true);

interface Waiting {
  readonly message: Output;
  readonly slots: number;
}

export function createOutbox({ write, state, now, schedule }: OutboxParts): Outbox {
  let waiting: Waiting[] = [];
  let dropped = 0;
  let tokens = BURST;
  let filledAt = now();
  let scheduled = false;

  const released = (count: number): void => {
    if (count === 0) return;
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

  function put({ message, slots }: Waiting): void {
    write(message);
    released(slots);
  }

  function drain(): void {
    scheduled = false;
    let count = 0;
    while (count < waiting.length && allowed(waiting[count]!.message)) put(waiting[count++]!);
    waiting = waiting.slice(count);
    if (waiting.length > 0) later();
  }

  function later(): void {
    if (scheduled) return;
    scheduled = true;
    schedule(drain, DRAIN_MS);
  }

  /** An update that waits is of no use once a newer one is there; of a widget's state the newer values are taken. */
  function replacement(message: Output): { readonly at: number; readonly message: Output } | undefined {
    switch (message.type) {
      case "stream": {
        const at = waiting.length - 1;
        const before = waiting[at]?.message;
        if (before?.type !== "stream" || before.cell !== message.cell || before.name !== message.name) return undefined;
        if (before.text.length + message.text.length > JOINED_CHARACTERS_MAX) return undefined;
        return { at, message: { ...before, text: before.text + message.text } };
      }
      case "widget": {
        const { cell, model, word } = message;
        const at = waiting.findLastIndex((one) => one.message.type === "widget" && one.message.model === model);
        const before = waiting[at]?.message;
        if (before?.type !== "widget" || before.word.word !== "change" || word.word !== "change") return undefined;
        const state = { ...before.word.state, ...word.state };
        return { at, message: { type: "widget", cell, model, word: { ...word, state } } };
      }
      case "display": {
        if (message.kind !== "update_display_data") return undefined;
        const { displayId } = message;
        const at = waiting.findLastIndex(
          (one) => one.message.type === "display" && one.message.displayId === displayId,
        );
        const before = waiting[at]?.message;
        return before?.type === "display" && before.kind === message.kind ? { at, message } : undefined;
      }
      default:
        return undefined;
    }
  }

  function replaces(message: Output, slots: number): boolean {
    const found = replacement(message);
    if (!found) return false;
    waiting[found.at] = { message: found.message, slots: waiting[found.at]!.slots };
    released(slots);
    return true;
  }

  const isDropped = ({ type, cell }: Output): boolean => cell === dropped && (type === "display" || type === "stream");

  return {
    send(message, slots = isPaced(message) ? 1 : 0) {
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
      } else if (waiting.length === 0 && allowed(message)) put({ message, slots });
      else if (isDropped(message)) released(slots);
      else if (!replaces(message, slots)) {
        waiting.push({ message, slots });
        later();
      }
    },
    drop(cell) {
      dropped = cell;
      const gone = waiting.filter(({ message }) => isDropped(message));
      waiting = waiting.filter(({ message }) => !isDropped(message));
      released(gone.reduce((sum, { slots }) => sum + slots, 0));
    },
  };
}
