/** Which entries of others are made again: one in so many, by chance that depends on a seed and on nothing else. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../base/digest.js";
import { openRandomStream, uniform } from "../base/random.js";
import { type FileStat, type FileSystem, nodeFileSystem } from "./file-system.js";
import { openLeases } from "./lease.js";
import { openStore } from "./store.js";
import type { Trust } from "./trust.js";

const OTHER = 4711;
const COUNT = 60;
const folder = (): string => mkdtempSync(join(tmpdir(), "sojourn-sample-"));

/** The machine's files, of which those of the shared layer belong to somebody else. */
const asOther = (shared: string): FileSystem => {
  const theirs = (stat: FileStat): FileStat =>
    Object.assign(Object.create(stat), { uid: OTHER, size: stat.size, mtimeMs: stat.mtimeMs });
  return {
    ...nodeFileSystem,
    lstat: async (path) =>
      path.startsWith(shared) ? theirs(await nodeFileSystem.lstat(path)) : nodeFileSystem.lstat(path),
    async open(path, flags, mode) {
      const handle = await nodeFileSystem.open(path, flags, mode);
      if (!path.startsWith(shared)) return handle;
      const { read, close } = { read: handle.read.bind(handle), close: handle.close.bind(handle) };
      return Object.assign(Object.create(handle), { read, close, stat: async () => theirs(await handle.stat()) });
    },
  };
};
const trust = (refusal?: string): Trust => ({
  refusal: ({ user }) => (user === OTHER ? refusal : undefined),
  judge: ({ user }) => (user === OTHER && refusal ? { code: "not-trusted", reason: refusal } : undefined),
  knownKey: () => undefined,
  listsKeys: () => false,
  files: () => [],
  userText: (user) => `user ${user}`,
});

const keys = Array.from({ length: COUNT }, (_, i) => digestOf(i));
async function published(): Promise<string> {
  const shared = folder();
  const store = openStore({ directory: folder(), settings: { sharedDirectory: shared, publish: true } });
  for (const key of keys)
    store.put(
      { kind: "graph", key, producer: "", components: {}, createdMs: 1, costMs: 1 },
      { attributes: { name: "" }, arrays: { a: Int32Array.of(key[0]) } },
    );
  expect(await store.drain(20_000)).toBe(true);
  return shared;
}

describe("sampling", () => {
  it("chooses one in so many of others' entries, by its seed alone", async () => {
    const sharedDirectory = await published();
    const chosen = async (
      sampleEvery: number,
      sampleSeed: number,
      files = asOther(sharedDirectory),
    ): Promise<boolean[]> => {
      const settings = { sharedDirectory, sampleEvery };
      const store = openStore({ directory: folder(), settings, fileSystem: files, trust: trust(), sampleSeed });
      const found: boolean[] = [];
      for (const key of keys) {
        const hit = await store.get("graph", key);
        expect(hit).toMatchObject({ outcome: "hit", layer: "shared" });
        found.push(hit.outcome === "hit" && hit.sample === true);
      }
      return found;
    };
    const random = openRandomStream(9);
    const expected = keys.map(() => uniform(random) < 1 / 4);
    expect(expected.filter(Boolean).length).toBeGreaterThan(5);
    expect(await chosen(4, 9)).toEqual(expected);
    expect(await chosen(4, 10)).not.toEqual(expected);
    expect(new Set(await chosen(1, 9))).toEqual(new Set([true]));
    expect(new Set(await chosen(0, 9))).toEqual(new Set([false]));
    // one's own are not made again
    expect(new Set(await chosen(1, 9, nodeFileSystem))).toEqual(new Set([false]));
  });
});

describe("a lease", () => {
  it("of somebody whose results would not be used is not waited for", async () => {
    const shared = folder();
    const place = { folder: shared, fileMode: 0o644, exact: true, make: false, announce: true };
    const times = { beatMs: 20, lookMs: 20, deadMs: 5000, waitMs: 400 };
    const common = { own: process.getuid?.(), leaseMs: () => 1, times };
    const heeds = (user: number) => user !== OTHER;
    const open = (files: FileSystem, heed = false) =>
      openLeases({ ...common, files, places: [{ ...place, heeds: (_, user) => heed || heeds(user) }] });
    const end = open(nodeFileSystem).hold("graph", keys[0], true);
    await expect.poll(async () => (await nodeFileSystem.readdir(shared)).length, { timeout: 10_000 }).toBe(1);
    expect(await open(asOther(shared)).wait("graph", keys[0])).toBe(0);
    expect(await open(asOther(shared), true).wait("graph", keys[0])).toBeGreaterThanOrEqual(400);
    end();
    await expect.poll(async () => (await nodeFileSystem.readdir(shared)).length, { timeout: 10_000 }).toBe(0);
  });

  it("is not announced before the work has taken so long, nor when nobody minds", async () => {
    const shared = folder();
    const place = { folder: shared, fileMode: 0o644, exact: true, make: false, announce: true, heeds: () => true };
    const hold = (leaseMs: number, announce = true): (() => void) =>
      openLeases({ files: nodeFileSystem, own: 0, leaseMs: () => leaseMs, places: [{ ...place, announce }] }).hold(
        "trace",
        keys[1],
        true,
      );
    const ends = [hold(0), hold(1, false), hold(1500)];
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await nodeFileSystem.readdir(shared)).toEqual([]);
    await expect.poll(async () => (await nodeFileSystem.readdir(shared)).length, { timeout: 10_000 }).toBe(1);
    for (const end of ends) end();
    await expect.poll(async () => (await nodeFileSystem.readdir(shared)).length, { timeout: 10_000 }).toBe(0);
  });
});
