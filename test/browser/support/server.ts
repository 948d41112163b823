/**
 * Starts a real JupyterLab from the project's environment, with folders of its own for everything it would otherwise
 * read or write in the user's home, and stops it again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const VENV = resolve(import.meta.dirname, "..", process.env.SOJOURN_VENV ?? "../../.sojourn/venv");
const START_TIMEOUT_MS = 60_000;

export interface LabServer {
  readonly url: string;
  /** The folder that the file browser shows. */
  readonly root: string;
  readonly cacheDirectory: string;
  /** Everything that the server and its kernels have written to their terminals. */
  log(): string;
  /** Forgets what tests have changed in JupyterLab's settings, such as the theme. */
  resetSettings(): void;
  /** Ends the server and its kernels; the folders stay until `dispose`. */
  stop(): Promise<void>;
  dispose(): Promise<void>;
}

/** What is started: JupyterLab, or another application of the Python environment in `venv`. */
export interface Application {
  readonly module: string;
  readonly venv: string;
  readonly options: readonly string[];
}

const LAB: Application = {
  module: "jupyterlab",
  venv: VENV,
  options: ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"],
};

export async function startLab(
  extraArguments: readonly string[] = [],
  { module, venv, options }: Application = LAB,
): Promise<LabServer> {
  const directory = mkdtempSync(join(tmpdir(), "sojourn-browser-"));
  const folder = (name: string) => {
    mkdirSync(join(directory, name));
    return join(directory, name);
  };
  const root = folder("root");
  const home = folder("home");
  const cacheDirectory = folder("cache");
  const runtime = folder("runtime");
  const config = folder("config");
  const resetSettings = () => resetUserSettings(config);
  resetSettings();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;

  const server = spawn(
    join(venv, "bin", "python"),
    [
      "-m",
      module,
      "--no-browser",
      "--allow-root",
      "--ip=127.0.0.1",
      `--port=${port}`,
      "--ServerApp.port_retries=0",
      "--IdentityProvider.token=",
      "--ServerApp.disable_check_xsrf=True",
      `--ServerApp.root_dir=${root}`,
      ...options,
      ...extraArguments,
    ],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${join(venv, "bin")}${delimiter}${process.env.PATH}`,
        LANG: "C.UTF-8",
        HOME: home,
        IPYTHONDIR: join(home, "ipython"),
        JUPYTER_CONFIG_DIR: config,
        JUPYTER_DATA_DIR: folder("data"),
        JUPYTER_RUNTIME_DIR: runtime,
        SOJOURN_CACHE_DIR: cacheDirectory,
      },
    },
  );
  let output = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const stop = () => end(server);
  try {
    await answering(url, server, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    root,
    cacheDirectory,
    log: () => output,
    resetSettings,
    stop,
    dispose: async () => {
      await stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export interface Cell {
  readonly source: string;
  readonly outputs?: readonly object[];
}

/** Writes a notebook that names its kernel, so that JupyterLab asks nothing when it is opened. */
export function writeNotebook(
  server: LabServer,
  name: string,
  kernel: "sojourn" | "python3" | "restricted",
  cells: readonly (string | Cell)[],
): void {
  const kernelspec =
    kernel === "python3"
      ? { name: "python3", display_name: "Python 3 (ipykernel)", language: "python" }
      : { name: kernel, display_name: kernel === "sojourn" ? "Sojourn" : "Restricted", language: "typescript" };
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec },
    cells: cells.map((cell, index) => ({
      id: `cell-${index}`,
      cell_type: "code",
      execution_count: null,
      metadata: {},
      source: typeof cell === "string" ? cell : cell.source,
      outputs: typeof cell === "string" ? [] : (cell.outputs ?? []),
    })),
  };
  writeFileSync(join(server.root, name), JSON.stringify(notebook));
}

/** JupyterLab asks on its first start whether it may fetch news; the answer here is no. */
function resetUserSettings(configDirectory: string): void {
  const all = join(configDirectory, "lab", "user-settings", "@jupyterlab");
  for (const one of [all, join(all, "..", "@sojourn")]) rmSync(one, { recursive: true, force: true });
  mkdirSync(join(all, "apputils-extension"), { recursive: true });
  const notification = join(all, "apputils-extension", "notification.jupyterlab-settings");
  writeFileSync(notification, JSON.stringify({ fetchNews: "false" }));
}

async function answering(url: string, server: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`JupyterLab ended with code ${server.exitCode}:\n${log()}`);
    const response = await fetch(`${url}/api`).catch(() => undefined);
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error(`JupyterLab did not answer within ${START_TIMEOUT_MS / 1000} s:\n${log()}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}
