/**
 * `npm start -- --run NOTEBOOK`: executes a notebook without a browser into a temporary copy, and prints its last
 * outputs, what the caches did, and where the copy lies. The notebook itself is not changed.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { checkFolder } from "./checks.mjs";
import { failures } from "./failure.mjs";
import { signalGroup, tail } from "./process.mjs";
import { jupyterEnvironment } from "./serve.mjs";
import { setUp } from "./setup.mjs";

const CELLS_SHOWN_MAX = 4;
const LINES_SHOWN_MAX = 25;
const STOP_MS_MAX = 10000;

/** A relative name is meant from where the person typed it, which npm tells, or from the top of the checkout. */
function find(root, name) {
  const candidates = [resolve(process.env.INIT_CWD ?? process.cwd(), name), resolve(root, name)];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw failures.usage(`Cannot run ${name}: there is no such file`);
  if (!statSync(found).isFile()) throw failures.usage(`Cannot run ${name}: it is not a file`);
  let content;
  try {
    content = JSON.parse(readFileSync(found, "utf8"));
  } catch {
    // said below
  }
  if (!Array.isArray(content?.cells)) throw failures.usage(`Cannot run ${name}: it is not a notebook`);
  const kernel = content.metadata?.kernelspec?.name ?? "sojourn";
  if (kernel !== "sojourn") throw failures.otherKernel(name, kernel);
  return found;
}

function clipped(text) {
  const lines = text.trimEnd().split("\n");
  const more = lines.length - LINES_SHOWN_MAX;
  return more > 0 ? [...lines.slice(0, LINES_SHOWN_MAX), `… ${more} more lines`] : lines;
}

/** The text of a cell's outputs, as a terminal can show it. */
function textOf(cell) {
  const join = (text) => (Array.isArray(text) ? text.join("") : (text ?? ""));
  return cell.outputs
    .map((output) => (output.output_type === "stream" ? join(output.text) : join(output.data?.["text/plain"])))
    .filter((text) => text.trim() !== "")
    .map((text) => (text.endsWith("\n") ? text : `${text}\n`))
    .join("");
}

function printOutputs(copy, print) {
  const cells = JSON.parse(readFileSync(copy, "utf8")).cells.filter(
    (cell) => cell.cell_type === "code" && textOf(cell) !== "",
  );
  for (const cell of cells.slice(-CELLS_SHOWN_MAX)) {
    print(`\n[${cell.execution_count}]`);
    for (const line of clipped(textOf(cell))) print(`    ${line}`);
  }
}

const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** One line per cache: what the kernel counted, and how many hits were certainly on entries of other processes. */
export function cacheLines({ before, after, foreign }) {
  if (after == null) return ["caches: the kernel did not answer"];
  return after.kinds.map(({ kind, lookups, entries }) => {
    const had = before?.kinds.find((other) => other.kind === kind)?.entries ?? 0;
    const { hits, misses, refusals, bypasses } = lookups;
    const others = foreign[kind] ?? 0;
    const origin = others === hits ? "from another process" : `at least ${others} from another process`;
    const counts = [plural(hits, "hit") + (others > 0 ? ` (${origin})` : ""), plural(misses, "miss", "misses")];
    if (refusals > 0) counts.push(`${refusals} refused`);
    if (bypasses > 0) counts.push(`${bypasses} bypassed`);
    return `${kind} cache: ${counts.join(", ")}; ${plural(had, "entry", "entries")} before, ${entries} now`;
  });
}

/** Starts the Python side and collects its events. */
async function execute(context, notebook, copy, timeout) {
  const { paths } = context;
  const args = [
    join(paths.bootstrap, "run_notebook.py"),
    notebook,
    copy,
    ...(timeout === undefined ? [] : [String(timeout)]),
  ];
  const child = spawn(paths.python, args, {
    env: jupyterEnvironment(paths),
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}); // gone already: its exit code tells
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-65536);
  });
  const events = {};
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    events[event.event] = event;
    if (event.event === "cell") context.say(`cell ${event.index} of ${event.of}`);
  });
  const watch = setInterval(() => {
    if (!context.stopping()) return;
    clearInterval(watch);
    child.stdin.end();
    setTimeout(() => signalGroup(child.pid, "SIGKILL"), STOP_MS_MAX).unref();
  }, 100);
  const code = await new Promise((done) => {
    child.on("error", (error) => done(error.code));
    child.on("close", (status, signal) => done(status ?? signal));
  });
  clearInterval(watch);
  if (context.stopping()) throw failures.notebookInterrupted();
  return { code, events, errors };
}

export async function runNotebook(
  context,
  { notebook: name, timeout, print = (line) => process.stdout.write(`${line}\n`) },
) {
  const notebook = find(context.root, name);
  checkFolder(context.paths);
  await setUp(context);
  const copy = join(mkdtempSync(join(tmpdir(), "sojourn-run-")), basename(notebook));
  context.say(`running ${name}`);
  const { code, events, errors } = await execute(context, notebook, copy, timeout);
  if (events.written !== undefined) printOutputs(copy, print);
  print("");
  if (events.caches !== undefined) for (const line of cacheLines(events.caches)) print(line);
  if (events.written !== undefined) print(`copy: ${copy}`);
  if (events.failed !== undefined) {
    const { cell, name: kind, message, trace } = events.failed;
    throw failures.cell(name, cell, trace || `${kind}: ${message}`);
  }
  if (code !== 0) throw failures.notRun(name, tail(errors, 3).split("\n").at(-1) || `the command ended with ${code}`);
}
