/** Rounds with contenders that are made up: what they answer, and how they fail, is up to the test. */

import { expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";
import { compare } from "./compare.js";
import type { ContenderSpec, Context } from "./contender.js";

const context: Context = { root: "", say: () => {}, began: () => {}, ended: () => {}, stopping: () => false };

/**
 * Speaks the words of a contender: takes 1 ms per theta times `slowness`, answers `numbers` as far as it was asked for them,
 * ends at request `until` instead of answering it, or once it has answered request `after`.
 */
const SCRIPT = `
  const [, config] = process.argv;
  const { numbers, total, slowness, until, after } = JSON.parse(config);
  const width = numbers.length / total;
  console.log(JSON.stringify({ settings: "made up" }));
  let [asked, count] = [0, 0];
  require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const [verb, word] = line.split(" ");
    if (++asked === until) { console.error("one thing\\nthe last thing that it said"); process.exit(3); }
    if (verb === "batch") count = Number(word);
    const known = Float64Array.from(numbers, (number, i) => (i < count * width ? number : NaN));
    if (verb === "write") require("fs").writeFileSync(word, Buffer.from(known.buffer));
    const seconds = verb === "single" ? 0.002 * slowness : 0.001 * slowness * Number(word);
    console.log(JSON.stringify(verb === "batch" || verb === "single" ? { seconds } : verb === "phases" ? { solve: seconds } : {}));
    if (asked === after) process.exit(0);
  });
`;

interface Fake {
  readonly numbers: readonly number[];
  readonly slowness?: number;
  readonly total?: number;
  readonly until?: number;
  readonly after?: number;
}
const fake = (
  id: string,
  { total = 2, slowness = 1, ...rest }: Fake,
  more: Partial<ContenderSpec> = {},
): ContenderSpec => ({
  id,
  ours: false,
  command: process.execPath,
  args: ["-e", SCRIPT, JSON.stringify({ total, slowness, ...rest })],
  ...more,
});
const OURS = { ours: true };

const put = (contenders: readonly ContenderSpec[], total = 2) =>
  compare(context, {
    contenders,
    total,
    rounds: 3,
    roundSeconds: 0.05,
    single: true,
    tolerance: 1e-9,
    rowLength: 1,
    folder: temporaryFolder("compare"),
    clock: "wall",
  });

it("times every contender in every round and compares what they answer", async () => {
  const { measured, ratios, skipped } = await put([
    fake("ours", { numbers: [1, 2, 3, 4] }, OURS),
    fake("same", { numbers: [1, 2, 3, 4 + 1e-10], slowness: 3 }),
    fake("other", { numbers: [1, 2, 3, 4.001] }),
    fake("close", { numbers: [1, 2, 3, 4.001], slowness: 2 }, { approximate: true }),
  ]);
  expect(skipped).toEqual([]);
  expect(measured.map(({ id, agrees, batch, single }) => [id, agrees, batch.length, single.length])).toEqual([
    ["ours", true, 3, 3],
    ["same", true, 3, 3],
    ["other", false, 3, 3],
    ["close", false, 3, 3],
  ]);
  expect(measured[1]).toMatchObject({ count: 2, facts: { settings: "made up" } });
  expect(measured[1].phases.solve).toBeCloseTo(0.003);
  expect(measured[2].difference).toBeCloseTo(0.001 / 4);
  expect(ratios.map(({ of, over, measure }) => `${of}/${over} ${measure}`)).toEqual([
    "same/ours batch",
    "same/ours single",
    "close/ours batch",
    "close/ours single",
  ]);
  expect(ratios[0].median).toBeCloseTo(3);
  expect(ratios[3].median).toBeCloseTo(2);
});

it("compares first numbers where one contender answers with more than another", async () => {
  const { measured } = await put([
    fake("ours", { numbers: [1, 10, 2, 20] }, OURS),
    fake("alone", { numbers: [1, 2] }),
    fake("wrong", { numbers: [1, 10] }),
  ]);
  expect(measured.map(({ agrees }) => agrees)).toEqual([true, true, false]);
});

it("gives slow contenders fewer thetas, and the slowest one round", async () => {
  const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
  const { measured } = await put(
    [
      fake("ours", { numbers, total: 100, slowness: 0.01 }, OURS),
      fake("slow", { numbers, total: 100, slowness: 10 }),
      fake("slowest", { numbers, total: 100, slowness: 1000 }),
    ],
    100,
  );
  expect(measured.map(({ count, batch }) => [count, batch.length])).toEqual([
    [100, 3],
    [5, 3],
    [1, 1],
  ]);
  expect(measured.every(({ agrees }) => agrees)).toBe(true);
});

it("goes on without a contender that does not start or ends on its way, and says why", async () => {
  const { measured, ratios, skipped } = await put([
    fake("ours", { numbers: [1, 2] }, OURS),
    fake("dies at once", { numbers: [], until: 1 }),
    fake("dies later", { numbers: [1, 2], until: 9 }),
    // three requests find out how fast it is, and one warms it up
    fake("ends between requests", { numbers: [1, 2], after: 4 }),
    { id: "not there", ours: false, command: "no-such-program", args: [] },
  ]);
  expect(measured.map(({ id }) => id)).toEqual(["ours"]);
  expect(ratios).toEqual([]);
  expect(skipped).toEqual([
    { id: "dies at once", reason: "the last thing that it said" },
    { id: "not there", reason: expect.stringContaining("ENOENT") },
    { id: "ends between requests", reason: "it ended with 0" },
    { id: "dies later", reason: "the last thing that it said" },
  ]);
});

it("has nothing to compare with where none of ours is there", async () => {
  const { measured, ratios } = await put([fake("peer", { numbers: [1, 2] })]);
  expect(measured).toMatchObject([{ agrees: false, difference: Infinity }]);
  expect(ratios).toEqual([]);
});
