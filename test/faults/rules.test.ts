/** Single rules of the store that chance would hardly ever find broken: links, clocks that stand, errors at close, errors without a name. */
import { mkdtempSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type FileSystem, nodeFileSystem } from "../../engine/src/cache/file-system.js";
import type { StoreFault } from "../../engine/src/cache/folder.js";
import { sameContent } from "../../engine/src/cache/publish.js";
import { openStore } from "../../engine/src/cache/store.js";
import { contentOf, HOME, keyOf, kindOf, metaOf, openBoth, SHARED } from "../support/crash-workload.js";
import { faultyFiles, type Trouble } from "../support/faulty-files.js";
import { SimulatedFiles, systemError } from "../support/simulated-files.js";

const NOW = 1.7e12;
const [kind, key] = [kindOf(1), keyOf(1)];

async function newDisk(): Promise<SimulatedFiles> {
  const disk = new SimulatedFiles({ clock: () => NOW });
  for (const folder of ["/home", HOME, SHARED]) await disk.view().mkdir(folder, { mode: 0o755 });
  return disk;
}

function open(files: Parameters<typeof openBoth>[0], clock = () => NOW) {
  const faults: StoreFault[] = [];
  return { ...openBoth(files, clock, (fault) => faults.push(fault)), faults };
}

describe("a link", () => {
  it("is no entry, and what it leads to is not read", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sojourn-link-"));
    const faults: StoreFault[] = [];
    const store = openStore({ directory, onFault: (fault) => faults.push(fault) });
    store.put(metaOf(1), contentOf(1));
    await store.drain(5000);
    const path = store.folders[0].folder.pathOf(kind, key);
    const elsewhere = join(directory, "elsewhere.sjn");
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
    expect(await store.get(kind, key)).toMatchObject({ outcome: "refused", code: "not-a-file" });
    expect((await store.get(kind, key)).outcome).toBe("miss");
    expect(faults).toMatchObject([{ action: "read", code: "not-a-file" }]);
  });

  it("that waits under the name of a folder's temporary is not written through", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sojourn-link-"));
    const victim = join(directory, "victim");
    writeFileSync(victim, "as it was");
    const flags: unknown[] = [];
    const fileSystem = {
      ...nodeFileSystem,
      open: (path: string, how: string | number, mode?: number) => {
        if (path.includes(".tmp-")) flags.push(how);
        return nodeFileSystem.open(path, how, mode);
      },
    };
    const store = openStore({ directory, fileSystem });
    store.put(metaOf(1), contentOf(1));
    await store.drain(5000);
    // exclusively made: where anything lies, a link too, there is an error
    expect(new Set(flags)).toEqual(new Set(["wx"]));
  });
});

describe("a wall clock that stands still", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("does not keep the shared layer from looking again who has what", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const disk = await newDisk();
    const [reader, writer] = [open(disk.view()), open(disk.view())];
    expect((await reader.shared.get(kind, key)).outcome).toBe("miss");
    writer.shared.put(metaOf(1), contentOf(1));
    await writer.shared.settle();
    expect((await reader.shared.get(kind, key)).outcome).toBe("miss");
    vi.advanceTimersByTime(31_000);
    expect((await reader.shared.get(kind, key)).outcome).toBe("hit");
  });
});

