/**
 * Moments of a reward over epochs, backwards from the solves of the last one, and what is made of them. A variance is a
 * difference of moments here, and says how much it lost.
 */
import { DualSolver, dualDot, dualProduct, dualSum, plus, product, times } from "./dual.js";
import { type Epoch, type Lane, LaneFault, moves, need, stretched } from "./epochs.js";
import type { DualVector } from "./system.js";
import { columnMoments } from "./time/column-moments.js";
import type { Dual } from "./time/distribution.js";
import { constantDual } from "./transient.js";

/** The reward of an epoch by position. */
export type Earned = (epoch: Epoch) => DualVector;

/** A variance smaller than this part of the second moment has too few digits left: its bound is above 1e-6. */
const NO_DIGITS = 2 ** -29;

export class EpochMoments {
  /** How many times larger than the smallest variance its operands were. */
  cancelled = 0;
  readonly #lane: Lane;
  readonly #discrete: boolean;
  readonly #interrupted: () => boolean;

  constructor(lane: Lane, interrupted: () => boolean) {
    this.#lane = lane;
    this.#discrete = lane.factory.graph.kind === "discrete";
    this.#interrupted = interrupted;
  }

  variance(rewardOf: Earned): Dual {
    const [first, second] = this.moments(2, rewardOf);
    const variance = plus(second, times(product(first, first), -1));
    this.cancelled = Math.max(this.cancelled, second.value / Math.abs(variance.value));
    if (variance.value < NO_DIGITS * second.value) throw new LaneFault("overflow");
    return variance;
  }

  /** Cov(Y₁, Y₂) = (Var(Y₁ + Y₂) − Var Y₁ − Var Y₂) / 2. */
  covariances(earned: readonly Earned[], pair: boolean): Dual[] {
    const own = earned.map((rewardOf) => this.variance(rewardOf));
    const entry = (i: number, j: number): Dual => {
      if (i === j) return own[i];
      const both = this.variance((epoch) => dualSum(earned[i](epoch), earned[j](epoch)));
      return times(plus(both, times(plus(own[i], own[j]), -1)), 0.5);
    };
    if (pair) return [earned[0] === earned[1] ? own[0] : entry(0, 1)];
    const all: Dual[] = [];
    for (let i = 0; i < earned.length; i++)
      for (let j = 0; j < earned.length; j++) all.push(j < i ? all[j * earned.length + i] : entry(i, j));
    return all;
  }

  /** E[Y], …, E[Y^order]: backwards through the epochs, from the solves of the last one. */
  moments(order: number, rewardOf: Earned): Dual[] {
    const { factory, epochs } = this.#lane;
    const last = epochs[epochs.length - 1];
    const ones = constantDual(new Float64Array(factory.layout.size).fill(1), this.#lane.directions);
    const reward = rewardOf(last);
    let columns: DualVector[] = [ones];
    const solver = new DualSolver(factory.trace, factory.graph, last.numbers.system, last.systemTangents);
    for (let k = 1; k <= order; k++) {
      const source = this.#discrete ? this.#stepSource(last, columns, reward) : dualProduct(reward, columns[k - 1]);
      columns.push(solver.solve(source, false));
    }
    let factorial = 1;
    for (let m = epochs.length - 2; m >= 0; m--) {
      const epoch = epochs[m];
      const { value, tangents } = this.#lane.length(m);
      const earned = rewardOf(epoch);
      const grow = stretched(epoch, value, tangents);
      const counted = { value: epoch.system.exits, tangents: grow.map(({ exits }) => exits) };
      const before = need(
        columnMoments(
          epoch.system,
          grow,
          columns,
          moves(epoch.system, tangents) ? grown(earned, tangents, value) : earned,
          counted,
          value,
          { interrupted: this.#interrupted, name: factory.graph.name },
        ),
      );
      columns =
        value > 0 ? [...before] : before.map((column, k) => lengthened(epoch, earned, before, column, k, tangents));
    }
    const start = this.#lane.startRow(0);
    return columns.slice(1).map((column, k) => {
      factorial *= this.#discrete ? 1 : k + 1;
      return times(dualDot(start, column), factorial);
    });
  }

  /** Σ_{0<j<k} C(k, j) r^{k−j} ∘ T m⁽ʲ⁾ + r^k, the right-hand side of the k-th moment in steps. */
  #stepSource(epoch: Epoch, columns: readonly DualVector[], reward: DualVector): DualVector {
    const k = columns.length;
    const { system, tangents } = epoch;
    let power = reward;
    let binomial = 1;
    let sum: DualVector | undefined;
    for (let j = k - 1; j >= 0; j--) {
      binomial = (binomial * (j + 1)) / (k - j);
      const next = j === 0 ? columns[0] : stepColumn(system, tangents, columns[j]);
      const term = scaled(dualProduct(next, power), binomial);
      sum = sum ? dualSum(sum, term) : term;
      if (j > 0) power = dualProduct(power, reward);
    }
    return sum!;
  }
}

const scaled = (a: DualVector, factor: number): DualVector => ({
  value: a.value.map((value) => value * factor),
  tangents: a.tangents.map((tangent) => tangent.map((value) => value * factor)),
});

/** T x with its derivatives. */
function stepColumn(system: Epoch["system"], tangents: Epoch["tangents"], x: DualVector): DualVector {
  const apply = (weights: Float64Array, vector: Float64Array, to: Float64Array): Float64Array => {
    for (let p = 0; p < system.size; p++)
      for (let e = system.rowStart[p]; e < system.rowStart[p + 1]; e++) to[p] += weights[e] * vector[system.targets[e]];
    return to;
  };
  return {
    value: apply(system.weights, x.value, new Float64Array(system.size)),
    tangents: tangents.map((tangent, k) =>
      apply(system.weights, x.tangents[k], apply(tangent.weights, x.value, new Float64Array(system.size))),
    ),
  };
}

/** An epoch of length 0 that grows: dM⁽ᵏ⁾/dΔ = S M⁽ᵏ⁾ + r ∘ M⁽ᵏ⁻¹⁾ at Δ = 0, M⁽⁰⁾ = 1. */
function lengthened(
  { system }: Epoch,
  reward: DualVector,
  all: readonly DualVector[],
  column: DualVector,
  k: number,
  lengthTangents: Float64Array,
): DualVector {
  if (k === 0 || !moves(system, lengthTangents)) return column;
  const rate = new Float64Array(system.size);
  for (let p = 0; p < system.size; p++) {
    let sum = reward.value[p] * all[k - 1].value[p] - system.exits[p] * column.value[p];
    for (let e = system.rowStart[p]; e < system.rowStart[p + 1]; e++)
      sum += system.weights[e] * (column.value[system.targets[e]] - column.value[p]);
    rate[p] = sum;
  }
  return {
    value: column.value,
    tangents: column.tangents.map((tangent, d) => tangent.map((value, p) => value + lengthTangents[d] * rate[p])),
  };
}

/** A reward earned in an epoch whose length moves: r Δ̇/Δ more, as `stretched` has for rates. */
const grown = (reward: DualVector, lengthTangents: Float64Array, length: number): DualVector => ({
  value: reward.value,
  tangents: reward.tangents.map((tangent, k) =>
    length === 0 ? tangent : tangent.map((value, p) => value + (reward.value[p] * lengthTangents[k]) / length),
  ),
});
