/** What the cache verbs share: options and words. */

import { bytesText, parseAmount, STORED_KINDS, type StoredKind, type StoreOptions } from "@sojourn/engine/cache";
import { InputError } from "@sojourn/engine/errors";
import { InvalidArgumentError } from "commander";
import { fileFault } from "./file-fault.js";

export { bytesText };

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

/** Options of a store in this folder, or where settings say. */
export const storeAt = (cacheDir: string | undefined): StoreOptions =>
  cacheDir === undefined ? {} : { directory: cacheDir };

export function writeJson(format: string, document: object): void {
  process.stdout.write(`${JSON.stringify({ format, ...document }, null, 2)}\n`);
}

/** "2GB" as bytes. */
export function parseBytes(text: string): number {
  const bytes = parseAmount(text);
  if (bytes === undefined) throw new InvalidArgumentError("It must be a number of bytes such as 500MB.");
  return bytes;
}

const UNITS: Readonly<Record<string, number>> = { s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };

/** "30d" as milliseconds. */
export function parseAge(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(s|min|h|d|w)$/.exec(text.trim());
  if (!found) throw new InvalidArgumentError("It must be a length of time such as 12h, 30d or 8w.");
  return Number(found[1]) * UNITS[found[2]];
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
