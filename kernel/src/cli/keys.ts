/** `sojourn keys`: keys that sign what is published, so that others can trust a key instead of a user. */
import { keysFolder, listKeyFiles, newKeyFile } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { readable, table, writeJson } from "./cache-options.js";

interface KeysOptions {
  readonly json?: boolean;
}

export function keysCommand(program: Command): void {
  const keys = program.command("keys").description("make and list the keys that sign what you publish");
  keys
    .command("new")
    .description("make a key; its public half is for the policies of those who trust it")
    .argument("[name]", "what to call it", "default")
    .option("--json", "print one JSON document")
    .action(async (name: string, { json }: KeysOptions) => {
      const made = await newKeyFile(keysFolder(process.env), name);
      if (json) return writeJson("sojourn-key/1", made);
      process.stdout.write(
        `Made ${made.path}; keep it to yourself. To sign what you publish:\n\n` +
          `  "signingKey": ${JSON.stringify(made.path)}    in sojourn.config.json, or SOJOURN_SIGNING_KEY\n\n` +
          `Those who trust it put this into their policies:\n\n` +
          `  "keys": { ${JSON.stringify(name)}: "${made.publicKey}" }\n`,
      );
    });
  keys
    .command("list")
    .description("list your keys with their public halves")
    .option("--json", "print one JSON document")
    .action(async ({ json }: KeysOptions) => {
      const folder = keysFolder(process.env);
      const found = await readable(folder, "list", async () => listKeyFiles(folder));
      if (json) writeJson("sojourn-keys/1", { folder, keys: found });
      else if (found.length === 0)
        process.stdout.write(`There are no keys in ${folder}; sojourn keys new makes one.\n`);
      else
        process.stdout.write(
          table([
            ["name", "public key", "file"],
            ...found.map(({ name, path, publicKey, problem }) => [name, publicKey ?? problem ?? "–", path]),
          ]),
        );
    });
}
