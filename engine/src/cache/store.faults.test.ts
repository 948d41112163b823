/** The store where the file system, other users or other writers do not do as they should. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf, hex } from "../base/digest.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";
import type { StoreFault } from "./folder.js";
import { openStore } from "./store.js";
import type { Store } from "./store-types.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "sojourn-faults-"));
const key = digestOf("k");
const meta = { kind: "trace" as const, key, producer: "test", components: {}, createdMs: 1, costMs: 2 };
const content = { attributes: { name: "m", n: 3 }, arrays: { order: Int32Array.of(2, 0, 1) } };
const other = { attributes: { name: "m", n: 3 }, arrays: { order: Int32Array.of(0, 1, 2) } };
const pathIn = (directory: string): string => join(directory, "v1", "trace", hex(key).slice(0, 2), `${hex(key)}.sjn`);
type Handle = Awaited<ReturnType<FileSystem["open"]>>;
type ErrnoName = keyof typeof constants.errno;

function open(directory: string, changes: Partial<FileSystem> = {}): Store & { faults: StoreFault[] } {
  const faults: StoreFault[] = [];
  const fileSystem = { ...nodeFileSystem, ...changes };
  return { ...openStore({ directory, fileSystem, onFault: (fault) => faults.push(fault) }), faults };
}

/** Writes and answers the sizes that `done` was told. */
async function write(store: Store, what: typeof content, changes: Partial<typeof meta> = {}): Promise<number[]> {
  const told: number[] = [];
  store.put({ ...meta, ...changes }, what, (bytes) => told.push(bytes));
  expect(await store.drain(5000)).toBe(true);
  return told;
}

async function orderIn(directory: string): Promise<unknown> {
  const found = await openStore({ directory }).get("trace", key);
  return found.outcome === "hit" ? found.entry.arrays.order : found;
}

/** A system error as Node makes it; 20 has no name for some. */
const systemError = (name: ErrnoName): Error =>
  Object.assign(new Error(`${name}: made by the test`), {
    errno: -constants.errno[name],
    ...(name !== "ESTALE" && { code: name }),
  });

const failing = (name: ErrnoName) => (): Promise<never> => Promise.reject(systemError(name));

/** Handles for reading with some calls replaced; writing is left alone. */
const opening =
  (changes: (handle: Handle) => Partial<Handle>): FileSystem["open"] =>
  async (path, flags, mode) => {
    const handle = await nodeFileSystem.open(path, flags, mode);
    if (flags === "wx") return handle;
    const close = (): Promise<void> => handle.close();
    const stat = (): Promise<Awaited<ReturnType<Handle["stat"]>>> => handle.stat();
    const read = (...values: Parameters<Handle["read"]>) => handle.read(...values);
    return { close, stat, read, ...changes(handle) } as unknown as Handle;
  };

describe("a file system that never answers", () => {
  it("makes a look-up of what is still being written a miss, and nothing else waits", async () => {
    const directory = folder();
    const hanging = open(directory, { link: () => new Promise(() => {}) });
    hanging.put(meta, content);
    hanging.put(meta, content);
    const start = performance.now();
    expect(await hanging.get("trace", key)).toEqual({ outcome: "miss", reason: "its own write is not done yet" });
    expect(performance.now() - start).toBeLessThan(5000);
    expect((await hanging.get("trace", digestOf("another"))).outcome).toBe("miss");
    expect((await hanging.status()).kinds[1].entries).toBe(0);
    expect(await hanging.drain(10)).toBe(false);
    // the second write was not begun beside the first
    expect(readdirSync(dirname(pathIn(directory)))).toHaveLength(1);
  }, 10_000);

  if (process.platform === "linux")
    it("gives up where folders cannot be made and the system says that they do not exist", async () => {
      const store = open("/proc/sojourn-cannot-be-here");
      store.put(meta, content);
      expect(await store.drain(5000)).toBe(true);
      expect(store.faults).toMatchObject([{ action: "write", code: "ENOENT" }]);
    }, 10_000);
});

