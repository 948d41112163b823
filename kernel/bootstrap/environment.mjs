/**
 * The project-local Python environment: JupyterLab pinned with hashes, then our wheel, built here and installed the way a
 * user's site would, without an index and without dependencies. Works without ensurepip, as on a bare Debian.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failures } from "./failure.mjs";
import { run, tail } from "./process.mjs";
import { findPython } from "./python.mjs";
import { runningServer } from "./running.mjs";
import { digest, filesBelow, readStamp, removeStamp, writeStamp } from "./stamps.mjs";

const NETWORK =
  /(Connection refused|Name or service not known|Temporary failure in name resolution|Network is unreachable|No route to host|timed out|Tunnel connection failed[^\n'")]*|ProxyError|CERTIFICATE_VERIFY_FAILED|Connection reset by peer|nodename nor servname|40[137] (?:Client Error|Unauthorized|Forbidden|Proxy Authentication Required))/i;
/** What pip says when no index answered and it was told not to try again. */
const NOTHING = /Could not find a version that satisfies the requirement (\S+) \(from versions: none\)/;
const FULL = /(No space left on device|Disk quota exceeded)/i;
const READ_ONLY = /(Read-only file system|Permission denied)/i;

/** What the wheel is made of. */
const WHEEL = [
  ...["kernel/pyproject.toml", "kernel/wheel", "kernel/package.json", "kernel/dist/kernelspec", "kernel/dist/cli.mjs"],
  ...[
    "kernel/python-client/sojourn",
    "kernel/python-client/sojourn_papermill",
    "labextension/dist/labextension",
    "LICENSE",
  ],
];

/** Without what a person set for other Pythons; proxies, index and certificates of pip stay as they are configured. */
export function pythonEnvironment(env = process.env) {
  const clean = { ...env, PIP_USER: "0", PIP_DISABLE_PIP_VERSION_CHECK: "1", PYTHONNOUSERSITE: "1" };
  for (const name of [
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "VIRTUAL_ENV",
  ])
    delete clean[name];
  return clean;
}

function environmentDigest(paths) {
  return digest(paths.root, [join(paths.bootstrap, "requirements.txt")], paths.root);
}

export function environmentReady(context, env = process.env) {
  const stamp = readStamp(context.paths, "environment");
  return (
    stamp?.digest === environmentDigest(context.paths) &&
    existsSync(context.paths.python) &&
    (!env.SOJOURN_PYTHON || env.SOJOURN_PYTHON === stamp.asked)
  );
}

function toolsDigest(paths) {
  return digest(paths.root, [join(paths.bootstrap, "requirements-build.txt")], environmentDigest(paths));
}

function wheelDigest(paths) {
  return digest(paths.root, filesBelow(paths.root, WHEEL), environmentDigest(paths));
}

export function wheelReady(context) {
  const installed = join(context.paths.venv, "share", "jupyter", "kernels", "sojourn", "kernel.json");
  return readStamp(context.paths, "wheel")?.digest === wheelDigest(context.paths) && existsSync(installed);
}

/** Runs a Python command; turns what fails into a sentence. */
async function python(
  context,
  name,
  what,
  args,
  { env = pythonEnvironment(), executable = context.paths.python, cwd, codes = {} } = {},
) {
  const { code, output, log } = await run(context, { name, command: executable, args, env, ...(cwd && { cwd }) });
  if (code === 0) return;
  if (codes[code] !== undefined) throw codes[code];
  const full = FULL.exec(output)?.[1];
  if (full !== undefined) throw failures.full(`install ${what}`, full);
  const nothing = NOTHING.exec(output)?.[1];
  const reason = NETWORK.exec(output)?.[1] ?? (nothing && `no answer about ${nothing}`);
  if (reason !== undefined) throw failures.network(what, "the Python package index", reason, "pip");
  const refused = READ_ONLY.exec(output)?.[1];
  if (refused !== undefined) throw failures.readOnly(context.root, refused);
  context.write(tail(output));
  throw failures.step(`install ${what}`, code, log);
}

/** Exit code of fetch_pip.py when pip has no index configured. */
const NO_INDEX = 3;
const PIP = ["-m", "pip", "--no-input"];
const PINNED = ["--require-hashes", "--only-binary", ":all:", "--progress-bar", "off", "--no-warn-script-location"];

