/**
 * Captures `console` and `process.stdout`/`stderr` of user code and attributes every piece to its cell. What native code
 * prints goes to the real file descriptors; the supervisor reads those.
 */
import { Console } from "node:console";
import { StringDecoder } from "node:string_decoder";
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

/** Encodings in which a text stands for bytes. */
const BYTES: ReadonlySet<unknown> = new Set(["hex", "base64", "base64url"]);

/** Text of pieces that may end in the middle of a character; each cell has its own rest. */
function createReader(): (cell: Cell, chunk: string | Uint8Array, encoding: unknown) => string {
  const decoders = new WeakMap<Cell, StringDecoder>();
  return (cell, chunk, encoding) => {
    const known = decoders.get(cell);
    if (typeof chunk === "string" && !BYTES.has(encoding)) return known ? known.end() + chunk : chunk;
    const decoder = known ?? new StringDecoder("utf8");
    decoders.set(cell, decoder);
    return decoder.write(
      typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk),
    );
  };
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
    const read = createReader();
    const write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error) => void),
      done?: (error?: Error) => void,
    ): boolean => {
      cells.check();
      const cell = cells.current;
      if (cell) {
        const text = read(cell, chunk, encoding);
        if (text !== "") writeFor(cell, name, text, emit);
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
