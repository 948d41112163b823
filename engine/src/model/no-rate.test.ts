/** What a transition is told that has no rate, or one under another name. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../engine.js";

describe("a transition without a rate", () => {
  it.each([
    ["continuous", { to: [0], Rate: 1 }, "has no rate, and Rate has no meaning there (did you mean rate?)"],
    ["continuous", { to: [0], probability: 1 }, 'only a model of kind "discrete" has probabilities'],
    ["discrete", { to: [0], prob: 1 }, "has no probability, and prob has no meaning there"],
    [
      "continuous",
      { to: [0], rate: undefined },
      "the rate from [1] to [0] must be a number or a weight and is undefined",
    ],
    ["discrete", { to: [0], probability: -0.5 }, "the probability from [1] to [0] must be ≥ 0 and is -0.5"],
  ] as const)("of a %s model, %o, is told what it has instead", async (kind, transition, words) => {
    const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-refusals-")) });
    const model = engine.defineModel({
      kind,
      initial: () => [1],
      transitions: ([k]) => (k === 0 ? [] : [transition as never]),
    });
    await expect(model.build()).rejects.toThrow(words);
  });
});
