/** Pages: the same as filtering and sorting everything. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { digestOf } from "../base/digest.js";
import { mergeParts } from "./catalogue.js";
import { STORED_KINDS } from "./entry.js";
import { EVENTS, KEY_BYTES, newColumns } from "./ledger-file.js";
import { listPage, listParts, nthSmallest } from "./listing.js";

const NAMES = ["alpha", "Beta", "gamma", ""];

it("is what sorting everything would give, page by page", () => {
  const row = fc.record({
    kind: fc.nat(STORED_KINDS.length - 1),
    name: fc.nat(NAMES.length - 1),
    bytes: fc.nat(5),
    cost: fc.nat(5),
    time: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 60 }),
      fc.nat(20),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom("created", "bytes", "cost", "name" as const),
      fc.boolean(),
      fc.constantFrom("", "mm", "BETA", "7", "zz"),
      fc.subarray([...STORED_KINDS]),
      (made, offset, limit, sort, ascending, filter, kinds) => {
        const columns = newColumns(made.length);
        made.forEach((one, i) => {
          columns.keys.set(digestOf(i), i * KEY_BYTES);
          columns.kinds[i] = one.kind;
          columns.events[i] = EVENTS.indexOf("stored");
          columns.bytes[i] = one.bytes;
          columns.costs[i] = one.cost;
          columns.times[i] = one.time;
          columns.names[i] = one.name;
        });
        const part = mergeParts(undefined, [{ columns, attributes: { names: NAMES, counters: {}, evictions: [] } }]);
        const all = listPage(part, { limit: 1000, kinds, filter, sort, ascending }, 10);
        const needle = filter.toLowerCase();
        const wanted = made.filter(({ kind }) => kinds.includes(STORED_KINDS[kind]));
        if (filter !== "7")
          expect(all.total).toBe(wanted.filter(({ name }) => NAMES[name].toLowerCase().includes(needle)).length);
        expect(all.entries).toHaveLength(all.total);
        const value = (i: number): number | string =>
          ({
            created: all.entries[i].createdMs,
            bytes: all.entries[i].bytes,
            cost: all.entries[i].costMs,
            name: all.entries[i].name,
          })[sort as "name"];
        for (let i = 1; i < all.total; i++)
          expect(ascending ? value(i - 1) <= value(i) : value(i - 1) >= value(i)).toBe(true);
        const page = listPage(part, { offset, limit, kinds, filter, sort, ascending }, 10);
        expect(page).toEqual({ total: all.total, entries: all.entries.slice(offset, offset + limit) });
      },
    ),
  );
});

it("selects without sorting", () => {
  fc.assert(
    fc.property(fc.float64Array({ minLength: 1, noNaN: true }), fc.nat(), (values, at) => {
      const n = at % values.length;
      expect(nthSmallest(values.slice(), n)).toBe(values.slice().sort()[n]);
    }),
  );
});

it("is over several catalogues what it would be over one, and says where each entry is from", () => {
  const columnsOf = (from: number, count: number) => {
    const columns = newColumns(count);
    for (let i = 0; i < count; i++) {
      columns.keys.set(digestOf(from + i), i * KEY_BYTES);
      columns.events[i] = EVENTS.indexOf("stored");
      columns.bytes[i] = (from + i) % 7;
      columns.times[i] = 1 + from + i;
    }
    return columns;
  };
  const attributes = { names: [""], counters: {}, evictions: [] };
  const whole = mergeParts(undefined, [{ columns: columnsOf(0, 30), attributes }]);
  const parts = [0, 10, 20].map((from) => ({
    catalogue: mergeParts(undefined, [{ columns: columnsOf(from, 10), attributes }]),
    layer: "shared" as const,
    writer: `w${from}`,
  }));
  for (const sort of ["created", "bytes", "name"] as const)
    for (const ascending of [true, false]) {
      const query = { sort, ascending, offset: 7, limit: 11 };
      const { total, entries } = listParts(parts, query, 100);
      expect(total).toBe(30);
      const one = listPage(whole, query, 100);
      const values = (list: typeof entries): unknown[] =>
        list.map(({ createdMs, bytes }) => (sort === "created" ? createdMs : sort === "bytes" ? bytes : ""));
      expect(values(entries)).toEqual(values(one.entries));
      for (const { writer, createdMs, layer } of entries)
        expect([layer, writer]).toEqual(["shared", `w${Math.floor((createdMs - 1) / 10) * 10}`]);
    }
  const all = listParts(parts, { limit: 100, sort: "name" }, 100);
  expect(new Set(all.entries.map(({ key }) => key)).size).toBe(30);
  expect(listParts([], {}, 100)).toEqual({ total: 0, entries: [] });
});
