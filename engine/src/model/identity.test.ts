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
      viaObject({ a: 1, b: 2 }),
      viaObject({ b: 2, a: 1 }),
      viaObject(Object.assign(Object.create(null), { a: 1 })),
      viaObject(Object.defineProperty({}, "a", { value: 1 })),
      viaHelper(Object.assign(scale(2), { table: 1 })),
      viaHelper(Object.assign(scale(2), { table: 2 })),
      viaObject("\ud800"),
      viaObject("\ufffd"),
      compile("(k) => String.raw`\\x41`"),
      compile("(k) => String.raw`A`"),
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
    ["Math handed on", compile("() => { let m; m = Math; return m.random() }"), "Math as a value"],
    ["Math as a default", compile("(M = Math) => M.random()"), "Math as a value"],
    [
      "Math as an argument",
      viaHelper((() => compile("(k) => [Math].length"))() as (k: number) => number),
      "Math as a value",
    ],
    ["constructors by the back door", compile("() => (() => 1).constructor('return 2')()"), ".constructor"],
    ["what somebody put on a built-in", compile("() => Math.mine"), "Math.mine, which is not built in"],
    ["proxies", viaObject(new Proxy({}, {})), "proxy"],
    ["maps of an own kind", viaObject(new (class Table extends Map {})()), "a Table"],
    ["maps with properties", viaObject(Object.assign(new Map(), { extra: 1 })), "besides its elements"],
    [
      "arrays of numbers with properties",
      viaObject(Object.assign(Float64Array.of(1), { extra: 1 })),
      "besides its elements",
    ],
    ["inherited data", viaObject(Object.create(Object.assign(Object.create(null), { a: 1 }))), "of its own kind"],
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
