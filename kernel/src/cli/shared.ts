/** `sojourn shared init`: makes a directory that many users share, with the modes that it needs, and says what it did. */
import { initShared } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { writeJson } from "./cache-options.js";

interface InitOptions {
  readonly group?: string;
  readonly json?: boolean;
}

export function sharedCommand(program: Command): void {
  program
    .command("shared")
    .description("look after a directory that many users share")
    .command("init")
    .description("make a shared directory, for everybody on this system or for one group")
    .argument("<directory>", "a new or empty folder, or a shared directory whose modes are to be mended")
    .option("--group <group>", "only members of this Unix group, by name or number, may use it")
    .option("--json", "print one JSON document")
    .action(async (directory: string, { group, json }: InitOptions) => {
      const made = await initShared(directory, group);
      if (json) return writeJson("sojourn-shared/1", made);
      const whom = made.group ? `the group ${made.group.name}` : "everybody";
      const what = made.done.length === 0 ? "Nothing had to be done.\n" : made.done.map((line) => `${line}\n`).join("");
      process.stdout.write(
        `${what}${made.directory} is shared by ${whom}. To use it: SOJOURN_SHARED_DIR=${made.directory}, and to publish: SOJOURN_PUBLISH=true.\n`,
      );
    });
}
