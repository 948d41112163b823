/** Rows and occupancies end their sweep early; every entry, however small, must still be that of the whole sum. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { twoProduct } from "../../../base/two-double.js";
import { calm, type Lane, lane } from "./fixtures.js";
import { poissonWeights } from "./poisson.js";
import { uniformizationRate } from "./step-table.js";
import { Uniformization } from "./uniformization.js";

/** Σ_k w_k a_k over every weight that a double can hold, w_k Poisson or what is left of it, over Λ; by a matrix in full. */
function wholeSums({ system, initial }: Lane, time: number): { row: Float64Array; occupancy: Float64Array } {
  const { size, rowStart, targets, weights, exits } = system;
  const rate = uniformizationRate(system);
  const { low, weights: poisson } = poissonWeights(twoProduct(rate, time));
  const [row, occupancy] = [new Float64Array(size), new Float64Array(size)];
  const left = new Float64Array(low + poisson.length + 1);
  for (let k = left.length - 2; k >= 0; k--) left[k] = left[k + 1] + (k + 1 >= low ? (poisson[k + 1 - low] ?? 0) : 0);
  let a = initial.value;
  for (let k = 0; k < low + poisson.length; k++) {
    const next = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      row[i] += k < low ? 0 : poisson[k - low] * a[i];
      occupancy[i] += (left[k] * a[i]) / rate;
      let all = exits[i];
      for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
        next[targets[e]] += (a[i] * weights[e]) / rate;
        all += weights[e];
      }
      next[i] += a[i] * (1 - all / rate);
    }
    a = next;
  }
  return { row, occupancy };
}

/** Both sum some hundreds of steps of a few terms each. */
const SAME = 1e-12;

function expectWhole(of: Lane, time: number): void {
  const engine = new Uniformization(of.system, [], of.initial, of.columns, calm);
  const want = wholeSums(of, time);
  for (const [got, wanted] of [
    [engine.row(time)!.value, want.row],
    [engine.occupancy(time)!.value, want.occupancy],
    [engine.rows([time / 2, time])[1]!.value, want.row],
    [engine.occupancies([time, time / 2])[0]!.value, want.occupancy],
  ])
    wanted.forEach((value, i) => {
      expect(Math.abs(got[i] - value), `entry ${i}: ${got[i]} and ${value}`).toBeLessThanOrEqual(SAME * value);
    });
}

describe("rows and occupancies", () => {
  it("hold what arrives last in a long chain of fast and slow states", () => {
    const size = 60;
    const rates = Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 8 : 1));
    const edges = rates.slice(1).map((_, i): [number, number, number] => [i, i + 1, rates[i]]);
    const exits = rates.map((rate, i) => (i === size - 1 ? rate : 0));
    for (const time of [1e-17, 0.1, 2, 30]) expectWhole(lane({ kind: "continuous", size, edges, exits }), time);
  });

  it("hold a state that almost nothing leads to and that hardly anything leaves", () => {
    const edges: [number, number, number][] = [
      [0, 1, 30],
      [1, 0, 30],
      [1, 2, 1e-30],
      [2, 3, 1e-3],
    ];
    expectWhole(lane({ kind: "continuous", size: 4, edges, exits: [1, 0, 1e-4, 5] }), 6);
  });

  it("are whole on random models", () => {
    const weight = fc.double({ min: 1e-3, max: 10, noNaN: true });
    const node = fc.nat({ max: 11 });
    const edge = fc.tuple(node, node, weight).filter(([i, j]) => i !== j);
    const edges = fc.uniqueArray(edge, { minLength: 4, maxLength: 40, selector: ([i, j]) => 12 * i + j });
    fc.assert(
      fc.property(edges, fc.array(weight, { minLength: 12, maxLength: 12 }), weight, (all, exits, time) => {
        expectWhole(lane({ kind: "continuous", size: 12, edges: all, exits }), time);
      }),
      { numRuns: 60 },
    );
  });

  it("of one time come from one sweep, which ends when nothing can change", () => {
    const { system, initial, columns } = lane({ kind: "continuous", size: 2, edges: [[0, 1, 1]], exits: [0, 400] });
    let polls = 0;
    const options = {
      ...calm,
      interrupted: () => {
        polls++;
        return false;
      },
    };
    const engine = new Uniformization(system, [], initial, columns, options);
    const [row, occupancy] = [engine.row(5), engine.occupancy(5)];
    expect(polls).toBe(1);
    expect(row!.value[0]).toBeCloseTo(Math.exp(-5), 13);
    expect(occupancy!.value[0]).toBeCloseTo(1 - Math.exp(-5), 13);
  });
});
