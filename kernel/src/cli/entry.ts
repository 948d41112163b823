/** Verbs about single entries: `show KEY`, `pin`, `unpin`, `remove`. */
import { type ListedEntry, openStore, type Store } from "@sojourn/engine/cache";
import { InputError } from "@sojourn/engine/errors";
import type { Command } from "commander";
import { bytesText, DIRECTORY_OPTION, readable, storeAt, table, writeJson } from "./cache-options.js";

const keyBytes = (key: string): Buffer => Buffer.from(key, "hex");

/** The one entry whose key begins so. Throws `InputError`: `bad-key`, `unknown-key`, `ambiguous-key`. */
async function find(store: Store, action: string, prefix: string | undefined): Promise<ListedEntry> {
  if (prefix === undefined || !/^[0-9a-f]{4,64}$/i.test(prefix))
    throw new InputError(
      "bad-key",
      `Cannot ${action} the entry ${prefix ?? ""}: a key is 64 hexadecimal digits, or at least its first four; sojourn list shows them.`,
    );
  const found = await readable(store.directory, "read", () => store.resolve(prefix.toLowerCase()));
  if (found.length === 1) return found[0];
  const why = found.length === 0 ? `there is none in ${store.directory}` : `${found.length} entries begin so`;
  throw new InputError(
    found.length === 0 ? "unknown-key" : "ambiguous-key",
    `Cannot ${action} the entry ${prefix}: ${why}.`,
  );
}

export async function showEntry(prefix: string, cacheDir: string | undefined, json: boolean): Promise<void> {
  const store = openStore(storeAt(cacheDir));
  const listed = await find(store, "show", prefix);
  const entry = await store.describe(listed.kind, keyBytes(listed.key));
  if (entry === undefined)
    throw new InputError("unknown-key", `Cannot show the entry ${prefix}: its file is gone or damaged.`);
  if (json)
    return writeJson("sojourn-entry/1", {
      ...entry,
      pinned: listed.pinned,
      uses: listed.uses,
      lastUseMs: listed.lastUseMs,
    });
  const rows: [string, string][] = [
    ["kind", entry.kind],
    ["key", entry.key],
    ["model", listed.name || "–"],
    ["size", bytesText(entry.bytes)],
    ["cost", `${entry.costMs.toFixed(1)} ms to make`],
    ["made", `${new Date(entry.createdMs).toISOString()} by ${entry.producer}`],
    ["used", listed.lastUseMs > 0 ? `last ${new Date(listed.lastUseMs).toISOString()}` : "not yet"],
    ["pinned", listed.pinned ? "yes" : "no"],
    ["file", entry.path],
    ...Object.entries(entry.components).map(([name, digest]): [string, string] => [
      `  ${name}`,
      `${digest.slice(0, 16)}${entry.details[name] === undefined ? "" : `  ${entry.details[name]}`}`,
    ]),
    ...Object.entries(entry.details)
      .filter(([name]) => !(name in entry.components))
      .map(([name, value]): [string, string] => [`  ${name}`, value]),
  ];
  process.stdout.write(table(rows));
}

interface EntryOptions {
  readonly cacheDir?: string;
  readonly json?: boolean;
}

export function entryCommands(program: Command): void {
  const verb = (
    name: string,
    description: string,
    done: string,
    action: (store: Store, entry: ListedEntry) => Promise<unknown>,
  ): void => {
    program
      .command(name)
      .description(description)
      .argument("[key]", "the first digits of its key, as sojourn list shows them")
      .option(...DIRECTORY_OPTION)
      .option("--json", "print one JSON document")
      .action(async (key: string | undefined, { cacheDir, json }: EntryOptions) => {
        const store = openStore(storeAt(cacheDir));
        const entry = await find(store, name, key);
        await action(store, entry);
        await store.drain(5000);
        if (json)
          writeJson(`sojourn-${name}/1`, { kind: entry.kind, key: entry.key, name: entry.name, bytes: entry.bytes });
        else
          process.stdout.write(
            `${done} the ${entry.kind} entry ${entry.key.slice(0, 16)}${entry.name ? ` of ${entry.name}` : ""}, ${bytesText(entry.bytes)}.\n`,
          );
      });
  };
  verb("pin", "keep an entry from being evicted", "Pinned", (store, { kind, key }) =>
    store.pin(kind, keyBytes(key), true),
  );
  verb("unpin", "let a pinned entry be evicted again", "Unpinned", (store, { kind, key }) =>
    store.pin(kind, keyBytes(key), false),
  );
  verb("remove", "remove one entry", "Removed", (store, { kind, key }) =>
    store.remove(kind, keyBytes(key), "removed by hand"),
  );
}
