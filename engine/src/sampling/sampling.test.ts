/**
 * Samples against exact distributions. Largest distances between empirical and exact distribution functions are held below
 * the bound that a right implementation exceeds with probability 1e-10 (`massart`), so a failure is a mistake, not luck;
 * the seeds are fixed, so it is also always the same one.
 */
import { describe, expect, it } from "vitest";
import {
  chainOf,
  coalescent,
  distance,
  type Edge,
  erlang,
  exponentialCdf,
  massart,
  mean,
  N,
  of,
  samplerOf,
} from "../../../test/support/chains.js";
import type { Chain } from "../graph/chain.js";
import { NO_VERTEX } from "./chain.js";
import { samplePaths, sampleRewards, sampleTimes } from "./draw.js";
import { stopChain } from "./stop.js";

describe("absorption times", () => {
  it("of Erlang chains, long ones too", () => {
    for (const k of [1, 5, 40]) {
      const chain = chainOf(
        "continuous",
        k + 1,
        Array.from({ length: k }, (_, v): Edge => [v, v + 1, 3]),
      );
      const { times, ends } = sampleTimes(samplerOf(chain), of(k));
      expect(distance(times, erlang(k, 3))).toBeLessThan(massart(N));
      expect(ends.every((v) => v === k)).toBe(true);
    }
  });

  it("of a hyperexponential start with a defect and an absorbing start", () => {
    const chain = chainOf(
      "continuous",
      3,
      [
        [0, 2, 1],
        [1, 2, 20],
      ],
      [
        [0, 0.3],
        [1, 0.4],
        [2, 0.1],
      ],
    );
    const { times, ends } = sampleTimes(samplerOf(chain), of(11));
    const [slow, fast] = [exponentialCdf(1), exponentialCdf(20)];
    expect(distance(times, (t) => (t < 0 ? 0 : 0.3 + 0.3 * slow(t) + 0.4 * fast(t)))).toBeLessThan(massart(N));
    // Hoeffding: a share of n independent cases is off by more with probability below 1e-10.
    const share = ends.reduce((sum, v) => sum + (v === NO_VERTEX ? 1 : 0), 0) / N;
    expect(Math.abs(share - 0.2)).toBeLessThan(massart(N));
    expect(times.every((t, i) => ends[i] !== NO_VERTEX || t === 0)).toBe(true);
  });

  it("keep the ratios of jumps in a cyclic chain", () => {
    // Both vertices leave for good at rate 1, so the time is Exp(1); P(end in 3) = h₀ = ⅔ h₁ with h₁ = ¼ + ¾ h₀.
    const chain = chainOf("continuous", 4, [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 3],
      [1, 3, 1],
    ]);
    const { times, ends } = sampleTimes(samplerOf(chain), of(5, 400_000));
    expect(distance(times, exponentialCdf(1))).toBeLessThan(massart(times.length));
    const share = ends.reduce((sum, v) => sum + (v === 3 ? 1 : 0), 0) / ends.length;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(massart(ends.length));
  });
});

