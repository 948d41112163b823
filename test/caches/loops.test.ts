/** Functions whose results are kept, and loops over evaluators that compile nothing twice. */
import {
  adjointProgram,
  iterate,
  meanVarianceProgram,
  minimize,
  momentsProgram,
  monteCarlo,
  openEngine,
  overEvaluator,
  solveIteratively,
  uniform,
} from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const open = (folder = temporaryFolder("loops"), cache = {}) => openEngine({ cacheDirectory: folder, cache });

/** Calls are counted on an object that the function does not capture by value. */
function counted() {
  const counter = new EventTarget();
  let calls = 0;
  counter.addEventListener("call", () => calls++);
  return { note: () => counter.dispatchEvent(new Event("call")), calls: () => calls };
}

describe("a cached function", () => {
  it("is called once for the same arguments, also by another session, and again for others", async () => {
    const folder = temporaryFolder("cached");
    const ran: number[] = [];
    const slow = (xs: Float64Array, power: number) => ({ sum: xs.reduce((sum, x) => sum + x ** power, 0), xs });
    for (let session = 0; session < 2; session++) {
      const engine = open(folder);
      const f = engine.cached(slow);
      const answer = await f(Float64Array.of(1, 2, 3), 2);
      expect(answer).toEqual({ sum: 14, xs: Float64Array.of(1, 2, 3) });
      ran.push(f.last?.outcome === "hit" ? 0 : 1);
      answer.xs.fill(9);
      expect(await f(Float64Array.of(1, 2, 3), 2)).toEqual({ sum: 14, xs: Float64Array.of(1, 2, 3) });
      expect(f.last).toMatchObject({ outcome: "hit", layer: "memory" });
      expect((await f(Float64Array.of(1, 2, 4), 2)).sum).toBe(21);
      expect(f.last?.outcome).toBe(session === 0 ? "miss" : "hit");
      await engine.close();
    }
    expect(ran).toEqual([1, 0]);
  });

  it("depends on what it captures, on `static`, and on no more of its arguments than `key` says", async () => {
    const engine = open();
    const make = (offset: number, options = {}) => engine.cached((x: number, _: string) => x + offset, options);
    expect([await make(1)(1, "a"), await make(5)(1, "a"), await make(1)(1, "a")]).toEqual([2, 6, 2]);
    const other = make(1, { static: { file: "v2" } });
    await other(1, "a");
    expect(other.last?.outcome).toBe("miss");
    const keyed = make(7, { key: (x: number) => x });
    await keyed(1, "a");
    await keyed(1, "b");
    expect(keyed.last?.outcome).toBe("hit");
    await engine.close();
  });

  it("whose result or rule cannot be kept is called each time, and says why", async () => {
    const engine = open();
    const { note, calls } = counted();
    const impure = engine.cached(() => {
      note();
      return 1;
    });
    await impure();
    await impure();
    expect([calls(), impure.last?.outcome]).toEqual([2, "bypass"]);
    const dated = engine.cached(() => new Date(0));
    expect((await dated()).getTime()).toBe(0);
    expect(dated.last?.reason).toMatch(/Date/);
    const map = engine.cached((n: number) => ({ made: new Set([n]) }));
    expect((await map(3)).made.has(3)).toBe(true);
    expect(map.last).toMatchObject({ outcome: "bypass", reason: "the result.made is a Set" });
    await engine.close();
  });

  it("gives back every plain value as it was", async () => {
    const engine = open();
    const plain = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.double(),
        fc.integer(),
        fc.constantFrom(0, -0, Number.NaN, Infinity, 5e-324, 2 ** 53, 2 ** 60, null, undefined, true, ""),
        fc.string(),
        fc.bigInt(),
        fc.float64Array(),
        fc.uint8Array(),
        fc.int32Array(),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(plain, async (value) => {
        const name = `run ${run++}`;
        const f = engine.cached((_: string) => 0 as unknown, { key: (text: string) => text, static: value });
        // the digest of a value, and the value itself on its way through an entry
        await f(name);
        expect(f.last?.outcome).toBe("miss");
        await f(name);
        expect(f.last?.outcome).toBe("hit");
        const echo = engine.cached((given: unknown) => given, { static: name });
        await echo(value);
        const back = await echo(value);
        expect(echo.last?.outcome).toBe("hit");
        expect(back).toStrictEqual(value);
        expect(Object.is(back, value) || typeof value === "object").toBe(true);
      }),
      { numRuns: 60 },
    );
    await engine.close();
  });

  it("runs once for two calls at once, and lets what it throws through", async () => {
    const engine = open();
    let calls = 0;
    const probe = {
      get calls() {
        return calls;
      },
    };
    const f = engine.cached(
      async (n: number) => {
        if (n < 0) throw new RangeError("negative");
        return n;
      },
      { name: "probe" },
    );
    calls++;
    expect(await Promise.all([f(1), f(1)])).toEqual([1, 1]);
    await expect(f(-1)).rejects.toThrow(RangeError);
    expect(await f(2)).toBe(2);
    expect(probe.calls).toBe(1);
    await engine.close();
  });

  it.each([
    [3, {}, "it is 3"],
    [() => 0, { layre: "memory" }, "did you mean layer?"],
    [() => 0, { layer: "moon" }, "layer must be one of memory, private, shared"],
    [() => 0, { key: "n" }, "key must be a function"],
  ])("is refused: case %#", (f, options, words) => {
    const engine = open();
    expect(() => engine.cached(f as never, options as never)).toThrow(
      expect.objectContaining({ code: "bad-option", message: expect.stringContaining(words) }),
    );
  });
});

