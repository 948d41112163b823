/**
 * Type errors as a person reads them: the sentence, the place, the line with a caret under what is meant. As plain text for consoles and
 * errors, and as HTML that takes its colours from the front end. Pure.
 */
import type { Diagnostic } from "./messages.js";

/** More are counted, not shown: the first ones usually cause the rest. */
const SHOWN_MAX = 5;
const LINE_CHARACTERS = 160;
const REASONS_MAX = 2;
const LONG_TYPE = /'([^'\n]{90})[^'\n]{20,}'/g;

/** The same error once, and whatever it is about. */
export function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ line, column, message }) => {
    const key = `${line}:${column}:${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const SECOND_OVERLOAD = /^\s*Overload 2 of \d+/;

interface Part {
  readonly headline: string;
  readonly excerpt: readonly string[];
}

function parts(diagnostics: readonly Diagnostic[], file: string, code: string): Part[] {
  const lines = code.split("\n");
  return diagnostics.slice(0, SHOWN_MAX).map(({ code: number, message, line, column, length }) => ({
    headline: `${file}:${line}:${column} TS${number}: ${short(message)}`,
    excerpt: excerpt(lines[line - 1] ?? "", line, column, length),
  }));
}

/** What does not fit, and at the end of the compiler's chain of reasons why; written-out types only by their beginning. */
function short(message: string): string {
  const [first = "", ...all] = message.split("\n");
  // of several ways to call, the first is the one that most calls mean
  const second = all.findIndex((line) => SECOND_OVERLOAD.test(line));
  const reasons = second < 0 ? all : all.slice(0, second);
  const kept = [first, ...reasons.slice(-REASONS_MAX).map((reason) => `  ${reason.trim()}`)];
  return kept.map((text) => text.replace(LONG_TYPE, (_all, start) => `'${start}…'`)).join("\n");
}

/** The line, cut at both ends when it is long, and a line of carets below. */
function excerpt(text: string, line: number, column: number, length: number): string[] {
  const from = column - 1 < LINE_CHARACTERS - 20 ? 0 : column - 1 - LINE_CHARACTERS / 2;
  const shown = text.slice(from, from + LINE_CHARACTERS).trimEnd();
  const before = from > 0 ? "…" : "";
  const width = Math.max(1, Math.min(length, before.length + shown.length - (column - 1 - from)));
  const margin = " ".repeat(String(line).length);
  return [
    `> ${line} | ${before}${shown}`,
    `  ${margin} | ${before}${" ".repeat(column - 1 - from)}${"^".repeat(width)}`,
  ];
}

const rest = (count: number): string[] => (count > SHOWN_MAX ? [`and ${count - SHOWN_MAX} more`] : []);

/** Lines of plain text. */
export function reportLines(diagnostics: readonly Diagnostic[], file: string, code: string): string[] {
  const shown = parts(diagnostics, file, code);
  return [...shown.flatMap(({ headline, excerpt: lines }) => [headline, ...lines]), ...rest(diagnostics.length)];
}

/** What a cell shows besides its output; `tip` says once what can be done about it. */
export function notice(
  diagnostics: readonly Diagnostic[],
  file: string,
  code: string,
  tip: string | undefined,
): Record<string, string> {
  const shown = parts(diagnostics, file, code);
  const more = rest(diagnostics.length);
  const html = [
    ...shown.map(
      ({ headline, excerpt: lines }) =>
        `<div>${escapeHtml(headline)}</div><pre style="margin: 0 0 0.4em; background: transparent">${escapeHtml(lines.join("\n"))}</pre>`,
    ),
    ...more.map((text) => `<div>${text}</div>`),
    ...(tip === undefined ? [] : [`<div style="opacity: 0.7">${escapeHtml(tip)}</div>`]),
  ];
  const style =
    "border-left: 3px solid var(--jp-warn-color1, #e69f00); padding: 0.2em 0 0.2em 0.7em; font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px); white-space: pre-wrap";
  return {
    "text/plain": [...reportLines(diagnostics, file, code), ...(tip === undefined ? [] : [tip])].join("\n"),
    "text/html": `<div class="sojourn-types" style="${style}">${html.join("")}</div>`,
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
