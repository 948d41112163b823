/** Charts from what the kernel counted. */
import { expect, test } from "vitest";
import { figuresOf } from "./chart-figures.js";

const trans = {
  __: (text: string, ...args: unknown[]) => text.replace(/%(\d)/g, (_, i) => String(args[Number(i) - 1])),
};

test("there is a chart of what there is something of", () => {
  expect(figuresOf({ lookups: [], sizes: [], evictions: [] }, trans)).toEqual([]);
  const time = Date.UTC(2026, 0, 2, 3);
  const figures = figuresOf(
    {
      lookups: [
        { time, hits: 0, misses: 1, savedMs: 0 },
        { time: time + 1, hits: 3, misses: 1, savedMs: 2500 },
      ],
      sizes: [
        { kind: "graph", layer: "private", bytes: 2e6 },
        { kind: "graph", layer: "scratch", bytes: 0 },
      ],
      evictions: [
        { time, kind: "graph", bytes: 1 },
        { time: time + 86_400_000, kind: "trace", bytes: 1 },
        { time: time + 5, kind: "trace", bytes: 1 },
      ],
    },
    trans,
  );
  expect(figures.map(({ id }) => id)).toEqual(["rate", "saved", "sizes", "evictions"]);
  const [rate, saved, sizes, evictions] = figures;
  expect(rate!.data[0]).toMatchObject({ y: [0, 75] });
  expect(rate!.text).toBe("75 % of 4 look-ups were hits.");
  expect(saved!.data[0]).toMatchObject({ y: [0, 2.5] });
  expect(sizes!.data).toHaveLength(1);
  expect(sizes!.text).toContain("graph: 2.00 MB");
  expect(evictions!.data[0]).toMatchObject({ x: ["2026-01-02", "2026-01-03"], y: [2, 1] });
});
