/** The store on a real folder: publishing, damage, clearing, concurrency. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf, hex } from "../base/digest.js";
import type { StoreFault } from "./folder.js";
import { openStore } from "./store.js";
import type { Store } from "./store-types.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "sojourn-store-"));
const key = digestOf("k");
const meta = { kind: "trace" as const, key, producer: "test", components: {}, createdMs: 1, costMs: 2 };
const content = { attributes: { name: "m" }, arrays: { order: Int32Array.of(2, 0, 1) } };
const pathIn = (directory: string): string => join(directory, "v1", "trace", hex(key).slice(0, 2), `${hex(key)}.sjn`);

async function filled(directory: string, faults: StoreFault[] = []): Promise<Store> {
  const store = openStore({ directory, onFault: (fault) => faults.push(fault) });
  store.put(meta, content);
  expect(await store.drain(5000)).toBe(true);
  return store;
}

describe("the store", () => {
  it("answers from another store what one has written, and nothing before", async () => {
    const directory = folder();
    expect(await openStore({ directory }).get("trace", key)).toEqual({ outcome: "miss", reason: "not in the cache" });
    await filled(directory);
    const found = await openStore({ directory }).get("trace", key);
    expect(found.outcome === "hit" && found.entry.arrays.order).toEqual(content.arrays.order);
    expect(readdirSync(join(directory, "v1", "trace", hex(key).slice(0, 2)))).toHaveLength(1);
  });

  it("finds at once what it is still writing", async () => {
    const store = openStore({ directory: folder() });
    store.put(meta, content);
    expect((await store.get("trace", key)).outcome).toBe("hit");
  });

  it("refuses a damaged entry with a reason, sets it aside and takes a new one", async () => {
    const directory = folder();
    const faults: StoreFault[] = [];
    const store = await filled(directory, faults);
    const bytes = readFileSync(pathIn(directory));
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(pathIn(directory), bytes);
    expect(await store.get("trace", key)).toMatchObject({ outcome: "refused", code: "section-checksum" });
    expect(faults).toMatchObject([{ action: "read", code: "section-checksum" }]);
    expect(readdirSync(join(directory, "v1", "quarantine"))).toHaveLength(1);
    expect((await store.get("trace", key)).outcome).toBe("miss");
    await filled(directory);
    expect((await store.get("trace", key)).outcome).toBe("hit");
  });

  it("verifies the entries that are named, lists layer by layer, and leaves others unread when told to", async () => {
    const directory = folder();
    const store = await filled(directory);
    const other = { ...meta, key: digestOf("other") };
    store.put(other, content);
    await store.drain(5000);
    expect(await store.transfer.verify({ kinds: ["trace"], keys: [hex(key)] })).toMatchObject({
      checked: 1,
      damaged: [],
    });
    writeFileSync(pathIn(directory), "no entry");
    const asked = { kinds: ["trace"] as const, keys: [hex(other.key), hex(digestOf("not there"))] };
    expect(await store.transfer.verify(asked)).toMatchObject({ checked: 1, damaged: [] });
    const { damaged } = await store.transfer.verify({ kinds: ["trace"], keys: [hex(key)] });
    expect(damaged.map((one) => one.key)).toEqual([hex(key)]);
    expect((await store.list({ layer: "private" })).total).toBe(1);
    for (const layer of ["scratch", "shared", "library"] as const) expect((await store.list({ layer })).total).toBe(0);
    const status = await store.status({ others: false });
    expect([status.writers, status.libraries]).toEqual([[], []]);
  });

  it("lists and counts what is there and clears what is asked", async () => {
    const store = await filled(folder());
    const { total, entries } = await store.list();
    expect([total, entries[0].name, entries[0].key]).toEqual([1, "m", hex(key)]);
    expect((await store.status()).kinds).toEqual([
      { kind: "graph", entries: 0, bytes: 0 },
      { kind: "trace", entries: 1, bytes: entries[0].bytes },
      { kind: "evaluator", entries: 0, bytes: 0 },
      { kind: "value", entries: 0, bytes: 0 },
    ]);
    expect(await store.clear({ kinds: ["graph"] })).toMatchObject({ entries: 0 });
    const plan = await store.clear({ dryRun: true });
    expect((await store.status()).kinds[1].entries).toBe(1);
    expect(await store.clear()).toEqual(plan);
    expect((await store.status()).kinds[1].entries).toBe(0);
  });

  it("keeps what is pinned when it is cleared, unless that is meant too", async () => {
    const store = await filled(folder());
    await store.pin("trace", key, true);
    expect(await store.clear()).toMatchObject({ entries: 0, pinned: 1 });
    expect((await store.get("trace", key)).outcome).toBe("hit");
    expect(await store.clear({ pinned: true })).toMatchObject({ entries: 1, pinned: 0 });
    expect((await store.get("trace", key)).outcome).toBe("miss");
  });

  it("notes uses, unless statistics are off", async () => {
    for (const statistics of [true, false]) {
      const directory = folder();
      await filled(directory);
      const store = openStore({ directory, settings: { statistics } });
      await store.get("trace", key);
      store.count("lookups");
      await store.drain(5000);
      expect((await openStore({ directory }).list()).entries[0].lastUseMs > 0).toBe(statistics);
      expect((await openStore({ directory }).status()).counters.lookups).toBe(statistics ? 1 : undefined);
    }
  });

  it("sweeps temporaries when they are old, not when they are young", async () => {
    const directory = folder();
    const store = await filled(directory);
    const place = join(directory, "v1", "trace", hex(key).slice(0, 2));
    for (const name of [".tmp-old", ".tmp-young"]) writeFileSync(join(place, name), "x");
    utimesSync(join(place, ".tmp-old"), 1, 1);
    await store.clear({ kinds: ["trace"] });
    expect(readdirSync(place)).toEqual([".tmp-young"]);
  });

  it("sweeps what an earlier process left in this user's shared folder by vacuum", async () => {
    const [directory, sharedDirectory] = [folder(), folder()];
    const store = openStore({ directory, settings: { sharedDirectory, publish: true } });
    store.put(meta, content);
    expect(await store.drain(5000)).toBe(true);
    const place = join(sharedDirectory, "v1", `u${process.getuid?.() ?? 0}`, "trace", hex(key).slice(0, 2));
    for (const name of [".tmp-old", ".tmp-young"]) writeFileSync(join(place, name), "x");
    utimesSync(join(place, ".tmp-old"), 1, 1);
    const later = openStore({ directory, settings: { sharedDirectory } });
    expect(await later.vacuum({ dryRun: true })).toMatchObject({ temporaries: 1 });
    expect(readdirSync(place)).toHaveLength(3);
    expect(await later.vacuum()).toMatchObject({ temporaries: 1 });
    expect(readdirSync(place).sort()).toEqual([".tmp-young", `${hex(key)}.sjn`]);
  });

  it("turns a folder that cannot be used into faults, never into exceptions", async () => {
    const directory = folder();
    mkdirSync(join(directory, "v1"));
    writeFileSync(join(directory, "v1", "trace"), "a file where a folder should be");
    const faults: StoreFault[] = [];
    const store = openStore({ directory, onFault: (fault) => faults.push(fault) });
    store.put(meta, content);
    await store.drain(5000);
    expect(await store.get("trace", key)).toMatchObject({
      outcome: "miss",
      reason: expect.stringContaining("the entry cannot be read: ENOTDIR"),
    });
    expect(faults).toMatchObject([
      { action: "write", code: "ENOTDIR" },
      { action: "read", code: "ENOTDIR" },
    ]);
    expect((await store.status()).kinds[1].entries).toBe(0);
  });
});
