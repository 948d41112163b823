/** What the caches are worth for somebody's own work: the same jobs without them, with empty ones, and with full ones. */
import { InputError } from "../base/errors.js";
import { isPlainObject, valueText } from "../base/words.js";
import { summaryTable } from "../display/drawing.js";
import { DISPLAY, type Displayable } from "../display/mime.js";

/** A job is given an engine of its own, and everything it does with it counts. */
export type CacheJob<E> = (engine: E) => unknown | Promise<unknown>;

export interface CacheBenchmarkRow {
  readonly job: string;
  /** Neither looked up nor kept, not even in memory, ms. */
  readonly withoutMs: number;
  /** The caches were empty, ms. */
  readonly coldMs: number;
  /** Another session had filled the caches, ms. */
  readonly warmMs: number;
  /** without : warm. */
  readonly speedUp: number;
  /** cold : without − 1. */
  readonly overhead: number;
}

export interface CacheBenchmark extends Displayable {
  readonly rows: readonly CacheBenchmarkRow[];
  toString(): string;
}

export interface BenchmarkServices<E> {
  /** Opens an engine on a folder of its own; `none` without caches. */
  readonly open: (folder: string, none: boolean) => E & { close(): Promise<void> };
  readonly newFolder: () => string;
  readonly remove: (folder: string) => void;
}

/** Runs every job three times. Throws what a job throws, and `InputError` for jobs that are none. */
export async function benchmarkCaches<E>(
  services: BenchmarkServices<E>,
  jobs: Readonly<Record<string, CacheJob<E>>>,
): Promise<CacheBenchmark> {
  if (!isPlainObject(jobs) || Object.values(jobs).some((job) => typeof job !== "function"))
    throw new InputError(
      "bad-jobs",
      `Cannot benchmark the caches: jobs are functions of an engine by name, and these are ${valueText(jobs)}.`,
    );
  const rows: CacheBenchmarkRow[] = [];
  for (const [name, job] of Object.entries(jobs)) {
    const folders = [services.newFolder(), services.newFolder()];
    try {
      // what a machine does once, such as compiling the job itself, is no cache's doing
      await timed(services.open(folders[0], true), job);
      const withoutMs = await timed(services.open(folders[0], true), job);
      const coldMs = await timed(services.open(folders[1], false), job);
      const warmMs = await timed(services.open(folders[1], false), job);
      rows.push({
        job: name,
        withoutMs,
        coldMs,
        warmMs,
        speedUp: withoutMs / warmMs,
        overhead: coldMs / withoutMs - 1,
      });
    } finally {
      for (const folder of folders) services.remove(folder);
    }
  }
  const lines = rows.map(({ job, withoutMs, coldMs, warmMs, speedUp, overhead }): [string, string] => [
    job,
    `without ${withoutMs.toFixed(1)} ms, cold ${coldMs.toFixed(1)} ms (${overhead >= 0 ? "+" : ""}${(100 * overhead).toFixed(0)} %), warm ${warmMs.toFixed(1)} ms (${speedUp.toFixed(1)}× as fast)`,
  ]);
  const text = lines.map(([job, what]) => `${job}: ${what}`).join("\n");
  return Object.freeze({
    rows,
    toString: () => text,
    [DISPLAY]: () => ({ "text/plain": text, "text/html": summaryTable(lines) }),
    [Symbol.for("nodejs.util.inspect.custom")]: () => text,
  });
}

async function timed<E>(engine: E & { close(): Promise<void> }, job: CacheJob<E>): Promise<number> {
  const start = performance.now();
  try {
    await job(engine);
    return performance.now() - start;
  } finally {
    await engine.close();
  }
}
