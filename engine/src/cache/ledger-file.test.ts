/** What a ledger's file must be to be believed: columns of one length, numbers that are numbers, attributes that make sense. */
import { describe, expect, it } from "vitest";
import type { Wire } from "../base/wire.js";
import { checkAttributes, ledgerFromWire, ledgerToWire, newColumns } from "./ledger-file.js";

const eviction = { time: 1, kind: "graph", key: "00", name: "a", bytes: 3, cause: "asked" } as const;
const totals = Object.fromEntries(
  ["graph", "trace", "evaluator", "value"].map((kind) => [kind, { entries: 0, bytes: 0 }]),
) as never;
const attributes = {
  count: 2,
  names: ["a", "b"],
  counters: { hits: 2 },
  evictions: [eviction],
  folded: [["segment-1-2.sjn", 5]] as const,
  totals,
  listedMs: 3,
};

describe("the attributes of a ledger", () => {
  it("are taken when they make sense, also without those of a base", () => {
    expect(checkAttributes(attributes)).toBe(attributes);
    const { folded: _, totals: __, listedMs: ___, ...segment } = attributes;
    expect(checkAttributes(segment)).toBe(segment);
  });

  it.each([
    ["rows", { count: -1 }],
    ["rows", { count: 1.5 }],
    ["names", { names: "ab" }],
    ["names", { names: ["a", 3] }],
    ["counters", { counters: null }],
    ["counters", { counters: { hits: Number.NaN } }],
    ["counters", { counters: { hits: "2" } }],
    ["evictions", { evictions: {} }],
    ["evictions", { evictions: [null] }],
    ["evictions", { evictions: [{ ...eviction, time: "1" }] }],
    ["evictions", { evictions: [{ ...eviction, bytes: Number.NaN }] }],
    ["evictions", { evictions: [{ ...eviction, kind: "ledger" }] }],
    ["evictions", { evictions: [{ ...eviction, name: 4 }] }],
    ["segments", { folded: "segment" }],
    ["segments", { folded: ["segment"] }],
    ["segments", { folded: [[3, 5]] }],
    ["segments", { folded: [["segment", "5"]] }],
    ["totals", { totals: {} }],
    ["totals", { totals: { ...(totals as object), value: { bytes: 1 } } }],
    ["totals", { totals: { ...(totals as object), value: { entries: 1 } } }],
    ["dates", { listedMs: Number.POSITIVE_INFINITY }],
  ])("are refused when the %s make no sense: %j", (what, change) => {
    expect(() => checkAttributes({ ...attributes, ...change })).toThrow(
      new TypeError(`the ledger's ${what} make no sense`),
    );
  });
});

describe("the columns of a ledger", () => {
  const wire = (): Wire => ledgerToWire(newColumns(2), attributes);
  const changed = (name: string, change: (array: Uint8Array | Float64Array | Int32Array) => unknown): Wire => {
    const { attributes: same, arrays } = wire();
    const array = arrays[name].slice() as Float64Array;
    return { attributes: same, arrays: { ...arrays, [name]: (change(array) ?? array) as Float64Array } };
  };

  it("are taken as they are", () => {
    expect(ledgerFromWire(wire()).columns).toEqual(newColumns(2));
  });

  it.each(["keys", "kinds", "events", "bytes", "costs", "times", "uses", "lastUses", "names"])(
    "must have all of %s",
    (name) => {
      expect(() => ledgerFromWire(changed(name, (array) => array.subarray(1)))).toThrow(TypeError);
      const { [name]: _, ...arrays } = wire().arrays;
      expect(() => ledgerFromWire({ ...wire(), arrays })).toThrow(TypeError);
    },
  );

  it("must point at kinds and names that exist", () => {
    for (const [name, right, wrong] of [
      ["kinds", 3, 4],
      ["names", 1, 2],
      ["names", 0, -1],
    ] as const) {
      expect(() => ledgerFromWire(changed(name, (array) => void (array[1] = right)))).not.toThrow();
      expect(() => ledgerFromWire(changed(name, (array) => void (array[1] = wrong)))).toThrow(TypeError);
    }
  });

  it.each(["bytes", "costs", "times", "uses", "lastUses"])("must hold numbers in %s", (name) => {
    for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY])
      expect(() => ledgerFromWire(changed(name, (array) => void (array[1] = wrong)))).toThrow(TypeError);
  });
});
