/** Jobs on the disk: an old one that cannot be removed does not keep the others from being read. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fsPromises } from "@sojourn/engine/file-system";
import { afterEach, expect, it, vi } from "vitest";
import { newJob, withState } from "./job.js";
import { createJobFiles } from "./job-files.js";

afterEach(() => void vi.restoreAllMocks());

it("reads on when an old job cannot be removed", async () => {
  const files = createJobFiles(join(mkdtempSync(join(tmpdir(), "sojourn-jobs-")), "prewarm"));
  const wish = { source: "family", model: "m", inputs: {}, questions: [], gradients: false, batches: [1] } as const;
  const job = (id: string) => newJob(id, wish, { connection: "k.json", host: "here", pid: 1 }, [], 0);
  await files.write(withState(job("aaaaaaaa"), "done", 0));
  await files.write(job("bbbbbbbb"));
  const week = 7 * 24 * 3_600_000;
  const read = async () => (await files.readAll(week + 1)).map(({ id }) => id);
  // a folder that may be read and not written; its owner may be one who may everything, so the fault is said here
  vi.spyOn(fsPromises, "rm").mockRejectedValue(Object.assign(new Error("EACCES"), { code: "EACCES" }));
  expect(await read()).toEqual(["bbbbbbbb"]);
  vi.restoreAllMocks();
  expect(await read()).toEqual(["bbbbbbbb"]);
  expect((await files.readAll(0)).map(({ id }) => id)).toEqual(["bbbbbbbb"]);
});
