/** `sojourn clear`: removes entries, after saying how many and being told yes. */
import { type ClearResult, openStore, STORED_KINDS, type StoredKind } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { bytesText, DIRECTORY_OPTION, parseKinds, readable } from "./cache-options.js";
import { confirmed } from "./confirm.js";

interface ClearOptions {
  readonly cacheDir?: string;
  readonly kind?: StoredKind[];
  readonly pinned?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function clearCommand(program: Command): void {
  program
    .command("clear")
    .description("remove entries from the cache")
    .option(...DIRECTORY_OPTION)
    .option("--kind <kinds>", "only these kinds, separated by commas", parseKinds)
    .option("--pinned", "also entries that are pinned")
    .option("--dry-run", "only say what would go")
    .option("-y, --yes", "do not ask")
    .option("--json", "print one JSON document; needs --yes or --dry-run")
    .action(async (options: ClearOptions) => {
      const {
        cacheDir,
        kind: kinds = [...STORED_KINDS],
        pinned = false,
        dryRun = false,
        yes = false,
        json = false,
      } = options;
      const store = openStore({ ...(cacheDir !== undefined && { directory: cacheDir }) });
      const plan = await readable(store.directory, "read", () => store.clear({ kinds, pinned, dryRun: true }));
      const what = `${plan.entries} entries (${kinds.join(", ")}; ${bytesText(plan.bytes)})${setAside(plan)} in ${store.directory}${kept(plan)}`;
      if (!dryRun && !yes && !(await confirmed(what, json))) {
        process.stdout.write("Nothing was removed.\n");
        return;
      }
      const result = dryRun ? plan : await readable(store.directory, "clear", () => store.clear({ kinds, pinned }));
      if (json) process.stdout.write(`${JSON.stringify({ format: "sojourn-clear/1", dryRun, ...result }, null, 2)}\n`);
      else if (dryRun) process.stdout.write(`Would remove ${what}.\n`);
      else
        process.stdout.write(
          `Removed ${result.entries} entries, ${bytesText(result.bytes)}${setAside(result)}${kept(result)}.\n`,
        );
    });
}

const setAside = ({ quarantined }: ClearResult): string =>
  quarantined > 0 ? ` and ${quarantined} damaged ${quarantined === 1 ? "file" : "files"} set aside` : "";

const kept = ({ pinned }: ClearResult): string =>
  pinned > 0 ? `; ${pinned} pinned ${pinned === 1 ? "entry stays" : "entries stay"}` : "";
