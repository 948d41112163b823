/** Random models for properties, and their answers by dense elimination with pivoting, which shares no code with the engine. */
import fc from "fast-check";

export interface RandomModel {
  /** Transient states; state n absorbs. */
  readonly n: number;
  /** rates[i][j] for i < n, j ≤ n. */
  readonly rates: readonly (readonly number[])[];
  readonly initial: readonly number[];
  readonly rewards: readonly (readonly number[])[];
}

const rate = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.double({ min: 0.05, max: 8, noNaN: true }) },
);

/** Cyclic models in which every state leads to a lower one, or to absorption, so that absorption is certain. */
export const randomModel: fc.Arbitrary<RandomModel> = fc.integer({ min: 1, max: 7 }).chain((n) =>
  fc
    .record({
      rates: fc.array(fc.array(rate, { minLength: n + 1, maxLength: n + 1 }), { minLength: n, maxLength: n }),
      down: fc.array(fc.tuple(fc.nat(), fc.double({ min: 0.1, max: 4, noNaN: true })), { minLength: n, maxLength: n }),
      initial: fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: n, maxLength: n }),
      defect: fc.double({ min: 0, max: 0.5, noNaN: true }),
      rewards: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n }), {
        minLength: 2,
        maxLength: 2,
      }),
    })
    .map(({ rates, down, initial, defect, rewards }) => {
      const total = initial.reduce((a, b) => a + b, 0) / (1 - defect);
      const all = rates.map((row) => [...row]);
      down.forEach(([pick, value], i) => {
        const target = pick % (i + 1);
        all[i][target === i ? n : target] += value;
      });
      all.forEach((row, i) => {
        row[i] = 0;
      });
      return { n, rates: all, initial: initial.map((p) => p / total), rewards };
    }),
);

/** The model as a document; `order[i]` is the vertex of state i, so that states may be permuted. */
export function modelDocument(
  model: RandomModel,
  order: readonly number[] = Array.from({ length: model.n + 1 }, (_, i) => i),
  scale = 1,
): unknown {
  const { n, rates, initial, rewards } = model;
  const states: number[][] = [];
  order.forEach((vertex, i) => {
    states[vertex] = [i];
  });
  const edges = rates.flatMap((row, i) => row.flatMap((w, j) => (w > 0 ? [[order[i], order[j], w * scale]] : [])));
  const named = rewards.map((values, r) => {
    const vector: number[] = new Array(n + 1).fill(0);
    values.forEach((value, i) => {
      vector[order[i]] = value;
    });
    return [`r${r + 1}`, vector];
  });
  return { states, initial: initial.map((p, i) => [order[i], p]), edges, rewards: Object.fromEntries(named) };
}

/** E_α[Y^k] for k = 1 … order by Gaussian elimination with partial pivoting. */
export function denseMoments(model: RandomModel, order: number, reward?: readonly number[]): number[] {
  const { n, rates, initial } = model;
  const matrix = rates.map((row, i) => row.slice(0, n).map((w, j) => (i === j ? row.reduce((a, b) => a + b, 0) : -w)));
  let v: number[] = new Array(n).fill(1);
  return Array.from({ length: order }, (_, k) => {
    v = solveDense(
      matrix,
      v.map((x, i) => (k + 1) * x * (reward?.[i] ?? 1)),
    );
    return initial.reduce((sum, p, i) => sum + p * v[i], 0);
  });
}

export function solveDense(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]]);
  for (let c = 0; c < n; c++) {
    let best = c;
    for (let i = c + 1; i < n; i++) if (Math.abs(a[i][c]) > Math.abs(a[best][c])) best = i;
    [a[c], a[best]] = [a[best], a[c]];
    for (let i = 0; i < n; i++) {
      if (i === c) continue;
      const f = a[i][c] / a[c][c];
      for (let j = c; j <= n; j++) a[i][j] -= f * a[c][j];
    }
  }
  return a.map((row, i) => row[n] / row[i]);
}

/** Survival and density at t by scaling and squaring of a Taylor series of the dense sub-intensity matrix. */
export function denseSurvival(model: RandomModel, t: number): { survival: number; density: number } {
  const { n, rates, initial } = model;
  const total = rates.map((row) => row.reduce((a, b) => a + b, 0));
  const squarings = Math.max(0, Math.ceil(Math.log2(Math.max(...total) * t)) + 6);
  const step = t / 2 ** squarings;
  const generator = rates.map((row, i) => row.slice(0, n).map((w, j) => (i === j ? -total[i] : w) * step));
  const multiply = (a: number[][], b: number[][]): number[][] =>
    a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
  let power = generator.map((_, i) => generator.map((__, j) => (i === j ? 1 : 0)));
  let exponential = power.map((row) => [...row]);
  for (let k = 1; k <= 12; k++) {
    power = multiply(power, generator).map((row) => row.map((x) => x / k));
    exponential = exponential.map((row, i) => row.map((x, j) => x + power[i][j]));
  }
  for (let k = 0; k < squarings; k++) exponential = multiply(exponential, exponential);
  const [occupied] = multiply([[...initial]], exponential);
  return {
    survival: occupied.reduce((a, b) => a + b, 0),
    density: occupied.reduce((sum, p, i) => sum + p * rates[i][n], 0),
  };
}
