/** `sojourn libraries`: which libraries are looked through, and taking one away again. */
import { openStore, sumOfKinds } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { bytesText, DIRECTORY_OPTION, storeAt, table, writeJson } from "./cache-options.js";
import { confirmed } from "./confirm.js";

interface LibrariesOptions {
  readonly cacheDir?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function librariesCommand(program: Command): void {
  const libraries = program
    .command("libraries")
    .description("list the libraries that are looked through, or remove one");
  libraries
    .command("list", { isDefault: true })
    .description("list them with what they hold")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(async ({ cacheDir, json }: LibrariesOptions) => {
      const found = (await openStore(storeAt(cacheDir)).transfer.libraries()).map(
        ({ name, version, folder, summary }) => ({
          name,
          version,
          folder,
          ...sumOfKinds(summary.totals),
        }),
      );
      if (json) return writeJson("sojourn-libraries/1", { libraries: found });
      if (found.length === 0) {
        process.stdout.write("No library is imported; sojourn import takes one.\n");
        return;
      }
      const rows = found.map(({ name, version, folder, entries, bytes }) => [
        name,
        version || "–",
        String(entries),
        bytesText(bytes),
        folder,
      ]);
      process.stdout.write(table([["library", "version", "entries", "size", "folder"], ...rows]));
    });
  libraries
    .command("remove")
    .description("remove an imported library; entries that were copied out of it stay")
    .argument("<name>", "its name, as the list has it")
    .option(...DIRECTORY_OPTION)
    .option("-y, --yes", "do not ask")
    .option("--json", "print one JSON document; needs --yes")
    .action(async (name: string, { cacheDir, yes = false, json = false }: LibrariesOptions) => {
      const { transfer } = openStore(storeAt(cacheDir));
      if (!yes && !(await confirmed(`the library ${name}`, json))) {
        process.stdout.write("Nothing was removed.\n");
        return;
      }
      const { version, folder, summary } = await transfer.removeLibrary(name);
      const { entries, bytes } = sumOfKinds(summary.totals);
      if (json) return writeJson("sojourn-libraries-remove/1", { name, version, folder, entries, bytes });
      process.stdout.write(`Removed the library ${name}, ${entries} entries, ${bytesText(bytes)}.\n`);
    });
}