/**
 * Puts pip into a fresh environment: by ensurepip; else by the pip of the Python it was made from; else by fetching
 * the pinned wheel of pip from the configured index.
 */
async function installPip(context, base) {
  const { paths } = context;
  const env = pythonEnvironment();
  const pinned = join(paths.bootstrap, "requirements-pip.txt");
  const attempts = [
    ["pip-ensurepip", paths.python, ["-m", "ensurepip", "--default-pip"]],
    ["pip-host", base.executable, [...PIP, "--python", paths.python, "install", ...PINNED, "-r", pinned]],
  ];
  for (const [name, command, args] of attempts) {
    const { code, output } = await run(context, { name, command, args, env });
    if (code === 0) return;
    const full = FULL.exec(output)?.[1];
    if (full !== undefined) throw failures.full("install pip", full);
  }
  context.say("neither ensurepip nor pip is there; fetching pip by itself");
  const fetch = [join(paths.bootstrap, "fetch_pip.py"), pinned, paths.state];
  await python(context, "pip-fetch", "pip", fetch, { codes: { [NO_INDEX]: failures.noInstaller(base) } });
}

/** JupyterLab and what it needs, in a fresh environment; what a start left unfinished is removed. */
export async function makeEnvironment(context) {
  const { paths } = context;
  if (environmentReady(context)) return;
  const running = await runningServer(paths);
  if (running !== undefined) throw failures.replaceRunning(running.address);
  const base = findPython();
  const started = performance.now();
  context.say(`making the Python environment with Python ${base.version} (${base.executable})`);
  for (const name of ["environment", "tools", "wheel"]) removeStamp(paths, name);
  rmSync(paths.venv, { recursive: true, force: true, maxRetries: 3 });
  // JupyterLab runs scripts of its own with Node; without this they would take the checkout's kind of module for theirs.
  writeFileSync(join(paths.state, "package.json"), "{}\n");
  const what = "JupyterLab";
  await python(context, "venv", what, ["-m", "venv", "--without-pip", paths.venv], { executable: base.executable });
  await installPip(context, base);
  context.say("installing JupyterLab, pinned with hashes (pip)");
  await python(context, "pip-install", what, [
    ...PIP,
    "install",
    ...PINNED,
    "-r",
    join(paths.bootstrap, "requirements.txt"),
  ]);
  const asked = process.env.SOJOURN_PYTHON;
  writeStamp(paths, "environment", { digest: environmentDigest(paths), python: base, ...(asked && { asked }) });
  context.say(`installed JupyterLab in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function installTools(context) {
  const { paths } = context;
  const wanted = toolsDigest(paths);
  if (readStamp(paths, "tools")?.digest === wanted && existsSync(paths.tools)) return;
  context.say("installing the wheel builder, pinned with hashes (pip)");
  removeStamp(paths, "tools");
  rmSync(paths.tools, { recursive: true, force: true, maxRetries: 3 });
  const requirements = join(paths.bootstrap, "requirements-build.txt");
  await python(context, "pip-tools", "the wheel builder", [
    ...PIP,
    "install",
    ...PINNED,
    "--target",
    paths.tools,
    "-r",
    requirements,
  ]);
  writeStamp(paths, "tools", { digest: wanted });
}

async function installWheel(context) {
  const { paths } = context;
  if (wheelReady(context)) return;
  await installTools(context);
  const started = performance.now();
  const wanted = wheelDigest(paths);
  removeStamp(paths, "wheel");
  rmSync(paths.wheel, { recursive: true, force: true });
  mkdirSync(paths.wheel, { recursive: true });
  const env = { ...pythonEnvironment(), PYTHONPATH: paths.tools };
  await python(context, "wheel-build", "the wheel", ["-m", "hatchling", "build", "-t", "wheel", "-d", paths.wheel], {
    env,
    cwd: paths.kernel,
  });
  const [wheel] = readdirSync(paths.wheel);
  const offline = ["--no-index", "--no-deps", "--force-reinstall", "--no-warn-script-location"];
  await python(context, "wheel-install", "the wheel", [...PIP, "install", ...offline, join(paths.wheel, wheel)]);
  writeStamp(paths, "wheel", { digest: wanted, wheel });
  context.say(`built and installed ${wheel} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** Environment first, then what goes into it. */
export async function installEnvironment(context) {
  await makeEnvironment(context);
  await installWheel(context);
}
