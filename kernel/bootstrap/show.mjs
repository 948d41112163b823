/** `npm run show -- MODEL`: installs and builds what is missing, then hands over to `sojourn show`. Needs no Python. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, buildReady } from "./build-steps.mjs";
import { openContext, stopOnSignals } from "./context.mjs";
import { tellFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { installPackages, packagesReady } from "./packages.mjs";
import { checkout } from "./paths.mjs";

const context = openContext(checkout);
const release = stopOnSignals(context.stop);
try {
  if (!packagesReady(context, context.root, "packages") || !buildReady(context))
    await withLock(context, async () => {
      await installPackages(context, context.root, "packages", "the Node packages");
      await build(context);
    });
  release();
  const command = join(checkout, "kernel", "dist", "cli.mjs");
  const { status } = spawnSync(process.execPath, [command, "show", ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(status ?? 1);
} catch (error) {
  process.exit(tellFailure(context, error));
}
