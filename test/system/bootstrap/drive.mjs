/**
 * One step of the set-up as a process of its own, so that tests can run several at once and kill them:
 *
 *     node drive.mjs ROOT packages|environment|hold|serve [ARGUMENTS]
 *
 * The code is that of the checkout; ROOT is where it works.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openContext, stopOnSignals } from "../../../kernel/bootstrap/context.mjs";
import { makeEnvironment } from "../../../kernel/bootstrap/environment.mjs";
import { Failure } from "../../../kernel/bootstrap/failure.mjs";
import { withLock } from "../../../kernel/bootstrap/lock.mjs";
import { installPackages } from "../../../kernel/bootstrap/packages.mjs";
import { checkout } from "../../../kernel/bootstrap/paths.mjs";
import { run } from "../../../kernel/bootstrap/process.mjs";
import { serve } from "../../../kernel/bootstrap/serve.mjs";

const [root, step, ...args] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const STEPS = {
  packages: (context) => withLock(context, () => installPackages(context, root, "packages", "the Node packages")),
  environment: (context) => withLock(context, () => makeEnvironment(context)),
  /** Holds the lock for so many milliseconds, so many times, and notes when it came and went. */
  async hold(context, journal, ms, times = "1") {
    for (let round = 0; round < Number(times); round += 1) {
      await withLock(context, async () => {
        appendFileSync(journal, `in ${process.pid}\n`);
        await sleep(Number(ms));
        appendFileSync(journal, `out ${process.pid}\n`);
      });
    }
  },
  /** Asks for the lock at given moments, so that two processes ask at the same one. */
  async race(context, journal, first, everyMs, times) {
    for (let round = 0; round < Number(times); round += 1) {
      const moment = Number(first) + round * Number(everyMs);
      await sleep(moment - Date.now() - 20);
      while (Date.now() < moment); // to the millisecond
      await withLock(context, async () => {
        appendFileSync(journal, `in ${process.pid}\n`);
        await sleep(20);
        appendFileSync(journal, `out ${process.pid}\n`);
      });
    }
  },
  /** Holds the lock while a command runs, as a set-up does. */
  holdRunning: (context, ...command) =>
    withLock(context, () => run(context, { name: "held", command: command[0], args: command.slice(1) })),
  /** Serves the checkout, which is set up, with the server's own state in ROOT. */
  serve(context, ...words) {
    const port = words.find((word) => /^\d+$/.test(word));
    const jupyter = join(root, "jupyter");
    Object.assign(context.paths, {
      jupyter,
      runtime: join(jupyter, "runtime"),
      lock: join(root, "lock"),
      logs: join(root, "logs"),
    });
    return serve(context, { port: port && Number(port), browser: true, allowRoot: true });
  },
};

const context = openContext(step === "serve" ? checkout : root);
const ignore = stopOnSignals(context.stop);
try {
  await STEPS[step](context, ...args);
  context.write("done");
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  context.write(`${error.code}: ${error.message}`);
  process.exitCode = error.exitCode;
} finally {
  ignore();
}
