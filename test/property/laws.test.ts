/** Laws that tie quantities to each other: sums, integrals, limits, and models put in a row. */
import { type Matrices, openEngine } from "@sojourn/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussLegendre } from "../support/integrals.js";
import { type RandomModel, randomModel } from "../support/models.js";
import {
  allQuestions,
  ask,
  discreteDocument,
  endedDocument,
  expectNumbers,
  expectSame,
  startOf,
} from "../support/quantities.js";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("laws") });
const RUNS = { numRuns: 8 };
const documents = [
  ["continuous", endedDocument],
  ["discrete", discreteDocument],
] as const;

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe.each(documents)("probabilities of a %s model", (kind, documentOf) => {
  const times = kind === "continuous" ? [0, 0.01, 0.3, 1, 2.5, 9] : [0, 1, 2, 5, 12, 40];

  it("sum to one, rise and fall, and complete each other", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const handle = await engine.load(documentOf(model));
        const [cdf, survival, states, pdf] = [
          await handle.cdf(undefined, times),
          await handle.survival(undefined, times),
          await handle.stateProbabilities(undefined, times),
          await handle.pdf(undefined, times),
        ];
        const V = handle.vertices;
        times.forEach((_, i) => {
          const row = states.subarray(i * V, (i + 1) * V);
          for (const p of row) expect(p).toBeGreaterThanOrEqual(0);
          const transient = sumOf(row.subarray(0, model.n));
          expectNumbers("survival", [survival[i]], [transient], 1e-13);
          expect(Math.abs(cdf[i] + survival[i] - 1)).toBeLessThan(1e-13);
          // what the start and discrete rows lack ends in no vertex
          const lost = 1 - sumOf(row);
          expect(lost).toBeGreaterThan(-1e-13);
          if (kind === "continuous") expect(Math.abs(lost - (1 - sumOf(startOf(model))))).toBeLessThan(1e-13);
          if (i === 0) return;
          expect(cdf[i]).toBeGreaterThanOrEqual(cdf[i - 1] - 1e-15);
          expect(survival[i]).toBeLessThanOrEqual(survival[i - 1] * (1 + 1e-13));
          for (const v of [model.n, model.n + 1])
            expect(states[i * V + v]).toBeGreaterThanOrEqual(states[(i - 1) * V + v] * (1 - 1e-13));
        });
        for (const f of pdf) expect(f).toBeGreaterThanOrEqual(0);
      }),
      RUNS,
    );
  });

  it("end where visits say, and the time spent on the way is the sojourn", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const handle = await engine.load(documentOf(model));
        const late = (await handle.quantile(undefined, 1 - 1e-15)) * 2;
        const [sojourn, visits] = [await handle.sojourn(), await handle.visits()];
        for (const t of [Math.ceil(late), Number.POSITIVE_INFINITY]) {
          expectNumbers("occupancy", Array.from(await handle.occupancy(undefined, t)), Array.from(sojourn), 1e-12);
          const ends = (await handle.stateProbabilities(undefined, t)).slice(model.n);
          expectNumbers("ends", Array.from(ends), Array.from(visits.slice(model.n)), 1e-12);
        }
        const mean = await handle.mean();
        expectNumbers("mean", [sumOf(sojourn)], [mean], 1e-13);
        expectNumbers("accumulated", [await handle.accumulated(undefined, Number.POSITIVE_INFINITY)], [mean], 1e-13);
        const r1 = model.rewards[0].map((r, v) => r * sojourn[v]);
        expectNumbers("reward", [await handle.mean(undefined, { reward: "r1" })], [sumOf(r1)], 1e-12);
        for (const v of [model.n, model.n + 1])
          expectNumbers("hitting", [await handle.hitting(undefined, [v])], [visits[v]], 1e-13);
      }),
      RUNS,
    );
  });

  it("given where they end are mixtures that put the whole together", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const handle = await engine.load(kind === "continuous" ? documentOf(model) : closed(model));
        const ends = [model.n, model.n + 1];
        const chance = await Promise.all(ends.map((v) => handle.hitting(undefined, [v])));
        const possible = ends.filter((_, k) => chance[k] > 1e-9);
        const mix = async (of: (given: number[]) => Promise<number>): Promise<number> =>
          sumOf(await Promise.all(possible.map(async (v) => chance[v - model.n] * (await of([v])))));
        const t = times[3];
        // moments about 0 and the density have no share of the atom, which the start leaves out
        expectNumbers("mean", [await mix((given) => handle.mean(undefined, { given }))], [await handle.mean()], 1e-8);
        expectNumbers(
          "pdf",
          [await mix((given) => handle.pdf(undefined, t, { given }))],
          [await handle.pdf(undefined, t)],
          1e-8,
        );
        expectNumbers(
          "survival",
          [await mix((given) => handle.survival(undefined, t, { given }))],
          [await handle.survival(undefined, t)],
          1e-8,
        );
        for (const v of possible) {
          const [first, second] = await handle.moments(undefined, 2, { given: [v] });
          const variance = await handle.variance(undefined, { given: [v] });
          expect(Math.abs(variance - (second - first * first))).toBeLessThan(1e-11 * second);
        }
      }),
      RUNS,
    );
  });
});

