import { InputError } from "@sojourn/engine/errors";
import { describe, expect, it } from "vitest";
import { reportError } from "./errors.js";

const sources = new Map([["cell-2.ts", { text: "first\n  second(x)\nthird" }]]);

function failing(name: string, message: string, frames: readonly string[]): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = [`${name}: ${message}`, ...frames].join("\n");
  return error;
}

describe("error reports", () => {
  it("keep the frames of cells and packages and drop the kernel's", () => {
    const error = failing("TypeError", "no", [
      "    at f (/home/u/node_modules/p/index.js:1:2)",
      "    at cell-2.ts:2:3",
      "    at Session.post (node:inspector:136:22)",
      "    at run (/opt/kernels/sojourn/executor.cjs:9:9)",
    ]);
    const { ename, evalue, traceback } = reportError(error, sources);
    expect([ename, evalue]).toEqual(["TypeError", "no"]);
    expect(traceback.join("\n")).toBe(
      [
        "TypeError: no",
        "    at f (/home/u/node_modules/p/index.js:1:2)",
        "    at cell-2.ts:2:3",
        "",
        "  1 | first",
        "> 2 |   second(x)",
        "    |   ^",
        "  3 | third",
      ].join("\n"),
    );
  });

  it("say an error of the engine in one sentence with its place", () => {
    const error = new InputError("bad-rate", "Cannot build m: the rate is -1.");
    error.stack = "InputError: …\n    at build (/opt/executor.cjs:1:1)\n    at cell-2.ts:2:3";
    const { traceback } = reportError(error, sources);
    expect(traceback.slice(0, 3)).toEqual(["InputError: Cannot build m: the rate is -1.", "    at cell-2.ts:2:3", ""]);
  });

  it("point from require to import", () => {
    const { evalue, traceback } = reportError(failing("ReferenceError", "require is not defined", []), sources);
    expect(evalue).toBe(
      'require is not defined; in a cell write import, as in: import { readFileSync } from "node:fs"',
    );
    expect(traceback[0]).toBe(`ReferenceError: ${evalue}`);
  });

  it("take anything that can be thrown", () => {
    expect(reportError(5, sources)).toMatchObject({ ename: "Thrown", evalue: "5" });
    expect(reportError(null, sources).evalue).toBe("null");
    const nested = new Error("outer", { cause: new RangeError("inner") });
    expect(reportError(nested, sources).traceback.join("\n")).toContain("Caused by RangeError: inner");
  });
});
