/** Integer vectors and their ids against a map with text keys, over narrow and wide entries and moving references. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IntegerTable, NO_VECTOR } from "./integer-table.js";

/** Entries that fit in 8, 16 and 32 bits, and those at the ends of each. */
const entry = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -2, max: 2 }) },
  fc.constantFrom(127, 128, -128, -129, 32_767, 32_768, -32_768, -32_769, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer(),
);
const step = (width: number) =>
  fc.oneof(
    fc.record({ vector: fc.array(entry, { minLength: width, maxLength: width }) }),
    fc.record({
      changes: fc.array(fc.tuple(fc.nat(Math.max(0, width - 1)), fc.integer({ min: -200, max: 200 })), {
        maxLength: 4,
      }),
    }),
    fc.record({ refer: fc.nat() }),
    fc.record({ again: fc.nat() }),
  );

describe("a table of integer vectors", () => {
  it("gives every vector one id, in the order of first sight", () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 0, max: 9 })
          .chain((width) => fc.tuple(fc.constant(width), fc.array(step(width), { maxLength: 80, size: "max" }))),
        ([width, steps]) => {
          const table = new IntegerTable(width);
          const known = new Map<string, number>();
          const all: number[][] = [];
          let reference = Array.from({ length: width }, () => 0);
          const expectId = (id: number, vector: number[]): void => {
            const key = vector.join();
            if (!known.has(key)) known.set(key, all.push(vector) - 1);
            expect(id).toBe(known.get(key));
          };
          for (const one of steps) {
            if ("vector" in one) expectId(table.intern(one.vector), one.vector);
            else if ("refer" in one) {
              if (all.length === 0) continue;
              const id = one.refer % all.length;
              table.refer(id);
              reference = all[id];
            } else if ("again" in one) {
              if (all.length > 0) expectId(table.intern(all[one.again % all.length]), all[one.again % all.length]);
            } else if (width > 0) {
              const vector = reference.slice();
              for (const [place, by] of one.changes) vector[place] += by;
              const [places, by] = [one.changes.map(([place]) => place), one.changes.map(([, x]) => x)];
              const id = table.internChanged(places, by);
              if (vector.some((x) => x !== (x | 0))) expect(id).toBe(NO_VECTOR);
              else expectId(id, vector);
            }
          }
          expect(table.count).toBe(all.length);
          expect(Array.from(table.vectors())).toEqual(all.flat());
          all.forEach((vector, id) => {
            expect(table.vectorOf(id)).toEqual(vector);
            expect(table.holds(id, vector)).toBe(true);
            expect(table.holds(id, [...vector, 0])).toBe(false);
          });
        },
      ),
    );
  });

  it("widens its entries when they are many, and keeps their ids", () => {
    const table = new IntegerTable(3);
    const vectors = Array.from({ length: 3000 }, (_, i) => [i % 100, Math.floor(i / 100), i === 2000 ? 70_000 : 0]);
    vectors.forEach((vector, i) => {
      expect(table.intern(vector)).toBe(i);
    });
    vectors.forEach((vector, i) => {
      expect(table.intern(Int32Array.from(vector))).toBe(i);
      expect(table.holds(i, [vector[0] + 1, vector[1], vector[2]])).toBe(false);
    });
    expect(Array.from(table.vectors())).toEqual(vectors.flat());
  });

  it("tells vectors of one hash apart", () => {
    // among so many vectors about twenty pairs share their 32 bits
    const table = new IntegerTable(2);
    const count = 400_000;
    for (let i = 0; i < count; i++) table.intern([Math.imul(i, 0x9e3779b1), i]);
    expect(table.count).toBe(count);
  });

  it.each([
    ["a fraction", [0.5, 0]],
    ["NaN", [Number.NaN, 0]],
    ["2³¹", [2 ** 31, 0]],
    ["a text", ["1", 0]],
    ["a hole", Object.assign(new Array(2), { 1: 0 })],
    ["too few", [1]],
    ["too many", [1, 0, 0]],
  ])("takes %s for no vector", (_, vector) => {
    const table = new IntegerTable(2);
    expect(table.intern(vector as number[])).toBe(NO_VECTOR);
    expect([table.intern([0, 0]), table.intern([-0, 0]), table.count]).toEqual([0, 0, 1]);
  });

  it.each([
    ["a place that is none", [2], [1]],
    ["a place below 0", [-1], [1]],
    ["half a place", [0.5], [1]],
    ["a change that is none", [0], [Number.NaN]],
    ["more places than changes", [0, 1], [1]],
    ["a change out of range", [0, 0], [2 ** 31 - 1, 1]],
  ])("takes %s for no change, and forgets what was changed before it", (_, places, by) => {
    const table = new IntegerTable(2);
    expect(table.internChanged([1, ...places], [5, ...by])).toBe(NO_VECTOR);
    expect(table.internChanged([], [])).toBe(0);
    expect(table.vectorOf(0)).toEqual([0, 0]);
  });
});
