/** Where a line is a magic and where it is code. */
import { describe, expect, it } from "vitest";
import { completeness, isWhole } from "./completeness.js";
import { helpTarget } from "./help.js";
import { nearestMagic, partsOfCell, withoutMagics } from "./magics.js";

const parts = (source: string) => partsOfCell(source, isWhole);

describe("magics", () => {
  it("are found at the start of lines, with what follows them as it stood", () => {
    expect(parts("%cd ..")).toEqual([{ kind: "magic", name: "cd", argument: "..", line: 0 }]);
    expect(parts("%%time\nlet a = 1\n  a")).toEqual([
      { kind: "magic", name: "time", argument: "", line: 0 },
      { kind: "code", text: `${" ".repeat(6)}\nlet a = 1\n  a` },
    ]);
    expect(parts("let a = 1\n%who\na")).toEqual([
      { kind: "code", text: "let a = 1" },
      { kind: "magic", name: "who", argument: "", line: 1 },
      { kind: "code", text: "         \n    \na" },
    ]);
    expect(parts("%npm install a b;\r\n1")[0]).toEqual({
      kind: "magic",
      name: "npm",
      argument: "install a b",
      line: 0,
    });
  });

  it("are not found where code goes on", () => {
    for (const code of [
      "f(\n%time\n)",
      "const t = `\n%time\n`",
      "/*\n%who\n*/",
      "5\n% time",
      "a = 5 %\n%time",
      "total\n%count",
      "  %time",
    ]) {
      expect(parts(code), code).toEqual([{ kind: "code", text: code }]);
    }
  });

  it("are blanks to TypeScript, in place", () => {
    expect(withoutMagics("let a = 1\n%who b\na", isWhole)).toBe("let a = 1\n      \na");
  });

  it("count for whether a cell is complete", () => {
    expect(completeness("%time\nf(")).toEqual({ status: "incomplete", indent: "  " });
    expect(completeness("%npm install x").status).toBe("complete");
    expect(completeness("?show").status).toBe("complete");
  });

  it("have a nearest name only when one is near", () => {
    expect(nearestMagic("tiem")).toBe("time");
    expect(nearestMagic("TimeIt")).toBe("timeit");
    expect(nearestMagic("mem")).toBe("memory");
    expect(nearestMagic("matplotlib")).toBeUndefined();
  });
});

it("a question about a name is told from code", () => {
  expect(helpTarget("?families.coalescent")).toBe("families.coalescent");
  expect(helpTarget(" ?? show ")).toBe("show");
  expect(helpTarget("show?")).toBe("show");
  for (const code of ["a ? b : c", "a?.b", "f(x)?", "?", "?1"]) expect(helpTarget(code), code).toBeUndefined();
});
