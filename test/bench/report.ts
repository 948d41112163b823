/** A run in words: a short table per case while it runs, and the page docs/benchmarks.md. */
import type { CaseResult, Goal, Report } from "./bench.js";
import { type Comparison, type Measured, medianOf, type Ratio } from "./compare.js";

const digits = (value: number): string => {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(1);
  return size >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
};
const cell = (value: number | string | undefined): string =>
  value === undefined ? "–" : typeof value === "number" ? digits(value) : value;

type Cells = readonly (number | string | undefined)[];

function markdownTable(columns: readonly string[], rows: readonly Cells[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map((row) => line(row.map(cell)))].join("\n");
}

function plainTable(columns: readonly string[], rows: readonly Cells[]): string {
  const all = [columns, ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, c) => Math.max(...all.map((row) => row[c].length)));
  return all.map((row) => row.map((text, c) => text.padEnd(widths[c])).join("  ")).join("\n");
}

const MICRO = 1e6;
const ratioText = ({ median, low, high }: Ratio): string => `${digits(median)} (${digits(low)}–${digits(high)})`;

function goalCells({ text, value, atLeast, atMost, unit, met }: Goal): Cells {
  const bound = atLeast === undefined ? `≤ ${digits(atMost!)} ${unit}` : `≥ ${digits(atLeast)} ${unit}`;
  return [
    text,
    bound,
    value === undefined ? "not measured" : `${digits(value)} ${unit}`,
    met === undefined ? "–" : met ? "yes" : "**no**",
  ];
}

/** The first of ours, which ratios are over. */
const usOf = (comparison: Comparison): Measured | undefined => comparison.measured.find(({ ours }) => ours);

function ratioOver(comparison: Comparison, of: string, measure: Ratio["measure"]): string {
  const us = usOf(comparison);
  const one = comparison.measured.find(({ id }) => id === of);
  if (!us || !one) return "–";
  if (one === us) return "1";
  if (!one.agrees && !one.approximate) return `answers differ by ${digits(one.difference)}`;
  const ratio = comparison.ratios.find((r) => r.of === of && r.over === us.id && r.measure === measure);
  return ratio ? ratioText(ratio) : "–";
}

/** What one case came to, for the terminal. */
export function caseText({ title, comparison, table, goals }: CaseResult): string {
  const parts = [title];
  if (comparison) {
    const rows = comparison.measured.map(
      (one): Cells => [
        one.id,
        medianOf(one) * MICRO,
        one.single.length > 0 ? medianOf(one, "single") * MICRO : undefined,
        ratioOver(comparison, one.id, "batch"),
        one.ours && one === usOf(comparison) ? undefined : one.difference,
        one.facts.settings ?? (one.facts.lanes ? `lanes: ${one.facts.lanes}` : undefined),
      ],
    );
    parts.push(plainTable(["", "µs per θ", "one θ, µs", "ratio to ours", "difference", ""], rows));
    for (const { id, reason } of comparison.skipped) parts.push(`without ${id}: ${reason}`);
  }
  if (table) parts.push(plainTable(table.columns, table.rows));
  if (goals.length > 0) parts.push(plainTable(["goal", "bound", "measured", "met"], goals.map(goalCells)));
  return `\n${parts.join("\n")}\n`;
}

const isMoments = ({ id }: CaseResult): boolean => id.startsWith("moments/");

/** Contenders of several cases, each once, in the order of their first appearance. */
function contenders(cases: readonly CaseResult[]): string[] {
  return [...new Set(cases.flatMap(({ comparison }) => comparison?.measured.map(({ id }) => id) ?? []))];
}

/** Models by contenders: µs, or ratios over ours. */
function byModel(
  cases: readonly CaseResult[],
  what: (comparison: Comparison, id: string) => number | string | undefined,
  left: (id: string) => boolean = () => true,
): string {
  const ids = contenders(cases).filter(left);
  const rows = cases.map(
    ({ model, comparison }): Cells => [
      model?.name,
      model?.vertices,
      model?.edges,
      ...ids.map((id) => what(comparison!, id)),
    ],
  );
  return markdownTable(["model", "V", "E", ...ids], rows);
}

const micro =
  (measure: Ratio["measure"]) =>
  (comparison: Comparison, id: string): number | undefined => {
    const one = comparison.measured.find((measured) => measured.id === id);
    return one && one[measure].length > 0 ? medianOf(one, measure) * MICRO : undefined;
  };

