/** Whether the kernel that works at a job still runs, as far as its own machine can tell. */
import { fs } from "@sojourn/engine/file-system";
import type { JobOwner } from "./job.js";

/**
 * Its process must be there, and the file of its connection: Jupyter removes that when the kernel ends, and then the number of the
 * process may be another's by now. Cost: two system calls.
 */
export function ownerRuns({ pid, connection }: Pick<JobOwner, "pid" | "connection">): boolean {
  return processRuns(pid) && fs.existsSync(connection);
}

function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
