/** Many mixtures by nodes against each by itself, on systems of all kinds; derivatives and their pulled-back sums too. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";
import { NODES_ERROR, VARIATION_MAX } from "./by-nodes.js";
import { PANEL_MEAN_MAX, Panels, type Pull, panelAt } from "./panels.js";
import { Sequences } from "./sequences.js";
import { Sweep } from "./sweep.js";
import { Uniformization } from "./uniformization.js";

const panels = new Panels();
const options = { interrupted: () => false, name: "test" };

interface Case {
  readonly system: TransientSystem;
  readonly tangents: readonly SystemTangent[];
  readonly initial: DualVector;
  readonly columns: readonly DualVector[];
}

const rate = (magnitude: number) => fc.double({ min: -magnitude, max: magnitude, noNaN: true }).map((e) => 10 ** e);

/** Cyclic or not, with rates over up to six orders of magnitude, mass at zero, and one direction of everything. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({ size: fc.integer({ min: 1, max: 7 }), magnitude: fc.constantFrom(0.3, 1.5, 3), seed: fc.nat() })
  .chain(({ size, magnitude }) =>
    fc.record({
      size: fc.constant(size),
      pairs: fc.array(
        fc.tuple(fc.nat(size - 1), fc.nat(size - 1), rate(magnitude), fc.double({ min: -1, max: 1, noNaN: true })),
        {
          maxLength: 3 * size,
        },
      ),
      exits: fc.array(fc.option(rate(magnitude), { freq: 2 }), { minLength: size, maxLength: size }),
      initial: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
    }),
  )
  .map(({ size, pairs, exits, initial }) => {
    const edges = pairs.filter(([i, j]) => i !== j).sort((a, b) => a[0] - b[0]);
    const rowStart = new Int32Array(size + 1);
    for (const [from] of edges) rowStart[from + 1]++;
    for (let i = 0; i < size; i++) rowStart[i + 1] += rowStart[i];
    const leaving = Float64Array.from(exits, (x, i) => x ?? (i === 0 ? 0.5 : 0));
    const system: TransientSystem = {
      kind: "continuous",
      size,
      rowStart,
      targets: Int32Array.from(edges, ([, to]) => to),
      weights: Float64Array.from(edges, ([, , w]) => w),
      exits: leaving,
    };
    const change = {
      weights: Float64Array.from(edges, ([, , w, d]) => w * d),
      exits: leaving.map((x, i) => x * (0.3 - 0.1 * i)),
    };
    const total = initial.reduce((a, b) => a + b, 0.1);
    return {
      system,
      tangents: [change],
      initial: {
        value: Float64Array.from(initial, (x) => x / total),
        tangents: [Float64Array.from(initial, (x, i) => (x / total) * (0.2 - 0.05 * i))],
      },
      columns: [
        { value: leaving, tangents: [change.exits] },
        { value: new Float64Array(size).fill(1), tangents: [new Float64Array(size)] },
      ],
    };
  });

/** Crowded, spread out, repeated, next to 0, and far away, as means. */
function means(count: number, scale: number, seed: number): Float64Array {
  let state = seed + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  return Float64Array.from({ length: count }, (_, n) => {
    if (n % 50 === 0) return 10 ** (-9 * next());
    if (n % 50 === 1) return 3.25;
    if (n % 50 === 2) return 2 * PANEL_MEAN_MAX * next();
    return Math.min(-scale * Math.log(1 - next()), PANEL_MEAN_MAX);
  });
}

