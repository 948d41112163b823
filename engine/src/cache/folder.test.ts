/** A folder of entries beside its ledger: what lies there and nobody noted, what goes, and what cannot be done. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../base/digest.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";
import { type Folder, openFolder, type StoreFault } from "./folder.js";
import { PRIVATE_MODES } from "./publish.js";

const newRoot = (): string => join(mkdtempSync(join(tmpdir(), "sojourn-folder-")), "v1");
const key = (i: number): Buffer => digestOf(["entry", i]);

function open(root: string, changes: Partial<FileSystem> = {}): Folder & { readonly faults: StoreFault[] } {
  const faults: StoreFault[] = [];
  const files = { ...nodeFileSystem, ...changes };
  const place = { files, owner: process.getuid?.(), durable: false, ...PRIVATE_MODES };
  const folder = openFolder({ root, place, clock: Date.now, writable: true, onFault: (fault) => faults.push(fault) });
  return { ...folder, faults };
}

async function filled(root: string, count = 3): Promise<Folder> {
  const folder = open(root);
  for (let i = 0; i < count; i++)
    folder.put(
      { kind: "trace", key: key(i), producer: "test", components: {}, createdMs: 1 + i, costMs: 2 },
      { attributes: { name: `m${i}` }, arrays: { order: Int32Array.of(i) } },
    );
  await folder.settle();
  await folder.ledger.flush();
  return folder;
}

const names = async (folder: Folder): Promise<string[]> => [...(await folder.catalogue()).attributes.names].sort();
const systemError = (code: "EACCES" | "ENOENT"): Error =>
  Object.assign(new Error(`${code}: made by the test`), { code, errno: -constants.errno[code] });

describe("a folder", () => {
  it("says what lies there when its ledger is gone", async () => {
    const root = newRoot();
    await filled(root);
    rmSync(join(root, "ledger"), { recursive: true });
    expect(await names(open(root))).toEqual(["m0", "m1", "m2"]);
  });

  it("finds on the disk what was never noted, once, and reads nothing that it knows", async () => {
    const root = newRoot();
    await filled(root);
    rmSync(join(root, "ledger"), { recursive: true });
    expect(await open(root).reconcile()).toEqual({ found: 3, missing: 0 });
    const opened: string[] = [];
    const again = open(root, {
      open: (path, flags, mode) => {
        if (path.includes("trace")) opened.push(path);
        return nodeFileSystem.open(path, flags, mode);
      },
    });
    expect(await again.reconcile()).toEqual({ found: 0, missing: 0 });
    expect(opened).toEqual([]);
  });

  it("passes over what is no entry, as a fault, and what goes while it is looked at, as none", async () => {
    const root = newRoot();
    const folder = await filled(root);
    rmSync(join(root, "ledger"), { recursive: true });
    const path = folder.pathOf("trace", key(7));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "not an entry");
    const gone = folder.pathOf("trace", key(1));
    const looking = open(root, {
      open: (where, flags, mode) =>
        where === gone ? Promise.reject(systemError("ENOENT")) : nodeFileSystem.open(where, flags, mode),
    });
    expect(await looking.reconcile()).toEqual({ found: 2, missing: 0 });
    expect(looking.faults).toMatchObject([{ action: "read", kind: "trace" }]);
    expect(await names(open(root))).toContain("m0");
  });

  it("notes who was used, unless it is told not to", async () => {
    const root = newRoot();
    const folder = await filled(root, 1);
    expect((await folder.get("trace", key(0))).outcome).toBe("hit");
    const { columns } = await folder.catalogue();
    expect(columns.uses[0]).toBeGreaterThan(0.9);
  });

  it("answers whether an entry was there to be removed", async () => {
    const folder = await filled(newRoot(), 1);
    expect(await folder.remove("trace", key(0))).toBe(true);
    expect(await folder.remove("trace", key(0))).toBe(false);
    expect((await folder.catalogue()).columns.count).toBe(0);
    const root = newRoot();
    await filled(root, 1);
    const denied = open(root, { unlink: () => Promise.reject(systemError("EACCES")) });
    expect(await denied.remove("trace", key(0))).toBe(false);
    expect(denied.faults).toMatchObject([{ action: "clear", kind: "trace", code: "EACCES" }]);
  });

  it("sets aside, and says when it cannot, unless somebody else has", async () => {
    const root = newRoot();
    await filled(root, 1);
    const denied = open(root, { rename: () => Promise.reject(systemError("EACCES")) });
    await denied.reject("trace", key(0));
    expect(denied.faults).toMatchObject([{ action: "read", kind: "trace", code: "EACCES" }]);
    const late = open(root, { rename: () => Promise.reject(systemError("ENOENT")) });
    await late.reject("trace", key(0));
    expect(late.faults).toEqual([]);
    const free = open(root);
    await free.reject("trace", key(0));
    expect(readdirSync(join(root, "quarantine"))).toHaveLength(1);
    expect((await free.catalogue()).columns.count).toBe(0);
  });
});
