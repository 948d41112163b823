/**
 * The decoders on files that somebody made to harm: whatever they are given, they answer what was asked or refuse with an error of
 * their own, and take little memory. Five seconds here, ten minutes in `npm run test:long`; `SOJOURN_FUZZ_S` says otherwise.
 */
import { expect, it } from "vitest";
import { InputError } from "../../engine/src/base/errors.js";
import { mergeParts, totalsOf } from "../../engine/src/cache/catalogue.js";
import { decodeEntry, type EntryContent, EntryFault, type EntryMeta } from "../../engine/src/cache/entry.js";
import type { FileSystem, OpenFile } from "../../engine/src/cache/file-system.js";
import { ledgerFromWire, ledgerToWire, newColumns } from "../../engine/src/cache/ledger-file.js";
import { manifestText, readLibraryManifest } from "../../engine/src/cache/library.js";
import { readManifest } from "../../engine/src/cache/read.js";
import { verifyOpenFile } from "../../engine/src/cache/verify-file.js";
import { contentOf, keyOf, metaOf } from "../support/crash-workload.js";
import { anyValue, hostileEntry, mutated, scrambled } from "../support/fuzz.js";
import { type Random, randomOf } from "../support/simulated-files.js";

const SECONDS = Number(process.env.SOJOURN_FUZZ_S ?? (process.env.SOJOURN_LONG === "1" ? 600 : 5));
const SEED = Number(process.env.SOJOURN_SEED ?? 20261121);
const BYTES_MAX = 64 * 2 ** 20;
const OTHER_KEY = keyOf(5);

/** A file of these bytes. */
function opened(bytes: Buffer): OpenFile {
  const stat = {
    size: bytes.length,
    mtimeMs: 0,
    uid: 0,
    gid: 0,
    mode: 0,
    isFile: () => true,
    isDirectory: () => false,
  };
  return {
    read: async (buffer, offset, length, position) => ({
      bytesRead: bytes.copy(buffer, offset, position, position + length),
    }),
    stat: async () => stat,
    close: async () => {},
  } as Partial<OpenFile> as OpenFile;
}

const LIBRARY = JSON.parse(
  manifestText({
    name: "ours",
    version: "1",
    description: "",
    entries: [0, 1, 2].map((i) => ({
      kind: "graph",
      key: keyOf(i).toString("hex"),
      bytes: 100 + i,
      sha256: keyOf(i + 3).toString("hex"),
    })),
  }),
);

function ledgerContent(random: Random): EntryContent {
  const columns = newColumns(3);
  for (const column of [columns.keys, columns.kinds, columns.bytes, columns.times, columns.uses, columns.names])
    if (random() < 0.3) column[Math.floor(random() * column.length)] = Number(anyValue(random, 9)) || 0;
  const totals = Object.fromEntries(
    ["graph", "trace", "evaluator", "value"].map((kind) => [kind, { entries: 0, bytes: 0 }]),
  );
  const attributes = {
    names: ["a", "b"],
    counters: { hits: 2 },
    evictions: [{ time: 1, kind: "graph", key: "00", name: "a", bytes: 3, cause: "asked" }],
    folded: [["segment-1-2.sjn", 5]],
    totals,
    listedMs: 3,
  };
  const wire = ledgerToWire(columns, attributes as never);
  return random() < 0.7
    ? { ...wire, attributes: mutated(wire.attributes, random) as EntryContent["attributes"] }
    : wire;
}

/** One input through every decoder; answers how many took it. */
async function attempt(random: Random): Promise<number> {
  let taken = 0;
  const attempting = async (work: () => unknown): Promise<void> => {
    try {
      await work();
      taken++;
    } catch (error) {
      const expected = error instanceof EntryFault || error instanceof TypeError || error instanceof InputError;
      if (!expected) throw error;
    }
  };
  if (random() < 0.15) {
    const text = JSON.stringify(mutated(LIBRARY, random), (_, value) =>
      typeof value === "bigint" ? Number(value) : value,
    );
    const bytes = Buffer.from(text ?? "null");
    await attempting(() => readLibraryManifest(random() < 0.3 ? scrambled(bytes, random) : bytes));
    return taken;
  }
  const isLedger = random() < 0.3;
  const i = Math.floor(random() * 3);
  const meta: EntryMeta = isLedger ? { ...metaOf(i), kind: "ledger" } : metaOf(i);
  const content = isLedger ? ledgerContent(random) : contentOf(i);
  const made = hostileEntry(meta, content, random);
  // in a buffer of its own, as a read from a file gives it
  const bytes = Buffer.from(new Uint8Array(made).buffer);
  const asked = { kind: meta.kind, key: random() < 0.1 ? OTHER_KEY : meta.key };
  await attempting(() => {
    const entry = decodeEntry(bytes, asked);
    expect([entry.kind, Buffer.compare(entry.key, asked.key)]).toEqual([asked.kind, 0]);
    expect(Number.isFinite(entry.costMs) && Number.isFinite(entry.createdMs)).toBe(true);
    for (const array of Object.values(entry.arrays)) expect(array.buffer).toBe(bytes.buffer);
    if (entry.kind !== "ledger") return;
    const part = ledgerFromWire(entry);
    const merged = mergeParts({ ...part, totals: totalsOf(part.columns) }, [part]);
    expect(mergeParts(undefined, [part]).columns.count).toBeLessThanOrEqual(merged.columns.count + part.columns.count);
  });
  await attempting(() => verifyOpenFile(opened(bytes), bytes.length));
  const files = { open: async () => opened(bytes) } as Partial<FileSystem> as FileSystem;
  await attempting(async () => {
    const { header, attributes, components } = await readManifest(files, "/x", undefined);
    expect([header.fileBytes, typeof attributes, typeof components]).toEqual([bytes.length, "object", "object"]);
  });
  return taken;
}

const held = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

it(
  "refuse whatever is wrong, and nothing goes through them that was not asked",
  async () => {
    const end = performance.now() + 1000 * SECONDS;
    let [inputs, taken] = [0, 0];
    for (; performance.now() < end; inputs++) {
      const random = randomOf(SEED, inputs);
      const before = held();
      try {
        taken += await attempt(random);
      } catch (error) {
        throw new Error(`input ${inputs} of seed ${SEED}: ${(error as Error).stack}`);
      }
      const more = held() - before;
      if (more > BYTES_MAX) throw new Error(`input ${inputs} of seed ${SEED} took ${more} bytes`);
    }
    if (process.env.SOJOURN_FUZZ_S) process.stdout.write(`${inputs} inputs, ${taken} times taken\n`);
    // some must be taken, or nothing behind the checksums was reached
    expect(taken / inputs).toBeGreaterThan(0.01);
    expect(inputs).toBeGreaterThan(100 * SECONDS);
  },
  1000 * SECONDS + 60_000,
);
