/**
 * Every bit of a header flipped, every byte of a file, every length to which it can be cut: as the store reads them. A damaged entry
 * is refused, told once, set aside, counted out and written anew; a damaged ledger is found out by listing the disk.
 */
import { describe, expect, it } from "vitest";
import type { StoreFault } from "../../engine/src/cache/folder.js";
import { sameContent } from "../../engine/src/cache/publish.js";
import { contentOf, HOME, keyOf, kindOf, metaOf, openBoth } from "../support/crash-workload.js";
import { SimulatedFiles } from "../support/simulated-files.js";

const NOW = 1.7e12;
const I = 1;
const [kind, key] = [kindOf(I), keyOf(I)];
const name = key.toString("hex");
const PATH = `${HOME}/v1/${kind}/${name.slice(0, 2)}/${name}.sjn`;
const HEADER_BITS = 2048;
const LONG = process.env.SOJOURN_LONG === "1";

interface Made {
  readonly disk: SimulatedFiles;
  readonly bytes: number;
}

/** A disk with entry 1 and a ledger that knows of it. */
async function make(): Promise<Made> {
  const disk = new SimulatedFiles({ clock: () => NOW });
  for (const folder of ["/home", HOME]) await disk.view().mkdir(folder, { mode: 0o755 });
  const { store } = open(disk);
  store.put(metaOf(I), contentOf(I));
  await store.drain(60_000);
  await store.vacuum();
  return { disk, bytes: disk.list().find(({ path }) => path === PATH)!.bytes };
}

function open(disk: SimulatedFiles, now = NOW + 1) {
  const faults: StoreFault[] = [];
  const { store } = openBoth(
    disk.view(),
    () => now,
    (fault) => faults.push(fault),
  );
  return { store, faults };
}

const flipped = (bit: number) => (bytes: Buffer) => {
  bytes[bit >> 3] ^= 1 << (bit & 7);
  return bytes;
};

/** What a store does with a damaged file; answers what is wrong with that, if anything. */
async function refuses(disk: SimulatedFiles, atOnce: boolean, thoroughly: boolean): Promise<string | undefined> {
  // two processes that note something in one millisecond are in no order
  const { store, faults } = open(disk, NOW + 2);
  const found = atOnce ? store.getNow(kind, key) : await store.get(kind, key);
  if (found.outcome !== "refused") return `it is a ${found.outcome}`;
  if (faults.length !== 1 || faults[0].code !== found.code) return `faults ${faults.map(({ code }) => code)}`;
  if (!thoroughly) return undefined;
  const settled = await store.get(kind, key);
  if (settled.outcome !== "miss" && !atOnce) return `then it is a ${settled.outcome}`;
  const { kinds, quarantined } = await store.status();
  const entries = kinds.reduce((sum, one) => sum + one.entries, 0);
  if (entries !== 0 || quarantined !== 1) return `there are ${entries} entries, ${quarantined} set aside`;
  store.put(metaOf(I), contentOf(I));
  await store.drain(60_000);
  const again = await store.get(kind, key);
  if (again.outcome !== "hit" || !sameContent(again.entry, contentOf(I)))
    return `written again it is a ${again.outcome}`;
  return undefined;
}

async function eachRefused(
  count: number,
  every: number,
  change: (n: number) => (bytes: Buffer) => Buffer,
): Promise<void> {
  const wrong: string[] = [];
  const { disk } = await make();
  for (let n = 0; n < count; n += every) {
    const image = disk.after(disk.step, { clock: () => NOW });
    image.damage(PATH, change(n));
    const what = await refuses(image, n % 2 === 1, LONG || n % 23 === 0);
    if (what !== undefined) wrong.push(`${n}: ${what}`);
  }
  expect(wrong).toEqual([]);
}

describe("an entry is refused and written anew", () => {
  it("whichever bit of its header is flipped", () => eachRefused(HEADER_BITS, 1, flipped), 600_000);

  it("to whatever length it is cut", async () => {
    const { bytes } = await make();
    await eachRefused(bytes, LONG ? 1 : 3, (n) => (all) => all.subarray(0, n));
  }, 600_000);

  it("whichever byte after the header is changed", async () => {
    const { bytes } = await make();
    await eachRefused(8 * bytes - HEADER_BITS, LONG ? 3 : 67, (n) => flipped(HEADER_BITS + n));
  }, 600_000);
});

describe("a ledger", () => {
  it("whose base or segment is damaged anywhere says what is there, once it has listed the disk", async () => {
    const { disk } = await make();
    const writing = open(disk);
    await writing.store.get(kind, key);
    writing.store.count("once");
    await writing.store.drain(60_000);
    const files = disk.list().filter(({ path }) => path.includes("/ledger/"));
    expect(files.map(({ path }) => path.replace(/.*\/(base|segment).*/, "$1"))).toEqual(["base", "segment"]);
    const wrong: string[] = [];
    for (const { path, bytes } of files)
      for (let bit = 0; bit < 8 * bytes; bit += bit < HEADER_BITS ? (LONG ? 1 : 17) : LONG ? 5 : 211) {
        const image = disk.after(disk.step, { clock: () => NOW });
        image.damage(path, flipped(bit));
        const { store, faults } = open(image);
        const { kinds, counters } = await store.status();
        const entries = kinds.reduce((sum, one) => sum + one.entries, 0);
        const told = faults.filter((fault) => fault.kind === "ledger");
        if (entries !== 1 || (counters.once ?? 0) > 1 || told.length === 0 || told.length < faults.length)
          wrong.push(`${path} bit ${bit}: ${entries} entries, ${counters.once} counted, ${faults.length} faults`);
        if ((await store.get(kind, key)).outcome !== "hit") wrong.push(`${path} bit ${bit}: the entry is not found`);
      }
    expect(wrong).toEqual([]);
  }, 600_000);
});
