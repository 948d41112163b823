/** Every method against values of 160-digit arithmetic, and against each other. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../../base/errors.js";
import type { Dual, Engine, Method } from "./distribution.js";
import { calm, type Fixture, lane } from "./fixtures.js";
import { openDistribution } from "./open.js";
import { QuasiStationary } from "./quasi-stationary.js";
import { Squaring } from "./squaring.js";
import { Uniformization } from "./uniformization.js";

const REFERENCES: readonly Fixture[] = JSON.parse(
  readFileSync(new URL("references.json", import.meta.url), "utf8"),
).cases;

/** What the methods reach on the fixtures is ten times better. */
const VALUE_TOLERANCE = 3e-13;
/** Of the larger of the derivative and the value over θ. */
const TANGENT_TOLERANCE = 3e-12;

const ENGINES = { Uniformization, QuasiStationary, Squaring };

function expectClose(got: Dual | undefined, want: readonly number[], theta: readonly number[], where: string): void {
  if (got === undefined) throw new Error(`${where}: no answer`);
  expect(Math.abs(got.value - want[0]), where).toBeLessThanOrEqual(VALUE_TOLERANCE * Math.abs(want[0]));
  got.tangents.forEach((g, d) => {
    const scale = Math.max(Math.abs(want[1 + d]), Math.abs(want[0] / theta[d]));
    expect(Math.abs(g - want[1 + d]), `${where}, direction ${d}`).toBeLessThanOrEqual(TANGENT_TOLERANCE * scale);
  });
}

/** Number of values compared. */
function compare(engine: Engine, fixture: Fixture, within: (time: number) => boolean): number {
  let compared = 0;
  fixture.times.forEach((time, t) => {
    if (!within(time)) return;
    fixture.columns.forEach((_, c) => {
      const where = `${fixture.name} at ${time}, column ${c}`;
      expectClose(engine.at(c, time), fixture.at[t][c], fixture.theta, where);
      expectClose(engine.accumulated(c, time), fixture.accumulated[t][c], fixture.theta, `${where}, accumulated`);
      compared += 2;
    });
  });
  return compared;
}

describe.each(REFERENCES)("$name", (fixture) => {
  const { system, tangents, initial, columns } = lane(fixture);
  const make = (name: keyof typeof ENGINES) => new ENGINES[name](system, tangents, initial, columns, calm);

  it("is right by sweeps up to 1e6 steps", () => {
    const engine = make("Uniformization");
    expect(compare(engine, fixture, (time) => engine.steps(time) < 1e6)).toBeGreaterThan(0);
  });

  it("is right by squaring at every time", () => {
    expect(compare(make("Squaring"), fixture, () => true)).toBe(4 * fixture.times.length);
  });

  it("is right by the quasi-stationary tail wherever that answers", () => {
    const engine = make("QuasiStationary");
    compare(engine, fixture, (time) => engine.reaches(time));
  });

  it("is right by the chosen method at every time", () => {
    const engine = openDistribution(system, tangents, initial, columns, calm);
    expect(compare(engine, fixture, () => true)).toBe(4 * fixture.times.length);
  });

  it("stays within its error bounds, and those are small", () => {
    const engine = openDistribution(system, tangents, initial, columns, calm);
    fixture.times.forEach((time, t) => {
      const bound = engine.errorBound(time);
      expect(bound).toBeLessThan(3e-12);
      fixture.columns.forEach((_, c) => {
        const want = fixture.at[t][c][0];
        // a bound of 1e-15 does not cover the rounding of the reference itself
        expect(Math.abs((engine.at(c, time)?.value ?? Number.NaN) - want)).toBeLessThanOrEqual((bound + 3e-16) * want);
      });
    });
  });

  it("has rows and occupancies that give the same by products with columns", () => {
    const engine = openDistribution(system, tangents, initial, columns, calm);
    const rows = engine.rows(fixture.times);
    const occupancies = engine.occupancies(fixture.times);
    fixture.times.forEach((time, t) => {
      for (const [vector, want] of [
        [rows[t], engine.at(1, time)],
        [occupancies[t], engine.accumulated(1, time)],
      ] as const) {
        if (vector === undefined || want === undefined) throw new Error(`no answer at ${time}`);
        const product = (x: Float64Array, q: Float64Array) => x.reduce((sum, v, i) => sum + v * q[i], 0);
        const column = columns[1];
        expect(Math.abs(product(vector.value, column.value) - want.value)).toBeLessThanOrEqual(3e-13 * want.value);
        want.tangents.forEach((g, d) => {
          const got = product(vector.tangents[d], column.value) + product(vector.value, column.tangents[d]);
          const scale = Math.max(Math.abs(g), want.value / fixture.theta[d]);
          expect(Math.abs(got - g)).toBeLessThanOrEqual(TANGENT_TOLERANCE * scale);
        });
      }
    });
  });
});

describe("the quasi-stationary tail", () => {
  it("answers where a sweep would take 1e14 steps", () => {
    const fixture = REFERENCES[1];
    const { system, tangents, initial, columns } = lane(fixture);
    const engine = new QuasiStationary(system, tangents, initial, columns, calm);
    expect(engine.reaches(3e7)).toBe(true);
  });

  it("does not take one of two slowly exchanging clusters for the whole", () => {
    const fixture = REFERENCES[2];
    const { system, tangents, initial, columns } = lane(fixture);
    const engine = new QuasiStationary(system, tangents, initial, columns, calm);
    expect(engine.reaches(1e6)).toBe(false);
  });
});

