/** When a forgotten await is named, and when not. */
import { describe, expect, it } from "vitest";
import { withAwaitHint } from "./hints.js";

const values: Record<string, unknown> = { later: Promise.resolve(1), now: 1 };
const hinted = (line: string, ename = "TypeError", place = "cell-1.ts:2:5") => {
  const report = { ename, evalue: "no", traceback: [`${ename}: no`, `    at ${place}`] };
  return withAwaitHint(report, new Map([["cell-1.ts", { text: `first\n${line}` }]]), (name) => values[name]);
};

describe("a forgotten await", () => {
  it("is named where a promise stands on the failing line", () => {
    const { evalue, traceback } = hinted("const x = later.mean(now)");
    expect(evalue).toBe(
      "no. later is a promise, and its value comes with await: write (await later), or await what makes it.",
    );
    expect(traceback[0]).toBe(`TypeError: ${evalue}`);
    expect(traceback).toHaveLength(2);
  });

  it.each([
    ["awaited there", "(await later).mean()", "TypeError", undefined],
    ["only a property", "now.later()", "TypeError", undefined],
    ["another error", "later.mean()", "RangeError", undefined],
    ["another place", "later.mean()", "TypeError", "cell-9.ts:1:1"],
    ["no promise", "now.mean()", "TypeError", undefined],
  ])("is not named when it is %s", (_why, line, ename, place) => {
    expect(hinted(line, ename, place).evalue).toBe("no");
  });
});