/** The discrete model without what it lacks: rows that sum to 1. */
function closed(model: RandomModel) {
  const document = discreteDocument(model);
  const sums = new Map<number, number>();
  for (const [from, , p] of document.edges as number[][]) sums.set(from, (sums.get(from) ?? 0) + p);
  return {
    ...document,
    edges: (document.edges as number[][]).map(([from, to, p]) => [from, to, p / sums.get(from)! / (1 + 1e-15)]),
  };
}

describe("moments", () => {
  it("are integrals of the survival and of the density", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const handle = await engine.load(endedDocument(model));
        const end = await handle.quantile(undefined, 1 - 1e-13);
        // panels grow with time, as the fast parts die out
        const edges = [0, ...Array.from({ length: 30 }, (_, i) => end * 1.3 ** (i - 29))];
        const { nodes, weights } = gaussLegendre(edges);
        const [survival, pdf] = [await handle.survival(undefined, nodes), await handle.pdf(undefined, nodes)];
        const integral = (of: (t: number, i: number) => number): number =>
          sumOf(nodes.map((t, i) => weights[i] * of(t, i)));
        const moments = await handle.moments(undefined, 3);
        const found = [1, 2, 3].map((k) => integral((t, i) => k * t ** (k - 1) * survival[i]));
        expectNumbers("from the survival", found, Array.from(moments), 1e-7);
        const again = [1, 2, 3].map((k) => integral((t, i) => t ** k * pdf[i]));
        expectNumbers("from the density", again, Array.from(moments), 1e-7);
      }),
      RUNS,
    );
  });

  it("are sums over steps", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const handle = await engine.load(discreteDocument(model));
        const end = Math.min(4000, Math.ceil(1.5 * (await handle.quantile(undefined, 1 - 1e-13))) + 5);
        const steps = Array.from({ length: end }, (_, n) => n);
        const pmf = await handle.pmf(undefined, steps);
        const cdf = await handle.cdf(undefined, steps);
        let sum = 0;
        pmf.forEach((p, n) => {
          sum += p;
          expect(Math.abs(sum - cdf[n])).toBeLessThan(1e-12);
        });
        const tail = await handle.survival(undefined, end - 1);
        if (tail > 1e-11) return;
        const [m1, m2] = await handle.moments(undefined, 2);
        expectNumbers(
          "moments",
          [sumOf(pmf.map((p, n) => p * n)), sumOf(pmf.map((p, n) => p * n * n))],
          [m1, m2],
          1e-6,
        );
        const [f1, f2] = await handle.factorialMoments(undefined, 2);
        expectNumbers("factorial moments", [f1, f2], [m1, m2 - m1], 1e-9);
        const median = await handle.quantile(undefined, 0.6);
        expect(cdf[median]).toBeGreaterThanOrEqual(0.6 * (1 - 1e-12));
        if (median > 0) expect(cdf[median - 1]).toBeLessThan(0.6);
      }),
      RUNS,
    );
  });
});

