/** The page docs/benchmarks-panel.md, and the same table on the terminal. */
import type { Machine } from "../machine.js";
import { median } from "../statistics.js";
import { pageTable, type Table, terminalTable as textTable } from "../table.js";
import type { FigureKind } from "./figures.js";

export interface PanelReport {
  readonly format: "sojourn-bench-panel/1";
  readonly date: string;
  readonly quick: boolean;
  readonly machine: Machine;
  /** Processes that were at work before the run, the mean of a minute. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly (FigureKind & { readonly values: readonly number[] })[];
}

export type Verdict = "yes" | "median only" | "no";

/** Whether the goal is met by all values, by their median, or not; undefined where there is none. */
export function met({ atMost, values }: PanelReport["figures"][number]): Verdict | undefined {
  if (values.length === 0 || values.some(Number.isNaN)) return "no";
  if (atMost === undefined) return undefined;
  if (Math.max(...values) <= atMost) return "yes";
  return median(values) <= atMost ? "median only" : "no";
}

const digits = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

export function table({ figures }: PanelReport): Table {
  const rows = figures.map((figure) => {
    const { name, unit, atMost, values } = figure;
    const verdict = met(figure);
    return [
      unit === "" ? name : `${name}, ${unit}`,
      atMost === undefined ? "–" : atMost === 0 ? "0" : `≤ ${atMost}`,
      values.length === 0 ? "not measured" : digits(median(values)),
      values.length < 2 ? "–" : `${digits(Math.max(...values))} of ${values.length}`,
      verdict === undefined ? "" : verdict === "no" ? "**no**" : verdict,
    ];
  });
  return { columns: ["", "goal", "median", "worst", "met"], rows };
}

export const terminalTable = (report: PanelReport): string => textTable(table(report));

export function page(report: PanelReport): string {
  const { machine, versions, date, quick, loadBefore } = report;
  const reasons = [...(quick ? ["with `--quick`"] : []), ...(loadBefore > 0.5 ? ["beside other work"] : [])];
  const caution = reasons.length > 0 ? ` ${reasons.join(" and ")}, so not to be quoted,` : "";
  const with_ = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${[
    "# Benchmarks of the panel",
    `Written by \`npm run bench -- panel --write\`${caution} on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load before the run ${loadBefore.toFixed(1)}. ${with_.join(", ")}.`,
    "A real JupyterLab in a real Chromium without a graphics card, with real kernels; any message on the browser's console fails the run. Times are by the page's clock, until the frame with the result has been drawn, so a part of 17 ms at 60 frames a second is waiting for the next frame. The figures from an update on are with 10,000 entries in ENTRIES. Rows are asked of the kernel, so their times hold the way to it and back, through the server. What a hidden panel sends and receives is counted on the page's websockets, before it was ever shown and after it was hidden. `yes`: all values are within the goal; `median only`: half of them.",
    pageTable(table(report)),
  ].join("\n\n")}\n`;
}
