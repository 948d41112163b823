/** Small sweeps against the sweep of any system: values, derivatives, and where nothing is left. */
import { describe, expect, it } from "vitest";
import type { DualVector } from "../system.js";
import { lane } from "./fixtures.js";
import { Sequences } from "./sequences.js";
import { isSmall, SmallSweep } from "./small-sweep.js";
import { stepTable, uniformizationRate } from "./step-table.js";
import { Sweep } from "./sweep.js";

const never = () => false;

const SYSTEMS = [
  {
    name: "a cycle with a slow way out",
    kind: "continuous",
    size: 3,
    edges: [
      [0, 1, 2],
      [1, 2, 0.3],
      [2, 0, 5],
      [2, 1, 1e-3],
    ],
    exits: [0, 0.01, 0],
    tangents: [
      { weights: [1, 0.3, -2, 0], exits: [0, 0.01, 0] },
      { weights: [0, 1, 0, 1e-3], exits: [0, 0, 0] },
    ],
    initial: [0.25, 0.5, 0],
    initialTangents: [
      [0.1, -0.1, 0],
      [0, 0, 0],
    ],
  },
  {
    name: "a line that empties",
    kind: "continuous",
    size: 2,
    edges: [[0, 1, 8]],
    exits: [0, 8],
    tangents: [
      { weights: [1], exits: [0, 1] },
      { weights: [0], exits: [0, 3] },
    ],
    initial: [1, 0],
    initialTangents: [
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: "steps",
    kind: "discrete",
    size: 2,
    edges: [
      [0, 0, 0.9],
      [0, 1, 0.05],
      [1, 0, 0.5],
    ],
    exits: [0.05, 0.5],
    tangents: [
      { weights: [0.1, -0.05, 0], exits: [-0.05, 0] },
      { weights: [0, 0, 0.5], exits: [0, -0.5] },
    ],
    initial: [1, 0],
    initialTangents: [
      [0, 0],
      [0, 0],
    ],
  },
] as const;

describe("small sweeps", () => {
  it.each(SYSTEMS)("of $name give what sweeps give", (fixture) => {
    const { system, tangents, initial } = lane({ ...fixture });
    const table = stepTable(system, tangents, uniformizationRate(system));
    expect(isSmall(table)).toBe(true);
    const columns: DualVector[] = [
      { value: system.exits, tangents: tangents.map(({ exits }) => exits) },
      {
        value: Float64Array.from({ length: system.size }, () => 1),
        tangents: tangents.map(() => new Float64Array(system.size)),
      },
    ];
    const small = new Sequences(new SmallSweep(table, initial), columns, never, "test");
    const plain = new Sequences(new Sweep(table, initial), columns, never, "test");
    // in parts, as mixtures ask for them
    for (const k of [0, 1, 7, 300, 301, 1500, 4000]) {
      small.extend(k);
      plain.extend(k);
      expect(small.length).toBe(plain.length);
      expect(small.ended).toBe(plain.ended);
    }
    for (let k = 0; k < small.length; k += k < 400 ? 1 : 37) {
      expect(Math.abs(small.survival(k) - plain.survival(k))).toBeLessThanOrEqual(2e-14 * plain.survival(k));
      for (const c of [0, 1]) {
        const value = plain.term(c, k, 0);
        expect(Math.abs(small.term(c, k, 0) - value), `${k}`).toBeLessThanOrEqual(2e-14 * value);
        for (const d of [1, 2]) {
          const [got, wanted] = [small.term(c, k, d), plain.term(c, k, d)];
          expect(Math.abs(got - wanted), `${k}: ${got}, ${wanted}`).toBeLessThanOrEqual(
            1e-12 * (Math.abs(wanted) + value),
          );
        }
      }
    }
    for (const k of [1, 5, 1000]) expect(small.prefix(0, k, 0)).toBeCloseTo(plain.prefix(0, k, 0), 12);
    expect(small.prefix(0, 1000, 0)).toBeGreaterThanOrEqual(small.prefix(0, 5, 0));
  });
});
