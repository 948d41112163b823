/**
 * Samples against exact distributions. Largest distances between empirical and exact distribution functions are held below
 * the bound that a right implementation exceeds with probability 1e-10 (`massart`), so a failure is a mistake, not luck;
 * the seeds are fixed, so it is also always the same one.
 */
import { describe, expect, it } from "vitest";
import type { Chain } from "./chain.js";
import { NO_VERTEX } from "./chain.js";
import { conditionChain } from "./condition.js";
import { samplePaths, sampleRewards, sampleTimes } from "./draw.js";
import { createSampler } from "./sampler.js";
import { stopChain } from "./stop.js";

type Edge = readonly [from: number, to: number, weight: number];

function chainOf(
  kind: Chain["kind"],
  vertexCount: number,
  edges: readonly Edge[],
  initial: readonly (readonly [number, number])[] = [[0, 1]],
): Chain {
  const rowStart = new Int32Array(vertexCount + 1);
  const sums = new Float64Array(vertexCount);
  for (const [from, , weight] of edges) {
    rowStart[from + 1]++;
    sums[from] += weight;
  }
  for (let v = 0; v < vertexCount; v++) rowStart[v + 1] += rowStart[v];
  const sorted = [...edges].sort((a, b) => a[0] - b[0]);
  return {
    kind,
    vertexCount,
    rowStart,
    targets: Int32Array.from(sorted, ([, to]) => to),
    weights: Float64Array.from(sorted, ([, , weight]) => weight),
    leak: Float64Array.from(sums, (sum) => (kind === "discrete" && sum > 0 && sum < 1 - 1e-12 ? 1 - sum : 0)),
    initialVertices: Int32Array.from(initial, ([v]) => v),
    initialProbabilities: Float64Array.from(initial, ([, p]) => p),
    defect: Math.max(0, 1 - initial.reduce((sum, [, p]) => sum + p, 0)),
  };
}
const samplerOf = (chain: Chain) => createSampler([{ start: 0, chain }]);

const massart = (n: number): number => Math.sqrt(Math.log(2e10) / (2 * n));

/** Largest distance from the exact distribution function, also where either of them jumps. */
function distance(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let worst = 0;
  for (let i = 0, j = 0; i < sorted.length; i = j) {
    while (j < sorted.length && sorted[j] === sorted[i]) j++;
    const below = cdf(sorted[i] - 1e-9 * Math.max(1, Math.abs(sorted[i])));
    worst = Math.max(worst, Math.abs(cdf(sorted[i]) - j / sorted.length), Math.abs(below - i / sorted.length));
  }
  return worst;
}

/** 1 − e^{−λt} Σ_{j<k} (λt)^j / j! */
function erlang(k: number, rate: number): (t: number) => number {
  return (t) => {
    let term = Math.exp(-rate * t);
    let tail = 0;
    for (let j = 0; j < k; j++) {
      tail += term;
      term *= (rate * t) / (j + 1);
    }
    return 1 - tail;
  };
}
const exponentialCdf = (rate: number) => erlang(1, rate);
/** Sum of two exponentials of different rates. */
const hypo = (a: number, b: number) => (t: number) => 1 - (b * Math.exp(-a * t) - a * Math.exp(-b * t)) / (b - a);

const N = 50_000;
const of = (seed: number, count = N) => ({ seed, count });
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Lineages n … 2 by vertex 0 … n − 2, absorbed in vertex n − 1. */
const coalescent = (n: number): Chain =>
  chainOf(
    "continuous",
    n,
    Array.from({ length: n - 1 }, (_, v): Edge => [v, v + 1, ((n - v) * (n - v - 1)) / 2]),
  );

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
