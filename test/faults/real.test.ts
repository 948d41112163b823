/** Real processes on real file systems: a crowd on one folder, readers against evictors, disks that are full, killed writers. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "@sojourn/engine";
import { openStore, type StoreFault } from "@sojourn/engine/cache";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const CROWD = fileURLToPath(new URL("crowd.mjs", import.meta.url));
const LONG = process.env.SOJOURN_LONG === "1";
const isRoot = process.getuid?.() === 0;

interface Seen {
  readonly lookups: number;
  readonly hits: number;
  readonly written: number;
  readonly evicted: number;
  readonly wrong: readonly unknown[];
  readonly faults: readonly string[];
}

function one(directory: string, keys: number, seed: number, what: "use" | "evict", seconds: number): Promise<Seen> {
  const args = [CROWD, directory, String(keys), String(seed), what, String(seconds)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(output) as Seen) : reject(new Error(`it ended with ${code}`)),
    );
  });
}

const namesIn = (directory: string): string[] => readdirSync(directory, { recursive: true }).map(String);

describe("many processes on one folder", () => {
  const [processes, keys, seconds] = LONG ? [64, 1000, 30] : [8, 200, 2];

  it(`read nothing wrong and count everything once: ${processes} on ${keys} keys`, async () => {
    const directory = temporaryFolder("crowd");
    const all = await Promise.all(Array.from({ length: processes }, (_, i) => one(directory, keys, i, "use", seconds)));
    expect(all.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(all.flatMap(({ faults }) => faults)).toEqual([]);
    const sum = (what: "lookups" | "hits" | "written"): number => all.reduce((total, seen) => total + seen[what], 0);
    expect(sum("hits")).toBeGreaterThan(0);
    const faults: StoreFault[] = [];
    const store = openStore({ directory, config: "", onFault: (fault) => faults.push(fault) });
    const before = await store.status();
    const known = before.kinds.reduce((total, { entries }) => total + entries, 0);
    const files = namesIn(join(directory, "v1", "graph")).filter((name) => name.endsWith(".sjn"));
    // of many who write one entry at once, one has written it, and the ledger knows of each
    expect([sum("written"), known]).toEqual([files.length, files.length]);
    expect(before.counters.lookups).toBe(sum("lookups"));
    expect(await store.vacuum()).toMatchObject({ found: 0, missing: 0 });
    expect((await store.transfer.verify()).damaged).toEqual([]);
    expect((await store.status()).counters.lookups).toBe(sum("lookups"));
    expect(namesIn(directory).filter((name) => name.includes(".tmp-"))).toEqual([]);
    expect(faults).toEqual([]);
  }, 300_000);

  it("read nothing wrong while others evict what they read", async () => {
    const directory = temporaryFolder("evictors");
    const readers = Array.from({ length: LONG ? 16 : 3 }, (_, i) => one(directory, 60, i, "use", seconds));
    const evictors = Array.from({ length: LONG ? 4 : 2 }, (_, i) => one(directory, 60, 100 + i, "evict", seconds));
    const all = await Promise.all([...readers, ...evictors]);
    expect(all.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(all.flatMap(({ faults }) => faults)).toEqual([]);
    expect(all.reduce((total, { evicted }) => total + evicted, 0)).toBeGreaterThan(0);
    const store = openStore({ directory, config: "" });
    await store.vacuum();
    const { kinds } = await store.status();
    const files = namesIn(join(directory, "v1", "graph")).filter((name) => name.endsWith(".sjn"));
    expect(kinds[0].entries).toBe(files.length);
  }, 300_000);
});

describe.skipIf(!isRoot)("a disk of its own, which only root can mount,", () => {
  /** Runs with a memory disk of a size, which is gone afterwards. */
  async function withDisk(options: string, work: (directory: string) => Promise<void>): Promise<void> {
    const directory = temporaryFolder("disk");
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
    try {
      await work(directory);
    } finally {
      execFileSync("umount", ["-l", directory]);
    }
  }

  async function mean(cacheDirectory: string, n: number): Promise<{ mean: number; faults: { code: string }[] }> {
    const faults: { code: string }[] = [];
    const engine = openEngine({
      cacheDirectory,
      onEvent: (event) => {
        if (event.type === "fault") faults.push(event);
      },
    });
    const ph = await engine.families.coalescent.build({ n });
    const value = await ph.mean({ rate: 1 });
    await engine.close();
    return { mean: value, faults };
  }

  for (const [what, options] of [
    ["without room", "size=64k"],
    ["without room for another file", "size=8m,nr_inodes=12"],
  ] as const)
    it(`and ${what} costs entries, never answers, and is well again when there is room`, async () => {
      await withDisk(options, async (directory) => {
        const codes = new Set<string>();
        for (let n = 3; n < 14; n++) {
          const { mean: value, faults } = await mean(directory, n);
          expect(value).toBeCloseTo(2 * (1 - 1 / n), 12);
          for (const { code } of faults) codes.add(code);
        }
        expect([...codes]).toEqual(["ENOSPC"]);
        expect(namesIn(directory).filter((name) => name.includes(".tmp-"))).toEqual([]);
        const store = openStore({ directory, config: "" });
        for (const kind of ["graph", "trace", "evaluator"] as const)
          for await (const { name } of store.folders[0].folder.files(kind)) {
            const found = await store.get(kind, Buffer.from(name.slice(0, 64), "hex"));
            expect(found.outcome).toBe("hit");
          }
        rmSync(join(directory, "v1"), { recursive: true });
        expect((await mean(directory, 4)).faults).toEqual([]);
      });
    }, 60_000);

  it("and read only answers what it has, and takes nothing", async () => {
    await withDisk("size=8m", async (directory) => {
      expect((await mean(directory, 5)).faults).toEqual([]);
      execFileSync("mount", ["-o", "remount,ro", directory]);
      expect((await mean(directory, 5)).mean).toBeCloseTo(1.6, 12);
      const { mean: value, faults } = await mean(directory, 6);
      expect(value).toBeCloseTo(2 * (1 - 1 / 6), 12);
      expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(["EROFS"]));
    });
  }, 60_000);

  it("and full while a file lies in its way is told once for each entry", async () => {
    await withDisk("size=256k", async (directory) => {
      mkdirSync(join(directory, "v1"));
      try {
        writeFileSync(join(directory, "ballast"), Buffer.alloc(2 ** 20));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
      }
      const faults: StoreFault[] = [];
      const store = openStore({ directory, config: "", onFault: (fault) => faults.push(fault) });
      const values = new Float64Array(3000);
      const meta = {
        kind: "graph",
        key: Buffer.alloc(32, 7),
        producer: "full",
        components: {},
        createdMs: 1,
        costMs: 1,
      } as const;
      store.put(meta, { attributes: {}, arrays: { values } });
      await store.drain(5000);
      expect(faults.filter(({ kind }) => kind === "graph").map(({ code }) => code)).toEqual(["ENOSPC"]);
      rmSync(join(directory, "ballast"));
      store.put(meta, { attributes: {}, arrays: { values } });
      await store.drain(5000);
      expect((await store.get("graph", meta.key)).outcome).toBe("hit");
    });
  }, 60_000);
});
