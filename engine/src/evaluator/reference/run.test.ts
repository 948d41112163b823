/** Programs of many steps stop when they are told to, between two of them. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngine } from "../../engine.js";

it("an interrupt in the middle of a program is an InterruptedError, and the next question is answered", async () => {
  let left = Infinity;
  const cacheDirectory = mkdtempSync(join(tmpdir(), "sojourn-run-"));
  const engine = openEngine({ cacheDirectory, interrupted: () => --left <= 0 });
  const names = Array.from({ length: 40 }, (_, q) => `r${q}`);
  const n = 60;
  const handle = await engine.load({
    kind: "continuous",
    name: "line",
    parameters: ["a"],
    states: Array.from({ length: n + 1 }, (_, i) => [i]),
    initial: [[0, 1]],
    edges: Array.from({ length: n }, (_, i) => [i, i + 1, 0, 1 + i]),
    rewards: Object.fromEntries(names.map((name, q) => [name, Array.from({ length: n + 1 }, (_, i) => (i + q) % 7)])),
  });
  const { length } = await handle.covarianceMatrix(2, names);
  expect(length).toBe(names.length ** 2);
  // before the lane, then twice within the program
  left = 3;
  await expect(handle.covarianceMatrix(2, names)).rejects.toMatchObject({
    code: "interrupted",
    message: expect.stringMatching(/evaluating \S+ of line at step \d+ of \d+/),
  });
  left = Infinity;
  expect(await handle.mean(2)).toBeGreaterThan(0);
});
