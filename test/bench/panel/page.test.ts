/** The page about the panel: what the browser wrote, medians and worst values, and whether goals are met. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FIGURES, type FigureKind, figuresOf, PARTS } from "./figures.js";
import { readFigures } from "./main.js";
import { met, type PanelReport, page } from "./page.js";

const figure = (values: readonly number[], atMost?: number) => {
  const kind: FigureKind = {
    id: "sort",
    part: "entries",
    name: "a click",
    unit: "ms",
    ...(atMost !== undefined && { atMost }),
  };
  return { ...kind, values };
};
const machine = { cpu: "a processor", cores: 2, memoryGiB: 8, system: "linux", node: "20", v8: "11" };
const report = (loadBefore: number, figures: PanelReport["figures"], quick = false): PanelReport => ({
  format: "sojourn-bench-panel/1",
  date: "2026-01-02T03:04:05Z",
  quick,
  machine,
  loadBefore,
  versions: { chromium: "1.2" },
  figures,
});

describe("the page of the panel", () => {
  it("says medians, the worst, and whether all or half are within the goal", () => {
    const figures = [
      figure([12.34, 50, 90], 100),
      figure([1, 2, 300], 100),
      figure([200], 100),
      figure([3, 4]),
      figure([], 100),
    ];
    const text = page(report(0.1, [...figures, figure([0, 0], 0)]));
    expect(text).toContain("| a click, ms | ≤ 100 | 50 | 90 of 3 | yes |");
    expect(text).toContain("| a click, ms | ≤ 100 | 2 | 300 of 3 | median only |");
    expect(text).toContain("| a click, ms | ≤ 100 | 200 | – | **no** |");
    expect(text).toContain("| a click, ms | – | 3.5 | 4 of 2 |  |");
    expect(text).toContain("| a click, ms | ≤ 100 | not measured | – | **no** |");
    expect(text).toContain("| a click, ms | 0 | 0 | 0 of 2 | yes |");
    expect(text).not.toContain("not to be quoted");
    expect(met(figure([Number.NaN]))).toBe("no");
  });

  it("says what it was disturbed by", () => {
    expect(page(report(3, [], true))).toContain(
      "with `--quick` and beside other work, so not to be quoted, on 2026-01-02",
    );
    expect(page(report(0.1, [], true))).toContain("with `--quick`, so not to be quoted, on");
  });

  it("reads what the browser wrote", () => {
    const { values, versions } = readFigures(
      '{"versions":{"chromium":"1"}}\n{"id":"chunk","values":[47860]}\n{"id":"sort","values":[1,null]}\n',
    );
    expect([...values]).toEqual([
      ["chunk", [47.86]],
      ["sort", [1, Number.NaN]],
    ]);
    expect(versions).toEqual({ chromium: "1" });
  });

  it("knows every figure that the browser measures, and no other", () => {
    const source = readFileSync(fileURLToPath(new URL("../../browser/bench/panel.bench.ts", import.meta.url)), "utf8");
    const measured = [...source.matchAll(/\b(?:done|figure)\("([a-z-]+)"/g)].map(([, id]) => id);
    expect(measured.sort()).toEqual(FIGURES.map(({ id }) => id).sort());
    const parts = [...source.matchAll(/^test\("([a-z]+)"/gm)].map(([, part]) => part);
    expect(parts).toEqual([...PARTS]);
    expect(new Set(figuresOf("load,hidden").map(({ part }) => part))).toEqual(new Set(["load", "hidden"]));
  });
});
