/**
 * Variances and covariances. In double-double by differences along edges, which keeps the digits of a variance however much
 * smaller than the square of its mean it is; and beside that a quick program in double precision by moments, whose lanes are
 * sound as long as the last difference does not cancel.
 */
import type { Graph } from "../graph/graph.js";
import { checkKind, ProgramBuilder } from "./builder.js";
import type { Centred, Program } from "./program.js";

type Kind = Graph["kind"];
type Reward = string | undefined;

/** Scalars of a program being written. */
interface Moments {
  mean(reward: Reward): number;
  covariance(first: Reward, second: Reward): number;
}

/**
 * Covariances of m rewards, m × m, or of the pair when it is one entry that is asked for. One solve per reward and one per
 * entry.
 */
export function covarianceProgram(kind: Kind, rewards: readonly Reward[], pair: boolean): Program {
  const count = pair ? 1 : rewards.length ** 2;
  const write = (b: ProgramBuilder, moments: Moments): void => {
    if (pair) {
      b.report({ op: "output", scalar: moments.covariance(rewards[0], rewards[1]), value: 0 });
      return;
    }
    rewards.forEach((first, i) => {
      for (let j = i; j < rewards.length; j++) {
        const scalar = moments.covariance(first, rewards[j]);
        b.report({ op: "output", scalar, value: i * rewards.length + j });
        if (j > i) b.report({ op: "output", scalar, value: j * rewards.length + i });
      }
    });
  };
  return both("covariance", count, kind, !pair, write);
}

/** E[Y] and Var(Y) of one reward, or of the absorption time: one factorisation and two solves. */
export function meanVarianceProgram(kind: Kind, reward?: string): Program {
  return both("meanVariance", 2, kind, false, (b, { mean, covariance }) => {
    b.report({ op: "output", scalar: mean(reward), value: 0 });
    b.report({ op: "output", scalar: covariance(reward, reward), value: 1 });
  });
}

function both(
  quantity: string,
  count: number,
  kind: Kind,
  many: boolean,
  write: (b: ProgramBuilder, moments: Moments) => void,
): Program {
  const [precise, quick] = [new ProgramBuilder(), new ProgramBuilder()];
  write(precise, byDifferences(precise, kind));
  write(quick, byMoments(quick, kind, many));
  return { ...precise.finishPrecise(quantity, count), kind: checkKind(kind), quick: quick.finish(quantity, count) };
}

/**
 *     Cov(Y₁, Y₂) = αU Γ + Cov_α(m¹, m²),   Γ_i = Σ_j w_ij (m¹_j − c¹_i)(m²_j − c²_i),
 *
 * with m^q = U r_q, c = m in continuous time and c = T m in steps: sums of products of differences.
 */
function byDifferences(b: ProgramBuilder, kind: Kind): Moments {
  const system = b.make({ op: "system" });
  const initial = b.make({ op: "initial" });
  const ones = b.make({ op: "ones" });
  const centred = new Map<Reward, Centred>();
  const centredOf = (reward: Reward): Centred => {
    const known = centred.get(reward);
    if (known) return known;
    const vector = b.make({ op: "solve", system, vector: b.reward(reward) });
    const centre = kind === "continuous" ? vector : b.make({ op: "step", system, vector });
    centred.set(reward, { vector, centre });
    return { vector, centre };
  };
  const mean = (reward: Reward): number =>
    b.make({ op: "dot", left: initial, right: centredOf(reward).vector, scale: 1 });
  const deviation = (reward: Reward): [number, number] => {
    const level = mean(reward);
    const all = b.make({ op: "stretch", vector: ones, scalar: level });
    return [b.make({ op: "add", left: centredOf(reward).vector, right: all, scale: -1 }), level];
  };
  return {
    mean,
    covariance(first, second) {
      const [left, right] = [centredOf(first), centredOf(second)];
      const inside = b.make({ op: "solve", system, vector: b.make({ op: "gamma", system, left, right }) });
      const expected = b.make({ op: "dot", left: initial, right: inside, scale: 1 });
      const [deviationLeft, meanLeft] = deviation(first);
      const [deviationRight, meanRight] = first === second ? [deviationLeft, meanLeft] : deviation(second);
      const product = b.make({ op: "multiply", left: deviationLeft, right: deviationRight, scale: 1 });
      const between = b.make({ op: "dot", left: initial, right: product, scale: 1 });
      const squared = b.make({ op: "combine", operation: "product", left: meanLeft, right: meanRight });
      const atZero = b.make({ op: "combine", operation: "product", left: b.make({ op: "defect" }), right: squared });
      const spread = b.make({ op: "combine", operation: "sum", left: between, right: atZero });
      return b.make({ op: "combine", operation: "sum", left: expected, right: spread });
    },
  };
}

/**
 * The most that E[Y₁Y₂] may exceed a covariance by where it is a difference: moments are sums of positive terms with relative
 * errors near 2⁻⁵⁰, of which this leaves 2⁻⁴⁵.
 */
const QUICK_LIMIT = 32;

/**
 *     E[Y₁Y₂] = αU (r₁ ∘ m² + r₂ ∘ m¹),   discrete αU (r₁ ∘ T m² + r₂ ∘ m¹),
 *
 * by one more solve for an entry, or, when there are many, by one transposed solve for all: moments are sums of
 * non-negative terms, so on stiff models too nothing is lost but in the last difference.
 */
function byMoments(b: ProgramBuilder, kind: Kind, many: boolean): Moments {
  const system = b.make({ op: "system" });
  const initial = b.make({ op: "initial" });
  const green = many ? b.make({ op: "solveTransposed", system, vector: initial }) : undefined;
  const solved = new Map<Reward, number>();
  const of = (reward: Reward): number => {
    const known = solved.get(reward) ?? b.make({ op: "solve", system, vector: b.reward(reward) });
    solved.set(reward, known);
    return known;
  };
  const mean = (reward: Reward): number => b.make({ op: "dot", left: initial, right: of(reward), scale: 1 });
  const source = (first: Reward, second: Reward): number => {
    const product = (reward: Reward, right: number, scale: number): number =>
      b.make({ op: "multiply", left: b.reward(reward), right, scale });
    if (kind === "continuous" && first === second) return product(first, of(first), 2);
    const later = kind === "continuous" ? of(second) : b.make({ op: "step", system, vector: of(second) });
    return b.make({
      op: "add",
      left: product(first, later, 1),
      right: product(second, of(first), 1),
      scale: 1,
    });
  };
  return {
    mean,
    covariance(first, second) {
      const [left, right] =
        green === undefined
          ? [initial, b.make({ op: "solve", system, vector: source(first, second) })]
          : [green, source(first, second)];
      const moment = b.make({ op: "dot", left, right, scale: 1 });
      const means = b.make({ op: "combine", operation: "product", left: mean(first), right: mean(second) });
      return b.make({ op: "combine", operation: "difference", left: moment, right: means, limit: QUICK_LIMIT });
    },
  };
}
