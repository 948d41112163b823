/**
 * The Laplace transform E[e^{−zY}] = defect + α x with (A + D) x = s, where D = z r in continuous time and
 * D = e^{z r} − 1 in steps. Its derivative needs one transposed solve: with x = 1 at absorption and y = α (A + D)⁻¹,
 *
 *     dL = Σ_ij y_i dw_ij (x_j − x_i) − Σ_i y_i x_i dD_i + dα x + d defect.
 */

import { ComplexSolver, type ComplexVector, complexVector } from "./complex.js";
import { type Epoch, type LaneFactory, LaneFault } from "./epochs.js";
import type { SystemNumbers } from "./weights.js";

export interface ComplexDual {
  readonly re: number;
  readonly im: number;
  readonly gradientRe: Float64Array;
  readonly gradientIm: Float64Array;
}

/** Value and gradient (one pair of numbers per parameter) at each point. Throws `LaneFault` `invalid` where it does not converge. */
export function laplaceAt(
  factory: LaneFactory,
  epoch: Epoch,
  reward: string | undefined,
  points: Float64Array,
  gradient: boolean,
): ComplexDual[] {
  const { layout, trace, graph } = factory;
  const n = layout.size;
  const { numbers, system } = epoch;
  const rewards = factory.reward(epoch, reward).value;
  const solver = new ComplexSolver(trace, graph);
  const diagonal = complexVector(n);
  return Array.from({ length: points.length / 2 }, (_, i): ComplexDual => {
    const [zRe, zIm] = [points[2 * i], points[2 * i + 1]];
    if (zRe < 0) {
      // it converges where it does at the real part; beyond, the resolvent is another function
      for (let p = 0; p < n; p++) setDiagonal(graph.kind, diagonal, p, zRe, 0, rewards[p]);
      if (!solver.factor(numbers.system, diagonal)) throw new LaneFault("invalid");
    }
    for (let p = 0; p < n; p++) setDiagonal(graph.kind, diagonal, p, zRe, zIm, rewards[p]);
    if (!solver.factor(numbers.system, diagonal)) throw new LaneFault("invalid");
    const x = complexVector(n);
    x.re.set(system.exits);
    solver.solve(x);
    const re = numbers.defect() + dot(numbers.initial, x.re);
    const im = dot(numbers.initial, x.im);
    const gradientRe = new Float64Array(factory.dimension);
    const gradientIm = new Float64Array(factory.dimension);
    if (gradient) {
      const y = complexVector(n);
      y.re.set(numbers.initial);
      solver.solveTransposed(y);
      const bars = exchange(factory, y, x);
      const rewardBars = complexVector(n);
      for (let p = 0; p < n; p++) {
        // dD/dr = z, in steps z e^{z r}
        const [dRe, dIm] =
          graph.kind === "continuous" ? [zRe, zIm] : complexTimes(zRe, zIm, 1 + diagonal.re[p], diagonal.im[p]);
        const [yxRe, yxIm] = complexTimes(y.re[p], y.im[p], x.re[p], x.im[p]);
        const [re, im] = complexTimes(yxRe, yxIm, dRe, dIm);
        rewardBars.re[p] = -re;
        rewardBars.im[p] = -im;
      }
      for (const [part, to] of [
        ["re", gradientRe],
        ["im", gradientIm],
      ] as const) {
        numbers.pullSystem(bars[part], to);
        numbers.pullInitial(x[part], to);
        if (part === "re") numbers.pullDefect(1, undefined, to);
        if (reward !== undefined) numbers.pullReward(reward, rewardBars[part], to);
      }
    }
    return { re, im, gradientRe, gradientIm };
  });
}

/** The resolvent α (zI + A)⁻¹ q of a row and a column, for inversion. */
export function createResolvent(
  factory: LaneFactory,
  epoch: Epoch,
  row: () => Float64Array,
  column: (index: number) => Float64Array,
): (re: number, im: number, index: number) => readonly [number, number] {
  const { trace, graph, layout } = factory;
  const solver = new ComplexSolver(trace, graph);
  const diagonal = complexVector(layout.size);
  return (re, im, index) => {
    diagonal.re.fill(re);
    diagonal.im.fill(im);
    if (!solver.factor(epoch.numbers.system, diagonal)) return [Number.NaN, Number.NaN];
    const x = complexVector(layout.size);
    x.re.set(column(index));
    solver.solve(x);
    return [dot(row(), x.re), dot(row(), x.im)];
  };
}

function setDiagonal(kind: string, to: ComplexVector, p: number, re: number, im: number, r: number): void {
  if (kind === "continuous") {
    to.re[p] = re * r;
    to.im[p] = im * r;
    return;
  }
  // e^{(re + i im) r} − 1 without cancellation: expm1(a) cos b − 2 sin²(b/2)
  const [a, b] = [re * r, im * r];
  to.re[p] = Math.expm1(a) * Math.cos(b) - 2 * Math.sin(b / 2) ** 2;
  to.im[p] = Math.exp(a) * Math.sin(b);
}

/** y_i (x_j − x_i) over edges with x = 1 at absorption, real and imaginary part. */
function exchange(factory: LaneFactory, y: ComplexVector, x: ComplexVector): { re: SystemNumbers; im: SystemNumbers } {
  const { rowStart, targets } = factory.graph;
  const { order, rank } = factory.trace;
  const make = (): SystemNumbers => ({
    edges: new Float64Array(targets.length),
    leaks: new Float64Array(order.length),
  });
  const [re, im] = [make(), make()];
  for (let p = 0; p < order.length; p++) {
    [re.leaks[p], im.leaks[p]] = complexTimes(y.re[p], y.im[p], 1 - x.re[p], -x.im[p]);
    for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
      const q = rank[targets[e]];
      const [dRe, dIm] = q < 0 ? [1 - x.re[p], -x.im[p]] : [x.re[q] - x.re[p], x.im[q] - x.im[p]];
      [re.edges[e], im.edges[e]] = complexTimes(y.re[p], y.im[p], dRe, dIm);
    }
  }
  return { re, im };
}

const complexTimes = (aRe: number, aIm: number, bRe: number, bIm: number): [number, number] => [
  aRe * bRe - aIm * bIm,
  aRe * bIm + aIm * bRe,
];

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < left.length; p++) if (left[p] !== 0) sum += left[p] * right[p];
  return sum;
}
