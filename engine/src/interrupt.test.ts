/** Long work stops when it is told to, says where it was, and leaves the engine usable. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngine } from "./engine.js";

it.each([
  ["exploring", 1, "exploring rabbits"],
  ["eliminating", 30, "eliminating vertex"],
])("an interrupt while %s is an InterruptedError, and the next build works", async (_, polls, words) => {
  let left = polls as number;
  const cacheDirectory = mkdtempSync(join(tmpdir(), "sojourn-interrupt-"));
  const engine = openEngine({ cacheDirectory, interrupted: () => --left === 0 });
  await expect(engine.families.rabbits.build({ N: 120 })).rejects.toMatchObject({
    code: "interrupted",
    message: expect.stringContaining(words),
  });
  expect((await engine.families.rabbits.build({ N: 120 })).vertices).toBe(7381);
});

it("an interrupt in the middle of a batch is an InterruptedError", async () => {
  let left = 1e9;
  const cacheDirectory = mkdtempSync(join(tmpdir(), "sojourn-interrupt-"));
  const engine = openEngine({ cacheDirectory, threads: 1, interrupted: () => --left === 0 });
  const thetas = Float64Array.from({ length: 10 }, (_, i) => i + 1);
  for (const [backend, where] of [
    ["reference", "lane 2"],
    ["wasm", "lane 8"],
  ] as const) {
    const handle = await engine.families.coalescent.build({ n: 5 }, { backend });
    left = 3;
    await expect(handle.mean(thetas)).rejects.toThrow(where);
    expect(await handle.mean(1)).toBeCloseTo(1.6, 14);
  }
});

it("an endless state space is refused with a sentence", async () => {
  const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-endless-")) });
  const queue = engine.defineModel({
    name: "queue",
    initial: () => [1],
    transitions: ([k]) =>
      k > 0
        ? [
            { to: [k + 1], rate: 1 },
            { to: [k - 1], rate: 2 },
          ]
        : [],
  });
  await expect(queue.build({}, { maxStates: 1000 })).rejects.toMatchObject({
    code: "too-many-states",
    message: expect.stringContaining("more than 1000 states"),
  });
});
