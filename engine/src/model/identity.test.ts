/** What a rule's identity covers: code and captures, not layout; and what it refuses to guess. */
import { describe, expect, it } from "vitest";
import { digestOf, hex } from "../base/digest.js";
import { identityOf } from "./identity.js";

const digest = (f: unknown): string => hex(digestOf(identityOf({ f })));
const scale = (factor: number) => (k: number) => k * factor;
const viaHelper = (helper: (k: number) => number) => (k: number) => helper(k) + 1;
const viaObject = (options: unknown) => (k: number) => [k, options];
const compile = (source: string): unknown => new Function(`return (${source})`)();

describe("identity", () => {
  it("is the same for the same code and captures", () => {
    expect(digest(scale(2))).toBe(digest(scale(2)));
  });

  it("does not see layout, comments or how numbers are written", () => {
    expect(digest(compile("([k]) => k > 1 ? [10] : []"))).toBe(
      digest(compile("( [ k ] ) =>\n k>1 /* two */ ? [1e1] : [] // end\n")),
    );
  });

  it("changes with code, with captured numbers, with helpers and with what those capture", () => {
    const all = [
      scale(2),
      scale(5),
      viaHelper(scale(2)),
      viaHelper(scale(5)),
      viaHelper((k) => k),
      viaObject({ a: 1 }),
      viaObject({ a: 2 }),
      viaObject([1, [2]]),
      viaObject([1, [3]]),
      viaObject(new Map([[1, 2]])),
      viaObject(new Set([1])),
      viaObject(Float64Array.of(1)),
      viaObject(Float64Array.of(2)),
      viaObject("1"),
      viaObject(1n),
      viaObject(null),
      viaObject(undefined),
      compile("(k) => k + 1"),
      compile("(k) => k - 1"),
      compile("(k) => 1 + k"),
    ].map(digest);
    expect(new Set(all).size).toBe(all.length);
  });

  it("follows functions that call each other and objects that hold each other", () => {
    const even = (n: number): boolean => n === 0 || odd(n - 1);
    const odd = (n: number): boolean => n !== 0 && even(n - 1);
    const ring: { next?: unknown } = {};
    ring.next = ring;
    expect(digest(even)).toBe(digest(even));
    expect(digest(viaObject(ring))).toBe(digest(viaObject(ring)));
  });

  it.each([
    ["randomness", () => Math.random(), "Math.random"],
    ["randomness by a computed name", compile("() => Math['random']()"), "computed name"],
    ["time", () => Date.now(), "Date"],
    ["input and output", () => fetch, "fetch"],
    ["the process", () => process.pid, "process"],
    ["this", compile("function () { return this.x }"), "this"],
    ["hidden state", viaObject(new Date(0)), "Date"],
    [
      "getters",
      viaObject({
        get a() {
          return 1;
        },
      }),
      "getter",
    ],
    ["NaN", viaObject(Number.NaN), "NaN"],
    ["classes", viaObject(class {}), "class"],
    ["built-in functions", viaObject(Math.max), "no source"],
  ])("refuses %s with a reason", (_, f, reason) => {
    expect(() => digest(f)).toThrow(reason as string);
  });

  it("refuses a rule that changes what it captures", () => {
    const counter = { n: 0 };
    let calls = 0;
    expect(() => digest(() => calls++)).toThrow("assigns to calls");
    expect(() =>
      digest(() => {
        counter.n += 1;
      }),
    ).toThrow("changes counter");
    expect(calls).toBe(0);
  });
});
