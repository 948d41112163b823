/** What is a table, and how it reads. */
import { describe, expect, it } from "vitest";
import { isTabular, tableBundle } from "./tables.js";

const text = (value: unknown, options = {}) => tableBundle(value, options)["text/plain"] as string;
const html = (value: unknown, options = {}) => tableBundle(value, options)["text/html"] as string;

describe("tables", () => {
  it("of records have a column for each name, in the order of their coming", () => {
    expect(
      text([
        { a: 1, b: "x" },
        { a: 22.5, c: null },
      ]),
    ).toBe(["      a  b  c", "0     1  x", "1  22.5     null", "2 rows × 3 columns"].join("\n"));
    expect(html([{ a: "<b>&" }, { a: 1 }])).toContain("&#60;b&#62;&#38;");
  });

  it("of numbers, rows, columns and flat arrays that are rows", () => {
    expect(text(Float64Array.of(1, 1 / 3)).split("\n")).toEqual([
      "      value",
      "0         1",
      "1  0.333333",
      "2 rows × 1 column",
    ]);
    expect(text([[1, 2], Float64Array.of(3, 4)])).toContain("1  3  4");
    expect(text({ t: [0, 1], p: Float64Array.of(0.5, 1) })).toContain("   t    p\n0  0  0.5");
    expect(text(Float64Array.of(1, 2, 3, 4, 5, 6), { columns: 3 })).toContain("1  4  5  6\n2 rows × 3 columns");
    expect(() => text(Float64Array.of(1, 2, 3), { columns: 2 })).toThrow("3 values do not fill its rows");
    expect(() => text(5)).toThrow(/^Cannot show a table of 5: /);
  });

  it("leave out the middle of long ones and the end of wide ones, and say how large they are", () => {
    const long = text(
      Float64Array.from({ length: 1000 }, (_none, i) => i),
      { rows: 8 },
    ).split("\n");
    expect(long.map((line) => line.trim().split(/\s+/)[0])).toEqual([
      "value",
      "0",
      "1",
      "2",
      "3",
      "4",
      "5",
      "…",
      "998",
      "999",
      "1000",
    ]);
    expect(text([new Array(50).fill(0)])).toMatch(/19 {2}…\n[\s\S]*1 row × 50 columns/);
  });

  it("are shown unasked for matrices and records only", () => {
    for (const value of [
      [{ a: 1 }, { a: 2 }],
      [
        [1, 2],
        [3, 4],
      ],
      [Float64Array.of(1, 2), [3, 4]],
    ])
      expect(isTabular(value)).toBe(true);
    for (const value of [
      [1, 2],
      [],
      [{}],
      [{ a: 1 }],
      [[1], [2]],
      [[1, 2], [3]],
      [
        ["a", "b"],
        ["c", "d"],
      ],
      [{ a: {} }, { a: 1 }],
      { a: [1] },
      Float64Array.of(1, 2),
      "ab",
      null,
    ]) {
      expect(isTabular(value), JSON.stringify(value)).toBe(false);
    }
  });
});
