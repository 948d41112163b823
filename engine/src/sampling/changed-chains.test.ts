/**
 * Chains that stop, are conditioned, or change with time. Largest distances between empirical and exact distribution functions are held below
 * the bound that a right implementation exceeds with probability 1e-10 (`massart`), so a failure is a mistake, not luck;
 * the seeds are fixed, so it is also always the same one.
 */
import { describe, expect, it } from "vitest";
import {
  chainOf,
  coalescent,
  distance,
  type Edge,
  exponentialCdf,
  hypo,
  massart,
  mean,
  N,
  of,
  samplerOf,
} from "../../../test/support/chains.js";
import type { Chain } from "../graph/chain.js";
import { conditionChain } from "./condition.js";
import { samplePaths, sampleRewards, sampleTimes } from "./draw.js";
import { createSampler } from "./sampler.js";
import { stopChain } from "./stop.js";

describe("stops", () => {
  it("end a sample at the first vertex of the set", () => {
    const chain = coalescent(5);
    const { times, ends } = sampleTimes(samplerOf(stopChain(chain, [2, 3])), of(51));
    expect(ends.every((v) => v === 2)).toBe(true);
    expect(distance(times, hypo(10, 6))).toBeLessThan(massart(N));
    const at = sampleTimes(samplerOf(stopChain(chain, [0])), of(51, 3));
    expect([[...at.times], [...at.ends]]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(() => stopChain(chain, [5])).toThrow(expect.objectContaining({ code: "bad-vertex" }));
  });
});

describe("conditioned on the end", () => {
  // Two stages, each with an exit into A = 2; only the second leads to B = 3.
  const [a, b, c, d] = [1, 2, 0.5, 4];
  const chain = chainOf(
    "continuous",
    4,
    [
      [0, 2, a],
      [0, 1, b],
      [1, 2, c],
      [1, 3, d],
    ],
    [[0, 0.9]],
  );
  const intoB = d / (c + d);
  const straight = a / (a + b);

  it("times are those of the samples that end there", () => {
    const toB = conditionChain(chain, Float64Array.of((b / (a + b)) * intoB, intoB, 0, 1));
    const given = sampleTimes(samplerOf(toB), of(61));
    expect(given.ends.every((v) => v === 3)).toBe(true);
    expect(distance(given.times, hypo(a + b, c + d))).toBeLessThan(massart(N));

    const h0 = straight + (1 - straight) * (1 - intoB);
    const toA = sampleTimes(samplerOf(conditionChain(chain, Float64Array.of(h0, 1 - intoB, 1, 0))), of(62));
    expect(toA.ends.every((v) => v === 2)).toBe(true);
    const [one, two] = [exponentialCdf(a + b), hypo(a + b, c + d)];
    const exact = (t: number) => (straight * one(t) + (h0 - straight) * two(t)) / h0;
    expect(distance(toA.times, exact)).toBeLessThan(massart(N));
  });

  it("walks that must reach the top avoid the bottom", () => {
    // Symmetric walk on 0 … 5 from 1, discrete, with a pause of 1/2: h_i = i/5; given the top, E[N] = 2·(25 − 1)/3.
    const edges = [1, 2, 3, 4].flatMap((i): Edge[] => [
      [i, i - 1, 0.25],
      [i, i, 0.5],
      [i, i + 1, 0.25],
    ]);
    const walkers = conditionChain(
      chainOf("discrete", 6, edges, [[1, 1]]),
      Float64Array.from({ length: 6 }, (_, i) => i / 5),
    );
    const { start, vertices, times } = samplePaths(samplerOf(walkers), of(63));
    expect(vertices.includes(0)).toBe(false);
    const steps = Float64Array.from({ length: N }, (_, i) => times[start[i + 1] - 1]);
    const deviation = Math.sqrt(mean(steps.map((n) => (n - 16) ** 2)) / N);
    expect(Math.abs(mean(steps) - 16)).toBeLessThan(6.5 * deviation);
  });

  it("keep the start in proportion, and refuse what is no such probability", () => {
    const two = chainOf(
      "continuous",
      4,
      [
        [0, 2, 1],
        [0, 3, 1],
        [1, 2, 3],
        [1, 3, 1],
      ],
      [
        [0, 0.5],
        [1, 0.25],
        [3, 0.25],
      ],
    );
    const given = conditionChain(two, Float64Array.of(0.5, 0.25, 0, 1));
    expect([...given.initialProbabilities].map((p) => p.toFixed(12))).toEqual(
      [4 / 9, 1 / 9, 4 / 9].map((p) => p.toFixed(12)),
    );
    for (const h of [
      [0.5, 0.3, 0, 1],
      [0.5, 0.25, 0, 0.5],
      [0, 0, 0, 0],
      [1, 1, 1],
    ])
      expect(() => conditionChain(two, Float64Array.from(h))).toThrow(
        expect.objectContaining({ code: "bad-condition" }),
      );
  });
});

describe("epochs", () => {
  const stage = (rate: number): Chain => chainOf("continuous", 2, [[0, 1, rate]]);
  const bottleneck = createSampler([
    { start: 0, chain: stage(0.5) },
    { start: 1, chain: stage(0) },
    { start: 1.5, chain: stage(3) },
  ]);
  const hazard = (t: number): number => 0.5 * Math.min(t, 1) + 3 * Math.max(0, t - 1.5);

  it("change the rates where they start, exactly", () => {
    const { times } = sampleTimes(bottleneck, of(71));
    expect(distance(times, (t) => -Math.expm1(-hazard(t)))).toBeLessThan(massart(N));
    expect(times.some((t) => t > 1 && t < 1.5)).toBe(false);
  });

  it("weigh rewards by epoch, and leave paths in one piece", () => {
    const { times, rewards } = sampleRewards(
      bottleneck,
      [Float64Array.of(2, 0), Float64Array.of(0, 0), Float64Array.of(1, 0)],
      of(71),
    );
    const exact = times.map((t) => 2 * Math.min(t, 1) + Math.max(0, t - 1.5));
    expect(rewards.every((y, i) => Math.abs(y - exact[i]) < 1e-12)).toBe(true);
    const paths = samplePaths(bottleneck, of(71, 1000));
    expect([...paths.start]).toEqual(Array.from({ length: 1001 }, (_, i) => 2 * i));
    expect(paths.times.filter((_, k) => k % 2 === 1)).toEqual(times.slice(0, 1000));
  });

  it("change jumps as well as rates, in a chain of several vertices", () => {
    // Two stages; before 0.7 only the first moves on. T = 0.7 + Exp(5) when the second is entered before, else Exp sums.
    const pair = (first: number, second: number): Chain =>
      chainOf("continuous", 3, [
        [0, 1, first],
        [1, 2, second],
      ]);
    const sampler = createSampler([
      { start: 0, chain: pair(2, 0) },
      { start: 0.7, chain: pair(1, 5) },
    ]);
    const early = -Math.expm1(-1.4);
    const [short, long] = [exponentialCdf(5), hypo(1, 5)];
    const { times } = sampleTimes(sampler, of(72));
    const cdf = (t: number) => (t < 0.7 ? 0 : early * short(t - 0.7) + (1 - early) * long(t - 0.7));
    expect(distance(times, cdf)).toBeLessThan(massart(N));
  });

  it("of discrete chains start at a step", () => {
    const coin = (p: number): Chain =>
      chainOf("discrete", 2, [
        [0, 0, 1 - p],
        [0, 1, p],
      ]);
    const sampler = createSampler([
      { start: 0, chain: coin(0.1) },
      { start: 3, chain: coin(0.6) },
    ]);
    const { times } = sampleTimes(sampler, of(73));
    const cdf = (n: number): number => {
      const k = Math.floor(n + 1e-12);
      return k <= 0 ? 0 : 1 - 0.9 ** Math.min(k, 3) * 0.4 ** Math.max(0, k - 3);
    };
    expect(distance(times, cdf)).toBeLessThan(massart(N));
  });

  it("may hold a trap that they are too short to reach", () => {
    // Vertex 2 is two steps away and cannot be left after the first epoch.
    const row = (stay: number, on: number, out: number): Chain =>
      chainOf("discrete", 4, [
        [0, 1, 1],
        [1, 2, on],
        [1, 3, 1 - on],
        [2, 2, stay],
        [2, 3, out],
      ]);
    const sampler = (start: number) =>
      createSampler([
        { start: 0, chain: row(0.5, 0.5, 0.5) },
        { start, chain: row(1, 0, 0) },
      ]);
    expect([...sampleTimes(sampler(1), of(74, 5)).times]).toEqual([2, 2, 2, 2, 2]);
    expect(() => sampler(2)).toThrow(expect.objectContaining({ code: "no-absorption" }));
  });

  it.each([
    ["no epoch", [], "bad-epochs"],
    ["a late first", [{ start: 1, chain: stage(1) }], "bad-epochs"],
    [
      "descending starts",
      [
        { start: 0, chain: stage(1) },
        { start: 0, chain: stage(2) },
      ],
      "bad-epochs",
    ],
    [
      "other edges",
      [
        { start: 0, chain: stage(1) },
        { start: 1, chain: coalescent(3) },
      ],
      "bad-epochs",
    ],
    [
      "another kind of time",
      [
        { start: 0, chain: stage(1) },
        { start: 1, chain: chainOf("discrete", 2, [[0, 1, 1]]) },
      ],
      "bad-epochs",
    ],
    [
      "a last epoch without absorption",
      [
        { start: 0, chain: stage(1) },
        { start: 1, chain: stage(0) },
      ],
      "no-absorption",
    ],
  ])("refuse %s", (_, epochs, code) => {
    expect(() => createSampler(epochs)).toThrow(expect.objectContaining({ code }));
  });
});