describe("a write", () => {
  for (const [call, trouble] of [
    ["close", "EDQUOT"],
    ["fsync", "EIO"],
    ["write", "ENOSPC"],
    ["write", "nothing"],
  ] as const)
    it(`whose ${call} fails (${trouble}) is not published, is told, and leaves nothing`, async () => {
      const disk = await newDisk();
      const faulty = faultyFiles(disk.view(), (one, path) => one === call && /\/(graph|trace)\/..\/\.tmp-/.test(path));
      Object.assign(faulty, { failing: 1, trouble: trouble as Trouble });
      const { store, shared, faults } = open(faulty.files);
      const done: number[] = [];
      if (call === "fsync") shared.put(metaOf(1), contentOf(1), (bytes) => done.push(bytes));
      else store.put(metaOf(1), contentOf(1), (bytes) => done.push(bytes));
      await store.drain(5000);
      await shared.settle();
      expect(faulty.failed).toHaveLength(1);
      expect([done, faults.map(({ action, kind: of }) => `${action} ${of}`)]).toEqual([[], [`write ${kind}`]]);
      expect(disk.list().filter(({ path }) => /\/(graph|trace)\//.test(path))).toEqual([]);
    });
});

describe("what was published to the shared layer is there after a loss of power that takes all it can", () => {
  /** Nothing that was not synced is left. */
  async function isThere(disk: SimulatedFiles): Promise<boolean> {
    const image = disk.after(disk.step, { clock: () => NOW }, () => 0.1);
    const { shared, faults } = open(image.view());
    const found = await shared.get(kind, key);
    expect(faults).toEqual([]);
    return found.outcome === "hit" && sameContent(found.entry, contentOf(1));
  }

  async function publish(files: FileSystem): Promise<string[]> {
    const { shared, faults } = open(files);
    shared.put(metaOf(1), contentOf(1));
    await shared.settle();
    return faults.map(({ action, code }) => `${action} ${code}`);
  }

  async function newSyncedDisk(): Promise<SimulatedFiles> {
    const disk = await newDisk();
    disk.settle();
    return disk;
  }

  it("by itself", async () => {
    const disk = await newSyncedDisk();
    expect(await publish(disk.view())).toEqual([]);
    expect(await isThere(disk)).toBe(true);
  });

  it("into folders that somebody has made and not synced, because of a kill or because it was just now", async () => {
    const user = `${SHARED}/v1/u${process.getuid?.() ?? 0}`;
    const folder = `${user}/${kind}/${key.toString("hex").slice(0, 2)}`;
    for (const depth of [0, 1, 2, 3, 4]) {
      const disk = await newSyncedDisk();
      const view = disk.view();
      const all = [`${SHARED}/v1`, user, `${user}/${kind}`, folder];
      for (const [i, one] of all.entries()) {
        await view.mkdir(one, { mode: 0o755 });
        if (i + 1 === depth) disk.settle();
      }
      expect(await publish(view)).toEqual([]);
      expect(await isThere(disk), `${depth} of ${all.length} folders were synced`).toBe(true);
    }
  });

  it("where it lay already, and whoever put it there was killed before its name was synced", async () => {
    const disk = await newSyncedDisk();
    const prefix = `/${key.toString("hex").slice(0, 2)}`;
    const faulty = faultyFiles(disk.view(), (call, path) => call === "fsync" && path.endsWith(prefix));
    Object.assign(faulty, { failing: 1, lasting: true });
    expect(await publish(faulty.files)).toEqual(["write EIO"]);
    expect(await isThere(disk)).toBe(false);
    expect(await publish(disk.view())).toEqual([]);
    expect(await isThere(disk)).toBe(true);
  });
});

describe("a folder that cannot be listed", () => {
  it("is not taken for an empty one: what is known stays known, and the fault is told", async () => {
    const disk = await newDisk();
    const first = open(disk.view());
    first.store.put(metaOf(1), contentOf(1));
    await first.store.drain(5000);
    for (const part of [`/v1/${kind}`, `/v1/${kind}/${key.toString("hex").slice(0, 2)}`]) {
      const faulty = faultyFiles(disk.view(), (call, path) => call === "readdir" && path.endsWith(part));
      Object.assign(faulty, { failing: 1, trouble: "EIO" });
      const { store, faults } = open(faulty.files);
      const { folder } = store.folders[0];
      expect(await folder.reconcile()).toEqual({ found: 0, missing: 0 });
      expect(faults.map(({ action, code }) => `${action} ${code}`)).toEqual(["read EIO"]);
      expect((await folder.ledger.summary()).totals[kind].entries).toBe(1);
      expect((await open(disk.view()).store.folders[0].folder.ledger.summary()).totals[kind].entries).toBe(1);
    }
  });
});

describe("what interrupted writers left", () => {
  it("is swept when it is an hour old, in the ledger too, and neither before nor by a dry run", async () => {
    const disk = await newDisk();
    const first = open(disk.view());
    first.store.put(metaOf(1), contentOf(1));
    await first.store.drain(5000);
    const folder = `${HOME}/v1/${kind}/${key.toString("hex").slice(0, 2)}`;
    for (const path of [`${folder}/.tmp-a`, `${HOME}/v1/ledger/.tmp-b`]) await disk.view().open(path, "wx", 0o600);
    const left = (): number => disk.list().filter(({ path }) => path.includes("/.tmp-")).length;
    const [young, old] = [NOW + 3_599_000, NOW + 3_601_000].map((now) => open(disk.view(), () => now).store);
    expect([(await young.vacuum()).temporaries, left()]).toEqual([0, 2]);
    expect([await young.folders[0].folder.sweep(), left()]).toEqual([0, 2]);
    expect([await old.folders[0].folder.sweep({ dryRun: true }), left()]).toEqual([2, 2]);
    expect([await old.folders[0].folder.sweep(), left()]).toEqual([2, 0]);
    expect((await old.get(kind, key)).outcome).toBe("hit");
  });
});

describe("a file system that remembers for a while what it did not find, as NFS does,", () => {
  /** Names that were not found stay so until `forget` is called, whatever others do. */
  function negative(files: FileSystem): { files: FileSystem; forget: () => void } {
    const missing = new Set<string>();
    const remembering = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
      if (missing.has(path)) throw systemError("ENOENT", "lookup", path);
      try {
        return await work();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") missing.add(path);
        throw error;
      }
    };
    return {
      files: {
        ...files,
        open: (path, flags, mode) =>
          flags === "wx" ? files.open(path, flags, mode) : remembering(path, () => files.open(path, flags, mode)),
        lstat: (path) => remembering(path, () => files.lstat(path)),
      },
      forget: () => missing.clear(),
    };
  }

  it("costs the loser of a race nothing but its own copy", async () => {
    const disk = await newDisk();
    const { files, forget } = negative(disk.view());
    const [late, first] = [open(files), open(disk.view())];
    for (const layer of [late.store, late.shared]) expect((await layer.get(kind, key)).outcome).toBe("miss");
    first.store.put(metaOf(1), contentOf(1));
    first.shared.put(metaOf(1), contentOf(1));
    await first.store.drain(5000);
    await first.shared.settle();
    const before = disk.list().filter(({ path }) => path.endsWith(".sjn") && !path.includes("/ledger/"));
    // it does not see what is there, makes it again, and cannot put it where another one lies
    expect((await late.store.get(kind, key)).outcome).toBe("miss");
    late.store.put(metaOf(1), contentOf(1));
    late.shared.put(metaOf(1), contentOf(1));
    await late.store.drain(5000);
    await late.shared.settle();
    expect(late.faults.length).toBeLessThanOrEqual(2);
    expect(disk.list().filter(({ path }) => path.endsWith(".sjn") && !path.includes("/ledger/"))).toEqual(before);
    expect(disk.list().filter(({ path }) => path.includes(".tmp-"))).toEqual([]);
    forget();
    late.shared.refresh();
    for (const layer of [late.store, late.shared]) expect((await layer.get(kind, key)).outcome).toBe("hit");
  });
});

describe("ESTALE, which Node 20 has no name for", () => {
  it("is known by its number: the entry vanished, and is not set aside", async () => {
    const disk = await newDisk();
    const first = open(disk.view());
    first.store.put(metaOf(1), contentOf(1));
    await first.store.drain(5000);
    const faulty = faultyFiles(disk.view(), (call, path) => call === "read" && path.includes(`/${kind}/`));
    Object.assign(faulty, { failing: 1, trouble: "ESTALE" });
    const { store, faults } = open(faulty.files);
    expect(await store.get(kind, key)).toMatchObject({
      outcome: "miss",
      reason: expect.stringMatching(/^the entry vanished while it was read: .*-116/),
    });
    expect(faults).toMatchObject([{ action: "read", code: "Unknown system error -116" }]);
    expect((await store.get(kind, key)).outcome).toBe("hit");
  });
});
