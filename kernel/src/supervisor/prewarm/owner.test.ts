/** Whose kernel runs: by its process and the file of its connection. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ownerRuns } from "./owner.js";

it("takes a kernel for gone once its connection file is, whoever has its number now", () => {
  const connection = join(mkdtempSync(join(tmpdir(), "sojourn-owner-")), "kernel-1.json");
  writeFileSync(connection, "{}");
  expect(ownerRuns({ pid: process.pid, connection })).toBe(true);
  // larger than the system gives out
  expect(ownerRuns({ pid: 2 ** 30, connection })).toBe(false);
  rmSync(connection);
  expect(ownerRuns({ pid: process.pid, connection })).toBe(false);
});
