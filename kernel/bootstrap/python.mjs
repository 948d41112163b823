/**
 * Finds a Python from 3.10 to 3.13 by asking each candidate what it is. Names on PATH may be shims that fail, or
 * other implementations without wheels; those are passed over, and named when nothing fits.
 */
import { spawnSync } from "node:child_process";
import { failures } from "./failure.mjs";

const CANDIDATES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/** Understood by every Python since 2.6; the last field tells a build without the global lock, which has few wheels. */
const QUESTION = `import sys
import sysconfig
sys.stdout.write("|".join([sys.executable, "%d.%d.%d" % sys.version_info[:3],
  getattr(getattr(sys, "implementation", None), "name", "old"), str(sysconfig.get_config_var("Py_GIL_DISABLED") or 0)]))`;

/** @returns {{ executable: string, version: string, fits: boolean } | undefined} */
export function askPython(command, env = process.env) {
  const { status, stdout } = spawnSync(command, ["-c", QUESTION], { encoding: "utf8", timeout: 20000, env });
  if (status !== 0 || !stdout) return undefined;
  const [executable, version, implementation, unlocked] = stdout.split("|");
  const [major, minor] = version.split(".").map(Number);
  const fits = major === 3 && minor >= 10 && minor <= 13 && implementation === "cpython" && unlocked === "0";
  return { executable, version, fits };
}

export function findPython(env = process.env) {
  const named = env.SOJOURN_PYTHON;
  if (named) {
    const python = askPython(named, env);
    if (python === undefined) throw failures.badPython(named, "did not run");
    if (!python.fits) throw failures.badPython(named, `is Python ${python.version}`);
    return python;
  }
  const found = [];
  for (const command of CANDIDATES) {
    const python = askPython(command, env);
    if (python?.fits) return python;
    if (python !== undefined) found.push(`${command} (${python.version})`);
  }
  throw failures.noPython(found);
}
