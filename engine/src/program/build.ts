/**
 * Quantities as programs. `reward` undefined means the absorption time itself. What time or steps decide (densities,
 * state probabilities, likelihoods) is no program but a distribution, see `evaluator/reference/time`.
 */
import type { Graph } from "../graph/graph.js";
import { checkKind, ProgramBuilder } from "./builder.js";
import type { Program } from "./program.js";

type Kind = Graph["kind"];

export interface MomentOptions {
  readonly reward?: string | undefined;
  /** Absorbing vertices: moments given that absorption happens in one of them. */
  readonly given?: readonly number[] | undefined;
}

/**
 * E[Y], …, E[Y^order]: one solve each on one factorisation.
 *
 *     continuous  m⁽ᵏ⁾ = U (k r ∘ m⁽ᵏ⁻¹⁾)
 *     discrete    m⁽ᵏ⁾ = U (Σ_{j<k} C(k, j) r^{k−j} ∘ T m⁽ʲ⁾ + r^k ∘ m⁽⁰⁾),   0 < j
 *
 * with m⁽⁰⁾ = 1, or the probability to end where it is `given`.
 */
export function momentsProgram(kind: Kind, order: number, options: MomentOptions = {}): Program {
  const b = new ProgramBuilder();
  momentScalars(b, kind, order, options).forEach((scalar, value) => {
    b.report({ op: "output", scalar, value });
  });
  return { ...b.finish("moments", order), kind: checkKind(kind) };
}

/** Var(Y) given where absorption happens: E[Y²] − E[Y]² of the conditional moments, in double-double. */
export function conditionalVarianceProgram(kind: Kind, options: MomentOptions): Program {
  const b = new ProgramBuilder();
  const [first, second] = momentScalars(b, kind, 2, options);
  const square = b.make({ op: "combine", operation: "product", left: first, right: first });
  b.report({
    op: "output",
    scalar: b.make({ op: "combine", operation: "difference", left: second, right: square }),
    value: 0,
  });
  return { ...b.finishPrecise("variance", 1), kind: checkKind(kind) };
}

function momentScalars(b: ProgramBuilder, kind: Kind, order: number, { reward, given }: MomentOptions): number[] {
  const system = b.make({ op: "system" });
  const initial = b.make({ op: "initial" });
  const rewards = b.reward(reward);
  const ones = b.make({ op: "ones" });
  const start = given
    ? b.make({ op: "solve", system, vector: b.make({ op: "exits", system, vertices: given }) })
    : ones;
  let norm: number | undefined;
  if (given) {
    const atOnce = b.make({ op: "defect", vertices: given });
    norm = b.make({
      op: "combine",
      operation: "sum",
      left: b.make({ op: "dot", left: initial, right: start, scale: 1 }),
      right: atOnce,
    });
  }
  const moments = [start];
  const scalars: number[] = [];
  for (let k = 1; k <= order; k++) {
    let source: number;
    if (kind === "continuous") source = b.make({ op: "multiply", left: moments[k - 1], right: rewards, scale: k });
    else {
      let power = rewards;
      let binomial = 1;
      source = -1;
      for (let j = k - 1; j >= 0; j--) {
        // power = r^(k−j), binomial = C(k, j)
        binomial = (binomial * (j + 1)) / (k - j);
        const next = j === 0 ? start : b.make({ op: "step", system, vector: moments[j] });
        const term = b.make({ op: "multiply", left: next, right: power, scale: binomial });
        source = source < 0 ? term : b.make({ op: "add", left: source, right: term, scale: 1 });
        if (j > 0) power = b.make({ op: "multiply", left: power, right: rewards, scale: 1 });
      }
    }
    moments.push(b.make({ op: "solve", system, vector: source }));
    let scalar = b.make({ op: "dot", left: initial, right: moments[k], scale: 1 });
    if (norm !== undefined) scalar = b.make({ op: "combine", operation: "quotient", left: scalar, right: norm });
    scalars.push(scalar);
  }
  return scalars;
}

/** E[N(N−1)…(N−k+1)] = k! α T^{k−1} Uᵏ e of the number of steps. One solve each. */
export function factorialMomentsProgram(order: number): Program {
  const b = new ProgramBuilder();
  const system = b.make({ op: "system" });
  const initial = b.make({ op: "initial" });
  const ones = b.make({ op: "ones" });
  let vector = ones;
  for (let k = 1; k <= order; k++) {
    const before = k === 1 ? vector : b.make({ op: "step", system, vector });
    const solved = b.make({ op: "solve", system, vector: before });
    vector = k === 1 ? solved : b.make({ op: "multiply", left: solved, right: ones, scale: k });
    b.report({ op: "output", scalar: b.make({ op: "dot", left: initial, right: vector, scale: 1 }), value: k - 1 });
  }
  return { ...b.finish("factorialMoments", order), kind: "discrete" };
}

