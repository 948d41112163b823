/**
 * Copies of the project that hold what a test needs, and real processes in them. Whatever a test made is ended and
 * removed when it ends.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkout } from "../../../kernel/bootstrap/paths.mjs";

export { checkout };
export const DRIVE = join(dirname(fileURLToPath(import.meta.url)), "drive.mjs");

/** A folder that goes when the test ends. */
export function temporary(t) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "sojourn-test-")));
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** The bootstrap with the lock file, without sources: enough for every step until the build. */
export function skeleton(t, root = temporary(t)) {
  for (const name of ["package.json", "package-lock.json", "kernel/bootstrap"]) {
    cpSync(join(checkout, name), join(root, name), { recursive: true });
  }
  for (const name of ["engine", "kernel", "labextension"]) {
    mkdirSync(join(root, name), { recursive: true });
    cpSync(join(checkout, name, "package.json"), join(root, name, "package.json"));
  }
  mkdirSync(join(root, "notebooks"));
  writeFileSync(
    join(root, "notebooks", "empty.ipynb"),
    JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }),
  );
  return root;
}

/** Makes a copy need just these packages of the real lock file. */
export function needOnly(root, names) {
  const { packages } = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8"));
  const dependencies = Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`].version]));
  const manifest = { name: "small", version: "1.0.0", private: true, dependencies };
  const locked = Object.fromEntries(
    names.map((name) => [`node_modules/${name}`, { ...packages[`node_modules/${name}`], dev: undefined }]),
  );
  writeFileSync(join(root, "package.json"), JSON.stringify(manifest));
  writeFileSync(
    join(root, "package-lock.json"),
    JSON.stringify({
      name: "small",
      version: "1.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: { "": manifest, ...locked },
    }),
  );
}

/** The environment of a person at a terminal: without what `npm test` and CI add. */
export function plainEnvironment(more = {}) {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(npm_|NODE_|CI$|DISPLAY$|WAYLAND_DISPLAY$|SSH_|SOJOURN_)/.test(name)) env[name] = value;
  }
  return { ...env, ...more };
}

/**
 * Starts a command in a process group of its own. `output` grows; `ended` resolves with the exit code; `until` waits for
 * a pattern in the output.
 */
export function launch(t, command, args, { cwd, env = plainEnvironment() } = {}) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const running = { child, pid: child.pid, output: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      running.output += text;
    });
  }
  running.ended = new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  running.until = async (pattern, seconds = 30) => {
    const limit = performance.now() + seconds * 1000;
    while (!pattern.test(running.output)) {
      if (performance.now() > limit) throw new Error(`no ${pattern} after ${seconds} s in:\n${running.output}`);
      await pause(50);
    }
    return pattern.exec(running.output);
  };
  t.after(() => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // ended by itself, as it should
    }
  });
  return running;
}

/** Runs a command to its end. */
export async function finish(t, command, args, options) {
  const running = launch(t, command, args, options);
  return { code: await running.ended, output: running.output };
}

/** The real entry of `npm start` in a copy. */
export function start(t, root, args, env = {}) {
  return finish(t, process.execPath, [join(root, "kernel", "bootstrap", "start.mjs"), ...args], {
    cwd: root,
    env: plainEnvironment(env),
  });
}

/** One step of the set-up in a copy, as a process that can be killed. */
export function drive(t, root, step, env = {}, ...args) {
  return launch(t, process.execPath, [DRIVE, root, step, ...args], { cwd: root, env: plainEnvironment(env) });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function waitUntil(condition, what, seconds = 15) {
  const limit = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`not after ${seconds} s: ${what}`);
    await pause(50);
  }
}

export function alive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    if (process.platform === "linux") return false;
    return spawnSync("ps", ["-p", String(pid)]).status === 0;
  }
}

/** A port of the loopback that nothing listens on. */
export function closedPort() {
  return new Promise((resolve) => {
    const server = createSocketServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** An HTTP server on the loopback; `answer` may stay silent. Returns its address and the paths that were asked for. */
export async function serveHttp(t, answer) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    answer(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${server.address().port}`, asked };
}

/** Why file systems cannot be mounted here, or false. */
export function cannotMount() {
  if (process.platform !== "linux") return "mounting a small file system needs Linux";
  if (process.getuid() !== 0) return "mounting a small file system needs root";
  return spawnSync("unshare", ["-m", "true"]).status === 0 ? false : "this machine does not allow unshare -m";
}