describe("discrete chains", () => {
  const negativeBinomial = (p: number): Chain =>
    chainOf("discrete", 3, [
      [0, 0, 1 - p],
      [0, 1, p],
      [1, 1, 1 - p],
      [1, 2, p],
    ]);

  it.each([0.3, 1, 1e-7])("count steps, self-loops included, at p = %s", (p) => {
    const { times } = sampleTimes(samplerOf(negativeBinomial(p)), of(21));
    expect(times.every((n) => Number.isInteger(n) && n >= 2)).toBe(true);
    // P(N > n) = q^n + n p q^{n−1}
    const cdf = (n: number): number => {
      const k = Math.floor(n + 1e-12);
      if (k < 2) return 0;
      const power = Math.exp((k - 1) * Math.log1p(-p));
      return 1 - power * (1 - p) - k * p * power;
    };
    expect(distance(times, cdf)).toBeLessThan(massart(N));
  });

  it("end in no vertex where a row leaks", () => {
    const chain = chainOf("discrete", 3, [
      [0, 0, 0.5],
      [0, 1, 0.25],
      [1, 2, 0.5],
    ]);
    const { times, ends } = sampleTimes(samplerOf(chain), of(22));
    const leaked = ends.reduce((sum, v) => sum + (v === NO_VERTEX ? 1 : 0), 0) / N;
    expect(Math.abs(leaked - 0.75)).toBeLessThan(massart(N));
    expect(new Set(ends)).toEqual(new Set([NO_VERTEX, 2]));
    expect(Math.abs(mean(times) - 2.5)).toBeLessThan(6.5 * Math.sqrt((2 + 0.25) / N));
  });

  it("may end by a leak alone, and no more where they are stopped", () => {
    const chain = chainOf("discrete", 3, [
      [0, 0, 0.25],
      [0, 1, 0.25],
      [1, 1, 0.5],
    ]);
    const { times, ends } = sampleTimes(samplerOf(chain), of(24));
    expect(ends.every((v) => v === NO_VERTEX)).toBe(true);
    expect(Math.abs(mean(times) - 2)).toBeLessThan(6.5 * Math.sqrt(3 / N));
    const stopped = sampleTimes(samplerOf(stopChain(chain, [1])), of(24));
    expect(distance(stopped.times, (n) => 1 - 0.25 ** Math.floor(n + 1e-12))).toBeLessThan(massart(N));
    const share = stopped.ends.reduce((sum, v) => sum + (v === 1 ? 1 : 0), 0) / N;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(massart(N));
  });

  it("earn a reward at every step, the self-loop's too", () => {
    const { rewards, times } = sampleRewards(
      samplerOf(negativeBinomial(0.3)),
      [Float64Array.of(1, 1, 5, 2, 0, 5)],
      of(23),
    );
    const both = Array.from(times, (_, i) => rewards[2 * i]);
    expect(both).toEqual([...times]);
    const geometric = Float64Array.from(times, (_, i) => rewards[2 * i + 1] / 2);
    expect(distance(geometric, (n) => 1 - 0.7 ** Math.floor(n + 1e-12))).toBeLessThan(massart(N));
  });
});

describe("rewards", () => {
  it("of one path are drawn together: height and length of a genealogy", () => {
    const n = 5;
    const lineages = [5, 4, 3, 2, 0];
    const { times, rewards } = sampleRewards(
      samplerOf(coalescent(n)),
      [Float64Array.from([1, 1, 1, 1, 0, ...lineages])],
      of(31),
    );
    const heights = times.map((_, i) => rewards[2 * i]);
    const lengths = times.map((_, i) => rewards[2 * i + 1]);
    expect(heights.every((height, i) => Math.abs(height - times[i]) < 1e-12 * times[i])).toBe(true);
    // The total length is the largest of n − 1 exponentials of rate 1/2.
    expect(distance(lengths, (t) => (1 - Math.exp(-t / 2)) ** (n - 1))).toBeLessThan(massart(N));
    // Cov = Σ k/λ_k²; 6.5 deviations of a mean have probability 8e-11.
    const products = times.map((_, i) => (heights[i] - 1.6) * (lengths[i] - 25 / 6));
    const exact = [2, 3, 4, 5].reduce((sum, k) => sum + k / ((k * (k - 1)) / 2) ** 2, 0);
    const deviation = Math.sqrt(mean(products.map((x) => (x - exact) ** 2)) / N);
    expect(Math.abs(mean(products) - exact)).toBeLessThan(6.5 * deviation);
  });

  it("refuse matrices of another shape", () => {
    expect(() => sampleRewards(samplerOf(coalescent(3)), [new Float64Array(4)], of(1, 1))).toThrow(
      expect.objectContaining({ code: "bad-rewards" }),
    );
  });
});

