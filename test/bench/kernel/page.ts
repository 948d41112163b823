/** The page docs/benchmarks-kernel.md, and the same table on the terminal. */
import type { Machine } from "../machine.js";
import { pageTable, type Table, terminalTable as textTable } from "../table.js";
import type { Figure } from "./measures.js";

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** What is wanted of ours; a text for the page and a bound of the figures of one run. */
  readonly goal?: { readonly text: string; readonly atMost: number };
  readonly figures: Readonly<Record<string, Figure>>;
}

export interface KernelReport {
  readonly format: "sojourn-bench-kernel/1";
  readonly date: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly missing: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

const digits = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(value < 1 ? 2 : 3)));

const said = (figure: Figure | undefined): string =>
  figure === undefined ? "–" : "value" in figure ? digits(figure.value) : figure.none;

/** Whether ours does what is wanted; undefined where nothing is. */
export function met({ goal, figures }: Row): boolean | undefined {
  if (!goal) return undefined;
  const ours = figures.sojourn;
  return ours !== undefined && "value" in ours && ours.value <= goal.atMost;
}

export function table(report: KernelReport): Table {
  const ids = [...new Set(report.rows.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = report.rows.map((row) => {
    const fine = met(row);
    return [
      `${row.name}, ${row.unit}`,
      row.goal?.text ?? "–",
      ...ids.map((id) => said(row.figures[id])),
      fine === undefined ? "" : fine ? "yes" : "**no**",
    ];
  });
  return { columns: ["", "goal", ...ids, "met"], rows };
}

export const terminalTable = (report: KernelReport): string => textTable(table(report));

export function page(report: KernelReport): string {
  const { machine, versions, missing, date, quick } = report;
  const left = Object.entries(missing).map(([id, reason]) => `- without ${id}: ${reason}`);
  return `${[
    "# Benchmarks of the kernel",
    `Written by \`npm run bench -- kernel --peers --write\`${quick ? " with `--quick`, so not to be quoted" : ""} on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}. ${Object.entries(
      versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    "All are driven by one client in one run and take turns; times are in ms, medians unless said. `floor` is Node with ZeroMQ and an empty answer to everything. While a cell spins the figure is the 95th percentile, and an answer is waited for 3 s. An interrupt goes as a Jupyter server would send it, by message or signal; `goes on` means that the cell had not ended 5 s later. Python's cases are the nearest that the language has.",
    pageTable(table(report)),
    ...(left.length > 0 ? ["## What was left out", left.join("\n")] : []),
  ].join("\n\n")}\n`;
}
