/**
 * `show(value)` and its helpers. A display with an id can be updated later, from any cell:
 *
 *   const handle = show(plot, { id: "fit" });   handle.update(better);   show.update("fit", better);
 */
import type { FromExecutor, MimeBundle } from "../link/messages.js";
import type { Cell, Cells } from "./cells.js";
import { bundleOf, RichValue } from "./display.js";

export interface ShowOptions {
  /** Names the display, so that it can be updated. */
  readonly id?: string;
}

/** What `show` returns; shown as nothing, so that a cell may end in `show(…)`. */
export class DisplayHandle {
  readonly id: string;
  readonly #update: (value: unknown) => void;

  constructor(id: string, update: (value: unknown) => void) {
    this.id = id;
    this.#update = update;
  }

  update(value: unknown): void {
    this.#update(value);
  }
}

export interface Show {
  (value: unknown, options?: ShowOptions): DisplayHandle;
  html(text: string, options?: ShowOptions): DisplayHandle;
  svg(text: string, options?: ShowOptions): DisplayHandle;
  png(bytes: Uint8Array, options?: ShowOptions): DisplayHandle;
  jpeg(bytes: Uint8Array, options?: ShowOptions): DisplayHandle;
  markdown(text: string, options?: ShowOptions): DisplayHandle;
  latex(text: string, options?: ShowOptions): DisplayHandle;
  json(value: unknown, options?: ShowOptions): DisplayHandle;
  /** Replaces every display of that id. */
  update(id: string, value: unknown): void;
  /** Clears the cell's output; with `wait` only when the next output comes. */
  clear(options?: { readonly wait?: boolean }): void;
}

export function createShow(cells: Cells, emit: (message: FromExecutor) => void): Show {
  let unnamed = 0;
  const put = (value: unknown, kind: "display_data" | "update_display_data", displayId: string): void => {
    cells.check();
    const cell = cells.current;
    if (!cell) return;
    const send = (bundle: MimeBundle): void => {
      if (!cell.abort.signal.aborted) emit({ type: "display", cell: cell.number, kind, bundle, displayId });
    };
    const bundle = value instanceof Promise ? value.then(bundleOf) : bundleOf(value);
    if (bundle instanceof Promise) awaitFor(cell, bundle.then(send));
    else send(bundle);
  };
  const show = (value: unknown, options: ShowOptions = {}): DisplayHandle => {
    const id = options.id ?? `show-${process.pid}-${++unnamed}`;
    put(value, "display_data", id);
    return new DisplayHandle(id, (next) => put(next, "update_display_data", id));
  };
  const rich =
    <T>(type: string, plain: (content: T) => string) =>
    (content: T, options?: ShowOptions): DisplayHandle =>
      show(new RichValue({ [type]: content, "text/plain": plain(content) }), options);
  const picture = (bytes: Uint8Array): string => `[picture, ${bytes.byteLength} bytes]`;
  const asIs = (text: string): string => text;
  return Object.assign(show, {
    html: rich<string>("text/html", (text) => text.replace(/<[^>]*>/g, "")),
    svg: rich<string>("image/svg+xml", (text) => `[drawing, ${text.length} characters of SVG]`),
    png: rich<Uint8Array>("image/png", picture),
    jpeg: rich<Uint8Array>("image/jpeg", picture),
    markdown: rich<string>("text/markdown", asIs),
    latex: rich<string>("text/latex", asIs),
    json: rich<unknown>("application/json", (value) => JSON.stringify(value, null, 2) ?? "undefined"),
    update: (id: string, value: unknown) => put(value, "update_display_data", id),
    clear: ({ wait = false } = {}) => {
      cells.check();
      if (cells.current) emit({ type: "clear", cell: cells.current.number, wait });
    },
  });
}

/** Lets the cell end only after the display was made; its failure is the cell's. */
function awaitFor(cell: Cell, made: Promise<void>): void {
  const settled = made.finally(() => undefined);
  cell.pending.add(settled);
  settled.then(
    () => cell.pending.delete(settled),
    () => undefined,
  );
}
