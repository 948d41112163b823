/** What the panel's benchmark measures: names, units and goals of all figures, in the order of the page. */

export interface FigureKind {
  readonly id: string;
  /** The part of a run that measures it, as `--only` takes it. */
  readonly part: (typeof PARTS)[number];
  readonly name: string;
  readonly unit: "ms" | "kB" | "B" | "";
  /** No more than this; the bound in the words of the page too. */
  readonly atMost?: number;
}

export const PARTS = ["load", "hidden", "entries"] as const;

export const FIGURES: readonly FigureKind[] = [
  { id: "chunk", part: "load", name: "largest file before the panel is shown", unit: "kB", atMost: 60 },
  { id: "chunk-gzip", part: "load", name: "the same, compressed", unit: "kB" },
  { id: "all-files", part: "load", name: "all files before the panel is shown", unit: "kB" },
  { id: "all-files-gzip", part: "load", name: "the same, compressed", unit: "kB" },
  { id: "activation", part: "load", name: "activation of the plugin", unit: "ms", atMost: 20 },
  { id: "shown", part: "load", name: "from the click that shows the panel to its first numbers", unit: "ms" },
  {
    id: "hidden-messages",
    part: "hidden",
    name: "messages of a hidden panel during a cell that changes the caches",
    unit: "",
    atMost: 0,
  },
  { id: "hidden-bytes", part: "hidden", name: "their bytes", unit: "B", atMost: 0 },
  { id: "seen-messages", part: "hidden", name: "for comparison: messages of a panel that is shown", unit: "" },
  { id: "seen-bytes", part: "hidden", name: "their bytes", unit: "B" },
  { id: "cell-messages", part: "hidden", name: "for comparison: messages of the cell itself", unit: "" },
  { id: "update-overview", part: "entries", name: "from an update's arrival to its numbers", unit: "ms", atMost: 100 },
  { id: "update-list", part: "entries", name: "from an update's arrival to its rows", unit: "ms", atMost: 100 },
  { id: "update-answer", part: "entries", name: "of which the kernel's answer with the rows, on the wire", unit: "ms" },
  { id: "sort", part: "entries", name: "from a click that sorts to the rows", unit: "ms", atMost: 100 },
  {
    id: "filter",
    part: "entries",
    name: "from a filter typed to the rows, a pause of 200 in it",
    unit: "ms",
    atMost: 300,
  },
  { id: "jump", part: "entries", name: "from a jump in the list to rows not seen before", unit: "ms", atMost: 100 },
  { id: "scroll", part: "entries", name: "from frame to frame while scrolling", unit: "ms", atMost: 20 },
  {
    id: "spin-answer",
    part: "entries",
    name: "answer to the panel while a cell spins, on the wire",
    unit: "ms",
    atMost: 200,
  },
  {
    id: "spin-sort",
    part: "entries",
    name: "from a click that sorts to the rows while a cell spins",
    unit: "ms",
    atMost: 200,
  },
];

/** Figures of these parts; of all where none is named. */
export function figuresOf(only: string | undefined): readonly FigureKind[] {
  const words = only?.split(",");
  return words === undefined ? FIGURES : FIGURES.filter(({ part }) => words.includes(part));
}
