/**
 * `show(value)` and its helpers. A display with an id can be updated later, from any cell:
 *
 *   const handle = show(plot, { id: "fit" });   handle.update(better);   show.update("fit", better);
 */
import type { FromExecutor, MimeBundle } from "../link/messages.js";
import type { Cell, Cells } from "./cells.js";
import { type BundleOf, PLOTLY, RichValue } from "./display.js";
import { isVegaLite, VEGA, VEGA_LITE } from "./figures/vega.js";
import { createProgressBar, type ProgressBar, type ProgressOptions } from "./progress-bar.js";
import { type TableOptions, tableBundle } from "./tables.js";

/** What one cell may show; more would not be read and makes a notebook that nobody can open. */
export const CELL_DISPLAY_CHARACTERS_MAX = 200_000_000;

export interface ShowOptions {
  /** Names the display, so that it can be updated. */
  readonly id?: string;
}

/** Stands for something that is shown already; shown as nothing, so that a cell may end in it. */
export class Shown {}

/** What `show` returns. */
export class DisplayHandle extends Shown {
  readonly id: string;
  readonly #update: (value: unknown) => void;

  constructor(id: string, update: (value: unknown) => void) {
    super();
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
  /** A figure `{ data, layout }` as plotly's own functions take it; drawn as SVG too. */
  plotly(figure: object, options?: ShowOptions): DisplayHandle;
  /** A specification of Vega or Vega-Lite, told apart by its `$schema` or its parts; drawn as SVG too. */
  vega(specification: object, options?: ShowOptions): DisplayHandle;
  /** Typed arrays, matrices, arrays of objects, objects of columns. */
  table(value: unknown, options?: ShowOptions & TableOptions): DisplayHandle;
  /** A bar for so many steps, or a walk through a list that moves one. */
  progress(total?: number, options?: ProgressOptions): ProgressBar;
  progress<T>(walked: Iterable<T>, options?: ProgressOptions): Iterable<T>;
  /** Replaces every display of that id. */
  update(id: string, value: unknown): void;
  /** Clears the cell's output; with `wait` only when the next output comes. */
  clear(options?: { readonly wait?: boolean }): void;
}

export interface ShowParts {
  readonly cells: Cells;
  readonly bundleOf: BundleOf;
  readonly emit: (message: FromExecutor) => void;
  /** Waits while too many displays have not left yet; throws when the cell is interrupted meanwhile. */
  readonly pace: () => void;
}

export function createShow({ cells, bundleOf, emit, pace }: ShowParts): Show {
  let unnamed = 0;
  const put = (value: unknown, kind: "display_data" | "update_display_data", displayId: string): void => {
    cells.check();
    const cell = cells.current;
    if (!cell) return;
    const send = (bundle: MimeBundle): void => {
      if (cell.abort.signal.aborted || !room(cell, bundle)) return;
      emit({ type: "display", cell: cell.number, kind, bundle, displayId });
      pace();
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
  const bar = (total: number | undefined, label: string): ProgressBar =>
    createProgressBar(
      total,
      label,
      (first) => {
        const handle = show(first);
        return (next) => handle.update(next);
      },
      () => performance.now(),
    );
  function* walk<T>(walked: Iterable<T>, total: number | undefined, label: string): Iterable<T> {
    const shown = bar(total, label);
    for (const one of walked) {
      yield one;
      shown.add();
    }
    if (total === undefined) shown.end();
  }
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
    plotly: (figure: object, options?: ShowOptions) => show(new RichValue({ [PLOTLY]: figure }), options),
    vega: (specification: object, options?: ShowOptions) => {
      const lite = isVegaLite(specification as Readonly<Record<string, unknown>>);
      return show(new RichValue({ [lite ? VEGA_LITE : VEGA]: specification }), options);
    },
    table: (value: unknown, options: ShowOptions & TableOptions = {}) =>
      show(new RichValue(tableBundle(value, options)), options),
    progress: ((walked: number | Iterable<unknown> | undefined, { label = "", total }: ProgressOptions = {}) => {
      if (walked === undefined || typeof walked === "number") return bar(walked ?? total, label);
      return walk(walked, total ?? sizeOf(walked), label);
    }) as Show["progress"],
    update: (id: string, value: unknown) => put(value, "update_display_data", id),
    clear: ({ wait = false } = {}) => {
      cells.check();
      if (cells.current) emit({ type: "clear", cell: cells.current.number, wait });
    },
  });
}

/** How many there are to walk through, where the list says so. */
function sizeOf(walked: Iterable<unknown>): number | undefined {
  const { length, size } = walked as { length?: unknown; size?: unknown };
  return typeof length === "number" ? length : typeof size === "number" ? size : undefined;
}

/** Whether the cell may show that much more; says once when it may not. */
function room(cell: Cell, { data }: MimeBundle): boolean {
  const before = cell.shown;
  for (const content of Object.values(data)) {
    cell.shown += typeof content === "string" ? content.length : (JSON.stringify(content)?.length ?? 0);
  }
  if (cell.shown <= CELL_DISPLAY_CHARACTERS_MAX) return true;
  if (before <= CELL_DISPLAY_CHARACTERS_MAX) {
    const megabytes = CELL_DISPLAY_CHARACTERS_MAX / 1e6;
    process.stderr.write(`\nThe rest of what this cell shows is dropped: it exceeds ${megabytes} MB.\n`);
  }
  return false;
}

/** Lets the cell end only after the display was made; its failure is the cell's. */
export function awaitFor(cell: Cell, made: Promise<void>): void {
  const settled = made.finally(() => undefined);
  cell.pending.add(settled);
  settled.then(
    () => cell.pending.delete(settled),
    () => undefined,
  );
}
