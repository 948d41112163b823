/** Results of the caches' verbs as people read them: a sentence and a table, in a cell and in a console. */
import { timeText } from "../base/words.js";
import {
  bytesText,
  type ClearResult,
  type DescribedEntry,
  type DoctorReport,
  type LibraryStatus,
  type ListPage,
  sumOfKinds,
  type VacuumResult,
} from "../cache/index.js";
import { gridTable, summaryTable } from "../display/drawing.js";
import { DISPLAY, type Displayable } from "../display/mime.js";
import type { PrewarmEstimate, PrewarmResult } from "./prewarm.js";

/** A result that shows itself. */
export type Shown<T> = T & Displayable & { toString(): string };

/** Rows are cut off after so many, with a sentence. */
const ROWS_MAX = 50;

/** What shows it is no part of the data: copies, comparisons and JSON do not see it. */
function showing<T extends object>(value: T, text: string, html: string): Shown<T> {
  const shows = {
    toString: () => text,
    [DISPLAY]: () => ({ "text/plain": text, "text/html": html }),
    [Symbol.for("nodejs.util.inspect.custom")]: () => text,
  };
  const hidden = Reflect.ownKeys(shows).map((name) => [name, { value: Reflect.get(shows, name) }]);
  return Object.freeze(Object.defineProperties({ ...value }, Object.fromEntries(hidden))) as Shown<T>;
}

/** Names with what they are. */
export function shownFacts<T extends object>(value: T, facts: readonly (readonly [string, string])[]): Shown<T> {
  return showing(value, facts.map(([name, what]) => `${name}: ${what}`).join("\n"), summaryTable(facts));
}

/** A sentence, and rows under a head. */
function shownRows<T extends object>(
  value: T,
  sentence: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Shown<T> {
  const some = rows.slice(0, ROWS_MAX);
  const said = rows.length > some.length ? `${sentence} The first ${some.length}:` : sentence;
  const widths = head.map((title, c) => Math.max(title.length, ...some.map((row) => row[c].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => cell.padEnd(widths[c]))
      .join("  ")
      .trimEnd();
  const text = [said, ...(some.length > 0 ? [head, ...some].map(line) : [])].join("\n");
  return showing(value, text, gridTable(said, head, some));
}

const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;
const entries = (count: number): string => many(count, "entry", "entries");
const inputsText = (inputs: Readonly<Record<string, unknown>>): string =>
  Object.entries(inputs)
    .map(([name, value]) => `${name} = ${JSON.stringify(value) ?? String(value)}`)
    .join(", ");

export function shownList(page: ListPage): Shown<ListPage> {
  const sentence =
    page.entries.length < page.total ? `${page.entries.length} of ${entries(page.total)}.` : `${entries(page.total)}.`;
  return shownRows(
    page,
    sentence,
    ["kind", "key", "model", "size", "cost", "uses", "made"],
    page.entries.map(({ kind, key, name, bytes, costMs, uses, createdMs, pinned }) => [
      kind,
      `${key.slice(0, 16)}${pinned ? " pinned" : ""}`,
      name || "–",
      bytesText(bytes),
      timeText(costMs),
      uses.toFixed(1),
      new Date(createdMs).toISOString().replace("T", " ").slice(0, 16),
    ]),
  );
}

export function shownLibraries(
  libraries: readonly LibraryStatus[],
): Shown<{ readonly libraries: readonly LibraryStatus[] }> {
  return shownRows(
    { libraries },
    libraries.length === 0 ? "No library is imported." : `${many(libraries.length, "library", "libraries")}.`,
    ["library", "version", "entries", "size", "folder"],
    libraries.map(({ name, version, folder, summary }) => {
      const { entries: count, bytes } = sumOfKinds(summary.totals);
      return [name, version || "–", String(count), bytesText(bytes), folder];
    }),
  );
}

export function shownEntry(entry: DescribedEntry): Shown<DescribedEntry> {
  const { kind, key, bytes, costMs, layer, components, details, attributes } = entry;
  return shownFacts(entry, [
    ["entry", `${kind} ${key}`],
    ["model", String(attributes.name || "–")],
    ["layer", layer],
    ["size", bytesText(bytes)],
    ["cost", timeText(costMs)],
    ...Object.entries(components).map(
      ([component, digest]) => [component, details[component] ?? digest.slice(0, 16)] as const,
    ),
  ]);
}

export function shownClear(result: ClearResult, dryRun: boolean): Shown<ClearResult> {
  const { entries: count, bytes, pinned } = result;
  const kept = pinned > 0 ? ` ${pinned} pinned ${pinned === 1 ? "entry stays" : "entries stay"}.` : "";
  return shownFacts(result, [[dryRun ? "would go" : "removed", `${entries(count)}, ${bytesText(bytes)}.${kept}`]]);
}

export function shownVacuum(result: VacuumResult): Shown<VacuumResult> {
  const { dryRun, victims, bytes, temporaries, quarantined } = result;
  const more = [
    temporaries > 0 ? `, ${many(temporaries, "file")} of interrupted writers` : "",
    quarantined > 0 ? `, ${many(quarantined, "damaged file")}` : "",
  ].join("");
  return shownRows(
    result,
    `${dryRun ? "Would remove" : "Removed"} ${entries(victims.length)}, ${bytesText(bytes)}${more}.`,
    ["kind", "key", "model", "size", "cause"],
    victims.map(({ kind, key, name, bytes: size, cause }) => [
      kind,
      key.slice(0, 16),
      name || "–",
      bytesText(size),
      cause,
    ]),
  );
}

export function shownPrewarm(result: PrewarmResult): Shown<PrewarmResult> {
  const { items, made, warm, failed, cancelled, milliseconds } = result;
  const parts = [`${made} made`, `${warm} were warm`, `${failed} failed`, `${cancelled} cancelled`];
  return shownRows(
    result,
    `${many(items.length, "item")} in ${timeText(milliseconds)}: ${parts.filter((part) => !part.startsWith("0 ")).join(", ") || "nothing to do"}.`,
    ["model", "inputs", "outcome", "time", "states", ""],
    items.map(({ model, inputs, outcome, milliseconds: ms, vertices, reason = "" }) => [
      model,
      inputsText(inputs),
      outcome,
      timeText(ms),
      vertices === undefined ? "" : String(vertices),
      reason,
    ]),
  );
}

export function shownEstimate(estimate: PrewarmEstimate): Shown<PrewarmEstimate> {
  const { items, warm, cold, estimatedMs, unknown } = estimate;
  const hint = cold > unknown ? `, about ${timeText(estimatedMs)} by what alike ones cost` : "";
  const rest = unknown > 0 ? `; nothing is known that is like ${unknown === cold ? "them" : `${unknown} of them`}` : "";
  return shownRows(
    estimate,
    `${warm} warm, ${cold} to be made${hint}${rest}.`,
    ["model", "inputs", "state space", "an alike one cost", ""],
    items.map(({ model, inputs, layer, likeMs, reason = "" }) => [
      model,
      inputsText(inputs),
      layer ?? (reason ? "–" : "to be made"),
      likeMs === undefined ? "" : timeText(likeMs),
      reason,
    ]),
  );
}

export function shownDoctor(report: DoctorReport): Shown<DoctorReport> {
  return shownFacts(
    report,
    report.findings.map(({ level, subject, text, action }): [string, string] => [
      `${level === "ok" ? "" : `${level}, `}${subject}`,
      action === undefined ? text : `${text} ${action}`,
    ]),
  );
}
