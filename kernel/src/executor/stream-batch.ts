/**
 * Batches stream output: pieces of one cell and stream that follow each other become one message, sent after a short
 * while or when enough has gathered, and always before anything else that the cell sends.
 */
import type { FromExecutor, StreamName } from "../link/messages.js";

export const BATCH_MS = 50;
export const BATCH_CHARACTERS_MAX = 64_000;

export interface StreamBatch {
  /** `slots` is what the piece holds of the outbox's backlog. */
  add(cell: number, name: StreamName, text: string, slots?: number): void;
  flush(): void;
}

/** `schedule` calls back later, once; it is asked again only after it did. */
export function createStreamBatch(
  send: (message: FromExecutor, slots: number) => void,
  schedule: (callback: () => void) => void,
): StreamBatch {
  let cell = 0;
  let name: StreamName = "stdout";
  let pieces: string[] = [];
  let characters = 0;
  let held = 0;
  let scheduled = false;
  const flush = (): void => {
    if (pieces.length === 0) return;
    send({ type: "stream", cell, name, text: pieces.join("") }, held);
    pieces = [];
    held = 0;
    characters = 0;
  };
  return {
    flush,
    add(toCell, toName, text, slots = 0) {
      if (toCell !== cell || toName !== name) flush();
      cell = toCell;
      name = toName;
      pieces.push(text);
      held += slots;
      characters += text.length;
      if (characters >= BATCH_CHARACTERS_MAX) flush();
      else if (!scheduled) {
        scheduled = true;
        schedule(() => {
          scheduled = false;
          flush();
        });
      }
    },
  };
}
