/** One folder for all that tests make in the system's folder for temporary files, removed once all have run. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "sojourn-tests-"));
  // as the system's own is: some tests are of several users
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return () => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // a process that outlives its test may hold files, and the system sweeps what is left
    }
  };
}
