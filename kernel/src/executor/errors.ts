/**
 * Errors as a person wants them: name, message, positions in cells, an excerpt of the cell, and no frames of the kernel.
 * An error of the engine is one sentence, so only that and the place are shown.
 */
import { SourceMap } from "node:module";
import { inspect } from "node:util";
import { InterruptedError, SojournError } from "@sojourn/engine/errors";
import { fs } from "@sojourn/engine/file-system";
import type { ErrorReport } from "../link/messages.js";
import { strip } from "../source/strip.js";

/** Cells as they were written, by the name under which they run. */
export interface CellSource {
  readonly text: string;
  /** Source map when positions moved. */
  readonly map?: string;
}

export type CellSources = ReadonlyMap<string, CellSource>;

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Causes of causes that are told; two errors may be each other's. */
const CAUSES_MAX = 10;
const CELL_PLACE = /(cell-\d+\.ts):(\d+):(\d+)/;
const FILE_PLACE = /(\/[^\s()]+\.[mc]?ts):(\d+):(\d+)/;
const OWN_FRAME =
  /\((?:node:|<anonymous>)|at node:|(?:executor|controller)\.cjs|module-hooks\.mjs|\/kernel\/(?:src|lib)\/executor\//;

export function cellFile(executionCount: number): string {
  return `cell-${executionCount}.ts`;
}

/** Makes `error.stack`, too, end where the person's code ends. */
export function hideOwnFrames(folder: string): void {
  const isOwn = (site: NodeJS.CallSite | undefined): boolean => {
    const file = site?.getFileName() ?? "";
    return file.startsWith(folder) || file.startsWith("node:");
  };
  // A builtin such as `new Promise` has no file; it belongs to whoever called it.
  const isShown = (site: NodeJS.CallSite, at: number, sites: NodeJS.CallSite[]): boolean =>
    !isOwn(site) && (site.getFileName() != null || !isOwn(sites[at + 1]));
  Error.prepareStackTrace = (error, sites) =>
    [readable(() => String(error), "Error"), ...sites.filter(isShown).map((site) => `    at ${site}`)].join("\n");
}

/** The report of anything that was thrown; in few words where looking at it throws as well. */
export function reportError(thrown: unknown, sources: CellSources, place?: Place): ErrorReport {
  try {
    return wholeReport(thrown, sources, place, CAUSES_MAX);
  } catch {
    const evalue = described(thrown);
    return report("Thrown", evalue, `Thrown: ${evalue}`, [], place, sources);
  }
}

/** A value in words, whatever its own code does. */
function described(value: unknown): string {
  try {
    const text = inspect(value, { customInspect: false, getters: false, depth: 0 });
    if (text !== "") return text;
  } catch {}
  return `a value of type ${typeof value} that cannot be looked at`;
}

/** Gives what can be read, and something in place of what throws. */
function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function wholeReport(thrown: unknown, sources: CellSources, place: Place | undefined, deeper: number): ErrorReport {
  if (!(thrown instanceof Error) && !isErrorLike(thrown)) {
    const evalue = readable(() => inspect(thrown), "") || described(thrown);
    return report("Thrown", evalue, `Thrown: ${evalue}`, [], place, sources);
  }
  const ownName = readable<unknown>(() => thrown.name, "");
  const name = typeof ownName === "string" && ownName !== "" ? ownName : "Error";
  const message = withHint(readable(() => String(thrown.message), "its message cannot be read"));
  const frames = framesOf(thrown, sources);
  const at = place ?? placeInRule(thrown, sources) ?? placeOf(frames);
  const headline = message === "" ? name : `${name}: ${message}`;
  if (thrown instanceof InterruptedError || name === "Interrupted") {
    return {
      ename: "Interrupted",
      evalue: "the cell was interrupted",
      traceback: ["Interrupted: the cell was interrupted"],
    };
  }
  if (thrown instanceof SojournError) return report(name, message, headline, [], at, sources);
  return report(name, message, headline, [...frames, ...causes(thrown, sources, deeper)], at, sources);
}

/** What to do about messages of V8 that do not say it. */
const HINTS: Readonly<Record<string, string>> = {
  // What people from CommonJS write first.
  "require is not defined": 'in a cell write import, as in: import { readFileSync } from "node:fs"',
  "Array buffer allocation failed": "there is no room for so many bytes; %memory says what is used",
};

function withHint(message: string): string {
  const hint = Object.hasOwn(HINTS, message) ? HINTS[message] : undefined;
  return hint === undefined ? message : `${message}; ${hint}`;
}

/** Runs of the same frame, as an endless recursion leaves them, in two lines. */
function withoutRuns(frames: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < frames.length; ) {
    let end = at + 1;
    while (end < frames.length && frames[end] === frames[at]) end++;
    const more = end - at - 1;
    result.push(frames[at]!, ...(more > 1 ? [`    … the same ${more} times more`] : more === 1 ? [frames[at]!] : []));
    at = end;
  }
  return result;
}

