/** Inversion of transforms known in closed form, and as a forced method. */
import { describe, expect, it } from "vitest";
import { calm, lane } from "./fixtures.js";
import { euler } from "./inversion.js";
import { openDistribution } from "./open.js";

const RATE = 3;
/** Erlang(2): density 9 t e^{−3t}, transform (3/(z + 3))². */
function erlang(re: number, im: number): readonly [number, number] {
  const norm = (re + RATE) ** 2 + im ** 2;
  const [a, b] = [(RATE * (re + RATE)) / norm, (-RATE * im) / norm];
  return [a * a - b * b, 2 * a * b];
}

describe("Euler's algorithm", () => {
  it.each([0.1, 1, 2])("finds the density of an Erlang(2) at %f", (t) => {
    const want = RATE * RATE * t * Math.exp(-RATE * t);
    expect(Math.abs(euler(erlang, t, 17) - want)).toBeLessThanOrEqual(1e-8);
    expect(Math.abs(euler(erlang, t, 8) - want)).toBeGreaterThan(1e-9);
  });
});

describe("inversion as a method", () => {
  const { system, initial, columns } = lane({ kind: "continuous", size: 2, edges: [[0, 1, RATE]], exits: [0, RATE] });
  const options = { ...calm, method: "inversion" as const, laplace: erlang };

  it("answers within the error that it states", () => {
    const engine = openDistribution(system, [], initial, columns, options);
    const sweeps = openDistribution(system, [], initial, columns, { ...calm, method: "uniformization" });
    for (const time of [0.1, 1, 2]) {
      const want = sweeps.at(0, time)?.value ?? Number.NaN;
      expect(engine.method(time)).toBe("inversion");
      expect(engine.errorBound(time)).toBeLessThan(1e-6);
      expect(engine.errorBound(time)).toBeGreaterThan(0);
      expect(Math.abs((engine.at(0, time)?.value ?? Number.NaN) - want)).toBeLessThanOrEqual(
        engine.errorBound(time) * want,
      );
      const whole = sweeps.accumulated(0, time)?.value ?? Number.NaN;
      expect(Math.abs((engine.accumulated(0, time)?.value ?? Number.NaN) - whole)).toBeLessThanOrEqual(1e-7);
    }
  });

  it("has nothing to say without a transform, at 0 or about derivatives", () => {
    const { laplace: _, ...without } = options;
    expect(openDistribution(system, [], initial, columns, without).at(0, 1)).toBeUndefined();
    expect(openDistribution(system, [], initial, columns, options).at(0, 0)).toBeUndefined();
    expect(openDistribution(system, [], initial, columns, options).row(1)).toBeUndefined();
    const still = { weights: new Float64Array(1), exits: new Float64Array(2) };
    const dual = { value: initial.value, tangents: [new Float64Array(2)] };
    const column = { value: system.exits, tangents: [new Float64Array(2)] };
    expect(openDistribution(system, [still], dual, [column], options).at(0, 1)).toBeUndefined();
  });
});
