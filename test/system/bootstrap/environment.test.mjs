/**
 * pip's part of the set-up, on a requirements file of one small package and an index of this machine: no network, a
 * Python without ensurepip or pip, wrong hashes, and what an interruption leaves behind.
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { askPython } from "../../../kernel/bootstrap/python.mjs";
import {
  alive,
  cannotMount,
  checkout,
  closedPort,
  DRIVE,
  drive,
  finish,
  plainEnvironment,
  serveHttp,
  temporary,
  waitUntil,
} from "./support.mjs";

const VENV_PYTHON = join(checkout, ".sojourn", "venv", "bin", "python");
const PINNED = ["requirements-pip.txt", "requirements-build.txt"];

/** The lines of one package in a requirements file. */
function pinned(file, name) {
  const text = readFileSync(join(checkout, "kernel", "bootstrap", file), "utf8");
  return new RegExp(`^${name}==.*(?:\\n {4}--hash=.*)*`, "m").exec(text)[0];
}

/** A copy whose environment holds one small package. */
function small(t) {
  const root = temporary(t);
  cpSync(join(checkout, "kernel", "bootstrap"), join(root, "kernel", "bootstrap"), { recursive: true });
  writeFileSync(
    join(root, "kernel", "bootstrap", "requirements.txt"),
    `${pinned("requirements-build.txt", "pluggy")}\n`,
  );
  return root;
}

/** The wheels of pip and that package, fetched once and kept beside the checkout's other state. */
async function wheels(t) {
  const directory = join(checkout, ".sojourn", "test-wheels");
  const wanted = [pinned(PINNED[0], "pip"), pinned(PINNED[1], "pluggy")];
  const have = () => (existsSync(directory) ? readdirSync(directory) : []);
  const missing = wanted.some(
    (lines) => !have().some((name) => name.startsWith(/^(.*) \\/.exec(lines)[1].replace("==", "-"))),
  );
  if (missing) {
    mkdirSync(directory, { recursive: true });
    const requirements = join(temporary(t), "requirements.txt");
    writeFileSync(requirements, `${wanted.join("\n")}\n`);
    const args = ["-m", "pip", "download", "--require-hashes", "--no-deps", "-d", directory, "-r", requirements];
    const { code, output } = await finish(t, VENV_PYTHON, args);
    assert.equal(code, 0, output);
  }
  return Object.fromEntries(have().map((name) => [name, readFileSync(join(directory, name))]));
}

/** An index of these wheels, as pip reads it. */
async function index(t, files) {
  const server = await serveHttp(t, (request, response) => {
    const name = decodeURIComponent(
      request.url
        .split("/")
        .filter((part) => part !== "")
        .at(-1),
    );
    if (name in files) return response.end(files[name]);
    const links = Object.keys(files).filter((file) => file.startsWith(`${name}-`));
    response.setHeader("content-type", "text/html");
    return response.end(links.map((file) => `<a href="/files/${file}">${file}</a>`).join("\n"));
  });
  const settings = {
    PIP_INDEX_URL: `${server.address}/simple`,
    PIP_NO_CACHE_DIR: "1",
    PIP_RETRIES: "0",
    PIP_FIND_LINKS: "",
  };
  return { ...server, settings };
}

const has = (root, name) => existsSync(join(root, ".sojourn", name));

test("no network gets one sentence", async (t) => {
  const root = small(t);
  const settings = {
    PIP_INDEX_URL: `http://127.0.0.1:${await closedPort()}/simple`,
    PIP_NO_CACHE_DIR: "1",
    PIP_RETRIES: "1",
    PIP_FIND_LINKS: "",
  };
  const running = drive(t, root, "environment", settings);
  assert.equal(await running.ended, 1);
  assert.match(
    running.output,
    /^no-network: Cannot install JupyterLab: the Python package index was not reached \(Connection refused\); connect to the network or set a proxy or an index in the configuration of pip, and start again\.$/m,
  );
  assert.ok(!has(root, "stamps/environment.json"));
});

