/** Type errors as people read them. */
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "./messages.js";
import { distinct, notice, reportLines } from "./report.js";

const at = (line: number, column: number, length: number, message = "No."): Diagnostic => {
  return { code: 2339, message, line, column, length, strict: false };
};

describe("the report of type errors", () => {
  it("has a caret under each character that is meant", () => {
    expect(reportLines([at(2, 4, 4)], "cell-3.ts", "let ph;\nph.maen()")).toEqual([
      "cell-3.ts:2:4 TS2339: No.",
      "> 2 | ph.maen()",
      "    |    ^^^^",
    ]);
  });

  it("cuts a long line around the place", () => {
    const code = `${"a".repeat(500)}.wrong${"b".repeat(500)}`;
    const [, line, carets] = reportLines([at(1, 502, 5)], "cell-1.ts", code);
    expect(line!.length).toBeLessThan(180);
    expect(line!.slice(carets!.indexOf("^"), carets!.lastIndexOf("^") + 1)).toBe("wrong");
  });

  it("shows five and counts the rest", () => {
    const many = Array.from({ length: 8 }, (_none, i) => at(1, i + 1, 1));
    const lines = reportLines(many, "cell-1.ts", "abcdefgh");
    expect(lines.filter((line) => line.includes("TS2339"))).toHaveLength(5);
    expect(lines.at(-1)).toBe("and 3 more");
  });

  it("keeps of a chain of reasons its ends, and of a long type its beginning", () => {
    const type = `{ ${"a: number; ".repeat(30)}}`;
    const message = `Argument of type '${type}' does not fit.\n  First.\n    Second.\n      Third.`;
    const [first, second, third] = reportLines([at(1, 1, 1, message)], "cell-1.ts", "x")[0]!.split("\n");
    expect(first).toMatch(/^cell-1\.ts:1:1 TS2339: Argument of type '\{ a: number; .{70,90}…' does not fit\.$/);
    expect([second, third]).toEqual(["  Second.", "  Third."]);
  });

  it("says of several ways to call what does not fit the first", () => {
    const message = [
      "No overload matches this call.",
      "  Overload 1 of 2, '(theta: Theta): Promise<number>', gave the following error.",
      "    'M21' does not exist in type 'Theta'.",
      "  Overload 2 of 2, '(theta: ThetaBatch): Promise<Batch>', gave the following error.",
      "    'c1' does not exist in type 'ThetaBatch'.",
    ].join("\n");
    const lines = reportLines([at(1, 1, 1, message)], "cell-1.ts", "x").join("\n");
    expect(lines).toContain("'M21' does not exist in type 'Theta'.");
    expect(lines).not.toContain("'c1'");
  });

  it("says the same once", () => {
    expect(distinct([at(1, 1, 1), at(1, 1, 1), at(1, 2, 1)])).toHaveLength(2);
  });

  it("escapes what the code holds", () => {
    const data = notice([at(1, 1, 1, "<b>&")], "cell-1.ts", "<script>", "Tip.");
    expect(data["text/html"]).toContain("&lt;b&gt;&amp;");
    expect(data["text/html"]).toContain("&lt;script&gt;");
    expect(data["text/html"]).not.toContain("<script>");
    expect(data["text/plain"]!.split("\n").at(-1)).toBe("Tip.");
  });
});