describe("two populations that fail at different, tiny rates", () => {
  const { system, initial, columns } = lane({
    kind: "continuous",
    size: 4,
    edges: [
      [0, 1, 1],
      [1, 0, 1],
      [2, 3, 1],
      [3, 2, 1],
    ],
    exits: [1e-18, 1e-18, 3e-18, 3e-18],
    initial: [0.25, 0.25, 0.25, 0.25],
  });

  it("are told apart when the horizon is long enough", () => {
    const engine = new QuasiStationary(system, [], initial, columns, calm);
    expect(engine.reaches(2e4)).toBe(true);
    expect(engine.reaches(1e14)).toBe(false);
    // and are no matter for squaring; two exponentials
    const time = 1e18;
    const want = 0.5e-18 * Math.exp(-1) + 1.5e-18 * Math.exp(-3);
    const got = openDistribution(system, [], initial, columns, calm).at(0, time)?.value ?? Number.NaN;
    expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-13 * want);
  });
});

describe("two populations that fail at the same rate, of which one is a parameter", () => {
  const still = [[0, 0, 0, 0]];
  const both = {
    kind: "continuous" as const,
    size: 4,
    edges: [
      [0, 1, 1],
      [1, 0, 1],
      [2, 3, 1],
      [3, 2, 1],
    ] as const,
    exits: [1e-6, 1e-6, 1e-6, 1e-6],
    initial: [0.25, 0.25, 0.25, 0.25],
    tangents: [{ weights: [0, 0, 0, 0], exits: [1, 1, 0, 0] }],
    initialTangents: still,
    columns: [{ value: [1, 1, 0, 0], tangents: still }],
  };

  it("are geometric at once, but for their derivatives", () => {
    const { system, tangents, initial, columns } = lane(both);
    const plain = { value: initial.value, tangents: [] };
    expect(new QuasiStationary(system, [], plain, [], calm).reaches(1e6)).toBe(true);
    expect(new QuasiStationary(system, tangents, initial, columns, calm).reaches(1e6)).toBe(false);
    const time = 1e6;
    const got = openDistribution(system, tangents, initial, columns, calm).at(0, time);
    expect(got?.value).toBeCloseTo(0.5 * Math.exp(-1), 14);
    expect((got?.tangents[0] ?? Number.NaN) / time).toBeCloseTo(-0.5 * Math.exp(-1), 14);
  });
});

describe("edges of time", () => {
  const { system, tangents, initial, columns } = lane(REFERENCES[1]);
  it.each(["uniformization", "squaring"] as const)(
    "holds α at 0 and everything absorbed at infinity by %s",
    (method) => {
      const engine = openDistribution(system, tangents, initial, columns, { ...calm, method });
      expect(engine.row(0)).toEqual(initial);
      expect(engine.at(0, 0)?.value).toBe(initial.value[0] * system.exits[0] + initial.value[2] * system.exits[2]);
      expect(engine.accumulated(1, 0)?.value).toBe(0);
      expect(engine.at(1, Infinity)?.value).toBe(0);
      // 1 − defect; derivative 2 of the initial mass is 0.25
      const absorbed = engine.accumulated(0, Infinity);
      expect(absorbed?.value).toBeCloseTo(0.875, 14);
      expect(absorbed?.tangents[1]).toBeCloseTo(0.25, 14);
    },
  );

  it("knows a system that starts absorbed", () => {
    const size = system.size;
    const none = { value: new Float64Array(size), tangents: [] };
    const plain = columns.map(({ value }) => ({ value, tangents: [] }));
    for (const method of ["uniformization", "squaring", "auto"] as const) {
      const engine = openDistribution(system, [], none, plain, { ...calm, method });
      expect([0, 1e-3, 1e9, Infinity].map((time) => engine.at(0, time)?.value)).toEqual([0, 0, 0, 0]);
      expect(engine.accumulated(0, 1e9)?.value).toBe(0);
    }
  });

  it("answers undefined where no method reaches", () => {
    // a chain of 500 states, too many to square, too slow to mix, too long to sweep
    const edges = Array.from({ length: 499 }, (_, i) => [i, i + 1, i === 0 ? 1e9 : 1e-6] as const);
    const chain = lane({ kind: "continuous", size: 500, edges, exits: [...Array<number>(499).fill(0), 1] });
    const engine = openDistribution(chain.system, [], chain.initial, chain.columns, calm);
    expect(engine.at(0, 1e6)).toBeUndefined();
    expect(engine.errorBound(1e6)).toBe(Infinity);
  });
});

describe("choice and interrupts", () => {
  const fixture = REFERENCES[1];
  const { system, tangents, initial, columns } = lane(fixture);

  it("picks by cost alone, whatever was asked before", () => {
    const times = [1e-9, 1e-6, 1e-3, 1, 1e6];
    const fresh = times.map((time) => openDistribution(system, tangents, initial, columns, calm).method(time));
    const engine = openDistribution(system, tangents, initial, columns, calm);
    expect(
      [...times]
        .reverse()
        .map((time) => engine.method(time))
        .reverse(),
    ).toEqual(fresh);
    expect(fresh[0]).toBe<Method>("uniformization");
    expect(fresh[4]).toBe<Method>("squaring");
  });

  it.each(["uniformization", "squaring"] as const)("stops %s when interrupted", (method) => {
    const engine = openDistribution(system, tangents, initial, columns, { ...calm, method, interrupted: () => true });
    // a sweep, and the search for a quasi-stationary tail
    expect(() => engine.at(0, 1e-3)).toThrow(InterruptedError);
    expect(() => engine.at(0, 1)).toThrow(InterruptedError);
  });
});
