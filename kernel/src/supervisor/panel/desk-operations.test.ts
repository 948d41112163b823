/** The desk over a real store: what a plan of clearing says, what is damaged, what is counted of the shared layer. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "@sojourn/engine/cache";
import { expect, it } from "vitest";
import { createDesk } from "./desk-operations.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "sojourn-desk-"));
const keyOf = (digit: string): string => digit.repeat(64);

/** Traces of these digits, pins of the first so many, in a private and a scratch layer. */
async function filled(digits: string, pins: number): Promise<{ readonly store: Store; readonly directory: string }> {
  const [directory, scratchDirectory] = [folder(), folder()];
  const store = openStore({ directory, settings: { scratchDirectory }, environment: {}, config: "" });
  for (const digit of digits) {
    const about = { kind: "trace" as const, producer: "test", components: {}, createdMs: 1, costMs: 2 };
    store.put(
      { ...about, key: Buffer.from(keyOf(digit), "hex") },
      { attributes: { name: "m" }, arrays: { order: Int32Array.of(2, 0, 1) } },
    );
  }
  expect(await store.drain(5000)).toBe(true);
  for (const digit of digits.slice(0, pins)) await store.pin("trace", Buffer.from(keyOf(digit), "hex"), true);
  return { store, directory };
}

it("plans to clear what clearing then deletes: every layer, and not what is pinned", async () => {
  const { store } = await filled("abc", 1);
  const desk = createDesk({ store, folder: folder() });
  const plan = await desk.plan({ what: "clear", kinds: ["trace", "graph"] });
  // two entries without a pin and one with, each in both layers
  expect(plan).toMatchObject({ entries: 4, pinned: 2, byKind: [{ kind: "trace", entries: 4 }] });
  const gone = await desk.carryOut({ plan: plan.plan });
  expect(gone).toMatchObject({ entries: plan.entries, bytes: plan.bytes, leftovers: plan.leftovers, pinned: 2 });
  expect(await desk.plan({ what: "clear", kinds: ["trace"] })).toMatchObject({ entries: 0, byKind: [], pinned: 2 });
});

it("shows an entry as damaged, and goes on showing it once it was set aside", async () => {
  const { store, directory } = await filled("a", 0);
  const desk = createDesk({ store, folder: folder() });
  const asked = { kind: "trace", key: keyOf("a"), layer: "private" } as const;
  expect((await desk.entry(asked)).verified).toEqual({ ok: true });
  for (const { folder: one } of store.folders) {
    const path = one.pathOf("trace", Buffer.from(keyOf("a"), "hex"));
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
  }
  // the panel asks again after every change
  for (let time = 0; time < 2; time++) {
    const { verified, entry } = await desk.entry(asked);
    expect(verified).toMatchObject({ ok: false, reason: expect.stringMatching(/checksum.*set aside/) });
    expect(entry).toMatchObject({ name: "m", key: asked.key });
  }
  expect(readdirSync(join(directory, "v1", "quarantine"))).toHaveLength(1);
  await expect(desk.entry({ ...asked, key: keyOf("b") })).rejects.toThrow("it is gone");
});

it("does not show what all layers saved as the shared layer's", async () => {
  const { store } = await filled("a", 0);
  store.count("saved.trace", 50);
  await store.drain(5000);
  const desk = createDesk({ store, folder: folder() });
  expect(await desk.overview({ view: "mine" })).toMatchObject({ savedMs: 50 });
  expect(await desk.overview({ view: "shared" })).not.toHaveProperty("savedMs");
});
