/**
 * Running other programs, and telling whether a process still lives. A child gets its own process group, so that
 * stopping it stops what it started, and its output goes to a log that is shown only when it fails.
 */
import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { failures } from "./failure.mjs";

/**
 * When a process started, in whatever unit the system has; undefined when there is no such process. A pid alone is
 * not enough, because pids are used again.
 */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    if (process.platform === "linux") return undefined;
    const started = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim();
    return started === "" ? undefined : started;
  }
}

/** Ends a child's whole group; a group that is gone already is fine. */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/**
 * Runs a command to its end and returns its exit code and the last part of its output.
 * @param {object} context see context.mjs
 * @param {{ name: string, command: string, args: string[], cwd?: string, env?: NodeJS.ProcessEnv }} task
 */
export async function run(context, { name, command, args, cwd = context.paths.root, env = process.env }) {
  if (context.stopping()) throw failures.interrupted();
  mkdirSync(context.paths.logs, { recursive: true });
  const log = join(context.paths.logs, `${name}.log`);
  const file = createWriteStream(log);
  let logError;
  file.on("error", (error) => {
    logError = error;
  });
  let output = "";
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const take = (chunk) => {
    output = (output + chunk).slice(-65536);
    if (logError === undefined) file.write(chunk);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  context.began(child);
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += `${error.message}\n`;
      resolve(error.code);
    });
    child.on("close", (status, signal) => resolve(status ?? signal));
  });
  context.ended(child);
  await new Promise((resolve) => (logError === undefined ? file.end(resolve) : resolve()));
  if (context.stopping()) throw failures.interrupted();
  return { code, output, log };
}

/** The last lines of an output, for a person who must find out why a command failed. */
export function tail(output, lines = 20) {
  return output.trimEnd().split("\n").slice(-lines).join("\n");
}
