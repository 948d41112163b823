/** Single rules of the store that chance would hardly ever find broken: links, clocks that stand, errors at close, errors without a name. */
import { mkdtempSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nodeFileSystem } from "../../engine/src/cache/file-system.js";
import type { StoreFault } from "../../engine/src/cache/folder.js";
import { openStore } from "../../engine/src/cache/store.js";
import { contentOf, HOME, keyOf, kindOf, metaOf, openBoth, SHARED } from "../support/crash-workload.js";
import { faultyFiles, type Trouble } from "../support/faulty-files.js";
import { SimulatedFiles } from "../support/simulated-files.js";

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
