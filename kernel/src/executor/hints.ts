/**
 * A sentence for the error that people of notebooks meet most: a promise used as if it were its value, because an `await`
 * was forgotten. Looked for only once a `TypeError` is there, on the line where it happened.
 */
import type { ErrorReport } from "../link/messages.js";
import type { CellSources } from "./errors.js";

const PLACE = /(cell-\d+\.ts):(\d+):\d+/;
const IDENTIFIER = /(?<![\p{ID_Continue}$.])(await\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;

/** The report with a hint, where one fits. `peek` gives the value of a name without running anything. */
export function withAwaitHint(report: ErrorReport, sources: CellSources, peek: (name: string) => unknown): ErrorReport {
  if (report.ename !== "TypeError") return report;
  const [, file = "", line = ""] = PLACE.exec(report.traceback.join("\n")) ?? [];
  const text = sources.get(file)?.text.split("\n")[Number(line) - 1];
  const name = text === undefined ? undefined : promiseIn(text, peek);
  if (name === undefined) return report;
  const hint = `${name} is a promise, and its value comes with await: write (await ${name}), or await what makes it.`;
  const [headline = "", ...rest] = report.traceback;
  return { ...report, evalue: `${report.evalue}. ${hint}`, traceback: [`${headline}. ${hint}`, ...rest] };
}

/** A name on the line that holds a promise and is not awaited there. */
function promiseIn(line: string, peek: (name: string) => unknown): string | undefined {
  for (const [, awaited, name] of line.matchAll(IDENTIFIER)) {
    if (awaited === undefined && name !== undefined && peek(name) instanceof Promise) return name;
  }
  return undefined;
}
