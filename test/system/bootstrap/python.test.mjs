/** Finding a Python among what a PATH may hold. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { askPython, findPython } from "../../../kernel/bootstrap/python.mjs";
import { checkout, plainEnvironment, skeleton, start, temporary } from "./support.mjs";

const real = askPython(join(checkout, ".sojourn", "venv", "bin", "python"));

/** A folder of programs; a text is a shell script, and an answer is what a Python of that version would say. */
function programs(t, scripts) {
  const directory = join(temporary(t), "bin");
  mkdirSync(directory);
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}
const says = (version, implementation = "cpython", unlocked = 0) =>
  `printf '/python|${version}|${implementation}|${unlocked}'`;

test("a shim that fails and a Python that is too old are passed over", (t) => {
  const PATH = programs(t, {
    python3: "echo 'python3: command not found' >&2; exit 127",
    "python3.13": says("3.13.0", "cpython", 1),
    "python3.12": says("3.12.1", "pypy"),
    python: says("2.7.18"),
    "python3.10": `exec '${real.executable}' "$@"`,
  });
  assert.equal(findPython({ PATH }).version, real.version);
});

test("what does not fit is named", (t) => {
  const PATH = programs(t, { python3: says("3.9.18"), python: says("2.7.18"), "python3.13": "exit 1" });
  assert.throws(() => findPython({ PATH }), {
    code: "no-python",
    message:
      "Sojourn needs Python 3.10, 3.11, 3.12 or 3.13 and found python3 (3.9.18), python (2.7.18); install one, or name it with SOJOURN_PYTHON.",
  });
  assert.throws(() => findPython({ PATH: programs(t, { python3: says("3.14.0") }) }), { code: "no-python" });
});

test("SOJOURN_PYTHON is taken, or said to be wrong", (t) => {
  const directory = programs(t, { old: says("3.8.1") });
  const fine = join(directory, "fine");
  symlinkSync(real.executable, fine);
  assert.equal(findPython({ PATH: "", SOJOURN_PYTHON: fine }).version, real.version);
  const old = join(directory, "old");
  const message = `Cannot use SOJOURN_PYTHON=${old}: it is Python 3.8.1; name a Python from 3.10 to 3.13.`;
  assert.throws(() => findPython({ SOJOURN_PYTHON: old }), { code: "bad-python", message });
  const absent = join(directory, "absent");
  assert.throws(() => findPython({ SOJOURN_PYTHON: absent }), { message: /: it did not run;/ });
});

test("a machine without Python is told at once", async (t) => {
  const PATH = programs(t, {});
  symlinkSync(process.execPath, join(PATH, "node"));
  const started = performance.now();
  const env = plainEnvironment({ PATH });
  const { code, output } = await start(t, skeleton(t), ["--run", "notebooks/empty.ipynb"], env);
  assert.match(
    output,
    /^Sojourn needs Python 3\.10, 3\.11, 3\.12 or 3\.13 and found none; install one, or name it with SOJOURN_PYTHON\.$/m,
  );
  assert.equal(code, 1);
  assert.ok(performance.now() - started < 10000, "before anything is installed");
});