/** The report of an interrupted cell. */
export function interruptedReport(): ErrorReport {
  return reportError(new InterruptedError("running a cell"), new Map());
}

function report(
  ename: string,
  evalue: string,
  headline: string,
  frames: readonly string[],
  place: Place | undefined,
  sources: CellSources,
): ErrorReport {
  const where = place && !frames.some((frame) => frame.includes(`${place.file}:`)) ? [`    at ${format(place)}`] : [];
  return { ename, evalue, traceback: [headline, ...where, ...frames, ...excerpt(place, sources)] };
}

/** Where a rule threw that the engine called. */
function placeInRule(thrown: Error, sources: CellSources): Place | undefined {
  const cause = thrown instanceof SojournError ? thrown.cause : undefined;
  return isErrorLike(cause) ? placeOf(framesOf(cause, sources)) : undefined;
}

function isErrorLike(value: unknown): value is Error {
  return (
    typeof value === "object" &&
    value !== null &&
    "message" in value &&
    "stack" in value &&
    typeof value.stack === "string"
  );
}

function framesOf(error: Error, sources: CellSources): string[] {
  const own = readable<unknown>(() => error.stack, "");
  const stack = typeof own === "string" ? own : "";
  const shown = stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && !OWN_FRAME.test(line))
    .map((line) => line.replace(/\?version=\d+/, "").replace("file://", ""))
    .map((line) => line.replace(CELL_PLACE, (_all, file, row, column) => format(written(file, +row, +column, sources))))
    .map((line) => line.replace(FILE_PLACE, (_all, file, row, column) => format(writtenInFile(file, +row, +column))));
  return withoutRuns(shown);
}

/** The position in a local file, which has moved where its types were not merely blanked. */
function writtenInFile(file: string, line: number, column: number): Place {
  const map = readable(() => strip(fs.readFileSync(file, "utf8")).map, undefined);
  return map === undefined ? { file, line, column } : original(map, { file, line, column });
}

/** The position in the cell as written. */
export function written(file: string, line: number, column: number, sources: CellSources): Place {
  const map = sources.get(file)?.map;
  return map === undefined ? { file, line, column } : original(map, { file, line, column });
}

function original(map: string, place: Place): Place {
  const entry = new SourceMap(JSON.parse(map)).findEntry(place.line - 1, place.column - 1);
  if (!("originalLine" in entry)) return place;
  return { file: place.file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

function placeOf(frames: readonly string[]): Place | undefined {
  for (const frame of frames) {
    const match = CELL_PLACE.exec(frame);
    if (match) return { file: match[1]!, line: Number(match[2]), column: Number(match[3]) };
  }
  return undefined;
}

function format({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

function causes(error: Error, sources: CellSources, deeper: number): string[] {
  const cause = readable<unknown>(() => error.cause, undefined);
  if (cause === undefined || cause === error || deeper === 0) return [];
  const { traceback } = readable(
    () => wholeReport(cause, sources, undefined, deeper - 1),
    report("Thrown", "", `Thrown: ${described(cause)}`, [], undefined, sources),
  );
  const [first = "", ...rest] = traceback;
  return [`Caused by ${first}`, ...rest.filter((line) => /^\s+at |^Caused by /.test(line)).slice(0, 10)];
}

/** The line and its neighbours with a caret; empty when the place is not in a known cell. */
function excerpt(place: Place | undefined, sources: CellSources): string[] {
  const text = place && sources.get(place.file)?.text;
  if (!place || text === undefined) return [];
  const lines = text.split("\n");
  if (place.line > lines.length) return [];
  const first = Math.max(1, place.line - 1);
  const last = Math.min(lines.length, place.line + 1);
  const width = String(last).length;
  const result = [""];
  for (let line = first; line <= last; line++) {
    const mark = line === place.line ? ">" : " ";
    result.push(`${mark} ${String(line).padStart(width)} | ${lines[line - 1]}`);
    if (line === place.line) result.push(`  ${" ".repeat(width)} | ${" ".repeat(place.column - 1)}^`);
  }
  return result;
}
