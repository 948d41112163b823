/** Copies field by field: equal, of their own, made once. */
import { describe, expect, it } from "vitest";
import { copied } from "./copied.js";

describe("a copy by field", () => {
  const data = { name: "a", none: undefined, numbers: Float64Array.of(1, 2), nested: [{ deep: [3] }] };

  it("equals what it was made of, also when written and cloned", () => {
    const copy = copied(data);
    expect(Object.keys(copy)).toEqual(Object.keys(data));
    expect({ ...copy }).toEqual(data);
    expect(structuredClone(copy)).toEqual(data);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(data));
  });

  it("is written to without the other", () => {
    const copy = copied(data);
    copy.numbers[0] = 9;
    copy.nested[0].deep[0] = 9;
    expect([copy.numbers[0], copy.nested[0].deep[0]]).toEqual([9, 9]);
    expect([data.numbers[0], data.nested[0].deep[0]]).toEqual([1, 3]);
  });

  it("copies a field when it is read, once", () => {
    let reads = 0;
    const seen = copied({
      big: Object.defineProperty({}, "part", { enumerable: true, get: () => ++reads }),
      small: [1],
    });
    expect([seen.small, reads]).toEqual([[1], 0]);
    expect(seen.big).toBe(seen.big);
    expect(reads).toBe(1);
  });
});