function momentsSection(cases: readonly CaseResult[]): string {
  const us = cases.map(({ comparison }) => usOf(comparison!)?.id).find((id) => id !== undefined);
  const others = (id: string): boolean => id !== us;
  const ratios = (measure: Ratio["measure"]) => (comparison: Comparison, id: string) =>
    ratioOver(comparison, id, measure);
  const phases = cases.flatMap(({ model, comparison }) =>
    comparison!.measured
      .filter((one) => Object.keys(one.phases).length > 0)
      .map((one): Cells => {
        const { weights, factor, solve, output } = one.phases;
        const operations = one.id === "klu" ? 0 : 2e-9 * model!.factorMultiplyAdds;
        const rate = operations > 0 && factor > 0 ? operations / factor : undefined;
        return [model!.name, one.id, ...[weights, factor, solve, output].map((s) => s && s * MICRO), rate];
      }),
  );
  return [
    "## Mean and variance",
    "Many θ, µs per θ:",
    byModel(cases, micro("batch")),
    `How many times as long as \`${us}\` (median of rounds, least and most):`,
    byModel(cases, ratios("batch"), others),
    "A new θ alone, µs (`native` programs of more than one lane fill the others with neighbours):",
    byModel(cases, micro("single")),
    byModel(cases, ratios("single"), others),
    "Phases of a batch, µs per θ (ours from what programs of no solve, one and two take more than each other); operations of the factor loop per second:",
    markdownTable(["model", "contender", "weights", "factor", "2 solves", "output", "GFLOP/s"], phases),
  ].join("\n\n");
}

function contestSection(cases: readonly CaseResult[], heading: string): string {
  const rows = cases.flatMap(({ model, comparison }) =>
    comparison!.measured.map(
      (one): Cells => [
        model!.name,
        one.id,
        medianOf(one) * 1e3,
        ratioOver(comparison!, one.id, "batch"),
        one === usOf(comparison!) ? undefined : one.difference,
      ],
    ),
  );
  return [heading, markdownTable(["model", "contender", "ms per θ", "ratio to ours", "difference"], rows)].join("\n\n");
}

function goalsSection(report: Report): string {
  const rows = report.cases.flatMap(({ id, goals }) => goals.map((goal): Cells => [id, ...goalCells(goal)]));
  if (rows.length === 0) return "";
  return ["## Goals", markdownTable(["case", "goal", "bound", "measured", "met"], rows)].join("\n\n");
}

/** Settings that contenders chose for themselves. */
function settingsSection(report: Report): string {
  const rows = report.cases.flatMap(({ id, comparison }) =>
    (comparison?.measured ?? [])
      .filter(({ facts }) => facts.settings !== undefined)
      .map((one): Cells => [id, one.id, one.facts.settings, one.count, one.difference]),
  );
  if (rows.length === 0) return "";
  const columns = ["case", "peer", "fastest of its settings", "θ per pass", "difference from ours"];
  return ["## Settings of the peers", markdownTable(columns, rows)].join("\n\n");
}

/** The whole page. */
export function markdown(report: Report): string {
  const { machine, versions, cases, missing, failed } = report;
  const pick = (prefix: string): CaseResult[] =>
    cases.filter(({ id, comparison }) => id.startsWith(prefix) && comparison);
  const tables = cases.filter(({ table }) => table !== undefined);
  const moments = cases.filter((one) => isMoments(one) && one.comparison);
  const [densities, likelihoods] = [pick("density/"), pick("likelihood/")];
  const skipped = [
    ...Object.entries(missing).map(([name, reason]) => `- without ${name}: ${reason}`),
    ...cases.flatMap(
      ({ id, comparison }) => comparison?.skipped.map((one) => `- ${id} without ${one.id}: ${one.reason}`) ?? [],
    ),
    ...failed.map(({ id, reason }) => `- ${id} failed: ${reason}`),
  ];
  const sections = [
    "# Benchmarks",
    `Written by \`npm run bench -- --peers --write\`${report.quick ? " with `--quick`, so not to be quoted" : ""} on ${report.date.slice(0, 10)}. What is measured and how stands in [test/bench](../test/bench/README.md).`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node} (V8 ${machine.v8}). ${Object.entries(
      versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    `Contenders take turns in one run, on one thread each unless said, warm; times are medians of rounds, ratios are taken round by round (${report.clock === "cpu" ? "batches by the processor's time, as others used the machine; one θ alone, threads and starts from nothing by the wall's" : "all by the wall clock"}). All answers are compared, and where exact ones differ by more than 1e-9 there is no ratio.`,
    goalsSection(report),
    moments.length > 0 ? momentsSection(moments) : "",
    densities.length > 0
      ? contestSection(
          densities,
          "## Densities at 100 times\n\nTimes are evaluated by the first backend that was asked for. Differences are over the largest value of the curve.",
        )
      : "",
    likelihoods.length > 0
      ? contestSection(likelihoods, "## Log-likelihood of 1,000 observations with its gradient")
      : "",
    ...tables.map(({ title, table }) => [`## ${title}`, markdownTable(table!.columns, table!.rows)].join("\n\n")),
    settingsSection(report),
    skipped.length > 0 ? ["## What was left out", [...new Set(skipped)].join("\n")].join("\n\n") : "",
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}
