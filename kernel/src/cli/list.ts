/** `sojourn list`: entries, newest first. */
import { type ListQuery, openStore, type StoredKind } from "@sojourn/engine/cache";
import { type Command, Option } from "commander";
import { bytesText, DIRECTORY_OPTION, parseCount, parseKinds, readable, table } from "./cache-options.js";

interface ListOptions {
  readonly cacheDir?: string;
  readonly kind?: StoredKind[];
  readonly limit: number;
  readonly offset: number;
  readonly filter?: string;
  readonly sort: NonNullable<ListQuery["sort"]>;
  readonly ascending?: boolean;
  readonly json?: boolean;
}

const SORTS = ["created", "used", "uses", "bytes", "cost", "name"] as const satisfies readonly ListQuery["sort"][];

export function listCommand(program: Command): void {
  program
    .command("list")
    .description("list the entries of the cache, newest first")
    .option(...DIRECTORY_OPTION)
    .option("--kind <kinds>", "only these kinds, separated by commas", parseKinds)
    .option("--limit <n>", "at most so many", parseCount, 50)
    .option("--offset <n>", "after so many", parseCount, 0)
    .option("--filter <text>", "only entries whose model or key contains this")
    .addOption(new Option("--sort <by>", "what the order is by").choices(SORTS).default("created"))
    .option("--ascending", "the smallest, oldest or first in the alphabet first")
    .option("--json", "print one JSON document")
    .action(async ({ cacheDir, kind, limit, offset, filter = "", sort, ascending = false, json }: ListOptions) => {
      const store = openStore({ ...(cacheDir !== undefined && { directory: cacheDir }) });
      const { total, entries } = await readable(store.directory, "list", () =>
        store.list({ ...(kind && { kinds: kind }), offset, limit, filter, sort, ascending }),
      );
      if (json) {
        process.stdout.write(`${JSON.stringify({ format: "sojourn-list/1", total, offset, entries }, null, 2)}\n`);
        return;
      }
      if (total === 0) {
        const some = filter === "" && kind === undefined;
        process.stdout.write(
          some ? `The cache in ${store.directory} is empty.\n` : `Nothing in ${store.directory} matches.\n`,
        );
        return;
      }
      const rows = entries.map((entry) => [
        entry.kind,
        `${entry.key.slice(0, 16)}${entry.pinned ? " pinned" : ""}`,
        entry.name || "–",
        bytesText(entry.bytes),
        `${entry.costMs.toFixed(1)} ms`,
        entry.uses.toFixed(1),
        new Date(entry.createdMs).toISOString().replace("T", " ").slice(0, 19),
      ]);
      process.stdout.write(table([["kind", "key", "model", "size", "cost", "uses", "made (UTC)"], ...rows]));
      if (offset + entries.length < total)
        process.stdout.write(`… ${total - offset - entries.length} more; see --limit and --offset\n`);
    });
}
