/**
 * Plants bugs in a copy of the store, one after another, runs the fast tests against each, and says which were noticed:
 *
 *     node test/faults/planted.mjs [part of a name …] [--fast] [--json FILE]
 *
 * With `--fast` only the fastest tests run.
 *
 * Exits with 1 when one survives, or when the text it should stand for is no longer in the sources.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { BUGS } from "./planted-bugs.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const CACHE = "engine/src/cache";
/** From the fastest; the first that fails ends a run. */
export const SUITES = [
  `${CACHE}/entry.test.ts ${CACHE}/read.test.ts ${CACHE}/folder.test.ts ${CACHE}/evict.test.ts ${CACHE}/listing.test.ts ${CACHE}/store.test.ts ${CACHE}/ledger.test.ts ${CACHE}/ledger-file.test.ts test/faults/rules.test.ts`,
  `${CACHE}/store.faults.test.ts test/faults/damage.test.ts test/faults/fuzz.test.ts`,
  "test/faults/crash.test.ts test/faults/injected.test.ts",
].map((files) => files.split(" "));
/** A bug may make a test wait for ever. */
const LIMIT_MS = Number(process.env.SOJOURN_PLANTED_LIMIT_MS ?? 300_000);

/** A copy of the sources and tests that are needed, in which changes can be made. */
export function copySources() {
  const copy = mkdtempSync(join(tmpdir(), "sojourn-planted-"));
  for (const folder of ["engine/src/base", CACHE, "test/faults", "test/support"])
    cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  for (const file of ["vitest.config.ts", "package.json", "engine/package.json"])
    cpSync(join(ROOT, file), join(copy, file));
  cpSync(join(copy, CACHE), join(copy, "before"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, "engine", "node_modules"), { recursive: true });
  return copy;
}

/** Runs tests in a copy; answers the first test that fails with its file, or undefined. */
export function firstFailure(copy, files) {
  return new Promise((resolve) => {
    const script = join(ROOT, "node_modules", "vitest", "vitest.mjs");
    const args = [script, "run", "--root", copy, "--bail=1", "--reporter=json", "--no-file-parallelism", ...files];
    const child = spawn(process.execPath, args, { cwd: copy, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), LIMIT_MS);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve(undefined);
      if (code === null) return resolve({ test: "it never ended" });
      try {
        const { testResults } = JSON.parse(output.slice(output.indexOf("{")));
        for (const { assertionResults, message, name } of testResults) {
          const failed = assertionResults.find(({ status }) => status === "failed");
          if (failed) return resolve({ test: failed.fullName, file: relative(copy, name) });
          if (message) return resolve({ test: `${name}: ${message.split("\n")[0]}` });
        }
      } catch {
        // no report: what was said is the answer
      }
      resolve({ test: `vitest ended with ${code}: ${errors.slice(0, 300)}` });
    });
  });
}

function plant(copy, { edits }) {
  for (const { file, find, replace } of edits) {
    const path = join(copy, CACHE, file);
    const text = readFileSync(path, "utf8");
    if (text.split(find).length !== 2) return `its text does not stand in ${file} once`;
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return undefined;
}

/** Restores every file that a bug changed, as it was when the copy was made. */
function restore(copy, { edits }) {
  for (const { file } of edits) cpSync(join(copy, "before", file), join(copy, CACHE, file));
}

/** The test that notices what was done to a copy; undefined when none does. */
export async function noticed(copy, suites) {
  for (const files of suites) {
    const failure = await firstFailure(copy, files);
    if (failure === undefined) continue;
    // a test that fails by chance alone, on a machine under load, has noticed nothing
    const again = failure.file === undefined ? failure : await firstFailure(copy, [failure.file]);
    if (again !== undefined) return again.test;
  }
  return undefined;
}

async function main(args) {
  const json = args.includes("--json") ? args[args.indexOf("--json") + 1] : undefined;
  const parts = args.filter((arg, i) => !arg.startsWith("--") && args[i - 1] !== "--json");
  const suites = args.includes("--fast") ? SUITES.slice(0, 1) : SUITES;
  const chosen = BUGS.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  const copy = copySources();
  const results = [];
  try {
    const unchanged = await noticed(copy, suites);
    if (unchanged !== undefined) throw new Error(`The tests fail without any bug: ${unchanged}.`);
    for (const bug of chosen) {
      const started = performance.now();
      const problem = plant(copy, bug);
      const by = problem === undefined ? await noticed(copy, suites) : undefined;
      restore(copy, bug);
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      const outcome = problem !== undefined ? "not planted" : by === undefined ? "survived" : "caught";
      results.push({ name: bug.name, outcome, by: problem ?? by, seconds });
      process.stdout.write(`${outcome.padEnd(11)} ${bug.name} (${problem ?? by ?? "no test"}, ${seconds} s)\n`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`);
  const bad = results.filter(({ outcome }) => outcome !== "caught");
  process.stdout.write(`${results.length - bad.length} of ${results.length} planted bugs caught\n`);
  return bad.length === 0 && results.length > 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
