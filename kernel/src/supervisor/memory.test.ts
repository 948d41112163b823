/** The heap's limit: wishes before jobs, jobs before control groups. */
import { expect, it } from "vitest";
import { heapMegabytes } from "./memory.js";

it("takes the wish, then the job's memory, then the control group's", () => {
  const none = () => undefined;
  expect(heapMegabytes("512", { SOJOURN_HEAP_MB: "80" }, none)).toBe(512);
  expect(heapMegabytes(undefined, { SOJOURN_HEAP_MB: "80", SLURM_MEM_PER_NODE: "4000" }, none)).toBe(80);
  expect(heapMegabytes("much", { SLURM_MEM_PER_NODE: "4000" }, none)).toBe(3000);
  expect(heapMegabytes(undefined, { SLURM_MEM_PER_CPU: "1000", SLURM_CPUS_ON_NODE: "4" }, none)).toBe(3000);
  expect(heapMegabytes(undefined, {}, (file) => (file.endsWith("memory.max") ? "1073741824\n" : undefined))).toBe(768);
  expect(heapMegabytes(undefined, {}, (file) => (file.endsWith("memory.max") ? "max\n" : undefined))).toBeUndefined();
  expect(heapMegabytes(undefined, {}, () => "9223372036854771712")).toBeUndefined();
  expect(heapMegabytes(undefined, {}, none)).toBeUndefined();
});
