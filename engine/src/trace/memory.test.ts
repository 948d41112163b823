/** Elimination that would need too much memory is refused with a sentence, before it is tried to the end. */
import { expect, it } from "vitest";
import { buildTrace, ENTRY_BYTES } from "./build.js";

/** A grid of k × k states, each leading to its neighbours; fill grows faster than the edges. */
function grid(k: number) {
  const rowStart = [0];
  const targets: number[] = [];
  for (let v = 0; v < k * k; v++) {
    const [x, y] = [v % k, Math.floor(v / k)];
    const row = [
      ...(y > 0 ? [v - k] : []),
      ...(x > 0 ? [v - 1] : []),
      ...(x < k - 1 ? [v + 1] : []),
      ...(y < k - 1 ? [v + k] : []),
    ];
    targets.push(...row);
    rowStart.push(targets.length);
  }
  return { vertexCount: k * k, rowStart: Int32Array.from(rowStart), targets: Int32Array.from(targets) };
}

it("says how far it came and what to do", () => {
  const pattern = grid(30);
  const { lower, upper } = buildTrace(pattern, () => false);
  const enough = ENTRY_BYTES * (lower.length + upper.length);
  expect(() => buildTrace(pattern, () => false, enough)).not.toThrow();
  expect(() => buildTrace(pattern, () => false, enough / 2)).toThrow(
    /Cannot eliminate 900 states .*; choose smaller inputs, or build with a larger maxBytes/,
  );
});
