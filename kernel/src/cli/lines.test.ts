/** Lines come out the same however the bytes arrive. */
import { expect, it } from "vitest";
import { readLines } from "./lines.js";

async function linesOf(...chunks: Buffer[]): Promise<string[]> {
  async function* stream() {
    yield* chunks;
  }
  const found: string[] = [];
  for await (const { text, number } of readLines(stream())) {
    expect(number).toBe(found.length + 1);
    found.push(text);
  }
  return found;
}

it("cuts at line feeds only, wherever the chunks end", async () => {
  const text = 'first\n\n{"a":"\u2028é𝛼"}\r\nlast';
  const whole = ["first", "", '{"a":"\u2028é𝛼"}\r', "last"];
  const bytes = Buffer.from(text);
  expect(await linesOf(bytes)).toEqual(whole);
  for (let at = 0; at <= bytes.length; at++)
    expect(await linesOf(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
  expect(await linesOf(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
});

it("needs no line feed at the end, and finds no line in nothing", async () => {
  expect(await linesOf(Buffer.from("a\n"))).toEqual(["a"]);
  expect(await linesOf(Buffer.from("a"))).toEqual(["a"]);
  expect(await linesOf()).toEqual([]);
  expect(await linesOf(Buffer.alloc(0))).toEqual([]);
});
