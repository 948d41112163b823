/**
 * Checks that cost milliseconds and are made on every start: may we write here, and may programs run from here.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainFileError, failures } from "./failure.mjs";

/** Tries what the set-up will do: make the state folder, write a program into it, run it. */
export function checkFolder(paths) {
  const probe = join(paths.state, `probe-${process.pid}`);
  try {
    if (!existsSync(paths.state)) mkdirSync(paths.state);
    writeFileSync(probe, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    const { error } = spawnSync(probe);
    if (error?.code === "EACCES") throw failures.noExec(paths.root);
  } catch (error) {
    throw explainFileError(error, `write into ${paths.root}`, paths.root);
  } finally {
    try {
      rmSync(probe, { force: true });
    } catch {
      // The folder that refused the probe refuses its removal too; the first error is the one that counts.
    }
  }
}

/** Root may serve only when told so; running a notebook or the tests opens no server. */
export function checkRoot(context, allowRoot) {
  if (process.getuid?.() !== 0) return;
  if (!allowRoot) throw failures.root();
  context.write("Running as root, as --allow-root says: every notebook that is opened can change the whole machine.");
}