describe("paths", () => {
  const chain = chainOf("continuous", 4, [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 3],
    [1, 3, 1],
  ]);

  it("hold every vertex entered, when, and the end; they are the samples that the times came from", () => {
    const { start, vertices, times } = samplePaths(samplerOf(chain), of(41));
    const absorbed = sampleTimes(samplerOf(chain), of(41));
    const from = new Float64Array(4);
    let forward = 0;
    for (let i = 0; i < N; i++) {
      const last = start[i + 1] - 1;
      const agrees = times[start[i]] === 0 && times[last] === absorbed.times[i] && vertices[last] === absorbed.ends[i];
      if (!agrees) expect.unreachable(`path ${i} is not sample ${i}`);
      for (let k = start[i]; k + 1 < start[i + 1]; k++) {
        const edges = chain.targets.subarray(chain.rowStart[vertices[k]], chain.rowStart[vertices[k] + 1]);
        if (!edges.includes(vertices[k + 1]) || !(times[k + 1] > times[k])) expect.unreachable("no such jump");
        from[vertices[k]]++;
        if (vertices[k] === 0 && vertices[k + 1] === 1) forward++;
      }
    }
    expect(Math.abs(forward / from[0] - 2 / 3)).toBeLessThan(massart(N));
    expect(Math.abs(from[0] / N - 2)).toBeLessThan(6.5 * Math.sqrt(2 / N));
  });

  it("in discrete time hold a stay of several steps once", () => {
    const loop = chainOf("discrete", 2, [
      [0, 0, 0.9],
      [0, 1, 0.1],
    ]);
    const { start, vertices, times } = samplePaths(samplerOf(loop), of(42, 50));
    expect([...start]).toEqual(Array.from({ length: 51 }, (_, i) => 2 * i));
    expect(vertices.every((v, k) => v === k % 2)).toBe(true);
    expect(Math.max(...times)).toBeGreaterThan(1);
  });
});

describe("samples", () => {
  it("are the same in whatever batches and order they are drawn", () => {
    const chain = coalescent(6);
    const whole = sampleTimes(samplerOf(chain), of(81, 1000));
    const parts = [700, 0, 250, 251, 999].map((first, k) =>
      sampleTimes(samplerOf(chain), { seed: 81, first, count: [299, 250, 1, 449, 1][k] }),
    );
    const joined = [parts[1], parts[2], parts[3], parts[0], parts[4]].flatMap(({ times }) => [...times]);
    expect(joined).toEqual([...whole.times]);
    expect(sampleTimes(samplerOf(chain), of(82, 1000)).times[0]).not.toBe(whole.times[0]);
  });

  it("are refused where a vertex that is reached cannot reach absorption, and where numbers are no rates", () => {
    const trap = (rate: number): Chain =>
      chainOf("continuous", 4, [
        [0, 1, rate],
        [0, 3, 1],
        [1, 2, 1],
        [2, 1, 1],
      ]);
    expect(() => samplerOf(trap(1))).toThrow(expect.objectContaining({ code: "no-absorption" }));
    expect(sampleTimes(samplerOf(trap(0)), of(1, 10)).ends.every((v) => v === 3)).toBe(true);
    expect(() => samplerOf(trap(-1))).toThrow(expect.objectContaining({ code: "bad-chain" }));
    const half = { ...chainOf("discrete", 2, [[0, 1, 0.5]]), leak: new Float64Array(2) };
    expect(() => samplerOf(half)).toThrow("sum to 0.5");
    expect(() => samplerOf({ ...half, leak: Float64Array.of(0.5, 1) })).toThrow("the leak of vertex 1 is 1");
    expect(() => samplerOf({ ...coalescent(3), defect: 0.5 })).toThrow("sum to 1.5");
    for (const draw of [of(1, -1), of(1, 1.5), { seed: 1, count: 1, first: -1 }])
      expect(() => sampleTimes(samplerOf(coalescent(3)), draw)).toThrow(expect.objectContaining({ code: "bad-draw" }));
  });

  it("stop when the user wants it", () => {
    let asked = 0;
    const draw = { seed: 1, count: 1e6, interrupted: () => ++asked === 3 };
    expect(() => sampleTimes(samplerOf(coalescent(5)), draw)).toThrow(
      expect.objectContaining({ code: "interrupted", message: "Interrupted while sampling times." }),
    );
  });
});
