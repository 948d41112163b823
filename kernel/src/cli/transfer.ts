/** `sojourn export`, `import`, `publish`, `sync` and `verify`: entries between layers, machines and people. */
import { openStore, type StoredKind, signerFrom } from "@sojourn/engine/cache";
import { InputError } from "@sojourn/engine/errors";
import { fsPromises } from "@sojourn/engine/file-system";
import type { Command } from "commander";
import { bytesText, DIRECTORY_OPTION, parseKinds, storeAt, writeJson } from "./cache-options.js";
import { fileFault } from "./file-fault.js";
import { openProgress } from "./progress-line.js";

interface TransferOptions {
  readonly cacheDir?: string;
  readonly json?: boolean;
  readonly kind?: StoredKind[];
  readonly name?: string;
  readonly as: string;
  readonly release: string;
  readonly description?: string;
  readonly folder?: boolean;
  readonly timeless?: boolean;
  readonly key?: string;
  readonly unsigned?: boolean;
  readonly dryRun?: boolean;
}

const EXIT_DAMAGED = 3;

const missing = (verb: string, what: string): never => {
  throw new InputError("usage", `Cannot ${verb} without ${what}.`);
};

async function readSigner(file: string) {
  let pem: string;
  try {
    pem = await fsPromises.readFile(file, "utf8");
  } catch (error) {
    throw new InputError("unreadable", `Cannot read the signing key ${file}: ${fileFault(error)}.`, { cause: error });
  }
  return signerFrom(pem);
}

export function transferCommands(program: Command): void {
  program
    .command("export")
    .description("write entries of the private layer as a library: an archive, or a folder that a web server can serve")
    .argument("[target]", "the archive, such as ours.tar, or the folder")
    .option("--as <name>", "name of the library", "library")
    .option("--release <version>", "version of the library", "1")
    .option("--description <text>", "what is in it")
    .option("--kind <kinds>", "which kinds, separated by commas; default graph,trace", parseKinds)
    .option("--name <text>", "only of models whose names contain this")
    .option("--folder", "write a folder instead of an archive")
    .option("--timeless", "leave out when and how fast entries were made, so that another machine makes the same bytes")
    .option("--key <file>", "sign it with this key; see sojourn keys")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(async (target: string | undefined, options: TransferOptions) => {
      const { cacheDir, json, kind, name, as, release, description, folder, timeless, key } = options;
      const signer = key === undefined ? undefined : await readSigner(key);
      const bar = openProgress();
      const done = await openStore(storeAt(cacheDir)).transfer.exportLibrary(target ?? missing("export", "a target"), {
        library: as,
        version: release,
        ...(description !== undefined && { description }),
        ...(kind && { kinds: kind }),
        ...(name !== undefined && { name }),
        ...(folder && { asFolder: true }),
        ...(timeless && { timeless }),
        ...(signer && { signer }),
        onProgress: (entries, total) => process.stderr.isTTY && bar.update(entries, total, "entries"),
      });
      bar.end();
      if (json) return writeJson("sojourn-export/1", { target, signed: signer !== undefined, ...done });
      process.stdout.write(
        `Exported ${done.entries} entries, ${bytesText(done.bytes)}, to ${target}${signer ? ", signed" : ""}.\n`,
      );
      if (done.missing.length > 0)
        process.stdout.write(`${done.missing.length} were damaged or gone and are not in it.\n`);
    });

  program
    .command("import")
    .description("take in a library, whole or not at all; its entries are found from then on")
    .argument("[source]", "an archive, a folder, or an https: address of a folder")
    .option("--unsigned", "take it although nobody known has signed it")
    .option("--dry-run", "check everything, and keep nothing")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(
      async (source: string | undefined, { cacheDir, json, unsigned = false, dryRun = false }: TransferOptions) => {
        const bar = openProgress();
        const done = await openStore(storeAt(cacheDir)).transfer.importLibrary(
          source ?? missing("import", "a source"),
          {
            unsigned,
            dryRun,
            onProgress: (entries, total) => process.stderr.isTTY && bar.update(entries, total, "entries"),
          },
        );
        bar.end();
        if (json) return writeJson("sojourn-import/1", { dryRun, ...done });
        const by = done.signedBy === undefined ? "not signed by anybody known" : `signed by ${done.signedBy}`;
        const skipped = done.skipped > 0 ? `, ${done.skipped} left out` : "";
        process.stdout.write(
          `${dryRun ? "Would take in" : "Took in"} ${done.name} ${done.version}: ${done.entries} entries, ${bytesText(done.bytes)}${skipped}, ${by}.\n`,
        );
      },
    );

  program
    .command("publish")
    .description("copy entries of the private layer to your part of the shared one")
    .option("--kind <kinds>", "which kinds, separated by commas; default graph,trace", parseKinds)
    .option("--name <text>", "only of models whose names contain this")
    .option("--dry-run", "only say what would be copied")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(async ({ cacheDir, json, kind, name, dryRun = false }: TransferOptions) => {
      const store = openStore(storeAt(cacheDir));
      const query = { dryRun, ...(kind && { kinds: kind }), ...(name !== undefined && { name }) };
      const done = await store.transfer.publish(query);
      if (json) return writeJson("sojourn-publish/1", done);
      process.stdout.write(
        `${dryRun ? "Would publish" : "Published"} ${done.entries} entries, ${bytesText(done.bytes)}.\n`,
      );
    });

  program
    .command("sync")
    .description(
      "fetch what is missing here from another cache folder, or from a library in a folder or at an https: address",
    )
    .argument("[source]", "the folder or address")
    .option("--unsigned", "take a library although nobody known has signed it")
    .option("--dry-run", "only say what would be fetched")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(
      async (source: string | undefined, { cacheDir, json, unsigned = false, dryRun = false }: TransferOptions) => {
        const bar = openProgress();
        const done = await openStore(storeAt(cacheDir)).transfer.sync(source ?? missing("sync", "a source"), {
          unsigned,
          dryRun,
          onProgress: (entries, total) => process.stderr.isTTY && bar.update(entries, total, "entries"),
        });
        bar.end();
        if (json) return writeJson("sojourn-sync/1", done);
        process.stdout.write(
          `${dryRun ? "Would fetch" : "Fetched"} ${done.entries} entries, ${bytesText(done.bytes)}.\n`,
        );
      },
    );

  program
    .command("verify")
    .description("read and check every byte of your entries; what is damaged is set aside")
    .option("--kind <kinds>", "only these kinds, separated by commas", parseKinds)
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExit codes: 0 all sound, 3 some were damaged.")
    .action(async ({ cacheDir, json, kind }: TransferOptions) => {
      const store = openStore(storeAt(cacheDir));
      const done = await store.transfer.verify(kind ? { kinds: kind } : {});
      process.exitCode = done.damaged.length > 0 ? EXIT_DAMAGED : 0;
      if (json) return writeJson("sojourn-verify/1", done);
      for (const { kind: one, key, reason } of done.damaged)
        process.stdout.write(`${one} ${key.slice(0, 16)}: ${reason}\n`);
      process.stdout.write(
        `Checked ${done.checked} entries, ${bytesText(done.bytes)}; ${done.damaged.length} damaged${done.damaged.length > 0 ? ", set aside" : ""}.\n`,
      );
    });
}
