/** `npm start -- --run`: notebooks under the real kernel, without a browser. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import {
  alive,
  checkout,
  closedPort,
  finish,
  launch,
  plainEnvironment,
  start,
  temporary,
  waitUntil,
} from "./support.mjs";

const MODEL = `const m = defineModel({ name: "pair", parameters: ["rate"], inputs: { n: 3 }, initial: ({ n }) => [n],
  transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate }] : []) });
const ph = await m.build();
(await ph.mean({ rate: 2 })).toFixed(3)`;

function notebook(t, ...sources) {
  return notebookOf(t, "sojourn", sources);
}

/** A notebook whose metadata name a kernel, or none. */
function notebookOf(t, kernel, sources) {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    id: `c${index}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  cells.splice(1, 0, { cell_type: "markdown", id: "text", metadata: {}, source: "Words." });
  const file = join(temporary(t), "note.ipynb");
  const metadata = kernel === undefined ? {} : { kernelspec: { name: kernel, display_name: kernel } };
  writeFileSync(file, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
  return file;
}

/** The copy that a run names; goes with the test. */
function copyOf(t, output) {
  const [, copy] = /^copy: (.*)$/m.exec(output);
  t.after(() => rmSync(dirname(copy), { recursive: true, force: true }));
  return copy;
}

test("a run prints the last outputs; the next run hits the entries of the first, without any network", async (t) => {
  const file = notebook(t, MODEL, 'console.log("to the end")');
  const before = readFileSync(file, "utf8");
  const closed = `http://127.0.0.1:${await closedPort()}`;
  const unreachable = {
    npm_config_registry: closed,
    PIP_INDEX_URL: closed,
    http_proxy: closed,
    https_proxy: closed,
    HTTP_PROXY: closed,
    HTTPS_PROXY: closed,
  };
  const env = { ...unreachable, SOJOURN_CACHE_DIR: temporary(t) };
  const first = await start(t, checkout, ["--run", file], env);
  assert.equal(first.code, 0, first.output);
  assert.match(first.output, /\[1\]\n {4}'1\.000'\n/);
  assert.match(first.output, /\[2\]\n {4}to the end\n/);
  assert.match(first.output, /^graph cache: 0 hits, 1 miss; 0 entries before, 1 now$/m);
  assert.match(first.output, /^trace cache: 0 hits, 1 miss; 0 entries before, 1 now$/m);
  assert.doesNotMatch(first.output, /install/);
  const written = JSON.parse(readFileSync(copyOf(t, first.output), "utf8"));
  assert.equal(written.cells[0].outputs[0].data["text/plain"].join(""), "'1.000'");
  assert.equal(readFileSync(file, "utf8"), before, "the notebook itself is not changed");

  const second = await start(t, checkout, ["--run", file], env);
  copyOf(t, second.output);
  assert.match(second.output, /^graph cache: 1 hit \(from another process\), 0 misses; 1 entry before, 1 now$/m);
  assert.match(second.output, /^trace cache: 1 hit \(from another process\), 0 misses; 1 entry before, 1 now$/m);
});

test("a cell that fails is named, and the copy holds what was reached", async (t) => {
  const file = notebook(t, '"reached"', 'throw new RangeError("too far")', '"never"');
  const { code, output } = await start(t, checkout, ["--run", file], { SOJOURN_CACHE_DIR: temporary(t) });
  assert.equal(code, 1);
  assert.match(output, /^Cell 2 of .*note\.ipynb failed: RangeError: too far\n {4}at cell-2\.ts:1:7\n/m);
  assert.equal(output.split("RangeError: too far").length, 2, "the error is printed once");
  assert.equal(output.split('throw new RangeError("too far")').length, 2, "the cell is printed once");
  const written = JSON.parse(readFileSync(copyOf(t, output), "utf8"));
  assert.deepEqual(
    written.cells.filter((cell) => cell.cell_type === "code").map((cell) => cell.outputs.length),
    [1, 1, 0],
  );
});

test("a notebook of another kernel is refused, and one that names none runs", async (t) => {
  const env = { SOJOURN_CACHE_DIR: temporary(t) };
  const python = notebookOf(t, "python3", ["print(1)"]);
  const refused = await start(t, checkout, ["--run", python], env);
  assert.equal(refused.code, 2);
  assert.equal(
    refused.output,
    `Cannot run ${python}: it is written for the kernel python3 and only notebooks of the kernel sojourn are run here.\n`,
  );
  const unnamed = await start(t, checkout, ["--run", notebookOf(t, undefined, ["6 * 7"])], env);
  assert.equal(unnamed.code, 0, unnamed.output);
  copyOf(t, unnamed.output);
});

test("a cell that runs too long is given up after --timeout", async (t) => {
  const file = notebook(t, '"quick"', "await new Promise(() => {})");
  const { code, output } = await start(t, checkout, ["--run", file, "--timeout", "2"], {
    SOJOURN_CACHE_DIR: temporary(t),
  });
  copyOf(t, output);
  assert.equal(code, 1);
  assert.match(output, /^Cell 2 of .*note\.ipynb failed: CellTimeoutError: /m);
});

test("a run in the person's own folder finds the files beside the notebook", async (t) => {
  const file = notebook(t, 'import { readFileSync } from "node:fs";\nreadFileSync("data.txt", "utf8")');
  writeFileSync(join(dirname(file), "data.txt"), "beside");
  const env = plainEnvironment({ SOJOURN_CACHE_DIR: temporary(t), INIT_CWD: dirname(file) });
  const args = [join(checkout, "kernel", "bootstrap", "start.mjs"), "--run", "note.ipynb"];
  const { code, output } = await finish(t, process.execPath, args, { cwd: checkout, env });
  assert.equal(code, 0, output);
  assert.match(output, /'beside'/);
  copyOf(t, output);
});

for (const signal of ["SIGINT", "SIGKILL"]) {
  test(`${signal} in the middle of a run leaves no kernel`, async (t) => {
    const mark = join(temporary(t), "pid");
    const file = notebook(
      t,
      `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(mark)}, process.pid + "\\n");\nwhile (true) {}`,
    );
    const args = [join(checkout, "kernel", "bootstrap", "start.mjs"), "--run", file];
    const env = plainEnvironment({ SOJOURN_CACHE_DIR: temporary(t) });
    const running = launch(t, process.execPath, args, { cwd: checkout, env });
    await waitUntil(() => existsSync(mark) && readFileSync(mark, "utf8").endsWith("\n"), "the cell runs", 30);
    const executor = Number(readFileSync(mark, "utf8"));
    assert.ok(alive(executor));
    process.kill(running.pid, signal);
    assert.equal(await running.ended, signal === "SIGINT" ? 130 : "SIGKILL");
    await waitUntil(() => !alive(executor), "the kernel has ended", 20);
  });
}

test("the quickstart runs", async (t) => {
  const env = { SOJOURN_CACHE_DIR: temporary(t) };
  const { code, output } = await start(t, checkout, ["--run", "notebooks/quickstart.ipynb"], env);
  assert.equal(code, 0, output);
  copyOf(t, output);
  assert.match(output, /^graph cache: \d+ hits?.*, [1-9]\d* miss(es)?; 0 entries before, [1-9]\d* now$/m);
});
