/**
 * Opens JupyterLab on the quickstart notebook: on this machine's loopback only, with a token, with settings of its
 * own in `.sojourn/jupyter`, so that nothing in a person's own Jupyter set-up is read or changed. Stops with Ctrl-C.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { stopOnSignals } from "./context.mjs";
import { pythonEnvironment } from "./environment.mjs";
import { failures } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { signalGroup, tail } from "./process.mjs";
import { addressOf, answers, noteOf, runningServer } from "./running.mjs";
import { setUpLocked } from "./setup.mjs";

const FIRST_PORT = 8888;
const QUICKSTART = "notebooks/quickstart.ipynb";
const START_MS_MAX = 120000;
const STOP_MS_MAX = 15000;
const PARENT_EVERY_MS = 1000;

/** Settings, data and runtime files of JupyterLab all below `.sojourn/jupyter`. */
export function jupyterEnvironment(paths, env = process.env) {
  const clean = pythonEnvironment(env);
  for (const name of Object.keys(clean)) if (/^(JUPYTER|JUPYTERLAB|JPY)_/.test(name)) delete clean[name];
  return {
    ...clean,
    PATH: [join(paths.venv, "bin"), env.PATH].join(delimiter),
    JUPYTER_CONFIG_DIR: join(paths.jupyter, "config"),
    JUPYTER_DATA_DIR: join(paths.jupyter, "data"),
    JUPYTER_RUNTIME_DIR: paths.runtime,
    IPYTHONDIR: join(paths.jupyter, "ipython"),
  };
}

/** Whether a port of the loopback can be listened on now. */
export function portFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** Why no browser is opened here, or undefined when one may be. */
export function noBrowserReason(env = process.env, platform = process.platform) {
  if (env.SSH_CONNECTION || env.SSH_CLIENT || env.SSH_TTY) return "this is an SSH session";
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY) return "there is no display";
  return undefined;
}

function openBrowser(context, address) {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  const browser = spawn(command, [address], { detached: true, stdio: "ignore" });
  browser.on("error", () =>
    context.write(`No browser was opened, because ${command} is not there; open the address by hand.`),
  );
  browser.unref();
}

function announce(context, address, port, browser) {
  context.write(`\nJupyterLab is at\n\n    ${address}\n`);
  const reason = browser ? noBrowserReason() : "--no-browser was given";
  if (reason === undefined) {
    openBrowser(context, address);
  } else {
    context.write(
      `No browser is opened, because ${reason}. From another machine, open a tunnel first, then the address:\n`,
    );
    context.write(`    ssh -N -L ${port}:127.0.0.1:${port} ${userInfo().username}@${hostname()}\n`);
  }
}

/** Starts the server process; resolves once it answers. */
async function launch(context, { port, allowRoot }) {
  const { paths } = context;
  if (port !== undefined && !(await portFree(port))) throw failures.portBusy(port);
  let first = port ?? FIRST_PORT;
  if (port === undefined) while (first < FIRST_PORT + 200 && !(await portFree(first))) first += 1;
  for (const directory of [paths.logs, paths.runtime]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const logFile = join(paths.logs, "jupyterlab.log");
  const log = openSync(logFile, "w", 0o600); // holds the token
  const args = [
    join(paths.bootstrap, "serve.py"),
    `--config=${join(paths.bootstrap, "jupyter_lab_config.json")}`,
    `--ServerApp.root_dir=${paths.root}`,
    `--ServerApp.port=${first}`,
    ...(port === undefined ? [] : ["--ServerApp.port_retries=0"]),
    ...(allowRoot ? ["--ServerApp.allow_root=True"] : []),
  ];
  const child = spawn(paths.python, args, {
    cwd: paths.root,
    env: jupyterEnvironment(paths),
    detached: true,
    stdio: ["pipe", log, log],
  });
  closeSync(log);
  child.stdin.on("error", () => {}); // the server is gone: `exited` tells
  const exited = new Promise((resolve) => {
    child.on("error", (error) => resolve(error.code));
    child.on("exit", (code, signal) => resolve(code ?? signal));
  });
  let status;
  exited.then((code) => {
    status = code;
  });
  context.began(child);
  const limit = performance.now() + START_MS_MAX;
  while (status === undefined && performance.now() < limit && !context.stopping()) {
    const note = noteOf(paths, child.pid);
    if (note !== undefined && (await answers(note.port, note.token))) return { child, exited, note };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (status === undefined) signalGroup(child.pid, "SIGKILL");
  context.ended(child);
  if (context.stopping()) throw failures.interrupted();
  const output = readFileSync(logFile, "utf8");
  if (port !== undefined && /already in use/.test(output)) throw failures.portBusy(port);
  context.write(tail(output));
  throw failures.step("start JupyterLab", status ?? "no answer in two minutes", logFile);
}

/** Ends the server politely (see serve.py), so that it ends its kernels; then not politely. */
async function stopServer(child, exited) {
  child.stdin.end();
  const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), STOP_MS_MAX);
  await exited;
  clearTimeout(timer);
}

/**
 * A killed npm tells its script nothing, so the script looks whether it still has its parent. Started without npm, as by
 * `nohup node …`, it is meant to outlive the shell and does not look.
 */
function onOrphaned(parent, stop, env = process.env) {
  if (parent === 1 || env.npm_lifecycle_event === undefined) return () => {};
  const timer = setInterval(() => process.ppid !== parent && stop(), PARENT_EVERY_MS);
  return () => clearInterval(timer);
}

export async function serve(context, { port, browser, allowRoot }) {
  const parent = process.ppid;
  const already = await runningServer(context.paths, QUICKSTART);
  if (already !== undefined) return sayRunning(context, already, port);
  const server = await withLock(context, async () => {
    const other = await runningServer(context.paths, QUICKSTART);
    if (other !== undefined) return { other };
    await setUpLocked(context);
    context.say("starting JupyterLab");
    return launch(context, { port, allowRoot });
  });
  if (server.other !== undefined) return sayRunning(context, server.other, port);
  const { child, exited, note } = server;
  context.ended(child); // from here on it is stopped below, which leaves it time to end its kernels
  context.say("JupyterLab answers");
  announce(context, addressOf(note, QUICKSTART), note.port, browser);
  context.write("Press Ctrl-C to stop.");
  let stopping = false;
  const stop = () => {
    if (!stopping) {
      context.write("\nStopping JupyterLab and its kernels.");
      stopServer(child, exited);
    }
    stopping = true;
  };
  const ignore = stopOnSignals(stop);
  const unwatch = onOrphaned(parent, stop);
  const code = await exited;
  ignore();
  unwatch();
  if (!stopping && code !== 0)
    throw failures.step("keep JupyterLab running", code, join(context.paths.logs, "jupyterlab.log"));
  context.write("JupyterLab has stopped.");
}

function sayRunning(context, { address, pid, port }, wanted) {
  if (wanted !== undefined && wanted !== port) throw failures.runningElsewhere(address, pid, wanted);
  context.write(`JupyterLab is already running from this folder (process ${pid}) at\n\n    ${address}\n`);
  context.write(`Stop it with Ctrl-C in its terminal, or with: kill -TERM ${pid}`);
}
