/**
 * One set-up at a time in one checkout, also when several people share it over a network file system.
 *
 * The lock is a folder of numbered files; the file with the highest number says who holds it, or that it is free.
 * Taking it is creating the next number, which only one process can do; a process that finds a higher number than its
 * own after creating it steps back. Numbers only grow, so a slow process can never take what another holds. A
 * holder is gone when its process is gone (same machine), or when its heartbeat stopped (another machine). What a
 * holder that was killed left running is ended before its work is done again.
 */

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { failures } from "./failure.mjs";
import { signalGroup, startTimeOf } from "./process.mjs";

const HEARTBEAT_MS = 2000;
/** Slow shared file systems show another machine's heartbeat late; this is ten of them. */
const SILENT_MS = 20000;
const FREE = { free: true };

/** Where pids mean something: this machine, since this boot, in this process namespace. */
function machine() {
  try {
    return [
      hostname(),
      readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      readlinkSync("/proc/self/ns/pid"),
    ].join(" ");
  } catch {
    return hostname();
  }
}

function top(directory) {
  const numbers = readdirSync(directory).filter((name) => /^\d+\.json$/.test(name));
  return Math.max(0, ...numbers.map((name) => Number.parseInt(name, 10)));
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // just created and not written yet, or its writer died in between: the heartbeat decides
  }
}

/** Milliseconds since the last heartbeat, by the clock of the file system itself. */
function silence(directory, file) {
  const probe = join(directory, `now-${process.pid}`);
  writeFileSync(probe, "");
  const now = statSync(probe).mtimeMs;
  rmSync(probe, { force: true });
  return now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now);
}

function gone(directory, file, owner) {
  if (owner?.free) return true;
  if (owner?.machine === machine()) return startTimeOf(owner.pid) !== owner.started;
  return silence(directory, file) > SILENT_MS;
}

/** Ends what a killed holder left running on this machine, so that it cannot write into our work. */
async function endLeftover(context, owner) {
  const child = owner?.machine === machine() ? owner.child : undefined;
  if (child === undefined || startTimeOf(child.pid) !== child.started) return;
  context.say(`ending process ${child.pid}, which an interrupted start left running`);
  signalGroup(child.pid, "SIGKILL");
  while (startTimeOf(child.pid) === child.started) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Tries once. Returns our file's path, or the owner that stands in the way. */
async function attempt(context, mine) {
  const directory = context.paths.lock;
  mkdirSync(directory, { recursive: true });
  const number = top(directory);
  const file = join(directory, `${number}.json`);
  const owner = number === 0 ? FREE : read(file);
  if (!gone(directory, file, owner)) return { owner };
  const next = join(directory, `${number + 1}.json`);
  try {
    writeFileSync(next, mine, { flag: "wx" });
  } catch (error) {
    if (error.code === "EEXIST") return { owner: read(next) };
    throw error;
  }
  if (top(directory) !== number + 1) {
    rmSync(next, { force: true });
    return { owner: read(join(directory, `${top(directory)}.json`)) };
  }
  await endLeftover(context, owner);
  for (const name of readdirSync(directory)) {
    if (/^\d+\.json$/.test(name) && Number.parseInt(name, 10) <= number) rmSync(join(directory, name), { force: true });
  }
  return { file: next };
}

/** Runs `work` while holding the lock; waits, aloud, while another process holds it. */
export async function withLock(context, work) {
  const self = {
    pid: process.pid,
    started: startTimeOf(process.pid),
    machine: machine(),
    since: new Date().toISOString(),
  };
  const taken = performance.now();
  let said = false;
  let result = await attempt(context, JSON.stringify(self));
  while (result.file === undefined) {
    if (!said) {
      const who = result.owner?.pid === undefined ? "another start" : `another start (process ${result.owner.pid})`;
      context.say(`waiting for ${who} that is setting up this folder`);
      said = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (context.stopping()) throw failures.interrupted();
    result = await attempt(context, JSON.stringify(self));
  }
  if (said) context.say(`waited ${((performance.now() - taken) / 1000).toFixed(1)} s`);

  const { file } = result;
  let content = self;
  /**
   * Written anew each time, so that the file system's own clock stamps it. A full disk refuses; the work that filled it
   * says so, and the end of our process frees the lock as well.
   */
  const beat = () => {
    try {
      writeFileSync(`${file}.new`, JSON.stringify(content));
      renameSync(`${file}.new`, file);
    } catch (error) {
      if (!["ENOSPC", "EDQUOT"].includes(error.code)) throw error;
    }
  };
  context.watchChildren((child) => {
    content = { ...self, ...(child && { child }) };
    beat();
  });
  const heartbeat = setInterval(beat, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    context.watchChildren(() => {});
    content = FREE;
    beat();
  }
}
