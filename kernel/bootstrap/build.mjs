/** `npm run build`: builds what changed; installs nothing and needs no Python. */
import { build } from "./build-steps.mjs";
import { openContext, stopOnSignals } from "./context.mjs";
import { tellFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { checkout } from "./paths.mjs";

const context = openContext(checkout);
stopOnSignals(context.stop);
try {
  await withLock(context, () => build(context));
  context.say("built");
} catch (error) {
  process.exitCode = tellFailure(context, error);
} finally {
  process.exit();
}
