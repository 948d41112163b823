/** What a report says, and above all what it does not say. */
import { expect, it } from "vitest";
import type { CaseResult, Report } from "./bench.js";
import type { Comparison, Measured } from "./compare.js";
import { ratiosOf } from "./compare.js";
import { nativeLike, ratioGoal, secondsGoal } from "./goals.js";
import { caseText, markdown } from "./report.js";

const measured = (id: string, more: Partial<Measured> = {}): Measured => ({
  id,
  ours: id === "wasm",
  facts: {},
  count: 1000,
  batch: [2e-6, 2e-6],
  single: [],
  phases: {},
  difference: 0,
  agrees: true,
  approximate: false,
  ...more,
});
const comparison = (...all: Measured[]): Comparison => ({ measured: all, ratios: ratiosOf(all), skipped: [] });
const result = (of: Comparison): CaseResult => ({
  id: "moments/toy",
  title: "Toy",
  model: { name: "toy", vertices: 3, edges: 2, components: 2, factorMultiplyAdds: 0, solveMultiplyAdds: 1 },
  comparison: of,
  goals: [ratioGoal(of, "KLU : ours", "batch", ["klu", "wasm"], { atLeast: 2.5 })],
});
const page = (of: Comparison): string => {
  const report: Report = {
    format: "sojourn-bench/1",
    date: "2026-01-02T03:04:05.678Z",
    quick: false,
    clock: "wall",
    machine: { cpu: "A CPU", cores: 2, memoryGiB: 8, system: "linux", node: "20", v8: "11" },
    versions: { sojourn: "0.1.0" },
    missing: { phasic: "there is no python3" },
    cases: [result(of)],
    failed: [],
  };
  return markdown(report);
};

it("states ratios over ours, with their spread, and whether a goal was met", () => {
  const of = comparison(measured("wasm"), measured("klu", { batch: [4e-6, 12e-6] }));
  expect(of.ratios).toEqual([{ of: "klu", over: "wasm", measure: "batch", median: 4, low: 2, high: 6, best: 2 }]);
  expect(page(of)).toContain("| toy | 3 | 2 | 4 (2–6) |");
  expect(page(of)).toContain("| moments/toy | KLU : ours | ≥ 2.5 × | 4 × | yes |");
  expect(page(of)).toContain("- without phasic: there is no python3");
});

it("gives no ratio, and judges no goal, where the answers differ", () => {
  const of = comparison(measured("wasm"), measured("klu", { batch: [9e-6, 9e-6], difference: 2e-6, agrees: false }));
  expect(of.ratios).toEqual([]);
  expect(page(of)).toContain("answers differ by 2.0e-6");
  expect(page(of)).toContain("| moments/toy | KLU : ours | ≥ 2.5 × | not measured | – |");
  expect(caseText(result(of))).toContain("answers differ by 2.0e-6");
});

it("compares with approximations, whose difference stands beside", () => {
  const of = comparison(
    measured("wasm"),
    measured("phasic", { batch: [9e-6, 9e-6], difference: 4e-3, agrees: false, approximate: true }),
  );
  expect(of.ratios).toMatchObject([{ of: "phasic", median: 4.5 }]);
  expect(caseText(result(of))).toContain("0.004");
});

it("says of a goal that was missed that it was", () => {
  const of = comparison(measured("wasm"), measured("klu", { batch: [3e-6, 3e-6] }));
  expect(page(of)).toContain("| 1.5 × | **no** |");
  expect(secondsGoal(of, "", "batch", "wasm", 1e-6)).toMatchObject({ value: 2e-6, met: false });
  expect(ratioGoal(of, "", "batch", ["klu", "wasm"], { atMost: 4 })).toMatchObject({ met: true });
});

it("holds us against the faster native program of as many lanes, 4 where there is one", () => {
  const natives = [
    measured("native-4", { batch: [3e-6] }),
    measured("native-fused-4", { batch: [2e-6] }),
    measured("native-8", { batch: [1e-6] }),
  ];
  expect(nativeLike(comparison(measured("wasm"), ...natives), "wasm")).toBe("native-fused-4");
  const eight = measured("wasm", { facts: { lanes: 8 } });
  expect(nativeLike(comparison(eight, ...natives), "wasm")).toBe("native-8");
});
