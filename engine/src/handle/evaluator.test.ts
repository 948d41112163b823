/** Programs that callers run for themselves: for models of their kind only, with options that are checked. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../engine.js";
import { adjointProgram } from "../program/adjoint.js";
import { momentsProgram } from "../program/build.js";
import { meanVarianceProgram } from "../program/covariance.js";

const engine = openEngine({ environment: { SOJOURN_CACHE_DIR: "/nonexistent" } });
const coalescent = await engine.families.coalescent.build({ n: 5 }, { cache: false });

describe("evaluator", () => {
  it("runs programs of the model's kind", () => {
    const evaluator = coalescent.evaluator(meanVarianceProgram("continuous"), { lanes: 2, threads: 1 });
    const [values, status] = [new Float64Array(2), new Uint8Array(1)];
    evaluator.evaluateInto(Float64Array.of(1), {}, values, status);
    // 2 (1 − 1/5), and Σ (2 / (k (k − 1)))²
    expect(values[0]).toBeCloseTo(1.6, 14);
    expect(values[1]).toBeCloseTo(
      [1, 3, 6, 10].reduce((sum, rate) => sum + 1 / rate ** 2, 0),
      14,
    );
  });

  it("is compiled for as many θ side by side as the engine is told", async () => {
    const compiled = async (shapes?: readonly (2 | 4 | 8)[]): Promise<readonly string[]> => {
      const directory = mkdtempSync(join(tmpdir(), "sojourn-shapes-"));
      const own = openEngine({
        environment: {},
        cacheDirectory: directory,
        cache: { minCompileMs: 0, ...(shapes && { shapes }) },
      });
      const handle = await own.families.coalescent.build({ n: 6 });
      for (const batch of [1, 2, 3, 9]) await handle.mean(Array.from({ length: batch }, (_, i) => [i + 1]));
      const { entries } = await own.cache.list({ kinds: ["evaluator"] });
      const found = await Promise.all(entries.map(({ key }) => own.cache.show(key)));
      await own.close();
      return found.map(({ details }) => details.shape).sort();
    };
    expect(await compiled()).toEqual(["2 lanes", "4 lanes"]);
    expect(await compiled([4])).toEqual(["4 lanes"]);
    expect(await compiled([8, 2])).toEqual(["2 lanes", "8 lanes"]);
  });

  it("refuses programs of the other kind, and kinds that are none", () => {
    const wrong = expect.objectContaining({ code: "wrong-kind" });
    expect(() => coalescent.evaluator(meanVarianceProgram("discrete"))).toThrow(wrong);
    expect(() => coalescent.evaluator(adjointProgram(momentsProgram("discrete", 1)))).toThrow(wrong);
    const none = expect.objectContaining({ code: "bad-program" });
    expect(() => meanVarianceProgram("continous" as never)).toThrow(none);
    expect(() => momentsProgram(undefined as never, 1)).toThrow(none);
  });

  it.each([[{ lanes: 1 }], [{ lanes: 1e12 }], [{ threads: 0 }], [{ threads: "x" }], [{ lane: 4 }]])(
    "refuses the options %o",
    (options) => {
      expect(() => coalescent.evaluator(momentsProgram("continuous", 1), options as never)).toThrow(
        expect.objectContaining({ code: "bad-option" }),
      );
    },
  );
});
