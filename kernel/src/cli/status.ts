/** `sojourn status`: entries and bytes of the private layer. */
import { openStore } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { bytesText, DIRECTORY_OPTION, readable, table } from "./cache-options.js";

export function statusCommand(program: Command): void {
  program
    .command("status")
    .description("show how many entries the cache holds and how large they are")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(async ({ cacheDir, json }: { cacheDir?: string; json?: boolean }) => {
      const store = openStore({ ...(cacheDir !== undefined && { directory: cacheDir }) });
      const status = await readable(store.directory, "read", () => store.status());
      if (json) {
        process.stdout.write(`${JSON.stringify({ format: "sojourn-status/1", ...status }, null, 2)}\n`);
        return;
      }
      const total = status.kinds.reduce((sum, { bytes }) => sum + bytes, 0);
      const rows = status.kinds.map(({ kind, entries, bytes }) => [kind, String(entries), bytesText(bytes)]);
      process.stdout.write(table([["kind", "entries", "size"], ...rows]));
      process.stdout.write(`${bytesText(total)} of ${bytesText(status.capBytes)} in ${status.directory}\n`);
      if (status.quarantined > 0)
        process.stdout.write(
          `${status.quarantined} damaged ${status.quarantined === 1 ? "file" : "files"} set aside in its folder v1/quarantine; sojourn clear removes them\n`,
        );
    });
}
