/**
 * Jobs on the disk, one file each, beside the caches that they fill:
 *
 *     <cache directory>/prewarm/<id>.json    readable by its owner only, replaced as a whole
 *
 * A file that cannot be read, or makes no sense, is no job. Writing that fails costs no more than going on after a restart.
 */
import { join } from "node:path";
import { fsPromises } from "@sojourn/engine/file-system";
import { isOver, type Job, readJob } from "./job.js";

/** Finished jobs are kept for so long. */
const KEPT_MS = 7 * 24 * 3_600_000;
const FILE_BYTES_MAX = 4e6;

export interface JobFiles {
  readAll(now: number): Promise<Job[]>;
  write(job: Job): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createJobFiles(folder: string): JobFiles {
  const pathOf = (id: string): string => join(folder, `${id}.json`);
  return {
    async readAll(now) {
      const names = await fsPromises.readdir(folder).catch(() => []);
      const jobs: Job[] = [];
      for (const name of names) {
        if (!name.endsWith(".json")) continue;
        const job = await readOne(join(folder, name));
        if (job === undefined || `${job.id}.json` !== name) continue;
        if (isOver(job) && now - job.updatedMs > KEPT_MS)
          // one that cannot be removed is passed over each time
          await fsPromises.rm(pathOf(job.id), { force: true }).catch(() => undefined);
        else jobs.push(job);
      }
      return jobs;
    },
    async write(job) {
      await fsPromises.mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = join(folder, `.${job.id}.${process.pid}.tmp`);
      await fsPromises.writeFile(temporary, JSON.stringify(job), { mode: 0o600 });
      await fsPromises.rename(temporary, pathOf(job.id));
    },
    async remove(id) {
      await fsPromises.rm(pathOf(id), { force: true });
    },
  };
}

async function readOne(path: string): Promise<Job | undefined> {
  try {
    const { size } = await fsPromises.stat(path);
    if (size > FILE_BYTES_MAX) return undefined;
    return readJob(JSON.parse(await fsPromises.readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}
