/** Small sweeps in WebAssembly against plain ones: every bit of every step, with derivatives, scaling, and where there is no memory. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DualVector, SystemTangent, TransientSystem } from "../../reference/system.js";
import { Sequences } from "../../reference/time/sequences.js";
import { isSmall, SmallSweep } from "../../reference/time/small-sweep.js";
import { stepTable, uniformizationRate } from "../../reference/time/step-table.js";
import { openWasmHost, type WasmHost } from "../host.js";
import { compileSweeps, openWasmSweeps } from "./service.js";
import { openSmallSweeps } from "./small.js";
import { WorkMemory } from "./work-memory.js";

const never = () => false;
const host = openWasmHost(1);

interface Case {
  readonly system: TransientSystem;
  readonly tangents: readonly SystemTangent[];
  readonly initial: DualVector;
  readonly columns: readonly DualVector[];
}

/** Cyclic or not, with rates over orders of magnitude, so that some empty in a few steps and some hardly move; up to three directions. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    size: fc.integer({ min: 1, max: 8 }),
    directions: fc.integer({ min: 0, max: 3 }),
    magnitude: fc.constantFrom(0.2, 1, 4),
    seed: fc.nat(),
    acyclic: fc.boolean(),
  })
  .map(({ size, directions, magnitude, seed, acyclic }) => {
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const rate = (): number => 10 ** (magnitude * (2 * next() - 1));
    const edges: [number, number][] = [];
    for (let i = 0; i < size; i++)
      for (let j = acyclic ? i + 1 : 0; j < size; j++) if (i !== j && next() < 0.4) edges.push([i, j]);
    const rowStart = new Int32Array(size + 1);
    for (const [from] of edges) rowStart[from + 1]++;
    for (let i = 0; i < size; i++) rowStart[i + 1] += rowStart[i];
    const exits = Float64Array.from({ length: size }, (_, i) => (i === size - 1 || next() < 0.3 ? rate() : 0));
    const weights = Float64Array.from(edges, rate);
    const signed = (x: number): number => x * (next() - 0.5);
    const each = <T>(make: () => T): T[] => Array.from({ length: directions }, make);
    const changes = each(() => ({ weights: weights.map(signed), exits: exits.map(signed) }));
    const value = Float64Array.from({ length: size }, next);
    return {
      system: { kind: "continuous", size, rowStart, targets: Int32Array.from(edges, ([, to]) => to), weights, exits },
      tangents: changes,
      initial: { value, tangents: each(() => value.map(signed)) },
      columns: [
        { value: exits, tangents: changes.map((change) => change.exits) },
        { value: new Float64Array(size).fill(1), tangents: each(() => new Float64Array(size)) },
        { value: Float64Array.from({ length: size }, next), tangents: each(() => value.map(signed)) },
      ],
    };
  });

/** All that comes out of so many steps, in two parts, as bytes. */
function terms({ system, tangents, initial, columns }: Case, by: WasmHost | undefined, steps: number): Buffer {
  const sweeps = by && openWasmSweeps(by, compileSweeps, false, openSmallSweeps(new WorkMemory(by)));
  const table = stepTable(sweeps ? { ...system, sweeps } : system, tangents, uniformizationRate(system));
  expect(isSmall(table)).toBe(true);
  const sequences = new Sequences(new SmallSweep(table, initial), columns, never, "test");
  sequences.extend(Math.floor(steps / 3));
  sequences.extend(steps);
  const numbers: number[] = [sequences.length, Number(sequences.ended)];
  for (let k = 0; k < sequences.length; k++) {
    numbers.push(sequences.survival(k));
    for (let c = 0; c < columns.length; c++)
      for (let d = 0; d <= tangents.length; d++) numbers.push(sequences.term(c, k, d));
  }
  return Buffer.from(Float64Array.from(numbers).buffer);
}

describe("small sweeps in WebAssembly", () => {
  it("have every bit of the plain ones, until nothing is left and past where pairs of doubles begin", () => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(40, 400, 1500, 6000), (one, steps) => {
        expect(terms(one, host, steps).equals(terms(one, undefined, steps))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("go on in plain JavaScript where there is no memory", () => {
    const [one] = fc.sample(anyCase, { numRuns: 1, seed: 3 });
    const refusing: WasmHost = {
      ...host,
      memory: () => {
        throw new RangeError("could not allocate memory");
      },
    };
    expect(terms(one, refusing, 500).equals(terms(one, undefined, 500))).toBe(true);
  });
});
