/** The page about the kernel: figures, reasons for none, and whether goals are met. */
import { describe, expect, it } from "vitest";
import { percentile } from "./measures.js";
import { type KernelReport, met, page, type Row } from "./page.js";

const row = (value: number | string, atMost?: number): Row => ({
  name: "trivial cell",
  unit: "ms",
  ...(atMost !== undefined && { goal: { text: `≤ ${atMost}`, atMost } }),
  figures: {
    sojourn: typeof value === "number" ? { value } : { none: value },
    deno: { none: "goes on" },
    floor: { value: 0.7128 },
  },
});

describe("the page of the kernel", () => {
  it("says what was measured and why where nothing was", () => {
    const machine = { cpu: "a processor", cores: 2, memoryGiB: 8, system: "linux", node: "20", v8: "11" };
    const report: KernelReport = {
      format: "sojourn-bench-kernel/1",
      date: "2026-01-02T03:04:05Z",
      quick: false,
      machine,
      versions: { deno: "2.9" },
      missing: { tslab: "it is not there" },
      rows: [row(1.234567, 2.5), row("no answer", 30), row(1234.5)],
    };
    const text = page(report);
    expect(text).toContain("| trivial cell, ms | ≤ 2.5 | 1.23 | goes on | 0.71 | yes |");
    expect(text).toContain("| trivial cell, ms | ≤ 30 | no answer | goes on | 0.71 | **no** |");
    expect(text).toContain("| trivial cell, ms | – | 1235 | goes on | 0.71 |  |");
    expect(text).toContain("- without tslab: it is not there");
  });

  it("knows what is wanted", () => {
    expect([met(row(1, 2)), met(row(3, 2)), met(row("none", 2)), met(row(3))]).toEqual([true, false, false, undefined]);
    expect([percentile([5, 1, 3, 2, 4], 0.95), percentile([1, 2, 3, 4], 0.5)]).toEqual([5, 2]);
  });
});