describe("files that are not ours", () => {
  it("are passed over by status, list and clear, and stay", async () => {
    const directory = folder();
    const store = open(directory);
    await write(store, content);
    const stray = [
      join(directory, "v1", "graph", ".DS_Store"),
      join(directory, "v1", "trace", ".DS_Store"),
      join(directory, "v1", "trace", "0f"),
      join(dirname(pathIn(directory)), "notes.sjn"),
    ];
    mkdirSync(join(directory, "v1", "graph"));
    for (const path of stray) writeFileSync(path, "x");
    const named = join(directory, "v1", "trace", "0e", `${"0e".repeat(32)}.sjn`);
    mkdirSync(named, { recursive: true });
    expect((await store.status()).kinds.map(({ entries }) => entries)).toEqual([0, 1, 0, 0]);
    expect((await store.list()).total).toBe(1);
    expect(await store.clear()).toMatchObject({ entries: 1, quarantined: 0 });
    for (const path of [...stray, named]) expect(existsSync(path), path).toBe(true);
    expect(store.faults).toEqual([]);
  });

  it("give way to an entry when they have its name", async () => {
    const directory = folder();
    mkdirSync(pathIn(directory), { recursive: true });
    const store = open(directory);
    expect(await write(store, content)).toHaveLength(1);
    expect(await orderIn(directory)).toEqual(content.arrays.order);
  });
});

describe("publishing over an existing entry", () => {
  it("is done, and not reported as stored, when the content is the same", async () => {
    const directory = folder();
    expect(await write(open(directory), content)).toHaveLength(1);
    const before = readFileSync(pathIn(directory));
    const store = open(directory);
    const renamed = { ...content, attributes: { ...content.attributes, name: "another label" } };
    expect(await write(store, content, { createdMs: 9, costMs: 9, producer: "newer" })).toEqual([]);
    expect(await write(store, renamed)).toEqual([]);
    expect(store.faults).toEqual([]);
    expect(readFileSync(pathIn(directory)).equals(before)).toBe(true);
  });

  it("keeps the old one and reports a conflict when the content is another", async () => {
    const directory = folder();
    await write(open(directory), content);
    const store = open(directory);
    expect(await write(store, other)).toEqual([]);
    expect(await write(store, { ...content, attributes: { ...content.attributes, n: 4 } })).toEqual([]);
    expect(store.faults).toMatchObject([
      { action: "write", code: "conflict", message: expect.stringContaining("Cannot store the trace") },
      { action: "write", code: "conflict" },
    ]);
    expect(await orderIn(directory)).toEqual(content.arrays.order);
    expect(readdirSync(dirname(pathIn(directory)))).toHaveLength(1);
  });

  it("reports the conflict also while the first is on its way", async () => {
    const directory = folder();
    const store = open(directory);
    store.put(meta, content);
    expect(await write(store, other)).toEqual([]);
    expect(store.faults).toMatchObject([{ code: "conflict" }]);
    expect(await orderIn(directory)).toEqual(content.arrays.order);
  });

  it("sets a damaged one aside and takes its place", async () => {
    const directory = folder();
    await write(open(directory), other);
    truncateSync(pathIn(directory), 300);
    const store = open(directory);
    expect(await write(store, content)).toHaveLength(1);
    expect(await orderIn(directory)).toEqual(content.arrays.order);
    expect((await store.status()).quarantined).toBe(1);
  });

  for (const name of ["EPERM", "ENOTSUP", "EXDEV", "EMLINK", "ENOSYS"] as const)
    it(`does without links where link answers ${name}`, async () => {
      const directory = folder();
      const store = open(directory, { link: failing(name) });
      expect(await write(store, content)).toHaveLength(1);
      expect(await write(store, other)).toEqual([]);
      expect(store.faults).toMatchObject([{ code: "conflict" }]);
      expect(await orderIn(directory)).toEqual(content.arrays.order);
    });

  it("takes every other error of link for a fault", async () => {
    const directory = folder();
    const store = open(directory, { link: failing("EACCES") });
    expect(await write(store, content)).toEqual([]);
    expect(store.faults).toMatchObject([{ action: "write", code: "EACCES" }]);
    expect(readdirSync(dirname(pathIn(directory)))).toEqual([]);
  });
});

