/**
 * The suites: what each runs, and where its counts come from. Suites run one after another, in the order of what they cost,
 * and share nothing but the set-up.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Failure } from "../../kernel/bootstrap/failure.mjs";
import { jupyterEnvironment } from "../../kernel/bootstrap/serve.mjs";
import { checked, NO_COUNTS, playwrightCounts, sum, tapCounts, unittestCounts, vitestCounts } from "./counts.mjs";
import { playwright, show } from "./programs.mjs";
import { needChromium, needCompiler } from "./system-packages.mjs";

/** Suites that vitest runs in one go, by the folders that hold their tests. */
const VITEST = {
  unit: ["engine/src", "kernel/src", "labextension/src"],
  property: ["test/property"],
  conformance: ["test/conformance"],
  golden: ["test/golden"],
  tidy: ["test/tidy"],
  faults: ["test/faults"],
  caches: ["test/caches"],
  cli: ["test/cli"],
  bench: ["test/bench"],
};

/** Where a program puts its report; an old one must not be read for a new one. */
function freshReport(context, name) {
  const directory = join(context.paths.state, "reports");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name);
  rmSync(file, { force: true });
  return file;
}

async function check(context) {
  const biome = join(context.root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const { code } = await show(context, process.execPath, [biome, "check", "--error-on-warnings", "."]);
  return code === 0 ? { ...NO_COUNTS, passed: 1 } : { ...NO_COUNTS, failed: 1 };
}

/** One run of vitest for all its suites that were asked for; their seconds are those of their files, which run side by side. */
async function vitest(context, names, { install }) {
  if (names.includes("faults")) needCompiler(context, install);
  const report = freshReport(context, "vitest.json");
  const script = join(context.root, "node_modules", "vitest", "vitest.mjs");
  const folders = names.flatMap((name) => VITEST[name]);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await show(context, process.execPath, [script, "run", ...reporters, ...folders]);
  const nothing = { counts: NO_COUNTS, seconds: 0 };
  const groupOf = (file) => {
    const path = relative(context.root, file).split(sep).join("/");
    return names.find((name) => VITEST[name].some((folder) => path.startsWith(`${folder}/`)));
  };
  const groups = existsSync(report) ? vitestCounts(report, groupOf) : new Map();
  const results = names.map((name) => {
    const { counts, seconds } = groups.get(name) ?? nothing;
    return { name, counts: checked(counts, 0), seconds };
  });
  const explained = results.some(({ counts }) => counts.failed > 0);
  if (code !== 0 && !explained) results[0].counts = checked(results[0].counts, code);
  return results;
}

/** Tests in Python, against what is installed in the project's environment. */
async function python(context, name) {
  const folder = join(context.root, "test", "system", name);
  const args = ["-m", "unittest", "discover", "-v", "-s", folder, "-t", folder];
  const { code, output } = await show(context, context.paths.python, args, { env: jupyterEnvironment(context.paths) });
  return checked(unittestCounts(output), code);
}

/** Files of kernel tests that measure, and so run with nothing beside them. */
const ALONE = ["test_speed.py"];

/** Files of kernel tests that take minutes: in the long run only, and alone. */
const LONG_ONLY = ["test_soak.py"];

/** Kernel tests mostly wait, so two files run at a time; each starts kernels of its own. */
async function kernel(context) {
  const folder = join(context.root, "test", "system", "kernel");
  const files = readdirSync(folder).filter((name) => /^test_\w+\.py$/.test(name));
  const alone = [...ALONE, ...(process.env.SOJOURN_LONG ? LONG_ONLY : [])];
  const shared = files.filter((name) => !ALONE.includes(name) && !LONG_ONLY.includes(name)).sort();
  const counts = [];
  const run = async (name) => {
    const args = ["-m", "unittest", "-v", name.replace(/\.py$/, "")];
    const options = { env: jupyterEnvironment(context.paths), cwd: folder };
    const { code, output } = await show(context, context.paths.python, args, options);
    counts.push(checked(unittestCounts(output), code));
  };
  const lane = async () => {
    for (let name = shared.shift(); name !== undefined && !context.stopping(); name = shared.shift()) await run(name);
  };
  await Promise.all([lane(), lane()]);
  for (const name of alone) if (!context.stopping()) await run(name);
  return sum(counts);
}

const pythonClient = (context) => python(context, "python-client");

async function bootstrap(context) {
  const report = freshReport(context, "bootstrap.tap");
  const folder = join(context.root, "test", "system", "bootstrap");
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
  const reporters = [
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...["--test-reporter=tap", `--test-reporter-destination=${report}`],
  ];
  const args = ["--test", "--test-concurrency=2", ...reporters, ...files.map((name) => join(folder, name))];
  const { code } = await show(context, process.execPath, args);
  return checked(existsSync(report) ? tapCounts(report) : NO_COUNTS, code);
}

async function browser(context, { install }) {
  const chromium = needChromium(context, install);
  if (chromium.path === undefined) return { ...NO_COUNTS, skipped: [{ name: "all tests", reason: chromium.reason }] };
  const report = freshReport(context, "browser.json");
  const { code } = await playwright(context, chromium.path, [], { SOJOURN_BROWSER_REPORT: report });
  return checked(existsSync(report) ? playwrightCounts(report) : NO_COUNTS, code);
}

const OTHERS = { kernel, "python-client": pythonClient, bootstrap, browser };

/** In the order in which they run. */
export const SUITES = ["check", ...Object.keys(VITEST), ...Object.keys(OTHERS)];

/** Runs one suite; what stops it before it could report is one failure. */
async function timed(context, name, work) {
  const started = performance.now();
  context.say(`suite ${name}`);
  let value;
  try {
    value = await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.write(error.message);
    value = { ...NO_COUNTS, failed: 1 };
  }
  return { value, seconds: (performance.now() - started) / 1000 };
}

export async function runSuites(context, names, options) {
  const results = [];
  const add = async (name, work) => {
    if (context.stopping()) return;
    const { value, seconds } = await timed(context, name, work);
    results.push({ name, counts: value, seconds });
  };
  if (names.includes("check")) await add("check", () => check(context));
  const together = names.filter((name) => name in VITEST);
  if (together.length > 0 && !context.stopping()) {
    context.say(`suites ${together.join(", ")}`);
    results.push(...(await vitest(context, together, options)));
  }
  for (const name of names.filter((other) => other in OTHERS)) await add(name, () => OTHERS[name](context, options));
  return results;
}
