/**
 * `%npm install d3`: npm in the notebook's folder, so that the next cell can import the package. What npm says is shown as
 * it says it; the many requests of an installation are counted in one line instead.
 */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { InputError } from "@sojourn/engine/errors";
import { fs } from "@sojourn/engine/file-system";
import { RichValue } from "../display.js";
import type { Magic, MagicCall } from "./magic.js";

const REQUEST = /^npm http (?:fetch|cache) /;
/** The first sentence of what npm says of a failure; the lines before it are codes. */
const REASON = /^npm (?:error|ERR!) (?!(?:code|syscall|path|dest|errno|A complete log)\b)(?:\S+\s+){3}/;
const SHOW_EVERY_MS = 300;
const INSTALLS = new Set(["install", "i", "add", "ci", "update", "uninstall", "remove", "rm"]);

export const npm: Magic = async (call) => {
  const words = wordsOf(call.line.argument);
  const [verb] = words;
  if (verb === undefined) {
    throw new InputError("magic-argument", "Cannot run npm: write what it is to do, as in %npm install d3.");
  }
  const folder = process.cwd();
  const quiet = ["--no-fund", "--no-audit", "--no-update-notifier", "--no-progress", "--color=false"];
  // Without a prefix npm would install into a folder above that happens to have a package.json.
  const flags = INSTALLS.has(verb) ? [...quiet, "--loglevel=http", `--prefix=${folder}`] : quiet;
  const { code, said } = await run(call, [...words, ...flags], folder);
  if (code === 0) return undefined;
  const reason = said.find((line) => REASON.test(line));
  throw new InputError(
    "npm-failed",
    `Cannot run npm ${words.join(" ")} in ${folder}: npm ended with ${code}${reason ? `; it says: ${reason.replace(/^npm \S+ /, "").replace(/\.$/, "")}` : ""}.`,
  );
};

interface Ended {
  readonly code: number | string;
  readonly said: readonly string[];
}

async function run(call: MagicCall, args: readonly string[], folder: string): Promise<Ended> {
  const own = dirname(process.execPath);
  const beside = join(own, "npm");
  const command = fs.existsSync(beside) ? beside : "npm";
  const env = { ...process.env, PATH: [own, process.env.PATH ?? ""].join(delimiter) };
  // A group of its own, so that an interrupt reaches what npm starts as well.
  const child = spawn(command, args, { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
  };
  call.cell.abort.signal.addEventListener("abort", stop, { once: true });
  const said: string[] = [];
  const count = createCounter(call, `npm ${call.line.argument}`);
  const lines = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      if (REQUEST.test(line)) {
        count();
        continue;
      }
      said.push(line);
      if (line.trim() !== "") call.print(`${line}\n`);
    }
  });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) => {
        const missing = "no npm is beside this Node or on the PATH of the Jupyter server";
        const state = error.code === "ENOENT" ? missing : error.message;
        reject(new InputError("npm-missing", `Cannot run npm: ${state}.`));
      });
      child.on("close", (exit, signal) => resolve(exit ?? signal ?? "nothing"));
    });
    await Promise.all(lines);
    return { code, said };
  } finally {
    call.cell.abort.signal.removeEventListener("abort", stop);
  }
}

/** One line that says how many requests were made, renewed a few times a second. */
function createCounter({ cell, show }: MagicCall, what: string): () => void {
  const id = `npm-${process.pid}-${cell.number}`;
  const started = performance.now();
  let requests = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  return () => {
    requests++;
    const now = performance.now();
    if (now - shownAt < SHOW_EVERY_MS || cell.abort.signal.aborted) return;
    const text = `${what}: ${requests} ${requests === 1 ? "request" : "requests"}, ${((now - started) / 1000).toFixed(1)} s`;
    const line = new RichValue({ "text/plain": text });
    if (shownAt < 0) show(line, { id });
    else show.update(id, line);
    shownAt = now;
  };
}

/** Words as a shell splits them: blanks part, quotes keep. */
function wordsOf(argument: string): string[] {
  return [...argument.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare!,
  );
}
