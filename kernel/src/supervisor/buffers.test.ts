/** Bytes out of JSON and back, wherever they are; hostile paths harm nothing. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { joinBuffers, splitBuffers } from "./buffers.js";

it("takes bytes out as ipywidgets do", () => {
  const [a, b] = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  expect(splitBuffers({ x: 1, data: a, list: [{ shape: [2], bytes: b }, a] })).toEqual({
    value: { x: 1, list: [{ shape: [2] }, null] },
    paths: [["data"], ["list", 0, "bytes"], ["list", 1]],
    buffers: [a, b, a],
  });
});

it("puts back what it took out", () => {
  const state = fc.dictionary(
    fc.string().filter((name) => name !== "__proto__"),
    fc.anything({ withTypedArray: false, values: [fc.integer(), fc.string(), fc.constant(null), fc.uint8Array()] }),
  );
  // What JSON cannot say is none of this function's business.
  const plain = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return Uint8Array.from(value);
    if (Array.isArray(value)) return value.map((one) => plain(one) ?? null);
    if (typeof value !== "object" || value === null) return value ?? null;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== "__proto__")
        .map(([name, one]) => [name, plain(one)]),
    );
  };
  fc.assert(
    fc.property(state, (given) => {
      const whole = plain(given) as Record<string, unknown>;
      const { value, paths, buffers } = splitBuffers(whole);
      expect(joinBuffers(JSON.parse(JSON.stringify(value)), paths, buffers)).toEqual(whole);
    }),
  );
});

it.each([
  ["no list", 5],
  ["no path", [7, []]],
  [
    "nowhere",
    [
      ["a", "b", "c"],
      ["x", 0],
    ],
  ],
  [
    "a prototype",
    [
      ["__proto__", "polluted"],
      ["a", "__proto__"],
      ["constructor", "polluted"],
    ],
  ],
])("leaves out paths that are %s", (_what, paths) => {
  expect(joinBuffers({ a: 1 }, paths, [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)])).toEqual({ a: 1 });
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
