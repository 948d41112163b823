/** One run of `npm run bench -- panel`: has the browser measure, compares with the goals, writes what came of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import type { Context } from "../contender.js";
import { thisMachine } from "../machine.js";
import { FIGURES, figuresOf, PARTS } from "./figures.js";
import { met, type PanelReport, page, terminalTable } from "./page.js";

export { figuresOf };

export interface PanelOptions {
  /** Some of the parts, by name. */
  readonly only?: string;
  readonly quick: boolean;
  readonly json?: string;
  readonly write: boolean;
}

/** Runs Playwright with its output shown; see test/runner/programs.mjs. */
export type Browser = (
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
) => Promise<{ readonly code: number | string }>;

/** What the browser has measured, by figure, and in what. */
export function readFigures(text: string): { values: Map<string, number[]>; versions: Record<string, string> } {
  const values = new Map<string, number[]>();
  const versions: Record<string, string> = {};
  const kilo = new Set(FIGURES.flatMap(({ id, unit }) => (unit === "kB" ? [id] : [])));
  for (const line of text.split("\n").filter(Boolean)) {
    const found: { id?: string; values?: (number | null)[]; versions?: Record<string, string> } = JSON.parse(line);
    Object.assign(versions, found.versions);
    if (found.id === undefined) continue;
    const scale = kilo.has(found.id) ? 1000 : 1;
    // JSON has no NaN
    values.set(
      found.id,
      (found.values ?? []).map((value) => (value === null ? Number.NaN : value / scale)),
    );
  }
  return { values, versions };
}

/** Answers whether all was measured, nothing failed, and all goals are met by the median. */
export async function panelMain(
  context: Context,
  browser: Browser,
  { runFolder }: { readonly runFolder: string },
  { only, quick, json, write }: PanelOptions,
): Promise<boolean> {
  const wanted = figuresOf(only);
  const parts = PARTS.filter((part) => wanted.some((figure) => figure.part === part));
  const file = join(runFolder, "figures.jsonl");
  const loadBefore = loadavg()[0]!;
  context.say(`load of the machine ${loadBefore.toFixed(1)}; ${quick ? "two" : "five"} minutes in the browser`);
  const args = ["--config", "playwright.bench.config.ts", "--output", join(runFolder, "artifacts")];
  const { code } = await browser([...args, "--grep", `\\b(${parts.join("|")})$`], {
    SOJOURN_BENCH_FIGURES: file,
    SOJOURN_BENCH_QUICK: quick ? "1" : "",
    // what a run that is stopped leaves behind goes with the run's folder
    TMPDIR: runFolder,
  });
  if (context.stopping()) throw new Error("Stopped.");
  const { values, versions } = readFigures(existsSync(file) ? readFileSync(file, "utf8") : "");
  const report: PanelReport = {
    format: "sojourn-bench-panel/1",
    date: new Date().toISOString(),
    quick,
    machine: thisMachine(),
    loadBefore,
    versions: { node: process.versions.node, ...versions },
    figures: wanted.map((figure) => ({ ...figure, values: values.get(figure.id) ?? [] })),
  };
  process.stdout.write(`\n${terminalTable(report)}\n`);
  if (json !== undefined) {
    mkdirSync(dirname(json), { recursive: true });
    writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
    context.say(`wrote ${json}`);
  }
  if (code !== 0) {
    context.say("something failed in the browser, see above; no page is written");
    return false;
  }
  if (write) {
    const target = join(context.root, "docs", "benchmarks-panel.md");
    writeFileSync(target, page(report));
    context.say(`wrote ${target}`);
  }
  return report.figures.every((figure) => met(figure) !== "no");
}
