/** Rows of a step sum to 1 (of its derivatives to 0) far below a rounding, as refined steps need. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, productError, sum } from "../../../base/two-double.js";
import { lane } from "./fixtures.js";
import { type StepMatrix, stepTable, uniformizationRate } from "./step-table.js";

const rate = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const slope = fc.double({ min: -1, max: 1, noNaN: true });

/** What row 0, two edges and an exit, is off its whole. */
function excess(matrix: StepMatrix, exit: number, uniform: number, whole: number): number {
  const { moves, moveRests, stays, fineStayRests, exitMoves } = matrix;
  const exitRest = (exit - exitMoves[0] * uniform - productError(exitMoves[0], uniform)) / uniform;
  const rounded = sum([-whole, stays[0], moves[0], moves[1], exitMoves[0]]);
  return Math.abs(add(rounded, sum([fineStayRests[0], moveRests[0], moveRests[1], exitRest]))[0]);
}

describe("stepTable", () => {
  it("loses nothing of a row", () => {
    fc.assert(
      fc.property(rate, rate, rate, slope, slope, slope, (a, b, exit, da, db, dexit) => {
        const { system } = lane({
          kind: "continuous",
          size: 3,
          edges: [
            [0, 1, a],
            [0, 2, b],
          ],
          exits: [exit, 1, 1],
        });
        const tangent = { weights: Float64Array.of(da, db), exits: Float64Array.of(dexit, 0, 0) };
        const uniform = uniformizationRate(system);
        const table = stepTable(system, [tangent], uniform);
        expect(excess(table.value, exit, uniform, 1)).toBeLessThanOrEqual(2 ** -98);
        expect(excess(table.tangents[0], dexit, uniform, 0)).toBeLessThanOrEqual(2 ** -98 / uniform);
      }),
    );
  });

  it("takes Λ from the next quarter of a power of two, and 1 for systems that rest", () => {
    const one = (w: number) => lane({ kind: "continuous", size: 1, edges: [], exits: [w] }).system;
    expect([1, 3, 4.5, 0].map((w) => uniformizationRate(one(w)))).toEqual([1, 2 ** 1.75, 2 ** 2.25, 1]);
    const step = lane({ kind: "discrete", size: 1, edges: [[0, 0, 0.5]], exits: [0.5] }).system;
    expect(uniformizationRate(step)).toBe(1);
  });

  it("shares out what a discrete row lacks to 1", () => {
    const { system } = lane({
      kind: "discrete",
      size: 2,
      edges: [
        [0, 0, 0.1],
        [0, 1, 0.7],
        [1, 1, 0.9],
      ],
      exits: [0.2, 0.1],
    });
    const { value } = stepTable(system, [], 1);
    const row = sum([0.1, 0.7, 0.2, -1]);
    expect(Math.abs(add(row, sum(value.moveRests.subarray(0, 2)))[0])).toBeLessThanOrEqual(2 ** -100);
  });
});
