/**
 * `npm run library`: makes the library of the families' traces that is released beside the packages, from `engine/library.json`: the same
 * bytes on every machine. `-- --key FILE` signs it. Needs no Python.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments } from "./arguments.mjs";
import { build, buildReady } from "./build-steps.mjs";
import { openContext, stopOnSignals } from "./context.mjs";
import { tellFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { installPackages, packagesReady } from "./packages.mjs";
import { checkout } from "./paths.mjs";

const HELP = `npm run library                       makes .sojourn/library/sojourn-families-VERSION.tar
npm run library -- --key FILE         and signs it; see sojourn keys

    --out FILE   writes it there
    --help       this text`;
const OPTIONS = [
  { name: "key", value: "a file", fits: (text) => !text.startsWith("--") },
  { name: "out", value: "a file", fits: (text) => !text.startsWith("--") },
  { name: "help" },
];

const context = openContext(checkout);
const release = stopOnSignals(context.stop);
try {
  const { key, out, help } = parseArguments(process.argv.slice(2), process.env, OPTIONS, "npm run library");
  if (help) {
    process.stdout.write(`${HELP}\n`);
    process.exit(0);
  }
  if (!packagesReady(context, context.root, "packages") || !buildReady(context))
    await withLock(context, async () => {
      await installPackages(context, context.root, "packages", "the Node packages");
      await build(context);
    });
  release();
  const { version } = JSON.parse(readFileSync(join(checkout, "engine", "package.json"), "utf8"));
  const folder = join(context.paths.state, "library");
  const target = out ?? join(folder, `sojourn-families-${version}.tar`);
  mkdirSync(folder, { recursive: true });
  const cache = mkdtempSync(join(tmpdir(), "sojourn-library-"));
  const sojourn = (...words) => {
    const command = [join(checkout, "kernel", "dist", "cli.mjs"), ...words, "--cache-dir", cache];
    const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  };
  try {
    // evaluators are for one machine each, and are made in milliseconds
    sojourn("prewarm", "--spec", join(checkout, "engine", "library.json"));
    const description = "Elimination traces of the model library at sizes in common use.";
    const naming = ["--as", "sojourn-families", "--release", version, "--description", description];
    sojourn("export", target, "--kind", "trace", "--timeless", ...naming, ...(key ? ["--key", key] : []));
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
} catch (error) {
  process.exit(tellFailure(context, error));
}
