/**
 * `npm run bench`: installs and compiles what is missing, bundles the harness, and hands over to main.ts. Everything that it
 * writes lies in `.bench`, but for what it is asked to write.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArguments, withoutSwallowed } from "../../kernel/bootstrap/arguments.mjs";
import { build as buildAll } from "../../kernel/bootstrap/build-steps.mjs";
import { openContext, stopOnSignals } from "../../kernel/bootstrap/context.mjs";
import { Failure, failures, tellFailure } from "../../kernel/bootstrap/failure.mjs";
import { withLock } from "../../kernel/bootstrap/lock.mjs";
import { installPackages, packagesReady } from "../../kernel/bootstrap/packages.mjs";
import { checkout } from "../../kernel/bootstrap/paths.mjs";
import { run, tail } from "../../kernel/bootstrap/process.mjs";
import { setUp } from "../../kernel/bootstrap/setup.mjs";
import { playwright } from "../runner/programs.mjs";
import { needChromium } from "../runner/system-packages.mjs";

const BACKENDS = "wasm,wasm:2,wasm@8,reference";

const HELP = `npm run bench                             measures this engine alone
npm run bench -- caches                   measures the caches instead; with --peers beside phasic's
npm run bench -- --peers                  and native C, KLU, SciPy and phasic, which it builds or installs into .bench
npm run bench -- kernel                   measures the kernel; with --peers beside ipykernel, Deno and tslab
npm run bench -- panel                    measures the side panel, in JupyterLab in Chromium
npm run bench -- --only moments,growth    cases whose name holds one of these words; of the kernel starts, sessions, interrupts, together;
                                          of the panel load, hidden, entries

    --backend NAMES   goals are about the first; @8 is 8 lanes, :2 two threads; default ${BACKENDS}
    --quick           a few θ and rounds: whether it works, not how fast
    --clock cpu       counts the processor's time, for machines that others use too; alone and in threads it stays the wall's
    --json FILE       writes everything that was measured
    --write           writes docs/benchmarks.md, or the page of the caches, the kernel or the panel
    --list            names of all cases
    --no-build        takes the engine as it was compiled last
    --help            this text`;

const OPTIONS = [
  { name: "only", value: "words of case names", fits: (text) => /^[\w,/.-]+$/.test(text) && !text.startsWith("--") },
  {
    name: "backend",
    value: "names of backends such as wasm:2",
    fits: (text) => text.split(",").every((name) => /^[a-z]+(@[248])?(:\d+)?$/.test(name)),
  },
  { name: "clock", value: "wall or cpu", fits: (text) => text === "wall" || text === "cpu" },
  { name: "json", value: "a file", fits: (text) => !text.startsWith("--") },
  ...["peers", "quick", "write", "list", "no-build", "help"].map((name) => ({ name })),
];

async function compileEngine(context) {
  const compiler = join(context.root, "node_modules", "typescript", "bin", "tsc");
  const args = [compiler, "-b", "engine"];
  const { code, output, log } = await run(context, { name: "bench-types", command: process.execPath, args });
  if (code === 0) return;
  context.write(tail(output));
  throw failures.step("compile the engine", code, log);
}

/** The harness and its child processes, each in one file; the engine stays outside, compiled as users get it. */
async function bundle(root, folder) {
  const { build } = await import("esbuild");
  const source = (name) => join(root, "test", "bench", `${name}.ts`);
  await build({
    entryPoints: ["main", "caches", "ours", "scratch", "kernel/main", "panel/main"].map(source),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    external: ["@sojourn/engine", "@sojourn/engine/cache", "zeromq"],
    logLevel: "warning",
  });
  // The floor loads ZeroMQ as the kernel does: bundled, with its addon by name.
  await build({
    entryPoints: [source("kernel/floor")],
    outfile: join(folder, "kernel", "floor.mjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: {
      js: 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
    },
    plugins: [{ name: "addon", setup: addonByName }],
    logLevel: "warning",
  });
  const load = (name) => import(pathToFileURL(join(folder, `${name}.mjs`)).href);
  return {
    ...(await load("main")),
    ...(await load("caches")),
    ...(await load("kernel/main")),
    ...(await load("panel/main")),
  };
}

function addonByName(bundler) {
  bundler.onLoad({ filter: /zeromq[\\/]lib[\\/]load-addon\.js$/ }, () => ({
    contents: "exports.__esModule = true; exports.default = require(process.env.BENCH_ADDON);",
    loader: "js",
  }));
}

async function main(context) {
  const words = process.argv.slice(2);
  const subject = ["caches", "kernel", "panel"].find((one) => one === words[0]);
  const options = parseArguments(subject ? words.slice(1) : words, process.env, OPTIONS, "npm run bench");
  const given = { ...options, subject };
  if (given.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const { root } = context;
  await prepare(context, given);
  const folder = join(root, ".bench");
  mkdirSync(folder, { recursive: true });
  const runFolder = mkdtempSync(join(folder, `run-${process.pid}-`));
  try {
    await measure(context, given, { folder, runFolder });
  } finally {
    rmSync(runFolder, { recursive: true, force: true });
  }
}

async function prepare(context, { subject, "no-build": asItIs }) {
  const { root } = context;
  // JupyterLab shows what is installed
  if (subject === "panel") return asItIs ? undefined : setUp(context);
  if (!packagesReady(context, root, "packages"))
    await withLock(context, () => installPackages(context, root, "packages", "the Node packages"));
  const compile = subject === "kernel" ? buildAll : compileEngine;
  if (!asItIs) await withLock(context, () => compile(context));
}

async function measure(context, given, folders) {
  const harness = await bundle(context.root, folders.runFolder);
  if (given.list) {
    process.stdout.write(`${harness.caseNames().join("\n")}\n`);
    return;
  }
  const options = {
    only: given.only,
    backend: given.backend ?? BACKENDS,
    json: given.json && resolve(given.json),
    clock: given.clock ?? "wall",
    quick: given.quick === true,
    peers: given.peers === true,
    write: given.write === true,
  };
  if (given.subject === undefined && options.only !== undefined && harness.chosen(options.only).length === 0)
    throw failures.usage(`No case is called ${options.only}`, "npm run bench");
  if (given.subject === "panel" && harness.figuresOf(options.only).length === 0)
    throw failures.usage(`No part is called ${options.only}`, "npm run bench");
  const env = withoutSwallowed(process.env, OPTIONS);
  process.exitCode = (await start(context, harness, given.subject, env, folders, options)) ? 0 : 1;
}

/** Answers whether all was measured and is as it should be. */
function start(context, harness, subject, env, folders, options) {
  if (subject === "panel") {
    const chromium = needChromium(context, process.env.CI === "true");
    if (chromium.path === undefined)
      throw failures.usage(`The panel cannot be measured: ${chromium.reason}`, "npm run bench");
    const browser = (args, more) => playwright(context, chromium.path, args, more);
    return harness.panelMain(context, browser, folders, options);
  }
  const runTask = (task) => run(context, { env, ...task });
  const subjects = { caches: harness.cachesMain, kernel: harness.kernelMain };
  return (subjects[subject] ?? harness.main)(context, runTask, folders, options);
}

const context = openContext(checkout);
const release = stopOnSignals(context.stop);
try {
  await main(context);
} catch (error) {
  const told = context.stopping() ? new Failure("interrupted", "Stopped; nothing was written.", 130) : error;
  process.exitCode = tellFailure(context, told);
} finally {
  release();
}
