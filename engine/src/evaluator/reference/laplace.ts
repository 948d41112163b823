/**
 * The Laplace transform E[e^{−zY}] = defect + α x with (A + D) x = s, where D = z r in continuous time and
 * D = e^{z r} − 1 in steps. Its derivative needs one transposed solve: with x = 1 at absorption and y = α (A + D)⁻¹,
 *
 *     dL = Σ_ij y_i dw_ij (x_j − x_i) − Σ_i y_i x_i dD_i + dα x + d defect.
 *
 * In steps x_i = q_i (Σ_j T_ij x_j + s_i) with q = e^{−z r}: rows with Re z r > 0 are multiplied by q, which leaves
 * 1 − q of D, so that nothing overflows however large z is; and x_i dD_i = (Σ_j T_ij x_j + s_i) z dr_i.
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
  const scale = graph.kind === "discrete" ? complexVector(n) : undefined;
  const shift = (re: number, im: number): boolean => {
    for (let p = 0; p < n; p++) {
      if (scale === undefined) [diagonal.re[p], diagonal.im[p]] = [re * rewards[p], im * rewards[p]];
      else setStep(diagonal, scale, p, re * rewards[p], im * rewards[p]);
    }
    return solver.factor(numbers.system, diagonal, scale);
  };
  return Array.from({ length: points.length / 2 }, (_, i): ComplexDual => {
    const [zRe, zIm] = [points[2 * i], points[2 * i + 1]];
    // it converges where it does at the real part; beyond, the resolvent is another function
    if ((zRe < 0 && !shift(zRe, 0)) || !shift(zRe, zIm))
      throw new LaneFault("invalid", `the transform does not converge at point ${i}, [${zRe}, ${zIm}]`);
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
      // x dD = z dr x, in steps z dr (T x + s)
      const after = graph.kind === "continuous" ? x : stepped(factory, numbers.system.edges, system.exits, x);
      for (let p = 0; p < n; p++) {
        const [yxRe, yxIm] = complexTimes(y.re[p], y.im[p], after.re[p], after.im[p]);
        const [re, im] = complexTimes(yxRe, yxIm, zRe, zIm);
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

/** The row of e^{a + ib} − 1, or, where a > 0, that of 1 − e^{−a − ib} and its scale e^{−a − ib}. */
function setStep(diagonal: ComplexVector, scale: ComplexVector, p: number, a: number, b: number): void {
  const sign = a > 0 ? -1 : 1;
  // e^{a + ib} − 1 without cancellation: expm1(a) cos b − 2 sin²(b/2)
  const re = Math.expm1(sign * a) * Math.cos(b) - 2 * Math.sin(b / 2) ** 2;
  const im = Math.exp(sign * a) * Math.sin(sign * b);
  diagonal.re[p] = sign * re;
  diagonal.im[p] = sign * im;
  scale.re[p] = sign > 0 ? 1 : Math.exp(-a) * Math.cos(b);
  scale.im[p] = sign > 0 ? 0 : im;
}

/** T x + s. */
function stepped(factory: LaneFactory, edges: Float64Array, exits: Float64Array, x: ComplexVector): ComplexVector {
  const { rowStart, targets } = factory.graph;
  const { order, rank } = factory.trace;
  const to = complexVector(order.length);
  for (let p = 0; p < order.length; p++) {
    to.re[p] = exits[p];
    for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
      const q = rank[targets[e]];
      if (q < 0) continue;
      to.re[p] += edges[e] * x.re[q];
      to.im[p] += edges[e] * x.im[q];
    }
  }
  return to;
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