/** Expected time (steps) in each vertex until absorption, αU: one transposed solve. */
export function sojournProgram(): Program {
  const b = new ProgramBuilder();
  const system = b.make({ op: "system" });
  const vector = b.make({ op: "solveTransposed", system, vector: b.make({ op: "initial" }) });
  b.report({ op: "outputVector", vector, value: 0 });
  return b.finish("sojourn", "vertices");
}

/** Expected number of visits to each vertex; at absorbing ones the probability to end there. One transposed solve. */
export function visitsProgram(kind: Kind): Program {
  const b = new ProgramBuilder();
  const system = b.make({ op: "system" });
  const vector = b.make({ op: "solveTransposed", system, vector: b.make({ op: "initial" }) });
  if (kind === "discrete") b.report({ op: "outputVector", vector, value: 0 });
  b.report({ op: "outputVisits", system, vector, value: 0 });
  b.report({ op: "outputStart", value: 0 });
  return { ...b.finish("visits", "vertices"), kind: checkKind(kind) };
}

/** Probability that absorption happens in one of these absorbing vertices, α U s_B and what starts there. One solve. */
export function endingProgram(quantity: string, vertices: readonly number[]): Program {
  const b = new ProgramBuilder();
  const system = b.make({ op: "system" });
  const reached = b.make({ op: "solve", system, vector: b.make({ op: "exits", system, vertices }) });
  const later = b.make({ op: "dot", left: b.make({ op: "initial" }), right: reached, scale: 1 });
  const scalar = b.make({ op: "combine", operation: "sum", left: later, right: b.make({ op: "defect", vertices }) });
  b.report({ op: "output", scalar, value: 0 });
  return b.finish(quantity, 1);
}

/** The mass at zero. */
export function defectProgram(): Program {
  const b = new ProgramBuilder();
  b.report({ op: "output", scalar: b.make({ op: "defect" }), value: 0 });
  return b.finish("defect", 1);
}

/**
 * Joint probabilities of the numbers of events until absorption, when class q has events at rate c·r_q: paths are killed
 * at the rate of all events, and each event is followed by the rest,
 *
 *     x_0 = α U',   x_n = Σ_q c (x_{n − e_q} ∘ r_q) U',   P(n) = x_n · s   (and the defect for n = 0)
 *
 * with U' the Green matrix of the killed process. One transposed solve for every count vector below those asked for,
 * on one factorisation: the state space is not multiplied by counters.
 */
export function countsProgram(
  rewards: readonly string[],
  counts: readonly (readonly number[])[],
  rate: number,
): Program {
  const b = new ProgramBuilder();
  const plain = b.make({ op: "system" });
  const exits = b.make({ op: "exits", system: plain });
  const vectors = rewards.map((reward) => b.make({ op: "reward", reward }));
  const system = vectors.reduce((killed, vector) => b.make({ op: "kill", system: killed, vector, scale: rate }), plain);
  const known = new Map<string, number>();
  const make = (count: readonly number[]): number => {
    let source = -1;
    count.forEach((n, q) => {
      if (n === 0) return;
      const before = known.get(count.map((m, p) => (p === q ? m - 1 : m)).join())!;
      const term = b.make({ op: "multiply", left: before, right: vectors[q], scale: rate });
      source = source < 0 ? term : b.make({ op: "add", left: source, right: term, scale: 1 });
    });
    return b.make({ op: "solveTransposed", system, vector: source < 0 ? b.make({ op: "initial" }) : source });
  };
  /** Vectors of all counts up to this one, smaller ones first. */
  const paths = (count: readonly number[]): number => {
    const at = count.map(() => 0);
    for (;;) {
      if (!known.has(at.join())) known.set(at.join(), make(at));
      let q = at.length - 1;
      while (q >= 0 && at[q] === count[q]) at[q--] = 0;
      if (q < 0) return known.get(count.join())!;
      at[q]++;
    }
  };
  counts.forEach((count, value) => {
    let scalar = b.make({ op: "dot", left: paths(count), right: exits, scale: 1 });
    if (count.every((n) => n === 0))
      scalar = b.make({ op: "combine", operation: "sum", left: scalar, right: b.make({ op: "defect" }) });
    b.report({ op: "output", scalar, value });
  });
  return b.finish("countProbabilities", counts.length);
}