describe("loops", () => {
  it("iterate to a fixed point, or say that they did not get there", async () => {
    const cosine = await iterate((x: number) => Math.cos(x), undefined, { warm: 1, tolerance: 1e-14 });
    expect(cosine.converged).toBe(true);
    expect(cosine.state).toBeCloseTo(0.7390851332151607, 12);
    const inPlace = await iterate(
      (x: Float64Array) => x.map((value) => 0.5 * (value + 2 / value)),
      (a, b) => Math.abs(a[0] - b[0]),
      { warm: Float64Array.of(1) },
    );
    expect(inPlace.state[0]).toBeCloseTo(Math.SQRT2, 14);
    expect(await iterate((x: number) => -x, undefined, { warm: 1, maxIterations: 7 })).toMatchObject({
      converged: false,
      iterations: 7,
    });
    const aborted = new AbortController();
    const endless = iterate((x: number) => x + 1, undefined, {
      warm: 0,
      maxIterations: 1e9,
      signal: aborted.signal,
      onProgress: ({ iteration }) => iteration === 5 && aborted.abort(),
    });
    await expect(endless).rejects.toMatchObject({ code: "interrupted" });
  });

  it("match two moments by Newton's method without compiling again", async () => {
    const engine = open();
    const handle = await engine
      .defineModel({
        name: "two-stages",
        parameters: ["a", "b"],
        initial: () => [2],
        transitions: ([k], { a, b }) => (k === 2 ? [{ to: [1], rate: a }] : k === 1 ? [{ to: [0], rate: b }] : []),
      })
      .build();
    const values = overEvaluator(handle.evaluator(meanVarianceProgram("continuous")));
    const before = values.compilations;
    // mean 1/a + 1/b = 5 and variance 1/a² + 1/b² = 17 at a = 1, b = 1/4
    const solved = await solveIteratively(
      {
        values: (x, out) => {
          const [mean, variance] = values.at(x);
          out.set([mean - 5, variance - 17]);
        },
        jacobian: ([a, b], out) => out.set([-1 / a ** 2, -1 / b ** 2, -2 / a ** 3, -2 / b ** 3]),
      },
      { warm: [2, 0.1] },
    );
    expect(solved.converged).toBe(true);
    expect([...solved.x].sort()).toEqual([expect.closeTo(0.25, 9), expect.closeTo(1, 9)]);
    expect(values.compilations - before).toBe(1);
    await engine.close();
  });

  it("find minima of random convex functions", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.double({ min: 0.1, max: 50, noNaN: true }), fc.double({ min: 0.05, max: 20, noNaN: true })),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        async (terms) => {
          // Σ w (log x − log c)², whose minimum is c
          const objective = (x: Float64Array, gradient: Float64Array): number => {
            let sum = 0;
            terms.forEach(([w, c], i) => {
              const difference = Math.log(x[i] / c);
              sum += w * difference ** 2;
              gradient[i] = (2 * w * difference) / x[i];
            });
            return sum;
          };
          const found = await minimize(objective, { warm: terms.map(() => 1) });
          expect(found.converged).toBe(true);
          for (const [i, [, c]] of terms.entries()) expect(found.x[i] / c).toBeCloseTo(1, 6);
        },
      ),
      { numRuns: 40 },
    );
    const banana = await minimize(
      ([x, y], gradient) => {
        gradient.set([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]);
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
      },
      { warm: [-1.2, 1], positive: false },
    );
    expect([...banana.x]).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
  });

  it("maximise a likelihood over evaluators, where the maximum is known", async () => {
    const engine = open();
    const handle = await engine.families.erlang.build({ k: 3 });
    const mean = overEvaluator(handle.evaluator(momentsProgram("continuous", 1)));
    const slope = overEvaluator(handle.evaluator(adjointProgram(momentsProgram("continuous", 1))));
    // (mean(rate) − 2)²: the rate of three stages with mean 2 is 1.5
    const found = await minimize(
      (x, gradient) => {
        const difference = mean.at(x)[0] - 2;
        gradient[0] = 2 * difference * slope.at(x)[0];
        return difference ** 2;
      },
      { warm: [7] },
    );
    expect(found.x[0]).toBeCloseTo(1.5, 4);
    expect([mean.compilations, slope.compilations].every((count) => count <= 1)).toBe(true);
    expect(found.evaluations).toBeGreaterThan(5);
    await engine.close();
  });

  it("sample means with honest errors, the same in any batch", async () => {
    const draw = (random: Parameters<typeof uniform>[0], out: Float64Array): void => {
      out[0] = uniform(random);
      out[1] = out[0] ** 2;
    };
    const [one, other] = [
      await monteCarlo(draw, { replicates: 20_000, width: 2 }),
      await monteCarlo(draw, { replicates: 20_000, width: 2, batch: 7 }),
    ];
    expect(other.means).toEqual(one.means);
    expect(Math.abs(one.means[0] - 1 / 2)).toBeLessThan(4 * one.standardErrors[0]);
    expect(Math.abs(one.means[1] - 1 / 3)).toBeLessThan(4 * one.standardErrors[1]);
    expect(one.standardErrors[0]).toBeCloseTo(Math.sqrt(1 / 12 / 20_000), 4);
    const engine = open();
    const handle = await engine.families.erlang.build({ k: 2 });
    // E 2/rate with rate uniform on (1, 2) is 2 log 2
    const over = await monteCarlo(
      {
        evaluator: handle.evaluator(momentsProgram("continuous", 1)),
        draw: (random, theta) => {
          theta[0] = 1 + uniform(random);
        },
      },
      { replicates: 5000, batch: 300 },
    );
    expect(Math.abs(over.means[0] - 2 * Math.LN2)).toBeLessThan(4 * over.standardErrors[0]);
    await engine.close();
  });

  it("measure what the caches are worth", async () => {
    const engine = open();
    const table = await engine.benchmarkCache({
      rabbits: async (own) => (await own.families["two-island"].build()).vertices,
    });
    expect(table.rows).toHaveLength(1);
    const [{ withoutMs, coldMs, warmMs, speedUp }] = table.rows;
    expect([withoutMs, coldMs, warmMs].every((ms) => ms > 0)).toBe(true);
    expect(speedUp).toBeCloseTo(withoutMs / warmMs, 9);
    expect(String(table)).toMatch(/^rabbits: without [\d.]+ ms, cold/);
    await expect(engine.benchmarkCache({ none: 3 } as never)).rejects.toMatchObject({ code: "bad-jobs" });
    await engine.close();
  });
});