describe("clear", () => {
  it("removes what was set aside of the kinds asked, and says so before", async () => {
    const directory = folder();
    const store = open(directory);
    await write(store, content);
    await store.reject("trace", key);
    const quarantine = join(directory, "v1", "quarantine");
    for (const name of ["graph-1.sjn", ".DS_Store"]) writeFileSync(join(quarantine, name), "x");
    mkdirSync(join(quarantine, "trace-folder.sjn"));
    expect((await store.status()).quarantined).toBe(2);
    expect(await store.clear({ kinds: ["trace"], dryRun: true })).toMatchObject({ entries: 0, quarantined: 1 });
    expect(readdirSync(quarantine)).toHaveLength(4);
    expect(await store.clear({ kinds: ["trace"] })).toMatchObject({ entries: 0, bytes: 0, quarantined: 1 });
    expect(readdirSync(quarantine).sort()).toEqual([".DS_Store", "graph-1.sjn", "trace-folder.sjn"]);
    expect(store.faults).toEqual([]);
  });
});

describe("a read that fails", () => {
  for (const name of ["EACCES", "EIO", "EBUSY", "ESTALE"] as const)
    it(`with ${name} is a miss and a fault, and leaves the entry`, async () => {
      const directory = folder();
      await write(open(directory), content);
      const store = open(directory, { open: opening(() => ({ read: failing(name) as Handle["read"] })) });
      const found = await store.get("trace", key);
      expect(found).toMatchObject({ outcome: "miss", reason: expect.stringContaining(name) });
      expect(store.faults).toMatchObject([{ action: "read", message: expect.stringContaining(name) }]);
      expect(await orderIn(directory)).toEqual(content.arrays.order);
    });

  it("early is a miss and a fault, and leaves the entry", async () => {
    const directory = folder();
    await write(open(directory), content);
    const changes = (handle: Handle) => ({
      stat: async () => Object.assign(await handle.stat(), { size: 100_000 }) as never,
    });
    const store = open(directory, { open: opening(changes) });
    expect(await store.get("trace", key)).toMatchObject({
      outcome: "miss",
      reason: expect.stringContaining("vanished while it was read"),
    });
    expect(store.faults).toMatchObject([{ action: "read" }]);
    expect(await orderIn(directory)).toEqual(content.arrays.order);
  });
});

describe("an entry that the store cannot have written is refused", () => {
  it("because it belongs to another user", async () => {
    const directory = folder();
    await write(open(directory), content);
    const changes = (handle: Handle) => ({
      stat: async () => Object.assign(await handle.stat(), { uid: (process.getuid?.() ?? 0) + 1 }) as never,
    });
    const store = open(directory, { open: opening(changes) });
    expect(await store.get("trace", key)).toMatchObject({ outcome: "refused", code: "owner" });
    expect(store.faults).toMatchObject([{ action: "read", code: "owner" }]);
  });

  it("because it is a folder", async () => {
    const directory = folder();
    mkdirSync(pathIn(directory), { recursive: true });
    const store = open(directory);
    expect(await store.get("trace", key)).toMatchObject({ outcome: "refused", code: "not-a-file" });
    expect(await store.get("trace", key)).toMatchObject({ outcome: "miss" });
  });

  it("because it is a pipe, without waiting for a writer", async () => {
    const directory = folder();
    mkdirSync(dirname(pathIn(directory)), { recursive: true });
    execFileSync("mkfifo", [pathIn(directory)]);
    expect(await open(directory).get("trace", key)).toMatchObject({ outcome: "refused", code: "not-a-file" });
  }, 5000);

  it("because it is longer than any entry", async () => {
    const directory = folder();
    mkdirSync(dirname(pathIn(directory)), { recursive: true });
    writeFileSync(pathIn(directory), "");
    truncateSync(pathIn(directory), 2 ** 30 + 1);
    const store = open(directory);
    expect(await store.get("trace", key)).toMatchObject({ outcome: "refused", code: "size" });
    expect(await store.clear()).toMatchObject({ quarantined: 1 });
  });
});