test("pip's own index is used, and an installation that was killed is done again", async (t) => {
  const files = await wheels(t);
  const silent = await serveHttp(t, () => {});
  const root = small(t);
  const first = drive(t, root, "environment", {
    PIP_INDEX_URL: `${silent.address}/simple`,
    PIP_NO_CACHE_DIR: "1",
    PIP_FIND_LINKS: "",
  });
  await waitUntil(() => silent.asked.length > 0, "pip asks for a package", 60);
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  assert.ok(has(root, "venv/bin/python") && !has(root, "stamps/environment.json"), "half an environment");
  writeFileSync(join(root, ".sojourn", "venv", "half"), "");
  const { settings, asked } = await index(t, files);
  const second = drive(t, root, "environment", settings);
  assert.equal(await second.ended, 0, second.output);
  const [, left] = /ending process (\d+), which an interrupted start left running/.exec(second.output) ?? [];
  assert.ok(left !== undefined && !alive(Number(left)), second.output);
  assert.ok(asked.includes("/simple/pluggy/"));
  assert.ok(!has(root, "venv/half"), "made afresh");
  const third = drive(t, root, "environment", { PIP_INDEX_URL: silent.address });
  assert.equal(await third.ended, 0);
  assert.doesNotMatch(third.output, /installing/, "nothing left to do");
});

test("a package with another content is refused", async (t) => {
  const files = await wheels(t);
  const name = Object.keys(files).find((file) => file.startsWith("pluggy-"));
  const root = small(t);
  const { settings } = await index(t, { ...files, [name]: Buffer.concat([files[name], Buffer.from([0])]) });
  const running = drive(t, root, "environment", settings);
  assert.equal(await running.ended, 1);
  assert.match(running.output, /DO NOT MATCH THE HASHES/);
  assert.match(running.output, /^step-failed: Cannot install JupyterLab: /m);
});

/** Runs the step where folders of the base Python are empty, as on a system that packages them apart. */
async function without(t, root, folders, settings) {
  const empty = join(temporary(t), "empty");
  mkdirSync(empty);
  const script = `${folders.map((folder) => `mount --bind '${empty}' '${folder}'`).join(" && ")} && exec "$@"`;
  const args = ["-m", "sh", "-c", script, "sh", process.execPath, DRIVE, root, "environment"];
  return finish(t, "unshare", args, { env: plainEnvironment(settings) });
}

/** Where the base Python has ensurepip and pip. */
function installers() {
  const { executable } = JSON.parse(
    readFileSync(join(checkout, ".sojourn", "stamps", "environment.json"), "utf8"),
  ).python;
  assert.ok(askPython(executable).fits);
  return { executable };
}

async function folderOf(t, executable, module) {
  const { output } = await finish(t, executable, [
    "-c",
    `import ${module}, os; print(os.path.dirname(${module}.__file__))`,
  ]);
  return output.trim();
}

test("a Python without ensurepip uses its pip", { skip: cannotMount() }, async (t) => {
  const files = await wheels(t);
  const { executable } = installers();
  const root = small(t);
  const { settings } = await index(t, files);
  const env = { ...settings, SOJOURN_PYTHON: executable };
  const { code, output } = await without(t, root, [await folderOf(t, executable, "ensurepip")], env);
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /fetching pip/);
  assert.ok(has(root, "stamps/environment.json"));
});

test("a Python without ensurepip and pip fetches pip from the configured index, by its hash", {
  skip: cannotMount(),
}, async (t) => {
  const files = await wheels(t);
  const { executable } = installers();
  const folders = [await folderOf(t, executable, "ensurepip"), await folderOf(t, executable, "pip")];
  const root = small(t);
  const { settings } = await index(t, files);
  const { code, output } = await without(t, root, folders, { ...settings, SOJOURN_PYTHON: executable });
  assert.equal(code, 0, output);
  assert.match(output, /neither ensurepip nor pip is there; fetching pip by itself/);
  assert.ok(has(root, "stamps/environment.json"));

  const name = Object.keys(files).find((file) => file.startsWith("pip-"));
  const wrong = await index(t, { ...files, [name]: Buffer.concat([files[name], Buffer.from([0])]) });
  const refused = await without(t, small(t), folders, { ...wrong.settings, SOJOURN_PYTHON: executable });
  assert.equal(refused.code, 1);
  assert.match(refused.output, /Cannot use the fetched pip [\d.]+: it does not have the pinned hash\./);

  const home = temporary(t); // no configuration of pip, whatever this machine has
  const nowhere = {
    PIP_INDEX_URL: "",
    PIP_CONFIG_FILE: "/dev/null",
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_CONFIG_DIRS: home,
  };
  const unset = await without(t, small(t), folders, { ...nowhere, SOJOURN_PYTHON: executable });
  assert.equal(unset.code, 1);
  assert.match(
    unset.output,
    /^no-installer: Cannot install pip: Python [\d.]+ \(.*\) has neither ensurepip nor pip, and pip has no index configured/m,
  );
});
