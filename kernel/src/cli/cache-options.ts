/** What the cache verbs share: options and words. */

import { STORED_KINDS, type StoredKind } from "@sojourn/engine/cache";
import { InputError } from "@sojourn/engine/errors";
import { InvalidArgumentError } from "commander";
import { fileFault } from "./file-fault.js";

export const DIRECTORY_OPTION = [
  "--cache-dir <path>",
  "the private layer; default SOJOURN_CACHE_DIR, else the user's cache directory",
] as const;

/** `graph,trace` as kinds. */
export function parseKinds(text: string): StoredKind[] {
  return text.split(",").map((name) => {
    const kind = STORED_KINDS.find((known) => known === name.trim());
    if (kind === undefined)
      throw new InvalidArgumentError(`There is no kind ${JSON.stringify(name)}; there are ${STORED_KINDS.join(", ")}.`);
    return kind;
  });
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number that is not negative.");
  return Number(text);
}

export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Rows as aligned columns; the first row is the header. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return `${rows
    .map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}

/** A directory that cannot be read is a sentence, not a stack. */
export async function readable<T>(directory: string, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new InputError("cache-unreadable", `Cannot ${action} the cache in ${directory}: ${fileFault(error)}.`, {
      cause: error,
    });
  }
}
