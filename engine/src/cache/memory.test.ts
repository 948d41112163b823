/** The memory layer: what is kept, and what goes first. */
import { describe, expect, it } from "vitest";
import { openMemory } from "./memory.js";

const of = (bytes: number) => ({ value: `${bytes}`, bytes, costMs: 1 });

describe("the memory layer", () => {
  it("drops what was used longest ago when it is full", () => {
    const memory = openMemory(30);
    for (const key of ["a", "b", "c"]) memory.keep("graph", key, of(10));
    memory.get("graph", "a");
    memory.keep("trace", "d", of(10));
    expect(["a", "b", "c"].map((key) => memory.get("graph", key) !== undefined)).toEqual([true, false, true]);
    expect(memory.evictions).toBe(1);
    expect([memory.totals("graph"), memory.totals("trace")]).toEqual([
      { entries: 2, bytes: 20 },
      { entries: 1, bytes: 10 },
    ]);
  });

  it("keeps nothing that is larger than itself, and counts a key once", () => {
    const memory = openMemory(30);
    memory.keep("graph", "a", of(10));
    memory.keep("graph", "a", of(20));
    memory.keep("graph", "b", of(31));
    expect(memory.totals("graph")).toEqual({ entries: 1, bytes: 20 });
    memory.keep("graph", "a", of(31));
    expect(memory.totals("graph")).toEqual({ entries: 0, bytes: 0 });
    expect(memory.evictions).toBe(0);
  });

  it("tells kinds apart, forgets, clears and shrinks", () => {
    const memory = openMemory(100);
    memory.keep("graph", "a", of(10));
    memory.keep("trace", "a", of(20));
    memory.keep("trace", "b", of(5));
    memory.forget("trace", "b");
    expect(memory.get("trace", "b")).toBeUndefined();
    expect(memory.get("trace", "a")?.value).toBe("20");
    memory.limit(20);
    expect(memory.get("graph", "a")).toBeUndefined();
    expect(memory.clear(["graph"])).toEqual({ entries: 0, bytes: 0 });
    expect(memory.clear(["trace"])).toEqual({ entries: 1, bytes: 20 });
    memory.keep("graph", "a", of(20));
    expect(memory.totals("graph").bytes).toBe(20);
  });
});
