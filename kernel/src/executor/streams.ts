/**
 * Captures `console` and `process.stdout`/`stderr` of user code and attributes every piece to its cell. What native code
 * prints goes to the real file descriptors; the supervisor reads those.
 */
import { Console } from "node:console";
import type { StreamName } from "../link/messages.js";
import type { Cell, Cells } from "./cells.js";

/** Text that one cell may print; more would stall the browser that shows it. */
export const CELL_OUTPUT_CHARACTERS_MAX = 16_000_000;

export type EmitText = (cell: number, name: StreamName, text: string) => void;

/** Writes text for a cell, up to the cap and a notice. */
export function writeFor(cell: Cell, name: StreamName, text: string, emit: EmitText): void {
  const room = CELL_OUTPUT_CHARACTERS_MAX - cell.written;
  cell.written += text.length;
  if (room <= 0) return;
  emit(cell.number, name, text.length <= room ? text : text.slice(0, room));
  if (text.length > room) {
    const megabytes = CELL_OUTPUT_CHARACTERS_MAX / 1e6;
    emit(cell.number, "stderr", `\nThe rest of this cell's output is dropped: it exceeds ${megabytes} MB of text.\n`);
  }
}

export interface StreamParts {
  readonly cells: Cells;
  readonly emit: EmitText;
  /** Waits while too much output has not left yet; throws when the cell is interrupted meanwhile. */
  readonly pace: () => void;
}

export function captureStreams({ cells, emit, pace }: StreamParts): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error) => void),
      done?: (error?: Error) => void,
    ): boolean => {
      cells.check();
      const cell = cells.current;
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      if (cell) {
        writeFor(cell, name, text, emit);
        pace();
      }
      const callback = typeof encoding === "function" ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    };
    Object.defineProperty(stream, "write", { value: write, configurable: true, writable: true });
  }
  // A console of its own: the default one also keeps every argument alive for the inspector. Errors of a write are
  // not ignored, because an interrupted cell is stopped by one.
  const console = new Console({ stdout: process.stdout, stderr: process.stderr, ignoreErrors: false });
  Object.defineProperty(globalThis, "console", { value: console, configurable: true, writable: true });
}
