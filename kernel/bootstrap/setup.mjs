/**
 * The whole set-up, in order: packages, build, environment, wheel. Every step looks for itself whether it has anything
 * to do, so a complete checkout passes through in a fraction of a second and without the network.
 */
import { build, buildReady } from "./build-steps.mjs";
import { environmentReady, installEnvironment, wheelReady } from "./environment.mjs";
import { withLock } from "./lock.mjs";
import { installPackages, packagesReady } from "./packages.mjs";
import { findPython } from "./python.mjs";

export function ready(context) {
  return (
    packagesReady(context, context.root, "packages") &&
    buildReady(context) &&
    environmentReady(context) &&
    wheelReady(context)
  );
}

/** Does what is missing; the caller holds the lock. */
export async function setUpLocked(context) {
  if (!environmentReady(context)) findPython(); // a missing Python is told now, not after minutes
  await installPackages(context, context.root, "packages", "the Node packages");
  await build(context);
  await installEnvironment(context);
}

export async function setUp(context) {
  if (!ready(context)) await withLock(context, () => setUpLocked(context));
}