/** First one model, then the other: what is absorbed in `first` starts `second`. */
function inSeries(first: RandomModel, second: RandomModel) {
  const n = first.n;
  const end = n + second.n;
  const vertexOf = (j: number): number => (j === second.n ? end : n + j);
  const missing = Math.max(0, 1 - sumOf(second.initial));
  const passOn = (from: number, w: number): number[][] => [
    ...second.initial.map((p, j) => [from, n + j, w * p]),
    [from, end, w * missing],
  ];
  const edges = [
    ...first.rates.flatMap((row, i) => row.flatMap((w, j) => (j < n ? [[i, j, w]] : passOn(i, w)))),
    ...second.rates.flatMap((row, i) => row.map((w, j) => [n + i, vertexOf(j), w])),
  ].filter(([i, j, w]) => i !== j && w > 1e-15);
  const atOnce = Math.max(0, 1 - sumOf(first.initial));
  return {
    states: Array.from({ length: end + 1 }, (_, v) => [v]),
    initial: [...first.initial.map((p, i) => [i, p]), ...second.initial.map((p, j) => [n + j, p * atOnce])],
    edges,
  };
}

const single = (model: RandomModel) => ({
  states: Array.from({ length: model.n + 1 }, (_, v) => [v]),
  initial: model.initial.map((p, i) => [i, p]),
  edges: model.rates.flatMap((row, i) => row.flatMap((w, j) => (w > 0 ? [[i, j, w]] : []))),
});

describe("two models in a row", () => {
  it("add means and variances, multiply transforms and defects, and convolve densities", async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, randomModel, async (first, second) => {
        const [a, b, both] = [
          await engine.load(single(first)),
          await engine.load(single(second)),
          await engine.load(inSeries(first, second)),
        ];
        expectNumbers("mean", [await both.mean()], [(await a.mean()) + (await b.mean())], 1e-12);
        expectNumbers("variance", [await both.variance()], [(await a.variance()) + (await b.variance())], 1e-11);
        const atoms = [await a.defect(), await b.defect()];
        expect(Math.abs((await both.defect()) - atoms[0] * atoms[1])).toBeLessThan(1e-14);
        const at: [number, number] = [0.4, 1.1];
        const [[p, q], [r, s]] = [await a.laplace(undefined, [at]), await b.laplace(undefined, [at])];
        const [re, im] = await both.laplace(undefined, [at]);
        expect(Math.hypot(re - (p * r - q * s), im - (p * s + q * r))).toBeLessThan(1e-13);
        const t = 0.9;
        const { nodes, weights } = gaussLegendre(Array.from({ length: 25 }, (_, i) => (i * t) / 24));
        const [fa, fb] = [
          await a.pdf(undefined, nodes),
          await b.pdf(
            undefined,
            nodes.map((u) => t - u),
          ),
        ];
        const convolved = sumOf(nodes.map((_, i) => weights[i] * fa[i] * fb[i]));
        const expected = convolved + atoms[0] * (await b.pdf(undefined, t)) + atoms[1] * (await a.pdf(undefined, t));
        expectNumbers("density", [await both.pdf(undefined, t)], [expected], 1e-8);
      }),
      RUNS,
    );
  });
});

describe("matrices", () => {
  const rows = ({ matrix, initial }: Matrices): number[][] =>
    Array.from(initial, (_, i) => Array.from(matrix.subarray(i * initial.length, (i + 1) * initial.length)));

  it.each(documents)("of a %s model are that model", async (kind, documentOf) => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const document = documentOf(model);
        const matrices = (await engine.load(document)).matrices();
        expect(matrices.kind).toBe(kind);
        const again = await engine.fromMatrices({
          initial: matrices.initial,
          ...(kind === "continuous" ? { subIntensity: rows(matrices) } : { subTransition: rows(matrices) }),
          rewards: {
            r1: model.rewards[0],
            r2: model.rewards[1],
          },
        });
        // what is absorbed goes to one vertex now, so that only what does not name vertices is the same
        const questions = allQuestions(kind, model.n).filter(
          ({ quantity, given, vertices }) =>
            given === undefined &&
            vertices === undefined &&
            !["stateProbabilities", "occupancy", "sojourn", "visits"].includes(quantity),
        );
        const found = await ask(engine, JSON.parse(JSON.stringify(again)), questions);
        expectSame(found, await ask(engine, document, questions), 1e-10);
        expectNumbers("exits", Array.from(again.matrices().exits), Array.from(matrices.exits), 1e-11);
      }),
      RUNS,
    );
  });
});
