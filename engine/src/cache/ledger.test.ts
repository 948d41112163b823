/** The ledger on a real folder: what one process notes others read, once, whoever folds it and whenever. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf, hex } from "../base/digest.js";
import { rowKey, rowOf, rowsOfPrefix } from "./catalogue.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";
import { type Ledger, type ListedFile, openLedger } from "./ledger.js";
import { USE_HALF_LIFE_MS } from "./ledger-file.js";
import { PRIVATE_MODES } from "./publish.js";

const newFolder = (): string => join(mkdtempSync(join(tmpdir(), "sojourn-ledger-")), "ledger");
const NOW = 1e12;

interface More {
  readonly clock?: () => number;
  readonly faults?: unknown[];
  readonly writable?: boolean;
  readonly changes?: Partial<FileSystem>;
  readonly exactMax?: number;
  readonly waitingMax?: number;
}

function open(folder: string, more: More = {}): Ledger {
  const place = {
    files: { ...nodeFileSystem, ...more.changes },
    owner: process.getuid?.(),
    durable: false,
    ...PRIVATE_MODES,
  };
  const { clock = () => NOW, faults = [], writable = true, exactMax, waitingMax } = more;
  const limit = { ...(exactMax !== undefined && { exactMax }), ...(waitingMax !== undefined && { waitingMax }) };
  return openLedger({ place, folder, clock, writable, onFault: (_, error) => faults.push(error), ...limit });
}

const key = (i: number): Buffer => digestOf(["entry", i]);
const stored = (i: number, time?: number) =>
  ({
    event: "stored",
    kind: "graph",
    key: key(i),
    name: `m${i % 3}`,
    bytes: 100 + i,
    costMs: i,
    ...(time && { time }),
  }) as const;

async function rows(ledger: Ledger): Promise<string[]> {
  const part = await ledger.catalogue();
  return Array.from({ length: part.columns.count }, (_, row) => {
    const { key: text, name, bytes, uses, pinned } = rowOf(part, row, NOW);
    return `${text.slice(0, 8)} ${name} ${bytes} ${uses.toFixed(3)}${pinned ? " pinned" : ""}`;
  }).sort();
}

const line = (i: number, uses = 0, more = ""): string =>
  `${hex(key(i)).slice(0, 8)} m${i % 3} ${100 + i} ${uses.toFixed(3)}${more}`;

const noFiles = async function* (): AsyncGenerator<ListedFile> {};

describe("a ledger", () => {
  it("says to others what was noted, once it is flushed, and to its own process at once", async () => {
    const folder = newFolder();
    const [mine, other] = [open(folder), open(folder)];
    mine.note(stored(1));
    expect(await rows(mine)).toEqual([line(1)]);
    expect(await rows(other)).toEqual([]);
    await mine.flush();
    expect(await rows(other)).toEqual([line(1)]);
    other.note({ event: "used", kind: "graph", key: key(1) });
    other.note({ event: "pinned", kind: "graph", key: key(1) });
    await other.flush();
    expect(await rows(mine)).toEqual([line(1, 1, " pinned")]);
  });

  it("writes itself soon after a note, though nobody asks", async () => {
    const folder = newFolder();
    open(folder).note(stored(1));
    await expect.poll(() => existsSync(folder) && readdirSync(folder).length, { timeout: 5000 }).toBe(1);
  });

  it("does not let what is stored wait for what only tells of uses", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    ledger.note({ event: "used", kind: "graph", key: key(1) });
    ledger.note(stored(1));
    // timers of one process come in the order of their times: uses alone would wait for a second
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(existsSync(folder)).toBe(true);
  });

  it("sums a large base up without reading it, and adds what was noted since", async () => {
    const folder = newFolder();
    const writer = open(folder);
    for (const i of [1, 2, 3]) writer.note(stored(i));
    writer.count("hits", 2);
    await writer.flush();
    await writer.fold();
    writer.note(stored(4));
    writer.note({ event: "used", kind: "graph", key: key(1) });
    writer.note({ event: "pinned", kind: "graph", key: key(1) });
    writer.note({ event: "removed", kind: "graph", key: key(2), bytes: 102 });
    writer.count("hits");
    await writer.flush();
    const segments = readdirSync(folder).filter((name) => !name.startsWith("base"));
    expect(segments).toHaveLength(1);
    const opened: string[] = [];
    const reader = open(folder, {
      exactMax: 2,
      changes: {
        open: (path, flags, mode) => {
          opened.push(path);
          return nodeFileSystem.open(path, flags, mode);
        },
      },
    });
    reader.note({ event: "stored", kind: "trace", key: key(9), bytes: 7 });
    const { totals, counters } = await reader.summary();
    const exact = await open(folder).summary();
    expect(totals.graph).toEqual({ entries: 3, bytes: 101 + 103 + 104 });
    expect([totals.graph, counters.hits]).toEqual([exact.totals.graph, exact.counters.hits]);
    expect([totals.trace, counters.hits]).toEqual([{ entries: 1, bytes: 7 }, 3]);
    // what a base has folded is not added again, also where its file is still there
    writeFileSync(join(folder, "again"), readFileSync(join(folder, segments[0])));
    await writer.fold();
    writeFileSync(join(folder, segments[0]), readFileSync(join(folder, "again")));
    expect((await open(folder, { exactMax: 2 }).summary()).totals.graph).toEqual(exact.totals.graph);
  });

  it("reads the base before it when the newest goes while it is read, which is no fault", async () => {
    const folder = newFolder();
    const writer = open(folder);
    writer.note(stored(1));
    await writer.flush();
    await writer.fold();
    const faults: unknown[] = [];
    const gone = Object.assign(new Error("gone"), { code: "ENOENT", errno: -2 });
    const reader = open(folder, { faults, changes: { open: () => Promise.reject(gone) } });
    expect(await rows(reader)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("tells evictions of several processes in the order of their times", async () => {
    const folder = newFolder();
    const times = [5, 3, 8, 1, 7, 2, 6, 4].map((i) => NOW + i);
    for (const time of times) {
      const writer = open(folder);
      writer.evicted({ time, kind: "graph", key: hex(key(time)), name: `${time}`, bytes: 1, cause: "by hand" });
      await writer.flush();
    }
    const { evictions } = await open(folder).summary();
    expect(evictions.map(({ time }) => time)).toEqual([...times].sort());
  });

  it("finds entries by the beginnings of their keys, of odd and even lengths", async () => {
    const folder = newFolder();
    const writer = open(folder);
    for (let i = 0; i < 20; i++) writer.note(stored(i));
    await writer.flush();
    await writer.fold();
    const { columns } = await writer.catalogue();
    for (let i = 0; i < 20; i++)
      for (const length of [6, 7, 64]) {
        const found = rowsOfPrefix(columns, hex(key(i)).slice(0, length), ["graph"]);
        expect(found.map((row) => rowKey(columns, row))).toEqual([hex(key(i))]);
      }
    const digits = Array.from("0123456789abcdef", (digit) => rowsOfPrefix(columns, digit, ["graph"]).length);
    expect(digits.reduce((sum, count) => sum + count)).toBe(20);
    expect(rowsOfPrefix(columns, hex(key(0)), ["trace"])).toEqual([]);
  });

  it("forgets the oldest of what it cannot write when there is too much of it", async () => {
    const folder = newFolder();
    writeFileSync(folder, "in the way");
    const ledger = open(folder, { waitingMax: 100 });
    const keys = Array.from({ length: 8 }, (_, i) => key(i));
    const use = { event: "used", kind: "graph", name: "m", bytes: 1, costMs: 1, time: NOW } as const;
    for (let i = 0; i < 103; i++) ledger.note({ ...use, key: keys[i % 8] });
    const sum = async (): Promise<number> => {
      const part = await ledger.catalogue();
      return Array.from({ length: part.columns.count }, (_, row) => rowOf(part, row, NOW).uses).reduce(
        (a, b) => a + b,
        0,
      );
    };
    expect(Math.round(await sum())).toBe(100);
  });

  it("is the same before and after folding, and counts each segment once", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    for (let i = 0; i < 20; i++) {
      ledger.note(stored(i));
      ledger.count("hits", 2);
      if (i % 4 === 0) ledger.note({ event: "removed", kind: "graph", key: key(i) });
      await ledger.flush();
    }
    const before = await rows(ledger);
    expect(before).toHaveLength(15);
    const kept = readdirSync(folder);
    expect(kept).toHaveLength(20);
    const copies = kept.map((name) => [name, readFileSync(join(folder, name))] as const);
    await ledger.fold();
    expect(readdirSync(folder)).toEqual(["base-0000000001.sjn"]);
    // as if whoever folded had been killed before it removed them
    for (const [name, bytes] of copies) writeFileSync(join(folder, name), bytes);
    for (const reader of [open(folder), ledger]) {
      expect(await rows(reader)).toEqual(before);
      const { totals, counters } = await reader.summary();
      expect([totals.graph.entries, counters.hits]).toEqual([15, 40]);
    }
    const next = open(folder);
    next.note(stored(30));
    await next.flush();
    await next.fold();
    expect((await open(folder).summary()).counters.hits).toBe(40);
    expect(await rows(open(folder))).toEqual([...before, line(30)].sort());
  });

  it("has one winner when many fold at once, and loses nothing", async () => {
    const folder = newFolder();
    const writers = Array.from({ length: 6 }, () => open(folder));
    for (let round = 0; round < 5; round++) {
      writers.forEach((writer, w) => {
        writer.note(stored(round * 10 + w));
        writer.count("lookups");
      });
      await Promise.all(writers.map((writer) => writer.flush()));
      await Promise.all(writers.map((writer) => writer.fold()));
    }
    const expected = Array.from({ length: 30 }, (_, i) => line(Math.floor(i / 6) * 10 + (i % 6))).sort();
    expect(await rows(open(folder))).toEqual(expected);
    expect((await open(folder).summary()).counters.lookups).toBe(30);
    expect(readdirSync(folder).filter((name) => name.startsWith("base")).length).toBeLessThanOrEqual(2);
  });

  it("throws its work away when somebody else was first, with what that one has not seen", async () => {
    const folder = newFolder();
    const first = open(folder);
    first.note(stored(1));
    await first.flush();
    const second = open(folder);
    const isBase = (path: string): boolean => path.includes("base-");
    let linked = (): void => {};
    const winnerLinked = new Promise<void>((resolve) => {
      linked = resolve;
    });
    // knows of both, and links after the winner has
    const late = open(folder, {
      changes: {
        link: async (from, to) => {
          if (isBase(to)) await winnerLinked;
          return nodeFileSystem.link(from, to);
        },
      },
    });
    let lateFold: Promise<void> | undefined;
    const winner = open(folder, {
      changes: {
        link: async (from, to) => {
          if (isBase(to) && lateFold === undefined) {
            second.note(stored(2));
            await second.flush();
            lateFold = late.fold();
            // long enough for it to have read both
            await expect.poll(() => readdirSync(folder).filter((name) => name.startsWith(".tmp-")).length).toBe(2);
          }
          await nodeFileSystem.link(from, to);
          linked();
        },
      },
    });
    await winner.fold();
    await lateFold;
    expect(await rows(open(folder))).toEqual([line(1), line(2)].sort());
  });

  it("lists the disk again when the newest base is damaged and an older one is not", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    ledger.note(stored(1));
    await ledger.flush();
    await ledger.reconcile(noFiles);
    ledger.note(stored(2));
    await ledger.flush();
    await ledger.fold();
    expect(readdirSync(folder)).toEqual(["base-0000000001.sjn", "base-0000000002.sjn"]);
    writeFileSync(join(folder, "base-0000000002.sjn"), "damaged");
    expect(await open(folder).listed()).toBe(false);
  });

  it("keeps an entry that was stored in the instant in which another process removed it", async () => {
    for (const order of [0, 1]) {
      const folder = newFolder();
      const writers = [open(folder), open(folder)];
      writers[order].note(stored(1, NOW));
      writers[1 - order].note({ event: "removed", kind: "graph", key: key(1), time: NOW });
      for (const writer of writers) await writer.flush();
      expect(await rows(open(folder))).toEqual([line(1)]);
    }
  });

  it("does without a damaged base: what it held is found by listing the disk again", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    ledger.note(stored(1));
    await ledger.reconcile(async function* () {
      yield* noFiles();
      yield { kind: "graph", key: key(1), name: "m1", bytes: 101, costMs: 1, createdMs: 5 };
    });
    expect(await ledger.listed()).toBe(true);
    const path = join(folder, "base-0000000001.sjn");
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    const faults: unknown[] = [];
    const reader = open(folder, { faults });
    expect(await reader.listed()).toBe(false);
    expect(faults).toHaveLength(1);
    await reader.reconcile(async function* () {
      yield { kind: "graph", key: key(1), name: "m1", bytes: 101, costMs: 1, createdMs: 5 };
    });
    expect(await rows(open(folder))).toEqual([line(1)]);
    expect(await open(folder).listed()).toBe(true);
  });

  it("agrees with the disk after reconciling, and keeps what it knew of uses", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    for (const i of [1, 2]) ledger.note(stored(i, NOW + 1e6 * i));
    ledger.note({ event: "used", kind: "graph", key: key(1) });
    const asked: string[] = [];
    const list = async function* (known: (kind: "graph", key: Uint8Array) => boolean): AsyncGenerator<ListedFile> {
      for (const i of [1, 5]) {
        asked.push(`${i} ${known("graph", key(i))}`);
        if (i === 5) yield { kind: "graph", key: key(5), name: "m2", bytes: 105, costMs: 5, createdMs: 7 };
      }
    };
    expect(await ledger.reconcile(list as Parameters<Ledger["reconcile"]>[0])).toEqual({ found: 1, missing: 1 });
    expect(asked).toEqual(["1 true", "5 false"]);
    // entry 2 is gone although a clock ahead of this one made it
    expect(await rows(open(folder))).toEqual([line(1, 1), line(5)].sort());
  });

  it("remembers what it cannot write, and tells", async () => {
    const folder = newFolder();
    writeFileSync(folder, "in the way");
    const faults: unknown[] = [];
    const ledger = open(folder, { faults });
    ledger.note(stored(1));
    ledger.count("hits");
    await ledger.flush();
    expect(faults).toHaveLength(1);
    rmSync(folder);
    await ledger.flush();
    expect(await rows(open(folder))).toEqual([line(1)]);
    expect((await open(folder).summary()).counters.hits).toBe(1);
  });

  it("writes nothing where it may not", async () => {
    const folder = newFolder();
    const ledger = open(folder, { writable: false });
    ledger.note(stored(1));
    await ledger.flush();
    await ledger.reconcile(async function* () {
      yield { kind: "graph", key: key(4), name: "m1", bytes: 104, costMs: 1, createdMs: 5 };
    });
    expect(existsSync(folder)).toBe(false);
    expect((await ledger.summary()).totals.graph.entries).toBe(2);
  });

  it("sweeps temporaries when they are old", async () => {
    const folder = newFolder();
    const ledger = open(folder, { clock: () => Date.now() + 7_200_000 });
    ledger.note(stored(1));
    await ledger.flush();
    writeFileSync(join(folder, ".tmp-old"), "x");
    await ledger.fold();
    expect(readdirSync(folder)).toEqual(["base-0000000001.sjn"]);
  });
});

describe("uses", () => {
  it("lose half of their weight in a week, in whatever order they are read", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    ledger.note(stored(1, NOW - 3 * USE_HALF_LIFE_MS));
    for (const age of [0, 2, 1])
      ledger.note({ event: "used", kind: "graph", key: key(1), time: NOW - age * USE_HALF_LIFE_MS });
    expect(await rows(ledger)).toEqual([line(1, 1.75)]);
    await ledger.flush();
    await ledger.fold();
    ledger.note({ event: "used", kind: "graph", key: key(1), time: NOW - USE_HALF_LIFE_MS });
    expect(await rows(ledger)).toEqual([line(1, 2.25)]);
  });

  it("of what others stored are kept apart from what is here, and forgotten in time", async () => {
    const folder = newFolder();
    const ledger = open(folder);
    ledger.note({ event: "used", kind: "trace", key: key(9), time: NOW });
    await ledger.flush();
    await ledger.fold();
    expect((await ledger.catalogue()).columns.count).toBe(1);
    expect((await ledger.summary()).totals.trace).toEqual({ entries: 0, bytes: 0 });
  });

  it("make an entry known that nobody noted", async () => {
    const ledger = open(newFolder());
    ledger.note({ event: "used", kind: "graph", key: key(3), name: "m0", bytes: 103, costMs: 2 });
    expect(await rows(ledger)).toEqual([line(3, 1)]);
    expect((await ledger.summary()).totals.graph).toEqual({ entries: 1, bytes: 103 });
  });
});
