/** A cache folder whose ledger says that it has a million entries, for status and lists. */
import { randomFillSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../engine/src/base/digest.js";
import { totalsOf } from "../../engine/src/cache/catalogue.js";
import { entryParts, STORED_KINDS } from "../../engine/src/cache/entry.js";
import { KEY_BYTES, ledgerToWire, newColumns } from "../../engine/src/cache/ledger-file.js";

const NAMES = 500;

export function writeMillion(directory: string, count: number): void {
  const folder = join(directory, "v1", "ledger");
  mkdirSync(folder, { recursive: true });
  const columns = newColumns(count);
  randomFillSync(columns.keys);
  const each = Math.ceil(count / STORED_KINDS.length);
  for (let i = 0; i < count; i++) {
    // by kind, and in the order of their keys, as a base is
    columns.kinds[i] = Math.floor(i / each);
    new DataView(columns.keys.buffer).setUint32(i * KEY_BYTES, Math.floor(((i % each) / each) * 2 ** 32));
    columns.bytes[i] = 1000 + ((i * 7919) % 5000);
    columns.costs[i] = i % 1000;
    columns.times[i] = 1.79e12 + ((i * 7919) % count);
    columns.names[i] = i % NAMES;
  }
  const name = "base-0000000001.sjn";
  const attributes = {
    names: Array.from({ length: NAMES }, (_, i) => `model-${i}`),
    counters: {},
    evictions: [],
    folded: [],
    totals: totalsOf(columns),
    listedMs: 1,
  };
  const meta = {
    kind: "ledger" as const,
    key: digestOf(name),
    producer: "bench",
    components: {},
    createdMs: 1,
    costMs: 0,
  };
  writeFileSync(join(folder, name), Buffer.concat(entryParts(meta, ledgerToWire(columns, attributes))));
}
