/** What becomes of values of a cell in a widget's state. */
import { expect, it } from "vitest";
import { wireState } from "./wire.js";

class Other {
  readonly id = "abc";
}
const wire = (state: Record<string, unknown>) => wireState(state, (value) => value instanceof Other);

it("makes JSON with bytes of everything, and copies", () => {
  const numbers = new Float64Array([1]);
  const made = wire({
    ...{ a: 1n, b: Number.NaN, c: undefined, d: () => 0, e: new Date(0), f: null },
    list: [undefined, new Other(), { deep: new Uint8Array([1, 2, 3]).subarray(1) }],
    numbers,
    raw: new ArrayBuffer(2),
  });
  numbers[0] = 2;
  expect(made).toEqual({
    ...{ a: "1", b: null, e: "1970-01-01T00:00:00.000Z", f: null },
    list: [null, "IPY_MODEL_abc", { deep: Uint8Array.of(2, 3) }],
    numbers: new Uint8Array(new Float64Array([1]).buffer),
    raw: new Uint8Array(2),
  });
});
