/** Solves with derivatives: one solver for many right-hand sides, against the closed form of two states. */
import { expect, it } from "vitest";
import { buildTrace } from "../../trace/build.js";
import { DualSolver, solveDual } from "./dual.js";

/** 0 → 1 at u, 1 → 0 at v, 1 → absorbed at w; derivatives by u and by w. */
const [u, v, w] = [2, 3, 5];
const pattern = { vertexCount: 3, rowStart: Int32Array.of(0, 1, 3, 3), targets: Int32Array.of(1, 0, 2) };
const trace = buildTrace(pattern as Parameters<typeof buildTrace>[0], () => false);
const zero = new Float64Array(2);
const system = { edges: Float64Array.of(u, v, w), leaks: zero };
const tangents = [
  { edges: Float64Array.of(1, 0, 0), leaks: zero },
  { edges: Float64Array.of(0, 0, 1), leaks: zero },
];
const place = (values: readonly number[]): Float64Array => {
  const to = new Float64Array(2);
  values.forEach((x, vertex) => {
    to[trace.rank[vertex]] = x;
  });
  return to;
};
const plain = (b: readonly number[]) => ({ value: place(b), tangents: [zero, zero] });

/** U = [[u, −u], [−v, v + w]]⁻¹ = [[v + w, u], [v, u]]/(u w). */
const green = (row: number, column: number): readonly [value: number, byU: number, byW: number] =>
  [
    [(v + w) / (u * w), -(v + w) / (u * u * w), -v / (u * w * w)],
    [1 / w, 0, -1 / (w * w)],
    [v / (u * w), -v / (u * u * w), -v / (u * w * w)],
    [1 / w, 0, -1 / (w * w)],
  ][2 * row + column] as [number, number, number];

it("one solver serves columns and rows, in any order", () => {
  const solver = new DualSolver(trace, pattern, system, tangents);
  for (const transposed of [false, true, false])
    for (const vertex of [0, 1]) {
      const b = plain([0, 1].map((i) => (i === vertex ? 1 : 0)));
      const found = solver.solve(b, transposed);
      expect(found).toEqual(solveDual(trace, pattern, system, tangents, b, transposed));
      for (const other of [0, 1]) {
        const want = transposed ? green(vertex, other) : green(other, vertex);
        [found.value, ...found.tangents].forEach((x, k) => {
          expect(x[trace.rank[other]]).toBeCloseTo(want[k], 15);
        });
      }
    }
});