function compare({ system, tangents, initial, columns }: Case, count: number, scale: number, seed: number): number {
  let byNodes = 0;
  for (const withTangents of [false, true]) {
    const plain = ({ value }: DualVector): DualVector => ({ value, tangents: [] });
    const sweep = new Uniformization(
      system,
      withTangents ? tangents : [],
      withTangents ? initial : plain(initial),
      withTangents ? columns : columns.map(plain),
      options,
    );
    const times = means(count, scale, seed).map((x) => x / sweep.table.rate);
    const arrays = () => ({
      out: new Float64Array(count),
      slopes: withTangents ? [new Float64Array(count)] : [],
    });
    for (const column of [0, 1]) {
      const [got, wanted] = [arrays(), arrays()];
      const pull: Pull = {
        weights: times.map((_, n) => 1 + (n % 3)),
        coefficients: new Float64Array(0),
        answered: new Uint8Array(count),
      };
      sweep.quickly(column, times, got.out, got.slopes, panels, pull);
      sweep.quickly(column, times, wanted.out, wanted.slopes);
      expectLittleVariation(sweep, times, got.out, pull.answered);
      let [pulled, size] = [0, 0];
      for (let n = 0; n < count; n++) {
        const value = got.out[n];
        if (Number.isNaN(value)) {
          expect(wanted.out[n]).toBeNaN();
          continue;
        }
        // what plain doubles do not reach, pairs of doubles do
        const one = Number.isNaN(wanted.out[n]) ? sweep.at(column, times[n]) : undefined;
        const expected = one?.value ?? wanted.out[n];
        const x = sweep.steps(times[n]);
        // plain sums lose as much again
        const most = (NODES_ERROR + 2 ** -53 * 16 * Math.sqrt(x)) * expected;
        expect(Math.abs(value - expected), `${x}: ${value}, ${expected}`).toBeLessThanOrEqual(most);
        byNodes += pull.answered[n];
        if (!withTangents) continue;
        const [slope, expectedSlope] = [got.slopes[0][n], one?.tangents[0] ?? wanted.slopes[0][n]];
        expect(Math.abs(slope - expectedSlope), `${x}`).toBeLessThanOrEqual(
          1e-11 * (Math.abs(expectedSlope) + expected),
        );
        if (pull.answered[n] === 0) continue;
        pulled += (pull.weights[n] * slope) / value;
        size += Math.abs((pull.weights[n] * slope) / value);
      }
      if (!withTangents) continue;
      // Σ_k C_k q̇_k is the derivative of Σ_n weight_n log value_n
      let sum = 0;
      const start = new Sweep(sweep.table, initial);
      const q = new Sequences(start, columns, options.interrupted, "test").terms(column).dense!(
        pull.coefficients.length,
      );
      pull.coefficients.forEach((coefficient, k) => {
        sum += coefficient * (q[1][k] ?? 0);
      });
      expect(Math.abs(sum - pulled)).toBeLessThanOrEqual(1e-12 * size);
    }
  }
  return byNodes;
}

/** What roundings are bounded by: values of one panel that are answered are of one size. */
function expectLittleVariation(
  sweep: Uniformization,
  times: Float64Array,
  values: Float64Array,
  answered: Uint8Array,
): void {
  const most = new Map<number, number>();
  const least = new Map<number, number>();
  times.forEach((time, n) => {
    if (answered[n] === 0) return;
    const panel = panelAt(sweep.steps(time));
    most.set(panel, Math.max(most.get(panel) ?? 0, values[n]));
    least.set(panel, Math.min(least.get(panel) ?? Infinity, values[n]));
  });
  for (const [panel, value] of most) expect(value / least.get(panel)!).toBeLessThan(VARIATION_MAX + 1);
}

describe("mixtures by nodes", () => {
  it("are as good as mixtures, with derivatives", () => {
    let byNodes = 0;
    fc.assert(
      fc.property(
        anyCase,
        fc.constantFrom(1, 9, 20, 300),
        fc.constantFrom(0.5, 5, 40, 400),
        fc.nat(1e6),
        (one, count, scale, seed) => {
          byNodes += compare(one, count, scale, seed);
        },
      ),
      { numRuns: 60 },
    );
    // the test would be none if all went the other way
    expect(byNodes).toBeGreaterThan(10_000);
  });
});
