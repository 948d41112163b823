/**
 * Magics: lines that speak to the kernel and not to TypeScript, as `%time`, `%npm install d3`. A line is a magic when it
 * begins with `%` and a letter, and what stands before it in the cell is whole, so that neither a line inside a template
 * nor one that goes on with a division's remainder is taken for one. To TypeScript magics are blanks. Pure.
 */

/** Every magic with one line of help; `%magics` prints this table. */
export const MAGICS = {
  cd: "%cd FOLDER: work, and look for modules, in another folder; alone: say which it is",
  env: "%env, %env NAME, %env NAME=VALUE: environment variables: all, one, set one",
  info: "%info: versions, folders, limits",
  load: "%load FILE: put the text of a file into this cell",
  magics: "%magics: this list",
  memory: "%memory: what is used and by which variables; %memory 4096: start again with a heap of so many MB",
  npm: "%npm install PACKAGE…: run npm in the notebook's folder",
  reset: "%reset: start again with no variables; the kernel, its history and its numbers go on",
  time: "%time EXPRESSION, or alone above code: how long it takes",
  timeit: "%timeit EXPRESSION, or alone above code: how long one of many runs takes",
  types:
    "%types on, strict, off: show type errors, do not run cells that have any, do not check; alone: say which it is",
  who: "%who: the names that cells made, with types and values",
} as const;

export type MagicName = keyof typeof MAGICS;

export interface MagicLine {
  readonly kind: "magic";
  /** As written, which need not be one of `MAGICS`. */
  readonly name: string;
  readonly argument: string;
  /** From 0. */
  readonly line: number;
}

export interface CodePart {
  readonly kind: "code";
  /** The whole cell with everything else blanked, so that lines and columns stay. */
  readonly text: string;
}

export type CellPart = MagicLine | CodePart;

const MAGIC = /^%{1,2}([A-Za-z][\w-]*)(?:[ \t]+(.*?))?[ \t;]*\r?$/;

export function isMagicName(name: string): name is MagicName {
  return Object.hasOwn(MAGICS, name);
}

/**
 * The parts of a cell in their order; one part of code when it has no magics. `isWhole` says whether a text ends where a
 * statement ends; it is asked only for cells that have a line which may be a magic.
 */
export function partsOfCell(source: string, isWhole: (text: string) => boolean): CellPart[] {
  const lines = source.split("\n");
  const parts: CellPart[] = [];
  let first = 0;
  const code = (end: number): void => {
    const text = lines.map((line, at) => (at >= first && at < end ? line : blank(line))).join("\n");
    if (text.trim() !== "") parts.push({ kind: "code", text: text.trimEnd() });
  };
  for (const [line, text] of lines.entries()) {
    const match = MAGIC.exec(text);
    if (!match) continue;
    const before = lines.slice(first, line).join("\n");
    // Below code an unknown name is a division's remainder, whose operator happens to begin the line.
    if (before.trim() !== "" && !(isMagicName(match[1]!) && isWhole(before))) continue;
    code(line);
    parts.push({ kind: "magic", name: match[1]!, argument: match[2] ?? "", line });
    first = line + 1;
  }
  if (first === 0) return [{ kind: "code", text: source }];
  code(lines.length);
  return parts;
}

/** The cell as TypeScript reads it: each magic line is blank, every other character where it was. */
export function withoutMagics(source: string, isWhole: (text: string) => boolean): string {
  const lines = source.split("\n");
  for (const part of partsOfCell(source, isWhole)) {
    if (part.kind === "magic") lines[part.line] = blank(lines[part.line]!);
  }
  return lines.join("\n");
}

function blank(line: string): string {
  return line.replace(/[^\r]/g, " ");
}

/** The known name that is closest to what was typed, when it is close at all. */
export function nearestMagic(name: string): MagicName | undefined {
  const typed = name.toLowerCase();
  const [best] = (Object.keys(MAGICS) as MagicName[])
    .map((known) => ({ known, distance: known.startsWith(typed) ? 0 : editDistance(typed, known) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.floor(typed.length / 3)) ? best.known : undefined;
}

/** Insertions, deletions, replacements and exchanges of neighbours that turn one word into another. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_none, at) => at)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      const exchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (exchanged) best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
