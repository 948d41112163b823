/**
 * The list of entries: what is asked for, which pages are there, which rows are in sight and which are chosen. Rows are fetched
 * in pages and drawn in a window, so ten thousand cost no more than thirty. Pure.
 */
import type { EntryName, EntryPage, EntryQuery, EntryRow, EntrySort } from "@sojourn/kernel/panel-protocol";

export const PAGE_ROWS = 100;
/** Rows beyond the window that are drawn, so that scrolling by a few finds them there. */
export const OVERSCAN = 8;
/** Pages that are kept; those farthest from the window go first. */
const PAGES_MAX = 12;

export type ListWish = Omit<EntryQuery, "offset" | "limit">;

export interface EntriesState {
  readonly wish: ListWish;
  /** Changes when everything must be asked again; answers to older questions are dropped. */
  readonly generation: number;
  readonly total?: number;
  /** Rows by the number of their page. */
  readonly pages: ReadonlyMap<number, readonly EntryRow[]>;
  /** Pages of an older generation, shown until the new ones are there, so that nothing jumps. */
  readonly stale: ReadonlySet<number>;
  readonly chosen: ReadonlyMap<string, EntryName>;
  readonly error?: string;
}

export type EntriesEvent =
  | { readonly type: "wish"; readonly wish: Partial<ListWish> }
  /** Something changed in the kernel's caches. */
  | { readonly type: "changed" }
  | { readonly type: "page"; readonly generation: number; readonly page: EntryPage; readonly first: number }
  | { readonly type: "failed"; readonly generation: number; readonly message: string }
  | { readonly type: "choose"; readonly entry: EntryName; readonly chosen: boolean }
  | { readonly type: "choose-none" }
  | { readonly type: "pinned"; readonly entry: EntryName; readonly pinned: boolean };

export const NO_ENTRIES: EntriesState = {
  wish: { layer: "private", kinds: [], filter: "", sort: "created", ascending: false },
  generation: 0,
  pages: new Map(),
  stale: new Set(),
  chosen: new Map(),
};

export const idOf = ({ kind, key }: EntryName): string => `${kind} ${key}`;

export function reduceEntries(state: EntriesState, event: EntriesEvent): EntriesState {
  switch (event.type) {
    case "wish":
      return {
        ...NO_ENTRIES,
        wish: { ...state.wish, ...event.wish },
        generation: state.generation + 1,
        chosen: event.wish.layer === undefined ? state.chosen : NO_ENTRIES.chosen,
      };
    case "changed":
      return { ...state, generation: state.generation + 1, stale: new Set(state.pages.keys()) };
    case "page": {
      if (event.generation !== state.generation) return state;
      const at = event.page.offset / PAGE_ROWS;
      const pages = new Map(state.pages);
      pages.set(at, event.page.entries);
      // a page beyond the end, after entries went
      for (const page of pages.keys()) if (page * PAGE_ROWS >= event.page.total) pages.delete(page);
      const stale = new Set([...state.stale].filter((page) => page !== at && pages.has(page)));
      dropFar(pages, at);
      const { error: _, ...rest } = state;
      return { ...rest, total: event.page.total, pages, stale };
    }
    case "failed":
      return event.generation === state.generation ? { ...state, error: event.message } : state;
    case "choose": {
      const chosen = new Map(state.chosen);
      if (event.chosen) chosen.set(idOf(event.entry), { kind: event.entry.kind, key: event.entry.key });
      else chosen.delete(idOf(event.entry));
      return { ...state, chosen };
    }
    case "choose-none":
      return state.chosen.size === 0 ? state : { ...state, chosen: new Map() };
    case "pinned": {
      const id = idOf(event.entry);
      const pages = new Map(
        [...state.pages].map(([at, rows]): [number, readonly EntryRow[]] => [
          at,
          rows.map((row) => (idOf(row) === id ? { ...row, pinned: event.pinned } : row)),
        ]),
      );
      return { ...state, pages };
    }
    default:
      return event satisfies never;
  }
}

function dropFar(pages: Map<number, unknown>, at: number): void {
  const far = [...pages.keys()].sort((a, b) => Math.abs(b - at) - Math.abs(a - at));
  for (const page of far.slice(0, Math.max(0, pages.size - PAGES_MAX))) pages.delete(page);
}

/** What is in sight. */
export interface RowWindow {
  /** First row that is drawn, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

export function windowOf(scrollTop: number, height: number, rowHeight: number, total: number): RowWindow {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const count = Math.ceil(Math.max(0, height) / rowHeight) + 1;
  const end = Math.min(total, first + count + OVERSCAN);
  return { start: Math.max(0, Math.min(first - OVERSCAN, end)), end };
}

/** Offsets of the pages that a window needs and that are not there, or are old. */
export function neededOffsets(state: EntriesState, { start, end }: RowWindow): number[] {
  const last = Math.max(start, end - 1);
  const offsets: number[] = [];
  for (let page = Math.floor(start / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page++)
    if (!state.pages.has(page) || state.stale.has(page)) offsets.push(page * PAGE_ROWS);
  return offsets;
}

/** The row at a place, as far as it is known. */
export const rowAt = (state: EntriesState, at: number): EntryRow | undefined =>
  state.pages.get(Math.floor(at / PAGE_ROWS))?.[at % PAGE_ROWS];

/** A click on a column: the other way round where it is sorted by already, else from the large or new end. */
export function sortedBy(wish: ListWish, sort: EntrySort): Pick<ListWish, "sort" | "ascending"> {
  return wish.sort === sort ? { sort, ascending: !wish.ascending } : { sort, ascending: sort === "name" };
}

/** Where the focus goes from a row by a key; undefined when the key is not for the list. */
export function rowAfter(key: string, at: number, rowsInSight: number, total: number): number | undefined {
  const to = (row: number): number => Math.max(0, Math.min(total - 1, row));
  switch (key) {
    case "ArrowDown":
      return to(at + 1);
    case "ArrowUp":
      return to(at - 1);
    case "PageDown":
      return to(at + Math.max(1, rowsInSight - 1));
    case "PageUp":
      return to(at - Math.max(1, rowsInSight - 1));
    case "Home":
      return to(0);
    case "End":
      return to(total - 1);
    default:
      return undefined;
  }
}
