/** Arrays that grow: what is in them after growing, cutting and taking. */
import { expect, it } from "vitest";
import { GrowableFloats, GrowableInts } from "./growable.js";

it.each([
  ["integers", () => new GrowableInts()],
  ["floats", () => new GrowableFloats()],
] as const)("%s", (_, make) => {
  const list = make();
  for (let i = 0; i < 5000; i++) list.push(i);
  expect([list.length, list.at(0), list.at(4999)]).toEqual([5000, 0, 4999]);
  list.reserve(100_000);
  expect(list.values.length).toBeGreaterThanOrEqual(105_000);
  expect(list.at(4999)).toBe(4999);
  list.length = 3;
  const copy = list.toArray();
  const taken = list.take();
  expect([list.length, Array.from(copy), Array.from(taken)]).toEqual([0, [0, 1, 2], [0, 1, 2]]);
  list.push(7);
  expect([list.at(0), taken[0]]).toEqual([7, 0]);
});
