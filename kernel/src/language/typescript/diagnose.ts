/**
 * Type errors of a cell, as far as they help. Cells run whether their types agree or not, so what the run itself says is not said here:
 * syntax that is wrong, modules that are not there. What may go well all the same (a value that could be undefined, a type that
 * nobody wrote) is marked `strict`.
 */
import ts from "typescript";
import type { Diagnostic } from "../messages.js";
import { plain } from "./inspect.js";
import type { CellFile } from "./notebook.js";

/** What importing says, and types that a package does not have. */
const OF_IMPORTS = new Set([2307, 2732, 2792, 2834, 2835, 7016, 2305, 2614, 1192, 1259]);
/** Grammar is the run's. */
const GRAMMAR_MAX = 2000;
/** What nobody wrote a type for. */
const UNTYPED_MIN = 7000;
const UNTYPED_MAX = 8000;
/** Said of what is put on the global object, too, where that is meant. */
const UNTYPED_ELEMENT = 7017;
const MAY_GO_WELL = new Set([
  // could be null or undefined
  ...[2531, 2532, 2533, 2721, 2722, 2723, 18047, 18048, 18049],
  // unknown
  ...[2571, 18046],
  // not set on every way
  ...[2454, 2564],
  // `this` without a type
  2683,
  // constants, functions, classes and imports are variables in a notebook
  ...[2588, 2628, 2629, 2630, 2631, 2632],
]);
const MISSING = new Set([2304, 2552, 2503, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 18004]);

/**
 * Objects written before they are used lose what their texts and lists exactly are; whether those fit, the run will see. Matched in the
 * last line, which is the reason at the bottom.
 */
const WIDENED = [
  /'string' is not assignable to (?:parameter of )?type '[^']*"/,
  /'[\w.]+\[\]' is not assignable to (?:parameter of )?type '(?:readonly )?\[/,
  /^ *Target requires \d+ element\(s\) but source may have fewer\./,
];

/** A value that could be undefined or null, and fits if it is not. */
const MAYBE_NOTHING = /'(.+?)(?: \| (?:undefined|null))+' is not assignable to (?:parameter of )?type '\1'/;

const NO_OVERLOAD = 2769;

const NO_CHECK = /^\s*\/\/\s*@ts-nocheck\b/m;

export function diagnose(service: ts.LanguageService, file: CellFile): Diagnostic[] {
  const { offset, source, module } = file;
  if (!module.isWhole || NO_CHECK.test(source)) return [];
  const isHeard = ({ category, code, messageText }: ts.Diagnostic): boolean =>
    category === ts.DiagnosticCategory.Error &&
    !OF_IMPORTS.has(code) &&
    !(code === UNTYPED_ELEMENT && ts.flattenDiagnosticMessageText(messageText, "").includes("typeof globalThis"));
  return service
    .getSemanticDiagnostics(file.path)
    .filter(({ start = -1 }) => start >= offset && start < offset + source.length)
    .filter(isHeard)
    .map((one) => diagnosticOf(one, source, offset));
}

function diagnosticOf(one: ts.Diagnostic, source: string, offset: number): Diagnostic {
  const { code, start = 0, length = 1, messageText } = one;
  const from = start - offset;
  const lineStart = source.lastIndexOf("\n", from - 1) + 1;
  const next = source.indexOf("\n", from);
  const lineEnd = next < 0 ? source.length : next;
  const untyped = code >= UNTYPED_MIN && code < UNTYPED_MAX;
  const message = plain(ts.flattenDiagnosticMessageText(messageText, "\n"));
  const lines = message.split("\n");
  // No overload fits: one that would, but for such a text, is enough.
  const reasons = code === NO_OVERLOAD ? lines : lines.slice(-1);
  return {
    code,
    message,
    line: source.slice(0, from).split("\n").length,
    column: from - lineStart + 1,
    length: Math.max(1, Math.min(length, lineEnd - from)),
    strict:
      code < GRAMMAR_MAX ||
      untyped ||
      MAY_GO_WELL.has(code) ||
      MAYBE_NOTHING.test(lines[0] ?? "") ||
      WIDENED.some((form) => reasons.some((reason) => form.test(reason))),
    ...(MISSING.has(code) && { missing: source.slice(from, from + length) }),
  };
}
