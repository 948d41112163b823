/** What a refusal must be: an `InputError` with a stable code and one sentence with the action, the thing and the state. */
import { expect } from "vitest";

export type Case = readonly [name: string, call: () => unknown, code: string, words: string];

export async function expectRefused(call: () => unknown, code: string, words: string): Promise<void> {
  const error = await (async () => call())().then(
    (value) => ({ name: "answered", code: String(value), message: "" }),
    (thrown) => thrown,
  );
  expect([error.name, error.code, error.message]).toEqual(["InputError", code, expect.stringContaining(words)]);
  expect(error.message).toMatch(/^Cannot [a-z].*[^.]\.$/su);
  expect(error.message).not.toMatch(/is not a function|cannot read properties|\[object Object\]/iu);
}
