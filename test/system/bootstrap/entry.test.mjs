/** The command line: the check of Node, options, and options that npm swallowed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { checkout, finish, plainEnvironment, skeleton, start, temporary } from "./support.mjs";

const ENTRY = join(checkout, "kernel", "bootstrap", "start.mjs");

/** The entry, run by this Node while it says that it is another version. */
async function asNode(t, version) {
  const claim = join(temporary(t), "claim.cjs");
  writeFileSync(
    claim,
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`,
  );
  return finish(t, process.execPath, ["--require", claim, ENTRY, "--help"]);
}

test("a Node that is too old gets one sentence", async (t) => {
  for (const version of ["12.22.12", "18.20.4", "20.10.0"]) {
    const { code, output } = await asNode(t, version);
    assert.equal(code, 1);
    assert.equal(
      output,
      `Sojourn needs Node 20.11 or newer and this is Node ${version}; install a newer Node and start again.\n`,
    );
  }
});

test("Node 20.11, 22 and 24 are new enough", async (t) => {
  for (const version of ["20.11.0", "22.0.0", "24.1.0"]) {
    const { code, output } = await asNode(t, version);
    assert.equal(code, 0, output);
    assert.match(output, /^npm start/);
  }
});

test("the entry reads on every Node that knows modules", () => {
  const { parse } = createRequire(join(checkout, "engine", "package.json"))("acorn");
  const source = readFileSync(ENTRY, "utf8");
  const program = parse(source, { ecmaVersion: 2020, sourceType: "module" });
  assert.doesNotMatch(source, /\?\.|\?\?/, "of that year's syntax import() alone, which came before the others");
  assert.deepEqual(
    program.body.filter(({ type }) => /^(Import|Export)/.test(type)),
    [],
    "no static import",
  );
});

test("bad options get one sentence and exit code 2", async (t) => {
  const cases = [
    [["--frobnicate"], /^Cannot understand --frobnicate; npm start -- --help lists the options\.$/m],
    [["somewhere.ipynb"], /^Cannot understand somewhere\.ipynb;/],
    [["--port", "none"], /^--port needs a port from 1 to 65535 and got none;/],
    [["--port", "65536"], /^--port needs a port from 1 to 65535 and got 65536;/],
    [["--run"], /^--run needs a notebook;/],
    [["--run", "absent.ipynb"], /^Cannot run absent\.ipynb: there is no such file;/],
    [["--run", "package.json", "--timeout", "0"], /^--run needs a notebook and got package\.json;/],
    [["--no-browser=1"], /^--no-browser takes no value;/],
  ];
  for (const [args, sentence] of cases) {
    const { code, output } = await start(t, checkout, args);
    assert.match(output, sentence);
    assert.equal(output.trimEnd().split("\n").length, 1, output);
    assert.equal(code, 2);
  }
});

test("a file that is no notebook is not run", async (t) => {
  const file = join(temporary(t), "torn.ipynb");
  writeFileSync(file, '{"cells": [');
  const { code, output } = await start(t, checkout, ["--run", file]);
  assert.match(output, /^Cannot run .*torn\.ipynb: it is not a notebook;/);
  assert.equal(code, 2);
});

test("npm start means the same where npm swallowed the --", async (t) => {
  const root = skeleton(t);
  for (const args of [
    ["--", "--run", "absent.ipynb"],
    ["--run", "absent.ipynb"],
    ["--run=absent.ipynb"],
    ["--", "--run=absent.ipynb"],
  ]) {
    const { code, output } = await finish(t, "npm", ["start", "--loglevel=silent", ...args], {
      cwd: root,
      env: plainEnvironment(),
    });
    assert.match(output, /Cannot run absent\.ipynb: there is no such file;/, args.join(" "));
    assert.equal(code, 2, args.join(" "));
  }
});

test("several swallowed options find their values", async (t) => {
  const swallowed = { npm_lifecycle_event: "start", npm_config_run: "true", npm_config_timeout: "true" };
  const { output } = await start(t, checkout, ["7", "absent.ipynb"], swallowed);
  assert.match(output, /^Cannot run absent\.ipynb:/);
  const { output: port } = await start(t, checkout, ["none"], {
    npm_lifecycle_event: "start",
    npm_config_port: "true",
  });
  assert.match(port, /^--port needs a port from 1 to 65535 and got none;/);
});

test("root needs --allow-root to serve", {
  skip: process.getuid?.() === 0 ? false : "only root can be refused as root",
}, async (t) => {
  const { code, output } = await start(t, skeleton(t), ["--no-browser"]);
  assert.match(output, /^Cannot open JupyterLab as root without --allow-root, /);
  assert.equal(code, 1);
});
