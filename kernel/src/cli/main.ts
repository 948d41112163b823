/** The `sojourn` command: one file per verb, one place for exit codes. */
import { ENGINE_VERSION } from "@sojourn/engine";
import { SojournError } from "@sojourn/engine/errors";
import { Command, CommanderError } from "commander";

import { clearCommand } from "./clear.js";
import { completionCommand } from "./completion.js";
import { computeCommand } from "./compute.js";
import { doctorCommand } from "./doctor.js";
import { entryCommands } from "./entry.js";
import { explainCommands } from "./explain.js";
import { kernelCommand } from "./kernel.js";
import { keysCommand } from "./keys.js";
import { librariesCommand } from "./libraries.js";
import { listCommand } from "./list.js";
import { modelsCommand } from "./models.js";
import { prewarmCommand } from "./prewarm.js";
import { sharedCommand } from "./shared.js";
import { showCommand } from "./show.js";
import { statusCommand } from "./status.js";
import { transferCommands } from "./transfer.js";
import { vacuumCommand } from "./vacuum.js";

/** 0 all well, 1 our fault or the machine's, 2 bad input, 3 some lanes have no value, 130 interrupted. */
const EXIT_INPUT = 2;

const program = new Command("sojourn")
  .description("Phase-type distributions: answer requests, look after the caches, look at every stage.")
  .version(ENGINE_VERSION)
  .showSuggestionAfterError()
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(usageSentence(text)) })
  .addHelpText("after", "\nExit codes: 0 ok, 1 failed, 2 bad input, 3 some θ have no value.");
for (const add of [
  computeCommand,
  modelsCommand,
  showCommand,
  statusCommand,
  listCommand,
  explainCommands,
  prewarmCommand,
  entryCommands,
  transferCommands,
  librariesCommand,
  vacuumCommand,
  clearCommand,
  doctorCommand,
  sharedCommand,
  keysCommand,
  kernelCommand,
  completionCommand,
])
  add(program);

process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.once("SIGINT", () => process.exit(130));
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** What commander says about the command line, `error: …` and perhaps a suggestion below, in the form of our own errors. */
function usageSentence(text: string): string {
  const words = text
    .trim()
    .replace(/^error: /, "")
    .replaceAll("\n", " ");
  const sentence = words[0].toUpperCase() + words.slice(1) + (/[.)]$/.test(words) ? "" : ".");
  return `sojourn: ${sentence} [usage]\n`;
}

/** One sentence on standard error; never a stack for what a user can mend. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_INPUT;
  if (error instanceof SojournError) {
    process.stderr.write(`sojourn: ${error.message} [${error.code}]\n`);
    return EXIT_INPUT;
  }
  process.stderr.write(`sojourn: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
