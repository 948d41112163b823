/** `sojourn vacuum`: removes what is old, unused or too much, after saying what, and makes the ledger say what is there. */
import { openStore, type StoredKind, type VacuumQuery } from "@sojourn/engine/cache";
import type { Command } from "commander";
import {
  bytesText,
  DIRECTORY_OPTION,
  parseAge,
  parseBytes,
  parseKinds,
  readable,
  storeAt,
  table,
  writeJson,
} from "./cache-options.js";
import { confirmed } from "./confirm.js";

interface VacuumOptions {
  readonly cacheDir?: string;
  readonly kind?: StoredKind[];
  readonly olderThan?: number;
  readonly unusedFor?: number;
  readonly largerThan?: number;
  readonly name?: string;
  readonly downTo?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const SHOWN_MAX = 20;

export function vacuumCommand(program: Command): void {
  program
    .command("vacuum")
    .description(
      "remove entries that are old, unused or too large, pinned ones excepted; with no condition only what is over the caps",
    )
    .option(...DIRECTORY_OPTION)
    .option("--kind <kinds>", "only these kinds, separated by commas", parseKinds)
    .option("--older-than <age>", "made longer ago, such as 30d", parseAge)
    .option("--unused-for <age>", "neither made nor used for so long", parseAge)
    .option("--larger-than <size>", "larger, such as 100MB", parseBytes)
    .option("--name <name>", "of models of exactly this name")
    .option("--down-to <size>", "then make room until the layer holds so much", parseBytes)
    .option("--dry-run", "only say what would go")
    .option("-y, --yes", "do not ask")
    .option("--json", "print one JSON document; needs --yes or --dry-run")
    .action(async (options: VacuumOptions) => {
      const { cacheDir, kind, olderThan, unusedFor, largerThan, name, downTo } = options;
      const { dryRun = false, yes = false, json = false } = options;
      const query: VacuumQuery = {
        ...(kind && { kinds: kind }),
        ...(olderThan !== undefined && { olderThanMs: olderThan }),
        ...(unusedFor !== undefined && { unusedForMs: unusedFor }),
        ...(largerThan !== undefined && { largerThanBytes: largerThan }),
        ...(name !== undefined && { name }),
        ...(downTo !== undefined && { capBytes: downTo }),
      };
      const store = openStore(storeAt(cacheDir));
      const plan = await readable(store.directory, "vacuum", () => store.vacuum({ ...query, dryRun: true }));
      const what = `${plan.entries} entries (${bytesText(plan.bytes)}) in ${store.directory}`;
      if (!json) {
        const rows = plan.victims
          .slice(0, SHOWN_MAX)
          .map(({ kind: one, key, name: model, bytes, cause }) => [
            one,
            key.slice(0, 16),
            model || "–",
            bytesText(bytes),
            cause,
          ]);
        if (rows.length > 0) process.stdout.write(table([["kind", "key", "model", "size", "because"], ...rows]));
        if (plan.entries > SHOWN_MAX) process.stdout.write(`… and ${plan.entries - SHOWN_MAX} more\n`);
      }
      if (!dryRun && plan.entries > 0 && !yes && !(await confirmed(what, json))) {
        process.stdout.write("Nothing was removed.\n");
        return;
      }
      const result = dryRun ? plan : await readable(store.directory, "vacuum", () => store.vacuum({ plan }));
      if (json) writeJson("sojourn-vacuum/1", result);
      else
        process.stdout.write(
          dryRun ? `Would remove ${what}.\n` : `Removed ${result.entries} entries, ${bytesText(result.bytes)}.\n`,
        );
    });
}
