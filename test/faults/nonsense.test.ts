/**
 * Entries that are right in every byte and make no sense to their stage: a fault of a writer, or a cache from
 * elsewhere. The stage refuses them with a reason, the build gives the right numbers, and the next one is a hit.
 */
import { openEngine, type PhaseType } from "@sojourn/engine";
import { type EntryContent, openStore, type StoredKind } from "@sojourn/engine/cache";
import { expect, it } from "vitest";
import { sojourn, temporaryFolder } from "../support/sojourn.js";

/** A walk on a grid with steps to all four sides: one component whose elimination makes fill. */
async function build(cacheDirectory: string, sharedDirectory = ""): Promise<{ built: PhaseType; mean: number }> {
  const engine = openEngine({ cacheDirectory, cache: { sharedDirectory } });
  const model = engine.defineModel({
    name: "grid",
    parameters: ["rate"],
    inputs: { side: 3 },
    initial: () => [1, 1],
    transitions: ([x, y], { rate }, { side }) => {
      if (x < 1 || x > side || y < 1 || y > side) return [];
      return [
        { to: [x + 1, y], rate },
        { to: [x - 1, y], rate },
        { to: [x, y + 1], rate },
        { to: [x, y - 1], rate },
      ];
    },
  });
  const built = await model.build();
  const mean = await built.mean([2]);
  await engine.close();
  return { built, mean };
}

interface Made {
  readonly built: PhaseType;
  readonly content: EntryContent;
}

const i32 = ({ content }: Made, name: string): Int32Array => (content.arrays[name] as Int32Array).slice();

/** The content with some arrays replaced. */
const replaced = ({ content }: Made, arrays: EntryContent["arrays"]): EntryContent => ({
  attributes: content.attributes,
  arrays: { ...content.arrays, ...arrays },
});

/** The content with one value of one array replaced. */
function withValue(made: Made, name: string, at: number, value: number): EntryContent {
  const array = made.content.arrays[name].slice();
  array[at] = value;
  return replaced(made, { [name]: array });
}

/** Takes out the first upper entry that no edge of the graph asks for. */
function withoutFill(made: Made): EntryContent {
  const { rowStart, targets } = made.built.graph;
  const [order, upperStart, upper] = [i32(made, "order"), i32(made, "upperStart"), i32(made, "upper")];
  for (let p = 0; p < order.length; p++)
    for (let i = upperStart[p]; i < upperStart[p + 1]; i++) {
      if (targets.subarray(rowStart[order[p]], rowStart[order[p] + 1]).includes(order[upper[i]])) continue;
      const start = upperStart.map((first, row) => (row > p ? first - 1 : first));
      return replaced(made, { upper: upper.filter((_, at) => at !== i), upperStart: start });
    }
  throw new Error("the elimination of the grid makes no fill");
}

/** The second row ends before it begins. */
const rowsOutOfOrder = (made: Made): EntryContent => withValue(made, "rowStart", 2, i32(made, "rowStart")[1] - 1);

const CASES: readonly [what: string, kind: StoredKind, reason: RegExp, spoil: (made: Made) => EntryContent][] = [
  ["a trace that lacks fill", "trace", /lacks the fill/, withoutFill],
  [
    "a trace with a position out of range",
    "trace",
    /not sorted positions/,
    (made) => withValue(made, "upper", i32(made, "upper").length - 1, i32(made, "order").length),
  ],
  [
    "a trace with a vertex out of range",
    "trace",
    /the order names vertex/,
    (made) => withValue(made, "order", 0, made.built.vertices),
  ],
  [
    "a trace of another pattern",
    "trace",
    /lacks the edge/,
    (made) => replaced(made, { order: i32(made, "order").reverse() }),
  ],
  [
    "a trace without its upper rows",
    "trace",
    /upper is missing/,
    (made) => replaced(made, { upper: new Uint8Array() }),
  ],
  [
    "a graph with a target out of range",
    "graph",
    /are not sorted vertices/,
    (made) => withValue(made, "targets", i32(made, "targets").length - 1, made.built.vertices),
  ],
  ["a graph with a rate that is NaN", "graph", /must be finite and is NaN/, (made) => withValue(made, "bases", 0, NaN)],
  ["a graph with rows out of order", "graph", /rows of the graph are not in order/, rowsOutOfOrder],
];

it.each(CASES)("refuses %s of another version, computes it anew and keeps that", async (_, kind, reason, spoil) => {
  const cacheDirectory = temporaryFolder("nonsense");
  const { built, mean } = await build(cacheDirectory);
  expect(mean).toBeGreaterThan(0);
  const store = openStore({ directory: cacheDirectory });
  const { entries } = await store.list({ kinds: [kind] });
  expect(entries).toHaveLength(1);
  const key = Buffer.from(entries[0].key, "hex");
  const found = await store.get(kind, key);
  if (found.outcome !== "hit") throw new Error(found.reason);
  const { components, createdMs, costMs } = found.entry;
  // this version's own are sound as they are written
  const producer = "sojourn 0.0.1";
  const content = spoil({ built, content: found.entry });
  await store.clear({ kinds: [kind] });
  store.put({ kind, key, producer, components, createdMs, costMs }, content);
  await store.drain(5000);
  expect((await store.get(kind, key)).outcome).toBe("hit");

  const again = await build(cacheDirectory);
  const untouched = kind === "graph" ? "trace" : "graph";
  expect(again.built.caches[kind]).toMatchObject({ outcome: "refused", reason: expect.stringMatching(reason) });
  expect(again.built.caches[untouched].outcome).toBe("hit");
  expect(again.mean).toBe(mean);
  const third = await build(cacheDirectory);
  expect([third.built.caches.graph.outcome, third.built.caches.trace.outcome]).toEqual(["hit", "hit"]);
  expect(third.mean).toBe(mean);

  const { stdout } = await sojourn(["clear", "--yes"], { cacheDirectory });
  expect(stdout).toMatch(/^Removed [23] entries, .* and 1 damaged file set aside\.\n$/);
  expect(await store.status()).toMatchObject({ quarantined: 0 });
});

it.each(CASES)("refuses %s in the shared layer, whoever made it", async (_, kind, reason, spoil) => {
  const [writer, shared, reader] = ["nonsense-writer", "nonsense-shared", "nonsense-reader"].map(temporaryFolder);
  const { built, mean } = await build(writer);
  const own = openStore({ directory: writer });
  const { entries } = await own.list({ kinds: [kind] });
  const key = Buffer.from(entries[0].key, "hex");
  const found = await own.get(kind, key);
  if (found.outcome !== "hit") throw new Error(found.reason);
  const { producer, components, createdMs, costMs } = found.entry;
  const content = spoil({ built, content: found.entry });
  const store = openStore({
    directory: temporaryFolder("nonsense-other"),
    settings: { sharedDirectory: shared, publish: true },
  });
  store.put({ kind, key, producer, components, createdMs, costMs }, content);
  await store.drain(5000);

  const again = await build(reader, shared);
  expect(again.built.caches[kind]).toMatchObject({ outcome: "refused", reason: expect.stringMatching(reason) });
  expect(again.mean).toBe(mean);
  const third = await build(reader, shared);
  expect(third.built.caches[kind]).toMatchObject({ outcome: "hit", layer: "private" });
  expect(third.mean).toBe(mean);
});
