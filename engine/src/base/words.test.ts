/** Words for messages. */
import { describe, expect, it } from "vitest";
import { nearest, noSuch, valueText } from "./words.js";

describe("the nearest name", () => {
  const names = ["cacheDirectory", "environment", "times", "reward", "rewards", "seed", "at"];
  it.each([
    ["cacheDir", "cacheDirectory"],
    ["cachedirectory", "cacheDirectory"],
    ["time", "times"],
    ["Times", "times"],
    ["rewrd", "reward"],
    ["reward_", "reward"],
    ["enviroment", "environment"],
    ["sed", "seed"],
    ["At", "at"],
    ["rewordss", "rewards"],
    ["tiems", "times"],
    ["median", undefined],
    ["colour", undefined],
    ["foo", undefined],
    ["x", undefined],
    ["", undefined],
  ])("of %s is %s", (name, near) => expect(nearest(name, names)).toBe(near));
});

it("what does not exist is said with what there is", () => {
  expect(noSuch("option", "sed", ["seed", "first"])).toBe(
    "there is no option sed (did you mean seed?); there are seed, first",
  );
  expect(noSuch("option", "foo", ["gradient"])).toBe("there is no option foo; the only one is gradient");
  expect(noSuch("option", "foo", [])).toBe("there is no option foo; there are none");
});

it.each([
  ["3", '"3"'],
  [[1, "2", [3]], '[1,"2",[3]]'],
  [Array.from({ length: 20 }, (_, i) => i), "[0,1,2,3,4,5,6,7,…]"],
  [Promise.resolve(1), "a promise; write await before it"],
  [Float32Array.of(1), "a Float32Array"],
  [{ a: 1, b: 2 }, "an object with a, b"],
  [{}, "an empty object"],
  [{ toString: () => "PhaseType m" }, "PhaseType m"],
  [1n, "the bigint 1n"],
  [Math.exp, "a function"],
  [null, "null"],
  [undefined, "undefined"],
  [Number.NaN, "NaN"],
  ["x".repeat(100), `"${"x".repeat(60)}…"`],
])("%s is called %s", (value, text) => expect(valueText(value)).toBe(text));
