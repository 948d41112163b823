/** Stages of sweeps: against one sweep over everything, and where leaving states out would be wrong. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TransientSystem } from "../system.js";
import { Cascade, hasStages } from "./cascade.js";
import { Uniformization } from "./uniformization.js";

type Edges = readonly (readonly [number, number, number])[];

function systemOf(size: number, edges: Edges, exits: readonly number[]): TransientSystem {
  const sorted = [...edges].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const rowStart = new Int32Array(size + 1);
  for (const [from] of sorted) rowStart[from + 1]++;
  for (let i = 0; i < size; i++) rowStart[i + 1] += rowStart[i];
  return {
    kind: "continuous",
    size,
    rowStart,
    targets: Int32Array.from(sorted, ([, to]) => to),
    weights: Float64Array.from(sorted, ([, , w]) => w),
    exits: Float64Array.from(exits),
  };
}

const options = { interrupted: () => false, name: "test" };

function both(system: TransientSystem, start: number): { cascade: Cascade; sweep: Uniformization } {
  const initial = new Float64Array(system.size);
  initial[start] = 1;
  const columns = [system.exits, new Float64Array(system.size).fill(1)];
  const plain = (value: Float64Array) => ({ value, tangents: [] });
  return {
    cascade: new Cascade(system, initial, columns, options),
    sweep: new Uniformization(system, [], plain(initial), columns.map(plain), options),
  };
}

/** n lineages: state k has k + 2 of them. */
function coalescent(n: number): TransientSystem {
  const size = n - 1;
  const rate = (k: number): number => ((k + 2) * (k + 1)) / 2;
  return systemOf(
    size,
    Array.from({ length: size - 1 }, (_, k) => [k + 1, k, rate(k + 1)] as const),
    Array.from({ length: size }, (_, k) => (k === 0 ? 1 : 0)),
  );
}

function expectSame(cascade: Cascade, sweep: Uniformization, times: readonly number[]): void {
  for (const time of times)
    for (const column of [0, 1]) {
      const [got, wanted] = [cascade.at(column, time)!.value, sweep.at(column, time)!.value];
      const allowed = (cascade.errorBound(time) + sweep.errorBound(time)) * wanted;
      expect(Math.abs(got - wanted), `column ${column} at ${time}: ${got}, ${wanted}`).toBeLessThanOrEqual(allowed);
      const [sum, whole] = [cascade.accumulated(column, time)!.value, sweep.accumulated(column, time)!.value];
      expect(Math.abs(sum - whole)).toBeLessThanOrEqual(allowed + 1e-12 * whole);
    }
}

describe("stages", () => {
  it("are for models without cycles whose rates differ", () => {
    expect(hasStages(coalescent(5))).toBe(true);
    expect(hasStages(systemOf(2, [[1, 0, 1]], [1, 0]))).toBe(false);
    expect(
      hasStages(
        systemOf(
          2,
          [
            [1, 0, 9],
            [0, 1, 1],
          ],
          [1, 0],
        ),
      ),
    ).toBe(false);
    expect(hasStages({ ...coalescent(5), kind: "discrete" })).toBe(false);
  });

  it("give what one sweep gives, from the first instant far into the tail", () => {
    const { cascade, sweep } = both(coalescent(40), 38);
    expectSame(cascade, sweep, [1e-3, 0.05, 0.3, 1, 2, 3.7, 9, 20, 60, 150]);
  });

  it("keep a state that next to no mass reaches when it lasts longest", () => {
    // from 2 to 1, which lasts 1/40, or once in 1e30 to 0, which lasts 10
    const system = systemOf(
      3,
      [
        [2, 1, 200],
        [2, 0, 200e-30],
      ],
      [0.1, 40, 0],
    );
    const { cascade, sweep } = both(system, 2);
    expectSame(cascade, sweep, [0.5, 1, 1.7, 1.8, 2, 5, 40]);
    // at 5 only the slow state is left: 1e-30 · e^{−0.5}, but for the 200 / 199.9 that it was entered early
    expect(cascade.at(1, 5)!.value / (1e-30 * Math.exp(-0.5) * (200 / 199.9))).toBeCloseTo(1, 9);
  });

  it("keep a fast state that earns what the others do not", () => {
    // all density at early times is that of the fast state
    const system = systemOf(2, [[1, 0, 100]], [1e-9, 100]);
    const { cascade, sweep } = both(system, 1);
    expectSame(cascade, sweep, [0.01, 0.1, 0.2, 0.3, 0.6, 2, 10]);
  });

  it("give what one sweep gives on random models", () => {
    const rate = fc.oneof(
      fc.constant(0),
      fc.double({ min: -2, max: 3, noNaN: true }).map((e) => 10 ** e),
    );
    const model = fc.integer({ min: 2, max: 7 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        rates: fc.array(rate, { minLength: size * size, maxLength: size * size }),
        exits: fc.array(rate, { minLength: size, maxLength: size }),
        down: fc.array(fc.double({ min: -2, max: 3, noNaN: true }), { minLength: size, maxLength: size }),
      }),
    );
    fc.assert(
      fc.property(model, ({ size, rates, exits, down }) => {
        const edges = Array.from(
          { length: size * size },
          (_, k) => [Math.floor(k / size), k % size, rates[k]] as const,
        );
        const system = systemOf(
          size,
          [
            ...edges.filter(([from, to, w]) => to < from - 1 && w > 0),
            ...Array.from({ length: size - 1 }, (_, k) => [k + 1, k, 10 ** down[k + 1]] as const),
          ],
          exits.map((exit, k) => (k === 0 ? 10 ** down[0] : exit)),
        );
        if (!hasStages(system)) return;
        const { cascade, sweep } = both(system, size - 1);
        expectSame(cascade, sweep, [0.01, 0.1, 0.4, 1, 3, 10, 30]);
      }),
      { numRuns: 60, seed: 20261121 },
    );
  });
});
