/** What was aimed at, read off a comparison. */
import type { Goal } from "./bench.js";
import type { Comparison, Measured } from "./compare.js";
import { median, pairedRatio } from "./statistics.js";

type Measure = "batch" | "single";

const judged = (goal: Omit<Goal, "met">): Goal => {
  if (goal.value === undefined) return goal;
  const met = goal.value >= (goal.atLeast ?? -Infinity) && goal.value <= (goal.atMost ?? Infinity);
  return { ...goal, met };
};

const find = (comparison: Comparison, id: string | undefined): Measured | undefined =>
  comparison.measured.find((one) => one.id === id && (one.agrees || one.approximate));

/** How many times as long `of` takes as `over`; without a value when one of them is not there or answers otherwise. */
export function ratioGoal(
  comparison: Comparison,
  text: string,
  measure: Measure,
  [of, over]: readonly [of: string | undefined, over: string | undefined],
  bound: { readonly atLeast?: number; readonly atMost?: number },
): Goal {
  const [one, other] = [find(comparison, of), find(comparison, over)];
  const value =
    one && other && one[measure].length > 0 && other[measure].length > 0
      ? pairedRatio(one[measure], other[measure]).median
      : undefined;
  return judged({ text, ...(value !== undefined && { value }), ...bound, unit: "×" });
}

export function secondsGoal(comparison: Comparison, text: string, measure: Measure, id: string, atMost: number): Goal {
  const one = find(comparison, id);
  const value = one && one[measure].length > 0 ? median(one[measure]) : undefined;
  return judged({ text, ...(value !== undefined && { value }), atMost, unit: "s" });
}

/** The faster of the native programs that work on as many thetas side by side as we do. */
export function nativeLike(comparison: Comparison, ours: string): string | undefined {
  const lanes = find(comparison, ours)?.facts.lanes ?? 1;
  // what runs one theta at a time, as the reference does, is compared with 4 as well
  const width = lanes === 1 ? 4 : lanes;
  return comparison.measured
    .filter(({ id, agrees }) => agrees && id.startsWith("native") && id.endsWith(`-${width}`))
    .sort((a, b) => median(a.batch) - median(b.batch))[0]?.id;
}
