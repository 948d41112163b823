/**
 * How far the heap of the process that runs cells may grow. What a person says comes first; on a cluster, what the job was
 * given, less a quarter for typed arrays and the other process; else Node decides.
 */
import { fs } from "@sojourn/engine/file-system";

type Environment = Readonly<Record<string, string | undefined>>;

const SHARE = 0.75;
const MEGABYTES_MIN = 64;
/** Limits of control groups, version 2 and 1; a machine without one has a huge number or "max" there. */
const LIMIT_FILES = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
/** More than any machine has: no limit. */
const NO_LIMIT_MEGABYTES = 2 ** 30;

export type ReadText = (file: string) => string | undefined;

/** `option` is the argument of `--memory`; undefined leaves the choice to Node. */
export function heapMegabytes(
  option: string | undefined,
  environment: Environment,
  read: ReadText = readText,
): number | undefined {
  const wished = positive(option) ?? positive(environment.SOJOURN_HEAP_MB);
  if (wished !== undefined) return wished;
  const job = positive(environment.SLURM_MEM_PER_NODE) ?? perProcessor(environment) ?? controlGroup(read);
  return job === undefined ? undefined : Math.max(MEGABYTES_MIN, Math.floor(job * SHARE));
}

function perProcessor(environment: Environment): number | undefined {
  const each = positive(environment.SLURM_MEM_PER_CPU);
  return each === undefined ? undefined : each * (positive(environment.SLURM_CPUS_ON_NODE) ?? 1);
}

function controlGroup(read: ReadText): number | undefined {
  for (const file of LIMIT_FILES) {
    const megabytes = Math.floor(Number(read(file)?.trim()) / 2 ** 20);
    if (megabytes > 0 && megabytes < NO_LIMIT_MEGABYTES) return megabytes;
  }
  return undefined;
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isInteger(value) && value > 0 ? value : undefined;
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined; // no control groups here
  }
}
