/**
 * `npm test`: the same set-up as `npm start`, then every suite, whatever the ones before it did. Ends with one line of
 * counts. What this machine lacks is a skip with its reason; with CI=true a skip fails, a missing GPU alone excepted.
 */
import { join } from "node:path";
import { parseArguments } from "../kernel/bootstrap/arguments.mjs";
import { checkFolder } from "../kernel/bootstrap/checks.mjs";
import { openContext, stopOnSignals } from "../kernel/bootstrap/context.mjs";
import { failures, tellFailure } from "../kernel/bootstrap/failure.mjs";
import { checkout } from "../kernel/bootstrap/paths.mjs";
import { setUp } from "../kernel/bootstrap/setup.mjs";
import { NO_COUNTS, sum } from "./runner/counts.mjs";
import { runSuites, SUITES } from "./runner/suites.mjs";

const HELP = `npm test                          set up what is missing, then run every suite
npm test -- --only NAME[,NAME…]   only these suites: ${SUITES.join(", ")}

    --long      the same suites at length, as npm run test:long does: a thousand random interrupts and the like
    --install   install missing system packages (as root on Debian or Ubuntu); CI=true does so too
    --help      this text`;

const OPTIONS = [
  {
    name: "only",
    value: `some of ${SUITES.join(", ")}`,
    fits: (text) => text.split(",").every((name) => SUITES.includes(name)),
  },
  { name: "long" },
  { name: "install" },
  { name: "help" },
];

const ci = process.env.CI === "true";
const excused = ({ reason }) => /^no GPU\b/i.test(reason);

/** Prints one line per suite, then every skip with its reason. */
function report(results) {
  process.stdout.write("\n");
  for (const { name, counts, seconds } of results) {
    const { passed, failed, skipped } = counts;
    process.stdout.write(
      `${name.padEnd(12)} ${passed} passed, ${failed} failed, ${skipped.length} skipped in ${seconds.toFixed(1)} s\n`,
    );
  }
  const skips = results.flatMap(({ name, counts }) => counts.skipped.map((skip) => ({ suite: name, ...skip })));
  for (const { suite, name, reason } of skips) process.stdout.write(`skipped: ${suite}: ${name}: ${reason}\n`);
  const total = sum(results.map(({ counts }) => counts));
  const unexcused = ci ? skips.filter((skip) => !excused(skip)).length : 0;
  if (unexcused > 0)
    process.stdout.write(`With CI=true nothing may be skipped for lack of anything but a GPU; ${unexcused} were.\n`);
  return { total, ok: total.failed === 0 && total.passed > 0 && unexcused === 0 };
}

function close({ passed, failed, skipped }) {
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
}

async function main(context) {
  const { only, long, install, help } = parseArguments(process.argv.slice(2), process.env, OPTIONS, "npm test");
  if (help) return process.stdout.write(`${HELP}\n`);
  // Every suite reads it from the environment; their programs inherit that.
  if (long) process.env.SOJOURN_LONG = "1";
  // Kernels of tests leave nothing in a person's history.
  process.env.SOJOURN_DATA_DIR ??= join(context.paths.state, "data");
  checkFolder(context.paths);
  await setUp(context);
  const names = only === undefined ? SUITES : SUITES.filter((name) => only.split(",").includes(name));
  const results = await runSuites(context, names, { install: ci || install === true });
  if (context.stopping()) throw failures.interrupted();
  const { total, ok } = report(results);
  close(total);
  process.exitCode = ok ? 0 : 1;
}

const context = openContext(checkout);
const ignore = stopOnSignals(context.stop);
try {
  await main(context);
} catch (error) {
  process.exitCode = tellFailure(context, error);
  if (error.code !== "usage") close({ ...NO_COUNTS, failed: 1 });
} finally {
  ignore();
}
